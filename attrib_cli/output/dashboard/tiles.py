"""One tile as text: its name on a rule, then a table, a line over time, a single figure, or what went wrong."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import ErrorGroup
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.report import Report
from attrib_cli.output import words
from attrib_cli.output.dashboard.single import Single, singles
from attrib_cli.output.dashboard.spark import CELLS_IN_A_LINE, chart
from attrib_cli.output.dashboard.timeline import Line, Timeline, timeline
from attrib_cli.output.figures import arrow, is_known
from attrib_cli.output.matrix import matrix
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.text import grid, matrix_table, table
from attrib_cli.output.text.glyphs import Glyphs, encodes, glyphs_for, shown
from attrib_cli.output.text.layout import choose
from attrib_cli.output.wide import Wide, first_rows, widen

if TYPE_CHECKING:
    from attrib_cli.engine.errors import AttribError
    from attrib_cli.engine.notes import Note
    from attrib_cli.output.dashboard.board import Tile

_SGR = re.compile(r"\x1b\[[0-9;]*m")
_TONES = {"better": grid.GREEN, "worse": grid.RED}
_HEIGHT = 4
_WIDTH_IN_A_FILE = 60
_LEAST_LINE, _USUAL_LINE = 8, 40


@frozen
class Pen:
    """How a tile is drawn: at most `width` cells wide (None: as wide as it gets), with `rows` lines of many at most.

    Without `dates` the days of the report are not said, since the whole board says them. `conditions`
    are what it is of beside that, and `notes` stand below it. A table has at most its first `most` rows.
    """

    width: int | None
    color: bool
    encoding: str
    today: dt.date
    rows: int
    dates: bool
    notes: tuple[Note, ...] = ()
    conditions: tuple[str, ...] = ()
    most: int | None = None

    @property
    def glyphs(self) -> Glyphs:
        """The signs that the reader's encoding has."""
        return glyphs_for(self.encoding)

    def paint(self, text: str, style: str) -> str:
        """Return `text` in a style, where there are colours."""
        return grid.paint(text, style, self.color)

    def prose(self, text: str, style: str = "", separator: str = " ") -> Iterator[str]:
        """Yield `text` in lines of the width, its longest words broken."""
        for line in grid.wrap(shown(text, self.encoding), self.width, separator):
            for piece in _pieces(line, self.width):
                yield self.paint(piece, style)


def cells_shown(line: str) -> int:
    """Return the cells that a line takes on the screen, colours not counted."""
    return grid.cells_of(_SGR.sub("", line))


def draw(
    tile: Tile,
    options: WriteOptions,
    *,
    today: dt.date,
    rows: int,
    dates: bool,
    notes: tuple[Note, ...] = (),
    conditions: tuple[str, ...] = (),
    most: int | None = None,
) -> list[str]:
    """Return the lines of a tile, within `options.width` as far as figures can be shown whole at that width.

    Without `most` a table has all its rows.
    """
    pen = Pen(
        width=options.width,
        color=options.color,
        encoding=options.encoding,
        today=today,
        rows=rows,
        dates=dates,
        notes=notes,
        conditions=conditions,
        most=most,
    )
    if isinstance(tile.answer, Report):
        return [*_heading(tile, pen, grid.BOLD), *_answer(tile, tile.answer, pen)]
    return [*_heading(tile, pen, grid.RED), *_failure(tile.answer, pen)]


def _heading(tile: Tile, pen: Pen, style: str) -> Iterator[str]:
    room = pen.width or _WIDTH_IN_A_FILE
    rule = pen.glyphs.rule
    name = grid.cut(shown(tile.name, pen.encoding), max(room - 6, 1), pen.glyphs.ellipsis)
    after = max(room - grid.cells_of(name) - 4, 2)
    yield f"{pen.paint(rule * 2, grid.DIM)} {pen.paint(name, style)} {pen.paint(rule * after, grid.DIM)}"
    if tile.description:
        yield from pen.prose(tile.description)


def _failure(error: AttribError, pen: Pen) -> Iterator[str]:
    for one in error.errors if isinstance(error, ErrorGroup) else (error,):
        yield from pen.prose(f"error: {one}", grid.RED)
        if one.hint:
            yield from pen.prose(f"hint: {one.hint}", grid.DIM)


