"""A prepared source as a table with types, each row with the place that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sources.catalogue import ROW
from attrib_cli.engine.sources.loading import rows_in_order, telling_how_far
from attrib_cli.engine.sources.prepared import files
from attrib_cli.engine.sources.prepared.files import ITEM, PART, RECORD, Place
from attrib_cli.engine.sources.prepared.layout import Layout
from attrib_cli.engine.sources.prepared.steps import prepared_rows, typed_columns
from attrib_cli.engine.sources.prepared.work import Work
from attrib_cli.engine.sources.table import Table, TableHead

if TYPE_CHECKING:
    import duckdb


def open_prepared(
    connection: duckdb.DuckDBPyConnection,
    head: TableHead,
    names: Collection[str],
    zone: str,
    *,
    progress: Callable[[str], None] | None,
) -> Table:
    """Read the columns `names` of a prepared source into a temporary table.

    Raises SourceError, or an ErrorGroup, with file and line of whatever cannot be read.
    """
    laid_out = head.prepared
    if not isinstance(laid_out, Layout):
        raise TypeError("the head of a prepared source")
    columns = {name: column for name, column in head.columns.items() if name in names}
    work = Work(connection=connection, table=head.name, zone=zone, progress=progress)
    with rows_in_order(connection), telling_how_far(connection, f"reading {head.name}", progress):
        texts = prepared_rows(work, laid_out, tuple(columns))
        typed = typed_columns(work, laid_out, texts, tuple(columns))
        order = f"row_number() OVER (ORDER BY {PART}, {RECORD}, {ITEM}) - 1 AS {ROW}"
        select = f"SELECT {order}{files.numbered(typed)} FROM "
        staged, view = identifier(f"staged_{head.name}"), identifier(f"source_{head.name}")
        places = identifier(f"places_{head.name}")
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {staged} AS SELECT * FROM ({select}{texts.relation}) ORDER BY {ROW}"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {places} AS SELECT {order}, {PART}, {RECORD} FROM {texts.relation}"
        )
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * FROM {staged}")
        connection.execute(f"DROP TABLE {texts.relation}")
    return Table(
        name=head.name,
        source=head.source,
        columns=columns,
        relation=view,
        definition=f"{select}({texts.definition})",
        rows=texts.rows,
        notes=tuple(work.notes),
        places=RowPlaces(connection=connection, table=view, places=places, files=tuple(work.places)),
    )


@frozen
class RowPlaces:
    """Where the rows of a prepared table come from: `table` and `places` have the same rows, in the same order."""

    connection: duckdb.DuckDBPyConnection
    table: str
    places: str
    files: tuple[Place, ...]

    def locate(self, column: str, value: str | None, occurrence: int) -> str | None:
        """Return the place of the `occurrence`-th row whose `column` is `value`, None where there is no such row."""
        row = self.connection.execute(
            f"SELECT p.{PART}, p.{RECORD} FROM {self.table} AS s JOIN {self.places} AS p USING ({ROW}) "
            f"WHERE CAST(s.{identifier(column)} AS VARCHAR) IS NOT DISTINCT FROM ? ORDER BY {ROW} LIMIT 1 OFFSET ?",
            [value, occurrence - 1],
        ).fetchone()
        return None if row is None else self.files[row[0]](row[1])

    def of_row(self, row: int) -> str:
        """Return the place of a row by its ``source_row``."""
        query = f"SELECT {PART}, {RECORD} FROM {self.places} WHERE {ROW} = ?"
        found = self.connection.execute(query, [row]).fetchone()
        return f"row {row + 1}" if found is None else self.files[found[0]](found[1])
