"""The rows of files as text, whatever their format, each with its file and its number in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.source_spec import Query, TableSource
from attrib_cli.engine.sources import parquet
from attrib_cli.engine.sources.csv_reader import (
    UsableFile,
    normalised_file,
    notes_about,
    read_csv,
    usable_file,
)
from attrib_cli.engine.sources.delimited import Distrusted
from attrib_cli.engine.sources.dialect import hint_of_preamble, read_head
from attrib_cli.engine.sources.header import refuse_duplicates, trimmed
from attrib_cli.engine.sources.parquet_check import read_parquet
from attrib_cli.engine.sources.parquet_damage import damaged
from attrib_cli.engine.sources.parquet_types import TEXTS
from attrib_cli.engine.sources.prepared.query import QueryResult, look_at_query, run_query
from attrib_cli.engine.sources.records import lines_of
from attrib_cli.engine.sources.table import CsvPart, label
from attrib_cli.engine.sources.unpack import unpacked

if TYPE_CHECKING:
    import duckdb

PART, RECORD, ITEM = "attrib_part", "attrib_record", "attrib_item"
"""Columns that say where a row comes from: the file (from 0), its number there, and that of the item of a list."""

KEYS_TYPED = f"{PART} INTEGER, {RECORD} BIGINT, {ITEM} BIGINT"

_FLOATS = ("FLOAT", "DOUBLE")


@frozen
class ParquetFile:
    """One Parquet file: its headers, as they are and without blanks around them, and their DuckDB types."""

    path: str
    label: str
    own: tuple[str, ...]
    header: tuple[str, ...]
    types: tuple[str, ...]


@frozen
class Files:
    """The files of a source, their heads read; `headers` are those of all of them, each once."""

    source: TableSource
    files: tuple[CsvPart | ParquetFile | QueryResult, ...]
    headers: tuple[str, ...]

    @property
    def repeated(self) -> Mapping[str, tuple[int, int]]:
        """The headers that one of the files has twice, in lower case, with their first two columns."""
        parts = (file for file in self.files if isinstance(file, CsvPart))
        return {name: columns for part in parts for name, columns in part.repeated.items()}


@frozen
class Texts:
    """Rows as text, as far as they are prepared.

    `relation` goes behind FROM; it has `columns` and, for each row, `PART`, `RECORD` and `ITEM`. `definition` is one
    SELECT of the same over the original files.
    """

    relation: str
    definition: str
    columns: tuple[str, ...]
    rows: int


Place = Callable[[int], str]
"""Gives the place of a record of a file, by its number from 1: ``deals.csv:17``."""


def look(connection: duckdb.DuckDBPyConnection, source: TableSource, wanted: Sequence[str]) -> Files:
    """Return the files of a source with their heads; `wanted` headers tell how columns are separated.

    Raises SourceError where a file cannot be read or has a header twice.
    """
    asked = unpacked(replace(source, columns={str(i): header for i, header in enumerate(wanted)}))
    source = replace(asked, columns={})
    files: list[CsvPart | ParquetFile | QueryResult] = []
    for path in source.paths:
        if source.format == "csv":
            files.append(read_head(asked, path, named=False))
            continue
        own, types = parquet.described(connection, source, path)
        header = trimmed(own)
        refuse_duplicates(header, label(source, path))
        files.append(ParquetFile(path=path, label=label(source, path), own=own, header=header, types=types))
    return _with_headers(source, files)


def look_at(query: Query, source: TableSource) -> Files:
    """Return what a query gives as the files of a source; raises ConfigError, with the line of what is wrong."""
    result = look_at_query(query)
    refuse_duplicates(result.header, result.label)
    return _with_headers(source, [result])


def _with_headers(source: TableSource, files: Sequence[CsvPart | ParquetFile | QueryResult]) -> Files:
    spelled: dict[str, str] = {}
    for file in files:
        for name in file.header:
            if name.casefold() in (PART, RECORD, ITEM):
                raise SourceError(f"a header cannot be called '{name}'", place=file.label, hint="Rename the column.")
            spelled.setdefault(name.casefold(), name)
    return Files(source=source, files=tuple(files), headers=tuple(spelled.values()))


def hint_about(files: Files) -> str | None:
    """Return what to do where a header is not there because the table begins further down; None where it may not."""
    first = files.files[0]
    return hint_of_preamble(files.source, first) if isinstance(first, CsvPart) else None


def load(
    connection: duckdb.DuckDBPyConnection,
    files: Files,
    names: Collection[str],
    name: str,
    places: list[Place],
    notes: list[Note],
) -> Texts:
    """Read the columns `names` of files, as text, into a temporary table called `name`.

    The place of each file is added to `places`, what is left out of it to `notes`.

    Raises SourceError, or an ErrorGroup, with the line of whatever cannot be read.
    """
    columns = tuple(header for header in files.headers if header in names)
    typed = "".join(f", {identifier(column)} VARCHAR" for column in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} ({KEYS_TYPED}{typed})")
    definitions: list[str] = []
    total = 0
    for file in files.files:
        number = len(places)
        if isinstance(file, CsvPart):
            usable, select = _insert_csv(connection, file, columns, name, number)
            count = usable.records
            notes.extend(notes_about(files.source, usable))
            places.append(_line_of(file))
        else:
            place = f"row {{}} of {file.label}" if isinstance(file, QueryResult) else f"{file.label}: row {{}}"
            select = _select_parquet(_result(file, columns) if isinstance(file, QueryResult) else file, columns, number)
            count = _insert_parquet(connection, file, select, name)
            notes.extend(file.notes if isinstance(file, QueryResult) else ())
            places.append(place.format)
        definitions.append(select)
        total += count
    return Texts(relation=identifier(name), definition="\nUNION ALL\n".join(definitions), columns=columns, rows=total)


def rows_inserted(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> int:
    """Add the rows of a SELECT to a table; return how many they are."""
    done = connection.execute(f"INSERT INTO {identifier(name)} {select}").fetchone()
    return int(done[0]) if done else 0


def _insert_csv(
    connection: duckdb.DuckDBPyConnection, part: CsvPart, columns: Sequence[str], name: str, number: int
) -> tuple[UsableFile, str]:
    import duckdb

    file = usable_file(part)
    while True:
        select = _select_csv(file, columns, number)
        try:
            count = rows_inserted(connection, name, select)
            if count == file.records:
                return file, select
            message = f"{count} rows arrived, {file.records} are there"
        except (duckdb.InvalidInputException, Distrusted) as error:
            message = str(error).splitlines()[0]
        if file.normalised:
            raise SourceError(f"cannot be read reliably: {message}", place=part.label)
        connection.execute(f"DELETE FROM {identifier(name)} WHERE {PART} = {number}")
        file = normalised_file(part)


def _select_csv(file: UsableFile, columns: Sequence[str], number: int) -> str:
    header = {name.casefold(): name for name in file.part.header}
    items = [_or_null(identifier(header[c.casefold()]) if c.casefold() in header else None, c) for c in columns]
    scanned = read_csv([file.path], file.part.header, file.delimiter, longest=file.longest)
    keys = f"{number} AS {PART}, row_number() OVER () AS {RECORD}, 1 AS {ITEM}"
    return f"SELECT {keys}{''.join(items)} FROM {scanned}"


def _result(query: QueryResult, columns: Sequence[str]) -> ParquetFile:
    """Run a query and return its rows, all of their columns as text, as a file."""
    asked = {column.casefold() for column in columns}
    found = zip(query.header, query.own, query.types, strict=True)
    texts = {header: as_text(own, kind) for header, own, kind in found if header.casefold() in asked}
    items = ", ".join(f"{text} AS {identifier(header)}" for header, text in texts.items())
    path = run_query(query, items or "1 AS attrib_nothing")
    names = tuple(texts)
    types = ("VARCHAR",) * len(names)
    return ParquetFile(path=str(path), label=query.label, own=names, header=names, types=types)


def _insert_parquet(
    connection: duckdb.DuckDBPyConnection, file: ParquetFile | QueryResult, select: str, name: str
) -> int:
    import duckdb

    try:
        return rows_inserted(connection, name, select)
    except duckdb.Error as error:
        raise damaged(error, file.label) from None


def _select_parquet(file: ParquetFile, columns: Sequence[str], number: int) -> str:
    found = {name.casefold(): (own, kind) for name, own, kind in zip(file.header, file.own, file.types, strict=True)}
    items = [_or_null(as_text(*found[c.casefold()]) if c.casefold() in found else None, c) for c in columns]
    keys = f"{number} AS {PART}, file_row_number + 1 AS {RECORD}, 1 AS {ITEM}"
    return f"SELECT {keys}{''.join(items)} FROM {read_parquet([file.path])}"


def _or_null(value: str | None, name: str) -> str:
    return f", {'CAST(NULL AS VARCHAR)' if value is None else value} AS {identifier(name)}"


def as_text(name: str, type_: str) -> str:
    """Return SQL for the text of a column of any type: whole numbers without decimals, lists as JSON, '' as NULL."""
    raw = identifier(name)
    if type_ in TEXTS:
        return f"nullif({f'decode({raw})' if type_ == 'BLOB' else raw}, '')"
    text = f"CAST({raw} AS VARCHAR)"
    if type_ in _FLOATS or type_.startswith("DECIMAL"):
        whole = f"trunc({raw}) = {raw} AND abs({raw}) < 1e37"
        return f"CASE WHEN {whole} THEN CAST(CAST({raw} AS HUGEINT) AS VARCHAR) ELSE {text} END"
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION", "VARIANT")):
        return f"CAST(to_json({raw}) AS VARCHAR)"
    return text


def _line_of(part: CsvPart) -> Place:
    def place(record: int) -> str:
        line, _ = lines_of(part, {record: ""})[record]
        return f"{part.label}:{line}"

    return place


def numbered(columns: Mapping[str, str]) -> str:
    """Return a select list of expressions by name, in order."""
    return "".join(f", {expression} AS {identifier(name)}" for name, expression in columns.items())
