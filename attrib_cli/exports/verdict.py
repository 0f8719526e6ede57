"""Whether a condition is met by reports that are computed, and why in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.exports.conditions import plain_text, report_of
from attrib_cli.output.values import plain
from attrib_cli.terminal.console import printable

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report, Row
    from attrib_cli.exports.conditions import Comparison, Condition

_MOST = 5
"""Rows that a reason names."""


@frozen
class Verdict:
    """Whether a condition is met, and the figures that decided it."""

    met: bool
    reason: str


def judge(condition: Condition, reports: Mapping[str, Report]) -> Verdict:
    """Return whether reports meet a condition that was checked before; a figure that is missing counts as met."""
    groups = [[_judge(one, reports[report_of(one, tuple(reports))]) for one in group] for group in condition.groups]
    met = [group for group in groups if all(one.met for one in group)]
    if met:
        return Verdict(met=True, reason=" and ".join(one.reason for one in met[0]))
    failed = [one.reason for group in groups for one in group if not one.met]
    return Verdict(met=False, reason=", ".join(dict.fromkeys(failed)))


def _judge(one: Comparison, report: Report) -> Verdict:
    rows = [row for row in report.rows if _is_of(one, report, row)]
    if one.any_row:
        return _judge_any(one, report, rows)
    if one.row is None:
        totals = _totals(one, report) if report.dimensions() else rows
        return _judge_row(one, report, totals[:1], "the report has no rows")
    keys = {_key(report, row): row for row in rows}
    wanted = tuple(text.casefold() for text in one.row)
    found = [row for key, row in keys.items() if tuple(text.casefold() for text in key) == wanted]
    named = ", ".join(map(printable, one.row))
    similar = did_you_mean(named, [", ".join(key) for key in keys]) or ""
    return _judge_row(one, report, found[:1], f"there is no such row. {similar}".strip())


def _judge_row(one: Comparison, report: Report, rows: Sequence[Row], missing: str) -> Verdict:
    if not rows:
        return Verdict(met=True, reason=f"{_named(one)} has no figure: {missing}")
    figure = _figure(one, report, rows[0])
    if figure is None:
        none = "there is no total of it" if one.row is None and report.dimensions() else "it is of nothing, or unknown"
        none = "there is nothing before to compare with" if one.change else none
        return Verdict(met=True, reason=f"{_named(one)} has no figure: {none}")
    met = one.holds(figure)
    not_ = "" if met else "not "
    return Verdict(met=met, reason=f"{_named(one)} is {_text(one, figure)}, {not_}{_asked(one)}")


def _judge_any(one: Comparison, report: Report, rows: Sequence[Row]) -> Verdict:
    """Return whether any row holds; those without a figure, such as new ones, decide only where all have none."""
    figures = [(", ".join(_key(report, row)), _figure(one, report, row)) for row in rows]
    known = [(name, figure) for name, figure in figures if figure is not None]
    if not known:
        return Verdict(met=True, reason=f"{_named(one)} has no figure in any row")
    none = len(figures) - len(known)
    without = f" ({none} without a figure)" if none else ""
    held = [f"{printable(name)} {_text(one, figure)}" for name, figure in known if one.holds(figure)]
    if not held:
        return Verdict(met=False, reason=f"{_named(one)} is {_asked(one)} in none of {len(known)} rows{without}")
    more = f" and {len(held) - _MOST} more" if len(held) > _MOST else ""
    return Verdict(met=True, reason=f"{_named(one)} is {_asked(one)}: {', '.join(held[:_MOST])}{more}{without}")


def _is_of(one: Comparison, report: Report, row: Row) -> bool:
    spot = next((i for i, column in enumerate(report.columns) if column.role == "model"), None)
    return spot is None or one.model is None or row[spot] is None or plain(row[spot]).casefold() == one.model


def _totals(one: Comparison, report: Report) -> list[Row]:
    """Return the total of the model asked for, or those of all."""
    found = report.totals_by_model()
    return [row for model, row in found.items() if one.model is None or model.casefold() in ("", one.model)]


def _key(report: Report, row: Row) -> tuple[str, ...]:
    return tuple(plain(cell) for cell, column in zip(row, report.columns, strict=True) if column.role == "dimension")


def _figure(one: Comparison, report: Report, row: Row) -> Decimal | None:
    cells = {column.name: cell for cell, column in zip(row, report.columns, strict=True)}
    cell = cells.get(one.column)  # of all measures those that the tables do not have are left out
    return Decimal(cell) if isinstance(cell, int | Decimal) else None


def _named(one: Comparison) -> str:
    parts = [one.column.replace("_", " ")]
    parts += [f"for {', '.join(map(printable, one.row))}"] if one.row is not None else []
    parts += [f"under {one.model}"] if one.model is not None else []
    parts += [f"in {printable(one.report)}"] if one.report is not None else []
    return " ".join(parts)


def _text(one: Comparison, figure: Decimal) -> str:
    return f"{plain_text(figure.scaleb(2))}%" if one.in_percent else plain_text(figure)


def _asked(one: Comparison) -> str:
    return f"{one.operator} {_text(one, one.number)}"
