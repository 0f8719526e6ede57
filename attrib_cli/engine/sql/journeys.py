"""From the tables to journeys: which conversions there are, and whose interactions lead to each in what position."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.models import POSITIONS
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql import decay, states
from attrib_cli.engine.sql.buckets import bucket_label
from attrib_cli.engine.sql.campaigns import campaign_condition, with_campaigns
from attrib_cli.engine.sql.cte import Cte, comma, conjunction
from attrib_cli.engine.sql.id_joins import (
    contact_pairs,
    equal_ids,
    id_order,
    pair_type,
    same_contact,
)
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import Period, Request, fold_text, folded, won
from attrib_cli.engine.sql.shards import owned


def conversions(request: Request) -> Cte:
    """Every conversion of the request: id, period, moment, value, and its own dimensions."""
    kind = request.report_type
    alias = "c"
    columns = [f"{alias}.{kind.key} AS conversion", f"{alias}.{kind.moment} AS converted_at"]
    if kind.created_before:
        columns.append(f"{alias}.created_at AS deal_created_at")
    columns.append(f"{_amount(request, alias)} AS amount")
    columns.append("p.period" if request.compared else "0 AS period")
    conditions = [f"{alias}.{kind.moment} IS NOT NULL"]
    if kind.won_only:
        conditions += [won(request, alias), f"{alias}.amount IS NOT NULL", f"{alias}.created_at IS NOT NULL"]
    moment = f"{alias}.{kind.moment}"
    source = f"{request.tables[kind.table].relation} AS {alias}"
    if request.compared:
        source += f"\n  JOIN ({period_values(request)}) AS p ON {moment} >= p.starts_at AND {moment} < p.ends_at"
    else:
        conditions += within(request, request.periods[0], moment)
    local = local_time(moment, request.settings.timezone, request.binder)
    if request.compared:
        local = shifted(local)
    for i, field in request.conversion_dimensions:
        value = (
            bucket_label(field.column, local, request.settings.week_starts_on)
            if field.level == "bucket"
            else request.column(field, alias)
        )
        columns.append(f"{value} AS {request.value_column(i)}")
    for bound in request.conversion_filters:
        if bound[1].level == "bucket":
            label = bucket_label(bound[1].column, local, request.settings.week_starts_on)
            conditions.append(request.condition(bound, label))
    conditions += of_conversion(request, alias)
    conditions += owned(request, f"{alias}.{kind.key}")
    return Cte(
        name="conversions",
        grain="one row for each conversion in the date range",
        sql=f"SELECT\n  {comma(columns)}\nFROM {source}\nWHERE {conjunction(conditions)}",
        materialized=True,
    )


def shifted(local: str) -> str:
    """The SQL of a local time of period p, moved onto the days of the period reported."""
    return f"({local} + to_months(p.shift_months) + to_days(p.shift_days))"


def of_conversion(request: Request, alias: str) -> list[str]:
    """The SQL conditions of the filters on conversions, but for those on its date."""
    conditions = []
    for bound in request.conversion_filters:
        field = bound[1]
        if field.level == "conversion":
            conditions.append(request.condition(bound, request.column(field, alias)))
        elif field.level == "contact":
            inner = request.condition(bound, request.column(field, "k"))
            same = same_contact(request, "k", "contacts", "pair", None)
            conditions.append(
                f"{alias}.{request.report_type.key} IN (SELECT pair.deal_id FROM ({contact_pairs(request)}) AS pair "
                f"JOIN {request.tables['contacts'].relation} AS k ON {same} WHERE {inner})"
            )
    return conditions


def members(request: Request, *, narrow: bool = False) -> Cte:
    """Whose interactions lead to which conversion; `oldest` marks the contact that the lead position is sought at.

    Where the conversions are few among all that there are, `narrow` looks at no other deal's contacts.
    """
    columns = ["c.conversion", "pair.contact_id", "c.converted_at"]
    if request.report_type.created_before:
        columns.append("c.deal_created_at")
    if request.fit is not None:
        columns.append("c.period")
    pairs = contact_pairs(request, among="SELECT conversion FROM conversions" if narrow else None)
    source = f"({pairs}) AS pair\n  JOIN conversions AS c ON c.conversion = pair.deal_id"
    wanted = {
        field.column: field
        for field in (
            *(field for _, field in request.carried_dimensions),
            *(field for _, field in (*request.credit_filters, *request.eligible, *request.preferred)),
        )
        if field.level == "contact"
    }
    lead = bool(request.positions & 2)
    if "contacts" in request.tables and (lead or wanted):
        relation = request.tables["contacts"].relation
        source += f"\n  LEFT JOIN {relation} AS k ON {same_contact(request, 'k', 'contacts', 'pair', None)}"
        columns += [f"k.{identifier(column)} AS {identifier('contact.' + column)}" for column in wanted]
        if lead:
            order = ", ".join(["k.created_at NULLS LAST", *id_order("pair.contact_id", pair_type(request))])
            columns.append("k.created_at AS lead_at")
            columns.append(
                f"row_number() OVER (PARTITION BY c.conversion ORDER BY {order}) = 1"
                " AND k.created_at IS NOT NULL AS oldest"
            )
    return Cte(
        name="members",
        grain="one row for each contact of a conversion",
        sql=f"SELECT\n  {comma(columns)}\nFROM {source}",
        materialized=True,
    )


def interactions(request: Request) -> Cte:
    """Every interaction of a journey, once for each conversion it leads to; excluded ones marked, not yet removed."""
    pooled = request.report_type.pooled
    columns = ["m.conversion", "epoch_us(m.converted_at) - epoch_us(t.occurred_at) AS age"]
    if request.fit is not None:
        columns += ["m.period", "v.value"]
    columns += [f"t.{column}" for column in tie_columns(request)]
    if request.positions:
        if request.positions & 2 and pooled:
            columns.append(
                "m.oldest AND t.occurred_at <= m.lead_at AS can_lead"
                if "contacts" in request.tables
                else "false AS can_lead"
            )
        if request.positions & 4 and request.report_type.created_before:
            columns.append("t.occurred_at <= m.deal_created_at AS can_deal")
    for i, field in request.carried_dimensions:
        columns.append(f"{_carried(request, field)} AS {request.value_column(i)}")
    if request.needs_campaign:
        columns.append("t.campaign_id AS campaign_key")
    shown = [
        request.condition(bound, _carried(request, bound[1]))
        for bound in request.credit_filters
        if bound[1].level in ("interaction", "contact")
    ]
    if shown:
        columns.append(f"{conjunction(shown)} AS shown")
    if request.excludes:
        columns.append(f"{excluded(request)} AS excluded")
    conditions = ["t.occurred_at <= m.converted_at"]
    if request.lookback is not None:
        conditions.append(f"t.occurred_at >= m.converted_at - {lookback(request)}")
    source = f"{request.tables['touchpoints'].relation} AS t"
    if request.fit is not None:
        source += states.valued(request, request.fit)
    source = with_campaigns(request, source, request.eligible_by_campaign, key="t.campaign_id")
    for bound in request.eligible:
        field = bound[1]
        if field.level == "campaign":
            conditions.append(campaign_condition(request, bound, key="t.campaign_id"))
        else:
            conditions.append(request.condition(bound, _carried(request, field)))
    owner = "members" if pooled else "conversions"
    join = (
        same_contact(request, "m", None, "t", "touchpoints")
        if pooled
        else equal_ids(
            "m.conversion",
            request.tables["contacts"].columns["contact_id"].type,
            "t.contact_id",
            request.tables["touchpoints"].columns["contact_id"].type,
        )
    )
    columns += _giving_way(request)
    select = (
        f"SELECT\n  {comma(columns)}\nFROM {source}\n  JOIN {owner} AS m ON {join}\nWHERE {conjunction(conditions)}"
    )
    return Cte(
        name="interactions",
        grain="one row for each interaction and conversion it leads to; age is in microseconds before the conversion",
        sql=_without_those_giving_way(request, select),
        materialized=True,
    )


def _giving_way(request: Request) -> list[str]:
    """The columns of interactions t that tell which of them give way to others of their journey."""
    columns = []
    if request.preferred:
        conditions = [
            campaign_condition(request, bound, key="t.campaign_id")
            if bound[1].level == "campaign"
            else request.condition(bound, _carried(request, bound[1]))
            for bound in request.preferred
        ]
        columns.append(f"coalesce({conjunction(conditions)}, false) AS is_preferred")
    if request.spec.collapse is not None:
        alike = [name for name in ("contact_id", "channel", "campaign_id") if request.has("touchpoints", name)]
        columns.append(f"struct_pack({', '.join(f'{name} := t.{name}' for name in alike)}) AS alike")
        moment = local_time("t.occurred_at", request.settings.timezone, request.binder)
        columns += ["t.occurred_at AS own_moment", f"CAST({moment} AS DATE) AS own_day"]
        columns += ["t.touchpoint_id AS own_id"] if request.has("touchpoints", "touchpoint_id") else []
        columns.append("t.source_row AS own_row")
    return columns


SESSION = "INTERVAL 30 MINUTE"
"""How long nothing happens between two sessions, as web analytics has it."""


def _without_those_giving_way(request: Request, select: str) -> str:
    """The SELECT without interactions that give way: to preferred ones of their journey, and to those they repeat.

    Excluded interactions are no reason for others to give way, and stay to be counted.
    """
    kept = "excluded OR " if request.excludes else ""
    apart = ", excluded" if request.excludes else ""
    if request.preferred:
        counts = "is_preferred AND NOT excluded" if request.excludes else "is_preferred"
        any_of = f"bool_or({counts}) OVER (PARTITION BY conversion)"
        select = (
            f"SELECT * EXCLUDE (is_preferred)\nFROM (\n{select}\n) AS i\nQUALIFY {kept}is_preferred OR NOT {any_of}"
        )
    if request.spec.collapse is None:
        return select
    order = ", ".join(["own_moment", *tie_terms(request, "own_id", "own_row")])
    if request.spec.collapse == "repeats":
        before = f"lag(alike) OVER (PARTITION BY conversion, alike.contact_id{apart} ORDER BY {order})"
        first = f"alike IS DISTINCT FROM {before}"
    elif request.spec.collapse == "session":
        before = f"lag(own_moment) OVER (PARTITION BY conversion, alike{apart} ORDER BY {order})"
        first = f"{before} IS NULL OR own_moment - {before} > {SESSION}"
    else:
        first = f"row_number() OVER (PARTITION BY conversion, alike, own_day{apart} ORDER BY {order}) = 1"
    own = ["alike", "own_moment", "own_day", "own_row"]
    own += ["own_id"] if request.has("touchpoints", "touchpoint_id") else []
    return f"SELECT * EXCLUDE ({', '.join(own)})\nFROM (\n{select}\n) AS i\nQUALIFY {kept}{first}"


def lookback(request: Request) -> str:
    """The SQL of the look-back window, an interval."""
    micros = round((request.lookback or dt.timedelta()).total_seconds() * 1_000_000)
    return f"to_microseconds({request.binder.bind(micros)})"


def order_key(request: Request) -> str:
    """The SQL of what orders the interactions of a journey: (time, id), by row where there are no ids."""
    micros = "-age"
    if request.order_key == "time":
        return micros
    number = _packed(request)
    if number is not None:
        number = f"(CAST({number} AS HUGEINT) + {2**63})"
        return f"CAST({micros} AS HUGEINT) * {2**64} + {number}"
    terms = [micros, *tie_terms(request, "touchpoint_id", "source_row")]
    return f"struct_pack({', '.join(f'order_{number} := {term}' for number, term in enumerate(terms, 1))})"


def tie_columns(request: Request) -> list[str]:
    """The columns of touchpoints that tell interactions of one time apart, as far as the order of interactions counts.

    Whole steps of journeys are ordered by the whole-number id alone, or in full.
    """
    key = request.order_key
    if not (request.positions or request.needs_steps):
        return []
    whole = request.needs_steps and key != "id"
    columns = (
        ["touchpoint_id"] if (key in ("id", "full") or whole) and request.has("touchpoints", "touchpoint_id") else []
    )
    return [*columns, "source_row"] if key in ("row", "full") or whole else columns


def tie_terms(request: Request, id_: str, row: str) -> list[str]:
    """The SQL of what orders interactions of one time, by id and then row: what `order_key` orders by in full.

    Whole numbers come first, then texts, then what has no id.
    """
    if not request.has("touchpoints", "touchpoint_id"):
        return [row]
    if request.tables["touchpoints"].columns["touchpoint_id"].type == "BIGINT":
        return [known_number(id_), f"{id_} IS NULL", row]
    number = f"TRY_CAST({id_} AS HUGEINT)"
    return [f"{id_} IS NULL", f"{number} IS NULL", f"coalesce({number}, 0)", f"coalesce({id_}, '')", row]


def known_number(id_: str) -> str:
    """The SQL of a whole-number id, or of the largest number there is where an interaction has none."""
    return f"coalesce({id_}, {2**63 - 1})"


def eligible_interactions(request: Request) -> Cte:
    """The interactions that may earn credit, with the key that orders them."""
    key = [f"{order_key(request)} AS order_key"] if request.positions else []
    excluded = "\nWHERE NOT i.excluded" if request.excludes else ""
    columns, joins = states.weighed(request)
    shown = ["i.*", *key, *columns, *decay.aged(request)]
    return Cte(
        name="eligible",
        grain="one row for each interaction that may earn credit, and conversion it leads to"
        + ("; order_key orders those of a journey" if request.positions else ""),
        sql=decay.with_kernels(request, f"SELECT {', '.join(shown)}\nFROM interactions AS i{joins}{excluded}"),
    )


def journey_totals(request: Request) -> Cte:
    """Each journey's length, last moment, keys of its positions, and sums of decay kernels."""
    wanted = request.positions
    aggregates = ["conversion", "CAST(count(*) AS INTEGER) AS length"]
    keys = {
        0: "min(order_key)",
        1: "max(order_key) FILTER (WHERE can_lead)" if request.report_type.pooled else "max(order_key)",
        2: "max(order_key) FILTER (WHERE can_deal)" if request.report_type.created_before else "max(order_key)",
        3: "max(order_key)",
    }
    aggregates += [f"{_mark_of(request, sql)} AS {POSITIONS[i]}_key" for i, sql in keys.items() if wanted & (1 << i)]
    aggregates += decay.totals(request)
    aggregates += [f"{sql} AS {name}" for name, sql in states.state_totals(request)]
    return Cte(
        name="journey_totals",
        grain="one row for each conversion with interactions: the length of its journey and the keys of its positions",
        sql=f"SELECT\n  {comma(aggregates)}\nFROM eligible\nGROUP BY conversion",
        materialized=True,
    )


