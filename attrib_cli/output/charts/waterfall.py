"""How rows add up to a total, or what moved it."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.charts.data import ChartData
from attrib_cli.output.charts.encoding import (
    PALETTE,
    REST_SHADE,
    WIDTH,
    Json,
    category_axis,
    text_above,
    tooltip_of,
    value_axis,
)
from attrib_cli.output.figures import figures

_COLORS = MappingProxyType({"more": "#4c9f70", "less": "#b5485d", "rest": REST_SHADE, "total": PALETTE[0]})


@frozen
class Step:
    """One bar of a waterfall, from `start` to `end`, with its text.

    `kind` is ``more``, ``less``, ``rest`` or ``total``.
    """

    category: str
    start: Decimal
    end: Decimal
    text: str
    kind: str

    @property
    def color(self) -> str:
        """The colour of its kind."""
        return _COLORS[self.kind]


def steps_of(data: ChartData) -> tuple[Step, ...]:
    """Return the bars of a waterfall: from nothing, or from the period compared with, to the total."""
    nothing = Decimal(0)
    compared = any(point.before is not None for point in data.points)
    level = sum((point.before or nothing for point in data.points), nothing) if compared else nothing
    steps: list[Step] = []
    if compared:
        steps.append(Step(category="Before", start=nothing, end=level, text=data.totals[0].before, kind="total"))
    for point in data.points:
        value = (point.value or nothing) - (point.before or nothing)
        kind = "less" if value < 0 else "rest" if data.is_rest(point.category) else "more"
        text = figures(data.measure, [value], None, symbol=data.symbol).texts[0] if compared else point.text
        steps.append(Step(category=point.category, start=level, end=level + value, text=text, kind=kind))
        level += value
    return (*steps, Step(category="Total", start=nothing, end=level, text=data.totals[0].text, kind="total"))


def draw_waterfall(data: ChartData) -> dict[str, Json]:
    """Bars that begin where the one before ended: from nothing, or the period compared with, to the total."""
    steps = steps_of(data)
    rows: list[Json] = [_row(step) for step in steps]
    names = [step.category for step in steps]
    place: dict[str, Json] = {
        **category_axis(data),
        "sort": names,
        "axis": {"domain": False, "ticks": False, "labelAngle": -35},
    }
    color: Json = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(_COLORS), "range": list(_COLORS.values())},
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
        "mark": text_above([step.text for step in steps]),
        "encoding": {"x": place, "y": {"field": "top", "type": "quantitative"}, "text": {"field": "text"}},
    }
    return {"width": WIDTH, "height": 320, "data": {"values": rows}, "layer": [bars, texts]}


def _row(step: Step) -> Json:
    return {
        "category": step.category,
        "series": "",
        "start": float(step.start),
        "end": float(step.end),
        "top": float(max(step.start, step.end)),
        "text": step.text,
        "kind": step.kind,
    }
