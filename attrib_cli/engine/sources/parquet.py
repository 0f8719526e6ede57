"""Parquet: heads from the files' metadata, and relations that read nothing until a query asks for it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.quoting import identifier, paths_literal
from attrib_cli.engine.source_spec import UNUSABLE, TableSource
from attrib_cli.engine.sources.bytestream import AGAIN, ENCRYPTED_MAGIC, PARQUET_MAGIC, no_parquet, reading
from attrib_cli.engine.sources.catalogue import ROW, folded, known_table
from attrib_cli.engine.sources.decide import Hit, decide, text_expression
from attrib_cli.engine.sources.header import match, missing, refuse_duplicates, trimmed, unmapped
from attrib_cli.engine.sources.parquet_check import (
    Statistics,
    check_values,
    hits_of,
    read_parquet,
    statistics,
    wide_ids,
)
from attrib_cli.engine.sources.parquet_damage import UNENCRYPTED, damaged, unreadable_file
from attrib_cli.engine.sources.parquet_types import TEXTS, WIDE, Value, known_type, own_type, present, value_of
from attrib_cli.engine.sources.parse import Reading
from attrib_cli.engine.sources.table import ParquetPart, SourceColumn, Table, TableHead, label
from attrib_cli.engine.sources.uneven import mapped, refuse_uneven

if TYPE_CHECKING:
    import duckdb

FILE_STRIDE = 1 << 40


def head(connection: duckdb.DuckDBPyConnection, source: TableSource) -> TableHead:
    """Read the schemas of all files and unite their columns by name.

    Raises SourceError where a file is no Parquet, lacks a required column, or has one whose type cannot hold it.
    """
    for path in source.paths:
        _check_file(source, path)
    schemas = _schemas(connection, source)
    kinds = known_table(source.table).kinds
    parts: list[ParquetPart] = []
    spelled: dict[str, str] = {}
    found: dict[str, list[tuple[str, str, bool]]] = {}
    first = 0
    for _, group in itertools.groupby(source.paths, key=lambda path: schemas[path]):
        paths = tuple(group)
        place = label(source, paths[0])
        described = _describe(connection, paths[0], place)
        own = tuple(name for name, _ in described)
        header = trimmed(own)
        refuse_duplicates(header, place)
        positions = match(source, header, label=place, line=None)
        lacking = missing(source, positions, header, label=place)
        if lacking is not None:
            raise lacking
        positions = {spelled.setdefault(name.casefold(), name): i for name, i in positions.items()}
        types = tuple(kind for _, kind in described)
        ids = {own[i]: types[i] for name, i in positions.items() if kinds.get(name) == "id"}
        wide = wide_ids(connection, paths, ids)
        for name, i in positions.items():
            kind = kinds.get(name)
            if kind is not None and known_type(kind, types[i]) is None:
                raise _unfit(header[i], types[i], kind, place)
            found.setdefault(name, []).append((own[i], types[i], own[i] in wide))
        parts.append(ParquetPart(paths=paths, first=first, header=own, types=types, positions=positions))
        first += len(paths)
    columns = {name: _column(source, name, seen) for name, seen in found.items()}
    absent = unmapped(source, itertools.chain.from_iterable(part.header for part in parts), columns)
    if absent is not None:
        raise absent
    headers = [(label(source, path), trimmed(part.header)) for part in parts for path in part.paths]
    refuse_uneven(source, headers, mapped(source), folded)
    return TableHead(
        name=source.table, source=source, columns=columns, parquet=tuple(parts), rows=_count(connection, source)
    )


def headers(connection: duckdb.DuckDBPyConnection, source: TableSource, path: str) -> tuple[str, ...]:
    """Return the headers of one file of a table; raises SourceError where it cannot be read."""
    _check_file(source, path)
    return trimmed(name for name, _ in _describe(connection, path, label(source, path)))


def described(
    connection: duckdb.DuckDBPyConnection, source: TableSource, path: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns of one file and their DuckDB types; raises SourceError where it cannot be read."""
    _check_file(source, path)
    found = _describe(connection, path, label(source, path))
    return tuple(name for name, _ in found), tuple(kind for _, kind in found)


