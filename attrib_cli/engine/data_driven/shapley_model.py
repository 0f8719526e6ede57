"""The Shapley value as a model: what a state adds to every mix of others, from the sets of states of all journeys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.journey_games import JOURNEY_GAMES, journey_weights
from attrib_cli.engine.data_driven.replicates import BATCH, Recount, weighted
from attrib_cli.engine.data_driven.shapley import shapley_values
from attrib_cli.engine.data_driven.weights import ONE, Weights
from attrib_cli.engine.sql.paths import whole_journeys
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import SplitKernel
from attrib_cli.engine.sql.whole_numbers import MICRO

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.models import Model
    from attrib_cli.engine.notes import Note


@dataclass(frozen=True)
class ShapleyEstimator:
    """See `Estimator`."""

    def estimate(self, con: duckdb.DuckDBPyConnection, request: Request, period: int, states: int) -> Weights:
        """Return the Shapley values of the game of rates, or what journeys share out in games of their own."""
        game = request.estimation.game
        if game not in JOURNEY_GAMES:
            return _rate_weights(con, period, states)
        rows = con.execute(
            f"SELECT states, n, converted, CAST(worth AS HUGEINT) FROM coalitions WHERE period = {period}"
        ).fetchall()
        found = [(tuple(members), int(n), int(converted), int(worth)) for members, n, converted, worth in rows]
        return journey_weights(game, found, states)

    def recount(self, request: Request, model: Model) -> Recount:
        """Return how many journeys consist of which states, of those that converted alone where no others matter."""
        converted = _splits(request, model) and request.estimation.game not in JOURNEY_GAMES
        source = "(SELECT * FROM drawn WHERE converted)" if converted else "drawn"
        return Recount(journeys=whole_journeys(request), queries=partial(_recounted, request, source))

    def redraw(
        self,
        con: duckdb.DuckDBPyConnection,
        request: Request,
        model: Model,
        period: int,
        states: int,
        counted: Mapping[str, str],
    ) -> Iterator[Weights]:
        """Yield the Shapley values of each replicate, of the game that is asked for."""
        game = request.estimation.game
        if game in JOURNEY_GAMES:
            for found in _redrawn_sets(con, counted["sets"]):
                yield journey_weights(game, found, states)
        else:
            yield from _coalitions(con, counted["sets"], states, split=_splits(request, model))

    def shares(self, request: Request, model: Model, weights: Weights) -> Weights:
        """Return values for conversions for amounts too, where those for amounts are of no use."""
        counts, amounts = weights
        usable = sum(amounts) > 0 and (_splits(request, model) or min(amounts) >= 0)
        return counts, amounts if usable else counts

    def doubts(self, request: Request, model: Model) -> tuple[Note, ...]:
        """Return nothing: what speaks against it speaks against all."""
        return ()

    def explain(self, request: Request, model: Model) -> str:
        """Return the game and its players."""
        names = " and ".join(field.name for field in request.estimation.states)
        game = request.estimation.game
        if game in JOURNEY_GAMES:
            return (
                f"{model.name}: the game {game} over {names}, played within each journey by the rates of sets of them"
            )
        worth = "conversions" if _splits(request, model) else "the rate at which a set of states converts"
        return f"{model.name}: Shapley values over {names}, a set of which is worth {worth}"


def _splits(request: Request, model: Model) -> bool:
    return isinstance(request.kernel_of(model), SplitKernel)


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


def _recounted(request: Request, source: str, first: int) -> Mapping[str, str]:
    sums = ", ".join(
        f"CAST(sum(w{i}) AS BIGINT) AS n{i}, CAST(sum(CASE WHEN converted THEN w{i} ELSE 0 END) AS BIGINT) AS c{i},"
        f" CAST(sum(w{i} * worth) * {MICRO} AS HUGEINT) AS v{i}"
        for i in range(BATCH)
    )
    return {"sets": f"SELECT period, states, {sums} FROM {weighted(request, first, source)} GROUP BY period, states"}


def _redrawn_sets(con: duckdb.DuckDBPyConnection, sets: str) -> Iterator[list[tuple[tuple[int, ...], int, int, int]]]:
    """Yield for each replicate every set of states: journeys of just these, those that converted, and their value."""
    sums = ", ".join(f"n{i}, c{i}, v{i}" for i in range(BATCH))
    rows = con.execute(f"SELECT states, {sums} FROM {sets}").fetchall()
    for i in range(BATCH):
        yield [
            (tuple(row[0]), int(row[1 + 3 * i]), int(row[2 + 3 * i]), int(row[3 + 3 * i]))
            for row in rows
            if row[1 + 3 * i]
        ]


def _coalitions(con: duckdb.DuckDBPyConnection, sets: str, states: int, *, split: bool) -> Iterator[Weights]:
    """Yield what every state weighs under the Shapley model in each replicate."""
    parts = ", ".join(
        f"sum(CAST({column}{i} AS HUGEINT) * {ONE} // {'len(states)' if split else f'greatest(n{i}, 1)'})"
        for i in range(BATCH)
        for column in "cv"
    )
    found = con.execute(
        f"SELECT s.state, {'0' if split else 'len(states)'} AS size, {parts}\n"
        f"FROM {sets}, unnest(states) AS s(state) GROUP BY s.state, size ORDER BY s.state, size"
    ).fetchall()
    for i in range(BATCH):
        rows_of = [(row[0], row[1], int(row[2 + 2 * i]), int(row[3 + 2 * i])) for row in found]
        if split:
            by_state = {row[0]: row for row in rows_of}
            counts, amounts = (
                [by_state[s][place] if s in by_state else 0 for s in range(1, states + 1)] for place in (2, 3)
            )
            yield counts, amounts
        else:
            yield rate_weights(rows_of, states)
