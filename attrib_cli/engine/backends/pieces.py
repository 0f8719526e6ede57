"""Tables cut into pieces that tasks elsewhere read, each with the reading rules that hold for the whole table.

How text is read, which type a column has, and which values are refused, is decided where a report begins; a piece takes
that along. So a row means the same whoever reads it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.relations import portable
from attrib_cli.engine.source_spec import Origin, TableSource
from attrib_cli.engine.sources import Table, TableHead, delimited
from attrib_cli.engine.sources.catalogue import ROW
from attrib_cli.engine.sources.parquet_types import TEXTS
from attrib_cli.engine.sources.parse import Reading
from attrib_cli.engine.sources.table import STDIN
from attrib_cli.engine.temporary import temporary_file

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    Batches = Iterable[pa.RecordBatch]

ROWS = 1_000_000
"""About how many rows of a Parquet file one task reads."""

LARGEST = 256 << 20
"""Bytes of rows that are sent to every task at most."""

_FILE_STRIDE = 1 << 40


@frozen
class CsvPiece:
    """One CSV file of a table: the head of the table with this file alone, and how its text is read.

    `place` is its place among the files of the table, from 0.
    """

    head: TableHead
    names: frozenset[str]
    readings: Mapping[str, Reading]
    zone: str
    place: int

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.head.name

    def open(self, con: duckdb.DuckDBPyConnection, batches: Batches = ()) -> str:
        """Return the SELECT of the rows, once they are read; raises SourceError, and Unfit for what has no reading."""
        table = delimited.open_csv(
            con, self.head, self.names, self.zone, stage=True, progress=None, given=self.readings
        )
        row = f"{self.place * _FILE_STRIDE} + {ROW}"
        return f"SELECT * REPLACE (CAST({row} AS BIGINT) AS {ROW}) FROM {table.relation} AS s"


@frozen
class ParquetPiece:
    """Some row groups of a Parquet file: their SELECT."""

    head: TableHead
    names: frozenset[str]
    select: str

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.head.name

    def open(self, con: duckdb.DuckDBPyConnection, batches: Batches = ()) -> str:
        """Return the SELECT of the rows."""
        return self.select


@frozen
class RowsPiece:
    """Rows of a table that is read where the report begins, taken along."""

    name: str
    rows: pa.Table

    def open(self, con: duckdb.DuckDBPyConnection, batches: Batches = ()) -> str:
        """Return the SELECT of the rows."""
        con.register("rows_of_piece", self.rows)
        return "SELECT * FROM rows_of_piece"


@frozen
class LakePiece:
    """A table that the cluster itself reads, by the name that it has there; `headers` are the columns needed.

    A task opens the batches that it is given, which have no order.
    """

    source: TableSource
    table: str
    names: frozenset[str]
    headers: tuple[str, ...]
    zone: str

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.source.table

    def open(self, con: duckdb.DuckDBPyConnection, batches: Batches = ()) -> str:
        """Return the SELECT of the rows of `batches`, which go through a file; raises SourceError."""
        from pyarrow.parquet import ParquetWriter

        from attrib_cli.engine.sources import parquet

        path, writer = str(temporary_file(".parquet")), None
        for batch in batches:
            writer = writer or ParquetWriter(path, batch.schema)
            writer.write_batch(batch)
        if writer is None:
            return ""
        writer.close()
        source = replace(self.source, paths=(path,), origins={path: Origin(label=self.table)})
        return parquet.open_parquet(con, parquet.head(con, source), self.names, self.zone).relation[1:-1]


Piece = CsvPiece | ParquetPiece | RowsPiece | LakePiece


def lake_piece(head: TableHead, names: Collection[str], zone: str, table: str) -> LakePiece:
    """Return the piece of a table of the cluster, `head` being that of a Parquet file with its columns.

    Raises SourceError for dates, numbers and booleans in text, whose reading nobody decides for all rows.
    """
    columns = [head.columns[name] for name in names]
    for part in head.parquet:
        for column in columns:
            typed = column.kind in ("timestamp", "date", "decimal", "boolean")
            if typed and part.types[part.positions[column.name]] in TEXTS:
                raise SourceError(
                    f"column '{column.header}' is text, where a {column.kind} is needed",
                    place=table,
                    hint="Make a view that casts it, and read that.",
                )
    return LakePiece(
        source=replace(head.source, origins={}),
        table=table,
        names=frozenset(names),
        headers=tuple(column.header for column in columns),
        zone=zone,
    )


def travels(head: TableHead) -> bool:
    """Whether tasks can read a table from its files, as they are: others are read where the report begins."""
    source = head.source
    plain = source.format in ("csv", "parquet") and not source.origins and source.place != STDIN
    return plain and not any(part.bounds.of_rows for part in head.csv)


def pieces_of_rows(con: duckdb.DuckDBPyConnection, table: Table) -> tuple[Piece, ...]:
    """Return the pieces of a table that does not travel, from its relation on `con`; raises UsageError for a large one.

    Every task is sent all of them.
    """
    rows = con.sql(portable(con, f"(SELECT * FROM {table.relation} AS s)")).to_arrow_table()
    if rows.nbytes > LARGEST:
        raise UsageError(
            f"{table.name} has {rows.nbytes >> 20} MB that are read here and sent to every task",
            hint="Write it as CSV or Parquet, which workers read themselves.",
            place="--engine",
        )
    return tuple(
        RowsPiece(name=table.name, rows=rows.slice(start, ROWS // 4).combine_chunks())
        for start in range(0, rows.num_rows, ROWS // 4)
    )


def pieces_of(
    con: duckdb.DuckDBPyConnection,
    head: TableHead,
    names: Collection[str],
    zone: str,
    *,
    by_all_rows: bool = False,
) -> tuple[Piece, ...]:
    """Return the pieces of a table's columns `names`; of CSV the files, however large, of Parquet the row groups.

    How the text of CSV is read follows from the first rows of its files, or, `by_all_rows`, from all of them. Raises
    SourceError, or an ErrorGroup, for what cannot be read.
    """
    wanted = frozenset(names)
    head = _absolute(head)
    if head.source.format == "csv":
        readings = delimited.readings_of(con, head, wanted, zone, by_all_rows=by_all_rows)
        return tuple(
            CsvPiece(head=replace(head, csv=(part,)), names=wanted, readings=readings, zone=zone, place=place)
            for place, part in enumerate(head.csv)
        )
    from attrib_cli.engine.sources import parquet

    selects = parquet.pieces(con, head, wanted, zone, ROWS)
    return tuple(ParquetPiece(head=head, names=wanted, select=select) for select in selects)


def _absolute(head: TableHead) -> TableHead:
    """Return a head whose files are found from any working directory."""
    return replace(
        head,
        source=replace(head.source, paths=tuple(str(Path(path).absolute()) for path in head.source.paths)),
        csv=tuple(replace(part, path=str(Path(part.path).absolute())) for part in head.csv),
        parquet=tuple(
            replace(part, paths=tuple(str(Path(path).absolute()) for path in part.paths)) for part in head.parquet
        ),
    )
