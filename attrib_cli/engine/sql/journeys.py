"""From interactions to journeys: which lead to each conversion, in what order, and what positions they hold."""

from __future__ import annotations

import datetime as dt

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.models import LAST, POSITIONS, SAME
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql import decay, giving_way, journey_values, key_positions, states
from attrib_cli.engine.sql.campaigns import interaction_condition, with_own_campaigns
from attrib_cli.engine.sql.conversions import NO_AMOUNT
from attrib_cli.engine.sql.cte import Cte, comma, conjunction, more
from attrib_cli.engine.sql.id_joins import equal_ids, same_contact
from attrib_cli.engine.sql.memberships import touchpoints
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.won_deals import fold_text, folded

_MOMENTS = ("t.occurred_at", "m.converted_at")
"""When an interaction t was, and the conversion m that it leads to."""


def interactions(request: Request, prefix: str = "") -> Cte:
    """Every interaction of a journey, once for each conversion it leads to; excluded ones marked, not yet removed.

    The name begins with `prefix`, and so do those of the tables that it reads.
    """
    pooled = request.report_type.pooled
    columns = ["m.period", "v.value_number"] if request.data_driven is not None else []
    columns += [f"t.{column}" for column in tie_columns(request)]
    if request.positions & 2 and pooled:
        known = "contacts" in request.tables
        columns.append(f"{'m.oldest AND t.occurred_at <= m.lead_at' if known else 'false'} AS can_lead")
    if request.positions & 4 and request.report_type.created_before:
        columns.append("t.occurred_at <= m.deal_created_at AS can_deal")
    if request.positions & SAME:
        zone = request.settings.timezone
        days = [f"CAST({local_time(moment, zone, request.binder)} AS DATE)" for moment in _MOMENTS]
        columns.append(f"{' = '.join(days)} AS on_day")
    for i, field in request.carried_dimensions:
        columns.append(f"{_carried(request, field)} AS {request.value_column(i)}")
    columns += ["t.campaign_id AS campaign_key"] if request.needs_campaign else []
    columns += [f"t.{name}" for name in request.times]
    shown = [
        request.condition(bound, _carried(request, bound[1])) for bound in request.credit_filters if bound[1].carried
    ]
    columns += [f"{conjunction(shown)} AS shown"] if shown else []
    columns += [f"{excluded(request)} AS excluded"] if request.excludes else []
    joined_by_id = not (request.readable or request.separate_cycles or request.lookback is not None)
    conditions = _before_the_last(request) if joined_by_id else ["t.occurred_at <= m.converted_at"]
    if request.separate_cycles:
        conditions.append("(m.previous_at IS NULL OR t.occurred_at > m.previous_at)")
    if request.lookback is not None:
        conditions.append(f"t.occurred_at >= m.converted_at - {lookback(request)}")
    source = f"{touchpoints(request)} AS t"
    if request.data_driven is not None:
        source += states.with_values(request, request.data_driven)
    source = with_own_campaigns(request, source, request.eligible_by_campaign)
    conditions += [interaction_condition(request, bound, _carried) for bound in request.eligible]
    same = (
        same_contact(request, "m", None, "t", "touchpoints")
        if pooled
        else equal_ids(
            "m.conversion",
            request.tables["contacts"].columns["contact_id"].type,
            "t.contact_id",
            request.tables["touchpoints"].columns["contact_id"].type,
        )
    )
    columns += giving_way.columns(request, _carried)
    select = f"""
SELECT
  m.conversion,
  epoch_us(m.converted_at) - epoch_us(t.occurred_at) AS age{more(columns)}
FROM {source}
  JOIN {prefix}{"members" if pooled else "conversions"} AS m ON {same}
WHERE {conjunction(conditions)}"""
    if joined_by_id:
        # quicker than a join by time as well, into which DuckDB puts a filter unless an OFFSET keeps them apart
        select = f"\nSELECT * FROM ({select}\nOFFSET 0) AS i\nWHERE age >= 0"
    return Cte(
        name=f"{prefix}interactions",
        grain="one row for each interaction and conversion it leads to; age is in microseconds before the conversion",
        sql=giving_way.left(request, select, tie_terms(request, "own_id", "own_row")),
        materialized=True,
    )


