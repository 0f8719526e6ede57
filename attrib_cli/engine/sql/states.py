"""States: the values that data-driven models weigh, as small whole numbers, and what interactions earn by them.

A value is a combination of the columns that make a state, as it stands in the touchpoints. A state is what rows show
for it. The smallest states are pooled where there are more than a chain can be solved for.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.sql import key_positions
from attrib_cli.engine.sql.campaigns import with_campaigns
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.labels import label_of
from attrib_cli.engine.sql.memberships import touchpoints
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import EstimationSettings

LIMIT = 200
"""So many states at most; the last one is the pool of all that are smaller."""


def _keys(request: Request, estimation: EstimationSettings) -> dict[str, str]:
    """The columns of a value, each with its column of the touchpoints."""
    fields = [(n, field) for n, field in enumerate(estimation.states) if field.level != "campaign"]
    keys = {estimation.value_column(n): request.column(field, "t") for n, field in fields}
    return keys | ({"campaign_key": "t.campaign_id"} if estimation.by_campaign else {})


def values(request: Request, estimation: EstimationSettings) -> Cte:
    """Every value in the touchpoints, numbered by its content."""
    columns = [f"{column} AS {key}" for key, column in _keys(request, estimation).items()] or ["true AS everything"]
    return Cte(
        name="state_values",
        grain="one row for each combination of values that makes a state, numbered",
        sql=f"""
SELECT
  CAST(row_number() OVER (ORDER BY {", ".join(_keys(request, estimation)) or "everything"}) AS INTEGER) AS value_number,
  v.*
FROM (
  SELECT DISTINCT {", ".join(columns)}
  FROM {touchpoints(request)} AS t
) AS v""",
        materialized=True,
    )


def with_values(request: Request, estimation: EstimationSettings) -> str:
    """The join of touchpoints t to their values v."""
    same = [f"v.{key} IS NOT DISTINCT FROM {column}" for key, column in _keys(request, estimation).items()]
    return f"\n  JOIN state_values AS v ON {' AND '.join(same) or 'true'}"


def value_counts(request: Request, estimation: EstimationSettings, journeys: Sequence[str]) -> Cte:
    """How many interactions of the journeys in some tables have which value; counts of several shards add."""
    columns = ", ".join(["value_number", *request.times])
    counted = "\n  UNION ALL\n  ".join(f"SELECT {columns} FROM {table}" for table in journeys)
    return Cte(
        name="value_counts",
        grain="one row for each value that a journey holds: its interactions in all journeys",
        sql=f"""
SELECT
  {comma(f"v.{key}" for key in _keys(request, estimation) or ["everything"])},
  n.interactions
FROM (
  SELECT value_number, {request.count_rows("i")} AS interactions
  FROM (
  {counted}
  ) AS i
  GROUP BY value_number
) AS n
  JOIN state_values AS v ON v.value_number = n.value_number""",
        materialized=True,
    )


def known_states(request: Request, estimation: EstimationSettings) -> tuple[Cte, ...]:
    """Every value that a journey holds, with its state and the texts of it; before that, what it is made of."""
    keys = [f"c.{key}" for key in _keys(request, estimation)] or ["c.everything"]
    names = estimation.label_columns
    labels = [label_of(request, field, f"c.{estimation.value_column(n)}") for n, field in enumerate(estimation.states)]
    groups = ""
    if request.splits and estimation.by_campaign:
        labels = [_together(label, field) for label, field in zip(labels, estimation.states, strict=True)]
        groups = f"\nGROUP BY {', '.join([*keys, 'c.interactions'])}"
    same = f"PARTITION BY {', '.join(names)}" if names else ""
    order = ", ".join(["size DESC", *names])
    return (
        Cte(
            name="state_labels",
            grain="one row for each value that a journey holds: the texts of its state",
            sql=f"""
SELECT
  {comma([*keys, "c.interactions", *(f"{label} AS {name}" for label, name in zip(labels, names, strict=True))])}
