"""The ledger as a file, batch by batch: as many rows as there are, never all of them in memory.

Texts and numbers are written by the same functions as in reports. They work on whole columns here, each distinct text
once, since a ledger has millions of rows and few channels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.text.delimited import csv_field, excel_safe, tsv_field

if TYPE_CHECKING:
    import pyarrow as pa

    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.output.registry import WriteOptions

ROW_GROUP = 200_000

_FIRST = 1000
"""Values that show how often a column repeats its own."""

_FORMULA = r"^[=+\-@\t\r]"
_YEARS = (-62_135_596_800_000_000, 253_402_300_799_999_999)
"""The moments of years of four digits, in microseconds."""


@frozen
class _Fields:
    """How texts become fields: those with an `odd` character by `finish`, all others by standing between `quotes`.

    With `formulas` those that a spreadsheet would take for one are odd, too.
    """

    finish: Callable[[str], str]
    odd: re.Pattern[bytes]
    formulas: bool = False
    quotes: str = ""
    nothing: str = ""


def write_csv(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as CSV."""
    return _delimited(ledger, options, csv_field, rb'[",\r\n]', ",")


def write_tsv(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as TSV."""
    return _delimited(ledger, options, tsv_field, rb"[\\\t\r\n]", "\t")


def _delimited(
    ledger: Ledger, options: WriteOptions, field: Callable[[str], str], odd: bytes, delimiter: str
) -> Iterator[bytes]:
    def finish(text: str) -> str:
        return field(excel_safe(text) if options.excel_safe else text)

    fields = _Fields(finish=finish, odd=re.compile(odd), formulas=options.excel_safe)
    yield (delimiter.join(finish(column.name) for column in ledger.columns) + "\n").encode("utf-8")
    for batch in ledger.batches:
        yield _joined([_texts(column, fields) for column in batch.columns], delimiter, "\n")


def write_jsonl(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as a JSON object a line."""
    del options
    keys = [json.dumps(column.name, ensure_ascii=False) + ": " for column in ledger.columns]

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    fields = _Fields(finish=quoted, odd=re.compile(rb'["\\\x00-\x1f]'), quotes='"', nothing="null")
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
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        found = _fields(column, fields)
    elif _repeats(column):  # each distinct number or moment once, as those of a journey are mostly alike
        coded = column.dictionary_encode()
        found = _written(coded.dictionary, fields).take(coded.indices)
    else:
        found = _written(column, fields)
    return pc.fill_null(found, fields.nothing) if found.null_count else found


def _repeats(column: pa.Array) -> bool:
    """Whether at most half of the values of a column are distinct, by its first ones."""
    first = column.slice(0, _FIRST)
    return len(first.dictionary_encode().dictionary) * 2 <= len(first)


def _written(column: pa.Array, fields: _Fields) -> pa.Array:
    """Return numbers or moments as fields."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        return _between(_moments(column), fields.quotes)
    text = column.cast(pa.string())
    return pc.ascii_rtrim(pc.ascii_rtrim(text, "0"), ".") if pa.types.is_decimal(column.type) else text


def _fields(column: pa.Array, fields: _Fields) -> pa.Array:
    """Return texts as fields; where some are odd, each distinct one is finished once."""
    import pyarrow as pa

    if fields.odd.search(_bytes(column)) is None and not (fields.formulas and _begins_formula(column)):
        return _between(column, fields.quotes)
    coded = column.dictionary_encode()
    words = pa.array([fields.finish(text) for text in coded.dictionary.to_pylist()], pa.string())
    return words.take(coded.indices)


def _begins_formula(column: pa.Array) -> bool:
    """Whether a spreadsheet would take one of the texts for a formula."""
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(column, _FORMULA)).as_py())


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

    columns[-1] = pc.binary_join_element_wise(columns[-1], end, "")
    return bytes(_bytes(pc.binary_join_element_wise(*columns, delimiter)))


def _bytes(column: pa.Array) -> memoryview:
    """Return the texts of a column one behind the other, as UTF-8."""
    _, offsets, data = column.buffers()
    if data is None or offsets is None or len(column) == 0:
        return memoryview(b"")
    width = 4 if str(column.type) == "string" else 8
    first, last = (
        int.from_bytes(offsets[at * width : (at + 1) * width].to_pybytes(), "little")
        for at in (column.offset, column.offset + len(column))
    )
    return memoryview(data)[first:last]


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
