"""The description of a chart as a Vega-Lite specification: what pages, SVG, PNG, PDF and slides are drawn from.

Positions are floating point, as drawing needs; every text that a reader sees is the exact one of the tables.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from attrib_cli.output.charts.catalogue import ChartType
from attrib_cli.output.charts.data import OTHER, ChartData
from attrib_cli.output.figures import figures
from attrib_cli.output.words import label

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
PALETTE = ("#2f6f9f", "#e07b39", "#4c9f70", "#b5485d", "#7a67a8", "#c9a227", "#5b8c9b", "#8a6d5b")
REST_SHADE = "#b4bac2"
_WIDTH = 640
_LINE = 105
_CURVE = 24
"""Steps in which a ribbon of a Sankey diagram bends."""


def specification(data: ChartData, chart: ChartType, *, title: str, lines: Sequence[str] = ()) -> dict[str, Json]:
    """Return the Vega-Lite specification of a chart, under `title` and the `lines` that say what was asked.

    Raises LookupError for a chart that has no drawing, such as a table.
    """
    if chart.drawing is None:
        raise LookupError(f"a {chart.name} is not drawn")
    subtitle = [
        *(part for line in lines for part in textwrap.wrap(line, _LINE)),
        *([f"{data.left_out:,} more rows are in the table"] if data.left_out else []),
    ]
    heading: dict[str, Json] = {"text": title, "anchor": "start", "offset": 12}
    if subtitle:
        heading["subtitle"] = subtitle
    return {
        "$schema": SCHEMA,
        "description": described(data, title),
        "title": heading,
        "config": _config(),
        **_DRAWINGS[chart.drawing](data),
    }


def described(data: ChartData, title: str) -> str:
    """Return what a chart shows in words, for who cannot see it: the title and the greatest figures."""
    ordered = sorted((p for p in data.points if p.value is not None), key=lambda p: -abs(p.value or Decimal(0)))
    first = [f"{' · '.join(filter(None, (p.category, p.series)))} {p.text}" for p in ordered[:3]]
    return f"{title}. " + (f"Greatest: {'; '.join(first)}." if first else "No figures.")


def _config() -> Json:
    return {
        "background": "#ffffff",
        "font": "Helvetica, Arial, sans-serif",
        "title": {"fontSize": 16, "subtitleFontSize": 11, "subtitleColor": "#5a6270"},
        "axis": {"labelLimit": 220, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"},
        "legend": {"labelLimit": 220, "titleFontWeight": "normal", "orient": "bottom", "columns": 4},
        "view": {"stroke": None},
        "range": {"category": list(PALETTE)},
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _rows(data: ChartData) -> list[Json]:
    """The data: one object for each point, the value for drawing beside its text."""
    places = {name: i for i, name in enumerate(data.series)}
    return [
        {
            "category": point.category,
            "series": point.series,
            "value": _number(point.value),
            "text": point.text,
            "rest": data.is_rest(point.category),
            "order": places[point.series],
            **({} if point.low is None else {"low": _number(point.low), "high": _number(point.high)}),
        }
        for point in data.points
    ]


def _format(data: ChartData) -> dict[str, Json]:
    """How an axis writes the measure: with the currency's sign, in percent, or plain."""
    if data.measure.unit in ("share", "percent"):
        return {"format": ".0%"}
    if data.measure.unit == "ratio":
        return {"format": ",.2~f"}
    if data.symbol:
        return {"labelExpr": f"(datum.value < 0 ? '-' : '') + '{data.symbol}' + format(abs(datum.value), '~s')"}
    return {"format": "~s"}


def _measure_title(data: ChartData) -> str:
    name = label(data.measure.name)
    return f"{name}, {data.code}" if data.code else name


def _value(data: ChartData, **more: Json) -> dict[str, Json]:
    return {
        "field": "value",
        "type": "quantitative",
        "title": _measure_title(data),
        "axis": {"grid": True, "gridColor": "#e6e8eb", "domain": False, "ticks": False, **_format(data)},
        **more,
    }


def _category(data: ChartData, **more: Json) -> dict[str, Json]:
    return {
        "field": "category",
        "type": "nominal",
        "sort": list(data.categories),
        "title": data.category or None,
        "axis": {"domain": False, "ticks": False, "labelOverlap": data.over_time},
        **({"scale": {"domain": list(data.categories)}} if data.over_time else {}),
        **more,
    }


def _tooltip(data: ChartData) -> list[Json]:
    shown: list[Json] = [{"field": "category", "type": "nominal", "title": data.category or "Report"}]
    if len(data.series) > 1:
        shown.append({"field": "series", "type": "nominal", "title": data.grouping})
    return [*shown, {"field": "text", "type": "nominal", "title": _measure_title(data)}]


def _color(data: ChartData) -> Json:
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


def _layers(data: ChartData, *layers: Json, **more: Json) -> dict[str, Json]:
    return {"width": _WIDTH, "data": {"values": _rows(data)}, "layer": list(layers), **more}


