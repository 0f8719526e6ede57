"""Where a value stands in its file: the slow look-up behind messages such as ``deals.csv:17``."""

from __future__ import annotations

from attrib_cli.engine.sources import delimited, parquet
from attrib_cli.engine.sources.records import records
from attrib_cli.engine.sources.table import Table, label


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
