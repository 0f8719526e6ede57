"""Text in columns: pads, cuts, rules and colours, measured in terminal cells so that wide characters line up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.text.glyphs import Glyphs

BOLD, DIM, GREEN, RED, YELLOW, CYAN = "1", "2", "32", "31", "33", "36"
GAP, GROUP_GAP = 2, 3

_BLOCK = 4096
"""Rows that are filled up with blanks at once, column by column."""


@frozen
class GridColumn:
    """One column: its header's lines, its cells (totals included, as the last ones), and how they stand.

    `group` is a header shared with the neighbours of the same group. `styles` colours single cells by row. Cells
    wider than `width` are cut with an ellipsis unless they are to the `right`: figures are never cut.
    """

    header: tuple[str, ...]
    cells: Sequence[str]
    width: int
    right: bool = False
    group: str = ""
    style: str = ""
    styles: Mapping[int, str] | None = None


def cells_of(text: str) -> int:
    """Return how many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def widest(texts: Collection[str]) -> int:
    """Return how many terminal cells the widest of `texts` takes."""
    return max(map(len if all(map(str.isascii, texts)) else cells_of, texts))


def cut(text: str, width: int, ellipsis: str) -> str:
    """Return `text` in at most `width` cells, its end replaced by `ellipsis` where it is longer."""
    if cells_of(text) <= width:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, max(width - cells_of(ellipsis), 0)).rstrip() + ellipsis[:width]


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` filled with blanks to `width` cells, before it when it stands to the `right`."""
    blanks = " " * (width - cells_of(text))
    return blanks + text if right else text + blanks


def wrap(text: str, width: int | None, separator: str = " ") -> list[str]:
    """Return `text` in lines of at most `width` cells, broken at `separator` and, inside of longer parts, at blanks.

    A word that is longer than a line has one of its own.
    """
    if width is None or cells_of(text) <= width:
        return [text]
    lines: list[str] = []
    for part in text.split(separator):
        joined = f"{lines[-1]}{separator}{part}" if lines else part
        if lines and cells_of(joined) <= width:
            lines[-1] = joined
        elif part:
            lines.extend([part] if separator == " " else wrap(part, width))
    return lines


def paint(text: str, style: str, color: bool) -> str:
    """Return `text` in a style (the number of an SGR code), or as it is without `color`."""
    return f"\x1b[{style}m{text}\x1b[0m" if color and style and text.strip() else text


def total_width(columns: Sequence[GridColumn]) -> int:
    """Return the cells that a line of `columns` takes, gaps included."""
    return sum(column.width for column in columns) + sum(_gaps(columns))


def _gaps(columns: Sequence[GridColumn]) -> list[int]:
    """Return the blanks before each column."""
    gaps = [0]
    for before, column in pairwise(columns):
        gaps.append(GROUP_GAP if column.group != before.group else GAP)
    return gaps[: len(columns)]


def render(
    columns: Sequence[GridColumn],
    *,
    glyphs: Glyphs,
    color: bool,
    rules: Collection[int] = (),
    row_styles: Mapping[int, str] | None = None,
) -> Iterator[str]:
    """Yield the lines of a grid: groups, headers, a rule, the rows; with a rule before each row in `rules`.

    `row_styles` colours whole rows, and a cell's own style goes before it.
    """
    gaps = _gaps(columns)
    if any(column.group for column in columns):
        yield _groups(columns, gaps, glyphs, color)
    height = max(len(column.header) for column in columns)
    for line in range(height):
        heads = []
        for column in columns:
            at = line - (height - len(column.header))
            text = cut(column.header[at], column.width, glyphs.ellipsis) if at >= 0 else ""
            heads.append(
                paint(pad(text, column.width, right=column.right) if text else " " * column.width, BOLD, color)
            )
        yield _joined(heads, gaps)
    rule = paint(glyphs.rule * total_width(columns), DIM, color)
    yield rule
    styles, line_of = row_styles or {}, "".join(" " * gap + "%s" for gap in gaps)
    height = len(columns[0].cells)
    for start in range(0, height, _BLOCK):
        filled = [_filled(column, start, glyphs, is_end=column is columns[-1]) for column in columns]
        for row, cells in enumerate(zip(*filled, strict=True), start):
            if row in rules:
                yield rule
            painted = cells
            if color:
                own = [(column.styles or {}).get(row) or styles.get(row) or column.style for column in columns]
                painted = tuple(paint(cell, style, color) for cell, style in zip(cells, own, strict=True))
            yield (line_of % painted).rstrip()


def _filled(column: GridColumn, start: int, glyphs: Glyphs, *, is_end: bool) -> list[str]:
    """Return the cells of a block of rows, each as wide as the column, but for the end of a line without blanks."""
    width = column.width
    cells = column.cells[start : start + _BLOCK]
    if not column.right:
        cells = [cut(cell, width, glyphs.ellipsis) for cell in cells]
        if is_end:
            return cells
    if all(map(str.isascii, cells)):
        return [cell.rjust(width) for cell in cells] if column.right else [cell.ljust(width) for cell in cells]
    return [pad(cell, width, right=column.right) for cell in cells]


def _joined(cells: Sequence[str], gaps: Sequence[int]) -> str:
    return "".join(" " * gap + cell for gap, cell in zip(gaps, cells, strict=True)).rstrip()


def _groups(columns: Sequence[GridColumn], gaps: Sequence[int], glyphs: Glyphs, color: bool) -> str:
    """Return the line above the headers: each group's name in the middle of a rule over its columns."""
    spans: list[tuple[str, int, int]] = []  # name, blanks before, cells
    for column, gap in zip(columns, gaps, strict=True):
        if spans and spans[-1][0] == column.group:
            name, before, width = spans[-1]
            spans[-1] = (name, before, width + gap + column.width)
        else:
            spans.append((column.group, gap, column.width))
    line = ""
    for name, before, width in spans:
        line += " " * before
        if not name:
            line += " " * width
            continue
        room = width - cells_of(name) - 2
        left, right = max(room // 2, 0), max(room - room // 2, 0)
        line += paint(glyphs.rule * left, DIM, color) + " " * (room >= 0)
        line += paint(name, BOLD, color) + " " * (room >= 0) + paint(glyphs.rule * right, DIM, color)
    return line.rstrip()
