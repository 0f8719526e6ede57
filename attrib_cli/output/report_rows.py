"""The rows of a report that was exported earlier, with their exact figures, and the columns that a file has.

Each function takes the path of a file. What it yields or returns is read when it is asked for; it raises OSError for a
file that cannot be read.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from attrib_cli.engine.errors import SourceError

Row = Mapping[str, object]


def read_csv(path: str) -> Iterator[Row]:
    """Yield the rows of a report in CSV, all values as texts."""
    yield from _delimited(path, ",")


def read_tsv(path: str) -> Iterator[Row]:
    """Yield the rows of a report in TSV, all values as texts."""
    yield from _delimited(path, "\t")


def read_jsonl(path: str) -> Iterator[Row]:
    """Yield the rows of a report in JSON lines."""
    with Path(path).open(encoding="utf-8") as stream:
        yield from (json.loads(line, parse_float=Decimal) for line in stream)


def read_json_about(path: str) -> Iterator[Row]:
    """Yield the rows of a report in json-about."""
    yield from json.loads(Path(path).read_bytes(), parse_float=Decimal)["rows"]


def read_parquet(path: str) -> Iterator[Row]:
    """Yield the rows of a report in Parquet."""
    import pyarrow.parquet as pq

    yield from pq.read_table(path).to_pylist()


def columns_of_csv(path: str) -> list[str]:
    """Return the columns of a CSV file."""
    with Path(path).open(encoding="utf-8", newline="") as stream:
        return next(csv.reader(stream), [])


def columns_of_parquet(path: str) -> list[str]:
    """Return the columns of a Parquet file; raises SourceError for one that is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except pa.ArrowInvalid as error:
        raise SourceError("this Parquet file is damaged, or none", place=path) from error


def _delimited(path: str, delimiter: str) -> Iterator[Row]:
    with Path(path).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream, delimiter=delimiter)
