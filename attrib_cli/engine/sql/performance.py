"""Figures beside attribution: conversions touched, and campaign performance as HubSpot counts it."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.measure import Measure
from attrib_cli.engine.models import POSITIONS
from attrib_cli.engine.sql import key_positions
from attrib_cli.engine.sql.cte import Cte, comma, conjunction, more
from attrib_cli.engine.sql.id_joins import contacts_of_deals, deal_pair_type, deal_pairs_source, equal_ids
from attrib_cli.engine.sql.journeys import excluded
from attrib_cli.engine.sql.labels import dimension_names, labels_of, shown_of
from attrib_cli.engine.sql.memberships import touchpoints
from attrib_cli.engine.sql.resolved import Bound, Request
from attrib_cli.engine.sql.shards import owned
from attrib_cli.engine.sql.won_deals import won


def touched(request: Request) -> tuple[Cte, ...]:
    """Distinct conversions with a credited interaction in the row, and their whole amounts; empty unless asked for."""
    if not request.counts_touched:
        return ()
    labels, source = labels_of(request, "touches AS c")
    keys = [request.value_column(i) for i, _ in (*request.conversion_dimensions, *request.carried_dimensions)]
    keys += ["campaign_key"] if request.needs_campaign else []
    keys += ["shown" if request.carries_shown else "true AS shown"]
    credited = [
        f"({key_positions.holds(request, 'c', i)} AND m.{POSITIONS[i]}_weight > 0)"
        for i in key_positions.wanted(request)
    ]
    groups = comma(["period", *dimension_names(request), "model_number"])
    return (
        Cte(
            name="touches",
            grain="one row for each conversion, dimensions and key positions that an interaction of it holds",
            sql=f"""
SELECT DISTINCT
  'credit' AS cell,
  period,
  {comma([*keys, *key_positions.interaction_columns(request)])},
  {comma(["conversion", "amount", *request.times])}
FROM placed""",
        ),
        Cte(
            name="touched_conversions",
            grain="one row for each period, dimensions, model and conversion with a credited interaction",
            sql=f"""
SELECT DISTINCT
  c.period{more(labels)},
  m.model_number,
  {comma(["c.conversion", "c.amount", *(f"c.{name}" for name in request.times)])}
FROM {source}
  CROSS JOIN models AS m
WHERE {shown_of(request)}
  AND ({" OR ".join([*credited, "m.rest_weight > 0"])})""",
        ),
        Cte(
            name="touched",
            grain="one row for each period, dimensions and model: conversions touched and their amounts in millionths",
            sql=f"""
SELECT
  {groups},
  {request.count_rows("touched_conversions")} AS conversions,
  CAST(sum(amount) * 1000000 AS HUGEINT) AS amount
