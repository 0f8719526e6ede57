"""Journeys as data-driven models see them: those that converted and those that did not, counted step by step.

A journey that did not convert is, by report type: a touched contact never created (contact-create), a contact without
a deal (deal-create, revenue), an open or lost deal up to its closing (revenue). It belongs to the period of its last
interaction, from which its look-back window reaches back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql import journeys, states
from attrib_cli.engine.sql.buckets import bucket_label
from attrib_cli.engine.sql.campaigns import campaign_condition, with_campaigns
from attrib_cli.engine.sql.cte import Cte, comma, conjunction
from attrib_cli.engine.sql.id_joins import contact_pairs, equal_ids, pair_type
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import Bound, EstimationSettings, Request, won
from attrib_cli.engine.sql.shards import owned

BASE = 256
"""Consecutive states are packed into one number with this base, the last one lowest."""


@dataclass(frozen=True, kw_only=True)
class JourneySource:
    """Interactions of journeys of one kind: SELECT (period, journey, age, ids, value), and if they convert."""

    sql: str
    converted: bool


def non_converting_journeys(request: Request) -> tuple[Cte, ...]:
    """The interactions of journeys that did not convert, and where it matters when these ended."""
    if not request.takes_non_converting:
        return ()
    kinds = [("contacts", _non_converting_contacts(request))]
    if request.report_type.won_only:
        kinds.append(("deals", _non_converting_deals(request)))
    parts = []
    for kind, sql in kinds:
        parts.append(
            Cte(
                name=f"non_converting_{kind}",
                grain="one row for each interaction of a journey that did not convert",
                sql=sql,
                materialized=True,
            )
        )
        if _bounded(request):
            parts.append(_ended(request, kind))
    return tuple(parts)


def journey_sources(request: Request) -> tuple[JourneySource, ...]:
    """All journeys that models are estimated from."""
    ids = [f"i.{column}" for column in journeys.tie_columns(request)] if request.needs_order else []
    columns = ", ".join(["i.period, i.conversion AS journey, i.age", *ids, "i.value"])
    where = "\n  WHERE NOT i.excluded" if request.excludes else ""
    found = [JourneySource(sql=f"SELECT {columns}\n  FROM interactions AS i{where}", converted=True)]
    if not request.takes_non_converting:
        return tuple(found)
    for kind in ("contacts", "deals") if request.report_type.won_only else ("contacts",):
        period = "l.period" if _bounded(request) else "0 AS period"
        columns = ", ".join([period, "i.journey, -epoch_us(i.occurred_at) AS age", *ids, "i.value"])
        sql = f"SELECT {columns}\n  FROM non_converting_{kind} AS i"
        if _bounded(request):
            sql += f"\n    JOIN non_converting_{kind}_end AS l ON l.journey = i.journey"
            if request.lookback is not None:
                sql += f"\n  WHERE i.occurred_at >= l.ended_at - {journeys.lookback(request)}"
        found.append(JourneySource(sql=sql, converted=False))
    return tuple(found)


def value_counts(request: Request) -> Cte:
    """The values that the journeys hold."""
    sources = [journeys_of.sql for journeys_of in journey_sources(request)]
    return states.value_counts(request.estimation, sources)


def moves(request: Request, fit: EstimationSettings) -> Cte:
    """Every journey step by step: each interaction with the `order` before it, packed, and whether it is the last.

    `worth` is the conversion's value in millionths where the journey ends in one. `twice` marks two interactions that
    the order cannot tell apart: then the request must be walked in full.
    """
    return Cte(
        name="moves",
        grain="one row for each interaction of each journey: the window of states that it ends",
        sql="\nUNION ALL\n".join(
            _moves(request, fit, kind, journeys_of) for kind, journeys_of in enumerate(journey_sources(request))
        ),
    )


def _moves(request: Request, fit: EstimationSettings, kind: int, journeys_of: JourneySource) -> str:
    code = " + ".join(
        f"CAST({f'lag(s.state, {back}, 0) OVER journey' if back else 's.state'} AS BIGINT) * {BASE**back}"
        for back in range(fit.order + 1)
    )
    ties = journeys.tie_terms(request, "w.touchpoint_id", "w.source_row")
    own, twice = "s.state", "false"
    if request.order_key == "id":
        ties = ties[:1]
        own, twice = ties[0], "coalesce(o.following = o.own, false)"
    order = ", ".join(["w.age DESC", *ties])
    walked = (
        f"SELECT w.period, w.journey, {code} AS code, {own} AS own, lead({own}) OVER journey AS following\n"
        f"FROM ({journeys_of.sql}) AS w\n  JOIN states AS s ON s.value = w.value\n"
        f"WINDOW journey AS (PARTITION BY w.journey ORDER BY {order})"
    )
    last = "o.following IS NULL"
    worth, source = "0", f"(\n{walked}\n) AS o"
    if journeys_of.converted and request.valued:
        worth = "coalesce(c.amount, 0)"
        source += f"\n  LEFT JOIN conversions AS c ON c.conversion = CASE WHEN {last} THEN o.journey END"
    return (
        f"SELECT o.period, {_origin(kind)}, o.code, {last} AS last, {twice} AS twice,"
        f" {last if journeys_of.converted else 'false'} AS converted, {worth} AS worth\nFROM {source}"
    )


def _origin(kind: int) -> str:
    """The SQL of a number that tells journeys apart, for a bootstrap to draw by; the same on every run."""
    return f"hash(xor(hash(o.journey), CAST({kind + 1} AS UBIGINT))) AS origin"


def steps(request: Request, fit: EstimationSettings) -> tuple[Cte, ...]:
    """How often journeys took which step: a window of order + 1 consecutive states, and whether it was their last."""
    return (
        moves(request, fit),
        Cte(
            name="steps",
            grain="one row for each period, window of states and whether it ended journeys: how many there were",
            sql=(
                "SELECT period, code, last, count(*) AS n, count(*) FILTER (converted) AS converted,\n"
                "  CAST(sum(worth) * 1000000 AS HUGEINT) AS worth, bool_or(twice) AS twice\n"
                "FROM moves\nGROUP BY period, code, last"
            ),
            materialized=True,
        ),
    )


def coalitions(request: Request) -> tuple[Cte, ...]:
    """How many journeys consist of which states."""
    return (
        whole_journeys(request),
        Cte(
            name="coalitions",
            grain="one row for each period and set of states: the journeys that consist of just these",
            sql=(
                "SELECT period, states, count(*) AS n, count(*) FILTER (converted) AS converted,\n"
                "  CAST(sum(worth) * 1000000 AS HUGEINT) AS worth\nFROM whole_journeys\nGROUP BY period, states"
            ),
            materialized=True,
        ),
    )


def whole_journeys(request: Request) -> Cte:
    """Every journey with the set of its states."""
    selects = []
    for kind, journeys_of in enumerate(journey_sources(request)):
        worth, source = "0", ""
        if journeys_of.converted and request.valued:
            worth, source = "c.amount", "\n  JOIN conversions AS c ON c.conversion = o.journey"
        held = (
            f"SELECT w.period, w.journey, {_set_of_states(request)} AS states\n"
            f"  FROM ({journeys_of.sql}) AS w\n    JOIN states AS s ON s.value = w.value\n"
            "  GROUP BY w.period, w.journey"
        )
        converted = "true" if journeys_of.converted else "false"
        selects.append(
            f"SELECT o.period, {_origin(kind)}, o.states, {converted} AS converted, {worth} AS worth\n"
            f"FROM (\n  {held}\n) AS o{source}"
        )
    return Cte(
        name="whole_journeys",
        grain="one row for each journey: the set of its states",
        sql="\nUNION ALL\n".join(selects),
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
        source = "steps WHERE last"
    elif request.estimated_kernels:
        source = "coalitions"
    else:
        eligible = " WHERE NOT excluded" if request.excludes else ""
        source = (
            "(SELECT period, 1 AS n, 1 AS converted, CAST(amount * 1000000 AS HUGEINT) AS worth FROM conversions\n"
            f"  WHERE conversion IN (SELECT conversion FROM interactions{eligible})) AS c"
        )
    sums = ", ".join(f"CAST(sum({name}) AS HUGEINT) AS {name}" for name in ("n", "converted", "worth"))
    return Cte(
        name="journey_counts",
        grain="one row for each period: its journeys, its conversions with interactions and their value in millionths",
        sql=f"SELECT period, {sums}\nFROM {source}\nGROUP BY period",
    )


def at_least(request: Request) -> str:
    """A query of how many journeys hold each state at least, by period and state; 0 where it cannot tell.

    Those that end in the state, where steps are staged; else a quarter of what is estimated, which is surely less.
    """
    if request.needs_steps:
        return (
            f"SELECT period, code % {BASE} AS state, coalesce(sum(n) FILTER (last), 0) AS n\n"
            f"FROM steps GROUP BY period, code % {BASE} ORDER BY period, state"
        )
    return (
        "SELECT period, state, sum(n) // 4 AS n FROM (\n"
        "  SELECT period, kind, state, approx_count_distinct(journey) AS n\n"
        f"  FROM ({_states_held(request)}) AS w GROUP BY period, kind, state\n"
        ") AS k GROUP BY period, state ORDER BY period, state"
    )


def exactly(request: Request, states: Sequence[int]) -> str:
    """A query of how many journeys of each period hold each of `states`: period, state, journeys."""
    listed = ", ".join(map(str, states))
    return (
        "SELECT period, state, CAST(sum(n) AS BIGINT) AS n FROM (\n"
        "  SELECT period, kind, state, count(DISTINCT journey) AS n\n"
        f"  FROM ({_states_held(request)}) AS w WHERE state IN ({listed}) GROUP BY period, kind, state\n) AS c\n"
        "GROUP BY period, state ORDER BY period, state"
    )


def _states_held(request: Request) -> str:
    union = "\n  UNION ALL ".join(
        f"SELECT {n} AS kind, * FROM ({journeys_of.sql})" for n, journeys_of in enumerate(journey_sources(request))
    )
    return (
        f"SELECT w.period, w.kind, w.journey, s.state FROM (\n  {union}\n) AS w\n"
        "  JOIN states AS s ON s.value = w.value"
    )


def _bounded(request: Request) -> bool:
    """Whether it matters when a journey without conversion ended."""
    dated = any(period.start is not None or period.end is not None for period in request.periods)
    buckets = any(field.level == "bucket" for _, field in request.conversion_filters)
    return dated or buckets or request.lookback is not None


def _ended(request: Request, kind: str) -> Cte:
    conditions = ["true"]
    source = f"(SELECT journey, max(occurred_at) AS ended_at FROM non_converting_{kind} GROUP BY journey) AS l"
    period = "0 AS period"
    if request.compared:
        source += (
            f"\n  JOIN ({journeys.period_values(request)}) AS p ON l.ended_at >= p.starts_at AND l.ended_at < p.ends_at"
        )
        period = "p.period"
    else:
        conditions += journeys.within(request, request.periods[0], "l.ended_at")
    for bound in request.conversion_filters:
        if bound[1].level == "bucket":
            local = local_time("l.ended_at", request.settings.timezone, request.binder)
            conditions.append(request.condition(bound, bucket_label(request, bound[1], local)))
    return Cte(
        name=f"non_converting_{kind}_end",
        grain="one row for each journey that did not convert: its period, which is that of its last interaction",
        sql=f"SELECT l.journey, {period}, l.ended_at\nFROM {source}\nWHERE {conjunction(conditions)}",
        materialized=True,
    )


def _non_converting(
    request: Request, fit: EstimationSettings, journey: str, source: str, conditions: list[str], contact: str | None
) -> str:
    """The SELECT of interactions t whose journeys did not convert; `contact` is the alias of their contact's row."""
    columns = [f"{journey} AS journey", "t.occurred_at"]
    if request.needs_order:
        columns += [f"t.{column}" for column in journeys.tie_columns(request)]
    columns.append("v.value")
    conditions = ["t.contact_id IS NOT NULL", "t.occurred_at IS NOT NULL", *conditions]
    source = with_campaigns(request, source, request.eligible_by_campaign, key="t.campaign_id")
    for bound in request.eligible:
        field = bound[1]
        if field.level == "campaign":
            conditions.append(campaign_condition(request, bound, key="t.campaign_id"))
            continue
        column = f"{contact}.{identifier(field.column)}" if field.level == "contact" else request.column(field, "t")
        conditions.append(request.condition(bound, column))
    if request.excludes:
        conditions.append(f"NOT {journeys.excluded(request)}")
    return f"SELECT\n  {comma(columns)}\nFROM {source}\nWHERE {conjunction(conditions)}"


