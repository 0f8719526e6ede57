"""A table whose rows are elsewhere: on a session's connection it has values of single columns, as they are asked for.

Whoever looks at touchpoints after the journeys were gathered (for filters that match nothing, ids that do not join)
asks for the values of a column and how many rows have each, and reads them as the rows of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.catalogue import ROW
from attrib_cli.engine.sources.table import SourceColumn, Table

if TYPE_CHECKING:
    import duckdb

FACE = "touchpoints_elsewhere"
"""The table on the connection: ``source_row`` (0 for sampled rows, else 1), rows_meant, of_column, and the columns."""


def face(
    con: duckdb.DuckDBPyConnection,
    source: TableSource,
    columns: Mapping[str, SourceColumn],
    *,
    rows: int | None,
    fetch: Callable[[str, int], None],
    notes: tuple[Note, ...] = (),
) -> Table:
    """Return touchpoints without a row, to which `fetch` brings the values of a column by `put`; see `Table.bring`."""
    typed = ", ".join(f"{identifier(column.name)} {column.type}" for column in columns.values())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {FACE} ({ROW} BIGINT, rows_meant BIGINT, of_column TEXT, {typed})")
    return Table(
        name="touchpoints",
        source=source,
        columns=columns,
        relation=FACE,
        definition="",
        rows=rows,
        notes=notes,
        fetch=fetch,
    )


def forget(con: duckdb.DuckDBPyConnection, column: str) -> None:
    """Take the values of a column away."""
    con.execute(f"DELETE FROM {FACE} WHERE of_column = $column", {"column": column})


def put(con: duckdb.DuckDBPyConnection, column: str, values: str) -> None:
    """Add values of a column: `values` is a relation of (value, sampled, rows)."""
    con.execute(
        f"INSERT INTO {FACE} BY NAME SELECT CASE WHEN sampled THEN 0 ELSE 1 END AS {ROW}, rows AS rows_meant,"
        f" {literal(column)} AS of_column, value AS {identifier(column)} FROM {values} AS v"
    )