def journeys(request: Request) -> Cte:
    """Each journey's length, keys and pattern of positions, decay and value, with the conversion's dimensions.

    The pattern holds, for each position (4 bits each, first lowest), all positions that its interaction holds.
    """
    wanted = [i for i in range(4) if request.positions & (1 << i)]
    columns = ["w.conversion", "w.length", "c.amount", "c.period", *(f"w.{POSITIONS[i]}_key" for i in wanted)]
    columns += [f"c.{request.value_column(i)}" for i, _ in request.conversion_dimensions]
    if wanted:
        pattern = "\n    + ".join(f"{16**i} * ({_held_by(i, wanted)})" for i in wanted)
        columns.append(f"CAST({pattern} AS INTEGER) AS pattern")
    source = "journey_totals AS w\n  JOIN conversions AS c ON c.conversion = w.conversion"
    if request.estimated_kernels or request.split_kernels:
        columns.append("CAST(c.amount AS DOUBLE) * 1e12 AS worth")
    columns += [f"w.{name}" for name, _ in states.state_totals(request)]
    sums, joins = decay.of_journeys(request)
    select = f"SELECT\n  {comma([*columns, *sums])}\nFROM {source}{joins}"
    return Cte(
        name="journeys",
        grain="one row for each conversion with interactions: its length, value and pattern of key positions",
        materialized=True,  # else DuckDB may join every interaction twice: to its journey, then to its conversion
        sql=decay.with_units(select, [n for n, _ in request.plain_kernels]),
    )


