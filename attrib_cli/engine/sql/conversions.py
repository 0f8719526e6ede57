"""Conversions: which there are, when their contacts had converted before, and whose interactions lead to each."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql import journey_values
from attrib_cli.engine.sql.buckets import bucket_label
from attrib_cli.engine.sql.cte import Cte, conjunction, more
from attrib_cli.engine.sql.draws import group_of
from attrib_cli.engine.sql.id_joins import equal_ids, id_order, pair_type, pairs_source, same_contact
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import Period, Request
from attrib_cli.engine.sql.shards import owned
from attrib_cli.engine.sql.won_deals import won

NO_AMOUNT = "CAST(0 AS DECIMAL(38, 6))"
"""The SQL of what a conversion without value is worth."""


def conversions(request: Request, prefix: str = "") -> Cte:
    """Every conversion of the request: id, period, moment, value, and its own dimensions.

    The name begins with `prefix`. What journeys say of it is read from ``journey_values``.
    """
    kind = request.report_type
    moment = f"c.{kind.moment}"
    source = f"{request.tables[kind.table].relation} AS c"
    conditions = converting(request, "c")
    if request.compared:
        source += f"\n  JOIN ({period_values(request)}) AS p ON {moment} >= p.starts_at AND {moment} < p.ends_at"
    else:
        conditions += within(request, request.periods[0], moment)
    local = local_time(moment, request.settings.timezone, request.binder)
    for bound in request.conversion_filters:
        if bound[1].level == "bucket":
            conditions.append(request.condition(bound, bucket_label(request, bound[1], local)))
        elif bound[1].level == "history":
            conditions.append(request.condition(bound, history(request, "c")))
    conditions += of_conversion(request, "c")
    conditions += owned(request, f"c.{kind.key}")
    if request.journey_fields:
        source += f"\n  LEFT JOIN journey_values AS w ON w.conversion = c.{kind.key}"
        conditions += journey_values.picked(request, "w")
    columns = ["c.created_at AS deal_created_at"] if kind.created_before else []
    columns += [f"{group_of(request, f'c.{kind.key}')} AS sample_group"] if request.groups_drawn else []
    columns += [f"c.{name}" for name in request.times]
    for i, field in request.conversion_dimensions:
        value = bucket_label(request, field, local) if field.level == "bucket" else _own_value(request, field, "c")
        value = journey_values.value(field, "w") if field.level == "journey" else value
        value = history(request, "c") if field.level == "history" else value
        columns.append(f"{value} AS {request.value_column(i)}")
    return Cte(
        name=f"{prefix}conversions",
        grain="one row for each conversion in the date range: when it converted, and its value",
        sql=f"""
SELECT
  c.{kind.key} AS conversion,
  {moment} AS converted_at,
  {_amount(request, "c")} AS amount,
  {"p.period" if request.compared else "0 AS period"}{more(columns)}
FROM {source}
WHERE {conjunction(conditions)}""",
        materialized=True,
    )


def converting(request: Request, alias: str) -> list[str]:
    """The SQL conditions of what converts at all, whatever the days and filters of the request."""
    kind = request.report_type
    conditions = [f"{alias}.{kind.moment} IS NOT NULL"]
    if kind.won_only:
        conditions += [won(request, alias), f"{alias}.amount IS NOT NULL", f"{alias}.created_at IS NOT NULL"]
    return conditions


def cycles(request: Request) -> tuple[Cte, ...]:
    """When contacts converted, and when before that, of all conversions of the type; none where it does not count.

    Conversions of a contact at one moment are of one cycle.
    """
    if not request.needs_cycles:
        return ()
    if request.known_cycles is not None:
        sql = f"\nSELECT contact_id, converted_at, previous_at FROM {request.known_cycles}"
        return (Cte(name="cycles", grain="one row for each contact and moment at which it converted again", sql=sql),)
    kind = request.report_type
    return (
        Cte(
            name="cycles",
            grain="one row for each contact and moment at which it converted: when it had converted before",
            sql=f"""
SELECT
  contact_id,
  converted_at,
  lag(converted_at) OVER (PARTITION BY contact_id ORDER BY converted_at) AS previous_at
FROM (
  SELECT DISTINCT
    pair.contact_id,
    s.{kind.moment} AS converted_at
  FROM {pairs_source(request)} AS pair
    JOIN {request.tables[kind.table].relation} AS s ON s.{kind.key} = pair.{kind.key}
  WHERE {conjunction(converting(request, "s"))}
) AS m""",
        ),
    )


def repeated(request: Request) -> str:
    """The SELECT of `Request.known_cycles`, from all conversions of the type."""
    (every,) = cycles(request)
    return f"SELECT contact_id, converted_at, previous_at FROM ({every.sql}) AS q WHERE previous_at IS NOT NULL"


def histories(request: Request) -> tuple[Cte, ...]:
    """Which conversions have contacts, and which a contact that had converted before; none where nothing asks."""
    if not (request.needs_history and request.report_type.pooled):
        return ()
    kind = request.report_type
    return (
        *cycles(request),
        Cte(
            name="histories",
            grain="one row for each conversion with contacts: whether one of them had converted before",
            sql=f"""
SELECT
  pair.{kind.key} AS conversion,
  bool_or(q.previous_at IS NOT NULL) AS had_converted
FROM {pairs_source(request)} AS pair
  JOIN {request.tables[kind.table].relation} AS s ON s.{kind.key} = pair.{kind.key}
  {_with_cycles(request)} AS q ON q.contact_id = pair.contact_id AND q.converted_at = s.{kind.moment}
