"""Whole paths: every journey as the list of its states, with and without conversion, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.journey_values import DAY
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.row_names import UNATTRIBUTED
from attrib_cli.engine.source_spec import SEPARATOR
from attrib_cli.engine.sql import journeys
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.paths import BASE, JourneySource, journey_sources
from attrib_cli.engine.sql.resolved import Request

MOST_MICROS = 2**54
"""Moments that lie at most so many microseconds from what ages count from can be packed beside an id and a state."""

_PATH = "UTINYINT[]"
"""A path: the numbers of its states, which are fewer than `BASE`."""


def whole_paths(
    request: Request, piece: int = 0, pieces: int = 1, *, packed: bool = True, listed: bool = True
) -> tuple[Cte, ...]:
    """Every journey of the period: the list of its states in order, whether it converted, its value and its days.

    Of several `pieces` of all journeys it has one: lists are put together in memory, whatever the number of journeys.
    With `packed`, moment, id and state of an interaction are one number, whose lists are sorted several times as
    quickly; journeys of which that leaves the order open are put in order by all there is. Unless they are
    `listed`, the interactions of a journey are counted only, as `steps`, and it has no `path`. The tables that it reads
    come first.

    A conversion without interactions has an empty list. `lag` is in microseconds, from the first interaction to the
    conversion, or to the last interaction of a journey that did not convert.
    """
    parts: list[Cte] = []
    selects = []

    def mine(journey: str) -> str:
        return f" AND hash({journey}) % {pieces} = {piece}" if pieces > 1 else ""

    own = "c.times" if request.of_paths else "1 AS times"
    step, none = ("o.path", f"CAST([] AS {_PATH})) AS path") if listed else ("o.steps", "0) AS steps")
    for number, source in enumerate(journey_sources(request)):
        if listed:
            walked = _walked(request, source, mine("w.journey"), str(number), packed=packed)
        else:
            walked = [_counted(request, source, str(number))]
        parts += walked
        table = walked[-1].name
        if source.converted:
            selects.append(f"""
