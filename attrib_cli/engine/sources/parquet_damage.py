"""Why a query over Parquet files failed: which file and which column cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sources.parquet_check import YEARS, read_parquet
from attrib_cli.engine.sources.table import ParquetPart, TableHead, label

if TYPE_CHECKING:
    import duckdb

UNENCRYPTED = "export it without encryption"
_AGAIN = "export it again"


def damaged(error: duckdb.Error, place: str, column: str | None = None) -> Exception:
    """Return the error of a file that cannot be read; what says nothing about the file stays as it is."""
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException | duckdb.InterruptException):
        return error
    message = str(error).splitlines()[0].strip().removesuffix(":") if str(error) else "no reason given"
    where = f" in column '{column}'" if column is not None else ""
    if "encrypt" in message:
        return SourceError(f"the Parquet file is encrypted{where}, which is not read", place=place, hint=UNENCRYPTED)
    if column is not None and "decode" in message:
        return SourceError(f"column '{column}' holds bytes that are not UTF-8 text", place=place, hint=_AGAIN)
    return SourceError(f"the Parquet file is damaged{where}: {message}", place=place, hint=_AGAIN)


def unreadable_file(
    connection: duckdb.DuckDBPyConnection, table: TableHead, names: Iterable[str], error: duckdb.Error
) -> Exception | None:
    """Return the error of the first file of `table` in which one of the columns `names` cannot be read, or None.

    Reads them all: it is for after an `error`, which is returned itself where it says nothing about files.
    """
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException | duckdb.InterruptException):
        return error
    for part in table.parquet:
        for path in part.paths:
            place = label(table.source, path)
            for name in names:
                found = _try(connection, part, path, name, place) if name in part.positions else None
                if found is not None:
                    return found
    return None


def _try(
    connection: duckdb.DuckDBPyConnection, part: ParquetPart, path: str, name: str, place: str
) -> Exception | None:
    import duckdb

    header, type_ = part.header[part.positions[name]], part.types[part.positions[name]]
    value = f"decode({identifier(header)})" if type_ == "BLOB" else identifier(header)
    try:
        connection.execute(f"SELECT bit_xor(hash({value})) FROM {read_parquet([path])}").fetchall()
    except duckdb.ConversionException as error:
        row = _row_out_of_range(path, header)
        if row is None:
            return damaged(error, place, header)
        return SourceError(
            f"a moment in column '{header}' is outside of all calendars",
            place=f"{place}: row {row}",
            hint=f"{YEARS}; leave dates empty that are not known",
        )
    except duckdb.Error as error:
        return damaged(error, place, header)
    return None


def _row_out_of_range(path: str, header: str) -> int | None:
    """Return the first row (from 1) whose timestamp no number of microseconds can hold, or None."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        type_ = file.schema_arrow.field(header).type
        if not pa.types.is_timestamp(type_) or type_.unit not in ("s", "ms"):
            return None
        most = 2**63 // (10**6 if type_.unit == "s" else 10**3) - 1
        before = 0
        for batch in file.iter_batches(columns=[header]):
            numbers = pc.cast(batch.column(0), pa.int64())
            outside = pc.or_(pc.greater(numbers, most), pc.less(numbers, -most))
            place = pc.index(outside, True).as_py()
            if place >= 0:
                return before + int(place) + 1
            before += batch.num_rows
    except (pa.ArrowException, KeyError, OSError):
        return None
    return None
