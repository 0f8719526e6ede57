"""The credit cube: all that any model needs to know of the journeys, a few thousand rows for millions of interactions.

What an interaction earns under a model depends on the positions it holds, on its journey's pattern of positions and
length, and on the conversion's value. The cube counts interactions and sums values by these, so that every model is
a small weighted sum over it, and no division stands inside a large sum.
"""

from __future__ import annotations

from attrib_cli.engine.sql.journeys import placed_source
from attrib_cli.engine.sql.request import Request
from attrib_cli.engine.sql.text import Part, comma

PICO = 10**12
"""Credits are summed in whole 10^-12 parts of a conversion or of a currency unit."""


def cube(request: Request) -> Part:
    """Cells of credited interactions, of unattributed conversions and of excluded interactions.

    Grain: cell ('credit', 'unattributed' or 'excluded'), period, dimensions, shown, positions held, pattern, length.
    `interactions` counts interactions (conversions in unattributed cells), `amount` sums their conversions' values in
    millionths; `decay_count<n>` and `decay_amount<n>` sum kernel shares, in 10^-12 conversions and currency units.
    """
    dims = [i for i, _ in (*request.conversion_dimensions, *request.carried_dimensions)]
    keys = ["period", *(f"d{i}" for i in sorted(dims))]
    keys += ["campaign_key"] if request.needs_campaign else []
    own = [f"p.{key}" for key in keys]
    shown = "p.shown" if request.carries_shown else "true"
    source, sums = placed_source(request)
    columns = ["'credit' AS cell", *own, f"{shown} AS shown", "p.held", "p.pattern", "p.length"]
    columns += ["count(*) AS interactions", "CAST(sum(p.amount) * 1000000 AS HUGEINT) AS amount", *sums]
    groups = [*own, *(["p.shown"] if request.carries_shown else []), "p.held", "p.pattern", "p.length"]
    credit = f"SELECT\n  {comma(columns)}\nFROM {source}\nGROUP BY {', '.join(groups)}"

    conversion_dims = {f"d{i}" for i, _ in request.conversion_dimensions}
    bare = ["c.period"] + [f"c.{key}" if key in conversion_dims else "NULL" for key in keys[1:]]
    zeros = ["0", "0"] * len(request.kernels)
    shown = "false" if request.filters_credits else "true"
    amount = "CAST(sum(c.amount) * 1000000 AS HUGEINT)"
    columns = ["'unattributed'", *bare, shown, "0", "0", "0", "count(*)", amount, *zeros]
    unattributed = (
        f"SELECT\n  {comma(columns)}\nFROM conversions AS c\n"
        "WHERE NOT EXISTS (SELECT 1 FROM journeys AS j WHERE j.conversion = c.conversion)\n"
        f"GROUP BY {', '.join(['c.period', *(f'c.{key}' for key in keys[1:] if key in conversion_dims)])}"
    )
    selects = [credit, unattributed]
    if request.excludes:
        nothing = ["0", *("NULL" for _ in keys[1:]), "true", "0", "0", "0", "count(*)", "0", *zeros]
        selects.append(f"SELECT 'excluded', {', '.join(nothing)}\nFROM interactions WHERE excluded")
    return Part(
        name="cube",
        grain="the credit cube: one row for each kind of cell, dimensions, positions held, pattern and length",
        sql="\nUNION ALL\n".join(selects),
        materialized=True,
    )


def ties(request: Request) -> str:
    """A query that returns a row if two interactions were taken for one and the same position.

    In every group of journeys of one length and pattern, each position must be held by exactly one interaction a
    journey. Only keys that need not be unique can fail.
    """
    wanted = [i for i in range(4) if request.positions & (1 << i)]
    held = ", ".join(f"coalesce(sum(interactions) FILTER (WHERE held & {1 << i} <> 0), 0) AS h{i}" for i in wanted)
    bad = " OR ".join(f"((pattern // {16**i}) % 16 <> 0 AND h{i} * length <> total)" for i in wanted)
    return (
        f"SELECT 1 FROM (SELECT pattern, length, sum(interactions) AS total, {held}\n"
        f"  FROM cube WHERE cell = 'credit' GROUP BY pattern, length) AS g\nWHERE {bad}\nLIMIT 1"
    )
