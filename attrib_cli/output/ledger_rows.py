"""The rows of a ledger that was exported earlier, read from its file as csv has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError
from attrib_cli.output.ledger import write_csv
from attrib_cli.output.registry import WriteOptions

if TYPE_CHECKING:
    from attrib_cli.engine.ledger import Ledger


def rows_of(ledger: Ledger) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a ledger as csv has them."""
    yield from csv.DictReader(_lines(chunk.decode() for chunk in write_csv(ledger, WriteOptions())))


def read_csv(path: str, ledger: Ledger) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a ledger in CSV; raises OSError for a file that cannot be read."""
    del ledger
    with Path(path).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def read_parquet(path: str, ledger: Ledger) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a ledger in Parquet: of the columns that `ledger` has too, as texts.

    Raises OSError for a file that cannot be read, and SourceError for one that is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            columns = tuple(column for column in ledger.columns if column.name in names)
            batches = file.iter_batches(columns=[column.name for column in columns])
            yield from rows_of(replace(ledger, columns=columns, batches=batches))
    except pa.ArrowInvalid as error:
        raise SourceError("this Parquet file is damaged", place=path) from error


def _lines(chunks: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a text that comes in chunks of whole rows."""
    for chunk in chunks:
        yield from io.StringIO(chunk, newline="")
