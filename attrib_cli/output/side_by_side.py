"""A report with its models side by side, as a report of its own: a column for each figure under each model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.output.intervals import header, is_end, percent
from attrib_cli.output.scope import models_of
from attrib_cli.output.values import plain

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell, Column, Report, Row
    from attrib_cli.output.registry import WriteOptions


@frozen
class SideBySide:
    """A report without a column of models, and what its columns are called in words, such as ``Revenue, linear``."""

    report: Report
    headers: tuple[str, ...]


def side_by_side(report: Report) -> SideBySide:
    """Return `report` with one row for each combination of its dimensions, in their order.

    A figure is called after its measure and its model, ``revenue_linear``, and what belongs to it follows it:
    ``revenue_linear_low``, ``revenue_linear_previous``. A combination that a model has no row for has no figure there.
    Ends of intervals are there for the models that have some. Raises UsageError where two columns would have one name.
    """
    spots = {column.name: i for i, column in enumerate(report.columns)}
    dimensions = report.dimensions()
    model_at = next((i for i, column in enumerate(report.columns) if column.role == "model"), None)
    if model_at is None:
        return SideBySide(report=report, headers=headers_of(report))
    rows: dict[tuple[Cell, ...], dict[str, Row]] = {}
    models: dict[str, None] = {}
    for row in report.rows:
        key = tuple(row[spots[column.name]] for column in dimensions)
        model = plain(row[model_at])
        models.setdefault(model)
        rows.setdefault(key, {})[model] = row
    totals = report.totals_by_model()
    asked = (model.name for model in models_of(report.spec, report.settings))
    models = dict.fromkeys((*totals, *models) or asked)
    figures = [(model, column) for column in report.measures() if not is_end(column) for model in models]
    ends = {
        (model, end.of): [e for e in report.measures() if is_end(e) and e.of == end.of]
        for end in report.measures()
        if is_end(end)
        for model in models
        if any(found[model][spots[end.name]] is not None for found in rows.values() if model in found)
    }
    figures = [(m, one) for m, column in figures for one in (column, *ends.get((m, column.name), ()))]
    roots = {column.name: _root(column, report) for column in report.measures()}
    columns = (*dimensions, *(_column(column, model, roots[column.name]) for model, column in figures))
    _refuse_twice(columns)

    def turned(key: tuple[Cell, ...], found: Mapping[str, Row]) -> Row:
        return (*key, *(found[model][spots[column.name]] if model in found else None for model, column in figures))

    turned_report = replace(
        report,
        columns=columns,
        rows=[turned(key, found) for key, found in rows.items()],
        totals=[turned((None,) * len(dimensions), totals)] if totals else [],
    )
    several = len(models) > 1
    confidence = percent(report.spec)
    names = [header(column, confidence) for column in dimensions]
    names += [header(column, confidence) + (f", {model}" if several else "") for model, column in figures]
    return SideBySide(report=turned_report, headers=tuple(names))


def laid_out(report: Report, options: WriteOptions) -> Report:
    """Return a report in the layout that was asked for; raises UsageError as `side_by_side` does."""
    return side_by_side(report).report if options.layout == "wide" else report


def headers_of(report: Report) -> tuple[str, ...]:
    """Return the names of a report's columns in words."""
    return tuple(header(column, percent(report.spec)) for column in report.columns)


def _root(column: Column, report: Report) -> str:
    """Return the measure that a column belongs to in the end: of ``revenue_change_low`` it is ``revenue``."""
    by_name = {one.name: one for one in report.measures()}
    while column.of is not None and column.of in by_name:
        column = by_name[column.of]
    return column.of or column.name


def _column(column: Column, model: str, root: str) -> Column:
    def named(name: str) -> str:
        return f"{root}_{model}{name.removeprefix(root)}"

    return replace(column, name=named(column.name), of=None if column.of is None else named(column.of))


def _refuse_twice(columns: tuple[Column, ...]) -> None:
    seen: set[str] = set()
    for column in columns:
        if column.name in seen:
            hint = "Call the model something else, or leave --layout out."
            raise UsageError(f"two columns would be called {column.name}", hint=hint, place="--layout")
        seen.add(column.name)
