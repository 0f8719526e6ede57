"""The report turned for reading: a row for each combination of dimensions, the models side by side.

Terminal and Markdown show the same figures in the same rows; this is where the long rows become that shape, and where
figures become text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.row_names import reserved
from attrib_cli.output.figures import currency_symbol, figures
from attrib_cli.output.intervals import Ends, ends_of, interval_name, interval_texts, is_end, percent
from attrib_cli.output.text.glyphs import glyphs_for, shown
from attrib_cli.output.values import plain

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell, Column, Report


@frozen
class Series:
    """One measure under one model: a value and its text for each row, and the text of the total.

    The series of an interval has its `ends` for each row, and no values.
    """

    values: tuple[Cell, ...]
    texts: tuple[str, ...]
    total: str
    ends: tuple[Ends | None, ...] = ()


@frozen
class Wide:
    """A report for reading.

    `keys` has the texts of the dimensions for each row; `series` a column of figures for each (measure, model).
    The ends of an interval of confidence are one measure, after the one they belong to, which only the models that
    have intervals have a series of; `confidence` is theirs, such as ``90%``. `code` is the currency where figures carry
    no sign of it. `typed` says that the measures were asked for one by one, and are not those that every report has.
    """

    dimensions: tuple[Column, ...]
    measures: tuple[Column, ...]
    models: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    series: Mapping[tuple[str, str], Series]
    code: str | None
    confidence: str = ""
    typed: bool = False

    def columns(self) -> Iterator[tuple[Column, str]]:
        """Yield (measure, model) in the order of reading: each figure of a model with its interval after it."""
        by_of = {column.of: column for column in self.measures if is_interval(column)}
        for measure in self.measures:
            if is_interval(measure):
                continue
            for model in self.models:
                yield measure, model
                interval = by_of.get(measure.name)
                if interval is not None and (interval.name, model) in self.series:
                    yield interval, model

    def has_totals(self) -> bool:
        """Say whether there is any total to show."""
        return any(series.total for series in self.series.values())

    def special(self) -> tuple[bool, ...]:
        """Say for each row whether it is a rest, such as ``(unattributed)``, and nothing with a name of its own."""
        names = [column.name for column in self.dimensions]
        return tuple(any(map(is_special, key, names)) for key in self.keys)


def first_rows(wide: Wide, most: int) -> Wide:
    """Return a wide report with its first rows, and the totals of all."""
    series = {
        name: replace(one, values=one.values[:most], texts=one.texts[:most], ends=one.ends[:most])
        for name, one in wide.series.items()
    }
    return replace(wide, keys=wide.keys[:most], series=series)


def is_interval(column: Column) -> bool:
    """Say whether a measure of a wide report is the interval of another one."""
    return column.role == "measure" and column.name == interval_name(column.of)


def is_special(text: str, dimension: str) -> bool:
    """Say whether the text of a row stands for a rest or for nothing, and is no value of its dimension."""
    return text in reserved(dimension)


def widen(report: Report, *, encoding: str = "utf-8") -> Wide:
    """Return `report` with its models side by side and its figures as text that `encoding` can show.

    Rows keep their order. A combination without a row for some model has no figure there.
    """
    at = {column.name: i for i, column in enumerate(report.columns)}
    dimensions, measures = report.dimensions(), tuple(c for c in report.measures() if not is_end(c))
    spots = [at[column.name] for column in dimensions]
    model_at = next((i for i, column in enumerate(report.columns) if column.role == "model"), None)

    index: dict[tuple[str, ...], int] = {}
    by_model: dict[str, dict[int, tuple[Cell, ...]]] = {}
    for row in report.rows:
        key = tuple(plain(row[spot]) for spot in spots)
        model = "" if model_at is None else plain(row[model_at])
        by_model.setdefault(model, {})[index.setdefault(key, len(index))] = row
    totals = report.totals_by_model()
    order = [*totals, *(model for model in by_model if model not in totals)] or list(report.spec.models)

    symbol = currency_symbol(report.summary.currency, encoding)
    nothing = glyphs_for(encoding).nothing
    series: dict[tuple[str, str], Series] = {}
    for measure in measures:
        spot = at[measure.name]
        for model in order:
            rows = by_model.get(model, {})
            values = tuple(rows[i][spot] if i in rows else None for i in range(len(index)))
            total = totals[model][spot] if model in totals else None
            made = figures(measure, values, total, symbol=symbol, nothing=nothing)
            series[measure.name, model] = Series(values=values, texts=made.texts, total=made.total)
    found: list[Column] = []
    for measure in measures:
        found.append(measure)
        spots_of_ends = ends_of(report, measure)
        if spots_of_ends is None:
            continue
        interval = replace(measure, name=interval_name(measure.name), additive=False, of=measure.name)
        found.append(interval)
        for model in order:
            rows = by_model.get(model, {})
            ends = tuple(spots_of_ends.of(rows[i]) if i in rows else None for i in range(len(index)))
            of_total = spots_of_ends.of(totals[model]) if model in totals else None
            if any(ends):
                *texts, total_text = interval_texts(measure, (*ends, of_total), encoding)
                series[interval.name, model] = Series(values=(), texts=tuple(texts), total=total_text, ends=ends)
    return Wide(
        dimensions=dimensions,
        measures=tuple(found),
        models=tuple(order),
        keys=tuple(tuple(shown(text, encoding) for text in key) for key in index),
        series=series,
        code=None if symbol else report.summary.currency,
        confidence=percent(report.spec),
        typed=bool(report.spec.measures) and not any(name.strip().casefold() == "all" for name in report.spec.measures),
    )
