"""The fields of a ledger's files, a batch at a time, beside the same written one by one."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from decimal import Decimal

import pyarrow as pa
import pytest

from attrib_cli.engine.ledger import Ledger
from attrib_cli.engine.report import Column, Summary
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.output.ledger import write_csv, write_jsonl, write_tsv
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.text.delimited import csv_field, excel_safe, tsv_field

PLAIN = ["a", "Überraschung", None, "", "c-17"]
ODD = ['say "hi"', "a,b", "two\nlines", "tab\there", "back\\slash", "=1+1", "-5", "\x07", None, "'"]
MOMENTS = [dt.datetime(2026, 1, 1), dt.datetime(2026, 2, 28, 23, 59, 59, 120000), None, dt.datetime(1, 1, 1, 0, 0, 10)]
NUMBERS = [Decimal("100"), Decimal("0.5"), Decimal("-0.000001"), Decimal(0), None, Decimal("1000000000000.250000")]


def none() -> Summary:
    raise LookupError


def ledger(texts: list[str | None]) -> Ledger:
    """Every text once, with moments and numbers in turn."""
    rows = range(len(texts))
    batch = pa.record_batch(
        {
            "text": pa.array(texts, pa.string()),
            "at": pa.array([MOMENTS[i % len(MOMENTS)] for i in rows], pa.timestamp("us")),
            "value": pa.array([NUMBERS[i % len(NUMBERS)] for i in rows], pa.decimal128(38, 6)),
        }
    )
    batches: Iterator[pa.RecordBatch] = iter([batch, batch.slice(1)])
    return Ledger(
        spec=ReportSpec(),
        settings=Settings(),
        columns=tuple(Column(name=name, role="dimension") for name in batch.schema.names),
        currency=None,
        notes=(),
        schema=batch.schema,
        batches=batches,
        summary=none,
    )


def expected(texts: list[str | None]) -> list[tuple[str | None, str | None, str | None]]:
    """The rows as texts, whatever the format does to them then."""
    found = []
    for i, text in enumerate(texts):
        moment, number = MOMENTS[i % len(MOMENTS)], NUMBERS[i % len(NUMBERS)]
        at = None if moment is None else _moment(moment)
        found.append((text, at, None if number is None else f"{number.normalize():f}"))
    return found + found[1:]


def _moment(moment: dt.datetime) -> str:
    """As ISO has it, the second's fraction without zeros at its end; and zeros before, which are a second's own."""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f".{moment.microsecond:06}"
    return text.rstrip("0").rstrip(".")


@pytest.mark.parametrize("texts", [PLAIN, ODD, (PLAIN + ODD) * 4], ids=["plain", "odd", "again"])
@pytest.mark.parametrize("safe", [False, True])
def test_delimited(texts: list[str | None], safe: bool) -> None:
    writers: list[tuple[Callable[[Ledger, WriteOptions], Iterator[bytes]], Callable[[str], str], str]] = [
        (write_csv, csv_field, ","),
        (write_tsv, tsv_field, "\t"),
    ]
    for write, field, delimiter in writers:
        written = b"".join(write(ledger(texts), WriteOptions(excel_safe=safe))).decode()
        lines = ["text at value".replace(" ", delimiter)]
        for text, at, number in expected(texts):
            shown = "" if text is None else field(excel_safe(text) if safe else text)
            lines.append(delimiter.join((shown, at or "", number or "")))
        assert written == "\n".join(lines) + "\n"
        if write is write_csv and not safe:
            rows = list(csv.reader(io.StringIO(written, newline="")))
            assert [row[0] for row in rows[1 : len(texts) + 1]] == [text or "" for text in texts]


@pytest.mark.parametrize("texts", [PLAIN, ODD, (PLAIN + ODD) * 4], ids=["plain", "odd", "again"])
def test_json_lines(texts: list[str | None]) -> None:
    lines = b"".join(write_jsonl(ledger(texts), WriteOptions())).decode().split("\n")[:-1]
    for line, (text, at, number) in zip(lines, expected(texts), strict=True):
        found = json.loads(line, parse_float=Decimal, parse_int=Decimal)
        assert found == {"text": text, "at": at, "value": None if number is None else Decimal(number)}
        assert line.startswith(json.dumps({"text": text}, ensure_ascii=False)[:-1])
