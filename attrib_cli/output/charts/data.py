"""What a chart shows: the first measure of a report by category and series, few enough to be read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.buckets import find_bucket
from attrib_cli.engine.frozen import frozen
from attrib_cli.output.charts.catalogue import MOST_SERIES
from attrib_cli.output.figures import currency_symbol, figures
from attrib_cli.output.intervals import interval_name
from attrib_cli.output.wide import Wide, is_interval, is_special, widen
from attrib_cli.output.words import label, since

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell, Column, Report

MOST_CATEGORIES = 25
"""Bars and slices that a picture has room for; what comes after them is one ``(other)`` where it can be summed."""

OTHER = "(other)"


@frozen
class Point:
    """One figure of a chart, with its text as tables show it.

    `before` is the figure of the period compared with; `low` and `high` are the ends of its interval.
    """

    category: str
    series: str
    value: Decimal | None
    text: str
    before: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


@frozen
class Total:
    """The figure of a whole report under one model, with what it was in the period compared with."""

    model: str
    value: Decimal | None
    text: str
    before: str = ""
    change: str = ""

    @property
    def since(self) -> str:
        """What changed and since what, ``+12.0% from 100.00``; empty where nothing is compared."""
        return since(self.change, self.before)


@frozen
class ChartData:
    """The figures of a chart.

    Grain of `points`: one for each category and series that has a figure. Categories are the values of the first
    dimension, series those of the other dimensions and the models, as far as there are several. `over_time` says
    whether categories are buckets of time, in their order and without gaps, `series_in_time` whether series are.
    `left_out` counts the rows that the chart has no room for and that could not be summed. `currency` is that of the
    report, `symbol` its sign where the measure is money, and `code` stands in for a sign that there is none of.
    """

    measure: Column
    currency: str | None
    symbol: str
    code: str | None
    dimension: str
    category: str
    grouping: str
    dimensions: int
    models: tuple[str, ...]
    categories: tuple[str, ...]
    series: tuple[str, ...]
    points: tuple[Point, ...]
    totals: tuple[Total, ...]
    over_time: bool
    left_out: int = 0
    limited: bool = False
    transitions: bool = False
    series_in_time: bool = False

    def is_rest(self, category: str) -> bool:
        """Say whether a category stands for a rest or for nothing, such as ``(unattributed)``, and is no name."""
        return is_special(category, self.dimension)

    def has_before(self) -> bool:
        """Say whether there are figures of a period compared with."""
        return any(point.before is not None for point in self.points)

    def values(self) -> Mapping[tuple[str, str], Point]:
        """The points by category and series."""
        return {(point.category, point.series): point for point in self.points}


def chart_data(
    report: Report, *, today: dt.date | None = None, encoding: str = "utf-8", most_series: int = MOST_SERIES
) -> ChartData:
    """Return what a chart of `report` shows: its first measure, all rows and models as far as there is room.

    Buckets of time reach to the last conversion, or to `today`; texts are such as `encoding` can show.
    There are at most `most_series` series; those that are buckets of time are in their order.
    """
    wide = widen(report, encoding=encoding)
    measure = next(column for column in wide.measures if not is_interval(column))
    named = [column.name for column in wide.dimensions]
    bucket = find_bucket(named[0]) if named else None
    over_time = bucket is not None and bucket.over_time and not report.spec.transitions
    several = len(wide.models) > 1
    found: dict[tuple[str, str], Point] = {}
    ends = {model: series.ends for (name, model), series in wide.series.items() if name == interval_name(measure.name)}
    earlier = {m: series.values for (name, m), series in wide.series.items() if name == f"{measure.name}_previous"}
    for model in wide.models:
        series = wide.series[measure.name, model]
        for i, (key, value) in enumerate(zip(wide.keys, series.values, strict=True)):
            name = " · ".join((*key[1:], *([model] if several else ())))
            low, high = (ends[model][i] or (None, None)) if model in ends else (None, None)
            category = key[0] if key else label(measure.name)
            found[category, name] = Point(
                category=category,
                series=name,
                value=_known(value),
                text=series.texts[i],
                before=_known(earlier[model][i]) if model in earlier else None,
                low=low,
                high=high,
            )
    grouping = " · ".join([*(label(name) for name in named[1:]), *(["Model"] if several else [])])
    symbol = currency_symbol(report.summary.currency, encoding) if measure.unit == "currency" else ""
    data = ChartData(
        measure=measure,
        currency=report.summary.currency,
        symbol=symbol,
        code=report.summary.currency if measure.unit == "currency" and not symbol else None,
        dimension=named[0] if named else "",
        category=label(named[0]) if named else "",
        grouping=grouping,
        dimensions=len(named),
        models=wide.models,
        categories=tuple(dict.fromkeys(category for category, _ in found)),
        series=tuple(dict.fromkeys(name for _, name in found)),
        points=tuple(found.values()),
        totals=_totals(wide, measure),
        over_time=over_time,
        limited=over_time and any(category == OTHER for category, _ in found),
        transitions=report.spec.transitions,
    )
    timed = len(named) == 2 and not several and not report.spec.transitions
    second = find_bucket(named[1]) if timed else None
    if len(named) > 1 and measure.additive and not (over_time or report.spec.sort or report.spec.transitions):
        data = replace(data, categories=_by_sum(data))
    if second is not None and second.over_time:
        data = replace(data, series=_in_time(data, report, today), series_in_time=True)
    data = _without_gaps(data, report, today) if over_time else _few_categories(data)
    return few_series(data, most_series)


def _by_sum(data: ChartData) -> tuple[str, ...]:
    """Return categories by the sum of their figures, the greatest first, and after them what stands for no name."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for point in data.points:
        sums[point.category] += point.value or Decimal(0)
    return tuple(sorted(data.categories, key=lambda name: (data.is_rest(name), -sums[name])))


