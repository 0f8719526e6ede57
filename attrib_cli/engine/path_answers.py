"""The answers to what can be asked of paths, each counted from ``whole_paths``: see `QUESTIONS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.journey_values import DAY
from attrib_cli.engine.row_names import OTHER, UNATTRIBUTED
from attrib_cli.engine.source_spec import SEPARATOR
from attrib_cli.engine.sql import whole_paths as sql
from attrib_cli.engine.sql.cte import used_values

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sql.resolved import Request

Cell = str | int | Decimal | None
_BATCH = 20_000
"""Rows that are fetched at once."""


@frozen
class Transform:
    """What is done to paths before they are counted, in this order: what is left out, repeats, the steps that are kept.

    `without` names states that are left out of paths that have others, by the texts of their rows, and `without_last`
    those that are left out where they end a path. `collapse` makes one of neighbours that are alike, `distinct` keeps
    each state where it stands first. Paths below `share` of all conversions become one, ``(other)``.
    """

    without: tuple[str, ...] = ()
    without_last: tuple[str, ...] = ()
    collapse: bool = False
    distinct: bool = False
    first: int | None = None
    last: int | None = None
    share: Decimal | None = None

    def of(self, path: str) -> str:
        """The SQL of a path after what is done to it."""
        return sql.shortened(path, collapse=self.collapse, distinct=self.distinct, first=self.first, last=self.last)

    def needs_steps(self, question: str) -> bool:
        """Whether an answer looks at the steps of journeys: days do not, nor does their number as they are."""
        if self.without or self.without_last:
            return True  # whose names are looked up among the steps
        return question not in ("length", "lag") or (question == "length" and self.of("path") != "path")


@frozen
class FoundPaths:
    """The journeys of a request, staged as ``whole_paths``, and what is asked of their paths; see `find_paths`.

    `labels` are the texts of the states, `valued` is the header of the conversions' value, None where they have none.
    `through` is the state that a path must have, and paths are `listed` where more than their steps is needed.
    """

    con: duckdb.DuckDBPyConnection
    request: Request
    labels: tuple[str, ...]
    transform: Transform
    valued: str | None
    through: int | None = None
    most: int | None = None
    listed: bool = True

    @property
    def steps(self) -> str:
        """The SQL of how many interactions a journey has."""
        return "len(path)" if self.listed else "steps"

    def each(self, query: str) -> Iterator[tuple[object, ...]]:
        """Yield the rows of a query, some at a time; no other query may run before the last one."""
        result = self.con.execute(query, used_values(query, self.request.binder.values))
        while batch := result.fetchmany(_BATCH):
            yield from batch

    def all(self, query: str) -> list[tuple[object, ...]]:
        """Return all rows of a query."""
        return self.con.execute(query, used_values(query, self.request.binder.values)).fetchall()

    def figures(self, conversions: object, amount: object, journeys: object) -> tuple[Cell, ...]:
        """Conversions, value where the report has one, journeys, and the part of them that converted."""
        known = _whole(conversions), _whole(journeys)
        if not self.valued:
            return (*known, _rate(*known))
        return (known[0], amount if isinstance(amount, Decimal) else Decimal(str(amount)), known[1], _rate(*known))

    @property
    def names(self) -> tuple[str, ...]:
        """The headers of `figures`."""
        return ("conversions", *((self.valued,) if self.valued else ()), "journeys", "rate")


def _whole(number: object) -> int:
    return number if isinstance(number, int) else int(str(number))


@lru_cache(maxsize=4096)
def _rate(conversions: int, journeys: int) -> Decimal | None:
    if not journeys:
        return None
    if conversions in (0, journeys):
        return Decimal(conversions // journeys)
    return (Decimal(conversions) / Decimal(journeys)).quantize(Decimal("0.000001"))


Answer = tuple[tuple[str, ...], Iterable[tuple[Cell, ...]], list[str]]
"""Columns, rows and facts, as a `PathTable` has them."""


def _states(value: object) -> list[int]:
    return [_whole(state) for state in value] if isinstance(value, list) else []


def _top(found: FoundPaths) -> Answer:
    found.con.execute(sql.counted_paths(found.transform.of("path")))
    whole = found.through is not None or found.transform.share is not None
    query = sql.top_paths(found.labels, None if whole else found.most, states=found.through is not None)
    rows: Iterable[tuple[Cell, ...]] = (
        (str(text), *found.figures(*figures))
        for text, *figures in found.each(query)
        if found.through is None or found.through in _states(figures.pop())
    )
    if found.transform.share is not None:
        rows = _merged(found, list(rows), found.transform.share)
    return ("path", *found.names), rows, []


def texts(found: FoundPaths) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the counted paths as texts, which Arrow makes several times as quickly as rows of values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    named = pa.array(["", *found.labels], pa.string())  # states are numbered from 1
    query = sql.ordered_paths("path, conversions, CAST(amount AS VARCHAR) AS value, journeys", found.most)
    for batch in found.con.sql(query).to_arrow_reader(_BATCH):
        states = batch["path"]
        steps = pa.ListArray.from_arrays(states.offsets, named.take(states.values))
        paths = pc.binary_join(steps, SEPARATOR).to_pylist()
        conversions, values, journeys = (batch[name].to_pylist() for name in ("conversions", "value", "journeys"))
        for path, converted, value, all_ in zip(paths, conversions, values, journeys, strict=True):
            known = (_plain(value),) if found.valued else ()
            yield path or UNATTRIBUTED, str(converted), *known, str(all_), _rate_text(converted, all_)


@lru_cache(maxsize=4096)
def _rate_text(conversions: int, journeys: int) -> str:
    rate = _rate(conversions, journeys)
    return "" if rate is None else _plain(format(rate, "f"))


def _plain(digits: str) -> str:
    """Return the text of a decimal without zeros at its end."""
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _merged(found: FoundPaths, rows: list[tuple[Cell, ...]], share: Decimal) -> list[tuple[Cell, ...]]:
    """Return the rows with those of less than a share of all conversions as one."""
    whole = sum(int(str(row[1])) for row in rows)
    kept = [row for row in rows if Decimal(str(row[1])) >= share * whole]
    small = [row for row in rows if Decimal(str(row[1])) < share * whole]
    if not small:
        return kept
    journeys = len(found.names) - 1
    sums = [sum((Decimal(str(row[at])) for row in small), Decimal(0)) for at in (1, 2, journeys)]
    return [*kept, (OTHER, *found.figures(int(sums[0]), sums[1], int(sums[2])))]


def _length(found: FoundPaths) -> Answer:
    steps_of = f"len({found.transform.of('path')})" if found.listed else "steps"
    rows: list[tuple[Cell, ...]] = [
        (int(str(steps)), *found.figures(conversions, amount, journeys))
        for steps, conversions, amount, journeys in found.all(sql.lengths(steps_of))
    ]
    return ("path_length", *found.names), rows, _deciles(found, steps_of, "steps")


def _lag(found: FoundPaths) -> Answer:
    rows: list[tuple[Cell, ...]] = [
        (None if days is None else int(str(days)), *found.figures(conversions, amount, journeys))
        for days, conversions, amount, journeys in found.all(sql.lags())
    ]
    return ("lag_days", *found.names), rows, _deciles(found, f"lag // {DAY}", "days from the first interaction")


def _deciles(found: FoundPaths, value: str, unit: str) -> list[str]:
    if found.request.of_paths:  # each of which stands for many
        return []
    (row,) = found.all(sql.deciles(value, found.steps))
    if row[0] is None:
        return []
    others = ", ".join(f"{10 * i} % {row[i - 1]}" for i in range(1, 10) if i != 5)
    return [f"median {row[4]} {unit}, of conversions with interactions; {others}"]


def _assists(found: FoundPaths) -> Answer:
    rows: list[tuple[Cell, ...]] = []
    for state, *counts, amount in found.all(sql.roles(found.transform.of("path"))):
        opened, assisted, closed, alone, conversions = (int(str(count)) for count in counts)
        ratio = None if not closed else (Decimal(assisted) / Decimal(closed)).quantize(Decimal("0.01"))
        value: tuple[Cell, ...] = (Decimal(str(amount)),) if found.valued else ()
        rows.append((found.labels[int(str(state)) - 1], opened, assisted, closed, alone, conversions, *value, ratio))
    names = ("state", "opened", "assisted", "closed", "alone", "conversions")
    return (*names, *((found.valued,) if found.valued else ()), "assisted_per_closed"), rows, []


def _overlaps(found: FoundPaths) -> Answer:
    rows = []
    for states, conversions, amount, journeys in found.all(sql.overlaps(found.transform.of("path"))):
        named = sorted(found.labels[state - 1] for state in _states(states))
        text = " + ".join(named) if named else UNATTRIBUTED
        rows.append((text, len(named), *found.figures(conversions, amount, journeys)))
    return ("together", "states", *found.names), rows, []


def _flow(found: FoundPaths) -> Answer:
    rows: list[tuple[Cell, ...]] = []
    for step, state, following, conversions, amount, journeys in found.all(sql.flows(found.transform.of("path"))):
        after = found.labels[int(str(following)) - 1] if following else "(end)"
        rows.append(
            (
                int(str(step)),
                found.labels[int(str(state)) - 1],
                after,
                *found.figures(conversions, amount, journeys),
            )
        )
    return ("step", "from", "to", *found.names), rows, []


QUESTIONS: Mapping[str, Callable[[FoundPaths], Answer]] = {
    "top": _top,
    "length": _length,
    "lag": _lag,
    "assists": _assists,
    "overlaps": _overlaps,
    "flow": _flow,
}
"""What can be asked of paths, each with a row for: a path; a number of steps; a number of days; a state; a set of
states that stand together; a step, what stands there and what follows."""

ADDITIVE = ("top", "length", "lag", "overlaps")
"""Questions whose rows add up to all journeys."""
