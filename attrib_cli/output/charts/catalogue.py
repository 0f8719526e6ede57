"""The kinds of charts as data: what each needs to be drawn, and how it is described.

A chart is one entry here. Nothing else lists charts, so that a new one needs no other edit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    from attrib_cli.output.charts.data import ChartData

MOST_SLICES = 12
MOST_SERIES = 8
"""Lines and colours that the eye tells apart; what comes after them is one ``(other)`` where it can be summed."""

MOST_SHADES = 40
"""Columns of a heat map, which are told apart by where they stand and not by colours."""

OfficeChart: TypeAlias = Literal[
    "bar", "column", "stacked", "line", "area", "pie", "doughnut", "steps", "shades", "single"
]


@frozen
class ChartType:
    """One kind of chart.

    `refusal` says in words why it cannot show some data, None where it can. `drawing` is the
    ``module:function`` of this package that describes its marks; a chart without one is shown by the table itself.
    `terminal` is how a terminal draws it. `office` is how workbooks and slides do, natively: of their charts, as steps
    of a column, as shades of cells or as a text; `stand_in` says so where that is another chart. A picture has room
    for `most_series`.
    """

    name: str
    description: str
    refusal: Callable[[ChartData], str | None]
    drawing: str | None = None
    terminal: Literal["bars", "stack", "plot", "single", "shades"] = "bars"
    office: OfficeChart | None = None
    stand_in: str = ""
    most_series: int = MOST_SERIES
    aliases: tuple[str, ...] = ()


def _anything(data: ChartData) -> str | None:
    return None


def _categories(data: ChartData) -> str | None:
    if not data.points:
        return "it has no rows"
    if data.transitions:
        return "a transition matrix has two states for each figure"
    return None if data.dimensions else "the report is not cut by anything"


def _time(data: ChartData) -> str | None:
    if data.limited:
        return "the rows past the limit are one, which has no place in time"
    return _categories(data) or (None if data.over_time else "the report is not cut by time first")


def _parts(data: ChartData) -> str | None:
    """Parts of a whole can be added, and none is less than nothing."""
    if not data.measure.additive:
        return f"{data.measure.name.replace('_', ' ')} cannot be summed"
    if any(point.value is not None and point.value < 0 for point in data.points):
        return "some figures are negative"
    return None


def _stack(data: ChartData) -> str | None:
    if len(data.models) > 1:
        return "the figures of several models do not add up"
    return _categories(data) or _parts(data)


def _area(data: ChartData) -> str | None:
    return _time(data) or _stack(data)


def _pie(data: ChartData) -> str | None:
    if (reason := _stack(data)) is not None:
        return reason
    if data.dimensions > 1:
        return "the report is cut by more than one column"
    if len(data.categories) > MOST_SLICES:
        return (
            f"{len(data.categories)} slices cannot be told apart (the limit is {MOST_SLICES}; --limit makes them fewer)"
        )
    return None if any(point.value for point in data.points) else "there is nothing to divide"


def _figure(data: ChartData) -> str | None:
    if data.transitions:
        return "a transition matrix has no total"
    return None if any(total.text for total in data.totals) else "the report has no total"


def _two(data: ChartData) -> str | None:
    if data.transitions and data.points:
        return None
    return _categories(data) or (None if len(data.series) > 1 else "the report is cut by one column and has one model")


def _waterfall(data: ChartData) -> str | None:
    if not data.points:
        return "it has no rows"
    if data.measure.additive and len(data.models) == 1 and data.dimensions == 1 and not data.transitions:
        return None
    return "it goes from row to row of one column, under one model, and adds them up"


def _sankey(data: ChartData) -> str | None:
    if data.transitions and data.points:
        return None
    if data.dimensions != 2:
        return "it shows what flows from one column to another: the report is not cut by two columns"
    return _stack(data)


CATALOGUE: tuple[ChartType, ...] = (
    ChartType(
        name="bar",
        description="bars from left to right, one for each row",
        refusal=_categories,
        drawing="bars:draw_bar",
        office="bar",
    ),
    ChartType(
        name="column",
        description="columns side by side",
        refusal=_categories,
        drawing="bars:draw_column",
        office="column",
    ),
    ChartType(
        name="stacked",
        description="columns of which the second column of the report makes the parts",
        refusal=_stack,
        drawing="bars:draw_stacked",
        office="stacked",
        terminal="stack",
        aliases=("stack", "stacked-column", "stacked-bar"),
    ),
    ChartType(
        name="line",
        description="lines over time",
        refusal=_time,
        drawing="lines:draw_line",
        office="line",
        terminal="plot",
    ),
    ChartType(
        name="area",
        description="areas over time, one on top of the other",
        refusal=_area,
        drawing="lines:draw_area",
        office="area",
        terminal="plot",
    ),
    ChartType(name="pie", description="slices of a whole", refusal=_pie, drawing="slices:draw_pie", office="pie"),
    ChartType(
        name="doughnut",
        description="a pie with its total inside",
        refusal=_pie,
        drawing="slices:draw_doughnut",
        office="doughnut",
        aliases=("donut",),
    ),
    ChartType(
        name="figure",
        description="one figure, and what changed",
        refusal=_figure,
        drawing="figures:draw_figure",
        office="single",
        terminal="single",
        aliases=("number", "single-figure", "kpi"),
    ),
    ChartType(
        name="heatmap",
        most_series=MOST_SHADES,
        description="two columns of the report, or models, as shades",
        refusal=_two,
        drawing="figures:draw_heatmap",
        office="shades",
        stand_in="a heat map is drawn here as columns",
        terminal="shades",
        aliases=("heat-map", "heat"),
    ),
    ChartType(
        name="waterfall",
        description="how the rows add up to the total, or what moved it since the period compared with",
        refusal=_waterfall,
        drawing="waterfall:draw_waterfall",
        office="steps",
    ),
    ChartType(
        name="sankey",
        description="what flows from one column to another",
        refusal=_sankey,
        drawing="sankey:draw_sankey",
        office="stacked",
        stand_in="a Sankey chart is drawn here as columns in parts, which have the same figures",
    ),
    ChartType(name="table", description="no picture: the table itself", refusal=_anything),
)
BY_NAME = {entry.name: entry for entry in CATALOGUE}


def find_chart(name: str) -> ChartType:
    """Return the kind of chart called `name`, in any case; raises UsageError."""
    folded = name.strip().casefold().replace("_", "-").replace(" ", "-")
    for entry in CATALOGUE:
        if folded in (entry.name, *entry.aliases):
            return entry
    raise UsageError(
        f"there is no chart '{name}'",
        hint=did_you_mean(folded, BY_NAME) or f"Charts: {', '.join(BY_NAME)}.",
        place="--chart",
    )


def usual_chart(data: ChartData) -> ChartType:
    """Return the chart that suits: a heat map of transitions, a figure of a total, lines over time, else bars."""
    if not data.points:
        return BY_NAME["table"]
    if data.transitions:
        return BY_NAME["heatmap"]
    if data.over_time and not data.limited:
        return BY_NAME["line"]
    if not data.dimensions:
        return BY_NAME["figure"] if len(data.models) == 1 else BY_NAME["bar" if data.points else "table"]
    if data.dimensions > 1 and len(data.series) > 1 and BY_NAME["stacked"].refusal(data) is None:
        return BY_NAME["stacked"]
    return BY_NAME["bar"]


def choose_chart(asked: str | None, data: ChartData) -> ChartType:
    """Return the chart asked for, or the one that suits.

    Raises UsageError for one that cannot show the report, with the reason and the one that can.
    """
    if asked is None:
        return usual_chart(data)
    chosen = find_chart(asked)
    reason = chosen.refusal(data)
    if reason is None:
        return chosen
    raise UsageError(
        f"{'an' if chosen.name == 'area' else 'a'} {chosen.name} chart cannot show this report: {reason}",
        hint=f"--chart {usual_chart(data).name} shows it.",
        place="--chart",
    )
