"""Journeys drawn again: how often each of them counts in which replicate, as SQL.

A replicate counts every journey as often as a Poisson variable of mean 1 says (Oza & Russell 2001; Chamandy et al.
2012), which is drawn from the hash of the journey's id and the seed: the same journeys give the same intervals on
every run. A pass of SQL counts `BATCH` replicates at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, factorial
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.counting import stage
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    import duckdb

REPLICATES = 200
BATCH = 20
_BITS = 16


def stage_drawn(con: duckdb.DuckDBPyConnection, request: Request, tables: Sequence[Cte]) -> None:
    """Stage ``drawn``: every journey, or step of one, of the period reported, from the last of `tables`."""
    last = tables[-1]
    drawn = Cte(name="drawn", grain=last.grain, sql=f"SELECT * FROM {last.name} WHERE period = 0")
    stage(con, request, *tables, drawn)


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
