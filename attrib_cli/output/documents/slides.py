"""Reports as PowerPoint slides, one each, with charts that PowerPoint can edit."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrib_cli.output.charts.native import NativeChart, NativeKind, native_chart
from attrib_cli.output.documents.content import Content, content_of, contents_of, contents_of_board, missing
from attrib_cli.output.documents.package import undated
from attrib_cli.output.figures import in_percent
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.text import grid
from attrib_cli.output.text.glyphs import shown

if TYPE_CHECKING:
    from pptx.chart.chart import Chart
    from pptx.slide import Slide
    from pptx.util import Length

    from attrib_cli.engine.report import Report
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.registry import WriteOptions

_WIDE, _HIGH = 13.333, 7.5
_MOST_ROWS = 14
_MOST_COLUMNS = 3
_MARGIN = 0.06
_BOLD = 1.2
"""How much wider bold texts are."""
_LONGEST_TITLE, _LONGEST_NAME = 160, 40
"""Characters of a title, and of a name on an axis or in a legend; what is longer is cut, and whole in files."""
_FRACTIONS = 10
"""Where all figures are less, an axis has fractions."""
_FEW = 4
"""Series that have a line each in a legend; more of them stand beside each other, with half as many characters."""
_KINDS: Mapping[NativeKind, str] = MappingProxyType(
    {
        "bar": "BAR_CLUSTERED",
        "column": "COLUMN_CLUSTERED",
        "stacked": "COLUMN_STACKED",
        "line": "LINE_MARKERS",
        "area": "AREA_STACKED",
        "pie": "PIE",
        "doughnut": "DOUGHNUT",
    }
)


def write(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield a presentation with the slide of a report."""
    yield _presentation([content_of(NamedReport.of(report, options), options, columns=_MOST_COLUMNS)])


def write_reports(reports: Sequence[NamedReport], options: WriteOptions) -> Iterator[bytes]:
    """Yield a presentation with a slide for each report."""
    yield _presentation(contents_of(reports, options, columns=_MOST_COLUMNS))


def write_board(board: Board, options: WriteOptions) -> Iterator[bytes]:
    """Yield a presentation of a dashboard; what failed has a slide that says why."""
    yield _presentation(contents_of_board(board, options, columns=_MOST_COLUMNS))


def _presentation(contents: Sequence[Content | tuple[str, str]]) -> bytes:
    try:
        import pptx
    except ImportError:
        raise missing("python-pptx", "pptx") from None
    from pptx.util import Inches

    made = pptx.Presentation()
    made.slide_width, made.slide_height = Inches(_WIDE), Inches(_HIGH)
    for content in contents:
        slide = made.slides.add_slide(made.slide_layouts[5])  # a title and nothing else
        if isinstance(content, tuple):
            _title(slide, content[0])
            _text(slide, 1.2, 1.0, [f"error: {content[1]}"], size=14)
        else:
            _fill(slide, content)
    stream = io.BytesIO()
    about = made.core_properties
    about.title, about.author, about.last_modified_by, about.comments = _name(contents), "", "", "Made by attrib"
    made.save(stream)
    return undated(stream.getvalue())


def _name(contents: Sequence[Content | tuple[str, str]]) -> str:
    """Return what the presentation is called where it has one slide."""
    if len(contents) != 1:
        return ""
    return contents[0][0] if isinstance(contents[0], tuple) else contents[0].title


def _title(slide: Slide, text: str) -> None:
    from pptx.util import Inches, Pt

    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Inches(0.5), Inches(0.3), Inches(_WIDE - 1), Inches(0.7)
    text = _cut(text, _LONGEST_TITLE)
    title.text_frame.text = text
    title.text_frame.paragraphs[0].font.size = Pt(26 if grid.cells_of(text) <= 60 else 16)
    title.text_frame.paragraphs[0].font.bold = True
    from pptx.enum.text import PP_ALIGN

    title.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT


def _text(slide: Slide, top: float, height: float, lines: Sequence[str], *, size: int = 12) -> None:
    from pptx.util import Inches, Pt

    box = slide.shapes.add_textbox(Inches(0.5), Inches(top), Inches(_WIDE - 1), Inches(height))
    box.text_frame.word_wrap = True
    for i, line in enumerate(lines):
        paragraph = box.text_frame.paragraphs[0] if i == 0 else box.text_frame.add_paragraph()
        paragraph.text = shown(line, "utf-8")
        paragraph.font.size = Pt(size)


def _fill(slide: Slide, content: Content) -> None:
    from pptx.util import Inches

    _title(slide, content.title)
    above = [content.asked] if content.asked != content.title else []
    _text(slide, 0.95, 0.6, [*above, " · ".join(content.conditions)] if content.conditions else above or [""])
    native = native_chart(content.data, content.chart)
    single = content.chart.office == "single"
    left = 7.9 if native is not None else 0.5
    if native is not None:
        _chart(slide, content, native)
    elif single:
        for i, total in enumerate(content.data.totals[:3]):
            _text(slide, 1.9 + i * 1.3, 0.8, [total.text], size=40)
            _text(slide, 2.7 + i * 1.3, 0.4, [f"{total.model}  {total.since}"], size=14)
    if content.rows and not single:
        _table(slide, content, Inches(left), Inches(_WIDE - left - 0.5))
    below = list(content.said)
    if native is not None and native.said:
        below.insert(0, f"note: {native.said}")
    if native is not None and native.left_out:
        below.insert(0, f"{native.left_out:,} rows not in the chart")
    if len(content.rows) > _MOST_ROWS:
        below.insert(0, f"{len(content.rows) - _MOST_ROWS} more rows not shown")
    if content.hidden and content.rows:
        below.insert(0, f"not shown: {', '.join(content.hidden)}")
    _text(slide, 6.55, 0.8, below, size=9)


