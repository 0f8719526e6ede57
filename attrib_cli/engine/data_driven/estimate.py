"""From the journeys that are staged to what every state weighs: counts by SQL, effects by linear algebra."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.counting import FEW_JOURNEYS
from attrib_cli.engine.data_driven.shapley import shapley_values
from attrib_cli.engine.notes import Note
from attrib_cli.engine.sql.credits import MICRO
from attrib_cli.engine.sql.cube import PICO
from attrib_cli.engine.sql.resolved import EstimatedKernel, Request, StateWeights
from attrib_cli.engine.sql.states import LIMIT

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.markov import Steps

ONE = 10**15
"""Effects count with this many parts of one."""

_SURE = 10**12
"""Parts of one to which effects are rounded: what lies behind may differ from one processor to the next."""

NOISE = 1e-10
"""Effects so little below nothing are nothing: where journeys go round in long loops, digits are lost."""

FEW_CONVERSIONS = 100
_NAMED = 5
_BEFORE = {0: "", 1: " in the period compared with"}

Weights = tuple[list[int], list[int]]
"""What every state weighs, that of state s at s - 1: for conversions, for their amount."""


@dataclass(frozen=True, kw_only=True)
class Total:
    """What is shared out in a period: its journeys, its conversions with interactions and their value in millionths."""

    journeys: int
    conversions: int
    worth: int


@dataclass(frozen=True, kw_only=True)
class Estimation:
    """What was estimated, and what there is to doubt about it. `labels` are the texts of the states, from state 1."""

    estimates: tuple[StateWeights, ...]
    labels: tuple[str, ...]
    totals: Mapping[int, Total]
    notes: tuple[Note, ...]


def estimate(con: duckdb.DuckDBPyConnection, request: Request) -> Estimation:
    """Return what every state weighs in every period under the data-driven models of `request`.

    Reads the tables of the round ``paths`` and the states of all journeys, which are staged.
    """
    labels = state_labels(con, request)
    by_model: dict[str, Callable[[int], Weights]] = {}
    if request.needs_steps:
        by_model["markov"] = lambda period: markov_weights(read_steps(con, request, period), len(labels))
    if EstimatedKernel(model="shapley") in request.kernels:
        by_model["shapley"] = lambda period: _rate_weights(con, period, len(labels))
    totals = _totals(con)
    models = [kernel.model for kernel in request.kernels if isinstance(kernel, EstimatedKernel)]
    found: list[StateWeights] = []
    for period, total in totals.items():
        if not models:
            break
        weights = [by_model[model](period) for model in models]
        parts = [
            (shared(counts, total.conversions * PICO), shared(amounts, total.worth * (PICO // MICRO)))
            for counts, amounts in weights
        ]
        found += [
            StateWeights(
                period=period,
                state=state + 1,
                weights=tuple((counts[state], amounts[state]) for counts, amounts in weights),
                totals=tuple((counts[state], amounts[state]) for counts, amounts in parts),
            )
            for state in range(len(labels))
        ]
    return Estimation(
        estimates=tuple(found), labels=labels, totals=totals, notes=tuple(_notes(con, request, labels, totals))
    )


def read_steps(con: duckdb.DuckDBPyConnection, request: Request, period: int) -> Steps:
    """Return the staged steps of a period."""
    from attrib_cli.engine.data_driven.markov import Steps

    found = con.execute(
        "SELECT code, last, CAST(n AS DOUBLE) AS n, CAST(converted AS DOUBLE) AS converted,"
        f" CAST(worth AS DOUBLE) / {MICRO} AS worth FROM steps WHERE period = {period} ORDER BY code, last"
    ).fetchnumpy()
    return Steps(
        order=request.estimation.order,
        code=found["code"],
        last=found["last"],
        n=found["n"],
        converted=found["converted"],
        worth=found["worth"],
    )


def markov_weights(counted: Steps, states: int, tolerance: float | None = None) -> Weights:
    """Return the removal effects of every state as whole parts of `ONE`: on conversions and on value.

    Effects on value that are negative or of nothing (refunds, amounts of 0) share nothing out: those on conversions
    stand for them.
    """
    from attrib_cli.engine.data_driven.markov import TOLERANCE, build_chain, removal_effects

    effects = removal_effects(build_chain(counted), states, tolerance=tolerance or TOLERANCE)
    counts = _parts([float(effect) for effect in effects.of_conversions])
    of_value = [float(effect) for effect in effects.of_value]
    usable = any(of_value) and min(of_value) >= -NOISE * max(of_value)
    return counts, _parts(of_value) if usable else counts


def _parts(effects: list[float]) -> list[int]:
    """Effects as whole parts of `ONE`; of the greatest where that is above 1 (refunds can leave little to share)."""
    greatest = max([1.0, *effects])
    return [max(round(effect / greatest * _SURE), 0) * (ONE // _SURE) for effect in effects]


def _rate_weights(con: duckdb.DuckDBPyConnection, period: int, states: int) -> Weights:
    sums = ", ".join(f"sum(CAST({column} AS HUGEINT) * {ONE} // n)" for column in ("converted", "worth"))
    found = con.execute(
        f"SELECT s.state, len(c.states) AS size, {sums} FROM coalitions AS c, unnest(c.states) AS s(state)\n"
        f"WHERE c.period = {period} GROUP BY s.state, size ORDER BY s.state, size"
    ).fetchall()
    return rate_weights([(state, size, int(counts), int(amounts)) for state, size, counts, amounts in found], states)


def rate_weights(found: list[tuple[int, int, int, int]], states: int) -> Weights:
    """Return the Shapley values of the game of rates as parts of `ONE` of their greatest; negative ones earn nothing.

    `found` says for every state and size what the coalitions of that size that hold it are worth together, in
    conversions and in value. The players are the states in it: those of the journeys of the period.
    """
    players = sorted({row[0] for row in found})
    number = {state: place for place, state in enumerate(players, 1)}
    both = []
    for place in (2, 3):
        values = shapley_values([(number[row[0]], row[1], Fraction(row[place])) for row in found], len(players))
        weights = [0] * states
        for state, weight in zip(players, scaled(values), strict=True):
            weights[state - 1] = weight
        both.append(weights)
    counts, amounts = both
    if not any(counts):
        counts = [ONE if state in number else 0 for state in range(1, states + 1)]
    return counts, amounts if any(amounts) else counts


def scaled(values: list[Fraction]) -> list[int]:
    """Return Shapley values as whole parts of `ONE` of their greatest; negative ones are 0."""
    greatest = max(values, default=Fraction(0))
    return [int(max(value, Fraction(0)) / greatest * ONE) if greatest > 0 else 0 for value in values]


def shared(weights: list[int], whole: int) -> list[int]:
    """Return `whole` shared out in proportion to `weights`, in whole parts that sum to it; all alike if none weighs.

    What the cut to whole parts leaves goes to the greatest weight.
    """
    if not weights:
        return []
    every = sum(weights)
    if every == 0:
        weights, every = [1] * len(weights), len(weights)
    parts = [whole * weight // every for weight in weights]
    parts[max(range(len(weights)), key=lambda i: weights[i])] += whole - sum(parts)
    return parts


def state_labels(con: duckdb.DuckDBPyConnection, request: Request) -> tuple[str, ...]:
    """Return the text of every state, that of state s at s - 1."""
    names = (
        " || ' / ' || ".join(f"label{number}" for number, _ in enumerate(request.estimation.states)) or "'everything'"
    )
    found = con.execute(
        f"SELECT state, min({names}), count(DISTINCT {names}) FROM known_states GROUP BY state ORDER BY state"
    ).fetchall()
    return tuple(str(label) if n == 1 else f"({n} smaller)" for _, label, n in found)


def _totals(con: duckdb.DuckDBPyConnection) -> dict[int, Total]:
    found = con.execute("SELECT period, n, converted, worth FROM journey_counts ORDER BY period").fetchall()
    return {
        int(period): Total(journeys=int(n), conversions=int(converted), worth=int(worth))
        for period, n, converted, worth in found
    }


def _notes(
    con: duckdb.DuckDBPyConnection, request: Request, labels: tuple[str, ...], totals: dict[int, Total]
) -> list[Note]:
    """Return warnings: what was pooled, and what there is too little of to estimate from."""
    notes = []
    names = ", ".join(["state", *(f"label{number}" for number, _ in enumerate(request.estimation.states))])
    pooled = con.execute(
        f"SELECT count(*) FROM (SELECT DISTINCT {names} FROM known_states) AS s WHERE state = {LIMIT}"
    ).fetchall()[0][0]
    if pooled > 1:
        text = f"{pooled:,} values with the fewest interactions are estimated together, as one"
        notes.append(Note(code="states-pooled", text=text, counts=(("states", pooled),)))
    for period in range(len(request.periods)):
        total = totals.get(period, Total(journeys=0, conversions=0, worth=0))
        where = _BEFORE[period]
        if total.conversions == 0:
            text = f"there are no conversions{where} to estimate data-driven models from"
            notes.append(Note(code="nothing-to-estimate", text=text))
            continue
        if total.conversions < FEW_CONVERSIONS:
            text = f"data-driven models are estimated from {total.conversions} conversions only{where}"
            notes.append(Note(code="few-conversions", text=text, counts=(("conversions", total.conversions),)))
        if total.conversions == total.journeys and request.takes_non_converting:
            text = f"every journey converts{where}: what is frequent cannot be told from what makes a difference"
            notes.append(Note(code="every-journey-converts", text=text))
    rows = con.execute(
        f"SELECT period, state, n FROM state_journeys WHERE n < {FEW_JOURNEYS} ORDER BY period, state"
    ).fetchall()
    if rows:
        few = [f"{labels[state - 1]} ({n}{_BEFORE[period]})" for period, state, n in rows]
        more = f" and {len(few) - _NAMED} more" if len(few) > _NAMED else ""
        text = (
            f"fewer than {FEW_JOURNEYS} journeys hold {', '.join(few[:_NAMED])}{more}: their credit is little more than"
            " a guess"
        )
        notes.append(Note(code="few-journeys", text=text, counts=(("states", len(few)),)))
    return notes
