"""Charts of a whole: a pie, and one with its total inside."""

from __future__ import annotations

import json

from attrib_cli.output.charts.data import ChartData
from attrib_cli.output.charts.encoding import PALETTE, REST_SHADE, Json, mapping_of, rows_of, tooltip_of


def _slices(data: ChartData, *, inner: int) -> dict[str, Json]:
    colors = [REST_SHADE if data.is_rest(name) else PALETTE[i % len(PALETTE)] for i, name in enumerate(data.categories)]
    named = json.dumps({point.category: f"{point.text}  {point.category}" for point in data.points})
    color: Json = {
        "field": "category",
        "type": "nominal",
        "sort": list(data.categories),
        "title": data.category,
        "scale": {"domain": list(data.categories), "range": colors},
        "legend": {
            "orient": "right",
            "columns": 1,
            "labelLimit": 300,
            "labelExpr": f"{named}[datum.label]",
        },
    }
    theta: Json = {"field": "value", "type": "quantitative", "stack": True}
    order: Json = {"field": "order", "type": "quantitative"}
    rows = [{**mapping_of(row), "order": i} for i, row in enumerate(rows_of(data))]
    layers: list[Json] = [
        {
            "mark": {"type": "arc", "innerRadius": inner, "outerRadius": 130, "stroke": "#ffffff"},
            "encoding": {"theta": theta, "color": color, "order": order, "tooltip": tooltip_of(data)},
        },
        {
            "mark": {"type": "text", "radius": 164, "fontSize": 10, "color": "#3a414b"},
            "encoding": {"theta": theta, "order": order, "text": {"field": "text"}},
            "transform": [
                {"joinaggregate": [{"op": "sum", "field": "value", "as": "whole"}]},
                {"filter": "datum.value >= 0.06 * datum.whole"},
            ],
        },
    ]
    if inner:
        layers.append(
            {
                "data": {"values": [{"text": data.totals[0].text}]},
                "mark": {"type": "text", "fontSize": 18, "fontWeight": "bold", "color": "#1d232b"},
                "encoding": {"text": {"field": "text"}},
            }
        )
    return {"width": 420, "height": 360, "data": {"values": rows}, "layer": layers}


def draw_pie(data: ChartData) -> dict[str, Json]:
    """Return slices of a whole."""
    return _slices(data, inner=0)


def draw_doughnut(data: ChartData) -> dict[str, Json]:
    """Return slices with their total inside."""
    return _slices(data, inner=78)
