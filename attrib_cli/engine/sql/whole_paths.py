"""Whole paths: every journey as the list of its states, with and without conversion, and what is asked of them."""

from __future__ import annotations

from attrib_cli.engine.journey_values import DAY
from attrib_cli.engine.sql import journeys
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.paths import journey_sources
from attrib_cli.engine.sql.resolved import Request


def whole_paths(request: Request, piece: int = 0, pieces: int = 1) -> Cte:
    """Every journey of the period: the list of its states in order, whether it converted, its value and its days.

    Of several `pieces` of all journeys it has one: lists are put together in memory, whatever the number of journeys.

    A conversion without interactions has an empty list. `lag` is in microseconds, from the first interaction to the
    conversion, or to the last interaction of a journey that did not convert.
    """
    order = ", ".join(["w.age DESC", *journeys.tie_terms(request, "w.touchpoint_id", "w.source_row")])
    selects = []

    def mine(journey: str) -> str:
        return f" AND hash({journey}) % {pieces} = {piece}" if pieces > 1 else ""

    times, own = ("any_value(w.times)", "c.times") if request.of_paths else ("1", "1 AS times")
    for source in journey_sources(request):
        lag = "max(w.age)" if source.converted else "max(w.age) - min(w.age)"
        listed = f"""(
  SELECT w.journey, list(s.state ORDER BY {order}) AS path, {lag} AS lag, {times} AS times
  FROM {source.subquery} AS w
    JOIN states AS s ON s.value_number = w.value_number
  WHERE w.period = 0{mine("w.journey")}
  GROUP BY w.journey
)"""
        if source.converted:
            selects.append(f"""
SELECT coalesce(o.path, CAST([] AS INTEGER[])) AS path, true AS converted, c.amount, o.lag, {own}
FROM conversions AS c
  LEFT JOIN {listed} AS o ON o.journey = c.conversion
WHERE c.period = 0{mine("c.conversion")}""")
        else:
            selects.append(f"""
SELECT o.path, false AS converted, 0 AS amount, o.lag, o.times
FROM {listed} AS o""")
    return Cte(
        name="whole_paths",
        grain="one row for each journey: its states in order, whether it converted, its value, how many it stands for",
        sql="\nUNION ALL".join(selects),
        materialized=True,
    )


def shortened(path: str, *, collapse: bool, distinct: bool, first: int | None, last: int | None) -> str:
    """The SQL of a path with repeats left out and cut to its first or last steps, in this order."""
    if collapse:
        path = f"list_filter({path}, lambda x, i: i = 1 OR x <> ({path})[i - 1])"
    if distinct:
        path = f"list_filter({path}, lambda x, i: list_position({path}, x) = i)"
    if first is not None:
        path = f"({path})[1:{first}]"
    return path if last is None else f"({path})[-{last}:]"


_SUMS = (
    "CAST(coalesce(sum(times) FILTER (converted), 0) AS BIGINT) AS conversions, coalesce(sum(amount), 0) AS amount,"
    " CAST(coalesce(sum(times), 0) AS BIGINT) AS journeys"
)


def counted_paths(path: str) -> str:
    """Stage how many journeys take each path: path (a list of states) | conversions, amount, journeys."""
    return f"CREATE OR REPLACE TEMP TABLE counted_paths AS SELECT {path} AS path, {_SUMS} FROM whole_paths GROUP BY 1"


def top_paths(most: int | None) -> str:
    """The counted paths, those with the most conversions first, all of them or `most`."""
    order = "conversions DESC, amount DESC, journeys DESC, path"
    limit = "" if most is None else f" LIMIT {most}"
    return f"SELECT path, conversions, amount, journeys FROM counted_paths ORDER BY {order}{limit}"


def lengths(path: str) -> str:
    """How many journeys have how many steps: steps | conversions, amount, journeys."""
    return f"SELECT len({path}) AS steps, {_SUMS} FROM whole_paths GROUP BY 1 ORDER BY 1"


def lags() -> str:
    """How many journeys take how many whole days: days | conversions, amount, journeys; null without interactions."""
    return f"SELECT lag // {DAY} AS days, {_SUMS} FROM whole_paths GROUP BY 1 ORDER BY 1 NULLS LAST"


def roles() -> str:
    """In how many conversions each state opened, assisted, closed and stood alone.

    state | opened, assisted, closed, alone, conversions, amount. A state assists where it stands anywhere before the
    last interaction; alone is a journey of nothing else.
    """
    return (
        "SELECT state, CAST(coalesce(sum(times) FILTER (path[1] = state), 0) AS BIGINT) AS opened,\n"
        "  CAST(coalesce(sum(times) FILTER (list_contains(path[:-2], state)), 0) AS BIGINT) AS assisted,\n"
        "  CAST(coalesce(sum(times) FILTER (path[-1] = state), 0) AS BIGINT) AS closed,\n"
        "  CAST(coalesce(sum(times) FILTER (len(list_distinct(path)) = 1), 0) AS BIGINT) AS alone,\n"
        "  CAST(sum(times) AS BIGINT) AS conversions, coalesce(sum(amount), 0) AS amount\n"
        "FROM (\n"
        "  SELECT path, amount, times, unnest(list_distinct(path)) AS state FROM whole_paths WHERE converted\n"
        ") AS p GROUP BY state ORDER BY conversions DESC, amount DESC, state"
    )


def overlaps() -> str:
    """How many journeys hold just these states: states (a sorted list) | conversions, amount, journeys."""
    return (
        f"SELECT list_sort(list_distinct(path)) AS states, {_SUMS} FROM whole_paths\n"
        "GROUP BY 1 ORDER BY conversions DESC, amount DESC, journeys DESC, states"
    )


def flows(path: str) -> str:
    """How often what follows what: step, state and the next state | conversions, amount, journeys.

    A journey counts at each of its steps; state 0 as the next one is its end.
    """
    return (
        f"SELECT step, p[step] AS state, coalesce(p[step + 1], 0) AS following, {_SUMS} FROM (\n"
        f"  SELECT p, converted, amount, times, unnest(range(1, len(p) + 1)) AS step\n"
        f"  FROM (SELECT {path} AS p, converted, amount, times FROM whole_paths) AS w\n"
        ") AS s GROUP BY ALL ORDER BY step, conversions DESC, journeys DESC, state, following"
    )


def deciles(value: str) -> str:
    """The deciles of a value over the conversions that have interactions: nine whole numbers."""
    return (
        f"SELECT {', '.join(f'quantile_disc({value}, {i / 10})' for i in range(1, 10))}\n"
        "FROM whole_paths WHERE converted AND len(path) > 0"
    )