def _answer(tile: Tile, report: Report, pen: Pen) -> Iterator[str]:
    wide = widen(report, encoding=pen.encoding)
    compared = tile.display != "figure"  # which says itself what it is compared with
    yield from pen.prose(words.title(report, wide.models, dates=pen.dates, compared=compared), grid.DIM, ", ")
    if pen.conditions:
        yield from pen.prose(pen.glyphs.dot.join(pen.conditions), separator=pen.glyphs.dot)
    yield ""
    if tile.display == "figure":
        yield from _figures(report, pen)
    elif not wide.keys:
        yield from pen.prose(words.nothing_line(report.summary))
    elif report.spec.transitions:
        yield from _transitions(report, pen)
    elif tile.display == "line":
        yield from _lines(timeline(report, today=pen.today, encoding=pen.encoding), pen)
    else:
        yield from _table(wide, pen)
    for note in pen.notes:
        yield from pen.prose(words.note_line(note), grid.YELLOW if note.level == "warning" else grid.DIM)


def _table(wide: Wide, pen: Pen) -> Iterator[str]:
    more = len(wide.keys) - pen.most if pen.most is not None else 0
    wide = first_rows(wide, pen.most) if pen.most is not None and more > 0 else wide
    layout = choose(wide, width=pen.width, glyphs=pen.glyphs, bars_first=True)
    yield from table.body(wide, layout, pen.glyphs, pen.color)
    if layout.hidden:
        hidden = ", ".join(map(words.in_sentence, layout.hidden))
        yield from pen.prose(f"not shown at this width: {hidden}", grid.DIM)
    if more > 0:
        yield from pen.prose(f"and {words.counted(more, 'more row')}", grid.DIM)


def _transitions(report: Report, pen: Pen) -> Iterator[str]:
    """Yield the transition matrix where it fits, else the steps one below the other; the first rows of either."""
    found = matrix(report)
    options = WriteOptions(width=pen.width, color=pen.color, encoding=pen.encoding)
    drawn = None if found is None else matrix_table.lines(found, options, most=pen.rows or None)
    if found is not None and drawn is not None:
        yield from drawn
        yield from pen.prose(matrix_table.note(found), grid.DIM)
        shown_rows, every, noun = pen.rows, len(found.sources), "state"
    else:
        cut = replace(report, rows=report.rows[: pen.rows or None], totals=())
        yield from _table(widen(cut, encoding=pen.encoding), pen)
        shown_rows, every, noun = pen.rows, len(report.rows), "step"
    if shown_rows and every > shown_rows:
        yield from pen.prose(f"{words.counted(every - shown_rows, noun)} more not shown", grid.DIM)


# --- single figures --------------------------------------------------------------------------------------------------


def _figures(report: Report, pen: Pen) -> Iterator[str]:
    found = singles(report, encoding=pen.encoding)
    if not found:
        yield from pen.prose(pen.glyphs.nothing, grid.BOLD)
        yield from pen.prose(words.nothing_line(report.summary))
    for single in found:
        measure = words.label(single.measure)
        name = measure if measure.isupper() else measure.lower()
        name += f", {single.model}" if len(found) > 1 else ""
        first, *more = pen.prose(f"{single.text} {name}")
        amount = first[: len(single.text)] if first.startswith(single.text) else first
        yield pen.paint(amount, grid.BOLD) + pen.paint(first[len(amount) :], grid.DIM)
        yield from more
        if single.interval:
            yield from pen.prose(single.interval, grid.DIM)
        yield from _change(single, pen)
        others = [f"{name} {text}" + (f" ({moved})" if moved else "") for name, text, moved in single.others]
        if others:
            yield from pen.prose(pen.glyphs.dot.join(others), grid.DIM, pen.glyphs.dot)


def _change(single: Single, pen: Pen) -> list[str]:
    """Return what changed since the period before, in as many lines as it takes."""
    if single.before is None:
        return []
    sign = arrow(single.change)
    sign = sign if encodes(sign, pen.encoding) else ""
    known = is_known(single.change)
    moved = f"{sign}{single.change} " if known else ""
    lines = list(pen.prose(f"{moved}from {single.before} in {single.period}"))
    if known and pen.color and single.tone and lines[0].startswith(moved):
        lines[0] = pen.paint(moved.rstrip(), _TONES[single.tone]) + lines[0][len(moved) - 1 :]
    return lines


# --- lines over time -------------------------------------------------------------------------------------------------


def _lines(found: Timeline, pen: Pen) -> Iterator[str]:
    if not found.lines:
        yield from pen.prose(pen.glyphs.nothing)
    elif len(found.lines) == 1:
        yield from _single_line(found, pen)
    else:
        yield from _several_lines(found, pen)