FROM touched_conversions
GROUP BY ALL""",
        ),
    )


def check_performance(measure: Measure, dimensions: tuple[Field, ...], filters: tuple[Bound, ...]) -> None:
    """Raise UsageError where campaign performance cannot be cut or filtered so: it knows interactions only."""
    for field in (*dimensions, *(field for _, field in filters)):
        if not field.of_interaction:
            raise UsageError(
                f"'{measure.name}' cannot be cut or filtered by {field.name}: it counts beside attribution",
                hint="Cut and filter it by columns of the interaction or its campaign.",
            )


def performance(request: Request) -> tuple[Cte, ...]:
    """Campaign performance for each period and combination of dimensions; empty unless asked for.

    Contacts are influenced by any interaction in the period, static lists and workflows included; first and last touch
    are those of the contact's journey, which excluded interactions have no part in.
    """
    wanted = sorted(request.performed)
    if not wanted:
        return ()
    found = [_labelled_touchpoints(request)]
    counted: list[str] = []

    def count(source: str, columns: dict[str, str], conditions: list[str]) -> None:
        values = [f"{columns.get(name, 'NULL')} AS {name}" for name in wanted]
        where = f"\n  WHERE {conjunction(conditions)}" if conditions else ""
        counted.append(f"""  SELECT {", ".join([*keys, *values])}
  FROM {source}{where}
  GROUP BY {", ".join(keys)}""")

    keys = ["period", *dimension_names(request)]
    if {"touchpoints", "contacts_touched"} & set(wanted):
        found.append(_reached(request))
        columns = {"touchpoints": "sum(touchpoints)", "contacts_touched": "count(*)"}
        count("reached", columns, owned(request, "contact_id"))
    if {"influenced_contacts", "closed_deals", "influenced_revenue"} & set(wanted):
        found.append(_influenced(request))
        count("influenced", {"influenced_contacts": "count(*)"}, owned(request, "contact_id"))
    if {"closed_deals", "influenced_revenue"} & set(wanted):
        found += [*contacts_of_deals(request), _closed(request)]
        amounts = "CAST(sum(amount) * 1000000 AS HUGEINT)"
        count("closed", {"closed_deals": "count(*)", "influenced_revenue": amounts}, [])
    for measure, way in (("new_contacts_first_touch", "ASC"), ("new_contacts_last_touch", "DESC")):
        if measure in wanted:
            found += _created(request, measure, way)
            count(measure, {measure: "count(*)"}, [])
    union = "\n  UNION ALL\n".join(counted)
    performed = Cte(
        name="performed",
        grain="one row for each period and dimensions: campaign performance beside attribution",
        sql=f"""
SELECT
  {comma(keys)},
  {comma(f"CAST(sum({name}) AS HUGEINT) AS {name}" for name in wanted)}
FROM (
{union}
) AS u
GROUP BY {", ".join(keys)}""",
    )
    return (*found, performed)


def _within(request: Request, moment: str) -> list[tuple[int, str]]:
    conditions = []
    for period in request.periods:
        bounds = []
        if period.start is not None:
            bounds.append(f"{moment} >= {request.binder.bind(period.start)}")
        if period.end is not None:
            bounds.append(f"{moment} < {request.binder.bind(period.end)}")
        conditions.append((period.number, conjunction([f"{moment} IS NOT NULL", *bounds])))
    return conditions


def _labelled_touchpoints(request: Request) -> Cte:
    columns = ["t.touchpoint_id" if request.has("touchpoints", "touchpoint_id") else "0 AS touchpoint_id"]
    columns += [f"{request.column(field, 't')} AS {request.value_column(i)}" for i, field in request.carried_dimensions]
    columns += ["t.campaign_id AS campaign_key"] if request.needs_campaign else []
    conditions = [
        request.condition(bound, request.column(bound[1], "t"))
        for bound in request.credit_filters
        if bound[1].level == "interaction"
    ]
    labels, source = labels_of(request, "c")
    joined = ",\n    ".join(columns)
    return Cte(
        name="labelled_touchpoints",
        grain="one row for each interaction in the data, under the texts that rows show",
        sql=f"""
SELECT
  c.contact_id,
  c.occurred_at,
  c.touchpoint_id,
  c.source_row,
  c.excluded{more(labels)},
  {shown_of(request)} AS shown
FROM (
  SELECT
    'credit' AS cell,
    t.contact_id,
    t.occurred_at,
    t.source_row,
    {joined},
    {conjunction(conditions)} AS shown,
    {excluded(request) if request.excludes else "false"} AS excluded
  FROM {touchpoints(request)} AS t
) AS {source}""",
    )


def _reached(request: Request) -> Cte:
    names = dimension_names(request)
    touched = "count(DISTINCT source_row)" if request.splits else "count(*)"
    selects = [
        f"""
SELECT
  {comma([f"{number} AS period", "contact_id", *names])},
  {touched} AS touchpoints
FROM labelled_touchpoints
WHERE shown
  AND NOT excluded
  AND contact_id IS NOT NULL
  AND {condition}
GROUP BY {", ".join(["contact_id", *names])}"""
        for number, condition in _within(request, "occurred_at")
    ]
    return Cte(
        name="reached",
        grain="one row for each period, dimensions and contact with an interaction there that is not excluded",
        sql="\nUNION ALL".join(selects),
    )


def _influenced(request: Request) -> Cte:
    names = dimension_names(request)
    selects = [
        f"""