def placed(request: Request) -> Cte:
    """Each eligible interaction beside its journey: the positions it holds, as bits."""
    wanted = [i for i in range(4) if request.positions & (1 << i)]
    mark = _packed(request, "e.") or "e.order_key"
    held = " + ".join(f"CASE WHEN {mark} = j.{POSITIONS[i]}_key THEN {1 << i} ELSE 0 END" for i in wanted) or "0"
    columns = ["e.conversion", "j.length", "j.amount", "j.period"]
    columns += ["j.pattern" if wanted else "0 AS pattern", f"{held} AS positions_held"]
    columns += [f"j.{request.value_column(i)}" for i, _ in request.conversion_dimensions]
    columns += [f"e.{request.value_column(i)}" for i, _ in request.carried_dimensions]
    columns += ["e.campaign_key"] if request.needs_campaign else []
    if request.carries_shown:
        columns.append("e.shown")
    if request.estimated_kernels or request.split_kernels:
        columns.append("j.worth")
    columns += decay.placed(request)
    more, joins = states.placed(request)
    columns += more
    return Cte(
        name="placed",
        grain="one row for each eligible interaction and conversion: the positions it holds, as bits",
        sql=(
            f"SELECT\n  {comma(columns)}\nFROM eligible AS e\n"
            f"  JOIN journeys AS j ON j.conversion = e.conversion{joins}"
        ),
    )