def _before_the_last(request: Request) -> list[str]:
    """The SQL condition that interactions t are from before all periods end, which spares reading others."""
    ends = [period.end for period in request.periods]
    return [f"t.occurred_at < {request.binder.bind(max(filter(None, ends)))}"] if all(ends) else []


def lookback(request: Request) -> str:
    """The SQL of the look-back window, an interval."""
    micros = round((request.lookback or dt.timedelta()).total_seconds() * 1_000_000)
    return f"to_microseconds({request.binder.bind(micros)})"


def place(request: Request) -> str:
    """The SQL of what orders the interactions i of a journey: (time, id), by row where there are no ids.

    A printed query counts them from 1; a staged one packs time and id, or time and row, into one number.
    """
    micros = "-i.age"
    ties = tie_terms(request, "i.touchpoint_id", "i.source_row")
    if request.readable:
        order = ", ".join(["i.age DESC", *ties])
        return f"row_number() OVER (PARTITION BY i.conversion ORDER BY {order})"
    if request.order_key == "time":
        return micros
    number = _packed(request, "i.")
    if number is not None:
        return f"CAST({micros} AS HUGEINT) * {2**64} + (CAST({number} AS HUGEINT) + {2**63})"
    terms = [micros, *ties]
    return f"struct_pack({', '.join(f'order_{number} := {term}' for number, term in enumerate(terms, 1))})"


def tie_columns(request: Request) -> list[str]:
    """The columns of touchpoints that tell interactions of one time apart, as far as the order of interactions counts.

    Whole steps of journeys are ordered by the whole-number id alone, or in full.
    """
    key = request.order_key
    if not (request.positions or request.needs_order):
        return []
    whole = request.needs_order and key != "id"
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


def eligible_interactions(request: Request) -> tuple[Cte, ...]:
    """The interactions that may earn credit, with their place in the journey; before them what they are made of."""
    ordered = bool(request.positions)
    columns, joins = states.of_interactions(request)
    columns = [*([f"{place(request)} AS place"] if ordered else []), *columns]
    source = "interactions"
    excluded = "\nWHERE NOT i.excluded" if request.excludes else ""
    first = decay.powers(request)
    if first:
        first = (*first, decay.aged(request, excluded))
        source, excluded = "aged", ""
        columns += decay.kernels(request)
        joins += "\n  CROSS JOIN powers_of_two AS t"
    eligible = Cte(
        name="eligible",
        grain="one row for each interaction that may earn credit, and conversion it leads to"
        + ("; place orders those of a journey" if ordered else ""),
        sql=f"""
SELECT {decay.interaction_columns(request, "i")}{more(columns)}
FROM {source} AS i{joins}{excluded}""",
        materialized=request.readable and ordered,
    )
    return (*first, eligible)


def journey_totals(request: Request) -> Cte:
    """Each journey's length, the places of its positions, and sums of decay kernels and weights of states."""
    sought = {
        "first": "min(place)",
        "lead": "max(place) FILTER (WHERE can_lead)" if request.report_type.pooled else "max(place)",
        "deal": "max(place) FILTER (WHERE can_deal)" if request.report_type.created_before else "max(place)",
        "last": "max(place)",
        "same": "max(place) FILTER (WHERE on_day)",
    }
    columns = [
        f"{_mark_of(request, sought[POSITIONS[i]])} AS {POSITIONS[i]}_place" for i in key_positions.wanted(request)
    ]
    columns += decay.totals(request, _end(request))
    columns += [f"{sql} AS {name}" for name, sql in states.journey_sums(request)]
    return Cte(
        name="journey_totals",
        grain="one row for each conversion with interactions: the length of its journey"
        + (", and where in it the key positions are" if request.positions else ""),
        sql=f"""
SELECT
  conversion,
  CAST(count(*) AS INTEGER) AS length{more(columns)}
FROM eligible
GROUP BY conversion""",
        materialized=True,
    )


