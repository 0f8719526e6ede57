"""The ledger as a file, batch by batch: as many rows as there are, never all of them in memory.

Texts and numbers are written by the same functions as in reports. They work on whole columns here, each distinct text
once, since a ledger has millions of rows and few channels.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrib_cli.output.text.delimited import csv_field, excel_safe, tsv_field

if TYPE_CHECKING:
    import pyarrow as pa

    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.output.registry import WriteOptions

ROW_GROUP = 200_000


def write_csv(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as CSV."""
    return _delimited(ledger, options, csv_field, ",")


def write_tsv(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as TSV."""
    return _delimited(ledger, options, tsv_field, "\t")


def _delimited(ledger: Ledger, options: WriteOptions, field: Callable[[str], str], delimiter: str) -> Iterator[bytes]:
    def finish(text: str) -> str:
        return field(excel_safe(text) if options.excel_safe else text)

    yield (delimiter.join(finish(column.name) for column in ledger.columns) + "\n").encode("utf-8")
    for batch in ledger.batches:
        yield _joined([_texts(column, finish, "") for column in batch.columns], delimiter, "\n")


def write_jsonl(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as a JSON object a line."""
    del options
    keys = [json.dumps(column.name, ensure_ascii=False) + ": " for column in ledger.columns]

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    for batch in ledger.batches:
        columns = []
        for number, (key, column) in enumerate(zip(keys, batch.columns, strict=True)):
            start = "{" + key if number == 0 else key
            columns.append(_prefixed(start, _texts(column, quoted, "null", quote_moments=True)))
        yield _joined(columns, ", ", "}\n")


def _prefixed(prefix: str, column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(pa.scalar(prefix), column, "")


def _texts(column: pa.Array, finish: Callable[[str], str], nothing: str, *, quote_moments: bool = False) -> pa.Array:
    """Return a column as texts: `finish` makes those of texts, `nothing` stands for null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(column.type):
        return pa.array([nothing] * len(column), pa.string())
    if pa.types.is_timestamp(column.type):
        found = pc.utf8_rtrim(pc.utf8_rtrim(pc.strftime(column, format="%Y-%m-%dT%H:%M:%S"), "0"), ".")
        if quote_moments:
            found = pc.binary_join_element_wise('"', found, '"', "")
    elif pa.types.is_decimal(column.type):
        found = pc.utf8_rtrim(pc.utf8_rtrim(column.cast(pa.string()), "0"), ".")
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        coded = column.dictionary_encode()
        words = pa.array([finish(text) for text in coded.dictionary.to_pylist()], pa.string())
        found = words.take(coded.indices)
    else:
        found = column.cast(pa.string())
    return pc.fill_null(found, nothing)


def _joined(columns: list[pa.Array], delimiter: str, end: str) -> bytes:
    """Return the rows as bytes: columns joined by `delimiter`, each row with `end` behind it."""
    import pyarrow.compute as pc

    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*columns, delimiter), end, "")
    if len(lines) == 0:
        return b""
    offsets = lines.buffers()[1]
    data = lines.buffers()[2]
    if data is None or offsets is None:
        return b""
    width = 4 if str(lines.type) == "string" else 8
    first = int.from_bytes(offsets[lines.offset * width : (lines.offset + 1) * width].to_pybytes(), "little")
    last_at = lines.offset + len(lines)
    last = int.from_bytes(offsets[last_at * width : (last_at + 1) * width].to_pybytes(), "little")
    return bytes(memoryview(data)[first:last])


class _Pieces:
    """A file to write to that hands on what was written: Parquet is made in a stream, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.at = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        """Take `data`; Arrow's buffers are copied, since it uses them again."""
        piece = bytes(data)
        self.pieces.append(piece)
        self.at += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Return how much has been written."""
        return self.at

    def flush(self) -> None:
        """Do nothing: all is handed on anyway."""

    def close(self) -> None:
        """Take nothing more."""
        self.closed = True

    def taken(self) -> Iterator[bytes]:
        """Yield what was written since the last time."""
        pieces, self.pieces = self.pieces, []
        yield from pieces


def write_parquet(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as Parquet, a row group at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from attrib_cli.output.described import described_ledger
    from attrib_cli.output.origin import KEY, origin_of_ledger
    from attrib_cli.output.parquet import summary_metadata

    schema, sink = ledger.schema, _Pieces()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd", store_schema=False) as writer:
        held: list[pa.RecordBatch] = []
        rows = 0
        for batch in ledger.batches:
            held.append(batch)
            rows += batch.num_rows
            if rows >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(held, schema))
                held, rows = [], 0
                yield from sink.taken()
        if held:
            writer.write_table(pa.Table.from_batches(held, schema))
        said = summary_metadata(ledger.summary(), ledger.spec, described_ledger(ledger))
        made = origin_of_ledger("parquet", ledger, options)
        writer.add_key_value_metadata({**said, **({} if made is None else {KEY: made})})
    yield from sink.taken()
