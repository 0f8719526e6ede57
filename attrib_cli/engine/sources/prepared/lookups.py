"""Values that are looked up in another file: whose an id is, which campaign an asset or a parameter belongs to."""

from __future__ import annotations

from dataclasses import replace

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.source_spec import ColumnRule, Lookup, TableSource
from attrib_cli.engine.sources.decide import decide, text_expression
from attrib_cli.engine.sources.prepared import rows, values
from attrib_cli.engine.sources.prepared.files import ITEM, PART, RECORD, Texts
from attrib_cli.engine.sources.prepared.work import TextColumns, Work
from attrib_cli.engine.sources.table import SourceColumn

_KEYS = (PART, RECORD, ITEM)


def helpers(name: str, lookup: Lookup) -> dict[str, str]:
    """Return the columns that a lookup needs beside the one called `name`: the header of each by its own name."""
    found = {f"{name} at": lookup.at} if lookup.at is not None else {}
    return {**found, **{f"{name} also {there}": here for there, here in lookup.also.items()}}


def looked_up(
    work: Work, source: TableSource, texts: Texts, name: str, rule: ColumnRule, found: Texts, looked: TableSource
) -> Texts:
    """Return the rows with what was found in place of the values of the column `name`; a note says how many were.

    `found` are the rows of the file that is looked at, `looked` how it is read. Raises SourceError where a value stands
    for several, with the place of a row that shows it.
    """
    lookup = rule.lookup
    if lookup is None:
        return texts
    there = {
        header: rows.column(header, found.columns, place=looked.place, what="`lookup`") for header in _named(lookup)
    }
    conditions = [f"{_folded(f'a.{identifier(name)}')} = l.k"]
    items = [f"{_folded(identifier(there[lookup.key]))} AS k", f"{values.filled(identifier(there[lookup.value]))} AS v"]
    for i, other in enumerate(lookup.also):
        items.append(f"{_folded(identifier(there[other]))} AS also{i}")
        conditions.append(f"{_folded('a.' + identifier(f'{name} also {other}'))} = l.also{i}")
    if lookup.at is not None:
        own = replace(source, date_format=rule.date_format or source.date_format)
        moment = moments(work, texts, f"{name} at", lookup.at, own, alias="a.")
        for header, sign in ((lookup.first, ">="), (lookup.last, "<")):
            if header is not None:
                bound = "f" if sign == ">=" else "u"
                items.append(f"{moments(work, found, there[header], header, looked)} AS {bound}")
                conditions.append(f"(l.{bound} IS NULL OR {moment} {sign} l.{bound})")
    keys = ", ".join(f"a.{key}" for key in _KEYS)
    same = " AND ".join(f"a.{key} = m.{key}" for key in _KEYS)

    def match(rows_: str, looked_at: str) -> str:
        listed = f"SELECT {', '.join(items)} FROM {looked_at}"
        joined = f"{rows_} AS a JOIN ({listed}) AS l ON {' AND '.join(conditions)} WHERE l.v IS NOT NULL"
        return f"SELECT {keys}, min(l.v) AS v, max(l.v) AS w FROM {joined} GROUP BY ALL"

    matched = match(texts.relation, found.relation)
    odd = work.connection.execute(
        f"SELECT {PART}, {RECORD}, v, w FROM ({matched}) WHERE v <> w ORDER BY 1, 2 LIMIT 1"
    ).fetchone()
    if odd is not None:
        part, record, one, other = odd
        raise SourceError(
            f"`lookup` of '{name}' finds '{one}' and '{other}' for one value",
            place=work.places[part](record),
            hint=f"Leave one row for each '{lookup.key}', with `latest` or `where` ({looked.place}).",
        )
    kept = f"a.{identifier(name)}" if lookup.unmatched == "keep" else "NULL"
    select = f"SELECT a.* REPLACE (CAST(coalesce(m.v, {kept}) AS VARCHAR) AS {identifier(name)}) FROM "
    _note(work, source, texts, name, lookup, matched, looked)
    definition = (
        f"{select}({texts.definition}) AS a LEFT JOIN ({match(f'({texts.definition})', f'({found.definition})')})"
    )
    result = work.step(texts, texts.columns, lambda rows_: f"{select}{rows_} AS a LEFT JOIN ({matched}) AS m ON {same}")
    return replace(result, definition=f"{definition} AS m ON {same}")


def moments(work: Work, texts: Texts, name: str, header: str, source: TableSource, *, alias: str = "") -> str:
    """Return the SQL of the moments in a column of text; raises SourceError for what is none."""
    text = values.missing(values.filled(alias + identifier(name)), source.missing)
    bare = values.missing(values.filled(identifier(name)), source.missing)
    column = SourceColumn(name=name, header=header, kind="timestamp", type="TIMESTAMP")
    zone = source.timezone or work.zone
    reading = decide(work.connection, TextColumns(work, texts, {name: bare}), [column], source, zone)[name]
    return text_expression(column, text, reading, source, zone)


def _named(lookup: Lookup) -> tuple[str, ...]:
    bounds = tuple(header for header in (lookup.first, lookup.last) if header is not None)
    return (lookup.key, lookup.value, *lookup.also, *bounds)


def _folded(text: str) -> str:
    return f"lower({values.filled(text)})"


def _note(
    work: Work, source: TableSource, texts: Texts, name: str, lookup: Lookup, matched: str, looked: TableSource
) -> None:
    every = f"SELECT count({values.filled(identifier(name))}) FROM {texts.relation}"
    row = work.connection.execute(f"SELECT ({every}), (SELECT count(*) FROM ({matched}))").fetchone()
    filled, found = row or (0, 0)
    if filled == found:
        return
    rest = "stay as they are" if lookup.unmatched == "keep" else "are left empty"
    text = (
        f"{source.table}: {found:,} of {filled:,} values of '{name}' were found by `lookup` ({looked.place}); "
        f"the others {rest}"
    )
    counts = (("values", filled), ("found", found))
    work.notes.append(Note(code="not-looked-up", level="note", text=text, counts=counts))
