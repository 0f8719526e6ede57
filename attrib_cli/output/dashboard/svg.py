"""Lines over time as SVG, for a page: no script, no font and nothing from outside."""

from __future__ import annotations

import html
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.output.words import label

if TYPE_CHECKING:
    from attrib_cli.output.dashboard.timeline import Line, Timeline

_WIDTH, _HEIGHT, _MARGIN = 640, 180, 8
SHADES = 6
"""Lines of different colours; further ones are in the table below the picture only."""


def picture(found: Timeline) -> str:
    """Return the first lines of a timeline as one `<svg>`, its buckets and the scale in words around it."""
    lines = found.lines[:SHADES]
    known = [value for line in lines for value in line.values if value is not None]
    low, high = min([Decimal(0), *known]), max([Decimal(0), *known])
    drawn = "".join(_drawn(line, i, low, high) for i, line in enumerate(lines))
    zero = _y(Decimal(0), low, high)
    name = html.escape(f"{label(found.measure.name)}, {found.labels[0]} to {found.labels[-1]}")
    marks = "".join(_marks(line, found.labels, i, low, high) for i, line in enumerate(lines))
    first, last = html.escape(found.labels[0]), html.escape(found.labels[-1])
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}"><title>{name}</title>'
        f'<line class="zero" x1="0" x2="{_WIDTH}" y1="{zero}" y2="{zero}"/>{drawn}{marks}</svg>'
        f'<div class="axis"><span>{first}</span><span>{last}</span></div>'
    )


def _x(i: int, count: int) -> str:
    """Return where the point `i` of `count` stands across."""
    room = _WIDTH - 2 * _MARGIN
    return f"{_MARGIN + (room * i / (count - 1) if count > 1 else room / 2):.1f}"


def _y(value: Decimal, low: Decimal, high: Decimal) -> str:
    """Return where a value stands, the greatest at the top."""
    span = float(high - low) or 1.0
    return f"{_HEIGHT - _MARGIN - float(value - low) / span * (_HEIGHT - 2 * _MARGIN):.1f}"


def _drawn(line: Line, shade: int, low: Decimal, high: Decimal) -> str:
    """Return the line as polylines, broken where a value is unknown."""
    parts: list[list[str]] = [[]]
    for i, value in enumerate(line.values):
        if value is None:
            parts.append([])
        else:
            parts[-1].append(f"{_x(i, len(line.values))},{_y(value, low, high)}")
    return "".join(f'<polyline class="line s{shade}" points="{" ".join(part)}"/>' for part in parts if part)


def _marks(line: Line, labels: Sequence[str], shade: int, low: Decimal, high: Decimal) -> str:
    """Return a point for each value, which says its bucket and figure when pointed at."""
    name = " ".join((*line.name, "")).lstrip()
    return "".join(
        f'<circle class="s{shade}" cx="{_x(i, len(labels))}" cy="{_y(value, low, high)}" r="3">'
        f"<title>{html.escape(f'{name}{labels[i]}: {line.texts[i]}')}</title></circle>"
        for i, value in enumerate(line.values)
        if value is not None
    )
