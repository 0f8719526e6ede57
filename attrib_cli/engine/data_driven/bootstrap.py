"""How far estimates might be off: the same estimate from journeys that are drawn again, many times over.

A replicate counts every journey as often as a Poisson variable of mean 1 says (Oza & Russell 2001; Chamandy et al.
2012), which is drawn from the hash of the journey's id and the seed: the same journeys give the same intervals on
every run. A pass of SQL counts `BATCH` replicates at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from math import exp, factorial
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.counting import stage
from attrib_cli.engine.data_driven.estimate import (
    ONE,
    Estimation,
    Weights,
    markov_weights,
    rate_weights,
    read_steps,
    shared,
)
from attrib_cli.engine.sql.credits import MICRO
from attrib_cli.engine.sql.cte import Part
from attrib_cli.engine.sql.paths import moves, whole_journeys
from attrib_cli.engine.sql.resolved import BootstrapIntervals, Request, SplitKernel

if TYPE_CHECKING:
    import duckdb

REPLICATES = 200
BATCH = 20
_WHOLE = MICRO**2
"""So many parts are what all states of a replicate share."""

_BITS = 16
_TOLERANCE = 1e-6
"""How exact the effects of a replicate are: replicates differ by far more."""


def ranks(confidence: Decimal) -> tuple[int, int]:
    """Return the places, from 1, of the interval's ends among the sorted replicates (percentile bootstrap)."""
    cut = int(((1 - confidence) / 2 * REPLICATES).to_integral_value(ROUND_FLOOR))
    return cut + 1, REPLICATES - cut


def draw(con: duckdb.DuckDBPyConnection, request: Request, found: Estimation) -> BootstrapIntervals | None:
    """Stage ``draws``, the share of every state in every replicate; None where there is nothing to share out.

    Reads what `estimate` reads and stages.
    """
    total, states = found.totals.get(0), len(found.labels)
    if total is None or not total.conversions:
        return None
    columns: tuple[list[int], ...] = ([], [], [], [], [])
    for number, model in enumerate(request.models):
        if not model.estimated:
            continue
        for replicate, (counts, amounts) in enumerate(_replicates(con, request, number, states)):
            for state in range(states):
                for column, value in zip(
                    columns, (number, state + 1, replicate, counts[state], amounts[state]), strict=True
                ):
                    column.append(value)
    names = ("model_number", "state", "replicate", "counts", "amounts")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE draws AS SELECT "
        + ", ".join(f"unnest(CAST(${i} AS BIGINT[])) AS {name}" for i, name in enumerate(names, 1)),
        list(columns),
    )
    low, high = ranks(request.estimation.confidence or Decimal())
    return BootstrapIntervals(low=low, high=high, conversions=total.conversions, worth=total.worth)


def _replicates(con: duckdb.DuckDBPyConnection, request: Request, number: int, states: int) -> Iterator[Weights]:
    """Yield the shares of the states in each replicate under a model, in parts of `_WHOLE`."""
    model = request.models[number]
    if model.kernel == "markov":
        _stage_drawn(con, request, moves(request, request.estimation))
        found = _chains(con, request, states)
    else:
        _stage_drawn(con, request, whole_journeys(request))
        found = _coalitions(con, request, states, split=isinstance(request.kernel_of(model), SplitKernel))
    split = isinstance(request.kernel_of(model), SplitKernel)
    for counts, amounts in found:
        usable = sum(amounts) > 0 and (split or min(amounts) >= 0)
        yield shared(counts, _WHOLE), shared(amounts if usable else counts, _WHOLE)


def _stage_drawn(con: duckdb.DuckDBPyConnection, request: Request, part: Part) -> None:
    """Stage every journey, or step of one, of the period reported."""
    drawn = Part(name="drawn", grain=part.grain, sql=f"SELECT * FROM {part.name} WHERE period = 0")
    stage(con, request, part, drawn)