def _bars(data: ChartData, *, across: bool) -> dict[str, Json]:
    along, offset = ("y", "yOffset") if across else ("x", "xOffset")
    value = "x" if across else "y"
    several = len(data.series) > 1
    place: dict[str, Json] = {along: _category(data)}
    if several:
        place[offset] = {"field": "series", "sort": list(data.series)}
    layers: list[Json] = [
        {
            "mark": {"type": "bar", "cornerRadiusEnd": 2},
            "encoding": {**place, value: _value(data), "color": _color(data), "tooltip": _tooltip(data)},
        }
    ]
    if not several:
        side: dict[str, Json] = {"align": "left", "dx": 4} if across else {"baseline": "bottom", "dy": -3}
        layers.append(
            {
                "mark": {"type": "text", "fontSize": 10, "color": "#3a414b", **side},
                "encoding": {**place, value: _value(data), "text": {"field": "text"}},
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
        return _layers(data, *layers, height={"step": step} if not several else {"step": step, "for": "position"})
    return _layers(data, *layers, height=300)


def _bar(data: ChartData) -> dict[str, Json]:
    return _bars(data, across=True)


def _column(data: ChartData) -> dict[str, Json]:
    return _bars(data, across=False)


def _stacked(data: ChartData) -> dict[str, Json]:
    order: Json = {"field": "order", "type": "quantitative"}
    mark: Json = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": _category(data),
            "y": _value(data, stack="zero"),
            "color": _color(data),
            "order": order,
            "tooltip": _tooltip(data),
        },
    }
    return _layers(data, mark, height=320)