def _in_time(data: ChartData, report: Report, today: dt.date | None) -> tuple[str, ...]:
    """Return series that are buckets of time in their order and without gaps, what has no place in time after them."""
    from attrib_cli.output.dashboard.timeline import filled

    bucket = report.dimensions()[1].name
    names = [name for name in data.series if not is_special(name, bucket)]
    last = today or report.summary.last_conversion or dt.date.max
    return (*filled(names, bucket, report, last), *(name for name in data.series if is_special(name, bucket)))


def expected_data(measure: Column, by: Sequence[str], models: Sequence[str], *, transitions: bool = False) -> ChartData:
    """Return what a chart would show of a report that is not computed yet: two rows of each dimension, none negative.

    A kind of chart that cannot show this can show no report that is cut so.
    """
    bucket = find_bucket(by[0]) if by else None
    over_time = bucket is not None and bucket.over_time and not transitions
    categories = ("a", "b") if by else (label(measure.name),)
    others = ("a", "b") if len(by) > 1 or transitions else ("",)
    series = tuple(" ".join((other, model)) for other in others for model in (models if len(models) > 1 else ("",)))
    points = [Point(category=c, series=s, value=Decimal(1), text="1") for c in categories for s in series]
    return ChartData(
        measure=measure,
        currency=None,
        symbol="",
        code=None,
        dimension=by[0] if by else "",
        category=label(by[0]) if by else "",
        grouping="",
        dimensions=len(by),
        models=tuple(models),
        categories=categories,
        series=series,
        points=tuple(points),
        totals=tuple(Total(model=model, value=Decimal(1), text="1") for model in models),
        over_time=over_time,
        transitions=transitions,
    )


def _known(value: Cell) -> Decimal | None:
    return Decimal(value) if isinstance(value, Decimal | int) else None


