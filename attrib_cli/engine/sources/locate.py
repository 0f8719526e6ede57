"""Where a value stands in its file: the slow look-up behind messages such as ``deals.csv:17``."""

from __future__ import annotations

from collections.abc import Collection

from attrib_cli.engine.sources import delimited, parquet
from attrib_cli.engine.sources.records import plain_file, records
from attrib_cli.engine.sources.table import CsvPart, Table, label


def locate(table: Table, *, column: str, value: str | None, occurrence: int = 1) -> str:
    """Return the place of the `occurrence`-th row (from 1) whose id in `column` is `value`, None for no id.

    ``deals.csv:17`` for CSV, a physical line; ``deals.parquet: row 17`` for Parquet, counted from 1; the file's name
    alone where there is no such row. Reads the files from the start.
    """
    source = table.source
    if table.places is not None:
        return table.places.locate(column, value, occurrence) or label(source, source.paths[0])
    left = occurrence
    if source.format == "csv":
        for file in delimited.head(source).csv:
            position = file.positions.get(column)
            rows = records(file)
            next(rows, None)
            for line, fields in rows:
                if position is not None and (fields[position].strip(" ") or None) == value:
                    left -= 1
                    if left == 0:
                        return f"{file.label}:{line}"
        return label(source, source.paths[0])
    import duckdb

    with duckdb.connect() as connection:
        for part in parquet.head(connection, source).parquet:
            for path in part.paths if column in part.positions else ():
                numbered = parquet.numbered(part, path, table.columns[column])
                query = f"SELECT n FROM ({numbered}) WHERE CAST(id AS VARCHAR) IS NOT DISTINCT FROM ? ORDER BY n"
                found = connection.execute(query, [value]).fetchall()
                if left <= len(found):
                    return f"{label(source, path)}: row {found[left - 1][0]}"
                left -= len(found)
    return label(source, source.paths[0])


def places_of_rows(table: Table, rows: Collection[int]) -> dict[int, str]:
    """Return the place of each row, by its ``source_row``: ``deals.csv:17``, or ``deals.parquet: row 17``.

    Reads the files of CSV only as far as the last of the rows.
    """
    if not rows:
        return {}
    if table.places is not None:
        return {row: table.places.of_row(row) for row in rows}
    if table.source.format == "parquet":
        return {row: _parquet_place(table, row) for row in rows}
    found: dict[int, str] = {}
    before = 0
    parts = delimited.head(table.source).csv
    for number, part in enumerate(parts):
        wanted = {row - before + 1 for row in rows if row >= before}
        lines, count = _lines(part, wanted, whole=number < len(parts) - 1)
        found |= {record + before - 1: f"{part.label}:{line}" for record, line in lines.items()}
        before += count
        if len(found) == len(rows):
            break
    return found | {row: f"row {row + 1}" for row in rows if row not in found}


def _parquet_place(table: Table, row: int) -> str:
    file, row = divmod(row, parquet.FILE_STRIDE)
    return f"{label(table.source, table.source.paths[file])}: row {row + 1}"


def _lines(part: CsvPart, wanted: Collection[int], *, whole: bool) -> tuple[dict[int, int], int]:
    """Return the lines of records, 1 being the first after the header, and how many were read: all where `whole`."""
    quick = None if part.dialect.skip else _plain_lines(part, wanted, whole=whole)
    if quick is not None:
        return quick
    found: dict[int, int] = {}
    last, number = max(wanted, default=0), 0
    for number, (line, _) in enumerate(records(part)):
        if number in wanted:
            found[number] = line
        if number >= last and not whole:
            break
    return found, number


def _plain_lines(part: CsvPart, wanted: Collection[int], *, whole: bool) -> tuple[dict[int, int], int] | None:
    """Return `_lines` of a file in which a line is a record, without taking lines apart; None where it is not so."""
    last, count, ended = max(wanted, default=0), 0, True
    with plain_file(part).open("rb") as file:
        while block := file.read(_BLOCK):
            if b'"' in block or b"\r" in block or b"\n\n" in block or (ended and block.startswith(b"\n")):
                return None
            ended = block.endswith(b"\n")
            count += block.count(b"\n")
            if count > last and not whole:
                break
    count += 0 if ended else 1
    return {record: record + 1 for record in wanted if record < count}, count - 1


_BLOCK = 1 << 20
