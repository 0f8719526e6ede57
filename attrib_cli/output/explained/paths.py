"""Answers about paths for reading and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from attrib_cli.engine.report import Column, Unit
from attrib_cli.engine.row_names import OTHER, UNATTRIBUTED
from attrib_cli.output.explained.account import Account, AccountColumn, Records
from attrib_cli.output.figures import currency_symbol, figures
from attrib_cli.output.scope import NON_CONVERTING, Condition
from attrib_cli.output.text.jsontext import ExactJson
from attrib_cli.output.values import plain_number
from attrib_cli.output.words import counted, label

if TYPE_CHECKING:
    from attrib_cli.engine.journey_paths import PathTable
    from attrib_cli.engine.path_answers import Cell, Transform

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
    rows = list(found.rows)
    shown, others = rows[:most], len(rows[most:]) + found.left
    columns = [_column(found, at, shown, others) for at, _ in enumerate(found.columns)]
    notes = [*found.facts, *found.notes]
    if others and not found.totals:
        notes.append(f"{others:,} more rows: --limit shows more, and csv and json all")
    by = " and ".join(label(name).lower() for name in found.states)
    return Account(
        title=f"{_TITLES[found.question]} by {by}, {found.type}",
        lines=(f"{counted(found.conversions, 'conversion')} of {counted(found.journeys, 'journey')}",),
        columns=tuple(columns),
        dim=(*(False for _ in shown), *((True,) if others and found.totals else ())),
        notes=tuple(notes),
        warnings=found.warnings,
        records=_records(found, rows),
        document=partial(document, found, rows),
    )


def conditions_of(transform: Transform, *, non_converting: bool) -> tuple[Condition, ...]:
    """Return what was done to the paths of an answer, and whether those without conversion are left out."""
    found: list[Condition] = []

    def say(key: str, name: str, value: str, words: str) -> None:
        found.append(Condition(key=key, name=name, value=value, words=words))

    if transform.without:
        value = ", ".join(transform.without)
        say("leave-out", "Steps left out", value, f"without the step{'s' * (len(transform.without) > 1)} {value}")
    if transform.without_last:
        value = ", ".join(transform.without_last)
        say("leave-out-last", "Steps left out at the end", value, f"without {value} at the end")
    if transform.collapse:
        say("collapse", "Repeated steps", "count once", "repeated steps count once")
    if transform.distinct:
        say("distinct", "Steps", "each where it stands first", "each step where it stands first")
    for key, number in (("first", transform.first), ("last", transform.last)):
        if number is not None:
            value = f"the {key} step" if number == 1 else f"the {key} {number:,} steps"
            say(f"{key}-steps", "Steps kept", value, value)
    if transform.share is not None:
        value = f"{(transform.share * 100).normalize():f}%"
        say("min-share", "Least share of the conversions", value, f"paths below {value} of the conversions as {OTHER}")
    return (*found, *(() if non_converting else (NON_CONVERTING,)))


def bare_account_of(found: PathTable) -> Account:
    """Return an answer for a format of rows alone, which are read as they are written."""
    return Account(
        title=_TITLES[found.question],
        lines=(),
        columns=(),
        dim=(),
        notes=(*found.facts, *found.notes),
        warnings=found.warnings,
        records=_records(found, found.rows),
        document=lambda: None,
    )


def _records(found: PathTable, rows: Iterable[tuple[Cell, ...]]) -> Records:
    texts = found.texts if found.texts is not None else (tuple(map(_plain, row)) for row in rows)
    return Records(columns=found.columns, rows=texts)


def document(found: PathTable, rows: Sequence[tuple[Cell, ...]]) -> dict[str, ExactJson]:
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
        "rows": [dict(zip(found.columns, row, strict=True)) for row in rows],
    }


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return "" if cell is None else plain_number(cell)


def _column(found: PathTable, at: int, shown: Sequence[tuple[Cell, ...]], others: int) -> AccountColumn:
    name, first, cells = found.columns[at], at == 0, [row[at] for row in shown]
    rest = others > 0 and bool(found.totals)
    last = "Total" if first and found.totals else ""
    if name in _TEXTS or name in _COUNTED:
        texts = [
            UNATTRIBUTED if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells
        ]
        if rest:
            texts.append(f"({counted(others, 'other')})" if first else "")
        return AccountColumn(header=label(name), cells=tuple(texts), total=last, figures=name in _COUNTED)
    unit = _unit(found, name)
    column = Column(name=name, role="measure", unit=unit, additive=name in found.totals)
    values = [_decimal(cell) for cell in cells]
    whole = _decimal(found.totals.get(name))
    if rest:
        values.append(_left(whole, cells))
    if name == "rate":
        of_all = _decimal(found.totals.get("conversions")), _decimal(found.totals.get("journeys"))
        whole = of_all[0] / of_all[1] if of_all[0] is not None and of_all[1] else None
        if rest:
            values[-1] = _rate_left(found, shown)
    symbol = currency_symbol(found.currency)
    made = figures(column, values, whole, symbol=symbol)
    code = f", {found.currency}" if unit == "currency" and not symbol else ""
    return AccountColumn(header=label(name) + code, cells=made.texts, total=made.total, figures=True)


def _left(whole: Decimal | None, cells: Iterable[Cell]) -> Decimal | None:
    """Return what is left of a whole when the cells shown are taken off."""
    return None if whole is None else whole - sum((_decimal(cell) or Decimal(0) for cell in cells), Decimal(0))


def _rate_left(found: PathTable, shown: Sequence[tuple[Cell, ...]]) -> Decimal | None:
    """Return the rate of the rows that are not shown."""
    conversions, journeys = (
        _left(_decimal(found.totals[name]), (row[found.columns.index(name)] for row in shown))
        for name in ("conversions", "journeys")
    )
    return conversions / journeys if conversions is not None and journeys else None


def _unit(found: PathTable, name: str) -> Unit:
    if name == "rate":
        return "share"
    if name == "assisted_per_closed":
        return "ratio"
    return "currency" if found.currency and name in ("revenue", "amount") else "count"


def _decimal(cell: Cell) -> Decimal | None:
    return Decimal(cell) if isinstance(cell, int | Decimal) else None
