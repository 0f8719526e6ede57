"""Charts as pictures: SVG, PNG and PDF, drawn without a browser or a network by vl-convert."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from attrib_cli.engine.errors import UsageError
from attrib_cli.output import scope, words
from attrib_cli.output.charts.encoding import Json
from attrib_cli.output.charts.short_names import with_short_names
from attrib_cli.output.charts.specification import specification
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.origin import in_markup, in_png, origin_of

if TYPE_CHECKING:
    from types import ModuleType

    from attrib_cli.engine.report import Report
    from attrib_cli.output.charts.catalogue import ChartType
    from attrib_cli.output.charts.data import ChartData
    from attrib_cli.output.registry import WriteOptions

Picture = TypeVar("Picture", str, bytes)

PNG_SCALE = 2
"""Pixels for each point of the picture, so that it is sharp on paper and on dense screens."""


def chart_of(report: Report, asked: str | None = None, *, name: str | None = None) -> dict[str, Json]:
    """Return the Vega-Lite specification of a report's chart, of the kind asked for or the one that suits.

    Raises UsageError for a kind that cannot show the report.
    """
    one = NamedReport(name=name or "", report=report, chart=asked, alone=True)
    data, chart, _ = one.charted()
    return _described(one, data, chart)


def _described(one: NamedReport, data: ChartData, chart: ChartType) -> dict[str, Json]:
    """Return the specification of a chart with the name of its report, what it is of, and what there is to know."""
    title = words.title(one.report, data.models)
    conditions = " · ".join(scope.words(scope.scope(one.report)))
    notes = [words.note_line(note) for note in one.report.notes]
    lines = [title if one.name else "", conditions, words.summary_line(one.report.summary), *notes]
    return specification(data, chart, title=one.name or title, lines=list(filter(None, lines)))


def write_svg(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the chart of a report as SVG."""
    one = NamedReport.of(report, options)
    svg = _numbered_anew(draw_svg(_specification(one)))
    made = in_markup(origin_of("svg", [one], options), "metadata")
    inside = svg.index(">", svg.index("<svg")) + 1
    yield f"{svg[:inside]}{made}{svg[inside:]}".encode()


def _numbered_anew(svg: str) -> str:
    """Return an SVG with its ids counted from 1: the drawing library counts on over the pictures of one process."""
    found: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return match[1] + found.setdefault(match[2] + match[3], f"{match[2]}{len(found) + 1}") + match[4]

    return re.sub(r"""((?: id="|url\(#))(clip|gradient_)(\d+)("|\))""", number, svg)


def write_png(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the chart of a report as PNG."""
    one = NamedReport.of(report, options)
    made = origin_of("png", [one], options)
    yield in_png(draw_png(_specification(one)), made)


def can_draw() -> bool:
    """Say whether the package that draws is installed."""
    return importlib.util.find_spec("vl_convert") is not None


def draw_png(specification: Mapping[str, Json]) -> bytes:
    """Return a chart that is described as PNG, with `PNG_SCALE` pixels for each of its points."""
    drawing = _converter()

    def draw(text: str) -> bytes:
        drawn: bytes = drawing.vegalite_to_png(text, scale=PNG_SCALE, allowed_base_urls=[])
        return drawn

    return _drawn(draw, specification)


def draw_svg(specification: Mapping[str, Json]) -> str:
    """Return a chart that is described as SVG, with the ids that the drawing library gives."""
    drawing = _converter()

    def draw(text: str) -> str:
        drawn: str = drawing.vegalite_to_svg(text, allowed_base_urls=[])
        return drawn

    return _drawn(draw, specification)


def _drawn(draw: Callable[[str], Picture], specification: Mapping[str, Json]) -> Picture:
    """Return what `draw` makes of a specification, with shorter names where it cannot cut them."""
    try:
        return draw(json.dumps(specification, ensure_ascii=False))
    except ValueError:
        short = with_short_names(specification)
        if short == specification:
            raise
        return draw(json.dumps(short, ensure_ascii=False))


def _specification(one: NamedReport) -> dict[str, Json]:
    data, chart, _ = one.charted()
    if chart.drawing is None:
        reason = "the report has no rows" if not data.points else "a table is not a picture"
        raise UsageError(f"there is no picture to draw: {reason}", hint="Ask for html, xlsx or csv.", place="--format")
    return _described(one, data, chart)


def _converter() -> ModuleType:
    try:
        import vl_convert
    except ImportError:
        raise UsageError(
            "pictures need the package vl-convert-python, which is not installed",
            hint="Install it with: pip install 'attrib-cli[charts]'",
            place="--format",
        ) from None
    return vl_convert