def open_parquet(connection: duckdb.DuckDBPyConnection, table: TableHead, names: Collection[str], zone: str) -> Table:
    """Return the columns `names` of a table as a SELECT over its files.

    Only what types do not promise is read and checked here: dates, numbers and booleans in text, ids and amounts in
    floating point. Raises SourceError, or an ErrorGroup, with the row of whatever cannot be read right.
    """
    columns, readings, known = _prepared(connection, table, names, zone)
    definition = _definition(table, columns, known, readings, zone)
    return Table(
        name=table.name,
        source=table.source,
        columns=columns,
        relation=f"({definition})",
        definition=definition,
        rows=table.rows,
    )


def known_columns(table: TableHead, names: Collection[str]) -> dict[str, SourceColumn]:
    """Return those of the columns `names` that a report can use."""
    return {name: column for name, column in table.columns.items() if name in names and column.kind not in UNUSABLE}


def pieces(
    connection: duckdb.DuckDBPyConnection, table: TableHead, names: Collection[str], zone: str, rows: int
) -> list[str]:
    """Return SELECTs that together have the rows of `open_parquet`, each about `rows` of them, whole row groups.

    Raises what `open_parquet` raises.
    """
    columns, readings, known = _prepared(connection, table, names, zone)
    found: list[str] = []
    for part, told in zip(table.parquet, known, strict=True):
        for place, path in enumerate(part.paths):
            own = replace(table, parquet=(replace(part, paths=(path,), first=part.first + place),))
            select = _definition(own, columns, (told,), readings, zone)
            found += [
                f"{select} WHERE file_row_number >= {start} AND file_row_number < {end}"
                for start, end in _ranges(connection, path, rows)
            ]
    return found


