"""Charts in a terminal: bars of block characters and lines of braille dots, from the same data as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.output.charts.catalogue import ChartType
from attrib_cli.output.charts.data import ChartData
from attrib_cli.output.dashboard.spark import CELLS_IN_A_LINE, chart
from attrib_cli.output.figures import figures
from attrib_cli.output.text import grid
from attrib_cli.output.text.glyphs import Glyphs, bar, encodes, glyphs_for
from attrib_cli.output.words import label

if TYPE_CHECKING:
    from attrib_cli.output.registry import WriteOptions

_HEIGHT = 12
_WIDTH = 100
_LONGEST_NAME = 28
_SHADES = "█▓▒░▚▞▙▜"
_ASCII_SHADES = "#=+-xo%:"
_HEAT = " ░▒▓█"
_ASCII_HEAT = " .:*#"
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of the dots of a braille character, by line and column within it."""


def lines(data: ChartData, kind: ChartType, options: WriteOptions) -> Iterator[str]:
    """Yield the lines of a chart within `options.width`; none for a table."""
    width = min(options.width or _WIDTH, 160)
    glyphs = glyphs_for(options.encoding)
    if kind.drawing is None:
        return
    if kind.terminal == "plot":
        yield from _plot(data, width, options.encoding)
    elif kind.terminal == "single":
        yield from _figure(data)
    elif kind.terminal == "shades":
        yield from _heat(data, width, options.encoding)
    elif kind.terminal == "stack":
        yield from _stacked(data, width, options.encoding)
    else:
        yield from _bars(data, width, glyphs)


def _bars(data: ChartData, width: int, glyphs: Glyphs) -> Iterator[str]:
    several = len(data.series) > 1
    names = data.series if several else data.categories
    room = min(max(map(grid.cells_of, names), default=0), _LONGEST_NAME)
    figures_room = max((grid.cells_of(point.text) for point in data.points), default=0)
    long = max(width - room - figures_room - 4, 8)
    greatest = max((abs(point.value or Decimal(0)) for point in data.points), default=Decimal(0))
    for category in data.categories:
        if several:
            yield grid.cut(category, width, glyphs.ellipsis)
        for series in data.series:
            point = data.values().get((category, series))
            if point is None:
                continue
            part = float(abs(point.value or Decimal(0)) / greatest) if greatest else 0.0
            name = grid.pad(grid.cut(series if several else category, room, glyphs.ellipsis), room)
            drawn = bar(part, long, glyphs)
            yield f"{'  ' if several else ''}{name}  {f'{drawn} {point.text}'.lstrip()}".rstrip()


def _stacked(data: ChartData, width: int, encoding: str) -> Iterator[str]:
    shades = _SHADES if encodes(_SHADES, encoding) else _ASCII_SHADES
    room = min(max(map(grid.cells_of, data.categories), default=0), _LONGEST_NAME)
    long = max(width - room - 18, 8)
    values = data.values()
    sums = {
        category: sum(
            ((values[category, s].value or Decimal(0)) for s in data.series if (category, s) in values), Decimal(0)
        )
        for category in data.categories
    }
    greatest = max(sums.values(), default=Decimal(0)) or Decimal(1)
    texts = figures(data.measure, list(sums.values()), None, symbol=data.symbol).texts
    glyphs = glyphs_for(encoding)
    for (category, _), text in zip(sums.items(), texts, strict=True):
        drawn, level = "", Decimal(0)
        for i, series in enumerate(data.series):
            if (category, series) in values:
                level += values[category, series].value or Decimal(0)
                drawn += shades[i % len(shades)] * (round(float(level / greatest) * long) - len(drawn))
        yield f"{grid.pad(grid.cut(category, room, glyphs.ellipsis), room)}  {f'{drawn} {text}'.lstrip()}".rstrip()
    yield from _legend(data.series, [shades[i % len(shades)] for i in range(len(data.series))], width)


def _legend(names: Sequence[str], signs: Sequence[str], width: int) -> Iterator[str]:
    yield from grid.wrap("   ".join(f"{sign} {name}" for sign, name in zip(signs, names, strict=True)), width, "   ")


def _figure(data: ChartData) -> Iterator[str]:
    for total in data.totals:
        name = f"{label(data.measure.name)}, {total.model}" if len(data.totals) > 1 else label(data.measure.name)
        yield f"{name}: {total.text}   {total.since}".rstrip()


