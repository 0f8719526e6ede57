"""CSV: heads, and rows into a temporary table by DuckDB's parallel reader, held against an independent count."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.catalogue import ROW, Kind, folded, known_table
from attrib_cli.engine.sources.csv_reader import UsableFile, normalised_file, notes_about, read_csv, usable_file
from attrib_cli.engine.sources.decide import Hit, decide, fixed, text_expression
from attrib_cli.engine.sources.dialect import hint_of_preamble, read_head
from attrib_cli.engine.sources.header import missing, unmapped
from attrib_cli.engine.sources.loading import rows_in_order, telling_how_far
from attrib_cli.engine.sources.parse import NUMBER, Reading, guess, trimmed_id
from attrib_cli.engine.sources.records import lines_of
from attrib_cli.engine.sources.stored import rows_in, write_rows
from attrib_cli.engine.sources.table import CsvPart, SourceColumn, Table, TableHead
from attrib_cli.engine.sources.uneven import mapped, refuse_uneven

if TYPE_CHECKING:
    import duckdb

TYPES: Mapping[Kind, str] = {"timestamp": "TIMESTAMP", "date": "DATE", "decimal": NUMBER, "boolean": "BOOLEAN"}
_UNFIT = "attrib: a value does not fit the first rows"


def head(source: TableSource) -> TableHead:
    """Read the heads of all parts and unite their columns by name.

    Raises SourceError where a part lacks a required column or a mapped header is in none.
    """
    kinds = known_table(source.table).kinds
    columns: dict[str, SourceColumn] = {}
    spelled: dict[str, str] = {}
    parts: list[CsvPart] = []
    for path in source.paths:
        part = read_head(source, path)
        lacking = missing(source, part.positions, part.header, label=part.label)
        if lacking is not None:
            lacking.hint = hint_of_preamble(source, part) or lacking.hint
            raise lacking
        positions = {spelled.setdefault(name.casefold(), name): i for name, i in part.positions.items()}
        for name, i in positions.items():
            kind = "twice" if part.header[i].casefold() in part.repeated else kinds.get(name, "text")
            column = SourceColumn(name=name, header=part.header[i], kind=kind, type=TYPES.get(kind, "VARCHAR"))
            columns[name] = column if kind == "twice" else columns.get(name, column)
        parts.append(replace(part, positions=positions))
    absent = unmapped(source, itertools.chain.from_iterable(part.header for part in parts), columns)
    if absent is not None:
        raise absent
    refuse_uneven(source, [(part.label, part.header) for part in parts], mapped(source), folded)
    return TableHead(name=source.table, source=source, columns=columns, csv=tuple(parts))


def open_csv(
    connection: duckdb.DuckDBPyConnection,
    table: TableHead,
    names: Collection[str],
    zone: str,
    *,
    stage: bool,
    progress: Callable[[str], None] | None,
    given: Mapping[str, Reading] | None = None,
    into: str | None = None,
) -> Table:
    """Read the columns `names` of a table into a temporary table, or only prepare its definition (`stage` False).

    Files of one header are read right into the Parquet file `into`, where it is given: no table stands in between.

    `given` are the readings of a larger table of which this is a part; Unfit is raised for a value that they do not
    fit. Raises SourceError, or an ErrorGroup, with the line of whatever cannot be read right.
    """
    columns = {name: column for name, column in table.columns.items() if name in names}
    if not stage:
        readings = readings_of(connection, table, names, zone)
        copies = _copies([usable_file(part) for part in table.csv if part.bounds.of_rows])
        definition = _definition(table, columns, readings, zone, guarded=True, copies=copies)
        return Table(
            name=table.name,
            source=table.source,
            columns=columns,
            relation=f"({definition})",
            definition=definition,
            rows=None,
        )
    readings, undecided = _first_readings(table, columns) if given is None else (dict(given), [])
    files: list[UsableFile] = []
    for part in table.csv:
        if progress is not None:
            progress(f"reading {part.label}")
        files.append(usable_file(part))
    looked = bool(undecided)
    size = sum(Path(file.path).stat().st_size for file in files)
    while True:
        try:
            with telling_how_far(connection, f"reading {table.name}", progress, size=size):
                if undecided:
                    readings |= _decide(connection, table, files, undecided, zone)
                    undecided = []
                if into is not None and len(_alike(files)) == 1:
                    count = _store(connection, table, columns, readings, files, zone, into)
                    relation = rows_in(into, columns)
                else:
                    count = _load(connection, table, columns, readings, files, zone)
                    relation = identifier(f"source_{table.name}")
        except Unfit:
            if given is not None:
                raise
            if looked:
                place = files[0].part.label
                raise SourceError("dates or numbers cannot be read reliably", place=place) from None
            looked = True
            undecided = [column for column in columns.values() if column.kind in TYPES]
        except Distrusted as error:
            if all(file.normalised for file in files):
                place = files[0].part.label
                raise SourceError(f"cannot be read reliably: {error}", place=place) from None
            files = [file if file.normalised else normalised_file(file.part) for file in files]
        else:
            break
    return Table(
        name=table.name,
        source=table.source,
        columns=columns,
        relation=relation,
        definition=_definition(table, columns, readings, zone, guarded=False, copies=_copies(files)),
        rows=count,
        notes=tuple(note for file in files for note in notes_about(table.source, file)),
    )


def readings_of(
    connection: duckdb.DuckDBPyConnection,
    table: TableHead,
    names: Collection[str],
    zone: str,
    *,
    by_all_rows: bool = False,
) -> dict[str, Reading]:
    """Return how the text of the columns `names` is read: by the first rows, or `by_all_rows` where these do not say.

    Raises SourceError, or an ErrorGroup, where all rows are looked at and a value has no reading.
    """
    columns = {name: column for name, column in table.columns.items() if name in names}
    readings, undecided = _first_readings(table, columns)
    if by_all_rows:
        undecided = [column for column in columns.values() if column.kind in TYPES]
    if undecided:
        try:
            readings |= _decide(connection, table, [usable_file(part) for part in table.csv], undecided, zone)
        except Distrusted:
            readings |= _decide(connection, table, [normalised_file(part) for part in table.csv], undecided, zone)
    return readings


class Unfit(Exception):
    """A value is there that cannot be read as the readings of its table say."""


class Distrusted(Exception):
    """DuckDB does not read what is there: fewer rows, or an error."""


def _first_readings(
    table: TableHead, columns: Mapping[str, SourceColumn]
) -> tuple[dict[str, Reading], list[SourceColumn]]:
    """Guess from the first rows of each part how text is read; return also the columns to decide by all rows.

    Where one column needs that look at all rows, the others are decided in it too: bad values then show at once.
    """
    readings: dict[str, Reading] = {}
    typed = [column for column in columns.values() if column.kind in TYPES]
    for column in typed:
        name = column.name
        settled = fixed(column, table.source)
        if settled is None:
            sample = [row[part.positions[name]] for part in table.csv if name in part.positions for row in part.sample]
            settled = guess(column.kind, [value for value in sample if value])
        if settled is None:
            return {}, typed
        readings[name] = settled
    return readings, []


def _decide(
    connection: duckdb.DuckDBPyConnection,
    table: TableHead,
    files: Sequence[UsableFile],
    columns: Sequence[SourceColumn],
    zone: str,
) -> dict[str, Reading]:
    import duckdb

    try:
        return decide(connection, _Rows(connection, table, files), columns, table.source, zone)
    except duckdb.InvalidInputException as error:
        raise Distrusted(str(error).splitlines()[0]) from None


def _load(
    connection: duckdb.DuckDBPyConnection,
    table: TableHead,
    columns: Mapping[str, SourceColumn],
    readings: Mapping[str, Reading],
    files: Sequence[UsableFile],
    zone: str,
) -> int:
    """Fill the temporary table and its view with the order of rows; return the number of rows."""
    staged, view = identifier(f"staged_{table.name}"), identifier(f"source_{table.name}")
    typed = ", ".join(f"{identifier(column.name)} {column.type}" for column in columns.values())
    # A view with the row's own number costs nothing, but a header called "rowid" hides it.
    hidden = any(name.casefold() == "rowid" for name in columns)
    number = f"row_number() OVER () - 1 AS {ROW}, " if hidden else ""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {staged} ({f'{ROW} BIGINT, ' if hidden else ''}{typed})")
    total = 0
    with rows_in_order(connection):
        for same in _alike(files):
            select, scanned = _selected(table, columns, readings, same, zone)
            with _distrusting(same) as arrived:
                done = connection.execute(f"INSERT INTO {staged} SELECT {number}{select} FROM {scanned}").fetchone()
                arrived.append(int(done[0]) if done else 0)
            total += arrived[0]
    if hidden:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * FROM {staged}")
    else:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT rowid AS {ROW}, * FROM {staged}")
    return total


def _store(
    connection: duckdb.DuckDBPyConnection,
    table: TableHead,
    columns: Mapping[str, SourceColumn],
    readings: Mapping[str, Reading],
    files: Sequence[UsableFile],
    zone: str,
    into: str,
) -> int:
    """Write the rows of files of one header as a Parquet file, in order; return how many they are."""
    select, scanned = _selected(table, columns, readings, files, zone)
    with rows_in_order(connection), _distrusting(files) as arrived:
        arrived.append(write_rows(connection, f"SELECT {select} FROM {scanned}", into))
    return arrived[0]


def _alike(files: Sequence[UsableFile]) -> list[list[UsableFile]]:
    """Return neighbouring files that are read as one: those of one header."""
    groups = itertools.groupby(files, key=lambda file: (file.delimiter, file.part.header, file.longest))
    return [list(group) for _, group in groups]


def _selected(
    table: TableHead,
    columns: Mapping[str, SourceColumn],
    readings: Mapping[str, Reading],
    same: Sequence[UsableFile],
    zone: str,
) -> tuple[str, str]:
    """Return the guarded select list of files of one header, and what reads them."""
    first = same[0]
    scanned = read_csv([file.path for file in same], first.part.header, first.delimiter, longest=first.longest)
    return _select(first.part, columns, readings, table.source, zone, guarded=True), scanned


@contextmanager
def _distrusting(same: Sequence[UsableFile]) -> Iterator[list[int]]:
    """Raise Unfit, or Distrusted, for what DuckDB cannot read, and where other rows arrived than files have.

    What is within puts the number of rows that arrived into the list.
    """
    import duckdb

    arrived: list[int] = []
    try:
        yield arrived
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        if _UNFIT in str(error):
            raise Unfit from None
        raise Distrusted(str(error).splitlines()[0]) from None
    expected = sum(file.records for file in same)
    if arrived != [expected]:
        raise Distrusted(f"{sum(arrived)} rows arrived, {expected} are there")


def _select(
    part: CsvPart,
    columns: Mapping[str, SourceColumn],
    readings: Mapping[str, Reading],
    source: TableSource,
    zone: str,
    *,
    guarded: bool,
) -> str:
    """Return the select list of a part; a guarded one stops at text that is present and has no value."""
    items = []
    for name, column in columns.items():
        if name not in part.positions:
            value = f"CAST(NULL AS {column.type})"
        else:
            raw = identifier(part.header[part.positions[name]])
            value = raw
            if name in readings:
                value = text_expression(column, raw, readings[name], source, zone)
                if guarded:
                    value = f"coalesce({value}, CASE WHEN trim({raw}) <> '' THEN error({literal(_UNFIT)}) END)"
            elif column.kind == "id":
                value = trimmed_id(raw)
        items.append(f"{value} AS {identifier(name)}")
    return ", ".join(items)


def _copies(files: Sequence[UsableFile]) -> dict[str, UsableFile]:
    return {file.part.path: file for file in files if file.part.bounds.of_rows and file.normalised}


def _definition(
    table: TableHead,
    columns: Mapping[str, SourceColumn],
    readings: Mapping[str, Reading],
    zone: str,
    *,
    guarded: bool,
    copies: Mapping[str, UsableFile],
) -> str:
    """Return one SELECT over the original files, or `copies` without what is not the table, every option explicit."""
    pieces = []
    for (dialect, header, copied), group in itertools.groupby(
        table.csv, key=lambda part: (part.dialect, part.header, part.path in copies)
    ):
        same = list(group)
        if copied:
            scanned = read_csv([copies[part.path].path for part in same], header, ",")
            select = _select(same[0], columns, readings, table.source, zone, guarded=guarded)
            pieces.append(f"SELECT {select} FROM {scanned}")
            continue
        encoding = {"iso8859-1": "latin-1"}.get(dialect.encoding, dialect.encoding)
        scanned = read_csv(
            [part.path for part in same],
            header,
            dialect.delimiter,
            skip=dialect.skip,
            compression=dialect.compression,
            encoding=encoding,
        )
        note = "" if encoding in ("utf-8", "latin-1", "utf-16") else f"/* needs: LOAD encodings ({encoding}) */ "
        select = _select(same[0], columns, readings, table.source, zone, guarded=guarded)
        pieces.append(f"SELECT {select} FROM {note}{scanned}")
    rows = "\nUNION ALL\n".join(pieces)
    return f"SELECT row_number() OVER () - 1 AS {ROW}, * FROM ({rows})"


class _Rows:
    """The text of a table's CSV files, for deciding how columns are read and for finding bad values."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: TableHead, files: Sequence[UsableFile]) -> None:
        self.connection = connection
        self.table = table
        self.files = files

    def values(self, columns: Sequence[str]) -> str:
        """See `TextRows`."""
        pieces = []
        for (delimiter, _, longest), group in itertools.groupby(
            self.files, key=lambda file: (file.delimiter, file.part.header, file.longest)
        ):
            same = list(group)
            scanned = read_csv([file.path for file in same], same[0].part.header, delimiter, longest=longest)
            texts = ", ".join(f"{_text(same[0].part, name)} AS v{i}" for i, name in enumerate(columns))
            pieces.append(f"SELECT {texts} FROM {scanned}")
        return " UNION ALL ".join(pieces)

    def find(self, column: str, projection: str, condition: str, limit: int) -> list[Hit]:
        """See `TextRows`."""
        hits: list[Hit] = []
        for number, file in enumerate(self.files):
            if column not in file.part.positions or len(hits) >= limit:
                continue
            scanned = read_csv([file.path], file.part.header, file.delimiter, longest=file.longest)
            numbered = f"SELECT row_number() OVER () AS n, {_text(file.part, column)} AS v FROM {scanned}"
            found = self.connection.execute(
                f"SELECT n, v FROM (SELECT n, v, {projection} FROM ({numbered})) WHERE {condition} ORDER BY n LIMIT ?",
                [limit - len(hits)],
            ).fetchall()
            lines = lines_of(file.part, dict(found))
            label = file.part.label
            hits += [Hit(place=f"{label}:{line}", value=value, order=(number, line)) for line, value in lines.values()]
        return hits


def _text(part: CsvPart, name: str) -> str:
    return identifier(part.header[part.positions[name]]) if name in part.positions else "CAST(NULL AS VARCHAR)"