def _poisson(hashed: str, lane: int) -> str:
    """The SQL of a Poisson variable of mean 1 from `_BITS` bits of a hash, by its distribution function."""
    bits = f"(({hashed} >> {lane * _BITS}) & {2**_BITS - 1})"
    ends, total = [], 0.0
    for k in range(9):
        total += exp(-1) / factorial(k)
        ends.append(round(total * 2**_BITS))
    cases = " ".join(f"WHEN {bits} < {end} THEN {k}" for k, end in enumerate(ends) if not k or end > ends[k - 1])
    return f"CASE {cases} ELSE {len(ends)} END"


def _weighted(request: Request, first: int, source: str) -> str:
    """The drawn rows with the weights w0, w1, ... of a batch of replicates."""
    lanes = 64 // _BITS
    words = -(-BATCH // lanes)
    salt = (request.estimation.seed * 1_000_003 + first // lanes) % 2**62
    hashes = ", ".join(f"hash(xor(origin, hash(CAST({salt + word} AS BIGINT)))) AS h{word}" for word in range(words))
    weights = ", ".join(f"{_poisson(f'h{i // lanes}', i % lanes)} AS w{i}" for i in range(BATCH))
    own = ", ".join(f"h{word}" for word in range(words))
    return f"(SELECT * EXCLUDE ({own}), {weights} FROM (SELECT *, {hashes} FROM {source}))"


def _chains(con: duckdb.DuckDBPyConnection, request: Request, states: int) -> Iterator[Weights]:
    """Yield what every state weighs in the chain of each replicate."""
    import numpy as np

    steps = read_steps(con, request, 0)
    for first in range(0, REPLICATES, BATCH):
        rows = _weighted(request, first, "drawn")
        every = ", ".join(f"CAST(sum(w{i}) AS DOUBLE) AS n{i}" for i in range(BATCH))
        counts = con.execute(f"SELECT {every} FROM {rows} GROUP BY code, last ORDER BY code, last").fetchnumpy()
        ends = _weighted(request, first, "(SELECT * FROM drawn WHERE converted)")
        columns = ", ".join(
            f"CAST(sum(w{i}) AS DOUBLE) AS c{i}, CAST(sum(w{i} * worth) AS DOUBLE) AS v{i}" for i in range(BATCH)
        )
        found = con.execute(f"SELECT code, {columns} FROM {ends} GROUP BY code ORDER BY code").fetchnumpy()
        at = np.flatnonzero(steps.last)
        at = at[np.searchsorted(steps.code[at], found["code"])]
        for i in range(BATCH):
            converted, worth = np.zeros_like(steps.n), np.zeros_like(steps.n)
            converted[at], worth[at] = found[f"c{i}"], found[f"v{i}"]
            again = replace(steps, n=counts[f"n{i}"], converted=converted, worth=worth)
            yield markov_weights(again, states, _TOLERANCE)


def _coalitions(con: duckdb.DuckDBPyConnection, request: Request, states: int, *, split: bool) -> Iterator[Weights]:
    """Yield what every state weighs under the Shapley model in each replicate."""
    for first in range(0, REPLICATES, BATCH):
        rows = _weighted(request, first, "(SELECT * FROM drawn WHERE converted)" if split else "drawn")
        sums = ", ".join(
            f"sum(w{i}) AS n{i}, sum(CASE WHEN converted THEN w{i} ELSE 0 END) AS c{i},"
            f" CAST(sum(w{i} * worth) * {MICRO} AS HUGEINT) AS v{i}"
            for i in range(BATCH)
        )
        con.execute(f"CREATE OR REPLACE TEMP TABLE redrawn AS SELECT states, {sums} FROM {rows} GROUP BY states")
        parts = ", ".join(
            f"sum(CAST({column}{i} AS HUGEINT) * {ONE} // {'len(states)' if split else f'greatest(n{i}, 1)'})"
            for i in range(BATCH)
            for column in ("c", "v")
        )
        found = con.execute(
            f"SELECT s.state, {'0' if split else 'len(states)'} AS size, {parts}\n"
            "FROM redrawn, unnest(states) AS s(state) GROUP BY s.state, size ORDER BY s.state, size"
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