def _ranges(connection: duckdb.DuckDBPyConnection, path: str, rows: int) -> list[tuple[int, int]]:
    """Return the first row, and the one behind the last, of neighbouring row groups with about `rows` rows each."""
    groups = connection.execute(
        f"SELECT row_group_id, any_value(row_group_num_rows) FROM parquet_metadata({paths_literal([path])})"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    found: list[tuple[int, int]] = []
    start = end = 0
    for _, count in groups:
        end += count
        if end - start >= rows:
            found.append((start, end))
            start = end
    return [*found, (start, end)] if end > start else found


def _prepared(
    connection: duckdb.DuckDBPyConnection, table: TableHead, names: Collection[str], zone: str
) -> tuple[dict[str, SourceColumn], dict[str, Reading], list[Statistics]]:
    """Return the columns, how their text is read, and what metadata tell, once their values are checked."""
    import duckdb

    columns = known_columns(table, names)
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
        known = [statistics(connection, part, columns) for part in table.parquet]
        check_values(connection, table, columns, known, zone)
    except duckdb.Error as error:
        raise unreadable_file(connection, table, columns, error) or damaged(error, place) from None
    return columns, readings, known


def numbered(part: ParquetPart, path: str, column: SourceColumn) -> str:
    """Return a SELECT of the row number (from 1) and the id that a column has there in one file, as n and id."""
    raw = identifier(part.header[part.positions[column.name]])
    value = Value(raw=raw, type=_type(part, column.name), kind=column.kind, result=column.type, zone="UTC")
    return f"SELECT file_row_number + 1 AS n, {value_of(value)} AS id FROM {read_parquet([path])}"


def _check_file(source: TableSource, path: str) -> None:
    place = label(source, path)
    with reading(path, place), Path(path).open("rb") as file:
        start = file.read(4)
        size = file.seek(0, 2)
        file.seek(max(size - 4, 0))
        end = file.read(4)
    if size == 0:
        raise SourceError("the file is empty", place=place, hint=AGAIN)
    if start == ENCRYPTED_MAGIC:
        raise SourceError("the Parquet file is encrypted, which is not read", place=place, hint=UNENCRYPTED)
    if start != PARQUET_MAGIC:
        raise no_parquet(Path(path), place)
    if size < 12 or end != PARQUET_MAGIC:
        raise SourceError("the Parquet file is cut off", place=place, hint="copy or export it again")


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
            raise damaged(error, label(source, path)) from None
        schemas[path] = str(row[0]) if row else ""
    return schemas


def _describe(connection: duckdb.DuckDBPyConnection, path: str, place: str) -> list[tuple[str, str]]:
    """Return the columns of a file with their DuckDB types; decimals of too many digits end in `WIDE`."""
    import duckdb

    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {read_parquet([path])}").fetchall()
        decimals = connection.execute(
            f"SELECT name, precision, scale FROM parquet_schema({paths_literal([path])}) WHERE precision > 38"
        ).fetchall()
    except duckdb.Error as error:
        raise damaged(error, place) from None
    wide = {name: f"DECIMAL({precision},{scale}){WIDE}" for name, precision, scale in decimals}
    return [(str(row[0]), wide.get(row[0], str(row[1])) if row[1] == "DOUBLE" else str(row[1])) for row in rows]


def _count(connection: duckdb.DuckDBPyConnection, source: TableSource) -> int | None:
    """Return the number of rows; None where the metadata hold what DuckDB cannot show, such as a signature."""
    import duckdb

    query = f"SELECT sum(num_rows) FROM parquet_file_metadata({paths_literal(source.paths)})"
    try:
        row = connection.execute(query).fetchone()
    except duckdb.InvalidInputException:
        return None
    return int(row[0]) if row and row[0] is not None else 0


def _unfit(header: str, type_: str, kind: str, place: str) -> SourceError:
    what = {"id": "an id", "decimal": "an amount", "timestamp": "a moment", "date": "a date"}.get(kind, kind)
    if type_.endswith(WIDE):
        hint = "write the column as a decimal of at most 38 digits, or as text"
    elif type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION", "VARIANT")):
        hint = "a column holds one value a row: write a row for each value"
    else:
        hint = f"write the column as what it is, or map another under `columns:` as {what}"
    return SourceError(
        f"column '{header}' has the type {type_}, which cannot be read as {what}", place=place, hint=hint
    )


def _column(source: TableSource, name: str, seen: Sequence[tuple[str, str, bool]]) -> SourceColumn:
    """Return the column that the types of its parts agree on; text where they differ in kind."""
    known = known_table(source.table).kinds.get(name)
    header = seen[0][0]
    if known is not None:
        results = {known_type(known, kind, wide=wide) for _, kind, wide in seen}
        return SourceColumn(name=name, header=header, kind=known, type=_common([str(result) for result in results]))
    own = [own_type(kind) for _, kind, _ in seen]
    kinds = {kind for kind, _ in own}
    if "other" in kinds:
        return SourceColumn(name=name, header=header, kind="other", type="VARCHAR")
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
    table: TableHead,
    columns: Mapping[str, SourceColumn],
    known: Sequence[Statistics],
    readings: Mapping[str, Reading],
    zone: str,
) -> str:
    pieces = []
    for part, told in zip(table.parquet, known, strict=True):
        items = [
            f"{_value(part, column, readings, table.source, zone, told.filled)} AS {identifier(name)}"
            for name, column in columns.items()
        ]
        order = f"(file_index + {part.first}) * {FILE_STRIDE}" if len(table.source.paths) > 1 else ""
        row = f"CAST({order} + file_row_number AS BIGINT)" if order else "file_row_number"
        pieces.append(f"SELECT {row} AS {ROW}, {', '.join(items)} FROM {read_parquet(part.paths)}")
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
    return value_of(
        Value(
            raw=raw,
            type=kind,
            kind=column.kind,
            result=column.type,
            zone=zone,
            filled=header in filled,
            date_format=source.date_format,
        )
    )


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
            pieces.append(f"SELECT {texts} FROM {read_parquet(part.paths)}")
        return " UNION ALL ".join(pieces)

    def find(self, column: str, projection: str, condition: str, limit: int) -> list[Hit]:
        """See `TextRows`."""
        hits: list[Hit] = []
        for part in self.table.parquet:
            for number, path in enumerate(part.paths, part.first):
                if len(hits) >= limit:
                    return hits
                text = self._text(part, column)
                inner = f"SELECT file_row_number + 1 AS n, {text} AS v FROM {read_parquet([path])}"
                query = (
                    f"SELECT n, v FROM (SELECT n, v, {projection} FROM ({inner})) "
                    f"WHERE {condition} ORDER BY n LIMIT {limit - len(hits)}"
                )
                hits += hits_of(self.connection, query, label(self.table.source, path), number)
        return hits

    def _text(self, part: ParquetPart, name: str) -> str:
        kind = _type(part, name)
        if kind not in TEXTS:
            return "CAST(NULL AS VARCHAR)"
        return present(identifier(part.header[part.positions[name]]), kind)