def _line(data: ChartData) -> dict[str, Json]:
    encoding: dict[str, Json] = {"x": _category(data), "color": _color(data)}
    line: Json = {
        "mark": {"type": "line", "point": True, "strokeWidth": 2},
        "encoding": {**encoding, "y": _value(data), "tooltip": _tooltip(data)},
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
        return _layers(data, band, line, height=300)
    return _layers(data, line, height=300)


def _area(data: ChartData) -> dict[str, Json]:
    mark: Json = {
        "mark": {"type": "area", "opacity": 0.85},
        "encoding": {
            "x": _category(data),
            "y": _value(data, stack="zero"),
            "color": _color(data),
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": _tooltip(data),
        },
    }
    return _layers(data, mark, height=300)


def _slices(data: ChartData, *, inner: int) -> dict[str, Json]:
    colors = [REST_SHADE if data.is_rest(name) else PALETTE[i % len(PALETTE)] for i, name in enumerate(data.categories)]
    color: Json = {
        "field": "category",
        "type": "nominal",
        "sort": list(data.categories),
        "title": data.category,
        "scale": {"domain": list(data.categories), "range": colors},
        "legend": {"orient": "right", "columns": 1},
    }
    theta: Json = {"field": "value", "type": "quantitative", "stack": True}
    order: Json = {"field": "order", "type": "quantitative"}
    rows = [{**_mapping(row), "order": i} for i, row in enumerate(_rows(data))]
    layers: list[Json] = [
        {
            "mark": {"type": "arc", "innerRadius": inner, "outerRadius": 130, "stroke": "#ffffff"},
            "encoding": {"theta": theta, "color": color, "order": order, "tooltip": _tooltip(data)},
        },
        {
            "mark": {"type": "text", "radius": 164, "fontSize": 10, "color": "#3a414b"},
            "encoding": {"theta": theta, "order": order, "text": {"field": "text"}},
            "transform": [
                {"joinaggregate": [{"op": "sum", "field": "value", "as": "whole"}]},
                {"filter": "datum.value >= 0.02 * datum.whole"},
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


def _mapping(row: Json) -> Mapping[str, Json]:
    if not isinstance(row, Mapping):
        raise TypeError("a row of a chart is an object")
    return row


def _pie(data: ChartData) -> dict[str, Json]:
    return _slices(data, inner=0)


def _doughnut(data: ChartData) -> dict[str, Json]:
    return _slices(data, inner=78)


def _figure(data: ChartData) -> dict[str, Json]:
    several = len(data.totals) > 1
    rows: list[Json] = [
        {
            "model": total.model if several else _measure_title(data),
            "text": total.text,
            "change": " ".join(filter(None, (total.change, f"from {total.before}" if total.before else ""))),
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


def _heatmap(data: ChartData) -> dict[str, Json]:
    across: dict[str, Json] = {
        "field": "series",
        "type": "nominal",
        "sort": list(data.series),
        "title": data.grouping,
        "axis": {"orient": "top", "domain": False, "ticks": False, "labelAngle": -35},
    }
    shade: Json = {
        "field": "value",
        "type": "quantitative",
        "title": _measure_title(data),
        "scale": {"range": ["#f2f6fa", "#2f6f9f"]},
        "legend": {"orient": "right", **_format(data)},
    }
    greatest = max((abs(float(p.value)) for p in data.points if p.value is not None), default=0.0)
    cells: Json = {
        "mark": {"type": "rect", "stroke": "#ffffff"},
        "encoding": {"x": across, "y": _category(data), "color": shade, "tooltip": _tooltip(data)},
    }
    texts: Json = {
        "mark": {"type": "text", "fontSize": 10},
        "encoding": {
            "x": across,
            "y": _category(data),
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
        "data": {"values": _rows(data)},
        "layer": [cells, texts],
    }


def _waterfall(data: ChartData) -> dict[str, Json]:
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
        **_category(data),
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
            "y": {**_value(data), "field": "start"},
            "y2": {"field": "end"},
            "color": color,
            "tooltip": _tooltip(data),
        },
    }
    texts: Json = {
        "mark": {"type": "text", "baseline": "bottom", "dy": -3, "fontSize": 10, "color": "#3a414b"},
        "encoding": {"x": place, "y": {"field": "top", "type": "quantitative"}, "text": {"field": "text"}},
    }
    return {"width": _WIDTH, "height": 320, "data": {"values": rows}, "layer": [bars, texts]}


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


def _sankey(data: ChartData) -> dict[str, Json]:
    """Ribbons between two columns of bars, as wide as what flows, bent by the curve 3t^2 - 2t^3."""
    links = [(p.category, p.series, float(p.value), p.text) for p in data.points if p.value]
    whole = sum(value for _, _, value, _ in links) or 1.0
    gap = whole * 0.02
    left, right = _stack(links, 0, gap), _stack(links, 1, gap)
    at_left, at_right = {name: low for name, (low, _) in left.items()}, {name: low for name, (low, _) in right.items()}
    names = list(left)
    ribbons: list[Json] = []
    for number, (source, target, value, text) in enumerate(links):
        start, end = at_left[source], at_right[target]
        at_left[source] += value
        at_right[target] += value
        for step in range(_CURVE + 1):
            t = step / _CURVE
            bend = t * t * (3 - 2 * t)
            low = start + (end - start) * bend
            ribbons.append(
                {
                    "link": number, "x": t, "low": low, "high": low + value,
                    "category": source, "series": target, "text": text,
                }
            )  # fmt: skip
    blocks: list[Json] = [
        {"name": name, "x": x, "x2": x2, "low": low, "high": high, "middle": (low + high) / 2, "side": side}
        for side, x, x2, stack in (("left", -0.02, 0.0, left), ("right", 1.0, 1.02, right))
        for name, (low, high) in stack.items()
    ]
    x: dict[str, Json] = {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [-0.02, 1.02]}}
    y: dict[str, Json] = {
        "field": "low",
        "type": "quantitative",
        "axis": None,
        "scale": {"reverse": True, "zero": False},
    }
    colors: Json = [REST_SHADE if data.is_rest(name) else PALETTE[i % len(PALETTE)] for i, name in enumerate(names)]
    flow: Json = {
        "data": {"values": ribbons},
        "mark": {"type": "area", "opacity": 0.45},
        "encoding": {
            "x": x,
            "y": y,
            "y2": {"field": "high"},
            "detail": {"field": "link"},
            "color": {
                "field": "category",
                "type": "nominal",
                "scale": {"domain": names, "range": colors},
                "legend": None,
            },
            "tooltip": _tooltip(data),
        },
    }
    bars: Json = {
        "data": {"values": blocks},
        "mark": {"type": "rect", "color": "#3a414b"},
        "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "high"}},
    }

    def names_at(side: str, align: str, dx: int, field: str) -> Json:
        return {
            "data": {"values": blocks},
            "transform": [{"filter": f"datum.side == '{side}'"}],
            "mark": {"type": "text", "align": align, "dx": dx, "fontSize": 11, "color": "#1d232b", "limit": 200},
            "encoding": {
                "x": {**x, "field": field},
                "y": {**y, "field": "middle"},
                "text": {"field": "name", "type": "nominal"},
            },
        }

    height = max(240, 24 * max(len(left), len(right)))
    return {
        "width": 420,
        "height": height,
        "padding": {"left": 170, "right": 170, "top": 10, "bottom": 10},
        "layer": [flow, bars, names_at("left", "right", -6, "x"), names_at("right", "left", 6, "x2")],
    }


def _stack(links: Sequence[tuple[str, str, float, str]], side: int, gap: float) -> dict[str, tuple[float, float]]:
    """Return where each name of one side stands: its low and high end, one below the other."""
    sums: dict[str, float] = {}
    for link in links:
        name = link[0] if side == 0 else link[1]
        sums[name] = sums.get(name, 0.0) + link[2]
    found, level = {}, 0.0
    for name, value in sums.items():
        found[name] = (level, level + value)
        level += value + gap
    return found


_DRAWINGS: Mapping[str, Callable[[ChartData], dict[str, Json]]] = {
    "bar": _bar,
    "column": _column,
    "stacked": _stacked,
    "line": _line,
    "area": _area,
    "pie": _pie,
    "doughnut": _doughnut,
    "figure": _figure,
    "heatmap": _heatmap,
    "waterfall": _waterfall,
    "sankey": _sankey,
}
