"""Journeys drawn again: how often each of them counts in which replicate, as SQL.

A replicate counts every journey as often as a Poisson variable of mean 1 says (Oza & Russell 2001; Chamandy et al.
2012), which is drawn from the hash of the journey's id and the seed: the same journeys give the same intervals on
every run, wherever each of them is counted. A pass of SQL counts `BATCH` replicates at once, in sums that add up over
shards of the journeys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.counting import stage
from attrib_cli.engine.data_driven.registry import estimator_of
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.draws import BITS, REPLICATES, poisson
from attrib_cli.engine.sql.paths import drawn_conversions
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.whole_numbers import MICRO

if TYPE_CHECKING:
    import duckdb

BATCH = 20


SUMS = tuple(f"{what}{i}" for what in "ncv" for i in range(BATCH))
"""The columns of a `Recount` that add up: journeys or steps, those that converted, and their value, by replicate."""


@frozen
class Recount:
    """What a model counts in journeys that are drawn again.

    `journeys` are tables, of whose last each row is a journey or a step of one, with its `origin`. `queries` says, by a
    name, what is counted for the batch that begins with a replicate: keys and columns of `SUMS`, from ``drawn``.
    """

    journeys: tuple[Cte, ...] = ()
    queries: Callable[[int], Mapping[str, str]] = lambda first: {}


def _totals(request: Request, first: int) -> Mapping[str, str]:
    sums = ", ".join(
        f"CAST(sum(w{i}) AS BIGINT) AS n{i}, CAST(sum(w{i}) AS BIGINT) AS c{i},"
        f" CAST(sum(w{i} * worth) * {MICRO} AS HUGEINT) AS v{i}"
        for i in range(BATCH)
    )
    return {"totals": f"SELECT period, {sums} FROM {weighted(request, first, 'drawn')} GROUP BY period"}


TOTALS = "totals"
"""What the recount of all conversions together is called, where those of models have the model's number."""


def recounts(request: Request) -> dict[str, Recount]:
    """Return what is counted for the intervals of `request`: by the number of each model, and `TOTALS`.

    How many conversions a replicate draws, and of what value, is in doubt only where two periods are compared.
    """
    found = {
        str(number): estimator_of(model).recount(request, model)
        for number, model in enumerate(request.models)
        if model.estimated
    }
    if request.compared:
        found[TOTALS] = Recount(journeys=(drawn_conversions(request),), queries=partial(_totals, request))
    return found


def replicate_tables(request: Request) -> tuple[str, ...]:
    """Return the names of all tables of all batches that are counted for the intervals of `request`."""
    return tuple(
        _name(name, first, what)
        for name, recount in recounts(request).items()
        for first in range(0, REPLICATES, BATCH)
        for what in recount.queries(first)
    )


def stage_replicates(con: duckdb.DuckDBPyConnection, request: Request) -> None:
    """Stage `replicate_tables`, from the journeys that are staged."""
    for name, recount in recounts(request).items():
        for _ in staged_batches(con, request, name, recount, keep=True):
            pass


def staged_batches(
    con: duckdb.DuckDBPyConnection, request: Request, name: str, recount: Recount, *, keep: bool = False
) -> Iterator[dict[str, str]]:
    """Stage the batches of a recount, and yield the tables of each, which goes then unless kept."""
    if recount.journeys:
        last = recount.journeys[-1]
        drawn = Cte(name="drawn", grain=last.grain, sql=f"SELECT * FROM {last.name}")
        stage(con, request, *recount.journeys, drawn)
    for first in range(0, REPLICATES, BATCH):
        found = {}
        for what, query in recount.queries(first).items():
            found[what] = _name(name, first, what)
            con.execute(f"CREATE OR REPLACE TEMP TABLE {found[what]} AS {query}")
        yield found
        for table in () if keep else found.values():
            con.execute(f"DROP TABLE {table}")


def added_batches(name: str, recount: Recount) -> Iterator[dict[str, str]]:
    """Yield the tables of each batch of a recount, which are there, added up over shards."""
    for first in range(0, REPLICATES, BATCH):
        yield {what: _name(name, first, what) for what in recount.queries(first)}


def of_period(tables: Mapping[str, str], period: int) -> dict[str, str]:
    """Return the SQL of what the tables of a batch have of a period, by their names."""
    return {what: f"(SELECT * FROM {table} WHERE period = {period}) AS t" for what, table in tables.items()}


def _name(name: str, first: int, what: str) -> str:
    return f"replicates_{name}_{first // BATCH}_{what}"


def weighted(request: Request, first: int, source: str) -> str:
    """The drawn rows with the weights w0, w1, ... of a batch of replicates."""
    lanes = 64 // BITS
    words = -(-BATCH // lanes)
    salt = (request.estimation.seed * 1_000_003 + first // lanes) % 2**62
    hashes = ", ".join(f"hash(xor(origin, hash(CAST({salt + word} AS BIGINT)))) AS h{word}" for word in range(words))
    weights = ", ".join(f"{poisson(f'h{i // lanes}', i % lanes)} AS w{i}" for i in range(BATCH))
    own = ", ".join(f"h{word}" for word in range(words))
    return f"(SELECT * EXCLUDE ({own}), {weights} FROM (SELECT *, {hashes} FROM {source}))"