FROM {with_campaigns(request, "value_counts AS c", estimation.by_campaign)}{groups}""",
        ),
        Cte(
            name="state_sizes",
            grain="one row for each value that a journey holds: how many interactions have its texts",
            sql=f"""
SELECT
  *,
  sum(interactions) OVER ({same}) AS size
FROM state_labels""",
        ),
        Cte(
            name="known_states",
            grain="one row for each value: its state, how many interactions have the value, and the texts of the state",
            sql=f"""
SELECT
  CAST(least(dense_rank() OVER (ORDER BY {order}), {LIMIT}) AS INTEGER) AS state,
  * EXCLUDE (size)
FROM state_sizes""",
            materialized=True,
        ),
    )


def _together(label: str, field: Field) -> str:
    """The SQL of the text of a state's field over the rows of all its campaigns: ``Spring + Summer``."""
    return f"string_agg(DISTINCT {label}, ' + ' ORDER BY {label})" if field.level == "campaign" else f"min({label})"


def states(request: Request, estimation: EstimationSettings) -> Cte:
    """Every value at hand that a journey holds, by its number."""
    same = [f"k.{key} IS NOT DISTINCT FROM v.{key}" for key in _keys(request, estimation)]
    return Cte(
        name="states",
        grain="one row for each numbered value: its state, how many interactions have it, and the texts of the state",
        sql=f"""
SELECT
  v.value_number,
  k.* EXCLUDE ({", ".join(_keys(request, estimation)) or "everything"})
FROM state_values AS v
  JOIN known_states AS k ON {" AND ".join(same) or "true"}""",
        materialized=True,
    )


def states_of_all(request: Request, estimation: EstimationSettings) -> Cte:
    """The same of all values that any journey holds, where these and no touchpoints are at hand."""
    keys = ", ".join(_keys(request, estimation)) or "everything"
    return Cte(
        name="states",
        grain="one row for each numbered value: its state, how many interactions have it, and the texts of the state",
        sql=f"""
SELECT
  CAST(row_number() OVER (ORDER BY {keys}) AS INTEGER) AS value_number,
  k.* EXCLUDE ({keys})
FROM known_states AS k""",
        materialized=True,
    )


_BOTH = ("conversions", "amount")


def _names(request: Request, what: str) -> list[str]:
    """Columns of the estimated kernels, of conversions and of amount: ``markov_conversions_weight``, ..."""
    return [f"{request.kernel_names[n]}_{of}{what}" for n in request.estimated_kernels for of in _BOTH]


def estimates(request: Request) -> tuple[Cte, ...]:
    """What was estimated, as rows; empty where no model is scaled."""
    if not request.estimated_kernels:
        return ()
    columns = {"period": "INTEGER", "state": "INTEGER"}
    columns |= dict.fromkeys(_names(request, "_weight"), "BIGINT") | dict.fromkeys(_names(request, "_total"), "HUGEINT")
    rows = [
        [e.period, e.state, *(x for pair in e.weights for x in pair), *(x for pair in e.totals for x in pair)]
        for e in request.estimates
    ]
    listed = [f"({', '.join(map(str, row))})" for row in rows] or [f"({', '.join('0' for _ in columns)})"]
    return (
        Cte(
            name="estimates",
            grain="one row for each period and state: what it weighs within a journey, what it is credited with in all",
            sql=f"""
SELECT
  {comma(f"CAST({name} AS {type_}) AS {name}" for name, type_ in columns.items())}
FROM (VALUES
  {comma(listed)}
) AS e({", ".join(columns)}){"" if rows else " WHERE false"}""",
            materialized=True,
        ),
    )


def of_interactions(request: Request) -> tuple[list[str], str]:
    """The columns of eligible interactions i that are about states, and what they need to be joined with."""
    if request.data_driven is None:
        return [], ""
    joins = "\n  JOIN states AS s ON s.value_number = i.value_number"
    if request.estimated_kernels:
        joins += "\n  LEFT JOIN estimates AS f ON f.period = i.period AND f.state = s.state"
    weights = [f"coalesce(f.{name}, 0) + 1 AS {name}" for name in _names(request, "_weight")]
    return ["s.state", *weights], joins