SELECT DISTINCT
  {comma([f"{number} AS period", *names, "contact_id"])}
FROM labelled_touchpoints
WHERE shown
  AND contact_id IS NOT NULL
  AND {condition}"""
        for number, condition in _within(request, "occurred_at")
    ]
    return Cte(
        name="influenced",
        grain="one row for each period, dimensions and contact with any interaction there",
        sql="\nUNION ALL".join(selects),
    )


def _closed(request: Request) -> Cte:
    names = [f"i.{name}" for name in dimension_names(request)]
    amount = "coalesce(d.amount, 0)" if request.has("deals", "amount") else "CAST(0 AS DECIMAL(38, 6))"
    if request.has("deals", "amount") and request.has("deals", "currency"):
        amount = request.rate("d.currency", amount)
    deals = request.tables["deals"]
    deal = equal_ids("p.deal_id", deals.columns["deal_id"].type, "d.deal_id", deals.columns["deal_id"].type)
    contact = equal_ids(
        "p.contact_id",
        deal_pair_type(request),
        "i.contact_id",
        request.tables["touchpoints"].columns["contact_id"].type,
    )
    selects = [
        f"""
SELECT DISTINCT
  {comma(["i.period", *names, "d.deal_id", f"{amount} AS amount"])}
FROM influenced AS i
  JOIN {deal_pairs_source(request)} AS p ON {contact}
  JOIN {deals.relation} AS d ON {deal}
WHERE {conjunction([f"i.period = {number}", won(request, "d"), condition, *owned(request, "d.deal_id")])}"""
        for number, condition in _within(request, "d.closed_at")
    ]
    return Cte(
        name="closed",
        grain="one row for each period, dimensions and won deal of an influenced contact",
        sql="\nUNION ALL".join(selects),
    )


def _created(request: Request, name: str, way: str) -> tuple[Cte, Cte]:
    """The new contacts by their first or last touch, after the interactions that led to them in order."""
    names = dimension_names(request)
    contacts = request.tables["contacts"]
    same = equal_ids(
        "t.contact_id",
        request.tables["touchpoints"].columns["contact_id"].type,
        "k.contact_id",
        contacts.columns["contact_id"].type,
    )
    mine = owned(request, "k.contact_id")
    nulls = "LAST" if way == "ASC" else "FIRST"
    number = f"TRY_CAST(t.touchpoint_id AS HUGEINT) {way} NULLS {nulls}"
    # Those without an id come after all others of the same time, as in every journey.
    order = f"t.occurred_at {way}, {number}, t.touchpoint_id {way} NULLS {nulls}, t.source_row {way}"
    touch = "first" if way == "ASC" else "last"
    # A touch of several campaigns has a row for each, all in the same place.
    place = "dense_rank" if request.splits else "row_number"
    selects = [
        f"""
SELECT
  {period} AS period{more(f"t.{name}" for name in names)},
  k.contact_id,
  t.shown,
  {place}() OVER (PARTITION BY k.contact_id ORDER BY {order}) AS place
FROM labelled_touchpoints AS t
  JOIN {contacts.relation} AS k ON {same}
WHERE {conjunction(["NOT t.excluded", "t.occurred_at <= k.created_at", condition, *mine])}"""
        for period, condition in _within(request, "k.created_at")
    ]
    return (
        Cte(
            name=f"{touch}_touches",
            grain=f"one row for each interaction that led to a new contact; the {touch} one has place 1",
            sql="\nUNION ALL".join(selects),
        ),
        Cte(
            name=name,
            grain=f"one row for each new contact: the dimensions of its {touch} touch",
            sql=f"""
SELECT{" DISTINCT" if request.splits else ""}
  {comma(["period", *names, "contact_id"])}
FROM {touch}_touches
WHERE place = 1
  AND shown""",
        ),
    )