SELECT coalesce({step}, {none}, true AS converted, c.amount, o.lag, {own}
FROM conversions AS c
  LEFT JOIN {table} AS o ON o.journey = c.conversion
WHERE c.period = 0{mine("c.conversion")}""")
        else:
            selects.append(f"""
SELECT {step}, false AS converted, 0 AS amount, o.lag, o.times
FROM {table} AS o""")
    return (
        *parts,
        Cte(
            name="whole_paths",
            grain=f"one row for each journey: {'its states in order' if listed else 'how many interactions it has'},"
            " whether it converted, its value, how many it is",
            sql="\nUNION ALL".join(selects),
        ),
    )


def _walked(request: Request, source: JourneySource, mine: str, number: str, *, packed: bool) -> list[Cte]:
    """The tables that lead to the journeys of one kind, each with its path; the last one is called ``walked_N``."""
    order = ", ".join(["w.age DESC", *journeys.tie_terms(request, "w.touchpoint_id", "w.source_row")])
    exact = f"CAST(list(s.state ORDER BY {order}) AS {_PATH}) AS path"

    def of_source(path: str, condition: str = "") -> str:
        return f"""
SELECT {_of_journey(request, source, path)}
FROM {source.subquery} AS w
  JOIN states AS s ON s.value_number = w.value_number
WHERE w.period = 0{mine}{condition}
GROUP BY w.journey"""

    grain = "one row for each journey with interactions: its states in order, and how long it took"
    if not packed:
        return [Cte(name=f"walked_{number}", grain=grain, sql=of_source(exact))]
    id_ = _id_of(request)
    step = f"CAST(-w.age AS HUGEINT) * {BASE * 2**64} + {id_} * {BASE} + s.state"
    neighbours = "list_zip(p.steps[:-2], p.steps[2:])"
    alike = "(x[1] >> 8) = (x[2] >> 8) AND x[1] <> x[2]"
    return [
        Cte(
            name=f"packed_{number}",
            grain="one row for each journey with interactions: moment, id and state of each as one number, in order",
            sql=of_source(f"list_sort(list({step})) AS steps"),
            materialized=True,
        ),
        Cte(
            name=f"open_{number}",
            grain="one row for each journey whose order moments and ids leave open",
            sql=f"""
SELECT p.journey
FROM packed_{number} AS p
WHERE list_bool_or(list_transform({neighbours}, lambda x: {alike}))""",
            materialized=True,
        ),
        Cte(
            name=f"ordered_{number}",
            grain="one row for each of these journeys: its states in order",
            sql=of_source(exact, f" AND w.journey IN (SELECT journey FROM open_{number})"),
        ),
        Cte(
            name=f"walked_{number}",
            grain=grain,
            sql=f"""
SELECT
  p.journey,
  coalesce(o.path, CAST(list_transform(p.steps, lambda x: x & {BASE - 1}) AS {_PATH})) AS path,
  p.lag,
  p.times
FROM packed_{number} AS p
  LEFT JOIN ordered_{number} AS o ON o.journey = p.journey""",
        ),
    ]


def _counted(request: Request, source: JourneySource, number: str) -> Cte:
    """The journeys of one kind, each with how many interactions it has; in no order, which costs most of a path."""
    return Cte(
        name=f"walked_{number}",
        grain="one row for each journey with interactions: how many it has, and how long it took",
        sql=f"""
SELECT {_of_journey(request, source, "count(*) AS steps")}
FROM {source.subquery} AS w
WHERE w.period = 0
GROUP BY w.journey""",
    )


def _of_journey(request: Request, source: JourneySource, own: str) -> str:
    """The SQL of what a journey has: its id, `own`, its days in microseconds, and how many journeys it stands for."""
    lag = "max(w.age)" if source.converted else "max(w.age) - min(w.age)"
    times = "any_value(w.times)" if request.of_paths else "1"
    return f"w.journey, {own}, {lag} AS lag, {times} AS times"


def _id_of(request: Request) -> str:
    """The SQL of a number from 0 to 2^64 - 1 that orders interactions of one moment, as far as one does."""
    if not request.has("touchpoints", "touchpoint_id"):
        return "CAST(w.source_row AS HUGEINT)"
    if request.tables["touchpoints"].columns["touchpoint_id"].type == "BIGINT":
        return f"(CAST({journeys.known_number('w.touchpoint_id')} AS HUGEINT) + {2**63})"
    return "0"


def left_out(states: Sequence[int], at_the_end: Sequence[int]) -> str:
    """Stage the paths anew without `states`, and without those `at_the_end`, but for paths of nothing else."""
    path = "path"
    if states:
        others = f"list_filter({path}, lambda x: x NOT IN ({', '.join(map(str, states))}))"
        path = f"CASE WHEN len({others}) > 0 THEN {others} ELSE {path} END"
    if at_the_end:
        other = f"x NOT IN ({', '.join(map(str, at_the_end))})"
        last = f"list_max(list_transform({path}, lambda x, i: CASE WHEN {other} THEN i ELSE 0 END))"
        path = f"CASE WHEN {last} > 0 THEN ({path})[1:{last}] ELSE {path} END"
    return f"CREATE OR REPLACE TEMP TABLE whole_paths AS SELECT * REPLACE ({path} AS path) FROM whole_paths"


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


def farthest(table: str, moment: str) -> str:
    """A query of one row: how many interactions a table has, and how far in microseconds they lie from 0 at most."""
    return f"SELECT count(*) AS n, coalesce(max(abs(CAST({moment} AS HUGEINT))), 0) AS far FROM {table}"


def counted_paths(path: str) -> str:
    """Stage how many journeys take each path: path (a list of states) | conversions, amount, journeys."""
    return f"CREATE OR REPLACE TEMP TABLE counted_paths AS SELECT {path} AS path, {_SUMS} FROM whole_paths GROUP BY 1"


def top_paths(labels: Sequence[str], most: int | None, *, states: bool = False, texts: bool = False) -> str:
    """The counted paths, those with the most conversions first, all of them or `most`.

    Grain: a path: its text, from the `labels` of the states, and what `counted_paths` has; with `states` the path, too.
    With `texts` all are texts, amounts without zeros at their ends.
    """
    order = "conversions DESC, amount DESC, journeys DESC, path"
    limit = "" if most is None else f" LIMIT {most}"
    listed = ", ".join(map(literal, labels))
    text = (
        f"CASE WHEN len(path) = 0 THEN '{UNATTRIBUTED}' ELSE array_to_string("
        f"list_select(CAST([{listed}] AS VARCHAR[]), CAST(path AS BIGINT[])), {literal(SEPARATOR)}) END"
    )
    own = ", path" if states else ""
    figures = ["conversions", "amount", "journeys"]
    if texts:
        figures = [f"CAST({name} AS VARCHAR)" for name in figures]
        figures[1] = f"regexp_replace({figures[1]}, '[.]?0+$', '')"
    return f"SELECT {text} AS shown, {', '.join(figures)}{own} FROM counted_paths ORDER BY {order}{limit}"


def lengths(steps: str) -> str:
    """How many journeys have how many steps: steps | conversions, amount, journeys."""
    return f"SELECT {steps} AS steps, {_SUMS} FROM whole_paths GROUP BY 1 ORDER BY 1"


def lags() -> str:
    """How many journeys take how many whole days: days | conversions, amount, journeys; null without interactions."""
    return f"SELECT lag // {DAY} AS days, {_SUMS} FROM whole_paths GROUP BY 1 ORDER BY 1 NULLS LAST"


def roles(path: str) -> str:
    """In how many conversions each state opened, assisted, closed and stood alone, on `path`.

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
        "  SELECT path, amount, times, unnest(list_distinct(path)) AS state FROM (\n"
        f"    SELECT {path} AS path, amount, times FROM whole_paths WHERE converted\n"
        "  ) AS w\n"
        ") AS p GROUP BY state ORDER BY conversions DESC, amount DESC, state"
    )


def overlaps(path: str) -> str:
    """How many journeys hold just the states of `path`: states (a sorted list) | conversions, amount, journeys."""
    return (
        f"SELECT list_sort(list_distinct({path})) AS states, {_SUMS} FROM whole_paths\n"
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


def deciles(value: str, steps: str) -> str:
    """The deciles of a value over the conversions that have interactions, or `steps`: nine whole numbers."""
    return (
        f"SELECT {', '.join(f'quantile_disc({value}, {i / 10})' for i in range(1, 10))}\n"
        f"FROM whole_paths WHERE converted AND {steps} > 0"
    )
