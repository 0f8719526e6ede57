"""Journeys as data-driven models see them: those that converted and those that did not, counted step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.source_spec import TIMES
from attrib_cli.engine.sql import journey_values, journeys, states
from attrib_cli.engine.sql.cte import Cte, comma, conjunction, more
from attrib_cli.engine.sql.non_converting import channel_of, is_bounded
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import EstimationSettings

BASE = 256
"""Consecutive states are packed into one number with this base, the last one lowest."""


@frozen
class JourneySource:
    """A table of the interactions of journeys of one kind, and whether these convert.

    Its columns are period, journey, age, ids as the order of interactions needs them, and value_number.
    """

    table: Cte
    converted: bool

    @property
    def subquery(self) -> str:
        """The table where it is read, for a query that has no tables of its own."""
        return f"({self.table.sql.strip()})"


def journey_sources(request: Request) -> tuple[JourneySource, ...]:
    """All journeys that models are estimated from."""
    ids = [f"i.{column}" for column in journeys.tie_columns(request)] if request.needs_order else []
    where = "\nWHERE NOT i.excluded" if request.excludes else ""
    converting = Cte(
        name="converting_journeys",
        grain="one row for each interaction of a journey that converts",
        sql=f"""
SELECT
  i.period,
  i.conversion AS journey,
  i.age{more([*ids, *(f"i.{name}" for name in request.times)])},
  i.value_number
FROM interactions AS i{where}""",
    )
    found = [JourneySource(table=converting, converted=True)]
    if not request.takes_non_converting:
        return tuple(found)
    bounded = is_bounded(request)
    times = [f"i.{name}" for name in request.times]
    for kind in ("contacts", "deals") if request.report_type.won_only else ("contacts",):
        ends = f"\n  JOIN non_converting_{kind}_end AS l ON l.journey = i.journey" if bounded else ""
        if bounded and request.lookback is not None:
            ends += f"\nWHERE i.occurred_at >= l.ended_at - {journeys.lookback(request)}"
        selected = f"""
SELECT
  {"l.period" if bounded else "0 AS period"},
  i.journey,
  -epoch_us(i.occurred_at) AS age{more([*ids, *channel_of(request, "i.channel_value"), *times])},
  i.value_number
FROM non_converting_{kind} AS i{ends}"""
        table = Cte(
            name=f"journeys_of_{kind}",
            grain="one row for each interaction of a journey that does not convert; age counts from no conversion",
            sql=_picked(request, selected) if request.journey_filters else selected,
        )
        found.append(JourneySource(table=table, converted=False))
    return tuple(found)


def _picked(request: Request, interactions: str) -> str:
    """The SELECT of those interactions of journeys that did not convert whose journeys pass the filters on journeys."""
    filtered = replace(request, dimensions=())
    order = []
    if channel_of(request, ""):
        order = ["i.age DESC", *journeys.tie_terms(request.in_full(), "i.touchpoint_id", "i.source_row")]
    source = f"({interactions}\n)"
    values = journey_values.measured(filtered, source, "journey", order, lag="(max(i.age) - min(i.age))")
    own = "i.* EXCLUDE (channel_value)" if order else "i.*"
    return f"""
SELECT {own}
FROM {source} AS i
WHERE i.journey IN (
  SELECT w.journey
  FROM ({values}
  ) AS w
  WHERE {conjunction(journey_values.picked(filtered, "w"))}
)"""


def value_counts(request: Request) -> tuple[Cte, ...]:
    """The values that the journeys hold, after the tables of the journeys."""
    tables = [source.table for source in journey_sources(request)]
    return (*tables, states.value_counts(request, request.estimation, [table.name for table in tables]))


def moves(request: Request, estimation: EstimationSettings) -> tuple[Cte, ...]:
    """Every journey step by step: each interaction with the `order` before it, packed, and whether it is the last.

    `worth` is the conversion's value in millionths where the journey ends in one. `twice` marks two interactions that
    the order cannot tell apart: then the request must be walked in full. The tables that it reads come first.
    """
    sources = journey_sources(request)
    return (
        *(source.table for source in sources),
        Cte(
            name="moves",
            grain="one row for each interaction of each journey: the window of states that it ends",
            sql="\nUNION ALL".join(_moves(request, estimation, kind, source) for kind, source in enumerate(sources)),
        ),
    )


def _moves(request: Request, estimation: EstimationSettings, kind: int, source: JourneySource) -> str:
    code = " + ".join(
        f"CAST({f'lag(s.state, {back}, 0) OVER journey' if back else 's.state'} AS BIGINT) * {BASE**back}"
        for back in range(estimation.order + 1)
    )
    ties = journeys.tie_terms(request, "w.touchpoint_id", "w.source_row")
    told_by, twice = "s.state", "false"
    if request.order_key == "id":
        ties = ties[:1]
        told_by, twice = ties[0], "coalesce(o.following = o.told_by, false)"
    last = "o.following IS NULL"
    worth, conversions = "0", ""
    if source.converted and request.valued:
        worth = "coalesce(c.amount, 0)"
        conversions = f"\n  LEFT JOIN conversions AS c ON c.conversion = CASE WHEN {last} THEN o.journey END"
    return f"""
