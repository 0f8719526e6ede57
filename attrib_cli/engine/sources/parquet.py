"""Parquet: heads from the files' metadata, and relations that read nothing until a query asks for it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, SourceError
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.sources.bytestream import PARQUET_MAGIC, reading
from attrib_cli.engine.sources.catalogue import CATALOGUE, ROW
from attrib_cli.engine.sources.decide import Hit, decide, text_expression
from attrib_cli.engine.sources.delimited import paths_literal
from attrib_cli.engine.sources.header import match, missing, trimmed, unmapped
from attrib_cli.engine.sources.parquet_types import TEXTS, Value, known_type, own_type, present, value_of
from attrib_cli.engine.sources.parse import Reading
from attrib_cli.engine.sources.records import MOST_ERRORS, raise_all
from attrib_cli.engine.sources.table import ParquetPart, SourceColumn, Table, TableHead, label
from attrib_cli.engine.spec import TableSource

if TYPE_CHECKING:
    import duckdb

_FILE_STRIDE = 1 << 40


def head(connection: duckdb.DuckDBPyConnection, source: TableSource) -> TableHead:
    """Read the schemas of all files and unite their columns by name.

    Raises SourceError where a file is no Parquet, lacks a required column, or has one whose type cannot hold it.
    """
    for path in source.paths:
        _check_file(source, path)
    schemas = _schemas(connection, source)
    kinds = CATALOGUE[source.table].kinds
    parts: list[ParquetPart] = []
    spelled: dict[str, str] = {}
    found: dict[str, list[tuple[str, str]]] = {}
    first = 0
    for _, group in itertools.groupby(source.paths, key=lambda path: schemas[path]):
        paths = tuple(group)
        place = label(source, paths[0])
        described = _describe(connection, paths[0], place)
        own = tuple(name for name, _ in described)
        header = trimmed(own)
        positions = match(source, header, label=place, line=None)
        lacking = missing(source, positions, header, label=place)
        if lacking is not None:
            raise lacking
        positions = {spelled.setdefault(name.casefold(), name): i for name, i in positions.items()}
        types = tuple(kind for _, kind in described)
        for name, i in positions.items():
            if name in kinds and known_type(kinds[name], types[i]) is None:
                raise SourceError(
                    f"column '{header[i]}' has the type {types[i]}, which cannot be read as {kinds[name]}", place=place
                )
            found.setdefault(name, []).append((own[i], types[i]))
        parts.append(ParquetPart(paths=paths, first=first, header=own, types=types, positions=positions))
        first += len(paths)
    columns = {name: _column(source, name, seen) for name, seen in found.items()}
    absent = unmapped(source, itertools.chain.from_iterable(part.header for part in parts), columns)
    if absent is not None:
        raise absent
    return TableHead(
        name=source.table, source=source, columns=columns, parquet=tuple(parts), rows=_count(connection, source)
    )


def open_parquet(connection: duckdb.DuckDBPyConnection, table: TableHead, names: Collection[str], zone: str) -> Table:
    """Return the columns `names` of a table as a SELECT over its files.

    Only what types do not promise is read and checked here: dates, numbers and booleans in text, ids and amounts in
    floating point. Raises SourceError, or an ErrorGroup, with the row of whatever cannot be read right.
    """
    import duckdb

    columns = {name: column for name, column in table.columns.items() if name in names}
    readings: dict[str, Reading] = {}
    textual = [
        column
        for column in columns.values()
        if column.kind in ("timestamp", "date", "decimal", "boolean")
        and any(_type(part, column.name) in TEXTS for part in table.parquet)
    ]
    place = label(table.source, table.source.paths[0])
    try:
        if textual:
            rows = _Rows(connection, table)
            readings = decide(connection, rows, textual, table.source, zone)
        _check_values(connection, table, columns, zone)
        definition = _definition(connection, table, columns, readings, zone)
    except duckdb.Error as error:
        raise _damaged(error, place) from None
    return Table(
        name=table.name,
        source=table.source,
        columns=columns,
        relation=f"({definition})",
        definition=definition,
        rows=table.rows,
    )


def numbered(part: ParquetPart, path: str, name: str) -> str:
    """Return a SELECT of the row number (from 1) and the raw value of one column in one file, as n and raw."""
    raw = identifier(part.header[part.positions[name]])
    return f"SELECT file_row_number + 1 AS n, {raw} AS raw FROM {_read_parquet([path])}"


def _check_file(source: TableSource, path: str) -> None:
    place = label(source, path)
    with reading(path, place), Path(path).open("rb") as file:
        start = file.read(4)
        size = file.seek(0, 2)
        file.seek(max(size - 4, 0))
        end = file.read(4)
    if size == 0:
        raise SourceError("the file is empty", place=place)
    if start != PARQUET_MAGIC:
        raise SourceError("not a Parquet file, whatever its name says", place=place)
    if size < 12 or end != PARQUET_MAGIC:
        raise SourceError("the Parquet file is cut off", place=place, hint="copy or export it again")


def _damaged(error: duckdb.Error, place: str) -> Exception:
    """Return the error of a file that cannot be read; what says nothing about the file stays as it is."""
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException | duckdb.InterruptException):
        return error
    message = str(error).splitlines()[0].strip().removesuffix(":") if str(error) else "no reason given"
    return SourceError(f"the Parquet file is damaged: {message}", place=place, hint="export it again")


def _schemas(connection: duckdb.DuckDBPyConnection, source: TableSource) -> dict[str, str]:
    """Return a fingerprint of each file's schema; metadata only."""
    import duckdb

    query = (
        "SELECT string_agg(concat_ws(' ', name, type, num_children, converted_type, logical_type), ',' ORDER BY n) "
        "FROM (SELECT *, row_number() OVER () AS n FROM parquet_schema({}))"
    )
    schemas: dict[str, str] = {}
    for path in source.paths:
        try:
            row = connection.execute(query.format(paths_literal([path]))).fetchone()
        except duckdb.Error as error:
            raise _damaged(error, label(source, path)) from None
        schemas[path] = str(row[0]) if row else ""
    return schemas


