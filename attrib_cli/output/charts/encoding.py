"""What the marks of all charts have in common: the rows of the data, axes, colours, and what is said of a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from attrib_cli.output.charts.data import OTHER, ChartData
from attrib_cli.output.figures import in_percent
from attrib_cli.output.words import label

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

PALETTE = ("#2f6f9f", "#e07b39", "#4c9f70", "#b5485d", "#7a67a8", "#c9a227", "#5b8c9b", "#8a6d5b")
REST_SHADE = "#b4bac2"
WIDTH = 640
_DIGIT = 6
"""About how wide a digit of a small text is."""


def number(value: Decimal | None) -> float | None:
    """Return a figure for drawing, None where it is unknown."""
    return None if value is None else float(value)


def rows_of(data: ChartData) -> list[Json]:
    """The data: one object for each point, the value for drawing beside its text.

    `top` is where a text stands free: at the end of a bar, or at zero for what is less.
    """
    places = {name: i for i, name in enumerate(data.series)}
    return [
        {
            "category": point.category,
            "series": point.series,
            "value": number(point.value),
            "top": None if point.value is None else max(float(point.value), 0.0),
            "text": point.text,
            "rest": data.is_rest(point.category),
            "order": places[point.series],
            **({} if point.before is None else {"before": number(point.before)}),
            **({} if point.low is None else {"low": number(point.low), "high": number(point.high)}),
        }
        for point in data.points
    ]


def axis_format(data: ChartData) -> dict[str, Json]:
    """How an axis writes the measure: with the currency's sign, in percent, or plain."""
    if in_percent(data.measure.unit):
        return {"format": ".0%"}
    if data.measure.unit == "ratio":
        return {"format": ",.2~f"}
    if data.symbol:
        return {"labelExpr": f"(datum.value < 0 ? '-' : '') + '{data.symbol}' + format(abs(datum.value), '~s')"}
    return {"format": "~s"}


def measure_title(data: ChartData) -> str:
    """Return what an axis of the measure is called."""
    name = label(data.measure.name)
    return f"{name}, {data.code}" if data.code else name


def value_axis(data: ChartData, **more: Json) -> dict[str, Json]:
    """Return the encoding of the measure."""
    return {
        "field": "value",
        "type": "quantitative",
        "title": measure_title(data),
        "axis": {"grid": True, "gridColor": "#e6e8eb", "domain": False, "ticks": False, **axis_format(data)},
        **more,
    }


def category_axis(data: ChartData, **more: Json) -> dict[str, Json]:
    """Return the encoding of the categories, in their order."""
    return {
        "field": "category",
        "type": "nominal",
        "sort": list(data.categories),
        "title": data.category or None,
        "axis": {"domain": False, "ticks": False, "labelOverlap": data.over_time},
        **({"scale": {"domain": list(data.categories)}} if data.over_time else {}),
        **more,
    }


def tooltip_of(data: ChartData) -> list[Json]:
    """Return what is said of a point: its category, series and exact text."""
    shown: list[Json] = [{"field": "category", "type": "nominal", "title": data.category or "Report"}]
    if len(data.series) > 1:
        shown.append({"field": "series", "type": "nominal", "title": data.grouping})
    return [*shown, {"field": "text", "type": "nominal", "title": measure_title(data)}]


def color_of(data: ChartData) -> Json:
    """One colour and grey for rests, or a colour for each series."""
    if len(data.series) > 1:
        colors = [REST_SHADE if name == OTHER else PALETTE[i % len(PALETTE)] for i, name in enumerate(data.series)]
        return {
            "field": "series",
            "type": "nominal",
            "sort": list(data.series),
            "title": data.grouping,
            "scale": {"domain": list(data.series), "range": colors},
        }
    return {"condition": {"test": "datum.rest", "value": REST_SHADE}, "value": PALETTE[0]}


def text_above(texts: Sequence[str]) -> dict[str, Json]:
    """Return the mark of a figure above each column, turned where it is wider than the columns are apart."""
    turned = max(map(len, texts), default=0) * _DIGIT > WIDTH / max(len(texts), 1)
    side: dict[str, Json] = {"angle": -90, "align": "left", "baseline": "middle", "dx": 4} if turned else {
        "baseline": "bottom", "dy": -3}  # fmt: skip
    return {"type": "text", "fontSize": 10, "color": "#3a414b", **side}


def layered(data: ChartData, *layers: Json, **more: Json) -> dict[str, Json]:
    """Return a view of some layers over the rows of the data."""
    return {"width": WIDTH, "data": {"values": rows_of(data)}, "layer": list(layers), **more}


def mapping_of(row: Json) -> Mapping[str, Json]:
    """Return a row as the object that it is."""
    if not isinstance(row, Mapping):
        raise TypeError("a row of a chart is an object")
    return row
