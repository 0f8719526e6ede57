"""The steps of a prepared source, from its files to the text of its columns; what is left out is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from attrib_cli.engine.errors import AttribError, ErrorGroup, together
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.source_spec import ColumnRule, TableSource
from attrib_cli.engine.sources.catalogue import known_table
from attrib_cli.engine.sources.decide import decide, text_expression
from attrib_cli.engine.sources.delimited import TYPES
from attrib_cli.engine.sources.parse import end_of_day, trimmed_id
from attrib_cli.engine.sources.prepared import files, lookups, rows, values
from attrib_cli.engine.sources.prepared.amounts import by_currency, check_currencies, check_one_currency, times
from attrib_cli.engine.sources.prepared.files import ITEM, PART, RECORD, Texts
from attrib_cli.engine.sources.prepared.layout import Layout, currency
from attrib_cli.engine.sources.prepared.work import TextColumns, Work
from attrib_cli.engine.sources.table import SourceColumn

_KEYS = f"{PART}, {RECORD}, {ITEM}"
_LIST, _ITEM_TEXT = "attrib_list", "attrib_item_text"
_MOST_ITEMS = 1_000_000
_PERCENT = Decimal("0.01")


def prepared_rows(work: Work, laid_out: Layout, names: Sequence[str]) -> Texts:
    """Return the rows of a prepared source with the text of the columns `names`.

    Raises SourceError, or an ErrorGroup, with file and line of what cannot be read.
    """
    done, source = laid_out.preparation, laid_out.source
    texts = _united(work, laid_out, laid_out.needed(names))
    if done.where:
        conditions = " AND ".join(rows.condition(one, texts.columns, done.where_place) for one in done.where)
        texts = work.fewer(
            texts, source, "`where`", lambda rows_: f"SELECT * FROM {rows_} WHERE {conditions}", done.where_place
        )
    if (choice := done.choice) is not None:
        moment, known = _moment(work, laid_out, texts), texts.columns
        texts = work.fewer(
            texts, source, f"`{choice.which}`", lambda rows_: rows.chosen(choice, known, moment, rows_), choice.place
        )
    rules = {name: laid_out.rules[name] for name in laid_out.read_for(names)}
    for rule in rules.values():
        if rule.split is not None:
            texts = _itemised(work, source, texts, rule)
    expressions: dict[str, str] = {}
    for name, rule in rules.items():
        if rule.number == "money":
            check_one_currency(work, source, texts, name, rule)
        expressions[name] = _text(rule, texts, source, name)
        for header, taken_off in _taken_off(name, rule).items():
            expressions[taken_off] = _text(replace(rule, headers=(header,)), texts, source, taken_off)
        for helper, header in (lookups.helpers(name, rule.lookup) if rule.lookup is not None else {}).items():
            expressions[helper] = identifier(rows.column(header, texts.columns, place=rule.place, what="`lookup`"))
    select = f"SELECT {_KEYS}{files.numbered(expressions)} FROM "
    texts = work.step(texts, tuple(expressions), lambda rows_: select + rows_)
    for name, rule in rules.items():
        if rule.lookup is not None:
            looked = laid_out.lookups[name]
            found = prepared_rows(work, looked, tuple(looked.rules))
            texts = lookups.looked_up(work, source, texts, name, rule, found, looked.source)
            work.connection.execute(f"DROP TABLE {found.relation}")
    for name, rule in rules.items():
        if rule.split is not None and name in known_table(source.table).required:
            texts = work.fewer(texts, source, f"an empty list of '{name}'", _filled_in(name), rule.place)
    kept_for = {*names}
    for name, rule in rules.items():
        if rule.by_currency:
            kept_for.add(currency(name, rules))
            check_currencies(work, texts, name, rule.by_currency, currency(name, rules))
    for name, rule in rules.items():
        if rule.channels is not None:
            kept = {one: identifier(one) for one in texts.columns if one in kept_for or one not in rules}
            kept[name] = values.channel(rule.channels, tuple(rules), rule.place)
            texts = work.step(texts, tuple(kept), f"SELECT {_KEYS}{files.numbered(kept)} FROM ".__add__)
    return texts


def typed_columns(work: Work, laid_out: Layout, texts: Texts, names: Sequence[str]) -> dict[str, str]:
    """Return SQL for the value of each column over its text, of the type of its kind.

    Raises SourceError, or an ErrorGroup, for values that are no dates, numbers or booleans.
    """
    kinds = known_table(laid_out.source.table).kinds
    expressions = {name: identifier(name) for name in names}
    groups: dict[tuple[object, ...], list[tuple[str, SourceColumn]]] = {}
    rules = {name: _written(laid_out, name) for name in names}
    for name, rule in rules.items():
        kind = kinds.get(name, "text")
        if kind not in TYPES:
            continue
        group = groups.setdefault((rule.date_format, rule.decimal, rule.timezone), [])
        for text in (name, *_taken_off(name, rule).values()):
            header = text.removeprefix(f"{name} minus ") if text != name else (*rule.headers, name)[0]
            group.append((name, SourceColumn(name=text, header=header, kind=kind, type=TYPES[kind])))
    errors: list[AttribError] = []
    for same in groups.values():
        rule = rules[same[0][0]]
        source = replace(laid_out.source, date_format=rule.date_format, decimal=rule.decimal)
        columns = [column for _, column in same]
        zone = rule.timezone or work.zone
        try:
            readings = decide(work.connection, TextColumns(work, texts), columns, source, zone)
        except ErrorGroup as group_:
            errors += group_.errors
            continue
        except AttribError as error:
            errors.append(error)
            continue
        for name, column in same:
            # A day is one of the report's zone; only a moment has a zone of its own.
            own = zone if column.kind == "timestamp" else work.zone
            value = text_expression(column, identifier(column.name), readings[column.name], source, own)
            value = _scaled(value, name, laid_out.rules) if column.kind == "decimal" else value
            if rules[name].end_of_day and column.kind == "timestamp":
                value = end_of_day(value, own)
            expressions[name] = value if column.name == name else f"{expressions[name]} - coalesce({value}, 0)"
    if errors:
        raise together(errors)
    return expressions


def _united(work: Work, laid_out: Layout, needed: Sequence[str]) -> Texts:
    """Return the rows of all inputs, one below the other."""
    found: list[Texts] = []
    for one in laid_out.inputs:
        if isinstance(one, Layout):
            there = {name.casefold(): name for name in one.rules}
            names = [there[name.casefold()] for name in needed if name.casefold() in there]
            found.append(_as_plain_text(work, one, prepared_rows(work, one, names), names))
            continue
        if work.progress is not None:
            work.progress(f"reading {one.files[0].label}")
        found.append(files.load(work.connection, one, needed, work.name(), work.places, work.notes))
    if len(found) == 1:
        return found[0]
    name = identifier(work.name())
    selects = [_select_of(texts, needed) for texts in found]
    union = "\nUNION ALL\n".join(f"{select}{one.relation}" for select, one in zip(selects, found, strict=True))
    definition = "\nUNION ALL\n".join(f"{select}({one.definition})" for select, one in zip(selects, found, strict=True))
    work.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {union}")
    for texts in found:
        work.connection.execute(f"DROP TABLE {texts.relation}")
    return Texts(relation=name, definition=definition, columns=tuple(needed), rows=sum(one.rows for one in found))


def _as_plain_text(work: Work, laid_out: Layout, texts: Texts, names: Sequence[str]) -> Texts:
    """Return rows with their dates, numbers and booleans in the one way of writing that needs no rule.

    Moments are ISO 8601 in UTC, days ISO 8601, numbers have a point and six decimals.
    """
    kinds = known_table(laid_out.source.table).kinds
    plain = {}
    for name, value in typed_columns(work, laid_out, texts, names).items():
        kind = kinds.get(name, "text")
        text = f"CAST({value} AS VARCHAR)" if kind in TYPES else value
        plain[name] = f"{text} || 'Z'" if kind == "timestamp" else text
    select = f"SELECT {_KEYS}{files.numbered(plain)} FROM "
    return work.step(texts, tuple(names), lambda rows_: select + rows_)


def _select_of(texts: Texts, needed: Sequence[str]) -> str:
    there = {name.casefold(): identifier(name) for name in texts.columns}
    listed = {name: there.get(name.casefold(), "CAST(NULL AS VARCHAR)") for name in needed}
    return f"SELECT {_KEYS}{files.numbered(listed)} FROM "


def _moment(work: Work, laid_out: Layout, texts: Texts) -> str:
    """Return the SQL of what orders rows: a whole number where all values are some, else a moment."""
    choice = laid_out.preparation.choice
    if choice is None:
        raise ValueError("nothing orders the rows")
    name = rows.column(choice.by, texts.columns, place=choice.place, what=f"`{choice.which}: by`")
    text = values.missing(values.filled(identifier(name)), laid_out.source.missing)
    whole = f"coalesce(bool_and(regexp_full_match({text}, '[0-9]{{1,18}}')), true)"
    row = work.connection.execute(f"SELECT {whole} FROM {texts.relation}").fetchone()
    if row and row[0]:
        return f"CAST({text} AS BIGINT)"
    return lookups.moments(work, texts, name, name, laid_out.source)


def _itemised(work: Work, source: TableSource, texts: Texts, rule: ColumnRule) -> Texts:
    """Return a row for each item of the list that a column holds, each with the text of its item."""
    listed = values.items(values.picked(rule, texts.columns, source.missing), rule.split or "")
    number = f"{ITEM} * {_MOST_ITEMS} + unnest(range(1, len({_LIST}) + 1)) AS {ITEM}"
    select = f"SELECT * EXCLUDE ({_LIST}, {ITEM}), {number}, unnest({_LIST}) AS {_ITEM_TEXT} FROM "
    return work.step(texts, texts.columns, lambda rows_: f"{select}(SELECT *, {listed} AS {_LIST} FROM {rows_})")


def _text(rule: ColumnRule, texts: Texts, source: TableSource, name: str) -> str:
    """Return the SQL of the text of a column, its rule followed; without blanks around it where it is an id."""
    raw = _ITEM_TEXT if rule.split is not None else values.picked(rule, texts.columns, source.missing)
    if rule.row_number:
        raw = f"concat(CASE WHEN {PART} > 0 THEN concat({PART} + 1, '-') END, {RECORD})"
    text = values.value(rule, raw, values.time_of_day(rule, texts.columns, source.missing))
    return trimmed_id(text) if known_table(source.table).kinds.get(name) == "id" else text


def _filled_in(name: str) -> Callable[[str], str]:
    return lambda rows_: f"SELECT * FROM {rows_} WHERE {identifier(name)} IS NOT NULL"


def _taken_off(name: str, rule: ColumnRule) -> dict[str, str]:
    """Return the columns with the texts of the numbers that a rule takes off, by header."""
    return {header: f"{name} minus {header}" for header in rule.minus}


def _written(laid_out: Layout, name: str) -> ColumnRule:
    """Return the rule of a column with how its text is written, which its source says where the rule does not."""
    rule, source = laid_out.rules[name], laid_out.source
    return replace(
        rule,
        date_format=rule.date_format or source.date_format,
        decimal=rule.decimal or source.decimal,
        timezone=rule.timezone or source.timezone,
    )


def _scaled(value: str, name: str, rules: Mapping[str, ColumnRule]) -> str:
    """Return the SQL of a number of a column times its scale."""
    rule = rules[name]
    if rule.number == "percent":
        return times(value, _PERCENT)
    if isinstance(rule.scale, Decimal):
        return times(value, rule.scale)
    return by_currency(value, rule.scale, currency(name, rules)) if rule.scale else value