def _describe(connection: duckdb.DuckDBPyConnection, path: str, place: str) -> list[tuple[str, str]]:
    import duckdb

    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {_read_parquet([path])}").fetchall()
    except duckdb.Error as error:
        raise _damaged(error, place) from None
    return [(str(row[0]), str(row[1])) for row in rows]


def _count(connection: duckdb.DuckDBPyConnection, source: TableSource) -> int:
    query = f"SELECT sum(num_rows) FROM parquet_file_metadata({paths_literal(source.paths)})"
    row = connection.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _column(source: TableSource, name: str, seen: Sequence[tuple[str, str]]) -> SourceColumn:
    """Return the column that the types of its parts agree on; text where they differ in kind."""
    known = CATALOGUE[source.table].kinds.get(name)
    header = seen[0][0]
    if known is not None:
        results = {known_type(known, kind) for _, kind in seen}
        return SourceColumn(name=name, header=header, kind=known, type=_common([str(result) for result in results]))
    own = [own_type(kind) for _, kind in seen]
    kinds = {kind for kind, _ in own}
    if len(kinds) > 1:
        return SourceColumn(name=name, header=header, kind="text", type="VARCHAR")
    return SourceColumn(name=name, header=header, kind=own[0][0], type=_common([kind for _, kind in own]))


def _common(types: Sequence[str]) -> str:
    different = set(types)
    if len(different) == 1:
        return types[0]
    return "VARCHAR" if "VARCHAR" in different else "DOUBLE"


def _type(part: ParquetPart, name: str) -> str:
    return part.types[part.positions[name]] if name in part.positions else ""


def _definition(
    connection: duckdb.DuckDBPyConnection,
    table: TableHead,
    columns: Mapping[str, SourceColumn],
    readings: Mapping[str, Reading],
    zone: str,
) -> str:
    pieces = []
    for part in table.parquet:
        filled = _filled(connection, part, columns)
        items = [
            f"{_value(part, column, readings, table.source, zone, filled)} AS {identifier(name)}"
            for name, column in columns.items()
        ]
        order = f"(file_index + {part.first}) * {_FILE_STRIDE}" if len(table.source.paths) > 1 else ""
        row = f"CAST({order} + file_row_number AS BIGINT)" if order else "file_row_number"
        pieces.append(f"SELECT {row} AS {ROW}, {', '.join(items)} FROM {_read_parquet(part.paths)}")
    return "\nUNION ALL\n".join(pieces)


def _value(
    part: ParquetPart,
    column: SourceColumn,
    readings: Mapping[str, Reading],
    source: TableSource,
    zone: str,
    filled: Collection[str],
) -> str:
    if column.name not in part.positions:
        return f"CAST(NULL AS {column.type})"
    header = part.header[part.positions[column.name]]
    kind = _type(part, column.name)
    raw = identifier(header)
    if column.name in readings and kind in TEXTS:
        return text_expression(column, present(raw, kind, filled=header in filled), readings[column.name], source, zone)
    return value_of(Value(raw=raw, type=kind, kind=column.kind, result=column.type, zone=zone, filled=header in filled))


def _filled(
    connection: duckdb.DuckDBPyConnection, part: ParquetPart, columns: Mapping[str, SourceColumn]
) -> frozenset[str]:
    """Return the text columns whose statistics show that no string is empty: those need no look at each value."""
    headers = [
        part.header[part.positions[name]] for name in columns if name in part.positions and _type(part, name) in TEXTS
    ]
    if not headers:
        return frozenset()
    rows = connection.execute(
        "SELECT path_in_schema FROM parquet_metadata("
        + paths_literal(part.paths)
        + ") WHERE path_in_schema IN ("
        + ", ".join(literal(header) for header in headers)
        + ") GROUP BY path_in_schema "
        "HAVING bool_and(coalesce(coalesce(stats_min_value, stats_min) > '', stats_null_count = num_values, false))"
    ).fetchall()
    return frozenset(str(row[0]) for row in rows)