GROUP BY pair.{kind.key}""",
        ),
    )


def _with_cycles(request: Request) -> str:
    """The SQL of a join with cycles, those that are known being those of repeat conversions alone."""
    return "JOIN cycles" if request.known_cycles is None else "LEFT JOIN cycles"


def history(request: Request, alias: str) -> str:
    """The SQL of whether a conversion is of a new or a returning contact; a contact is created but once."""
    if not request.report_type.pooled:
        return "'new'"
    key = f"{alias}.{request.report_type.key}"
    returning = "SELECT conversion FROM histories WHERE had_converted"
    return (
        f"CASE WHEN {key} IN ({returning}) THEN 'returning'"
        f" WHEN {key} IN (SELECT conversion FROM histories) THEN 'new' ELSE 'unknown' END"
    )


def of_conversion(request: Request, alias: str) -> list[str]:
    """The SQL conditions of the filters on conversions, but for those on its date."""
    conditions = []
    for bound in request.conversion_filters:
        field = bound[1]
        if field.level == "conversion":
            conditions.append(request.condition(bound, _own_value(request, field, alias)))
        elif field.level == "contact":
            inner = request.condition(bound, request.column(field, "k"))
            same = same_contact(request, "k", "contacts", "pair", None)
            key = request.report_type.key
            conditions.append(
                f"{alias}.{key} IN (SELECT pair.{key} FROM {pairs_source(request)} AS pair "
                f"JOIN {request.tables['contacts'].relation} AS k ON {same} WHERE {inner})"
            )
    return conditions


def _own_value(request: Request, field: Field, alias: str) -> str:
    """The SQL of what a conversion says by its row, or by that of the deal that the row names."""
    kind = request.report_type
    if field.table == kind.table or field.level != "conversion":
        return request.column(field, alias)
    types = [request.tables[table].columns["deal_id"].type for table in (field.table, kind.table)]
    same = equal_ids("d.deal_id", types[0], f"{alias}.deal_id", types[1])
    return f"(SELECT {request.column(field, 'd')} FROM {request.tables[field.table].relation} AS d WHERE {same})"


def members(request: Request, prefix: str = "", *, narrow: bool = False) -> Cte:
    """Whose interactions lead to which conversion; `oldest` marks the contact that the lead position is sought at.

    The name begins with `prefix`, and so does that of the conversions. Where the conversions are few among all that
    there are, `narrow` looks at no other deal's contacts.
    """
    columns = ["c.deal_created_at"] if request.report_type.created_before else []
    columns += ["c.period"] if request.data_driven is not None else []
    source = pairs_source(request, among=f"SELECT conversion FROM {prefix}conversions" if narrow else None)
    filters = (*request.credit_filters, *request.eligible, *request.preferred)
    fields = (*(field for _, field in request.carried_dimensions), *(field for _, field in filters))
    wanted = dict.fromkeys(field.column for field in fields if field.level == "contact")
    lead = bool(request.positions & 2)
    contacts = ""
    if "contacts" in request.tables and (lead or wanted):
        relation = request.tables["contacts"].relation
        contacts = f"\n  LEFT JOIN {relation} AS k ON {same_contact(request, 'k', 'contacts', 'pair', None)}"
        columns += [f"k.{identifier(column)} AS {identifier('contact.' + column)}" for column in wanted]
        if lead:
            order = ", ".join(["k.created_at NULLS LAST", *id_order("pair.contact_id", pair_type(request))])
            first = f"row_number() OVER (PARTITION BY c.conversion ORDER BY {order}) = 1"
            columns += ["k.created_at AS lead_at", f"{first} AND k.created_at IS NOT NULL AS oldest"]
    if request.separate_cycles:
        same = "q.contact_id = pair.contact_id AND q.converted_at = c.converted_at"
        contacts += f"\n  {_with_cycles(request)} AS q ON {same}"
        columns.append("q.previous_at")
    return Cte(
        name=f"{prefix}members",
        grain="one row for each contact of a conversion"
        + ("; oldest is the contact whose creation is the lead's" if lead and contacts else ""),
        sql=f"""
SELECT
  c.conversion,
  pair.contact_id,
  c.converted_at{more(columns)}
FROM {source} AS pair
  JOIN {prefix}conversions AS c ON c.conversion = pair.{request.report_type.key}{contacts}""",
        materialized=True,
    )


def _amount(request: Request, alias: str) -> str:
    if not request.valued:
        return NO_AMOUNT
    kind = request.report_type
    amount = f"coalesce({alias}.{kind.value}, 0)"
    return request.rate(f"{alias}.currency", amount) if request.has(kind.table, "currency") else amount


def within(request: Request, period: Period, moment: str) -> list[str]:
    """The SQL conditions of a moment's lying in a period."""
    conditions = []
    if period.start is not None:
        conditions.append(f"{moment} >= {request.binder.bind(period.start)}")
    if period.end is not None:
        conditions.append(f"{moment} < {request.binder.bind(period.end)}")
    return conditions


def period_values(request: Request) -> str:
    """The SELECT of the periods, with their bounds and shifts."""
    rows = ", ".join(
        f"({p.number}, {request.binder.bind(p.start)}, {request.binder.bind(p.end)}, {p.shift_months}, {p.shift_days})"
        for p in request.periods
    )
    return f"SELECT * FROM (VALUES {rows}) AS v(period, starts_at, ends_at, shift_months, shift_days)"
