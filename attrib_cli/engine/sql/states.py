"""States: the values that data-driven models weigh, as small whole numbers, and what interactions earn by them.

A value is a combination of the columns that make a state, as it stands in the touchpoints. A state is what rows show
for it. The smallest states are pooled where there are more than a chain can be solved for.
"""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql.campaigns import with_campaigns
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.labels import label_of
from attrib_cli.engine.sql.resolved import EstimationSettings, Request

_BOTH = ("count", "amount")

LIMIT = 200
"""So many states at most; the last one is the pool of all that are smaller."""


def _keys(fit: EstimationSettings) -> list[tuple[str, str]]:
    """The columns of a value, each with its column of the touchpoints."""
    keys = [(f"v{i}", identifier(field.column)) for i, field in enumerate(fit.states) if field.level != "campaign"]
    return [*keys, ("campaign_key", "campaign_id")] if fit.by_campaign else keys


def values(request: Request, fit: EstimationSettings) -> Cte:
    """Every value in the touchpoints, numbered by its content."""
    keys = [key for key, _ in _keys(fit)] or ["everything"]
    columns = ", ".join(f"t.{column} AS {key}" for key, column in _keys(fit)) or "true AS everything"
    return Cte(
        name="state_values",
        grain="one row for each combination of values that makes a state, numbered",
        sql=(
            f"SELECT CAST(row_number() OVER (ORDER BY {', '.join(keys)}) AS INTEGER) AS value, d.*\n"
            f"FROM (SELECT DISTINCT {columns} FROM {request.tables['touchpoints'].relation} AS t) AS d"
        ),
        materialized=True,
    )


def valued(request: Request, fit: EstimationSettings) -> str:
    """The join of touchpoints t to their values v."""
    on = " AND ".join(f"v.{key} IS NOT DISTINCT FROM t.{column}" for key, column in _keys(fit)) or "true"
    return f"\n  JOIN state_values AS v ON {on}"


def value_counts(fit: EstimationSettings, sources: list[str]) -> Cte:
    """How many interactions of the journeys in `sources` have which value; counts of several shards add."""
    keys = ", ".join(f"v.{key}" for key, _ in _keys(fit)) or "v.everything"
    counted = "\n    UNION ALL ".join(f"SELECT value FROM ({source}) AS w" for source in sources)
    return Cte(
        name="value_counts",
        grain="one row for each value that a journey holds: its interactions in all journeys",
        sql=(
            f"SELECT {keys}, n.interactions\nFROM (\n  SELECT value, count(*) AS interactions FROM (\n"
            f"    {counted}\n  ) AS w GROUP BY value\n) AS n\n  JOIN state_values AS v ON v.value = n.value"
        ),
        materialized=True,
    )


def known_states(request: Request, fit: EstimationSettings) -> Cte:
    """Every value that a journey holds, with its state and the texts of it."""
    keys = [f"c.{key}" for key, _ in _keys(fit)] or ["c.everything"]
    labels = [f"{_label(request, number, field)} AS label{number}" for number, field in enumerate(fit.states)]
    names = [f"label{number}" for number, _ in enumerate(fit.states)]
    order = ", ".join(["size DESC", *names])
    same = f"PARTITION BY {', '.join(names)}" if names else ""
    return Cte(
        name="known_states",
        grain="one row for each value: its state, how many interactions have the value, and the texts of the state",
        sql=(
            f"SELECT CAST(least(dense_rank() OVER (ORDER BY {order}), {LIMIT}) AS INTEGER) AS state,\n"
            "  s.* EXCLUDE (size)\n"
            f"FROM (\n  SELECT l.*, sum(l.interactions) OVER ({same}) AS size\n"
            f"  FROM (\n    SELECT {', '.join([*keys, 'c.interactions', *labels])}\n"
            f"    FROM {with_campaigns(request, 'value_counts AS c', fit.by_campaign)}\n  ) AS l\n) AS s"
        ),
        materialized=True,
    )


def states(request: Request, fit: EstimationSettings) -> Cte:
    """Every value at hand that a journey holds, by its number."""
    keys = [key for key, _ in _keys(fit)]
    on = " AND ".join(f"k.{key} IS NOT DISTINCT FROM v.{key}" for key in keys) or "true"
    return Cte(
        name="states",
        grain="one row for each numbered value: its state, how many interactions have it, and the texts of the state",
        sql=(
            f"SELECT v.value, k.* EXCLUDE ({', '.join(keys) or 'everything'})\n"
            f"FROM state_values AS v\n  JOIN known_states AS k ON {on}"
        ),
        materialized=True,
    )


def _label(request: Request, number: int, field: Field) -> str:
    return label_of(request, field, f"c.v{number}")


