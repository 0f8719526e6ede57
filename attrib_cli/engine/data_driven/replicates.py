"""Journeys drawn again: how often each of them counts in which replicate, as SQL.

A replicate counts every journey as often as a Poisson variable of mean 1 says (Oza & Russell 2001; Chamandy et al.
2012), which is drawn from the hash of the journey's id and the seed: the same journeys give the same intervals on
every run. A pass of SQL counts `BATCH` replicates at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.counting import stage
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.draws import BITS, poisson
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    import duckdb

BATCH = 20


def stage_drawn(con: duckdb.DuckDBPyConnection, request: Request, tables: Sequence[Cte], period: int) -> None:
    """Stage ``drawn``: every journey, or step of one, of a period, from the last of `tables`."""
    last = tables[-1]
    drawn = Cte(name="drawn", grain=last.grain, sql=f"SELECT * FROM {last.name} WHERE period = {period}")
    stage(con, request, *tables, drawn)


def weighted(request: Request, first: int, source: str) -> str:
    """The drawn rows with the weights w0, w1, ... of a batch of replicates."""
    lanes = 64 // BITS
    words = -(-BATCH // lanes)
    salt = (request.estimation.seed * 1_000_003 + first // lanes) % 2**62
    hashes = ", ".join(f"hash(xor(origin, hash(CAST({salt + word} AS BIGINT)))) AS h{word}" for word in range(words))
    weights = ", ".join(f"{poisson(f'h{i // lanes}', i % lanes)} AS w{i}" for i in range(BATCH))
    own = ", ".join(f"h{word}" for word in range(words))
    return f"(SELECT * EXCLUDE ({own}), {weights} FROM (SELECT *, {hashes} FROM {source}))"
