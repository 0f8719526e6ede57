"""The credit cube: all that any model needs to know of the journeys, a few thousand rows for millions of interactions.

What an interaction earns under a model depends on the positions it holds, on its journey's pattern of positions and
length, and on the conversion's value. The cube counts interactions and sums values by these, so that every model is
a small weighted sum over it, and no division stands inside a large sum.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.models import POSITIONS
from attrib_cli.engine.source_spec import TIMES
from attrib_cli.engine.sql import decay, key_positions, states
from attrib_cli.engine.sql.cte import Cte, comma, more
from attrib_cli.engine.sql.resolved import Request

_HELD = key_positions.WIDTH
_PATTERN = _HELD**2
_PACKED = (
    f"CAST(p.length AS BIGINT) * {1 << _HELD + _PATTERN + 1} + p.period * {1 << _HELD + _PATTERN}"
    f" + p.pattern * {1 << _HELD} + p.positions_held"
)
"""Length, period (1 bit), pattern and positions held as one number: one key is quicker than four."""


def cube(request: Request, *, placed_by: Request | None = None) -> Cte:
    """Cells of credited interactions, of unattributed conversions and of excluded interactions.

    Grain: cell ('credit', 'unattributed' or 'excluded'), period, dimensions, shown, key positions of the interaction
    and of its journey (`key_positions.columns`), length.
    The positions are those of `placed_by`, where that is another request. `interactions` counts interactions
    (conversions in unattributed cells), `amount` sums their conversions' values in millionths; `<kernel>_conversions`
    and `<kernel>_amount` sum what they earn, in 10^-12 conversions and currency units.
    """
    pairs = sorted((*request.conversion_dimensions, *request.carried_dimensions), key=lambda pair: pair[0])
    keys = [request.value_column(i) for i, _ in pairs]
    keys += ["campaign_key"] if request.needs_campaign else []
    keys += ["state"] if request.estimated_kernels or request.states_drawn else []
    keys += ["sample_group"] if request.groups_drawn else []
    nowhere = key_positions.none(placed_by or request)
    positions = key_positions.columns(placed_by or request)
    selects = [_credited(request, keys, positions), _unattributed(request, keys, nowhere)]
    if request.excludes:
        selects.append(_excluded(request, keys, nowhere))
    return Cte(
        name="cube",
        grain="one row for each kind of cell, dimensions, key positions and length of the journey: the credit cube",
        sql="\nUNION ALL".join(selects),
        materialized=True,
    )


def _credited(request: Request, keys: list[str], positions: list[str]) -> str:
    """The cells of credited interactions."""
    source, earned = earned_of(request)
    amount = "CAST(sum(p.amount) * 1000000 AS HUGEINT)" if request.valued else "CAST(0 AS HUGEINT)"
    sums = []
    for n, (of_count, of_amount) in sorted(earned.items()):
        conversions, value = request.earned_columns(n)
        sums.append(f"{of_count} AS {conversions}")
        sums.append(f"{of_amount if request.valued else 'CAST(0 AS HUGEINT)'} AS {value}")
    groups = [*keys, *(["shown"] if request.carries_shown else [])]
    if not request.readable:
        return _packed(request, keys, groups, source, amount, sums)
    columns = ["p.period", *(f"p.{key}" for key in keys), "p.shown" if request.carries_shown else "true AS shown"]
    columns += [*(f"p.{name}" for name in positions), "p.length"]
    return f"""
SELECT
  'credit' AS cell,
  {comma(columns)},
  {request.count_rows("p")} AS interactions,
  {amount} AS amount{more(sums)}
FROM {source}
GROUP BY {", ".join(f"p.{name}" for name in ["period", *groups, *positions, "length"])}"""


def _packed(request: Request, keys: list[str], groups: list[str], source: str, amount: str, sums: Sequence[str]) -> str:
    """The same cells, grouped by one number in place of four: that is quicker."""
    own = [f"p.{key}" for key in groups]
    names = [column.rpartition(" AS ")[2] for column in sums]
    return f"""
SELECT
  'credit' AS cell,
  (g.packed >> {_HELD + _PATTERN}) & 1 AS period{more(f"g.{key}" for key in keys)},
  {"g.shown" if request.carries_shown else "true AS shown"},
  g.packed & {(1 << _HELD) - 1} AS positions_held,
  (g.packed >> {_HELD}) & {(1 << _PATTERN) - 1} AS pattern,
  g.packed >> {_HELD + _PATTERN + 1} AS length,
  g.interactions,
  g.amount{more(f"g.{name}" for name in names)}
