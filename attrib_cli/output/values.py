"""Plain values: what a cell is in a format for machines.

One function writes numbers for csv, tsv and json alike, so that the formats cannot drift apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell, Report, Row

CHUNK = 8192


def plain_number(value: Decimal | int) -> str:
    """Return `value` in digits: no exponent, no trailing zeros, no minus before a zero (``1E+3`` is ``1000``)."""
    if isinstance(value, int):
        return str(int(value))
    digits = format(value, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits


def plain(value: Cell) -> str:
    """Return `value` as text: numbers as `plain_number`, days as ISO dates, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    return plain_number(value)


def text_flags(report: Report) -> tuple[bool, ...]:
    """Say for each column whether it holds text, as opposed to numbers."""
    return tuple(column.unit == "text" for column in report.columns)


def chunks(rows: Sequence[Row]) -> Iterator[list[tuple[Cell, ...]]]:
    """Yield `rows` turned over into columns, some thousands of rows at a time, for writers that work by column."""
    for start in range(0, len(rows), CHUNK):
        yield list(zip(*rows[start : start + CHUNK], strict=True))
