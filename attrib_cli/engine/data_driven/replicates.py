"""Journeys drawn again: how often each of them counts in which replicate, as SQL.

A replicate counts every journey as often as a Poisson variable of mean 1 says (Oza & Russell 2001; Chamandy et al.
2012), which is drawn from the hash of the journey's id and the seed: the same journeys give the same intervals on
every run, wherever each of them is counted. A pass of SQL counts `BATCH` replicates at once, in sums that add up over
shards of the journeys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import exp, factorial
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.counting import stage
from attrib_cli.engine.data_driven.registry import estimator_of
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    import duckdb

REPLICATES = 200
BATCH = 20
_BITS = 16


SUMS = tuple(f"{what}{i}" for what in "ncv" for i in range(BATCH))
"""The columns of a `Recount` that add up: journeys or steps, those that converted, and their value, by replicate."""


@dataclass(frozen=True, kw_only=True)
class Recount:
    """What a model counts in journeys that are drawn again.

    `journeys` are tables, of whose last each row is a journey or a step of one, with its `origin`. `queries` says, by a
    name, what is counted for the batch that begins with a replicate: keys and columns of `SUMS`, from ``drawn``.
    """

    journeys: tuple[Cte, ...] = ()
    queries: Callable[[int], Mapping[str, str]] = lambda first: {}


def replicate_tables(request: Request) -> tuple[str, ...]:
    """Return the names of all tables of all batches that the models of `request` count."""
    return tuple(
        _name(number, first, what)
        for number, model in enumerate(request.models)
        if model.estimated
        for first in range(0, REPLICATES, BATCH)
        for what in estimator_of(model).recount(request, model).queries(first)
    )


def stage_replicates(con: duckdb.DuckDBPyConnection, request: Request) -> None:
    """Stage `replicate_tables`, from the journeys that are staged."""
    for number, model in enumerate(request.models):
        if model.estimated:
            for _ in staged_batches(con, request, number, keep=True):
                pass


def staged_batches(
    con: duckdb.DuckDBPyConnection, request: Request, number: int, *, keep: bool = False
) -> Iterator[dict[str, str]]:
    """Stage the batches of the model with a `number`, and yield the tables of each, which goes then unless kept."""
    recount = estimator_of(request.models[number]).recount(request, request.models[number])
    if recount.journeys:
        last = recount.journeys[-1]
        drawn = Cte(name="drawn", grain=last.grain, sql=f"SELECT * FROM {last.name} WHERE period = 0")
        stage(con, request, *recount.journeys, drawn)
    for first in range(0, REPLICATES, BATCH):
        found = {}
        for what, query in recount.queries(first).items():
            found[what] = _name(number, first, what)
            con.execute(f"CREATE OR REPLACE TEMP TABLE {found[what]} AS {query}")
        yield found
        for name in () if keep else found.values():
            con.execute(f"DROP TABLE {name}")


def added_batches(request: Request, number: int) -> Iterator[dict[str, str]]:
    """Yield the tables of each batch of the model with a `number`, which are there, added up over shards."""
    recount = estimator_of(request.models[number]).recount(request, request.models[number])
    for first in range(0, REPLICATES, BATCH):
        yield {what: _name(number, first, what) for what in recount.queries(first)}


def _name(number: int, first: int, what: str) -> str:
    return f"replicates_{number}_{first // BATCH}_{what}"


def poisson(hashed: str, lane: int) -> str:
    """The SQL of a Poisson variable of mean 1 from `_BITS` bits of a hash, by its distribution function."""
    bits = f"(({hashed} >> {lane * _BITS}) & {2**_BITS - 1})"
    ends, total = [], 0.0
    for k in range(9):
        total += exp(-1) / factorial(k)
        ends.append(round(total * 2**_BITS))
    cases = " ".join(f"WHEN {bits} < {end} THEN {k}" for k, end in enumerate(ends) if not k or end > ends[k - 1])
    return f"CASE {cases} ELSE {len(ends)} END"


def weighted(request: Request, first: int, source: str) -> str:
    """The drawn rows with the weights w0, w1, ... of a batch of replicates."""
    lanes = 64 // _BITS
    words = -(-BATCH // lanes)
    salt = (request.estimation.seed * 1_000_003 + first // lanes) % 2**62
    hashes = ", ".join(f"hash(xor(origin, hash(CAST({salt + word} AS BIGINT)))) AS h{word}" for word in range(words))
    weights = ", ".join(f"{poisson(f'h{i // lanes}', i % lanes)} AS w{i}" for i in range(BATCH))
    own = ", ".join(f"h{word}" for word in range(words))
    return f"(SELECT * EXCLUDE ({own}), {weights} FROM (SELECT *, {hashes} FROM {source}))"
