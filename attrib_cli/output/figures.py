"""Figures for people: rounded, with separators and signs, and still summing to the total below them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.text.glyphs import encodes

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell, Column, Unit

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_PRECISION = 100
_PERCENT: frozenset[Unit] = frozenset({"share", "percent", "points"})


@frozen
class Figures:
    """A column of figures as texts: one for each cell, and the total's (empty texts where there is nothing)."""

    texts: tuple[str, ...]
    total: str


def currency_symbol(currency: str | None, encoding: str = "utf-8") -> str:
    """Return the one sign of `currency` that `encoding` has, or an empty text where it needs its code."""
    symbol = _SYMBOLS.get((currency or "").upper(), "")
    return symbol if encodes(symbol, encoding) else ""


def apportion(values: Sequence[Decimal | None], total: Decimal, digits: int) -> list[Decimal | None]:
    """Round `values` to `digits` decimals so that they sum to `total` rounded half up, by the largest remainder.

    Each value moves by less than one unit of the last digit, and one that is exact in `digits` stays. Ties go to the
    earlier row; None stays None. Where the values cannot sum to the total, each is rounded for itself.
    """
    with localcontext() as context:
        context.prec = _PRECISION
        unit = Decimal(1).scaleb(-digits)
        floors = [None if v is None else v.quantize(unit, ROUND_FLOOR) for v in values]
        rests = [
            (v - f, -i) for i, (v, f) in enumerate(zip(values, floors, strict=True)) if v is not None and f is not None
        ]
        missing = total.quantize(unit, ROUND_HALF_UP) - sum((f for f in floors if f is not None), Decimal(0))
        units = int(missing / unit)
        upward = sorted((r for r in rests if r[0] > 0), reverse=True)
        if not 0 <= units <= len(upward):
            return round_each(values, digits)
        raised = {-index for _, index in upward[:units]}
        return [f if f is None or i not in raised else f + unit for i, f in enumerate(floors)]


def round_each(values: Sequence[Decimal | None], digits: int) -> list[Decimal | None]:
    """Round each of `values` half up to `digits` decimals."""
    with localcontext() as context:
        context.prec = _PRECISION
        unit = Decimal(1).scaleb(-digits)
        return [None if v is None else v.quantize(unit, ROUND_HALF_UP) for v in values]


def is_share(column: Column) -> bool:
    """Say whether the column holds parts of a whole, as the entry of its measure says, which tables draw as bars."""
    return column.unit == "share" and column.of is None


def in_percent(unit: Unit) -> bool:
    """Say whether figures of a unit are shown in per cent."""
    return unit in _PERCENT


def is_change(column: Column) -> bool:
    """Say whether the column is a change against the compared period, or an end of the interval of one."""
    return column.of is not None and column.name.removesuffix("_low").removesuffix("_high").endswith("_change")


def is_increase(column: Column) -> bool:
    """Say whether the column is what a figure has beyond the compared period, in its own unit."""
    return column.of is not None and column.name.endswith("_increase")


def figures(column: Column, cells: Sequence[Cell], total: Cell, *, symbol: str = "", nothing: str = "–") -> Figures:
    """Return a measure's cells and total as texts.

    Currency has two decimals, contacts and deals none or two for the whole column, counts none, ratios two; shares,
    percentages and changes are per cent with one, differences of them are percentage points (``pp``). Additive
    figures are apportioned, so that what is shown sums to what is shown. An unknown figure is `nothing`, an unknown
    total is empty.
    """
    numbers = [_number(cell) for cell in cells]
    last = _number(total)
    change = is_change(column)
    signed = change or is_increase(column)
    percent = in_percent(column.unit) or (change and column.unit != "difference")
    digits = 3 if percent else _digits(column, [*numbers, last])
    to_sum = last if column.additive else None
    rounded = round_each(numbers, digits) if to_sum is None else apportion(numbers, to_sum, digits)
    (rounded_total,) = round_each([last], digits)

    def text(value: Decimal | None, empty: str) -> str:
        if value is None:
            return empty
        if percent:
            return _percent(value, signed=signed, unit=" pp" if column.unit == "points" else "%")
        return _grouped(value, digits, symbol if column.unit == "currency" else "", signed=signed)

    return Figures(texts=tuple(text(value, nothing) for value in rounded), total=text(rounded_total, ""))


def _digits(column: Column, numbers: Sequence[Decimal | None]) -> int:
    if column.unit == "count":
        return 0
    if column.unit in {"contacts", "deals", "conversions"}:
        return 0 if all(n is None or n == n.to_integral_value() for n in numbers) else 2
    return 2


def _grouped(value: Decimal, digits: int, symbol: str, *, signed: bool = False) -> str:
    sign = "-" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{symbol}{abs(value):,.{digits}f}"


def _percent(value: Decimal, *, signed: bool, unit: str) -> str:
    percent = value.scaleb(2)
    sign = "-" if percent < 0 else "+" if signed and percent > 0 else ""
    return f"{sign}{abs(percent):,.1f}{unit}"


def _number(cell: Cell) -> Decimal | None:
    if isinstance(cell, Decimal):
        return cell
    return Decimal(cell) if isinstance(cell, int) else None


def is_known(change: str) -> bool:
    """Say whether a change is a figure, and no sign for one that there is none of."""
    return any(character.isdigit() for character in change)


def arrow(change: str) -> str:
    """Return the arrow before a shown change, up or down; none for no change and for one that is not known."""
    return {"+": "▲ ", "-": "▼ "}.get(change[:1], "") if is_known(change) else ""


def tone(column: Column, text: str) -> Literal["better", "worse"] | None:
    """Say whether a shown change is good or bad news, None where it is neither: of no change, or of money spent."""
    if not is_change(column) or column.better is None or text[:1] not in {"+", "-"} or not text[1:2].isdigit():
        return None
    return "better" if (text[0] == "+") == (column.better == "up") else "worse"
