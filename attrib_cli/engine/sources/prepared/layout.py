"""What a prepared source will have: its columns, and where each comes from; heads of files are read, rows are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import field, replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.source_spec import ColumnRule, Lookup, Preparation, TableSource
from attrib_cli.engine.sources.catalogue import folded, known_table
from attrib_cli.engine.sources.decide import check_format
from attrib_cli.engine.sources.delimited import TYPES
from attrib_cli.engine.sources.header import match, missing, refuse_repeated
from attrib_cli.engine.sources.prepared import files
from attrib_cli.engine.sources.prepared.rows import column, condition
from attrib_cli.engine.sources.table import CsvPart, SourceColumn, TableHead, label
from attrib_cli.engine.sources.uneven import OfFiles, refuse_uneven

if TYPE_CHECKING:
    import duckdb


@frozen
class Layout:
    """A prepared source as far as heads tell.

    `known` are the columns that its rows arrive with, from `inputs`; `rules` is the rule of each column that it gives,
    in order, one without a rule of its own having that of its header. `lookups` has the files in which the values of
    columns are looked up, `repeated` the headers that a file has twice, which no rule can mean.
    """

    source: TableSource
    inputs: tuple[files.Files | Layout, ...]
    known: tuple[str, ...]
    rules: Mapping[str, ColumnRule]
    lookups: Mapping[str, Layout] = field(default_factory=dict)
    repeated: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def preparation(self) -> Preparation:
        """What is done to its rows."""
        return preparation(self.source)

    def read_for(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the columns `names` with those that a channel or an amount among them follows from."""
        found = dict.fromkeys(names)
        for name in names:
            if self.rules[name].by_currency:
                found[currency(name, self.rules)] = None
            channels = self.rules[name].channels
            for wanted in channels.fields.values() if channels is not None else ():
                found[column(wanted, tuple(self.rules), place=self.rules[name].place, what="`channels`")] = None
        return tuple(found)

    def needed(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of the inputs that the columns `names`, and the choice of rows, are made of."""
        done = self.preparation
        asked = [header for name in self.read_for(names) for header in headers_of(self.rules[name])]
        asked += [filter_.column for filter_ in done.where]
        asked += [*done.choice.of, done.choice.by] if done.choice is not None else []
        place = self.source.place
        return tuple(dict.fromkeys(column(name, self.known, place=place, what="`columns`") for name in asked))

    def lacking(self, names: Sequence[str]) -> Iterator[tuple[TableSource, OfFiles]]:
        """Yield each source of several files with the headers that its files lack and the columns `names` ask for.

        A file lacks none of the headers of a rule where it has one of them.
        """
        rules = [self.rules[name] for name in self.read_for(names)]
        asked = {name.casefold() for name in self.needed(names)}
        for found in self.inputs:
            if isinstance(found, Layout):
                yield from found.lacking([name for name in found.rules if name.casefold() in asked])
            elif len(found.files) > 1:
                yield found.source, [(file.label, _lacks(found, file.header, asked, rules)) for file in found.files]
        for name in names:
            if name in self.lookups:
                yield from self.lookups[name].lacking(tuple(self.lookups[name].rules))


def currency(name: str, rules: Mapping[str, ColumnRule]) -> str:
    """Return the column with the currency of the amounts of a column; raises SourceError for none."""
    found = next((one for one in rules if one.casefold() == "currency"), None)
    if found is None:
        raise SourceError(
            f"`scale: {rules[name].scale}` of '{name}' follows from the column `currency`, and there is none",
            place=rules[name].place,
            hint="Write `currency` with its header beside it, or a constant: `currency: {value: EUR}`.",
        )
    return found


def headers_of(rule: ColumnRule) -> tuple[str, ...]:
    """Return the headers of the rows that a rule reads."""
    found = rule.lookup
    looked = () if found is None else (*found.also.values(), *((found.at,) if found.at is not None else ()))
    return (*rule.headers, *((rule.time,) if rule.time is not None else ()), *rule.minus, *looked)


def preparation(source: TableSource) -> Preparation:
    """Return what is done to the rows of a prepared source."""
    if source.preparation is None:
        raise ValueError("the source is not prepared")
    return source.preparation


def prepared_head(connection: duckdb.DuckDBPyConnection, source: TableSource) -> TableHead:
    """Return the columns of a prepared source.

    Raises SourceError where a file cannot be read, a rule names a header that there is not, or a required column is
    missing.
    """
    laid_out = layout(connection, source)
    kinds = known_table(source.table).kinds
    columns = {}
    for name, rule in laid_out.rules.items():
        kind = "twice" if name.casefold() in laid_out.repeated else kinds.get(name, "text")
        header = rule.headers[0] if rule.headers else name
        columns[name] = SourceColumn(name=name, header=header, kind=kind, type=TYPES.get(kind, "VARCHAR"))
    place = label(source, source.paths[0])
    lacking = missing(source, columns, laid_out.known, label=place)
    if lacking is not None:
        lacking.hint = next(filter(None, map(files.hint_about, _files(laid_out))), lacking.hint)
        raise lacking
    return TableHead(name=source.table, source=source, columns=columns, prepared=laid_out)


def layout(connection: duckdb.DuckDBPyConnection, source: TableSource) -> Layout:
    """Return what a prepared source will have; raises SourceError."""
    done = preparation(source)
    wanted = _headers_named(done)
    inputs: list[files.Files | Layout] = []
    if done.query is not None:
        inputs.append(files.look_at(done.query, source))
    for one in done.inputs:
        inputs.append(layout(connection, one) if one.format == "prepared" else files.look(connection, one, wanted))
    spelled: dict[str, str] = {}
    for found in inputs:
        for name in found.rules if isinstance(found, Layout) else found.headers:
            spelled.setdefault(name.casefold(), name)
    known = tuple(spelled.values())
    repeated = {name: columns for found in inputs for name, columns in found.repeated.items()}
    for rule in done.columns.values():
        check_format(connection, replace(source, date_format=rule.date_format, place=rule.place))
    check_format(connection, source)
    try:
        for name in _headers_named(done):
            refuse_repeated(name, repeated, source.place, _stands(inputs, name))
        rules = _rules(source, done, known, repeated)
        for found in inputs:
            if isinstance(found, files.Files):
                headers = [(file.label, file.header) for file in found.files]
                refuse_uneven(found.source, headers, _asked(source, done, rules))
        for filter_ in done.where:
            condition(filter_, known, done.where_place)
        if (choice := done.choice) is not None:
            for name in (*choice.of, choice.by):
                column(name, known, place=choice.place, what=f"`{choice.which}`")
    except SourceError as error:
        hints = (files.hint_about(found) for found in inputs if isinstance(found, files.Files))
        error.hint = next(filter(None, hints), error.hint)
        raise
    lookups = {
        name: _lookup_layout(connection, rule.lookup) for name, rule in done.columns.items() if rule.lookup is not None
    }
    return Layout(source=source, inputs=tuple(inputs), known=known, rules=rules, lookups=lookups, repeated=repeated)


def _lookup_layout(connection: duckdb.DuckDBPyConnection, lookup: Lookup) -> Layout:
    """Return the file of a lookup with its columns under the headers that it has there, and no others."""
    found = layout(connection, lookup.source)
    named = (lookup.key, lookup.value, *lookup.also, *(header for header in (lookup.first, lookup.last) if header))
    place = lookup.source.place
    headers = dict.fromkeys(column(name, found.known, place=place, what="`lookup`") for name in named)
    for one in _files(found):
        own = [(file.label, file.header) for file in one.files]
        refuse_uneven(one.source, own, (("`lookup`", (header,)) for header in headers))
    return replace(found, rules={header: ColumnRule(headers=(header,)) for header in headers})


def _rules(
    source: TableSource, done: Preparation, known: Sequence[str], repeated: Mapping[str, tuple[int, int]]
) -> dict[str, ColumnRule]:
    """Return the rule of every column: those that are written, then the known and all other headers as they are."""
    named: dict[str, ColumnRule] = {}
    used: set[str] = set()
    whole: set[str] = set()
    for name, rule in done.columns.items():
        what = f"the rule of '{name}'"
        headers = tuple(column(header, known, place=rule.place, what=what) for header in rule.headers)
        used.update(column(header, known, place=rule.place, what=what) for header in headers_of(rule))
        whole.update(
            headers if len(headers) == 1 and rule == ColumnRule(headers=rule.headers, place=rule.place) else ()
        )
        named[name] = rule
    taken = {folded(name) for name in named}
    free = [name for name in known if folded(name) not in taken and name not in whole]
    place = label(source, source.paths[0])
    positions = match(
        _bare(source), [name for name in free if name not in used], label=place, line=None, repeated=repeated
    )
    plain = [name for name in free if name not in used]
    for name, position in positions.items():
        if folded(name) not in taken:
            named[name] = ColumnRule(headers=(plain[position],))
    for name in free:
        if name in used and name not in named:
            named[name] = ColumnRule(headers=(name,))
    for name, rule in done.columns.items():
        if rule.by_currency:
            currency(name, named)
        for wanted in rule.channels.fields.values() if rule.channels is not None else ():
            column(wanted, tuple(named), place=rule.place, what="`channels`")
    return named


def _lacks(found: files.Files, header: Sequence[str], asked: Set[str], rules: Sequence[ColumnRule]) -> tuple[str, ...]:
    """Return those of the `asked` headers that one of several files lacks and others have."""
    there = {name.casefold() for name in header}
    others = {name.casefold() for rule in rules for name in rule.headers if there & {*map(str.casefold, rule.headers)}}
    return tuple(name for name in found.headers if name.casefold() in asked - there - others)


def _asked(
    source: TableSource, done: Preparation, rules: Mapping[str, ColumnRule]
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield what names headers, with those of which a file needs one: rules, required columns, choices of rows."""
    required = known_table(source.table).required
    for name, rule in rules.items():
        if name in done.columns or name in required:
            what = f"the rule of '{name}'" if name in done.columns else f"the required column '{name}'"
            yield what, rule.headers
            yield from ((what, (header,)) for header in headers_of(rule) if header not in rule.headers)
    yield from (("`where`", (one.column,)) for one in done.where)
    if done.choice is not None:
        yield from ((f"`{done.choice.which}`", (name,)) for name in (*done.choice.of, done.choice.by))


def _bare(source: TableSource) -> TableSource:
    return TableSource(table=source.table, paths=source.paths, format=source.format, place=source.place)


def _stands(inputs: Sequence[files.Files | Layout], name: str) -> str | None:
    """Return the header line that has a header twice, such as ``deals.csv:1``; None for none."""
    for found in inputs:
        if isinstance(found, Layout):
            if (inside := _stands(found.inputs, name)) is not None:
                return inside
            continue
        for file in found.files:
            if isinstance(file, CsvPart) and name.casefold() in file.repeated:
                return f"{file.label}:{file.dialect.skip + 1}"
    return None


def _headers_named(done: Preparation) -> tuple[str, ...]:
    names = [header for rule in done.columns.values() for header in headers_of(rule)]
    names += [filter_.column for filter_ in done.where]
    names += [*done.choice.of, done.choice.by] if done.choice is not None else []
    return tuple(dict.fromkeys(names))


def _files(laid_out: Layout) -> Iterator[files.Files]:
    for found in laid_out.inputs:
        if isinstance(found, Layout):
            yield from _files(found)
        else:
            yield found
