"""Reports as PDF: pages of A4 with the chart as it is drawn for pictures, and the table; no browser, no network.

A page is put together as SVG, which the library that draws the charts turns into PDF; another one binds the pages.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.output.charts.image import draw_svg
from attrib_cli.output.charts.specification import specification
from attrib_cli.output.documents.content import Content, content_of, contents_of, contents_of_board, missing
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.origin import PDF_KEY, origin_of, origin_of_board
from attrib_cli.output.text import grid
from attrib_cli.output.text.glyphs import shown

if TYPE_CHECKING:
    from pypdf.generic import PdfObject

    from attrib_cli.engine.report import Report
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.registry import WriteOptions

_WIDE, _HIGH, _EDGE = 595, 842, 42
_LINE = 15
_LETTER = 0.56
"""How wide a letter is on average, in parts of the size of the type."""
_FIGURE = 0.66
"""How wide a figure is, bold ones too."""
_CHART = 300
_COLUMNS = 6


def write(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the pages of a report."""
    one = NamedReport.of(report, options)
    yield _bound([content_of(one, options, columns=_COLUMNS)], origin_of("pdf", [one], options))


def write_reports(reports: Sequence[NamedReport], options: WriteOptions) -> Iterator[bytes]:
    """Yield the pages of several reports, each of which begins a page."""
    yield _bound(contents_of(reports, options, columns=_COLUMNS), origin_of("pdf", reports, options))


def write_board(board: Board, options: WriteOptions) -> Iterator[bytes]:
    """Yield the pages of a dashboard; what failed has a page that says why."""
    contents = contents_of_board(board, options, columns=_COLUMNS)
    yield _bound(contents, origin_of_board("pdf", board, options))


def _sort(found: PdfObject, seen: set[int]) -> None:
    """Put the entries of all dictionaries in the order of their names: fonts come in another order in each run."""
    inside = found.get_object()
    if id(inside) in seen:
        return
    seen.add(id(inside))
    if isinstance(inside, dict):
        entries = sorted(inside.items(), key=lambda entry: str(entry[0]))
        for name, _ in entries:
            del inside[name]
        for name, value in entries:
            inside[name] = value
        for _, value in entries:
            _sort(value, seen)
    elif isinstance(inside, list):
        for value in inside:
            _sort(value, seen)


def _bound(contents: Sequence[Content | tuple[str, str]], origin: str | None) -> bytes:
    try:
        import pypdf
    except ImportError:
        raise missing("pypdf", "pdf") from None
    try:
        import vl_convert
    except ImportError:
        raise missing("vl-convert-python", "pdf") from None
    pages = [page for content in contents for page in _pages(content)]
    book = pypdf.PdfWriter()
    for number, inside in enumerate(pages, start=1):
        foot = _text(_WIDE - _EDGE, _HIGH - 24, f"{number} / {len(pages)}", size=8, anchor="end", shade="#556270")
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{_HIGH}" viewBox="0 0 {_WIDE} {_HIGH}">'
            f'<rect width="{_WIDE}" height="{_HIGH}" fill="#fff"/>{inside}{foot}</svg>'
        )
        page = pypdf.PdfReader(io.BytesIO(vl_convert.svg_to_pdf(svg)))
        _sort(page.trailer["/Root"], set())
        book.append(page)
    if origin is not None:
        book.add_metadata({PDF_KEY: origin})
    stream = io.BytesIO()
    book.write(stream)
    return stream.getvalue()


