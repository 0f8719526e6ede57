"""The credit cube: all that any model needs to know of the journeys, a few thousand rows for millions of interactions.

What an interaction earns under a model depends on the positions it holds, on its journey's pattern of positions and
length, and on the conversion's value. The cube counts interactions and sums values by these, so that every model is
a small weighted sum over it, and no division stands inside a large sum.
"""

from __future__ import annotations

from attrib_cli.engine.sql import decay, states
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.resolved import Request

PICO = 10**12
"""Credits are summed in whole 10^-12 parts of a conversion or of a currency unit."""


_PACKED = "CAST(p.length AS BIGINT) * 2097152 + p.period * 1048576 + p.pattern * 16 + p.positions_held"
"""Length, period (1 bit), pattern (16 bits) and positions held (4 bits) as one number: one key is quicker than four."""


def cube(request: Request) -> Cte:
    """Cells of credited interactions, of unattributed conversions and of excluded interactions.

    Grain: cell ('credit', 'unattributed' or 'excluded'), period, dimensions, shown, positions held, pattern, length.
    `interactions` counts interactions (conversions in unattributed cells), `amount` sums their conversions' values in
    millionths; `earned_count<n>` and `earned_amount<n>` sum kernel shares, in 10^-12 conversions and currency units.
    """
    dims = [i for i, _ in (*request.conversion_dimensions, *request.carried_dimensions)]
    keys = ["period", *(request.value_column(i) for i in sorted(dims))]
    keys += ["campaign_key"] if request.needs_campaign else []
    keys += ["state"] if request.estimated_kernels or request.intervals else []
    groups = [*keys[1:], *(["shown"] if request.carries_shown else [])]
    source, earned = earned_of(request)
    zero = "CAST(0 AS HUGEINT)"
    columns = ["count(*) AS interactions"]
    columns.append(f"{'CAST(sum(p.amount) * 1000000 AS HUGEINT)' if request.valued else zero} AS amount")
    for n, (of_count, of_amount) in sorted(earned.items()):
        columns.append(f"{of_count} AS earned_count{n}")
        columns.append(f"{of_amount if request.valued else zero} AS earned_amount{n}")
    own = [f"p.{key}" for key in groups]
    credit = (_plain if request.readable else _packed)(request, keys[1:], own, source, columns)

    conversion_dims = {request.value_column(i) for i, _ in request.conversion_dimensions}
    bare = ["c.period"] + [f"c.{key}" if key in conversion_dims else "NULL" for key in keys[1:]]
    zeros = ["0", "0"] * len(request.kernels)
    shown = "false" if request.filters_credits else "true"
    amount = "CAST(sum(c.amount) * 1000000 AS HUGEINT)"
    columns = ["'unattributed'", *bare, shown, "0", "0", "0", "count(*)", amount, *zeros]
    unattributed = (
        f"SELECT\n  {comma(columns)}\nFROM conversions AS c\n"
        "WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = c.conversion)\n"
        f"GROUP BY {', '.join(['c.period', *(f'c.{key}' for key in keys[1:] if key in conversion_dims)])}"
    )
    selects = [credit, unattributed]
    if request.excludes:
        nothing = ["0", *("NULL" for _ in keys[1:]), "true", "0", "0", "0", "count(*)", "0", *zeros]
        selects.append(f"SELECT 'excluded', {', '.join(nothing)}\nFROM interactions WHERE excluded")
    return Cte(
        name="cube",
        grain="one row for each kind of cell, dimensions, positions held, pattern and length",
        sql="\nUNION ALL\n".join(selects),
        materialized=True,
    )


def _plain(request: Request, keys: list[str], own: list[str], source: str, sums: list[str]) -> str:
    """The cells of credited interactions, grouped as they are read."""
    shown = "p.shown" if request.carries_shown else "true AS shown"
    shape = ["p.positions_held", "p.pattern", "p.length"]
    columns = ["'credit' AS cell", "p.period", *(f"p.{key}" for key in keys), shown, *shape, *sums]
    return f"SELECT\n  {comma(columns)}\nFROM {source}\nGROUP BY {', '.join(['p.period', *own, *shape])}"


def _packed(request: Request, keys: list[str], own: list[str], source: str, sums: list[str]) -> str:
    """The same cells, grouped by one number in place of four: that is quicker."""
    names = [column.rpartition(" AS ")[2] for column in sums]
    inner = (
        f"SELECT\n  {comma([f'{_PACKED} AS packed', *own, *sums])}\nFROM {source}\n"
        f"GROUP BY {', '.join(['packed', *own])}"
    )
    columns = ["'credit' AS cell", "(g.packed >> 20) & 1 AS period", *(f"g.{key}" for key in keys)]
    columns += ["g.shown" if request.carries_shown else "true AS shown", "g.packed & 15 AS positions_held"]
    columns += ["(g.packed >> 4) & 65535 AS pattern", "g.packed >> 21 AS length", *(f"g.{name}" for name in names)]
    return f"SELECT\n  {comma(columns)}\nFROM (\n{inner}\n) AS g"


def attributed(request: Request) -> str:
    """A query of what the line under a report counts, for what has no cube: name ('credit', ...) and how many."""
    earning = "NOT excluded" if request.excludes else "true"
    found = f"SELECT count(DISTINCT conversion) FILTER ({earning}) FROM interactions"
    excluded = "\nUNION ALL SELECT 'excluded', count(*) FROM interactions WHERE excluded" if request.excludes else ""
    return (
        f"SELECT 'credit' AS cell, ({found}) AS n\n"
        f"UNION ALL SELECT 'unattributed', (SELECT count(*) FROM conversions) - ({found}){excluded}"
    )


def earned_of(request: Request) -> tuple[str, dict[int, tuple[str, str]]]:
    """What to read placed interactions p from, and by kernel the sums of what they earn: conversions, and amount.

    Both are SQL of whole numbers, in 10^-12 conversions and currency units.
    """
    source, earned = decay.earned(request)
    cut = _uncut if request.uncut else _coarser
    found = {n: (cut(f"sum({count})"), cut(f"sum({amount})")) for n, (count, amount) in earned.items()}
    for n, (of_count, of_amount) in states.shares(request).items():
        amount = f"CAST(p.worth * {of_amount} AS HUGEINT)"
        if n in request.estimated_kernels:
            amount = states.at_least_one(amount, "p.worth")
        found[n] = f"CAST(sum(CAST({of_count} * 1e12 AS BIGINT)) AS HUGEINT)", f"CAST(sum({amount}) AS HUGEINT)"
    return source, found


def _uncut(total: str) -> str:
    return f"CAST({total} AS HUGEINT)"


def _coarser(total: str) -> str:
    return f"CAST({total} AS HUGEINT) // {2**decay.FINER}"


def ties(request: Request) -> str:
    """A query that returns a row if two interactions were taken for one and the same position.

    In every group of journeys of one length and pattern, each position must be held by exactly one interaction a
    journey. Only keys that need not be unique can fail.
    """
    wanted = [i for i in range(4) if request.positions & (1 << i)]
    held = ", ".join(
        f"coalesce(sum(interactions) FILTER (WHERE positions_held & {1 << i} <> 0), 0) AS h{i}" for i in wanted
    )
    bad = " OR ".join(f"((pattern // {16**i}) % 16 <> 0 AND h{i} * length <> total)" for i in wanted)
    return (
        f"SELECT 1 FROM (SELECT pattern, length, sum(interactions) AS total, {held}\n"
        f"  FROM cube WHERE cell = 'credit' GROUP BY pattern, length) AS g\nWHERE {bad}\nLIMIT 1"
    )