def estimates(request: Request) -> tuple[Cte, ...]:
    """What was estimated, as rows; empty where no model is scaled."""
    if not request.estimated_kernels:
        return ()
    kernels = request.estimated_kernels
    columns = ["period", "state"]
    types = ["INTEGER", "INTEGER"]
    for n in kernels:
        columns += [f"weight_count{n}", f"weight_amount{n}", f"total_count{n}", f"total_amount{n}"]
        types += ["BIGINT", "BIGINT", "HUGEINT", "HUGEINT"]
    rows = [
        [e.period, e.state, *(x for w, t in zip(e.weights, e.totals, strict=True) for x in (*w, *t))]
        for e in request.estimates
    ]
    cast = ", ".join(f"CAST({c} AS {t}) AS {c}" for c, t in zip(columns, types, strict=True))
    body = ",\n    ".join(f"({', '.join(map(str, row))})" for row in rows)
    empty = f"({', '.join('0' for _ in columns)})"
    return (
        Cte(
            name="estimates",
            grain="one row for each period and state: what it weighs within a journey, what it is credited with in all",
            sql=f"SELECT {cast}\nFROM (VALUES\n    {body or empty}\n) AS e({', '.join(columns)})"
            + ("" if rows else "\nWHERE false"),
            materialized=True,
        ),
    )


def weighed(request: Request) -> tuple[list[str], str]:
    """The columns of eligible interactions i that are about states, and what they need to be joined with."""
    if request.fit is None:
        return [], ""
    columns = ["s.state"]
    joins = "\n  JOIN states AS s ON s.value = i.value"
    if request.estimated_kernels:
        joins += "\n  LEFT JOIN estimates AS f ON f.period = i.period AND f.state = s.state"
    for n in request.estimated_kernels:
        columns += [f"coalesce(f.weight_{what}{n}, 0) + 1 AS weight_{what}{n}" for what in _BOTH]
    return columns, joins


def state_totals(request: Request) -> list[tuple[str, str]]:
    """What a journey has to be known of: the names and SQL of aggregates over its eligible interactions."""
    found = [
        (f"whole_{what}{n}", f"CAST(sum(weight_{what}{n}) AS DOUBLE)")
        for n in request.estimated_kernels
        for what in _BOTH
    ]
    return [*found, ("spread", "count(DISTINCT state)")] if request.split_kernels else found


def presences(request: Request) -> tuple[Cte, ...]:
    """How often each journey holds each of its states; empty where no model asks."""
    if not request.split_kernels:
        return ()
    return (
        Cte(
            name="presences",
            grain="one row for each journey and state: its interactions there",
            sql="SELECT conversion, state, count(*) AS repeats\nFROM eligible\nGROUP BY conversion, state",
        ),
    )


def placed(request: Request) -> tuple[list[str], str]:
    """The columns of placed interactions e that are about states, and what they need to be joined with."""
    if request.fit is None:
        return [], ""
    columns = ["e.state", *(f"j.{name}" for name, _ in state_totals(request))]
    columns += [f"e.weight_{what}{n}" for n in request.estimated_kernels for what in _BOTH]
    if not request.split_kernels:
        return columns, ""
    join = "\n  JOIN presences AS q ON q.conversion = e.conversion AND q.state = e.state"
    return [*columns, "q.repeats"], join


def shares(request: Request) -> dict[int, tuple[str, str]]:
    """The SQL of the share of placed interactions p by kernel: of the count and of the amount."""
    split = "(1.0 / (p.spread * p.repeats))"
    estimated = {
        n: (f"(p.weight_count{n} / p.whole_count{n})", f"(p.weight_amount{n} / p.whole_amount{n})")
        for n in request.estimated_kernels
    }
    return estimated | dict.fromkeys(request.split_kernels, (split, split))


def at_least_one(earned: str, of: str) -> str:
    """The SQL of what an interaction earns `of` an amount, never rounded to nothing: its state may have no other."""
    return f"coalesce(nullif({earned}, 0), CAST(sign({of}) AS HUGEINT))"


def state_sums(request: Request, source: str, where: str) -> Cte:
    """What the interactions of each state earned before scaling, by the columns ``earned_...`` of `source`."""
    measures = _measures(request)
    return Cte(
        name="state_sums",
        grain="one row for each period and state: what its interactions earned before scaling",
        sql=(
            f"SELECT period, state, {', '.join(f'sum(earned_{m}) AS sum_{m}' for m in measures)}\n"
            f"FROM {source} WHERE {where} GROUP BY period, state"
        ),
    )


def _measures(request: Request) -> list[str]:
    return [f"{what}{n}" for n in request.estimated_kernels for what in _BOTH]


