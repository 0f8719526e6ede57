"""What reading leads to: columns, heads of tables (nothing read yet) and tables that a query can use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.source_spec import WHOLE, Bounds, TableSource
from attrib_cli.engine.sources.bytestream import Compression
from attrib_cli.engine.sources.catalogue import Kind

if TYPE_CHECKING:
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.sources.prepared.layout import Layout

STDIN = "standard input"


@frozen
class SourceColumn:
    """One column: its canonical `name`, the `header` in the file, what it holds and its DuckDB type once read."""

    name: str
    header: str
    kind: Kind
    type: str


@frozen
class Dialect:
    """How a CSV file is written. `skip` counts the physical lines before the header (blank ones, Excel's ``sep=``)."""

    delimiter: str
    encoding: str
    compression: Compression
    skip: int


@frozen
class CsvPart:
    """One CSV file: its dialect, its headers, where each column of the table is, and the first rows as text.

    `bounds` say which of its rows are the table's. `numbers` has the place of each record, the header's first, in what
    the file is a copy of. Of headers that are there twice all but the first have a number behind them; `repeated` has
    these, in lower case, with their first two columns.
    """

    path: str
    label: str
    dialect: Dialect
    header: tuple[str, ...]
    positions: Mapping[str, int]
    sample: tuple[tuple[str, ...], ...]
    bounds: Bounds = WHOLE
    numbers: Sequence[int] | None = None
    repeated: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@frozen
class ParquetPart:
    """Neighbouring Parquet files of one schema: their columns' DuckDB types and where each column of the table is.

    `first` is the number of files before them, which keeps the order of rows over all parts.
    """

    paths: tuple[str, ...]
    first: int
    header: tuple[str, ...]
    types: tuple[str, ...]
    positions: Mapping[str, int]


@frozen
class TableHead:
    """A table as far as its files tell without reading rows: `csv` or `parquet` parts, or what is `prepared`.

    `rows` is known of Parquet alone. A table of a file of paths has the head of that in `of_paths`.
    """

    name: str
    source: TableSource
    columns: Mapping[str, SourceColumn]
    csv: tuple[CsvPart, ...] = ()
    parquet: tuple[ParquetPart, ...] = ()
    prepared: Layout | None = None
    rows: int | None = None
    of_paths: TableHead | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """All headers of the files, each once, in order."""
        parts = [part.header for part in self.csv] + [part.header for part in self.parquet]
        parts += [self.prepared.known] if self.prepared is not None else []
        return tuple(dict.fromkeys(name for header in parts for name in header))


class Places(Protocol):
    """Where the rows of a table come from."""

    def locate(self, column: str, value: str | None, occurrence: int) -> str | None:
        """Return the place of the `occurrence`-th row whose `column` is `value`, None where there is no such row."""

    def of_row(self, row: int) -> str:
        """Return the place of a row by its ``source_row``."""


@frozen
class Table:
    """A table that a query can use.

    `relation` goes behind FROM; `definition` is one SELECT of the same rows over the original files. Both have the
    `columns` (dates as UTC instants without zone) and ``source_row`` BIGINT, ascending in the order of the source.
    `notes` say what was left out on the way; `places` knows where rows come from, where files alone do not tell.

    Where the rows are elsewhere, `relation` has the values of single columns, each with ``rows_meant``, the rows of the
    source that have it, and only after `bring` was called for the column.
    """

    name: str
    source: TableSource
    columns: Mapping[str, SourceColumn]
    relation: str
    definition: str
    rows: int | None
    notes: tuple[Note, ...] = ()
    places: Places | None = None
    fetch: Callable[[str, int], None] | None = None

    @property
    def from_files(self) -> bool:
        """Whether a query reads the files themselves."""
        return self.relation == f"({self.definition})"

    @property
    def counted(self) -> str:
        """The SQL aggregate that counts rows of the source."""
        return "count(*)" if self.fetch is None else "coalesce(CAST(sum(rows_meant) AS BIGINT), 0)"

    def bring(self, column: str, step: int = 1) -> None:
        """Have the values of a column at hand; those of every `step`th row can be told by ``source_row % step = 0``."""
        if self.fetch is not None:
            self.fetch(column, step)


def named(source: TableSource) -> str:
    """Return the first file of a source as messages name it in full: its path, or what the file is a copy of."""
    path = source.paths[0]
    return source.origins[path].label if path in source.origins else path


def label(source: TableSource, path: str) -> str:
    """Return the short name of a file for messages: ``deals.csv``, or with its folder where that alone says little."""
    if source.place == STDIN:
        return STDIN
    if path in source.origins:
        return source.origins[path].label
    file = Path(path)
    if file.name.casefold().split(".")[0] == source.table or not file.parent.name:
        return file.name
    return f"{file.parent.name}/{file.name}"
