"""Intervals of confidence: what every row is credited with in every replicate, and the ends between which most lie.

Two questions are asked of the same draws. The interval of a figure holds the value of the report fixed and doubts its
split: a replicate shares out what the report does. The interval of a change of two periods doubts their conversions and
values too: else the difference of two totals would be sure.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from attrib_cli.engine.sql.changes import change_of
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.draws import REPLICATES
from attrib_cli.engine.sql.labels import dimension_names
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.whole_numbers import MICRO

MOST_ROWS = 10_000
"""Rows of a report, times 200 replicates, that are drawn at once in reasonable time and memory."""

_VALUES = ("conversions", "amount")


def ranks(confidence: Decimal) -> tuple[int, int]:
    """Return the places, from 1, of the interval's ends among the sorted replicates (percentile bootstrap)."""
    cut = int(((1 - confidence) / 2 * REPLICATES).to_integral_value(ROUND_FLOOR))
    return cut + 1, REPLICATES - cut


def row_draws(request: Request, place: str) -> tuple[Cte, ...]:
    """What every row has in every replicate, after what it is made of; `place` is the SQL of the place of its row p.

    ``row_draws``: (row_place, model_number, period, replicate, conversions, amount, free_conversions, free_amount), in
    millionths. The first two share out the value of the report, the free ones that of the replicate. Rows of no place
    are of all rows shown together, where periods are compared. A row that nothing is drawn for is not there.
    """
    parts: list[Cte] = []
    selects = []
    if request.groups_drawn:
        parts += _drawn_groups(request, place)
        selects.append("SELECT * FROM rows_by_groups")
    if request.drawn:
        parts += _drawn_states(request, place)
        selects.append("SELECT * FROM rows_by_states")
    if not selects:
        nothing = ", ".join(f"CAST(0 AS HUGEINT) AS {name}" for name in ("conversions", "amount"))
        free = ", ".join(f"CAST(0 AS HUGEINT) AS free_{name}" for name in ("conversions", "amount"))
        selects.append(
            f"SELECT 0 AS row_place, 0 AS model_number, 0 AS period, 0 AS replicate, {nothing}, {free} WHERE false"
        )
    return (
        *parts,
        Cte(
            name="row_draws",
            grain="one row for each place, model, period and replicate: what the row is credited with there",
            sql="\nUNION ALL\n".join(selects),
            materialized=True,
        ),
    )


def _same(request: Request) -> str:
    return " AND ".join(f"p.{name} = t.{name}" for name in dimension_names(request)) or "true"


def _with_all(request: Request, select: str, grouped: str) -> str:
    """The rows of `select`, and where periods are compared those of all of them together, which have no place."""
    if not request.compared:
        return select
    return f"{select}\nUNION ALL\nSELECT CAST(NULL AS BIGINT) AS row_place, {grouped}"