def _single_line(found: Timeline, pen: Pen) -> Iterator[str]:
    """Yield one line over time some rows high, the first and the last bucket below it, and what stands out."""
    line, labels = found.lines[0], found.labels
    drawn = chart(line.values, width=pen.width or _WIDTH_IN_A_FILE, height=_HEIGHT, encoding=pen.encoding)
    for row in drawn:
        yield pen.paint(row, grid.CYAN)
    across = max(map(grid.cells_of, drawn), default=0)
    blanks = across - grid.cells_of(labels[0]) - grid.cells_of(labels[-1])
    axis = f"{labels[0]}{' ' * blanks}{labels[-1]}" if blanks > 0 else f"{labels[0]} to {labels[-1]}"
    yield from (pen.paint(piece, grid.DIM) for piece in _pieces(axis, pen.width))
    of = words.label(found.measure.name) + (f" ({found.code})" if _needs_code(found) else "")
    parts = [f"{of}: {labels[-1]} {line.texts[-1]}"]
    known = [(value, -i) for i, value in enumerate(line.values) if value is not None]
    if known:
        peak = -max(known)[1]
        parts.append(f"highest {labels[peak]} {line.texts[peak]}")
    if line.total:
        parts.append(f"total {line.total}" + _since(line))
    yield from pen.prose(pen.glyphs.dot.join(parts), separator=pen.glyphs.dot)


def _since(line: Line) -> str:
    """Return what the total was before, as words behind it; nothing where nothing is compared."""
    return f", {words.since(line.change, line.before)}" if line.before else ""


def _needs_code(found: Timeline) -> bool:
    return found.measure.unit == "currency" and found.code is not None


def _several_lines(found: Timeline, pen: Pen) -> Iterator[str]:
    """Yield a table with a sparkline in each row, the figure of the last bucket, and the total."""
    kept = found.lines[: pen.rows] if pen.rows else found.lines
    texts = [_column(words.label(header), [line.name[i] for line in kept]) for i, header in enumerate(found.headers)]
    code = f" ({found.code})" if _needs_code(found) else ""
    figures = [_column(found.labels[-1] + code, [line.texts[-1] for line in kept], right=True)]
    if any(line.total for line in kept):
        figures.append(_column("Total" + code, [line.total for line in kept], right=True))
    if any(line.change for line in kept):
        changes = _column("Change", [line.change or pen.glyphs.nothing for line in kept], right=True)
        tones = {i: _TONES[line.tone] for i, line in enumerate(kept) if line.tone}
        figures.append(replace(changes, styles=tones))
    axis = f"{found.labels[0]} to {found.labels[-1]}"
    room = _USUAL_LINE
    if pen.width is not None:
        wanted = min(_USUAL_LINE, CELLS_IN_A_LINE * len(found.labels))
        texts, room = _fitted(texts, figures, pen.width, max(wanted, _LEAST_LINE))
    drawn = [chart(line.values, width=room, encoding=pen.encoding)[0] for line in kept]
    width = max(map(grid.cells_of, drawn))
    header = axis if grid.cells_of(axis) <= room else words.label(found.measure.name)
    sparks = grid.GridColumn(
        header=(header,), cells=drawn, width=max(width, min(grid.cells_of(header), room)), style=grid.CYAN
    )
    yield from grid.render([*texts, sparks, *figures], glyphs=pen.glyphs, color=pen.color)
    if len(kept) < len(found.lines):
        yield from pen.prose(f"{words.counted(len(found.lines) - len(kept), 'line')} more not shown", grid.DIM)


def _column(header: str, cells: Sequence[str], *, right: bool = False) -> grid.GridColumn:
    width = max(map(grid.cells_of, (header, *cells)))
    return grid.GridColumn(header=(header,), cells=tuple(cells), width=width, right=right)


def _fitted(
    texts: list[grid.GridColumn], figures: list[grid.GridColumn], width: int, wanted: int
) -> tuple[list[grid.GridColumn], int]:
    """Return the columns of text, shrunk where they must be, and the cells that remain for the sparklines.

    These take `wanted` cells before names are shrunk, and half of that before they are shrunk far.
    """
    widths = [column.width for column in texts]
    taken = sum(column.width + grid.GAP for column in figures) + grid.GAP * len(texts)
    floor = 8
    while widths and width - taken - sum(widths) < wanted and max(widths) > floor:
        if width - taken - sum(widths) >= wanted // 2 and max(widths) <= 2 * floor:
            break
        widths[widths.index(max(widths))] -= 1
    return (
        [replace(column, width=found) for column, found in zip(texts, widths, strict=True)],
        max(width - taken - sum(widths), _LEAST_LINE),
    )


def _pieces(line: str, width: int | None) -> Iterator[str]:
    """Yield a line in pieces of at most `width` cells, since a path or a name may have no blank to break at."""
    while width is not None and grid.cells_of(line) > width:
        end = width
        while grid.cells_of(line[:end]) > width:
            end -= 1
        yield line[: max(end, 1)]
        line = line[max(end, 1) :]
    yield line
