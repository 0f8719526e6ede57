"""The ledger as a file, batch by batch: as many rows as there are, never all of them in memory.

Texts and numbers are written by the same functions as in reports. They work on whole columns here, each distinct text
once, since a ledger has millions of rows and few channels.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.text.delimited import csv_field, excel_safe, tsv_field

if TYPE_CHECKING:
    import pyarrow as pa

    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.output.registry import WriteOptions

ROW_GROUP = 200_000

_FORMULA = r"^[=+\-@\t\r]"
_YEARS = (-62_135_596_800_000_000, 253_402_300_799_999_999)
"""The moments of years of four digits, in microseconds."""


@frozen
class _Fields:
    """How texts become fields: those that match `odd` by `finish`, all others by standing between `quotes`."""

    finish: Callable[[str], str]
    odd: str
    quotes: str = ""
    nothing: str = ""


def write_csv(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as CSV."""
    return _delimited(ledger, options, csv_field, r'[",\r\n]', ",")


def write_tsv(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as TSV."""
    return _delimited(ledger, options, tsv_field, r"[\\\t\r\n]", "\t")


def _delimited(
    ledger: Ledger, options: WriteOptions, field: Callable[[str], str], odd: str, delimiter: str
) -> Iterator[bytes]:
    def finish(text: str) -> str:
        return field(excel_safe(text) if options.excel_safe else text)

    fields = _Fields(finish=finish, odd=f"{odd}|{_FORMULA}" if options.excel_safe else odd)
    yield (delimiter.join(finish(column.name) for column in ledger.columns) + "\n").encode("utf-8")
    for batch in ledger.batches:
        yield _joined([_texts(column, fields) for column in batch.columns], delimiter, "\n")


def write_jsonl(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as a JSON object a line."""
    del options
    keys = [json.dumps(column.name, ensure_ascii=False) + ": " for column in ledger.columns]

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    fields = _Fields(finish=quoted, odd=r'["\\\x00-\x1f]', quotes='"', nothing="null")
    for batch in ledger.batches:
        columns = []
        for number, (key, column) in enumerate(zip(keys, batch.columns, strict=True)):
            start = "{" + key if number == 0 else key
            columns.append(_prefixed(start, _texts(column, fields)))
        yield _joined(columns, ", ", "}\n")


def _prefixed(prefix: str, column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(pa.scalar(prefix), column, "")


def _texts(column: pa.Array, fields: _Fields) -> pa.Array:
    """Return a column as fields: moments and texts as `fields` says, numbers without zeros at their ends."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(column.type):
        return pa.array([fields.nothing] * len(column), pa.string())
    if pa.types.is_timestamp(column.type):
        found = _between(_moments(column), fields.quotes)
    elif pa.types.is_decimal(column.type):
        found = pc.ascii_rtrim(pc.ascii_rtrim(column.cast(pa.string()), "0"), ".")
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        found = _fields(column, fields)
    else:
        found = column.cast(pa.string())
    return pc.fill_null(found, fields.nothing)


def _fields(column: pa.Array, fields: _Fields) -> pa.Array:
    """Return texts as fields; where some are odd, each distinct one is finished once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring_regex(column, fields.odd)).as_py():
        return _between(column, fields.quotes)
    coded = column.dictionary_encode()
    words = pa.array([fields.finish(text) for text in coded.dictionary.to_pylist()], pa.string())
    return words.take(coded.indices)


def _moments(column: pa.Array) -> pa.Array:
    """Return moments in ISO form, without zeros at the end of a second's fraction."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = pc.min_max(column.cast(pa.int64()))
    first, last = ends["min"].as_py(), ends["max"].as_py()
    if first is not None and (first < _YEARS[0] or last > _YEARS[1]):
        text = pc.strftime(column, format="%Y-%m-%dT%H:%M:%S")
    else:  # the same, and ten times as quick
        text = pc.replace_substring(column.cast(pa.string()), " ", "T")
    return pc.ascii_rtrim(pc.ascii_rtrim(text, "0"), ".")


def _between(column: pa.Array, quotes: str) -> pa.Array:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(quotes, column, quotes, "") if quotes else column


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
