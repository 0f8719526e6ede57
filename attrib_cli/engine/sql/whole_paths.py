"""Whole paths: every journey as the list of its states, with and without conversion, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.journey_values import DAY
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.row_names import UNATTRIBUTED
from attrib_cli.engine.source_spec import SEPARATOR
from attrib_cli.engine.sql import journeys
from attrib_cli.engine.sql.paths import JourneySource, journey_sources
from attrib_cli.engine.sql.resolved import Request

_PATH = "UTINYINT[]"
"""A path: the numbers of its states, which are fewer than `paths.BASE`."""

_ONE = "CAST(1 AS BIGINT)"


def no_paths(request: Request) -> str:
    """Stage ``whole_paths`` without rows: path | converted, amount, lag, times.

    Grain: a journey: the list of its states in order, whether it converted, its value, and how many journeys it stands
    for. A conversion without interactions has an empty list. `lag` is in microseconds, from the first interaction to
    the conversion, or to the last interaction of a journey that did not convert.
    """
    return (
        f"CREATE OR REPLACE TEMP TABLE whole_paths AS\nSELECT CAST([] AS {_PATH}) AS path, true AS converted, c.amount,"
        " CAST(0 AS BIGINT) AS lag, CAST(0 AS BIGINT) AS times FROM conversions AS c WHERE false\n"
        f"UNION ALL SELECT CAST([] AS {_PATH}), false, 0, 0, 0 WHERE false"
    )


def piece_of(piece: int, pieces: int) -> str:
    """The SQL of a condition that has one of several `pieces` of all journeys; those of one are in one piece."""
    return f" AND hash(w.journey) % {pieces} = {piece}" if pieces > 1 else ""


def steps_in_order(request: Request, source: JourneySource, piece: str, *, text: bool, full: bool) -> str:
    """The SELECT of the interactions of journeys, those of one together and in order: journey | age, state, times.

    Ids that are a `text` are told apart by a number first, which is quicker. Where ids of touchpoints are texts, those
    of one moment are in no order unless it is `full`: comparing such ids takes longer than all else.
    """
    order = ["hash(w.journey)", "w.journey"] if text else ["w.journey"]
    order += ["w.age DESC", *_ties(request, full=full)]
    return f"""
SELECT w.journey, w.age, CAST(s.state AS UTINYINT) AS state, {_times(request)} AS times
FROM {source.subquery} AS w
  JOIN states AS s ON s.value_number = w.value_number
WHERE w.period = 0{piece}
ORDER BY {", ".join(order)}"""


def _ties(request: Request, *, full: bool) -> list[str]:
    """The SQL of what orders interactions of one time: what `tie_terms` says, as columns where it can be."""
    if not request.has("touchpoints", "touchpoint_id"):
        return ["w.source_row"]
    if request.tables["touchpoints"].columns["touchpoint_id"].type == "BIGINT":
        return ["w.touchpoint_id NULLS LAST", "w.source_row"]
    return journeys.tie_terms(request, "w.touchpoint_id", "w.source_row") if full else []


def with_conversions(request: Request, source: JourneySource, walked: str, piece: str) -> str:
    """Add journeys that were `walked` (journey | path, lag, times) to ``whole_paths``, those of conversions with them.

    A conversion without a journey has an empty path.
    """
    if not source.converted:
        return f"INSERT INTO whole_paths SELECT o.path, false, 0, o.lag, o.times FROM {walked} AS o"
    return f"""
INSERT INTO whole_paths
SELECT coalesce(o.path, CAST([] AS {_PATH})), true, w.amount, o.lag, {_times(request)}
FROM (SELECT *, conversion AS journey FROM conversions) AS w
  LEFT JOIN {walked} AS o ON o.journey = w.journey
WHERE w.period = 0{piece}"""


def counted_journeys(request: Request) -> str:
    """Stage ``whole_paths`` with how many `steps` a journey has in place of its path; in no order, which costs most."""
    times = "any_value(w.times)" if request.of_paths else _ONE
    selects = []
    for source in journey_sources(request):
        lag = "max(w.age)" if source.converted else "max(w.age) - min(w.age)"
        counted = f"""
  SELECT w.journey, count(*) AS steps, {lag} AS lag, {times} AS times
  FROM {source.subquery} AS w
  WHERE w.period = 0
  GROUP BY w.journey"""
        if source.converted:
            selects.append(f"""
SELECT coalesce(o.steps, 0) AS steps, true AS converted, w.amount, o.lag, {_times(request)} AS times
FROM conversions AS w
  LEFT JOIN ({counted}
  ) AS o ON o.journey = w.conversion
WHERE w.period = 0""")
        else:
            selects.append(f"""
SELECT o.steps, false, 0, o.lag, o.times
FROM ({counted}
) AS o""")
    return "CREATE OR REPLACE TEMP TABLE whole_paths AS" + "\nUNION ALL".join(selects)


def _times(request: Request) -> str:
    """The SQL of how many journeys the journey or conversion w stands for."""
    return "CAST(w.times AS BIGINT)" if request.of_paths else _ONE


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


def counted_paths(path: str) -> str:
    """Stage how many journeys take each path: path (a list of states) | conversions, amount, journeys."""
    return f"CREATE OR REPLACE TEMP TABLE counted_paths AS SELECT {path} AS path, {_SUMS} FROM whole_paths GROUP BY 1"


def top_paths(labels: Sequence[str], most: int | None, *, states: bool = False) -> str:
    """The counted paths, those with the most conversions first, all of them or `most`.

    Grain: a path: its text, from the `labels` of the states, and what `counted_paths` has; with `states` the path, too.
    """
    listed = ", ".join(map(literal, labels))
    text = (
        f"CASE WHEN len(path) = 0 THEN '{UNATTRIBUTED}' ELSE array_to_string("
        f"list_select(CAST([{listed}] AS VARCHAR[]), CAST(path AS BIGINT[])), {literal(SEPARATOR)}) END"
    )
    return ordered_paths(f"{text} AS shown, conversions, amount, journeys{', path' if states else ''}", most)


def ordered_paths(columns: str, most: int | None) -> str:
    """Some columns of the counted paths, those with the most conversions first, all of them or `most`."""
    limit = "" if most is None else f" LIMIT {most}"
    return f"SELECT {columns} FROM counted_paths ORDER BY conversions DESC, amount DESC, journeys DESC, path{limit}"


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
