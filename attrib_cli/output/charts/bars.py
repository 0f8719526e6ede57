"""Charts of bars: side by side, in columns, and in parts."""

from __future__ import annotations

from attrib_cli.output.charts.data import ChartData
from attrib_cli.output.charts.encoding import (
    Json,
    category_axis,
    color_of,
    layered,
    measure_title,
    text_above,
    tooltip_of,
    value_axis,
)


def _bars(data: ChartData, *, across: bool) -> dict[str, Json]:
    along, offset = ("y", "yOffset") if across else ("x", "xOffset")
    value = "x" if across else "y"
    several = len(data.series) > 1
    place: dict[str, Json] = {along: category_axis(data)}
    if several:
        place[offset] = {"field": "series", "sort": list(data.series)}
    measured = value_axis(data)
    if data.has_before():
        measured["title"] = f"{measure_title(data)} (black strokes: the period compared with)"
    layers: list[Json] = [
        {
            "mark": {"type": "bar", "cornerRadiusEnd": 2},
            "encoding": {**place, value: measured, "color": color_of(data), "tooltip": tooltip_of(data)},
        }
    ]
    if data.has_before():
        layers.append(
            {
                "mark": {"type": "tick", "thickness": 2, "color": "#1d232b", "bandSize": 12},
                "encoding": {**place, value: {**measured, "field": "before"}},
            }
        )
    if not several:
        beside: dict[str, Json] = {"type": "text", "fontSize": 10, "color": "#3a414b", "align": "left", "dx": 4}
        layers.append(
            {
                "mark": beside if across else text_above([point.text for point in data.points]),
                "encoding": {**place, value: {**measured, "field": "top"}, "text": {"field": "text"}},
            }
        )
    if any(point.low is not None for point in data.points):
        layers.append(
            {
                "mark": {"type": "rule", "color": "#3a414b"},
                "encoding": {**place, value: {"field": "low", "type": "quantitative"}, f"{value}2": {"field": "high"}},
            }
        )
    step = max(18, min(30, 9 * max(1, len(data.series))))
    if across:
        return layered(data, *layers, height={"step": step} if not several else {"step": step, "for": "position"})
    return layered(data, *layers, height=300)


def draw_bar(data: ChartData) -> dict[str, Json]:
    """Return bars from left to right."""
    return _bars(data, across=True)


def draw_column(data: ChartData) -> dict[str, Json]:
    """Return columns side by side."""
    return _bars(data, across=False)


def draw_stacked(data: ChartData) -> dict[str, Json]:
    """Return columns of parts."""
    order: Json = {"field": "order", "type": "quantitative"}
    mark: Json = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": category_axis(data),
            "y": value_axis(data, stack="zero"),
            "color": color_of(data),
            "order": order,
            "tooltip": tooltip_of(data),
        },
    }
    return layered(data, mark, height=320)
