"""The transition matrix of a Markov chain turned for reading: a row for each state, a column for where it leads.

Of a chain of a higher order the rows are its states, the last interactions, and the columns the one interaction that
follows, which says as much in far fewer columns; what journeys begin with is then a column of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report

START, ENDS = "(start)", ("(conversion)", "(null)")
STEP = " > "
_WHOLE = Decimal("1.001")


@frozen
class Matrix:
    """`cells` has the probability of a step from `sources[row]` to `targets[column]` at (row, column).

    `steps` says how many steps leave each source. `begins` has the part of all journeys that begin with a source where
    the start is no source itself, else it is None.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    steps: tuple[int, ...]
    begins: tuple[Decimal, ...] | None
    cells: Mapping[tuple[int, int], Decimal]

    @property
    def highest(self) -> Decimal:
        """The greatest probability of a step."""
        return max(self.cells.values(), default=Decimal(0))


def matrix(report: Report) -> Matrix | None:
    """Return the transitions of `report` as a matrix.

    None where there is none, and where names are such that it would not say which step is meant, as when two states
    read alike: then the rows of the report are all that can be shown.
    """
    if not report.spec.transitions or not report.rows:
        return None
    at = {column.name: i for i, column in enumerate(report.columns)}
    long = report.spec.estimation.order > 1
    steps: dict[str, int] = {}
    cells: dict[tuple[str, str], Decimal] = {}
    begins: defaultdict[str, Decimal] = defaultdict(Decimal)
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    weights: defaultdict[str, int] = defaultdict(int)
    for row in report.rows:
        source, target = str(row[at["from"]]), str(row[at["to"]])
        count, probability = row[at["transitions"]], row[at["probability"]]
        if not isinstance(count, int) or not isinstance(probability, Decimal):
            return None
        sums[source] += probability
        if long and source == START:
            begins[target] += probability
            continue
        led = target if not long or target in ENDS else _last(source, target)
        if led is None or (source, led) in cells:
            return None
        cells[source, led] = probability
        steps[source] = steps.get(source, 0) + count
        weights[led] += count
    if any(total > _WHOLE for total in sums.values()) or not begins.keys() <= steps.keys():
        return None
    order = {text: place for place, text in enumerate(steps)}
    inner = [text for text in weights if text not in ENDS]
    inner.sort(key=lambda text: (-weights[text], text) if long else (order.get(text, len(order)), text))
    targets = (*inner, *(text for text in ENDS if text in weights))
    rows, columns = order, {text: place for place, text in enumerate(targets)}
    return Matrix(
        sources=tuple(steps),
        targets=targets,
        steps=tuple(steps.values()),
        begins=tuple(begins[source] for source in steps) if long else None,
        cells={(rows[source], columns[target]): value for (source, target), value in cells.items()},
    )


def _last(source: str, target: str) -> str | None:
    """Return the last state of `target`, which begins with the end of `source`; None where it does not."""
    at = source.find(STEP)
    while at >= 0:
        shared = source[at + len(STEP) :] + STEP
        if target.startswith(shared):
            return target[len(shared) :]
        at = source.find(STEP, at + len(STEP))
    return None