def _touchpoints(request: Request, fit: EstimationSettings) -> str:
    return f"{request.tables['touchpoints'].relation} AS t{states.valued(request, fit)}"


def _with_contact(request: Request, source: str) -> str:
    on = equal_ids(
        "k.contact_id",
        request.tables["contacts"].columns["contact_id"].type,
        "t.contact_id",
        request.tables["touchpoints"].columns["contact_id"].type,
    )
    return f"{source}\n  LEFT JOIN {request.tables['contacts'].relation} AS k ON {on}"


def _non_converting_contacts(request: Request) -> str:
    source = _touchpoints(request, request.estimation)
    touched = request.tables["touchpoints"].columns["contact_id"].type
    kind = request.report_type
    bounds = [*request.conversion_filters, *request.eligible]
    if "contacts" in request.tables and any(bound[1].table == "contacts" for bound in bounds):
        source = _with_contact(request, source)
    if kind.pooled:
        known = equal_ids("q.contact_id", pair_type(request), "t.contact_id", touched)
        conditions = [f"NOT EXISTS (SELECT 1 FROM ({contact_pairs(request)}) AS q WHERE {known})"]
    else:
        contacts = request.tables["contacts"]
        known = equal_ids("q.contact_id", contacts.columns["contact_id"].type, "t.contact_id", touched)
        conditions = [f"NOT EXISTS (SELECT 1 FROM {contacts.relation} AS q WHERE {known} AND q.created_at IS NOT NULL)"]
    conditions += [
        request.condition(bound, _of_contact(request, bound))
        for bound in request.conversion_filters
        if bound[1].level != "bucket"
    ]
    conditions += owned(request, "t.contact_id")
    return _non_converting(request, request.estimation, "t.contact_id", source, conditions, "k")


def _of_contact(request: Request, bound: Bound) -> str:
    """The value that a filter on conversions sees of a contact without one: its own column, nothing of a deal."""
    field = bound[1]
    if field.table == "contacts":
        return request.column(field, "k")
    return f"CAST(NULL AS {request.tables[field.table].columns[field.column].type})"


def _non_converting_deals(request: Request) -> str:
    on = equal_ids(
        "q.contact_id", pair_type(request), "t.contact_id", request.tables["touchpoints"].columns["contact_id"].type
    )
    source = (
        f"{request.tables['deals'].relation} AS c\n"
        f"  JOIN ({contact_pairs(request)}) AS q ON q.deal_id = c.deal_id\n"
        f"  JOIN {request.tables['touchpoints'].relation} AS t ON {on}{states.valued(request, request.estimation)}"
    )
    if "contacts" in request.tables and any(field.level == "contact" for _, field in request.eligible):
        source = _with_contact(request, source)
    conditions = [f"NOT {won(request, 'c')}", "t.occurred_at <= coalesce(c.closed_at, t.occurred_at)"]
    conditions += journeys.of_conversion(request, "c")
    conditions += owned(request, "c.deal_id")
    return _non_converting(request, request.estimation, "c.deal_id", source, conditions, "k")
