"""Charts over time: lines and areas."""

from __future__ import annotations

from attrib_cli.output.charts.data import ChartData
from attrib_cli.output.charts.encoding import Json, category_axis, color_of, layered, tooltip_of, value_axis


def draw_line(data: ChartData) -> dict[str, Json]:
    """Return lines over time."""
    encoding: dict[str, Json] = {"x": category_axis(data), "color": color_of(data)}
    line: Json = {
        "mark": {"type": "line", "point": True, "strokeWidth": 2},
        "encoding": {**encoding, "y": value_axis(data), "tooltip": tooltip_of(data)},
    }
    if any(point.low is not None for point in data.points):
        band: Json = {
            "mark": {"type": "area", "opacity": 0.15},
            "encoding": {
                **encoding,
                "y": {"field": "low", "type": "quantitative"},
                "y2": {"field": "high"},
            },
        }
        return layered(data, band, line, height=300)
    return layered(data, line, height=300)


def draw_area(data: ChartData) -> dict[str, Json]:
    """Return areas over time, one on top of the other."""
    mark: Json = {
        "mark": {"type": "area", "opacity": 0.85},
        "encoding": {
            "x": category_axis(data),
            "y": value_axis(data, stack="zero"),
            "color": color_of(data),
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": tooltip_of(data),
        },
    }
    return layered(data, mark, height=300)
