"""Conversions drawn again (bootstrap): how often each, or each group of them, counts in every replicate.

A replicate counts every conversion as often as a Poisson variable of mean 1 says. For models by rules conversions are
drawn in `GROUPS` groups, which the hash of their ids and the seed puts them into by chance: what a row is credited with
by group is a small table, whatever the number of conversions, which adds up over shards and which every replicate is a
weighted sum of. The spread of such sums is the same on average as where each conversion is drawn for itself.
"""

from __future__ import annotations

from math import exp, factorial

from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.shards import shard_of

REPLICATES = 200
GROUPS = 512
"""Groups that conversions are drawn in: so many that they add little to the chance of 200 replicates."""

BITS = 16
_DIGITS = 16
_LANES = 64 // BITS


def poisson(hashed: str, lane: int) -> str:
    """The SQL of a Poisson variable of mean 1 from `BITS` bits of a hash, by its distribution function."""
    bits = f"(({hashed} >> {lane * BITS}) & {2**BITS - 1})"
    ends, total = [], 0.0
    for k in range(9):
        total += exp(-1) / factorial(k)
        ends.append(round(total * 2**BITS))
    cases = " ".join(f"WHEN {bits} < {end} THEN {k}" for k, end in enumerate(ends) if not k or end > ends[k - 1])
    return f"CASE {cases} ELSE {len(ends)} END"


def group_of(request: Request, id_: str) -> str:
    """The SQL of the group that a conversion is drawn in, from 0: by the text of its id and the seed."""
    salted = f"'{request.spec.estimation.seed}:' || CAST({id_} AS VARCHAR)"
    return f"CAST({shard_of(salted, GROUPS)} AS SMALLINT)"


def group_weights(request: Request) -> Cte:
    """How often each group counts in each replicate from 1; in replicate 0, which is the data themselves, once.

    Conversions of two periods are drawn independently of each other.
    """
    periods = len(request.periods)
    words = -(-REPLICATES // _LANES)
    salted = f"'{request.spec.estimation.seed}:' || period || ':' || sample_group || ':' || word"
    hashed = f"CAST('0x' || substr(md5({salted}), 1, {_DIGITS}) AS UBIGINT)"
    lanes = ", ".join(poisson("h", lane) for lane in range(_LANES))
    return Cte(
        name="group_weights",
        grain="one row for each period, group of conversions and replicate: how often the group counts in it",
        sql=f"""
SELECT period, sample_group, word * {_LANES} + lane AS replicate, CAST(times[lane] AS HUGEINT) AS times
FROM (
  SELECT period, sample_group, word, [{lanes}] AS times, unnest(range(1, {_LANES} + 1)) AS lane
  FROM (
    SELECT period, sample_group, word, {hashed} AS h
    FROM range({periods}) AS p(period), range({GROUPS}) AS g(sample_group), range({words}) AS w(word)
  ) AS hashes
) AS draws
UNION ALL
SELECT period, sample_group, 0, CAST(1 AS HUGEINT)
FROM range({periods}) AS p(period), range({GROUPS}) AS g(sample_group)""",
    )
