"""What flows from one column to another, as ribbons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrib_cli.output.charts.data import ChartData
from attrib_cli.output.charts.encoding import PALETTE, REST_SHADE, Json, tooltip_of

_CURVE = 24
"""Steps in which a ribbon of a Sankey diagram bends."""
_TEXT = 13
"""How far lines of names are apart at least."""


def draw_sankey(data: ChartData) -> dict[str, Json]:
    """Ribbons between two columns of bars, as wide as what flows, bent by the curve 3t^2 - 2t^3."""
    links = [(p.category, p.series, float(p.value), p.text) for p in data.points if p.value]
    whole = sum(value for _, _, value, _ in links) or 1.0
    gap = whole * 0.02
    left, right = _stack(links, 0, gap), _stack(links, 1, gap)
    height = max(240, 24 * max(len(left), len(right)))
    reach = max(high for stack in (left, right) for _, high in stack.values()) if links else whole
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
        {"name": name, "x": x, "x2": x2, "low": low, "high": high, "text at": at, "side": side}
        for side, x, x2, stack in (("left", -0.02, 0.0, left), ("right", 1.0, 1.02, right))
        for (name, (low, high)), at in zip(stack.items(), _apart(stack, reach * _TEXT / height, reach), strict=True)
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
            "tooltip": tooltip_of(data),
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
                "y": {**y, "field": "text at"},
                "text": {"field": "name", "type": "nominal"},
            },
        }

    return {
        "width": 420,
        "height": height,
        "padding": {"left": 170, "right": 170, "top": 10, "bottom": 10},
        "layer": [flow, bars, names_at("left", "right", -6, "x"), names_at("right", "left", 6, "x2")],
    }


def _apart(stack: Mapping[str, tuple[float, float]], least: float, reach: float) -> list[float]:
    """Return where the names of a side are written: beside the middle of their bars, but never closer than `least`."""
    places: list[float] = []
    for low, high in stack.values():
        places.append(max((low + high) / 2, places[-1] + least if places else 0.0))
    below = reach
    for i in reversed(range(len(places))):
        places[i] = min(places[i], below)
        below = places[i] - least
    return places


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
