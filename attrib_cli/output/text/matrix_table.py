"""A transition matrix as text: probabilities in percent, in as many ways as it takes to stay within the width.

First with the names as headers, then with numbers for them, then in whole percent. Where not even that fits, there is
no matrix, and the long table stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.matrix import ENDS, Matrix
from attrib_cli.output.text import grid
from attrib_cli.output.text.glyphs import Glyphs, glyphs_for, shown
from attrib_cli.output.text.grid import GridColumn, cells_of

if TYPE_CHECKING:
    from attrib_cli.output.registry import WriteOptions

NOTE = "percent of the steps from each state"
NOTE_BEGINS = f"{NOTE}; Begin: percent of all journeys"
_IN_A_FILE = 200
_LEAST, _LEAST_LONG = (40, 12), (60, 24)  # cells for a name of one state and of several: if possible, else
_SHORT = {"(conversion)": "(conv.)"}


@frozen
class _Plan:
    headers: tuple[tuple[str, ...], ...]
    numbered: bool
    digits: int


def percent(value: Decimal | None, digits: int = 1) -> str:
    """Return a probability in percent without its sign; one that is there is never shown as none, nor as certain."""
    if value is None:
        return ""
    unit = Decimal(1).scaleb(-digits)
    rounded = value.scaleb(2).quantize(unit, ROUND_HALF_UP)
    if rounded == 0 and value > 0:
        return f"<{unit}"
    if rounded == 100 and value < 1:
        return f">{100 - unit}"
    return str(rounded)


def note(found: Matrix) -> str:
    """Return the line below a matrix that says what its figures are."""
    return NOTE if found.begins is None else NOTE_BEGINS


def lines(found: Matrix, options: WriteOptions, *, most: int | None = None) -> Iterator[str] | None:
    """Return the lines of a matrix, its first `most` rows; None where it does not fit `options.width`."""
    glyphs = glyphs_for(options.encoding)
    width = options.width or _IN_A_FILE
    if len(found.targets) * (grid.GAP + 1) > width:
        return None

    def readable(text: str) -> str:
        return shown(text, options.encoding)

    for least in _LEAST if found.begins is None else _LEAST_LONG:
        for plan in _plans(found, readable):
            figures = _figures(found, plan, glyphs, most)
            names = _named(found, plan, readable)[:most]
            widest = max(map(cells_of, ("From", *names)))
            room = width - grid.total_width([_names(names, 0), *figures])
            if room >= min(widest, least):
                columns = [_names(names, min(widest, room)), *figures]
                return _drawn(columns, _legend(found, plan, readable), options)
    return None


def _drawn(columns: list[GridColumn], legend: str, options: WriteOptions) -> Iterator[str]:
    yield from grid.render(columns, glyphs=glyphs_for(options.encoding), color=options.color)
    for line in grid.wrap(legend, options.width, ", ") if legend else ():
        yield grid.paint(line, grid.DIM, options.color)


def _named(found: Matrix, plan: _Plan, readable: Callable[[str], str]) -> list[str]:
    """Return the names of the rows, with the numbers of their columns where these have no names."""
    names = [readable(text) for text in found.sources]
    if not plan.numbered or found.begins is not None:
        return names
    places = _places(found)
    tag = len(str(len(places)))
    return [f"{places.get(source, '')!s:>{tag}} {name}" for source, name in zip(found.sources, names, strict=True)]


def _legend(found: Matrix, plan: _Plan, readable: Callable[[str], str]) -> str:
    """Return what the numbers of columns stand for where the rows don't say."""
    if not plan.numbered or found.begins is None:
        return ""
    return ", ".join(f"{number} {readable(text)}" for text, number in _places(found).items())


def _names(names: list[str], width: int) -> GridColumn:
    return GridColumn(header=("From",), cells=names, width=width)


def _places(found: Matrix) -> dict[str, int]:
    """Return the numbers of the states that have one: all targets but the ends."""
    return {text: number for number, text in enumerate((t for t in found.targets if t not in ENDS), start=1)}


def _plans(found: Matrix, readable: Callable[[str], str]) -> Iterator[_Plan]:
    named = tuple(tuple(readable(text).replace("-", "- ").split(" ")) for text in found.targets)
    for digits in (1, 0):
        yield _Plan(headers=named, numbered=False, digits=digits)
    places = _places(found)
    numbers = tuple((str(places[t]) if t in places else _SHORT.get(t, t),) for t in found.targets)
    for digits in (1, 0):
        yield _Plan(headers=numbers, numbered=True, digits=digits)


def _figures(found: Matrix, plan: _Plan, glyphs: Glyphs, most: int | None) -> list[GridColumn]:
    rows = range(len(found.sources[:most]))
    columns = [_column(("Steps",), [f"{found.steps[row]:,}" for row in rows])]
    if found.begins is not None:
        begin = [percent(found.begins[row], plan.digits) if found.begins[row] else glyphs.empty for row in rows]
        columns.append(_column(("Begin",), begin))
    for place, header in enumerate(plan.headers):
        values = [found.cells.get((row, place)) for row in rows]
        texts = [percent(value, plan.digits) or glyphs.empty for value in values]
        column = _column(header, texts)
        columns.append(replace(column, styles=_shades(values, found.highest)))
    return columns


def _column(header: tuple[str, ...], cells: list[str]) -> GridColumn:
    return GridColumn(header=header, cells=cells, width=max(map(cells_of, (*cells, *header))), right=True)


def _shades(values: list[Decimal | None], highest: Decimal) -> dict[int, str]:
    """Return the styles of a column: what is likely stands out, what never happens steps back."""
    styles = {}
    for row, value in enumerate(values):
        if value is None:
            styles[row] = grid.DIM
        elif value * 3 >= highest * 2:
            styles[row] = f"{grid.BOLD};{grid.CYAN}"
        elif value * 3 >= highest:
            styles[row] = grid.CYAN
    return styles
