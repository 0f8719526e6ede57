"""What a report is, for programs: what was asked, the conditions of its figures, what was counted, and its notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.output import words
from attrib_cli.output.scope import models_of, scope, scope_of_ledger

if TYPE_CHECKING:
    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.report import Column, Report, Summary
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.spec import DateRange, ReportSpec
    from attrib_cli.output.scope import Condition

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"


def described(report: Report) -> dict[str, Json]:
    """Return a report without its figures as an object of JSON, the same wherever it travels."""
    has_models = any(column.role == "model" for column in report.columns)
    names = [model.name for model in models_of(report.spec, report.settings)] if has_models else []
    head: dict[str, Json] = {"title": words.title(report, names)}
    return head | _described(report.spec, report.settings, report.summary, scope(report), report.notes, report.columns)


def described_ledger(ledger: Ledger) -> dict[str, Json]:
    """Return the same of a ledger whose rows have been read."""
    return _described(
        ledger.spec, ledger.settings, ledger.summary(), scope_of_ledger(ledger), ledger.notes, ledger.columns
    )


def _described(
    spec: ReportSpec,
    settings: Settings,
    summary: Summary,
    conditions: Sequence[Condition],
    notes: Sequence[Note],
    columns: Sequence[Column],
) -> dict[str, Json]:
    return {
        "type": summary.type,
        "models": [model.name for model in models_of(spec, settings)],
        "by": list(spec.by),
        "dates": _dates(summary.dates),
        "compared_with": None if summary.compared_with is None else _dates(summary.compared_with),
        "conditions": [{"key": c.key, "name": c.name, "value": c.value} for c in conditions],
        "currency": summary.currency,
        "conversions": summary.conversions,
        "with_interactions": summary.with_interactions,
        "without_interactions": summary.without_interactions,
        "excluded_interactions": summary.excluded_interactions,
        "left_out": dict(summary.left_out),
        **({"types": [_counts(part) for part in summary.parts]} if summary.parts else {}),
        "notes": [note.as_json() for note in notes],
        "columns": _columns(columns),
    }


def _counts(part: Summary) -> dict[str, Json]:
    """Return what was counted of one of several report types."""
    return {
        "type": part.type,
        "conversions": part.conversions,
        "with_interactions": part.with_interactions,
        "without_interactions": part.without_interactions,
        "excluded_interactions": part.excluded_interactions,
        "left_out": dict(part.left_out),
    }


def columns_of(report: Report) -> list[Json]:
    """Return what the columns of a report hold."""
    return _columns(report.columns)


def _columns(columns: Sequence[Column]) -> list[Json]:
    return [{"name": c.name, "role": c.role, "unit": c.unit} for c in columns]


def _dates(dates: DateRange) -> dict[str, Json]:
    return {"name": dates.label, "from": _day(dates.start), "to": _day(dates.end)}


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
