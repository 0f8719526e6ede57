"""How rows add up to a total, or what moved it."""

from __future__ import annotations

from decimal import Decimal

from attrib_cli.output.charts.data import ChartData
from attrib_cli.output.charts.encoding import (
    PALETTE,
    REST_SHADE,
    WIDTH,
    Json,
    category_axis,
    tooltip_of,
    value_axis,
)
from attrib_cli.output.figures import figures


def draw_waterfall(data: ChartData) -> dict[str, Json]:
    """Bars that begin where the one before ended: from nothing, or the period compared with, to the total."""
    compared = any(point.before is not None for point in data.points)
    level = sum((point.before or Decimal(0) for point in data.points), Decimal(0)) if compared else Decimal(0)
    rows: list[Json] = []
    names = list(data.categories)
    if compared:
        rows.append(_step("Before", Decimal(0), level, data.totals[0].before, "total"))
        names.insert(0, "Before")
    for point in data.points:
        value = (point.value or Decimal(0)) - (point.before or Decimal(0))
        kind = "less" if value < 0 else "rest" if data.is_rest(point.category) else "more"
        text = figures(data.measure, [value], None, symbol=data.symbol).texts[0] if compared else point.text
        rows.append(_step(point.category, level, level + value, text, kind))
        level += value
    rows.append(_step("Total", Decimal(0), level, data.totals[0].text, "total"))
    names.append("Total")
    place: dict[str, Json] = {
        **category_axis(data),
        "sort": names,
        "axis": {"domain": False, "ticks": False, "labelAngle": -35},
    }
    kinds: Json = ["more", "less", "rest", "total"]
    color: Json = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": kinds, "range": ["#4c9f70", "#b5485d", REST_SHADE, PALETTE[0]]},
        "legend": None,
    }
    bars: Json = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": place,
            "y": {**value_axis(data), "field": "start"},
            "y2": {"field": "end"},
            "color": color,
            "tooltip": tooltip_of(data),
        },
    }
    texts: Json = {
        "mark": {"type": "text", "baseline": "bottom", "dy": -3, "fontSize": 10, "color": "#3a414b"},
        "encoding": {"x": place, "y": {"field": "top", "type": "quantitative"}, "text": {"field": "text"}},
    }
    return {"width": WIDTH, "height": 320, "data": {"values": rows}, "layer": [bars, texts]}


def _step(category: str, start: Decimal, end: Decimal, text: str, kind: str) -> Json:
    return {
        "category": category,
        "series": "",
        "start": float(start),
        "end": float(end),
        "top": float(max(start, end)),
        "text": text,
        "kind": kind,
    }
