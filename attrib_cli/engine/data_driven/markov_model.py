"""The Markov chain as a model: removal effects of the chain that the steps of all journeys are counted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.replicates import BATCH, Recount, weighted
from attrib_cli.engine.data_driven.weights import Weights, effect_parts
from attrib_cli.engine.sql.paths import moves
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.whole_numbers import MICRO

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.markov import Steps
    from attrib_cli.engine.models import Model
    from attrib_cli.engine.notes import Note

NOISE = 1e-10
"""Effects so little below nothing are nothing: where journeys go round in long loops, digits are lost."""

_TOLERANCE = 1e-6
"""How exact the effects of a replicate are: replicates differ by far more."""


@dataclass(frozen=True)
class MarkovEstimator:
    """See `Estimator`."""

    def estimate(self, con: duckdb.DuckDBPyConnection, request: Request, period: int, states: int) -> Weights:
        """Return the removal effects of the chain of a period."""
        return markov_weights(read_steps(con, request, period), states)

    def recount(self, request: Request, model: Model) -> Recount:
        """Return the steps of journeys and, of those that converted, the last ones with their value."""
        return Recount(journeys=moves(request, request.estimation), queries=partial(_recounted, request))

    def redraw(
        self,
        con: duckdb.DuckDBPyConnection,
        request: Request,
        model: Model,
        period: int,
        states: int,
        counted: Mapping[str, str],
    ) -> Iterator[Weights]:
        """Yield the removal effects of the chain of each replicate."""
        yield from _chains(con, request, period, states, counted)

    def shares(self, request: Request, model: Model, weights: Weights) -> Weights:
        """Return effects on conversions for amounts too, where those on amounts are of no use."""
        counts, amounts = weights
        return counts, amounts if sum(amounts) > 0 and min(amounts) >= 0 else counts

    def doubts(self, request: Request, model: Model) -> tuple[Note, ...]:
        """Return nothing: what speaks against it speaks against all."""
        return ()

    def explain(self, request: Request, model: Model) -> str:
        """Return the order of the chain, its states and its journeys."""
        estimation = request.estimation
        names = " and ".join(field.name for field in estimation.states)
        others = "with journeys that did not convert" if request.takes_non_converting else "of converting ones alone"
        return f"{model.name}: removal effects of a Markov chain of order {estimation.order} over {names}, {others}"


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
    counts = effect_parts([float(effect) for effect in effects.of_conversions])
    of_value = [float(effect) for effect in effects.of_value]
    usable = any(of_value) and min(of_value) >= -NOISE * max(of_value)
    return counts, effect_parts(of_value) if usable else counts


def _recounted(request: Request, first: int) -> Mapping[str, str]:
    every = ", ".join(f"CAST(sum(w{i}) AS BIGINT) AS n{i}" for i in range(BATCH))
    ends = ", ".join(f"CAST(sum(w{i}) AS BIGINT) AS c{i}, sum(w{i} * worth) AS v{i}" for i in range(BATCH))
    converted = weighted(request, first, "(SELECT * FROM drawn WHERE converted)")
    drawn = weighted(request, first, "drawn")
    return {
        "steps": f"SELECT period, code, last, {every} FROM {drawn} GROUP BY period, code, last",
        "ends": f"SELECT period, code, {ends} FROM {converted} GROUP BY period, code",
    }


def _chains(
    con: duckdb.DuckDBPyConnection, request: Request, period: int, states: int, counted: Mapping[str, str]
) -> Iterator[Weights]:
    """Yield what every state weighs in the chain of each replicate of a batch."""
    import numpy as np

    steps = read_steps(con, request, period)
    every = ", ".join(f"CAST(n{i} AS DOUBLE) AS n{i}" for i in range(BATCH))
    counts = con.execute(f"SELECT {every} FROM {counted['steps']} ORDER BY code, last").fetchnumpy()
    columns = ", ".join(f"CAST({what}{i} AS DOUBLE) AS {what}{i}" for i in range(BATCH) for what in "cv")
    found = con.execute(f"SELECT code, {columns} FROM {counted['ends']} ORDER BY code").fetchnumpy()
    at = np.flatnonzero(steps.last)
    at = at[np.searchsorted(steps.code[at], found["code"])]
    for i in range(BATCH):
        converted, worth = np.zeros_like(steps.n), np.zeros_like(steps.n)
        converted[at], worth[at] = found[f"c{i}"], found[f"v{i}"]
        again = replace(steps, n=counts[f"n{i}"], converted=converted, worth=worth)
        yield markov_weights(again, states, _TOLERANCE)