SELECT
  o.period,
  {_origin(kind)},
  o.code,
  {last} AS last,
  {twice} AS twice,
  {last if source.converted else "false"} AS converted,
  {worth} AS worth{more(f"o.{name}" for name in request.times)}
FROM (
  SELECT
    w.period,
    w.journey,
    {code} AS code,
    {told_by} AS told_by,
    lead({told_by}) OVER journey AS following{"".join(f", w.{name}" for name in request.times)}
  FROM {source.table.name} AS w
    JOIN states AS s ON s.value_number = w.value_number
  WINDOW journey AS (PARTITION BY w.journey ORDER BY {", ".join(["w.age DESC", *ties])})
) AS o{conversions}"""


def _origin(kind: int) -> str:
    """The SQL of a number that tells journeys apart, for a bootstrap to draw by; the same on every run."""
    return f"hash(xor(hash(o.journey), CAST({kind + 1} AS UBIGINT))) AS origin"


def drawn_conversions(request: Request) -> Cte:
    """Conversions with interactions, with the number that they are drawn by as journeys, and their value."""
    eligible = "\n  WHERE NOT excluded" if request.excludes else ""
    return Cte(
        name="drawn_conversions",
        grain="one row for each conversion with interactions: its value, and what it is drawn by",
        sql=f"""
SELECT o.period, {_origin(0)}, o.worth
FROM (
  SELECT period, conversion AS journey, amount AS worth
  FROM conversions
  WHERE conversion IN (SELECT conversion FROM interactions{eligible})
) AS o""",
    )


def steps(request: Request, estimation: EstimationSettings) -> tuple[Cte, ...]:
    """How often journeys took which step: a window of order + 1 consecutive states, and whether it was their last."""
    return (
        *moves(request, estimation),
        Cte(
            name="steps",
            grain="one row for each period, window of states and whether it ended journeys: how many there were",
            sql=counted_steps("moves", request.count_rows("moves"), request.count_rows("moves", "converted")),
            materialized=True,
        ),
    )


def counted_steps(source: str, count: str, converted: str, *more: str) -> str:
    """The SELECT of how often each step of `source` was taken, by these counts; `more` are further columns."""
    columns = [
        f"{count} AS n",
        f"{converted} AS converted",
        "CAST(sum(worth) * 1000000 AS HUGEINT) AS worth",
        "bool_or(twice) AS twice",
        *more,
    ]
    return f"""
SELECT
  period,
  code,
  last,
  {comma(columns)}
FROM {source}
GROUP BY period, code, last"""


def coalitions(request: Request) -> tuple[Cte, ...]:
    """How many journeys consist of which states."""
    return (
        *whole_journeys(request),
        Cte(
            name="coalitions",
            grain="one row for each period and set of states: the journeys that consist of just these",
            sql=f"""
SELECT
  period,
  states,
  {request.count_rows("whole_journeys")} AS n,
  {request.count_rows("whole_journeys", "converted")} AS converted,
  CAST(sum(worth) * 1000000 AS HUGEINT) AS worth
FROM whole_journeys
GROUP BY period, states""",
            materialized=True,
        ),
    )


def whole_journeys(request: Request) -> tuple[Cte, ...]:
    """Every journey with the set of its states, after the tables that it reads."""
    sources = journey_sources(request)
    times = "".join(f", any_value(w.{name}) AS {name}" for name in request.times)
    selects = []
    for kind, source in enumerate(sources):
        worth, conversions = "0", ""
        if source.converted and request.valued:
            worth, conversions = "c.amount", "\n  JOIN conversions AS c ON c.conversion = o.journey"
        selects.append(f"""