def _drawn_groups(request: Request, place: str) -> tuple[Cte, ...]:
    """Rows under models by rules: sums of what groups of conversions bring, each as often as the replicate draws it."""
    keys = "period, model_number, sample_group"
    sums = "CAST(sum(conversions) AS HUGEINT) AS conversions, CAST(sum(amount) AS HUGEINT) AS amount"
    placed = f"""SELECT {place} AS row_place, t.period, t.model_number, t.sample_group,
  CAST(sum(t.conversions) AS HUGEINT) AS conversions,
  CAST(sum(t.amount) AS HUGEINT) AS amount
FROM sampled AS t
  JOIN places AS p ON {_same(request)}
WHERE t.shown AND (t.conversions <> 0 OR t.amount <> 0)
GROUP BY 1, 2, 3, 4"""
    of_all = f"{keys}, {sums}\nFROM sampled WHERE shown GROUP BY {keys}"
    drawn = ",\n  ".join(f"CAST(sum(x.{name} * w.times) AS HUGEINT) AS {name}" for name in _VALUES)
    weights = "JOIN group_weights AS w ON w.period = x.period AND w.sample_group = x.sample_group"
    split = ",\n  ".join(f"{_shared_out(name)} AS {name}" for name in _VALUES)
    free = ",\n  ".join(f"{_micros(f'CAST(d.{name} AS DOUBLE)')} AS free_{name}" for name in _VALUES)
    return (
        Cte(
            name="sampled_rows",
            grain="one row for each place, period, model and group of conversions: its credits, in 10^-12 parts",
            sql=_with_all(request, placed, of_all),
        ),
        Cte(
            name="group_draws",
            grain="one row for each place, period, model and replicate: credits; replicate 0 is the data themselves",
            sql=f"""
SELECT x.row_place, x.period, x.model_number, w.replicate,
  {drawn}
FROM sampled_rows AS x
  {weights}
GROUP BY 1, 2, 3, 4""",
            materialized=True,
        ),
        Cte(
            name="drawn_wholes",
            grain="one row for each period, model and replicate: the credits of all rows, shown or not",
            sql=f"""
SELECT x.period, x.model_number, w.replicate,
  {drawn}
FROM (SELECT {keys}, {sums} FROM sampled GROUP BY {keys}) AS x
  {weights}
GROUP BY 1, 2, 3""",
            materialized=True,
        ),
        Cte(
            name="rows_by_groups",
            grain="one row for each place, model by rules, period and replicate: its credits, in millionths",
            sql=f"""
SELECT d.row_place, d.model_number, d.period, d.replicate,
  {split},
  {free}
FROM group_draws AS d
  JOIN group_draws AS o ON o.replicate = 0 AND o.row_place IS NOT DISTINCT FROM d.row_place
    AND o.period = d.period AND o.model_number = d.model_number
  JOIN drawn_wholes AS w ON w.replicate = d.replicate AND w.period = d.period AND w.model_number = d.model_number
  JOIN drawn_wholes AS v ON v.replicate = 0 AND v.period = d.period AND v.model_number = d.model_number
WHERE d.replicate > 0""",
        ),
    )


def _micros(parts: str) -> str:
    """The SQL of 10^-12 parts, a DOUBLE, as whole millionths."""
    return f"CAST(round({parts} / {MICRO}) AS HUGEINT)"


def _shared_out(name: str) -> str:
    """The SQL of a row's part d of a replicate w, of the value that the data v share out.

    A replicate without conversions says nothing, and leaves the row what it has, o; one whose value is 0 or less
    (refunds) is not scaled.
    """
    part = f"(CAST(d.{name} AS DOUBLE) / CAST(w.{name} AS DOUBLE))"
    return f"""CASE WHEN w.conversions = 0 THEN {_micros(f"CAST(o.{name} AS DOUBLE)")}
    WHEN w.{name} > 0 AND v.{name} > 0 THEN {_micros(f"CAST(v.{name} AS DOUBLE) * {part}")}
    ELSE {_micros(f"CAST(d.{name} AS DOUBLE)")} END"""