def _pages(content: Content | tuple[str, str]) -> Iterator[str]:
    if isinstance(content, tuple):
        inside, at = _lines([content[0]], _EDGE + 8, size=18, bold=True)
        yield inside + _lines([f"error: {content[1]}"], at, size=10)[0]
        return
    inside, at = _lines([content.title], _EDGE + 8, size=18, bold=True)
    above = [content.asked] if content.asked != content.title else []
    more, at = _lines([*above, " · ".join(content.conditions)], at, size=10, shade="#3a414b")
    inside += more
    if content.chart.office == "single":
        for total in content.data.totals:
            more, at = _lines([total.text], at + 24, size=34, bold=True)
            inside += more
            more, at = _lines([f"{total.model}  {total.since}"], at, size=11)
            inside += more
    elif content.chart.drawing is not None and content.data.points:
        drawn, high = _chart(content, at)
        inside, at = inside + drawn, at + high
    below = list(content.said)
    if content.hidden and content.rows:
        below.insert(0, f"not shown: {', '.join(content.hidden)}")
    left = list(content.rows)
    widths = _widths(content)
    while True:
        inside += _row(content.headers, widths, at := at + 20, content.names, bold=True)
        inside += f'<path d="M{_EDGE},{at + 4}H{_WIDE - _EDGE}" stroke="#556270"/>'
        room = int((_HIGH - _EDGE - 20 - at) // _LINE)
        needed = len(left) + (2 if content.total else 0) + 2 * len(below)
        take = left if needed <= room else left[: max(room - 1, 1)]
        for row in take:
            inside += _row(row, widths, at := at + _LINE, content.names)
        left = left[len(take) :]
        if left or (needed > room and len(take) > 1 and len(take) >= room - 1):
            yield inside
            inside, at = _lines([f"{content.title}, continued"], _EDGE + 8, size=12, bold=True)
            continue
        break
    if content.total:
        inside += f'<path d="M{_EDGE},{at + 5}H{_WIDE - _EDGE}" stroke="#556270"/>'
        inside += _row(content.total, widths, at := at + _LINE + 2, content.names, bold=True)
    yield inside + _lines(below, at + 12, size=8, shade="#556270")[0]


def _chart(content: Content, at: float) -> tuple[str, float]:
    """Return the chart as an SVG within the page, and how high it is there."""
    found = specification(content.data, content.chart, title="", lines=[])
    drawn = draw_svg(found)
    size = re.search(r'<svg[^>]*?width="([\d.]+)"[^>]*?height="([\d.]+)"', drawn)
    wide, high = (float(size[1]), float(size[2])) if size else (600.0, 300.0)
    scale = min((_WIDE - 2 * _EDGE) / wide, _CHART / high, 1.0)
    place = f'x="{_EDGE}" y="{at + 10}" width="{wide * scale}" height="{high * scale}"'
    box = "" if "viewBox" in drawn.partition(">")[0] else f' viewBox="0 0 {wide} {high}"'
    inner = re.sub(r'(<svg[^>]*?)\swidth="[\d.]+"(.*?)\sheight="[\d.]+"', rf"\1\2{box}", drawn, count=1)
    return inner.replace("<svg", f"<svg {place}", 1), high * scale + 16


def _widths(content: Content) -> list[float]:
    """Return the width of each column: names share what figures leave, and are cut to it."""
    texts = [content.headers, *content.rows, *([content.total] if content.total else [])]
    need = [max(grid.cells_of(row[j]) for row in texts) * 9 * _FIGURE + 14 for j in range(len(content.headers))]
    whole = _WIDE - 2 * _EDGE
    figures = sum(need[content.names :])
    if figures > whole * 0.75:
        squeeze = whole * 0.75 / figures
        need[content.names :] = [width * squeeze for width in need[content.names :]]
        figures = whole * 0.75
    if content.names:
        need[: content.names] = [(whole - figures) / content.names] * content.names
    return need


def _row(texts: Sequence[str], widths: Sequence[float], at: float, names: int, *, bold: bool = False) -> str:
    found, x = "", float(_EDGE)
    for j, (text, width) in enumerate(zip(texts, widths, strict=True)):
        size = min(9.0, (width - 8) / max(grid.cells_of(text), 1) / _FIGURE) if j >= names else 9.0
        cut = text if j >= names else grid.cut(text, max(int(width / 9 / _LETTER), 4), "…")
        spot, anchor = (x + width, "end") if j >= names else (x, "start")
        found += _text(spot, at, cut, size=size, anchor=anchor, bold=bold)
        x += width
    return found


def _lines(
    texts: Sequence[str], at: float, *, size: float, bold: bool = False, shade: str = "#1d232b"
) -> tuple[str, float]:
    """Return texts one below the other, wrapped to the page, and where they end."""
    found = ""
    for text in texts:
        for line in grid.wrap(shown(text, "utf-8"), int((_WIDE - 2 * _EDGE) / size / _LETTER)) if text else []:
            at += size * 1.35
            found += _text(_EDGE, at, line, size=size, bold=bold, shade=shade)
    return found, at


def _text(
    x: float, y: float, text: str, *, size: float, anchor: str = "start", bold: bool = False, shade: str = "#1d232b"
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" text-anchor="{anchor}" fill="{shade}"{weight}'
        f' font-family="DejaVu Sans, Liberation Sans, Noto Sans, Arial, sans-serif">'
        f"{html.escape(shown(text, 'utf-8'))}</text>"
    )
