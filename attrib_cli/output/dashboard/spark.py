"""Lines over time out of text: a column of blocks for each point, one or several cells high."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from attrib_cli.output.text.glyphs import encodes

_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = " #"
_ASCII_SIGNS = " .:-=+*#"
_WIDEST, _SPACED = 8, 3  # cells that a point takes at most, and from how many on points stand apart
CELLS_IN_A_LINE = _SPACED - 1
"""Cells that a point of a chart one cell high takes at most."""


def chart(
    values: Sequence[Decimal | float | None], *, width: int, height: int = 1, encoding: str = "utf-8"
) -> list[str]:
    """Return `values` as `height` lines of at most `width` cells, from zero (or the least, below zero) to the greatest.

    Where there are more points than cells, neighbours share one with their mean. An unknown value leaves a gap; a
    known one is at least the thinnest block, so that a base line shows where there is nothing.
    """
    points = _thinned([None if value is None else float(value) for value in values], max(width, 1))
    known = [point for point in points if point is not None]
    if not known:
        return [""] * height
    blocks = _BLOCKS if encodes(_BLOCKS, encoding) else _ASCII_SIGNS if height == 1 else _ASCII_BLOCKS
    steps = len(blocks) - 1
    low, high = min(0.0, *known), max(0.0, *known)
    span = (high - low) or 1.0
    cell = min(max(width // len(points), 1), _WIDEST if height > 1 else CELLS_IN_A_LINE)
    body = cell - 1 if cell >= _SPACED else cell
    lines = []
    for row in range(height - 1, -1, -1):
        drawn = ""
        for point in points:
            level = 0 if point is None else max(round((point - low) / span * steps * height), 1)
            drawn += blocks[min(max(level - row * steps, 0), steps)] * body + " " * (cell - body)
        lines.append(drawn.rstrip())
    return lines


def _thinned(points: list[float | None], most: int) -> list[float | None]:
    """Return at most `most` points, each the mean of the known ones among its share of neighbours."""
    if len(points) <= most:
        return points
    found: list[float | None] = []
    for i in range(most):
        part = [p for p in points[i * len(points) // most : (i + 1) * len(points) // most] if p is not None]
        found.append(sum(part) / len(part) if part else None)
    return found
