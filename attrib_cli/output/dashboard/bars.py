"""Bars of the share in the tables of a page, and on them whiskers: how far each might be off."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.output.figures import is_share
from attrib_cli.output.intervals import interval_name

if TYPE_CHECKING:
    from attrib_cli.output.wide import Wide

STYLE = """
td.bar svg{height:12px;min-width:30px}svg.share rect{fill:var(--bar)}svg.share path,svg.share line{stroke:var(--ink)}
.under{display:none}"""


class Bars:
    """The bars of all models of a report on one scale, the longest one, its whisker included, filling its cell."""

    def __init__(self, wide: Wide, shared: str) -> None:
        """Lay out the bars of `wide`; `shared` is the measure that shares are of."""
        shares = {column.name for column in wide.measures if is_share(column)}
        self._parts = {
            (measure, model): [_number(value) for value in series.values]
            for (measure, model), series in wide.series.items()
            if measure in shares
        }
        self._ends = {key: _ends(wide, shared, key[1], parts) for key, parts in self._parts.items()}
        longest = [part for parts in self._parts.values() for part in parts]
        longest += [pair[1] for pairs in self._ends.values() for pair in pairs if pair is not None]
        self._longest = max(longest, default=0.0) or 1.0

    def part(self, measure: str, model: str, row: int) -> float:
        """Return how much of its cell a row's bar fills, 0 to 1."""
        return self._parts[measure, model][row] / self._longest if (measure, model) in self._parts else 0.0

    def cell(self, measure: str, model: str, row: int) -> str:
        """Return the cell of a row's bar."""
        return f'<td class="bar">{self.drawn(measure, model, row)}</td>'

    def drawn(self, measure: str, model: str, row: int, kind: str = "share") -> str:
        """Return the bar of a row, and the whiskers on it: attributes alone, since the page allows no inline style."""
        inside = f'<rect width="{self.part(measure, model, row):.1%}" height="12" rx="2"/>'
        pair = self._ends[measure, model][row] if (measure, model) in self._ends else None
        if pair is not None:
            low, high = (max(end, 0.0) / self._longest for end in pair)
            inside += f'<line x1="{low:.1%}" x2="{high:.1%}" y1="6" y2="6"/>'
            inside += "".join(f'<line x1="{at:.1%}" x2="{at:.1%}" y1="2" y2="10"/>' for at in (low, high))
        return f'<svg class="{kind}" height="12" aria-hidden="true">{inside}</svg>'


def _ends(wide: Wide, shared: str, model: str, shares: list[float]) -> list[tuple[float, float] | None]:
    """Return the ends of intervals as parts of the whole that shares are parts of."""
    interval = wide.series.get((interval_name(shared), model))
    if interval is None:
        return [None] * len(shares)
    figures = map(_number, wide.series[shared, model].values)
    scale = max(((share / figure) for share, figure in zip(shares, figures, strict=True) if figure > 0), default=0.0)
    return [None if pair is None else (float(pair[0]) * scale, float(pair[1]) * scale) for pair in interval.ends]


def _number(value: object) -> float:
    return max(float(value), 0.0) if isinstance(value, Decimal | int) else 0.0
