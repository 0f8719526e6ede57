"""A single figure, and a map of shades."""

from __future__ import annotations

from attrib_cli.output.charts.data import OTHER, ChartData
from attrib_cli.output.charts.encoding import (
    Json,
    axis_format,
    category_axis,
    measure_title,
    rows_of,
    tooltip_of,
)


def draw_figure(data: ChartData) -> dict[str, Json]:
    """Return single figures, each with what changed."""
    several = len(data.totals) > 1
    rows: list[Json] = [
        {
            "model": total.model if several else measure_title(data),
            "text": total.text,
            "change": total.since,
            "place": i,
        }
        for i, total in enumerate(data.totals)
    ]
    place: Json = {"field": "place", "type": "ordinal", "axis": None}

    def text(field: str, size: int, dy: int, color: str) -> Json:
        return {
            "mark": {
                "type": "text",
                "fontSize": size,
                "dy": dy,
                "color": color,
                "fontWeight": "bold" if size > 20 else "normal",
            },
            "encoding": {"x": place, "text": {"field": field, "type": "nominal"}},
        }

    layers = [text("text", 34, 0, "#1d232b"), text("model", 13, -36, "#5a6270"), text("change", 13, 34, "#5a6270")]
    return {"width": {"step": 260}, "height": 130, "data": {"values": rows}, "layer": layers}


def draw_heatmap(data: ChartData) -> dict[str, Json]:
    """Return a map of shades: names have the whole range of them, and what is more, such as a rest, is as dark."""
    across: dict[str, Json] = {
        "field": "series",
        "type": "nominal",
        "sort": list(data.series),
        "title": data.grouping,
        "scale": {"domain": list(data.series)},
        "axis": {"orient": "top", "domain": False, "ticks": False, "labelAngle": -35},
    }
    named = [p for p in data.points if OTHER not in (p.category, p.series)] or data.points
    values = [float(p.value) for p in named if p.value is not None]
    greatest = max(map(abs, values), default=0.0)
    negative = any(p.value is not None and p.value < 0 for p in data.points)
    both: dict[str, Json] = {"domain": [-greatest, 0, greatest], "range": ["#b5485d", "#f7f8fa", "#2f6f9f"]}
    one: dict[str, Json] = {"domain": [min(values, default=0.0), greatest], "range": ["#f2f6fa", "#2f6f9f"]}
    shade: Json = {
        "field": "value",
        "type": "quantitative",
        "title": measure_title(data),
        "scale": {**(both if negative else one), "clamp": True},
        "legend": {"orient": "right", **axis_format(data)},
    }
    cells: Json = {
        "mark": {"type": "rect", "stroke": "#ffffff"},
        "encoding": {"x": across, "y": category_axis(data), "color": shade, "tooltip": tooltip_of(data)},
    }
    texts: Json = {
        "mark": {"type": "text", "fontSize": 10},
        "encoding": {
            "x": across,
            "y": category_axis(data),
            "text": {"field": "text"},
            "color": {
                "condition": {"test": f"abs(datum.value) > {0.6 * greatest!r}", "value": "#ffffff"},
                "value": "#1d232b",
            },
        },
    }
    longest = max((len(p.text) for p in data.points), default=0)
    step = max(30, 6 * longest, 640 // max(1, len(data.series)))
    return {
        "width": {"step": min(step, 110)},
        "height": {"step": 26},
        "data": {"values": rows_of(data)},
        "layer": [cells, texts],
    }
