"""Intervals of confidence for people: the two ends of a figure as one text beside it, such as ``5.70 – 6.64``.

An end is shown no more exactly than doubt allows: money without cents from a thousand on. Ends are rounded outward, so
that what is shown holds no less than what was computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.figures import is_change, is_increase
from attrib_cli.output.text.glyphs import encodes
from attrib_cli.output.values import plain_number
from attrib_cli.output.words import label

if TYPE_CHECKING:
    from attrib_cli.engine.report import Column, Report, Row
    from attrib_cli.engine.spec import ReportSpec

Ends = tuple[Decimal, Decimal]
LOW, HIGH = "_low", "_high"
UNBOUNDED = Decimal("Infinity")
_WHOLE_FROM = 1000
_PRECISION = 100


@frozen
class Spots:
    """Where the ends of a measure's interval stand in a row."""

    low: int
    high: int

    def of(self, row: Row) -> Ends | None:
        """Return the ends of a row, None where it has no interval; a change that nothing bounds has no upper end."""
        low, high = row[self.low], row[self.high]
        if not isinstance(low, Decimal | int):
            return None
        return Decimal(low), Decimal(high) if isinstance(high, Decimal | int) else UNBOUNDED


def is_end(column: Column) -> bool:
    """Say whether a column holds one end of the intervals of another one."""
    return column.of is not None and column.name in (column.of + LOW, column.of + HIGH)


def ends_of(report: Report, measure: Column) -> Spots | None:
    """Return where the intervals of `measure` stand, which may be a change; None where it has none."""
    if is_end(measure):
        return None
    at = {column.name: i for i, column in enumerate(report.columns) if is_end(column) and column.of == measure.name}
    if len(at) < 2:
        return None
    return Spots(low=at[measure.name + LOW], high=at[measure.name + HIGH])


def interval_name(measure: str | None) -> str:
    """Return the name of the interval of a measure, as a measure of its own."""
    return f"{measure}_interval"


def header(column: Column, confidence: str) -> str:
    """Return the name of a column in words, that of an end with its confidence: ``Revenue, low (90%)``."""
    if not is_end(column) or column.of is None:
        return label(column.name)
    return f"{label(column.of)}, {column.name.removeprefix(column.of).strip('_')} ({confidence})"


def percent(spec: ReportSpec) -> str:
    """Return the confidence of a report's intervals, such as ``90%``; empty where it has none."""
    confidence = spec.estimation.confidence
    return "" if confidence is None else plain_number(confidence * 100) + "%"


def interval_texts(measure: Column, ends: Sequence[Ends | None], encoding: str = "utf-8") -> tuple[str, ...]:
    """Return the intervals of a column as texts of one width a side, empty where there is none."""
    change = is_change(measure)
    digits = 1 if change else 0 if measure.unit == "currency" and _reach(ends) >= _WHOLE_FROM else 2
    unit = Decimal(1).scaleb(-digits)
    signed, percent = ("+" if change or is_increase(measure) else ""), ("%" if change else "")
    unbounded = "∞" if encodes("∞", encoding) else "no end"

    def text(end: Decimal, rounding: str) -> str:
        if end.is_infinite():
            return unbounded
        value = (end.scaleb(2) if change else end).quantize(unit, rounding)
        return f"{value or abs(value):{signed if value else ''},.{digits}f}{percent}"

    with localcontext() as context:
        context.prec = _PRECISION
        pairs = [None if pair is None else (text(pair[0], ROUND_FLOOR), text(pair[1], ROUND_CEILING)) for pair in ends]
    widest = max((len(pair[1]) for pair in pairs if pair is not None), default=0)
    between = " – " if encodes("–", encoding) else " to "
    return tuple("" if pair is None else f"{pair[0]}{between}{pair[1]:>{widest}}" for pair in pairs)


def _reach(ends: Sequence[Ends | None]) -> Decimal:
    finite = (abs(end) for pair in filter(None, ends) for end in pair if end.is_finite())
    return max(finite, default=Decimal(0))