FROM (
SELECT
  {_PACKED} AS packed{more(own)},
  {request.count_rows("p")} AS interactions,
  {amount} AS amount{more(sums)}
FROM {source}
GROUP BY {", ".join(["packed", *own])}
) AS g"""


def _unattributed(request: Request, keys: list[str], nowhere: list[str]) -> str:
    """The cells of conversions that no interaction leads to."""
    own = {*(request.value_column(i) for i, _ in request.conversion_dimensions), "sample_group"}
    columns = [f"c.{key}" if key in own else f"NULL AS {key}" for key in keys]
    columns.append(f"{'false' if request.filters_credits else 'true'} AS shown")
    columns += [*nowhere, "0 AS length"]
    if request.plain_conversions:  # counting both is quicker than looking for each
        return f"""
SELECT
  'unattributed' AS cell,
  0 AS period,
  {comma(columns)},
  c.n AS interactions,
  0 AS amount{more(_nothing_earned(request))}
FROM (SELECT (SELECT count(*) FROM conversions) - (SELECT count(*) FROM journey_totals) AS n) AS c
WHERE c.n > 0"""
    return f"""
SELECT
  'unattributed' AS cell,
  c.period,
  {comma(columns)},
  {request.count_rows("c")} AS interactions,
  CAST(sum(c.amount) * 1000000 AS HUGEINT) AS amount{more(_nothing_earned(request))}
FROM conversions AS c
WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = c.conversion)
GROUP BY {", ".join(["c.period", *(f"c.{key}" for key in keys if key in own)])}"""


def _excluded(request: Request, keys: list[str], nowhere: list[str]) -> str:
    """The cell of interactions that never earn credit."""
    columns = [*(f"NULL AS {key}" for key in keys), "true AS shown", *nowhere, "0 AS length"]
    return f"""
SELECT
  'excluded' AS cell,
  0 AS period,
  {comma(columns)},
  count(*) AS interactions,
  0 AS amount{more(_nothing_earned(request))}
FROM interactions
WHERE excluded"""


def _nothing_earned(request: Request) -> list[str]:
    return [f"0 AS {name}" for n, _ in enumerate(request.kernels) for name in request.earned_columns(n)]


def counted_cells(period: int = 0) -> str:
    """A query of the staged ``cube``: the conversions of a period, or excluded interactions, by kind of cell.

    Columns: cell ('credit', 'unattributed', 'excluded', ...) and n.
    """
    return (
        "SELECT cell, sum(n) AS n FROM (SELECT cell, sum(interactions) // greatest(length, 1) AS n\n"
        f"FROM cube WHERE period = {period} GROUP BY cell, length) AS s GROUP BY cell"
    )


def attributed(request: Request) -> str:
    """A query of the same columns as `counted_cells`, for what has no cube."""
    earning = "NOT excluded" if request.excludes else "true"
    if request.of_paths:
        reached = "conversion IN (SELECT conversion FROM interactions)"
        every = request.count_rows("c")
        return (
            f"SELECT 'credit' AS cell, (SELECT {every} FROM conversions AS c WHERE {reached}) AS n\n"
            f"UNION ALL SELECT 'unattributed', (SELECT {every} FROM conversions AS c WHERE NOT {reached})"
        )
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
        amount = f"CAST(p.amount_parts * {of_amount} AS HUGEINT)"
        if n in request.estimated_kernels:
            amount = states.at_least_one(amount, "p.amount_parts")
        count = f"CAST({of_count} * 1e12 AS BIGINT)"
        count += f" * CAST(p.{TIMES} AS HUGEINT)" if request.of_paths else ""
        found[n] = f"CAST(sum({count}) AS HUGEINT)", f"CAST(sum({amount}) AS HUGEINT)"
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
    wanted = key_positions.wanted(request)
    in_positions = [
        f"coalesce(sum(interactions) FILTER (WHERE positions_held & {1 << i} <> 0), 0) AS in_{POSITIONS[i]}"
        for i in wanted
    ]
    bad = [
        f"((pattern >> {_HELD * i}) & {(1 << _HELD) - 1} <> 0 AND in_{POSITIONS[i]} * length <> interactions)"
        for i in wanted
    ]
    return f"""
SELECT 1
FROM (
  SELECT
    pattern,
    length,
    sum(interactions) AS interactions{more(in_positions)}
  FROM cube
  WHERE cell = 'credit'
  GROUP BY pattern, length
) AS g
WHERE {" OR ".join(bad)}
LIMIT 1"""