def journey_sums(request: Request) -> list[tuple[str, str]]:
    """What a journey has to be known of: the names and SQL of aggregates over its eligible interactions."""
    found = [
        (whole, f"CAST(sum({weight}) AS DOUBLE)")
        for whole, weight in zip(_names(request, "_journey_weight"), _names(request, "_weight"), strict=True)
    ]
    return [*found, ("distinct_states", "count(DISTINCT state)")] if request.split_kernels else found


def presences(request: Request) -> tuple[Cte, ...]:
    """How often each journey holds each of its states; empty where no model asks."""
    if not request.split_kernels:
        return ()
    return (
        Cte(
            name="presences",
            grain="one row for each journey and state: its interactions there",
            sql="""
SELECT
  conversion,
  state,
  count(*) AS repeats
FROM eligible
GROUP BY conversion, state""",
        ),
    )


def placed(request: Request) -> tuple[list[str], str]:
    """The columns of placed interactions e that are about states, and what they need to be joined with."""
    if request.data_driven is None:
        return [], ""
    columns = ["e.state", *(f"j.{name}" for name, _ in journey_sums(request))]
    columns += [f"e.{name}" for name in _names(request, "_weight")]
    if not request.split_kernels:
        return columns, ""
    # one comparison: of two, DuckDB may join by the first alone, each interaction with all states of its journey
    join = "\n  JOIN presences AS q ON (q.conversion, q.state) = (e.conversion, e.state)"
    return [*columns, "q.repeats"], join


def shares(request: Request) -> dict[int, tuple[str, str]]:
    """The SQL of the share of placed interactions p by kernel: of the count and of the amount."""
    split = "(1.0 / (p.distinct_states * p.repeats))"
    weights = zip(_names(request, "_weight"), _names(request, "_journey_weight"), strict=True)
    parts = [f"(p.{weight} / p.{whole})" for weight, whole in weights]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    estimated = dict(zip(request.estimated_kernels, pairs, strict=True))
    return estimated | dict.fromkeys(request.split_kernels, (split, split))


def at_least_one(earned: str, of: str) -> str:
    """The SQL of what an interaction earns `of` an amount, never rounded to nothing: its state may have no other."""
    return f"coalesce(nullif({earned}, 0), CAST(sign({of}) AS HUGEINT))"


def _state_sums(request: Request) -> Cte:
    """What the interactions of each state earned before scaling."""
    sums = [f"sum({name}) AS {name}" for name in _names(request, "")]
    return Cte(
        name="state_sums",
        grain="one row for each period and state: what its interactions earned before scaling",
        sql=f"""
SELECT
  period,
  state,
  {comma(sums)}
FROM cube
WHERE cell = 'credit'
GROUP BY period, state""",
    )


def _states_without_conversions(request: Request, columns: list[str]) -> Cte:
    """What states are credited with that no converting journey holds, as cells of the cube that begin with `columns`.

    One row for each period and value v of a state with e, its estimates.
    """
    earned, bare = [], []
    for name in _names(request, ""):
        part = f"CAST(round(CAST(e.{name}_total AS DOUBLE) * v.interactions / n.interactions) AS HUGEINT)"
        earned.append(f"CASE WHEN coalesce(z.{name}, 0) = 0 THEN {part} ELSE 0 END AS {name}")
        bare.append(f"(coalesce(z.{name}, 0) = 0 AND e.{name}_total <> 0)")
    split = [f"0 AS {name}" for n in request.split_kernels for name in request.earned_columns(n)]
    rules = [
        f"0 AS {name}"
        for n, _ in (*request.plain_kernels, *request.masked_kernels)
        for name in request.earned_columns(n)
    ]
    return Cte(
        name="states_without_conversions",
        grain="one row for each period and value of a state that no converting journey holds: its credit",
        sql=f"""
SELECT
  {comma([*columns, *earned, *split, *rules])}
FROM estimates AS e
  JOIN known_states AS v ON v.state = e.state
  JOIN (SELECT state, sum(interactions) AS interactions FROM known_states GROUP BY state) AS n ON n.state = e.state
  LEFT JOIN state_sums AS z ON z.period = e.period AND z.state = e.state
WHERE {" OR ".join(bare)}""",
    )