def _drawn_states(request: Request, place: str) -> tuple[Cte, ...]:
    """Rows under data-driven models: what their states are credited with, and the conversions that none of them is."""
    names = dimension_names(request)
    wholes = ", ".join(
        f"({one.period}, CAST({one.conversions} AS HUGEINT), CAST({one.worth} AS HUGEINT))" for one in request.drawn
    )
    split = ["parts", "of_parts"] if request.splits_cells else []
    part = " * t.parts // t.of_parts" if split else ""  # of the state's campaigns, those of the row
    shares = f"CAST(sum(d.counts{part}) AS HUGEINT) AS counts, CAST(sum(d.amounts{part}) AS HUGEINT) AS amounts"
    keys = ", ".join(["period", *names, "state", *split])
    states = f"(SELECT DISTINCT {keys}\n  FROM labelled WHERE shown AND state IS NOT NULL)"
    on = "JOIN draws AS d ON d.state = t.state AND d.period = t.period"
    unattributed = "sum(t.interactions) AS conversions, sum(t.amount) AS amount"
    bare = "t.cell = 'unattributed' AND t.shown"
    on_draw = "f.period = s.period AND f.replicate = s.replicate"
    joined = f"\n  JOIN draw_totals AS f ON {on_draw}" if request.compared else ""
    free_conversions, free_worth = ("f.conversions", "f.worth") if request.compared else ("v.conversions", "v.worth")
    return (
        Cte(
            name="state_draws",
            grain="one row for each place, period, model and replicate: the share of the states of the row",
            sql=_with_all(
                request,
                f"SELECT {place} AS row_place, t.period, d.model_number, d.replicate, {shares}\n"
                f"FROM {states} AS t\n  JOIN places AS p ON {_same(request)}\n  {on}\nGROUP BY 1, 2, 3, 4",
                f"t.period, d.model_number, d.replicate, {shares}\nFROM {states} AS t\n  {on}\nGROUP BY 1, 2, 3, 4",
            ),
        ),
        Cte(
            name="certain",
            grain="one row for each place and period: the conversions that no state is credited with, and their value",
            sql=_with_all(
                request,
                f"SELECT {place} AS row_place, t.period, {unattributed}\n"
                f"FROM labelled AS t\n  JOIN places AS p ON {_same(request)}\nWHERE {bare}\nGROUP BY 1, 2",
                f"t.period, {unattributed} FROM labelled AS t WHERE {bare} GROUP BY 1, 2",
            ),
        ),
        Cte(
            name="rows_by_states",
            grain="one row for each place, data-driven model, period and replicate: its credits, in millionths",
            sql=f"""
SELECT s.row_place, s.model_number, s.period, s.replicate,
  s.counts * v.conversions // {MICRO} + coalesce(u.conversions, 0) * {MICRO} AS conversions,
  s.amounts * v.worth // {MICRO**2} + coalesce(u.amount, 0) AS amount,
  s.counts * {free_conversions} // {MICRO} + coalesce(u.conversions, 0) * {MICRO} AS free_conversions,
  s.amounts * {free_worth} // {MICRO**2} + coalesce(u.amount, 0) AS free_amount
FROM state_draws AS s
  JOIN (VALUES {wholes}) AS v(period, conversions, worth) ON v.period = s.period{joined}
  LEFT JOIN certain AS u ON u.period = s.period AND u.row_place IS NOT DISTINCT FROM s.row_place""",
        ),
    )


def intervals(request: Request) -> tuple[Cte, ...]:
    """The ends of the intervals of every row, from the staged ``row_draws``."""
    low, high = ranks(request.confidence or Decimal())
    ends = []
    for name in _VALUES:
        for end, rank in (("low", low), ("high", high)):
            ends.append(f"(list_sort(list({name}) FILTER (has_now)))[{rank}] AS {name}_{end}")
            if request.compared:
                less = f"free_{name} - free_{name}_before"
                ends.append(f"(list_sort(list({less})))[{rank}] AS {name}_difference_{end}")
                change = change_of(f"free_{name}", f"free_{name}_before")
                ends.append(f"(list_sort(list({change}), 'ASC', 'NULLS LAST'))[{rank}] AS {name}_change_{end}")
    columns = ["bool_or(period = 0) AS has_now"]
    for name in _VALUES:
        columns.append(f"max({name}) FILTER (period = 0) AS {name}")
        columns.append(f"coalesce(max(free_{name}) FILTER (period = 0), 0) AS free_{name}")
        columns.append(f"coalesce(max(free_{name}) FILTER (period = 1), 0) AS free_{name}_before")
    return (
        Cte(
            name="replicates",
            grain="one row for each place, model and replicate: what the row has in both periods",
            sql=f"""
SELECT
  row_place,
  model_number,
  replicate,
  {comma(columns)}
FROM row_draws
GROUP BY row_place, model_number, replicate""",
        ),
        Cte(
            name="intervals",
            grain="one row for each place and model: the ends of its intervals, in millionths",
            sql=f"""
SELECT
  row_place,
  model_number,
  {comma(ends)}
FROM replicates
GROUP BY row_place, model_number""",
        ),
    )


def rows_drawn(request: Request) -> str:
    """A query of how many rows groups of conversions are drawn for, each under one model or several."""
    names = ", ".join(dimension_names(request)) or "1"
    return f"SELECT count(*) FROM (SELECT DISTINCT {names} FROM sampled WHERE shown) AS r"


def first_rows(value: str, last: int) -> str:
    """A query of what the rows up to a place have in each replicate, under the first model, which orders them.

    row_place | list of `value` (conversions or amount) by replicate. Reads the staged ``row_draws``.
    """
    return f"""
SELECT row_place, list({value} ORDER BY replicate)
FROM row_draws
WHERE model_number = 0 AND period = 0 AND row_place <= {last}
GROUP BY row_place
ORDER BY row_place"""
