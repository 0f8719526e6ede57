"""The board as text: tiles beside each other as the width of the terminal allows, in the order of the board.

The width is divided into units. A figure takes one, a table or a line over time two, and more where its figures would
not be whole otherwise; what is left at the end of a row goes to its tables and lines. Without a width, in a pipe or a
file, every tile has the whole width to itself and nothing is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.report import Report
from attrib_cli.output import scope, words
from attrib_cli.output.dashboard.packing import Block, packed
from attrib_cli.output.dashboard.tiles import cells_shown, draw
from attrib_cli.output.text import grid
from attrib_cli.output.text.glyphs import glyphs_for, shown

if TYPE_CHECKING:
    from attrib_cli.output.dashboard.board import Board, Tile
    from attrib_cli.output.registry import WriteOptions

Draw: TypeAlias = "Callable[[Tile, int | None], list[str]]"

GAP = 3
_UNIT = 26  # cells of a figure at least
_MOST_UNITS = 8


@frozen
class _Placed:
    """A tile with the units it takes, and its lines at that width."""

    tile: Tile
    span: int
    lines: list[str]


def write(board: Board, options: WriteOptions) -> Iterator[bytes]:
    """Yield the drawn board; `options.rows`, 10 if not said, is how many of many lines over time a tile shows."""
    for line in lines(board, options, rows=options.rows or 10):
        yield f"{line}\n".encode(options.encoding, "replace")


def lines(board: Board, options: WriteOptions, *, rows: int = 10) -> Iterator[str]:
    """Yield the lines of a board: its name and what holds for all of it, then its tiles."""
    dates = board.common_dates()

    def prose(text: str, style: str, separator: str = " ") -> Iterator[str]:
        for line in grid.wrap(shown(text, options.encoding), options.width, separator):
            yield grid.paint(line, style, options.color)

    yield from prose(board.name, grid.BOLD)
    if board.description:
        yield from prose(board.description, "")
    about = [*([words.named_range(dates)] if dates is not None else []), *scope.words(board.conditions())]
    dot = glyphs_for(options.encoding).dot
    if about:
        yield from prose(dot.join(about), grid.DIM, dot)
    for note in board.shared_notes():
        yield from prose(words.note_line(note), grid.YELLOW if note.level == "warning" else "")
    if not board.tiles:
        yield ""
        yield from prose("no reports yet: `attrib dashboard add` puts some here", "")

    def drawn(tile: Tile, width: int | None) -> list[str]:
        return tile_lines(tile, board, replace(options, width=width), rows=rows)

    if options.width is None:
        for tile in board.tiles:
            yield ""
            yield from drawn(tile, None)
        return
    units = _units(options.width)
    widths = [_width(span, units, options.width) for span in range(units + 1)]
    placed = [_place(tile, widths, drawn) for tile in board.tiles]
    blocks = [Block(span=one.span, grows=_wide(one.tile)) for one in placed]
    for row in packed(blocks, units):
        yield ""
        stretched = [
            one if span == one.span else replace(one, span=span, lines=drawn(one.tile, widths[span]))
            for one, span in ((placed[i], span) for i, span in row)
        ]
        yield from _beside(stretched, widths)


def tile_lines(tile: Tile, board: Board, options: WriteOptions, *, rows: int, most: int | None = None) -> list[str]:
    """Return the lines of one tile of a board, without what holds for all of it; see `draw` for `rows` and `most`."""
    answer = tile.answer
    return draw(
        tile,
        options,
        today=board.today,
        rows=rows,
        dates=board.common_dates() is None,
        notes=board.notes_of(answer) if isinstance(answer, Report) else (),
        conditions=scope.words(board.conditions_of(answer)) if isinstance(answer, Report) else (),
        most=most,
    )


def _units(width: int) -> int:
    """Return into how many units a line is divided: one, or an even number, so that tables stand in halves."""
    found = (width + GAP) // (_UNIT + GAP)
    return 1 if found < 2 else min(found - found % 2, _MOST_UNITS)


def _width(span: int, units: int, width: int) -> int:
    """Return the cells of `span` units, the gaps between them included."""
    return (width + GAP) * span // units - GAP


def _wide(tile: Tile) -> bool:
    return tile.display != "figure"


def _place(tile: Tile, widths: list[int], drawn: Draw) -> _Placed:
    """Draw a tile in the fewest units that it fits."""
    units = len(widths) - 1
    span = min(2 if _wide(tile) else 1, units)
    found = drawn(tile, widths[span])
    while span < units and max(map(cells_shown, found)) > widths[span]:
        span += 1
        found = drawn(tile, widths[span])
    return _Placed(tile=tile, span=span, lines=found)


def _beside(row: list[_Placed], widths: list[int]) -> Iterator[str]:
    """Yield the lines of tiles beside each other; what is wider than its place stands by itself."""
    cells = [widths[one.span] for one in row]
    for parts in zip_longest(*(one.lines for one in row), fillvalue=""):
        line = ""
        for text, width in zip(parts, cells, strict=True):
            line += text + " " * (width - cells_shown(text) + GAP)
        yield line.rstrip()