def cells(request: Request) -> tuple[Cte, ...]:
    """The cube with estimated credits scaled, so that those of a state sum to its total; empty where none is.

    What a state is credited with that no converting journey holds has cells of its own, without an interaction.
    """
    if not request.estimated_kernels:
        return ()
    scaled = [
        f"CASE WHEN coalesce(z.{name}, 0) = 0 THEN c.{name}\n"
        f"    ELSE CAST(round(CAST(c.{name} AS DOUBLE) * (CAST(e.{name}_total AS DOUBLE) / z.{name})) AS HUGEINT)"
        f" END AS {name}"
        for name in _names(request, "")
    ]
    columns = ["'modelled' AS cell", "e.period", *_own_dimensions(request, request.estimation)]
    if request.needs_campaign:
        columns.append(f"{'v.campaign_key' if request.estimation.by_campaign else 'NULL'} AS campaign_key")
    columns += ["e.state", f"{_bare_shown(request)} AS shown", *key_positions.none(request)]
    columns += ["0 AS length", "0 AS interactions", "0 AS amount"]
    dims = sorted(i for i, _ in (*request.conversion_dimensions, *request.carried_dimensions))
    groups = ["cell", "period", *(request.value_column(i) for i in dims)]
    groups += ["campaign_key"] if request.needs_campaign else []
    groups += ["state"] if request.states_drawn else []
    groups += ["shown", *key_positions.columns(request), "length"]
    sums = ["interactions", "amount"]
    sums += [name for n, _ in enumerate(request.kernels) for name in request.earned_columns(n)]
    return (
        _state_sums(request),
        _states_without_conversions(request, columns),
        Cte(
            name="scaled_cells",
            grain="one row for each cell of the cube and state: estimates are scaled to the totals of the states",
            sql=f"""
SELECT c.* REPLACE (
  {comma(scaled)})
FROM cube AS c
  LEFT JOIN estimates AS e ON e.period = c.period AND e.state = c.state
  LEFT JOIN state_sums AS z ON z.period = c.period AND z.state = c.state
UNION ALL BY NAME
SELECT * FROM states_without_conversions""",
        ),
        Cte(
            name="cells",
            grain="one row for each cell by dimensions alone, as rules have it without data-driven models",
            sql=f"""
SELECT
  {comma(groups)},
  {comma(f"CAST(sum({name}) AS HUGEINT) AS {name}" for name in sums)}
FROM scaled_cells
GROUP BY {", ".join(groups)}""",
        ),
    )


def _own_dimensions(request: Request, estimation: EstimationSettings) -> list[str]:
    """The values of the dimensions that a state v knows, null for all others."""
    known = {
        field.place: f"v.{estimation.value_column(n)}"
        for n, field in enumerate(estimation.states)
        if field.level != "campaign"
    }
    both = sorted((*request.conversion_dimensions, *request.carried_dimensions), key=lambda pair: pair[0])
    return [f"{known.get(field.place, 'NULL')} AS {request.value_column(i)}" for i, field in both]


def _bare_shown(request: Request) -> str:
    """Whether a cell without an interaction passes the filters on credits: only by columns that its state has."""
    estimation = request.estimation
    known = {
        field.place: f"v.{estimation.value_column(n)}"
        for n, field in enumerate(estimation.states)
        if field.level != "campaign"
    }
    conditions = []
    for bound in request.credit_filters:
        field = bound[1]
        if field.place in known:
            conditions.append(request.condition(bound, known[field.place]))
        elif not estimation.knows(field):
            conditions.append("false")
    return f"({' AND '.join(conditions)})" if conditions else "true"
