"""Charts as office programs have them: series over categories, which workbooks and slides draw and their readers edit.

It is the same choice and the same figures as every other picture of the report. What an office program has no chart
for is drawn as the nearest one that it has, and `said` tells so.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, TypeAlias

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.charts.catalogue import MOST_SERIES, ChartType
from attrib_cli.output.charts.data import OTHER, ChartData, Point, few_series
from attrib_cli.output.charts.encoding import PALETTE, REST_SHADE, measure_title
from attrib_cli.output.charts.waterfall import Step, steps_of

NativeKind: TypeAlias = Literal["bar", "column", "stacked", "line", "area", "pie", "doughnut"]

_UNSEEN = ""


@frozen
class NativeSeries:
    """One series: its name, and for each category a figure, None where there is none.

    `color` is that of all its marks, `colors` those of single ones where they differ. One that is not `seen` only
    holds up what stands on it. `ends` are those of its intervals, empty where it has none.
    """

    name: str
    values: tuple[Decimal | None, ...]
    color: str
    colors: tuple[str, ...] = ()
    seen: bool = True
    ends: tuple[tuple[Decimal, Decimal] | None, ...] = ()


@frozen
class NativeChart:
    """A chart of `kind` over `categories`; `said` is what its readers must know of it, empty if there is nothing.

    `left_out` counts the rows that it has no room for and that could not be summed.
    """

    kind: NativeKind
    categories: tuple[str, ...]
    series: tuple[NativeSeries, ...]
    said: str = ""
    left_out: int = 0

    @property
    def legend(self) -> bool:
        """Whether its colours need to be explained."""
        return self.kind in ("pie", "doughnut") or sum(series.seen and bool(series.name) for series in self.series) > 1


def native_chart(data: ChartData, chart: ChartType) -> NativeChart | None:
    """Return a chart of `data` as office programs draw it; None for figures, tables and no rows.

    A map of shades, which none of them has, is columns side by side, as many as colours can tell apart.
    """
    data = few_series(data, MOST_SERIES)
    if chart.office is None or chart.office == "single" or not data.points:
        return None
    if chart.office == "steps":
        return _waterfall(data)
    kind: NativeKind = "column" if chart.office == "shades" else chart.office
    points = data.values()
    series = []
    for i, name in enumerate(data.series):
        mine = [points.get((category, name)) for category in data.categories]
        ends = tuple(map(_interval, mine))
        series.append(
            NativeSeries(
                name=name or measure_title(data),
                values=tuple(map(_value, mine)),
                color=REST_SHADE if name == OTHER and len(data.series) > 1 else PALETTE[i % len(PALETTE)],
                colors=_colors(data, kind),
                ends=ends if any(ends) else (),
            )
        )
    return NativeChart(
        kind=kind, categories=data.categories, series=tuple(series), said=chart.stand_in, left_out=data.left_out
    )


def _value(point: Point | None) -> Decimal | None:
    return None if point is None else point.value


def _interval(point: Point | None) -> tuple[Decimal, Decimal] | None:
    return None if point is None or point.low is None or point.high is None else (point.low, point.high)


def _colors(data: ChartData, kind: NativeKind) -> tuple[str, ...]:
    """Return the colours of single marks: of slices each another, of rows that are a rest grey."""
    rests = [data.is_rest(name) for name in data.categories]
    if kind in ("pie", "doughnut"):
        return tuple(REST_SHADE if rest else PALETTE[i % len(PALETTE)] for i, rest in enumerate(rests))
    if kind in ("bar", "column") and len(data.series) == 1 and any(rests):
        return tuple(REST_SHADE if rest else PALETTE[0] for rest in rests)
    return ()


def _waterfall(data: ChartData) -> NativeChart:
    """Return columns on others that are not seen: a step that crosses nothing has a part above it and one below."""
    steps = steps_of(data)
    spans = [(min(step.start, step.end), max(step.start, step.end)) for step in steps]
    nothing = Decimal(0)
    below = tuple(min(low, nothing) - min(high, nothing) for low, high in spans)
    series = [
        NativeSeries(
            name=_UNSEEN,
            values=tuple(max(low, nothing) + min(high, nothing) for low, high in spans),
            color="#ffffff",
            seen=False,
        ),
        _part(data, steps, tuple(max(high, nothing) - max(low, nothing) for low, high in spans)),
    ]
    if any(below):
        series.append(_part(data, steps, below, " (below zero)"))
    return NativeChart(kind="stacked", categories=tuple(step.category for step in steps), series=tuple(series))


def _part(data: ChartData, steps: Sequence[Step], values: tuple[Decimal, ...], more: str = "") -> NativeSeries:
    return NativeSeries(
        name=measure_title(data) + more,
        values=values,
        color=PALETTE[0],
        colors=tuple(step.color for step in steps),
    )
