"""Journeys that did not convert: their interactions, and when they ended.

A journey that did not convert is, by report type: a touched contact never created (contact-create), a contact without
a deal (deal-create, revenue), an open or lost deal up to its closing (revenue). It belongs to the period of its last
interaction, from which its look-back window reaches back.
"""

from __future__ import annotations

from attrib_cli.engine.sql import conversions, journeys, states
from attrib_cli.engine.sql.buckets import bucket_label
from attrib_cli.engine.sql.campaigns import interaction_condition, with_own_campaigns
from attrib_cli.engine.sql.cte import Cte, conjunction, more
from attrib_cli.engine.sql.id_joins import equal_ids, pair_type, pairs_source
from attrib_cli.engine.sql.memberships import touchpoints
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import Bound, Request
from attrib_cli.engine.sql.shards import owned
from attrib_cli.engine.sql.won_deals import won


def non_converting_journeys(request: Request) -> tuple[Cte, ...]:
    """The interactions of journeys that did not convert, and where it matters when these ended."""
    if not request.takes_non_converting:
        return ()
    kinds = [("contacts", _non_converting_contacts(request))]
    if request.report_type.won_only:
        kinds.append(("deals", _non_converting_deals(request)))
    found = []
    for kind, sql in kinds:
        found.append(
            Cte(
                name=f"non_converting_{kind}",
                grain=f"one row for each interaction of a journey that did not convert: of {kind}",
                sql=sql,
                materialized=True,
            )
        )
        if is_bounded(request):
            found.append(_ended(request, kind))
    return tuple(found)


def non_converting_tables(request: Request) -> tuple[str, ...]:
    """The staged tables of `non_converting_journeys` that hold interactions."""
    return tuple(part.name for part in non_converting_journeys(request) if not part.name.endswith("_end"))


def channel_of(request: Request, column: str) -> list[str]:
    """The channel of an interaction of a journey that did not convert, where filters look at the paths of journeys."""
    asked = any(field.of_channels for _, field in request.journey_filters)
    return [f"{column} AS channel_value"] if asked else []


def is_bounded(request: Request) -> bool:
    """Whether it matters when a journey without conversion ended."""
    dated = any(period.start is not None or period.end is not None for period in request.periods)
    buckets = any(field.level == "bucket" for _, field in request.conversion_filters)
    return dated or buckets or request.lookback is not None


def _ended(request: Request, kind: str) -> Cte:
    conditions = ["true"]
    source, period = "", "0 AS period"
    if request.compared:
        bounds = "l.ended_at >= p.starts_at AND l.ended_at < p.ends_at"
        source, period = f"\n  JOIN ({conversions.period_values(request)}) AS p ON {bounds}", "p.period"
    else:
        conditions += conversions.within(request, request.periods[0], "l.ended_at")
    for bound in request.conversion_filters:
        if bound[1].level == "bucket":
            local = local_time("l.ended_at", request.settings.timezone, request.binder)
            conditions.append(request.condition(bound, bucket_label(request, bound[1], local)))
    return Cte(
        name=f"non_converting_{kind}_end",
        grain="one row for each journey that did not convert: its period, which is that of its last interaction",
        sql=f"""
SELECT
  l.journey,
  {period},
  l.ended_at
FROM (
  SELECT journey, max(occurred_at) AS ended_at
  FROM non_converting_{kind}
  GROUP BY journey
) AS l{source}
WHERE {conjunction(conditions)}""",
        materialized=True,
    )


def _non_converting(request: Request, journey: str, source: str, conditions: list[str]) -> str:
    """The SELECT of interactions t whose journeys did not convert; k is the row of their contact."""
    ids = [f"t.{column}" for column in journeys.tie_columns(request)] if request.needs_order else []
    conditions = ["t.contact_id IS NOT NULL", "t.occurred_at IS NOT NULL", *conditions]
    conditions += [interaction_condition(request, bound) for bound in request.eligible]
    if request.excludes:
        conditions.append(f"NOT {journeys.excluded(request)}")
    return f"""
SELECT
  {journey} AS journey,
  t.occurred_at{more([*ids, *channel_of(request, "t.channel"), *(f"t.{name}" for name in request.times)])},
  v.value_number
FROM {with_own_campaigns(request, source, request.eligible_by_campaign)}
WHERE {conjunction(conditions)}"""


def _with_contact(request: Request, source: str) -> str:
    on = equal_ids(
        "k.contact_id",
        request.tables["contacts"].columns["contact_id"].type,
        "t.contact_id",
        request.tables["touchpoints"].columns["contact_id"].type,
    )
    return f"{source}\n  LEFT JOIN {request.tables['contacts'].relation} AS k ON {on}"


def _non_converting_contacts(request: Request) -> str:
    source = f"{touchpoints(request)} AS t{states.with_values(request, request.estimation)}"
    touched = request.tables["touchpoints"].columns["contact_id"].type
    kind = request.report_type
    bounds = [*request.conversion_filters, *request.eligible]
    if "contacts" in request.tables and any(bound[1].table == "contacts" for bound in bounds):
        source = _with_contact(request, source)
    if kind.pooled:
        known = equal_ids("q.contact_id", pair_type(request), "t.contact_id", touched)
        conditions = [f"NOT EXISTS (SELECT 1 FROM {pairs_source(request)} AS q WHERE {known})"]
    else:
        contacts = request.tables["contacts"]
        known = equal_ids("q.contact_id", contacts.columns["contact_id"].type, "t.contact_id", touched)
        conditions = [f"NOT EXISTS (SELECT 1 FROM {contacts.relation} AS q WHERE {known} AND q.created_at IS NOT NULL)"]
    conditions += [
        request.condition(bound, _of_contact(request, bound))
        for bound in request.conversion_filters
        if bound[1].from_data
    ]
    conditions += owned(request, "t.contact_id")
    return _non_converting(request, "t.contact_id", source, conditions)


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
        f"  JOIN {pairs_source(request)} AS q ON q.deal_id = c.deal_id\n"
        f"  JOIN {touchpoints(request)} AS t ON {on}{states.with_values(request, request.estimation)}"
    )
    if "contacts" in request.tables and request.eligible_by_contact:
        source = _with_contact(request, source)
    conditions = [f"NOT {won(request, 'c')}", "t.occurred_at <= coalesce(c.closed_at, t.occurred_at)"]
    conditions += conversions.of_conversion(request, "c")
    conditions += owned(request, "c.deal_id")
    return _non_converting(request, "c.deal_id", source, conditions)