def _check_values(
    connection: duckdb.DuckDBPyConnection, table: TableHead, columns: Mapping[str, SourceColumn], zone: str
) -> None:
    """Refuse values that their type allows and their column doesn't: 1.5 as an id, NaN as an amount, 7 as a date."""
    hits: list[tuple[Hit, str]] = []
    total = 0
    for part in table.parquet:
        doubtful: dict[str, str] = {}
        for name, column in columns.items():
            if name not in part.positions:
                continue
            kind = _type(part, name)
            raw = identifier(part.header[part.positions[name]])
            value = Value(raw=raw, type=kind, kind=column.kind, result=column.type, zone=zone)
            condition = value.unreadable()
            if condition is not None:
                doubtful[name] = condition
        if not doubtful:
            continue
        counted = ", ".join(f"count(*) FILTER ({condition})" for condition in doubtful.values())
        found = connection.execute(f"SELECT {counted} FROM {_read_parquet(part.paths)}").fetchone() or ()
        for (name, condition), count in zip(doubtful.items(), found, strict=True):
            if count:
                hits += [(hit, name) for hit in _find(connection, table, part, name, condition)]
                total += count
    hits.sort(key=lambda hit: hit[0].order)
    errors: list[AttribError] = [_unreadable(columns[name], hit) for hit, name in hits[:MOST_ERRORS]]
    raise_all(errors, total - len(errors), "values", label(table.source, table.source.paths[0]))


def _unreadable(column: SourceColumn, hit: Hit) -> SourceError:
    what = {
        "id": "is not a whole number, as an id must be",
        "decimal": "is not an amount",
        "boolean": "is neither 0 nor 1",
    }.get(column.kind, "is not a date: whole numbers of 10 digits are seconds since 1970, of 13 digits milliseconds")
    return SourceError(f"{hit.value} in column '{column.header}' {what}", place=hit.place)


def _find(
    connection: duckdb.DuckDBPyConnection, table: TableHead, part: ParquetPart, name: str, condition: str
) -> list[Hit]:
    raw = identifier(part.header[part.positions[name]])
    hits: list[Hit] = []
    for number, path in enumerate(part.paths, part.first):
        # The row number keeps the condition out of the scan, where statistics that do not know NaN would skip rows.
        query = (
            f"SELECT file_row_number + 1 AS n, CAST({raw} AS VARCHAR) FROM {_read_parquet([path])} "
            f"WHERE CASE WHEN file_row_number >= 0 THEN {condition} END ORDER BY n LIMIT {MOST_ERRORS - len(hits)}"
        )
        hits += _hits(connection, query, label(table.source, path), number)
    return hits


def _hits(connection: duckdb.DuckDBPyConnection, query: str, place: str, number: int) -> list[Hit]:
    rows = connection.execute(query).fetchall()
    return [Hit(place=f"{place}: row {n}", value=value, order=(number, n)) for n, value in rows]


def _read_parquet(paths: Sequence[str]) -> str:
    return f"read_parquet({paths_literal(paths)}, hive_partitioning = false)"


class _Rows:
    """The text of a table's Parquet files, for columns that hold dates or numbers as text."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: TableHead) -> None:
        self.connection = connection
        self.table = table

    def values(self, columns: Sequence[str]) -> str:
        """See `TextRows`."""
        pieces = []
        for part in self.table.parquet:
            texts = ", ".join(f"{self._text(part, name)} AS v{i}" for i, name in enumerate(columns))
            pieces.append(f"SELECT {texts} FROM {_read_parquet(part.paths)}")
        return " UNION ALL ".join(pieces)

    def find(self, column: str, projection: str, condition: str, limit: int) -> list[Hit]:
        """See `TextRows`."""
        hits: list[Hit] = []
        for part in self.table.parquet:
            for number, path in enumerate(part.paths, part.first):
                if len(hits) >= limit:
                    return hits
                text = self._text(part, column)
                inner = f"SELECT file_row_number + 1 AS n, {text} AS v FROM {_read_parquet([path])}"
                query = (
                    f"SELECT n, v FROM (SELECT n, v, {projection} FROM ({inner})) "
                    f"WHERE {condition} ORDER BY n LIMIT {limit - len(hits)}"
                )
                hits += _hits(self.connection, query, label(self.table.source, path), number)
        return hits

    def _text(self, part: ParquetPart, name: str) -> str:
        kind = _type(part, name)
        if kind not in TEXTS:
            return "CAST(NULL AS VARCHAR)"
        return present(identifier(part.header[part.positions[name]]), kind)