SELECT
  o.period,
  {_origin(kind)},
  o.states,
  {"true" if source.converted else "false"} AS converted,
  {worth} AS worth{more(f"o.{name}" for name in request.times)}
FROM (
  SELECT w.period, w.journey, {_set_of_states(request)} AS states{times}
  FROM {source.table.name} AS w
    JOIN states AS s ON s.value_number = w.value_number
  GROUP BY w.period, w.journey
) AS o{conversions}""")
    return (
        *(source.table for source in sources),
        Cte(
            name="whole_journeys",
            grain="one row for each journey: the set of its states",
            sql="\nUNION ALL".join(selects),
        ),
    )


def _set_of_states(request: Request) -> str:
    """The SQL of the states of a journey, each once: in the order in which they first stood in it where that counts."""
    if not request.ordered_sets:
        return "list_sort(list(DISTINCT s.state))"
    order = ", ".join(["w.age DESC", *journeys.tie_terms(request, "w.touchpoint_id", "w.source_row")])
    path = f"list(s.state ORDER BY {order})"
    return f"list_filter({path}, lambda x, i: list_position({path}, x) = i)"


def journey_counts(request: Request) -> Cte:
    """What is shared out in each period: the journeys that models are estimated from, and those that converted."""
    if request.needs_steps:
        source = "steps\nWHERE last"
    elif request.estimated_kernels:
        source = "coalitions"
    else:
        eligible = " WHERE NOT excluded" if request.excludes else ""
        one = TIMES if request.of_paths else "1"
        source = f"""(
  SELECT period, {one} AS n, {one} AS converted, CAST(amount * 1000000 AS HUGEINT) AS worth
  FROM conversions
  WHERE conversion IN (SELECT conversion FROM interactions{eligible})
) AS c"""
    return Cte(
        name="journey_counts",
        grain="one row for each period: its journeys, its conversions with interactions and their value in millionths",
        sql=f"""
SELECT
  period,
  CAST(sum(n) AS HUGEINT) AS n,
  CAST(sum(converted) AS HUGEINT) AS converted,
  CAST(sum(worth) AS HUGEINT) AS worth
FROM {source}
GROUP BY period""",
    )


def at_least(request: Request) -> str:
    """A query of how many journeys hold each state at least, by period and state; 0 where it cannot tell.

    Those that end in the state, where steps are staged; else a quarter of what is estimated, which is surely less.
    """
    if request.needs_steps:
        return f"""
SELECT period, code % {BASE} AS state, coalesce(sum(n) FILTER (last), 0) AS n
FROM steps
GROUP BY period, code % {BASE}
ORDER BY period, state"""
    return f"""
SELECT period, state, sum(n) // 4 AS n
FROM (
  SELECT period, kind, state, approx_count_distinct(journey) AS n
  FROM ({_states_of_journeys(request)}
  ) AS w
  GROUP BY period, kind, state
) AS k
GROUP BY period, state
ORDER BY period, state"""


def exactly(request: Request, states: Sequence[int]) -> str:
    """A query of how many journeys of each period hold each of `states`: period, state, journeys."""
    return f"""
SELECT period, state, CAST(sum(n) AS BIGINT) AS n
FROM (
  SELECT period, kind, state, {"sum(times)" if request.of_paths else "count(DISTINCT journey)"} AS n
  FROM ({_states_of_journeys(request)}
  ) AS w
  WHERE state IN ({", ".join(map(str, states))})
  GROUP BY period, kind, state
) AS c
GROUP BY period, state
ORDER BY period, state"""


def _states_of_journeys(request: Request) -> str:
    sources = enumerate(journey_sources(request))
    times = "".join(f", w.{name}" for name in request.times)
    union = "\n  UNION ALL\n  ".join(f"SELECT {kind} AS kind, * FROM {source.subquery}" for kind, source in sources)
    return f"""
SELECT {"DISTINCT " if request.of_paths else ""}w.period, w.kind, w.journey, s.state{times}
FROM (
  {union}
) AS w
  JOIN states AS s ON s.value_number = w.value_number"""
