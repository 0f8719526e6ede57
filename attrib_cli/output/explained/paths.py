"""Answers about paths for reading and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.report import Column, Unit
from attrib_cli.engine.row_names import UNATTRIBUTED
from attrib_cli.output.explained.account import Account, AccountColumn
from attrib_cli.output.figures import currency_symbol, figures
from attrib_cli.output.text.jsontext import ExactJson
from attrib_cli.output.values import plain_number
from attrib_cli.output.words import counted, label

if TYPE_CHECKING:
    from attrib_cli.engine.journey_paths import Cell, PathTable

MOST = 20
"""Rows for reading unless told otherwise."""

_TITLES = {
    "top": "Paths",
    "length": "Steps of journeys",
    "lag": "Days of journeys",
    "assists": "Who opens, assists and closes",
    "overlaps": "What stands together",
    "flow": "What follows what",
}
_TEXTS = {"path", "state", "together", "from", "to"}
_COUNTED = {"path_length": "steps", "lag_days": "days", "step": "step", "states": "states"}


def account_of(found: PathTable, *, most: int = MOST) -> Account:
    """Return an answer as an account; for reading the first `most` rows, and what is left of those that add up."""
    shown, others = found.rows[:most], found.rows[most:]
    columns = []
    for at, name in enumerate(found.columns):
        columns.append(_column(found, name, [row[at] for row in shown], [row[at] for row in others], first=at == 0))
    notes = [*found.facts]
    if others and not found.totals:
        notes.append(f"{len(others):,} more rows: --limit shows more, and csv and json all")
    by = " and ".join(label(name).lower() for name in found.states)
    return Account(
        title=f"{_TITLES[found.question]} by {by}, {found.type}",
        lines=(f"{counted(found.conversions, 'conversion')} of {counted(found.journeys, 'journey')}",),
        columns=tuple(columns),
        dim=(*(False for _ in shown), *((True,) if others and found.totals else ())),
        notes=tuple(notes),
        warnings=found.warnings,
        records=[{name: _plain(cell) for name, cell in zip(found.columns, row, strict=True)} for row in found.rows],
        document=document(found),
    )


def document(found: PathTable) -> dict[str, ExactJson]:
    """Return an answer as one JSON object with exact decimals, its rows as objects."""
    return {
        "question": found.question,
        "type": found.type,
        "by": list(found.states),
        "currency": found.currency,
        "conversions": found.conversions,
        "journeys": found.journeys,
        "facts": list(found.facts),
        "warnings": list(found.warnings),
        "rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows],
    }


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else plain_number(cell)


def _column(
    found: PathTable, name: str, cells: Sequence[Cell], others: Sequence[Cell], *, first: bool
) -> AccountColumn:
    rest = bool(others) and bool(found.totals)
    last = "Total" if first and found.totals else ""
    if name in _TEXTS or name in _COUNTED:
        texts = [
            UNATTRIBUTED if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells
        ]
        if rest:
            texts.append(f"({counted(len(others), 'other')})" if first else "")
        return AccountColumn(header=label(name), cells=tuple(texts), total=last, figures=name in _COUNTED)
    unit = _unit(found, name)
    column = Column(name=name, role="measure", unit=unit, additive=name in found.totals)
    values = [_decimal(cell) for cell in cells]
    whole = _decimal(found.totals.get(name))
    if rest:
        left = [value for value in map(_decimal, others) if value is not None]
        values.append(sum(left, Decimal(0)) if name in found.totals else None)
    if name == "rate":
        whole = Decimal(found.conversions) / found.journeys if found.journeys and found.totals else None
        if rest:
            conversions, journeys = (_left(found, one, len(cells)) for one in ("conversions", "journeys"))
            values[-1] = conversions / journeys if journeys else None
    symbol = currency_symbol(found.currency)
    made = figures(column, values, whole, symbol=symbol)
    code = f", {found.currency}" if unit == "currency" and not symbol else ""
    return AccountColumn(header=label(name) + code, cells=made.texts, total=made.total, figures=True)


def _left(found: PathTable, name: str, shown: int) -> Decimal:
    at = found.columns.index(name)
    return sum((_decimal(row[at]) or Decimal(0) for row in found.rows[shown:]), Decimal(0))


def _unit(found: PathTable, name: str) -> Unit:
    if name == "rate":
        return "share"
    if name == "assisted_per_closed":
        return "ratio"
    return "currency" if found.currency and name in ("revenue", "amount") else "count"


def _decimal(cell: Cell) -> Decimal | None:
    return Decimal(cell) if isinstance(cell, int | Decimal) else None