def _end(request: Request) -> str | None:
    """The SQL of the age of a journey's last interaction; None where no aggregate that is there anyway tells it."""
    if request.readable or request.order_key == "full" or not request.positions & LAST:
        return None
    return "-max(place)" if request.order_key == "time" else "-CAST(max(place) >> 64 AS BIGINT)"


def journeys(request: Request) -> tuple[Cte, ...]:
    """Each journey's length, the places of its positions, decay and value, with the conversion's dimensions."""
    found = key_positions.wanted(request)
    columns = [f"w.{POSITIONS[i]}_place" for i in found]
    columns += [f"c.{request.value_column(i)}" for i, _ in request.conversion_dimensions]
    columns += key_positions.of_journey(request)
    columns += ["c.sample_group"] if request.groups_drawn else []
    columns += [f"c.{name}" for name in request.times]
    plain = request.plain_conversions
    if request.estimated_kernels or request.split_kernels:
        columns.append(f"CAST({NO_AMOUNT if plain else 'c.amount'} AS DOUBLE) * 1e12 AS amount_parts")
    columns += [f"w.{name}" for name, _ in states.journey_sums(request)]
    sums, joins = decay.of_journeys(request)
    told = [f"{NO_AMOUNT} AS amount", "0 AS period"] if plain else ["c.amount", "c.period"]
    source = "journey_totals AS w" + ("" if plain else "\n  JOIN conversions AS c ON c.conversion = w.conversion")
    select = f"""
SELECT
  w.conversion,
  w.length,
  {comma([*told, *columns, *sums])}
FROM {source}{joins}"""
    grain = "one row for each conversion with interactions: its journey's length and value"
    grain += ", and which key positions fall together" if len(found) > 1 else ""
    decaying = [n for n, _ in request.plain_kernels]
    # materialized: else DuckDB may join every interaction twice, to its journey and then to its conversion
    return decay.with_units(request, Cte(name="journeys", grain=grain, sql=select, materialized=True), decaying)


def placed(request: Request) -> Cte:
    """Each eligible interaction beside its journey: the positions it holds."""
    columns = key_positions.of_interaction(request, _packed(request, "e.") or "e.place")
    columns += [f"j.{request.value_column(i)}" for i, _ in request.conversion_dimensions]
    columns += [f"e.{request.value_column(i)}" for i, _ in request.carried_dimensions]
    columns += ["j.sample_group"] if request.groups_drawn else []
    columns += [f"j.{name}" for name in request.times]
    columns += ["e.campaign_key"] if request.needs_campaign else []
    columns += ["e.shown"] if request.carries_shown else []
    columns += ["j.amount_parts"] if request.estimated_kernels or request.split_kernels else []
    more_columns, joins = states.placed(request)
    return Cte(
        name="placed",
        grain="one row for each eligible interaction and conversion, beside its journey"
        + (": the key positions it holds" if request.positions else ""),
        sql=f"""
SELECT
  e.conversion,
  j.length,
  j.amount,
  j.period{more([*columns, *decay.placed(request), *more_columns])}
FROM eligible AS e
  JOIN journeys AS j ON j.conversion = e.conversion{joins}""",
    )


def _packed(request: Request, alias: str = "") -> str | None:
    """The SQL of the whole number that is packed below the time to order interactions and tell them apart, if any."""
    if request.readable:
        return None
    if request.order_key == "id":
        return known_number(f"{alias}touchpoint_id")
    return f"{alias}source_row" if request.order_key == "row" else None


def _mark_of(request: Request, place: str) -> str:
    """The SQL of what marks the interaction at `place`: the number packed into it, which is narrower than all of it."""
    if _packed(request) is None:
        return place
    return f"CAST(({place} & CAST({2**64 - 1} AS HUGEINT)) - {2**63} AS BIGINT)"


def _carried(request: Request, field: Field) -> str:
    if field.level == "age":
        return journey_values.of_age(field, "(epoch_us(m.converted_at) - epoch_us(t.occurred_at))")
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