def _heat(data: ChartData, width: int, encoding: str) -> Iterator[str]:
    shades = _HEAT if encodes(_HEAT, encoding) else _ASCII_HEAT
    glyphs = glyphs_for(encoding)
    room = min(max(map(grid.cells_of, data.categories), default=0), _LONGEST_NAME)
    cell = max((width - room - 2) // max(1, len(data.series)) - 1, 3)
    values = data.values()
    greatest = max((abs(point.value or Decimal(0)) for point in data.points), default=Decimal(0)) or Decimal(1)
    yield (
        " " * (room + 2)
        + " ".join(grid.pad(grid.cut(name, cell, glyphs.ellipsis), cell) for name in data.series).rstrip()
    )
    for category in data.categories:
        cells = []
        for series in data.series:
            point = values.get((category, series))
            value = abs(point.value or Decimal(0)) if point is not None else Decimal(0)
            step = 0 if not value else max(1, round(float(value / greatest) * (len(shades) - 1)))
            cells.append(shades[step] * cell)
        name = grid.pad(grid.cut(category, room, glyphs.ellipsis), room)
        yield f"{name}  {' '.join(cells)}".rstrip()


def _plot(data: ChartData, width: int, encoding: str) -> Iterator[str]:
    """Yield one line over time as a plot of dots, several as a small line each, the greatest first."""
    if len(data.series) > 1:
        yield from _small_lines(data, width, encoding)
        return
    places = [point.value for point in data.points]
    known = [float(value) for value in places if value is not None]
    if not known:
        return
    low, high = min(0.0, *known), max(0.0, *known)
    ends = [Decimal(str(high)), Decimal(str(low))]
    texts = figures(data.measure, ends, None, symbol=data.symbol).texts
    axis = max(map(grid.cells_of, texts))
    columns = max(width - axis - 2, 10)
    braille = encodes("⣿", encoding)
    wide, tall = (2, 4) if braille else (1, 1)
    canvas = [[0] * columns for _ in range(_HEIGHT)]
    spots = [
        None if value is None else _spot(i, len(places), float(value), low, high, columns * wide, _HEIGHT * tall)
        for i, value in enumerate(places)
    ]
    for start, end in zip(spots, [*spots[1:], None], strict=True):
        for x, y in _between(start, end or start) if start is not None else ():
            canvas[y // tall][x // wide] |= _DOTS[y % tall][x % wide]
    for row, cells in enumerate(canvas):
        text = texts[0] if row == 0 else texts[1] if row == _HEIGHT - 1 else ""
        drawn = "".join(" " if not cell else chr(0x2800 + cell) if braille else "*" for cell in cells)
        yield f"{text:>{axis}}  {drawn}".rstrip()
    yield " " * (axis + 2) + _ends(data, columns)


def _ends(data: ChartData, width: int) -> str:
    first, last = data.categories[0], data.categories[-1]
    return first if first == last else f"{first}{last:>{max(width - len(first), len(last) + 1)}}"


def _small_lines(data: ChartData, width: int, encoding: str) -> Iterator[str]:
    glyphs = glyphs_for(encoding)
    room = min(max(map(grid.cells_of, data.series)), _LONGEST_NAME)
    lines = {name: [point for point in data.points if point.series == name] for name in data.series}
    last = {name: next((p.text for p in reversed(points) if p.value is not None), "") for name, points in lines.items()}
    long = max(width - room - max(map(grid.cells_of, last.values())) - 4, 10)
    weight = {name: sum(abs(p.value or Decimal(0)) for p in points) for name, points in lines.items()}
    for name in sorted(lines, key=lambda one: -weight[one]):
        drawn = chart([point.value for point in lines[name]], width=long, encoding=encoding)[0]
        yield f"{grid.pad(grid.cut(name, room, glyphs.ellipsis), room)}  {grid.pad(drawn, long)}  {last[name]}".rstrip()
    shown = min(long, len(data.categories) * CELLS_IN_A_LINE)
    yield " " * (room + 2) + _ends(data, shown)


def _spot(i: int, points: int, value: float, low: float, high: float, wide: int, tall: int) -> tuple[int, int]:
    x = 0 if points == 1 else round(i / (points - 1) * (wide - 1))
    y = round((high - value) / ((high - low) or 1.0) * (tall - 1))
    return x, y


def _between(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the dots of a straight line."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        yield (
            start[0] + round((end[0] - start[0]) * step / steps),
            start[1] + round((end[1] - start[1]) * step / steps),
        )
