"""Figures beside attribution: conversions touched, and campaign performance as HubSpot counts it."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.measures import Measure
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql.cte import Cte, comma, conjunction
from attrib_cli.engine.sql.id_joins import contact_pairs, equal_ids, pair_type
from attrib_cli.engine.sql.journeys import excluded
from attrib_cli.engine.sql.labels import dimension_names, labels_of, shown_of
from attrib_cli.engine.sql.resolved import Bound, Request, won
from attrib_cli.engine.sql.shards import owned


def touched(request: Request) -> tuple[Cte, ...]:
    """Distinct conversions with a credited interaction in the row, and their whole amounts; empty unless asked for."""
    if not any(measure.source == "touched" for measure in request.measures):
        return ()
    names = dimension_names(request)
    labels, source = labels_of(request, "touches AS c")
    keys = [
        "period",
        *(request.value_column(i) for i, _ in (*request.conversion_dimensions, *request.carried_dimensions)),
    ]
    keys += ["campaign_key"] if request.needs_campaign else []
    shown = "shown" if request.carries_shown else "true AS shown"
    raw = Cte(
        name="touches",
        grain="one row for each conversion, dimensions and positions held",
        sql=(
            f"SELECT DISTINCT 'credit' AS cell, {', '.join(keys)}, {shown}, positions_held, conversion, amount\n"
            "FROM placed"
        ),
    )
    credited = Cte(
        name="touched_conversions",
        grain="one row for each period, dimensions, model and conversion with a credited interaction",
        sql=(
            f"SELECT DISTINCT\n  {comma(['c.period', *labels, 'm.model_number', 'c.conversion', 'c.amount'])}\n"
            f"FROM {source}\n  CROSS JOIN models AS m\n"
            f"WHERE {shown_of(request)} AND (c.positions_held & m.mask <> 0 OR m.rest_weight > 0)"
        ),
    )
    groups = ", ".join(["period", *names, "model_number"])
    counted = Cte(
        name="touched",
        grain="one row for each period, dimensions and model: conversions touched and their amounts in millionths",
        sql=(
            f"SELECT {groups}, count(*) AS conversions, CAST(sum(amount) * 1000000 AS HUGEINT) AS amount\n"
            f"FROM touched_conversions\nGROUP BY {groups}"
        ),
    )
    return raw, credited, counted


def check_performance(measure: Measure, dimensions: tuple[Field, ...], filters: tuple[Bound, ...]) -> None:
    """Raise UsageError where campaign performance cannot be cut or filtered so: it knows interactions only."""
    for field in (*dimensions, *(field for _, field in filters)):
        if field.level not in ("interaction", "campaign"):
            raise UsageError(
                f"'{measure.name}' cannot be cut or filtered by {field.name}: it counts beside attribution",
                hint="Cut and filter it by columns of the interaction or its campaign.",
            )


def performance(request: Request) -> tuple[Cte, ...]:
    """Campaign performance for each period and combination of dimensions; empty unless asked for.

    Contacts are influenced by any interaction in the period, static lists and workflows included; first and last touch
    are those of the contact's journey, which excluded interactions have no part in.
    """
    wanted = set(request.performed)
    if not wanted:
        return ()
    names = dimension_names(request)
    keys = ["period", *names]
    parts = [_labelled_touchpoints(request)]
    union: list[str] = []

    def counts(source: str, columns: dict[str, str], where: list[str]) -> str:
        values = [f"{columns.get(name, 'NULL')} AS {name}" for name in sorted(wanted)]
        only = f" WHERE {conjunction(where)}" if where else ""
        return f"SELECT {', '.join([*keys, *values])} FROM {source}{only} GROUP BY {', '.join(keys)}"

    if wanted & {"touchpoints", "contacts_touched"}:
        parts.append(_reached(request))
        columns = {"touchpoints": "sum(touchpoints)", "contacts_touched": "count(*)"}
        union.append(counts("reached", columns, owned(request, "contact_id")))
    if wanted & {"influenced_contacts", "closed_deals", "influenced_revenue"}:
        parts.append(_influenced(request))
        union.append(counts("influenced", {"influenced_contacts": "count(*)"}, owned(request, "contact_id")))
    if wanted & {"closed_deals", "influenced_revenue"}:
        parts.append(_closed(request))
        amounts = "CAST(sum(amount) * 1000000 AS HUGEINT)"
        union.append(counts("closed", {"closed_deals": "count(*)", "influenced_revenue": amounts}, []))
    for measure, way in (("new_contacts_first_touch", "ASC"), ("new_contacts_last_touch", "DESC")):
        if measure in wanted:
            parts.append(_created(request, measure, way))
            union.append(counts(measure, {measure: "count(*)"}, []))
    sums = [f"CAST(sum({name}) AS HUGEINT) AS {name}" for name in sorted(wanted)]
    body = "\n  UNION ALL\n  ".join(union)
    parts.append(
        Cte(
            name="performed",
            grain="one row for each period and dimensions: campaign performance beside attribution",
            sql=f"SELECT {', '.join([*keys, *sums])}\nFROM (\n  {body}\n) AS u\nGROUP BY {', '.join(keys)}",
        )
    )
    return tuple(parts)


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
    raw = ["'credit' AS cell", "t.contact_id", "t.occurred_at", "t.source_row"]
    raw.append("t.touchpoint_id" if request.has("touchpoints", "touchpoint_id") else "0 AS touchpoint_id")
    raw += [f"t.{identifier(field.column)} AS {request.value_column(i)}" for i, field in request.carried_dimensions]
    raw += ["t.campaign_id AS campaign_key"] if request.needs_campaign else []
    conditions = [
        request.condition(bound, request.column(bound[1], "t"))
        for bound in request.credit_filters
        if bound[1].level == "interaction"
    ]
    raw.append(f"{conjunction(conditions)} AS shown")
    raw.append(f"{excluded(request)} AS excluded" if request.excludes else "false AS excluded")
    inner = f"(SELECT {', '.join(raw)} FROM {request.tables['touchpoints'].relation} AS t) AS c"
    labels, source = labels_of(request, inner)
    columns = ["c.contact_id", "c.occurred_at", "c.touchpoint_id", "c.source_row", "c.excluded", *labels]
    return Cte(
        name="labelled_touchpoints",
        grain="one row for each interaction in the data, under the texts that rows show",
        sql=f"SELECT\n  {comma([*columns, f'{shown_of(request)} AS shown'])}\nFROM {source}",
    )


def _reached(request: Request) -> Cte:
    names = ", ".join(["contact_id", *dimension_names(request)])
    selects = [
        f"SELECT {number} AS period, {names}, count(*) AS touchpoints FROM labelled_touchpoints"
        f" WHERE shown AND NOT excluded AND contact_id IS NOT NULL AND {condition} GROUP BY {names}"
        for number, condition in _within(request, "occurred_at")
    ]
    return Cte(
        name="reached",
        grain="one row for each period, dimensions and contact with an interaction there that is not excluded",
        sql="\nUNION ALL\n".join(selects),
    )


def _influenced(request: Request) -> Cte:
    names = ", ".join(dimension_names(request))
    selects = [
        f"SELECT DISTINCT {number} AS period, {names + ', ' if names else ''}contact_id FROM labelled_touchpoints"
        f" WHERE shown AND contact_id IS NOT NULL AND {condition}"
        for number, condition in _within(request, "occurred_at")
    ]
    return Cte(
        name="influenced",
        grain="one row for each period, dimensions and contact with any interaction there",
        sql="\nUNION ALL\n".join(selects),
    )


def _closed(request: Request) -> Cte:
    names = [f"i.{name}" for name in dimension_names(request)]
    amount = "coalesce(d.amount, 0)" if request.has("deals", "amount") else "CAST(0 AS DECIMAL(38, 6))"
    if request.has("deals", "amount") and request.has("deals", "currency"):
        amount = request.rate("d.currency", amount)
    deal = equal_ids(
        "p.deal_id",
        request.tables["deals"].columns["deal_id"].type,
        "d.deal_id",
        request.tables["deals"].columns["deal_id"].type,
    )
    contact = equal_ids(
        "p.contact_id", pair_type(request), "i.contact_id", request.tables["touchpoints"].columns["contact_id"].type
    )
    selects = [
        f"SELECT DISTINCT i.period, {', '.join([*names, ''])}d.deal_id, {amount} AS amount\nFROM influenced AS i\n"
        f"  JOIN ({contact_pairs(request)}) AS p ON {contact}\n"
        f"  JOIN {request.tables['deals'].relation} AS d ON {deal}\n"
        f"WHERE {conjunction([f'i.period = {number}', won(request, 'd'), condition, *owned(request, 'd.deal_id')])}"
        for number, condition in _within(request, "d.closed_at")
    ]
    return Cte(
        name="closed",
        grain="one row for each period, dimensions and won deal of an influenced contact",
        sql="\nUNION ALL\n".join(selects),
    )


def _created(request: Request, name: str, way: str) -> Cte:
    names = [f"t.{x}" for x in dimension_names(request)]
    same = equal_ids(
        "t.contact_id",
        request.tables["touchpoints"].columns["contact_id"].type,
        "k.contact_id",
        request.tables["contacts"].columns["contact_id"].type,
    )
    mine = owned(request, "k.contact_id")
    nulls = "LAST" if way == "ASC" else "FIRST"
    number = f"TRY_CAST(t.touchpoint_id AS HUGEINT) {way} NULLS {nulls}"
    # Those without an id come after all others of the same time, as in every journey.
    order = f"t.occurred_at {way}, {number}, t.touchpoint_id {way} NULLS {nulls}, t.source_row {way}"
    selects = [
        f"SELECT {number} AS period, {', '.join([*(f'{x}' for x in dimension_names(request)), ''])}contact_id FROM (\n"
        f"  SELECT {', '.join([*names, ''])}k.contact_id, t.shown,\n"
        f"    row_number() OVER (PARTITION BY k.contact_id ORDER BY {order}) AS place\n"
        f"  FROM labelled_touchpoints AS t JOIN {request.tables['contacts'].relation} AS k ON {same}\n"
        f"  WHERE {conjunction(['NOT t.excluded', 't.occurred_at <= k.created_at', condition, *mine])}\n) AS s\n"
        "WHERE place = 1 AND shown"
        for number, condition in _within(request, "k.created_at")
    ]
    return Cte(
        name=name,
        grain="one row for each new contact: the dimensions of its " + ("first" if way == "ASC" else "last") + " touch",
        sql="\nUNION ALL\n".join(selects),
    )
