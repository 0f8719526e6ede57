"""Tables that were read before and are kept: what the engine asks of whatever keeps them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from attrib_cli.engine.quoting import identifier, literal, path_literal
from attrib_cli.engine.sources.catalogue import ROW
from attrib_cli.engine.sources.loading import rows_in_order
from attrib_cli.engine.sources.table import Places, SourceColumn, Table, TableHead

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.source_spec import TableSource


class Reader(Protocol):
    """Reads the columns of these names from the files of a table."""

    def __call__(self, names: Collection[str], *, into: str | None = None) -> Table:
        """Return them; where that can be done at once, their rows are in the Parquet file `into`, which then is there.

        Raises SourceError, and what the engine raises where the file cannot be written.
        """


class TableStore(Protocol):
    """Keeps tables with their final types, so that a file is read and judged once."""

    def table(
        self,
        connection: duckdb.DuckDBPyConnection,
        head: TableHead,
        source: TableSource,
        names: Collection[str],
        zone: str,
        read: Reader,
    ) -> Table:
        """Return a table with the columns `names`, as it is kept if its files are still the same, else as read.

        `source` has the files as the user has them; those of `head` may be copies of them in another form.
        """


def stored_table(
    head: TableHead,
    names: Collection[str],
    path: str,
    *,
    rows: int,
    definition: str,
    notes: tuple[Note, ...],
    read: Reader,
) -> Table:
    """Return a table whose rows are in the Parquet file at `path`, in the order of its source."""
    columns = {name: column for name, column in head.columns.items() if name in names}
    relation = rows_in(path, columns)
    places = Reread(columns=columns, read=read) if head.source.format == "prepared" else None
    return Table(
        name=head.name,
        source=head.source,
        columns=columns,
        relation=relation,
        definition=definition,
        rows=rows,
        notes=notes,
        places=places,
    )


def rows_in(path: str, columns: Collection[str]) -> str:
    """Return the relation of columns, with the number of each row, that are in the Parquet file at `path`."""
    listed = "".join(f", {identifier(name)}" for name in columns)
    return f"(SELECT file_row_number AS {ROW}{listed} FROM read_parquet({path_literal(path)}, file_row_number = true))"


@dataclass(kw_only=True)
class Reread:
    """The places of rows of a table that is kept: its files are read again when somebody asks."""

    columns: dict[str, SourceColumn]
    read: Reader
    _found: list[Places] = field(default_factory=list)

    def locate(self, column: str, value: str | None, occurrence: int) -> str | None:
        """See `Places`."""
        return self._places().locate(column, value, occurrence)

    def of_row(self, row: int) -> str:
        """See `Places`."""
        return self._places().of_row(row)

    def _places(self) -> Places:
        if not self._found:
            places = self.read(tuple(self.columns)).places
            if places is None:
                raise TypeError("a prepared table knows its places")
            self._found.append(places)
        return self._found[0]


def store_rows(connection: duckdb.DuckDBPyConnection, table: Table, path: str, *, for_others: bool = False) -> None:
    """Write the rows of a table, in order, as a Parquet file with its columns."""
    listed = ", ".join(identifier(name) for name in table.columns)
    with rows_in_order(connection):
        write_rows(connection, f"SELECT {listed} FROM {table.relation} AS s", path, for_others=for_others)


def write_rows(connection: duckdb.DuckDBPyConnection, select: str, path: str, *, for_others: bool = False) -> int:
    """Write the rows of a SELECT as a Parquet file; return how many they are.

    The encodings of Parquet's second version take a sixth less time to write, a third less to read and half of the
    space; a file that is `for_others` has those that every program reads.
    """
    # Columns of many different values, such as ids, are not worth a dictionary: looking for one takes a sixth.
    options = "FORMAT parquet, COMPRESSION lz4_raw, DICTIONARY_SIZE_LIMIT 1000, WRITE_BLOOM_FILTER false"
    options += "" if for_others else ", PARQUET_VERSION v2"
    done = connection.execute(f"COPY ({select}) TO {literal(path)} ({options})").fetchone()
    return int(done[0]) if done else 0