def _totals(wide: Wide, measure: Column) -> tuple[Total, ...]:
    found = []
    for model in wide.models:
        texts = {
            suffix: wide.series[measure.name + suffix, model].total
            for suffix in ("", "_previous", "_change")
            if (measure.name + suffix, model) in wide.series
        }
        values = wide.series[measure.name, model].values
        known = [number for number in map(_known, values) if number is not None]
        found.append(
            Total(
                model=model,
                value=sum(known, Decimal(0)) if measure.additive else (known[0] if len(known) == 1 else None),
                text=texts[""] or (wide.series[measure.name, model].texts[0] if len(values) == 1 else ""),
                before=texts.get("_previous", ""),
                change=texts.get("_change", ""),
            )
        )
    return tuple(found)


def _few_categories(data: ChartData) -> ChartData:
    """Return the data with the categories that there is room for; the others summed, or left out where they cannot."""
    if len(data.categories) <= MOST_CATEGORIES or data.transitions:
        return data
    special = [name for name in data.categories if data.is_rest(name) and name != OTHER]
    names = [name for name in data.categories if name not in special and name != OTHER]
    kept = names[: MOST_CATEGORIES - len(special) - 1]
    if not data.measure.additive:
        shown = [*kept, *special]
        points = tuple(point for point in data.points if point.category in shown)
        return replace(data, categories=tuple(shown), points=points, left_out=len(data.categories) - len(shown))
    merged = {name: name if name in kept or name in special else OTHER for name in data.categories}
    return replace(
        data,
        categories=(*kept, OTHER, *special),
        points=_merged(data, lambda p: (merged[p.category], p.series)),
    )


def few_series(data: ChartData, most: int) -> ChartData:
    """Return the data with the `most` greatest series, the others summed, or left out where they cannot be.

    They fall by their weight, but for those that are buckets of time.
    """
    if len(data.series) <= most or data.transitions:
        return data
    weight: dict[str, Decimal] = dict.fromkeys(data.series, Decimal(0))
    for point in data.points:
        weight[point.series] += abs(point.value or Decimal(0))
    kept = sorted((name for name in data.series if name != OTHER), key=lambda name: -weight[name])[: most - 1]
    if data.series_in_time:
        kept = [name for name in data.series if name in kept]
    if not data.measure.additive or len(data.models) > 1:
        kept = kept if len(data.models) == 1 else list(data.series)[:most]
        points = tuple(point for point in data.points if point.series in kept)
        left_out = data.left_out + len(data.points) - len(points)
        return replace(data, series=tuple(kept), points=points, left_out=left_out)
    points = _merged(data, lambda p: (p.category, p.series if p.series in kept else OTHER))
    return replace(data, series=(*kept, OTHER), points=points)


def _merged(data: ChartData, place: Callable[[Point], tuple[str, str]]) -> tuple[Point, ...]:
    """Return the points summed by the category and series that `place` gives each."""
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in data.points:
        groups.setdefault(place(point), []).append(point)
    found = []
    for (category, series), points in groups.items():
        if len(points) == 1:
            found.append(replace(points[0], category=category, series=series))
            continue
        value = sum((point.value or Decimal(0) for point in points), Decimal(0))
        earlier = [point.before for point in points if point.before is not None]
        text = figures(data.measure, [value], None, symbol=data.symbol).texts[0]
        before = sum(earlier, Decimal(0)) if earlier else None
        found.append(Point(category=category, series=series, value=value, text=text, before=before))
    return tuple(found)


def _without_gaps(data: ChartData, report: Report, today: dt.date | None) -> ChartData:
    """Return the data with every bucket of time between the first and the last, in order of time.

    What can be summed is nothing where there is no row; what cannot is unknown there.
    """
    from attrib_cli.output.dashboard.timeline import filled

    last = report.summary.last_conversion or dt.date.max
    names = [name for name in data.categories if not data.is_rest(name)]
    labels = filled(names, report.dimensions()[0].name, report, today or last)
    there = data.values()
    nothing = Decimal(0) if data.measure.additive else None
    text = figures(data.measure, [nothing], None, symbol=data.symbol).texts[0]
    points = [
        there.get((category, series)) or Point(category=category, series=series, value=nothing, text=text)
        for series in data.series
        for category in labels
    ]
    return replace(data, categories=labels, points=tuple(points))
