"""A single figure, and a map of shades."""

from __future__ import annotations

from attrib_cli.output.charts.data import ChartData
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
    """Return a map of shades."""
    across: dict[str, Json] = {
        "field": "series",
        "type": "nominal",
        "sort": list(data.series),
        "title": data.grouping,
        "scale": {"domain": list(data.series)},
        "axis": {"orient": "top", "domain": False, "ticks": False, "labelAngle": -35},
    }
    shade: Json = {
        "field": "value",
        "type": "quantitative",
        "title": measure_title(data),
        "scale": {"range": ["#f2f6fa", "#2f6f9f"]},
        "legend": {"orient": "right", **axis_format(data)},
    }
    greatest = max((abs(float(p.value)) for p in data.points if p.value is not None), default=0.0)
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
                "condition": {"test": f"datum.value > {0.6 * greatest!r}", "value": "#ffffff"},
                "value": "#1d232b",
            },
        },
    }
    step = max(56, 640 // max(1, len(data.series)))
    return {
        "width": {"step": min(step, 110)},
        "height": {"step": 26},
        "data": {"values": rows_of(data)},
        "layer": [cells, texts],
    }