def _chart(slide: Slide, content: Content, native: NativeChart) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
    from pptx.util import Inches, Pt

    filled = CategoryChartData(number_format="#,##0.00" if content.data.measure.unit == "currency" else "General")
    filled.categories = [_cut(name, _LONGEST_NAME) for name in native.categories]
    for series in native.series:
        name = _cut(series.name, _LONGEST_NAME if len(native.series) <= _FEW else _LONGEST_NAME // 2)
        filled.add_series(name, [None if value is None else float(value) for value in series.values])
    frame = slide.shapes.add_chart(
        getattr(XL_CHART_TYPE, _KINDS[native.kind]), Inches(0.4), Inches(1.6), Inches(7.3), Inches(4.9), filled
    )
    chart: Chart = frame.chart
    chart.font.size = Pt(11)
    chart.has_legend = native.legend
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.has_title = False
    if native.kind not in ("pie", "doughnut"):
        labels = chart.value_axis.tick_labels
        labels.number_format, labels.number_format_is_linked = _axis_format(content), False
    if native.kind == "bar":
        chart.category_axis.reverse_order = True
    _colour(chart, native)


def _axis_format(content: Content) -> str:
    """Return how an axis writes the measure: in percent, or with the sign of its currency and thousands apart."""
    if in_percent(content.data.measure.unit):
        return "0%"
    greatest = max((abs(point.value) for point in content.data.points if point.value is not None), default=0)
    if greatest < _FRACTIONS:
        return f'"{content.data.symbol}"0.00' if content.data.symbol else "General"
    return f'"{content.data.symbol}"#,##0' if content.data.symbol else "#,##0"


def _colour(chart: Chart, native: NativeChart) -> None:
    from pptx.dml.color import RGBColor

    for drawn, series in zip(chart.plots[0].series, native.series, strict=True):
        shade = RGBColor.from_string(series.color.lstrip("#"))
        if not series.seen:
            drawn.format.fill.background()
        elif native.kind == "line":
            drawn.format.line.color.rgb = shade
            drawn.smooth = False
        else:
            drawn.format.fill.solid()
            drawn.format.fill.fore_color.rgb = shade
        for place, colour in enumerate(series.colors):
            drawn.points[place].format.fill.solid()
            drawn.points[place].format.fill.fore_color.rgb = RGBColor.from_string(colour.lstrip("#"))


def _table(slide: Slide, content: Content, left: Length, width: Length) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Inches, Pt

    rows = [content.headers, *content.rows[:_MOST_ROWS], *([content.total] if content.total else [])]
    made = slide.shapes.add_table(
        len(rows), len(content.headers), left, Inches(1.65), width, Inches(0.28 * len(rows))
    ).table
    size, widths = _widths(content, rows, width / Inches(1))
    for j, wide in enumerate(widths):
        made.columns[j].width = Inches(wide)
    for i, row in enumerate(rows):
        made.rows[i].height = Inches(0.28)
        for j, text in enumerate(row):
            cell = made.cell(i, j)
            room = int((widths[j] - 2 * _MARGIN) / _digit(size))
            cell.text = _cut(text, room) if i and j < content.names else _named(text)
            cell.margin_top = cell.margin_bottom = Inches(0.02)
            cell.margin_left = cell.margin_right = Inches(_MARGIN)
            paragraph = cell.text_frame.paragraphs[0]
            paragraph.font.size = Pt(size)
            paragraph.font.bold = i == 0 or (bool(content.total) and i == len(rows) - 1)
            if j >= content.names:
                paragraph.alignment = PP_ALIGN.RIGHT


def _digit(size: int) -> float:
    """Return how wide a character of some size is at most on average, in inches."""
    return 0.6 * size / 72


def _widths(content: Content, rows: Sequence[Sequence[str]], width: float) -> tuple[int, list[float]]:
    """Return the size of the texts of a table, and the width of each column in inches, together `width`.

    No figure is broken: they have the room that they need, of heads that of the longest word, and names what is left.
    """
    heads, *below = rows
    plain, bold = (below[:-1], below[-1:]) if content.total else (below, [])
    needs = []
    for j, head in enumerate(heads):
        thick = [*(head.split() if j >= content.names else [head]), *(row[j] for row in bold)]
        widest = max(map(grid.cells_of, thick), default=0) * _BOLD
        needs.append(max([widest, *(float(grid.cells_of(row[j])) for row in plain)]))
    least = [min(need, 10.0) if j < content.names else need for j, need in enumerate(needs)]
    room = width - 2 * _MARGIN * len(needs)
    size = next((size for size in (10, 9, 8, 7) if sum(least) * _digit(size) <= room), 6)
    left = max(room / _digit(size) - sum(least), 0.0)
    more = [need - low for need, low in zip(needs, least, strict=True)]
    if sum(more) > left:
        given = [low + left * part / sum(more) for low, part in zip(least, more, strict=True)]
    else:
        given = [need + (left - sum(more)) / len(needs) for need in needs]
    return size, [cells * room / sum(given) + 2 * _MARGIN for cells in given]


def _cut(text: str, width: int) -> str:
    return grid.cut(_named(text), width, "…")


def _named(text: str) -> str:
    return shown(text, "utf-8")
