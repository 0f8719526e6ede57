"""The description of a chart as a Vega-Lite specification: what SVG, PNG, PDF and mail are drawn from.

Positions are floating point, as drawing needs; every text that a reader sees is the exact one of the tables.
"""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import cast

from attrib_cli.output.charts.catalogue import ChartType
from attrib_cli.output.charts.data import ChartData
from attrib_cli.output.charts.encoding import PALETTE, Json

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_LINE = 105


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
        **_drawing(chart.drawing)(data),
    }


def described(data: ChartData, title: str) -> str:
    """Return what a chart shows in words, for who cannot see it: the title and the greatest figures."""
    ordered = sorted((p for p in data.points if p.value is not None), key=lambda p: -abs(p.value or Decimal(0)))
    first = [f"{' · '.join(filter(None, (p.category, p.series)))} {p.text}" for p in ordered[:3]]
    return f"{title}. " + (f"Greatest: {'; '.join(first)}." if first else "No figures.")


def _drawing(path: str) -> Callable[[ChartData], dict[str, Json]]:
    module, _, name = path.partition(":")
    found = getattr(importlib.import_module(f"attrib_cli.output.charts.{module}"), name)
    return cast("Callable[[ChartData], dict[str, Json]]", found)


def _config() -> Json:
    return {
        "background": "#ffffff",
        "font": "Helvetica, Arial, sans-serif",
        "title": {"fontSize": 16, "subtitleFontSize": 11, "subtitleColor": "#5a6270"},
        "axis": {
            "labelLimit": 220,
            "maxExtent": 260,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
        },
        "legend": {"labelLimit": 220, "titleFontWeight": "normal", "orient": "bottom", "columns": 4},
        "view": {"stroke": None},
        "range": {"category": list(PALETTE)},
    }