def states_without_conversions(request: Request, columns: list[str]) -> str:
    """The SELECT of `columns` for what states are credited with that no converting journey holds.

    One row for each period and value v of a state with e, its estimates. `held_...` says how much is credited.
    """
    parts = []
    for m in _measures(request):
        part = f"CAST(round(CAST(e.total_{m} AS DOUBLE) * v.interactions / p.interactions) AS HUGEINT)"
        parts.append(f"CASE WHEN coalesce(z.sum_{m}, 0) = 0 THEN {part} ELSE 0 END AS earned_{m}")
    bare = " OR ".join(f"(coalesce(z.sum_{m}, 0) = 0 AND e.total_{m} <> 0)" for m in _measures(request))
    return (
        f"SELECT\n  {comma([*columns, *parts])}\nFROM estimates AS e\n"
        "  JOIN known_states AS v ON v.state = e.state\n"
        "  JOIN (SELECT state, sum(interactions) AS interactions FROM known_states GROUP BY state) AS p"
        " ON p.state = e.state\n"
        f"  LEFT JOIN state_sums AS z ON z.period = e.period AND z.state = e.state\nWHERE {bare}"
    )


def cells(request: Request) -> tuple[Cte, ...]:
    """The cube with estimated credits scaled, so that those of a state sum to its total; empty where none is.

    What a state is credited with that no converting journey holds has cells of its own, without an interaction.
    """
    if not request.estimated_kernels:
        return ()
    scaled = ",\n  ".join(
        f"CASE WHEN coalesce(z.sum_{m}, 0) = 0 THEN c.earned_{m} ELSE\n"
        f"    CAST(round(CAST(c.earned_{m} AS DOUBLE) * (CAST(e.total_{m} AS DOUBLE) / z.sum_{m})) AS HUGEINT)"
        f" END AS earned_{m}"
        for m in _measures(request)
    )
    rows = f"SELECT c.* REPLACE (\n  {scaled})\nFROM cube AS c\n" + "\n".join(
        f"  LEFT JOIN {table} AS {alias} ON {alias}.period = c.period AND {alias}.state = c.state"
        for table, alias in (("estimates", "e"), ("state_sums", "z"))
    )
    keys = {key for key, _ in _keys(request.estimation)}
    columns = ["'modelled' AS cell", "e.period", *_own_dimensions(request, request.estimation)]
    if request.needs_campaign:
        columns.append(f"{'v.campaign_key' if 'campaign_key' in keys else 'NULL'} AS campaign_key")
    columns += ["e.state", f"{_bare_shown(request)} AS shown", "0 AS positions_held", "0 AS pattern", "0 AS length"]
    columns += ["0 AS interactions", "0 AS amount"]
    earned = [
        f"u.earned_{what}{n}" if n in request.estimated_kernels else f"0 AS earned_{what}{n}"
        for n, _ in enumerate(request.kernels)
        for what in _BOTH
    ]
    dims = sorted(i for i, _ in (*request.conversion_dimensions, *request.carried_dimensions))
    groups = ["cell", "period", *(request.value_column(i) for i in dims)]
    groups += ["campaign_key"] if request.needs_campaign else []
    groups += ["state"] if request.intervals else []
    groups += ["shown", "positions_held", "pattern", "length"]
    added = ["interactions", "amount", *(f"earned_{what}{n}" for n, _ in enumerate(request.kernels) for what in _BOTH)]
    sums = [f"CAST(sum({name}) AS HUGEINT) AS {name}" for name in added]
    return (
        state_sums(request, "cube", "cell = 'credit'"),
        Cte(
            name="states_without_conversions",
            grain="one row for each period and value of a state that no converting journey holds: its credit",
            sql=states_without_conversions(request, columns),
        ),
        Cte(
            name="scaled_cells",
            grain="one row for each cell of the cube and state: estimates are scaled to the totals of the states",
            sql=(
                f"{rows}\nUNION ALL\n"
                f"SELECT u.* EXCLUDE ({', '.join(f'earned_{m}' for m in _measures(request))}), {', '.join(earned)}\n"
                "FROM states_without_conversions AS u"
            ),
        ),
        Cte(
            name="cells",
            grain="one row for each cell by dimensions alone, as rules have it without data-driven models",
            sql=f"SELECT {', '.join(groups)},\n  {comma(sums)}\nFROM scaled_cells\nGROUP BY {', '.join(groups)}",
        ),
    )


def _own_dimensions(request: Request, fit: EstimationSettings) -> list[str]:
    """The dimensions of a cell without an interaction: the value's own, and nothing for the others."""
    own = {field.place: f"v.v{i}" for i, field in enumerate(fit.states) if field.level != "campaign"}
    both = sorted((*request.conversion_dimensions, *request.carried_dimensions), key=lambda pair: pair[0])
    return [f"{own.get(field.place, 'NULL')} AS {request.value_column(i)}" for i, field in both]


def _bare_shown(request: Request) -> str:
    """Whether a cell without an interaction passes the filters on credits: only by columns that its state has."""
    own = {field.place: f"v.v{i}" for i, field in enumerate(request.estimation.states) if field.level != "campaign"}
    conditions = []
    for bound in request.credit_filters:
        field = bound[1]
        if field.place in own:
            conditions.append(request.condition(bound, own[field.place]))
        elif not request.estimation.knows(field):
            conditions.append("false")
    return f"({' AND '.join(conditions)})" if conditions else "true"