def _packed(request: Request, alias: str = "") -> str | None:
    """The SQL of the whole number that is packed below the time to order interactions and tell them apart, if any."""
    if request.order_key == "id":
        return known_number(f"{alias}touchpoint_id")
    return f"{alias}source_row" if request.order_key == "row" else None


def _mark_of(request: Request, key: str) -> str:
    """The SQL of what marks the interaction with `key`: the number packed into it, which is narrower than all of it."""
    if _packed(request) is None:
        return key
    return f"CAST(({key} & CAST({2**64 - 1} AS HUGEINT)) - {2**63} AS BIGINT)"


def _held_by(position: int, positions: Iterable[int]) -> str:
    """The SQL of all positions, as bits, that the interaction in `position` holds; 0 where there is none."""
    same = [
        f"CASE WHEN w.{POSITIONS[min(position, other)]}_key = w.{POSITIONS[max(position, other)]}_key"
        f" THEN {1 << other} ELSE 0 END"
        for other in positions
        if other != position
    ]
    held = " + ".join([str(1 << position), *same])
    return held if position in (0, 3) else f"CASE WHEN w.{POSITIONS[position]}_key IS NULL THEN 0 ELSE {held} END"


def _amount(request: Request, alias: str) -> str:
    if not request.valued:
        return "CAST(0 AS DECIMAL(38, 6))"
    amount = f"coalesce({alias}.amount, 0)"
    return request.rate(f"{alias}.currency", amount) if request.has("deals", "currency") else amount


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


def _carried(request: Request, field: Field) -> str:
    if field.level == "contact":
        return f"m.{identifier('contact.' + field.column)}"
    return request.column(field, "t")


def excluded(request: Request) -> str:
    """The SQL of whether the interaction t is of a type that never earns credit."""
    conditions = []
    for column, names in (
        ("asset_type", request.settings.exclude_asset_types),
        ("interaction_type", request.settings.exclude_interaction_types),
    ):
        if names and request.has("touchpoints", column):
            values = ", ".join(request.binder.bind(name) for name in dict.fromkeys(map(fold_text, names)))
            conditions.append(f"coalesce({folded(f't.{column}')} IN ({values}), false)")
    return f"({' OR '.join(conditions)})"
