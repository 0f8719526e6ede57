"""From attributed revenue to the closed revenue of the deals table: what becomes of every won deal on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from attrib_cli.engine.conversions import type_of
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.models import models_of
from attrib_cli.engine.reconciliation import (
    ZERO,
    NamedFigure,
    Reason,
    Reconciliation,
    ReconcilingStep,
    completed,
    credits_of,
    only_model,
    plain,
    refuse_cycles,
    step,
)
from attrib_cli.engine.sql.campaigns import campaign_parts, interaction_condition, with_own_campaigns
from attrib_cli.engine.sql.candidates import journey_parts
from attrib_cli.engine.sql.conversions import conversions, histories, within
from attrib_cli.engine.sql.cte import Cte, conjunction, each_once, used_values, with_clause
from attrib_cli.engine.sql.id_joins import contact_pairs, same_contact
from attrib_cli.engine.sql.journeys import excluded, lookback
from attrib_cli.engine.sql.memberships import touchpoints
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.won_deals import won

if TYPE_CHECKING:
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec

STAGES: tuple[Reason, ...] = ("only-late", "only-outside-lookback", "only-excluded", "only-ineligible")
"""What keeps an interaction from taking part, the one that is looked at first first."""

_OUTSIDE: tuple[Reason, ...] = ("outside-period", "no-closing-date")
"""Why a deal is not in a period."""

CREDITED = "credited"


@frozen
class WonDeal:
    """A won deal: its amount as it stands in the table and in the report's currency, and what becomes of it.

    `fate` is ``credited`` where interactions take part in its journey, else a `Reason`.
    """

    id: str
    raw: Decimal
    value: Decimal
    fate: str


def reconcile_closed(session: Session, spec: ReportSpec, *, in_period: bool = False) -> Reconciliation:
    """Return the way from the revenue that `spec` attributes to the sum of the amounts of all won deals.

    That sum is of the amounts as they stand in the table, whatever the period, filters and currencies; `in_period`
    leaves out the deals that are known not to have closed in the period, where there is one. Raises UsageError for a
    report of another type or of several models, and what a report raises.
    """
    kind = type_of(spec, session.settings)
    if not kind.won_only:
        raise UsageError(
            f"closed revenue stands beside attributed revenue, not beside a {kind.name} report",
            hint="Leave out --type, or say --type revenue.",
            place="--type",
        )
    refuse_cycles(spec)
    model = only_model(session, spec)
    estimated = any(one.estimated for one in models_of(spec, kind, session.settings))
    found = credits_of(session, spec)
    with session.translated():
        request = session.prepare(plain(session, spec))
        deals = won_deals(session, request)
    unweighed = set(found.nothing)
    if request.filters_credits and not estimated and any(not m.weighs_all for m in request.models):
        whole = replace(spec, campaigns=(), where=tuple(filter_ for filter_, _ in request.conversion_filters))
        unweighed = set(credits_of(session, whole).nothing)
    bounded = spec.dates.start is not None or spec.dates.end is not None
    if in_period and bounded:
        deals = [deal for deal in deals if deal.fate not in _OUTSIDE]
    steps = _steps(deals, found.of_conversions(0), unweighed, filtered=request.filters_credits)
    start, end = found.figures[0], sum((deal.raw for deal in deals), ZERO)
    return Reconciliation(
        start=NamedFigure(name=f"attributed revenue ({model})", amount=start),
        end=NamedFigure(name="closed revenue" + (" of the period" if in_period and bounded else ""), amount=end),
        steps=completed(steps, start, end, estimated=estimated),
        measure="revenue",
        currency=found.currency,
        spec=spec,
        warnings=found.warnings,
    )


def _steps(
    deals: list[WonDeal], credited: Mapping[str, Decimal], unweighed: set[str], *, filtered: bool
) -> list[ReconcilingStep]:
    """Return what each reason adds to attributed revenue, in the order of `Reason`."""
    amounts: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for deal in deals:
        if deal.fate == CREDITED:
            rest = deal.value - credited.get(deal.id, ZERO)
            if rest:
                reason = "no-weight" if deal.id in unweighed else "filtered-credit" if filtered else "estimated"
                amounts[reason].append((deal.id, rest))
        else:
            amounts[deal.fate].append((deal.id, deal.value))
        if deal.raw != deal.value:
            amounts["currency"].append((deal.id, deal.raw - deal.value))
    steps = [step(reason, amounts[reason]) for reason in get_args(Reason) if amounts[reason]]
    return [one for one in steps if one.amount or one.reason != "estimated"]


def won_deals(session: Session, request: Request) -> list[WonDeal]:
    """Return all won deals with what becomes of them."""
    query = _query(request)
    rows = session.con.execute(query, used_values(query, request.binder.values)).fetchall()
    return [WonDeal(id=id_, raw=raw, value=value, fate=fate) for id_, raw, value, fate in rows]


def _query(request: Request) -> str:
    """The SELECT of all won deals: id, amount, value, fate.

    Of a deal that no interaction takes part in, the one that comes nearest to it says why.
    """
    raw = "CAST(coalesce(s.amount, 0) AS DECIMAL(38, 6))"
    value = request.rate("s.currency", raw) if request.has("deals", "currency") else raw
    fates = [
        ("s.closed_at IS NULL", "no-closing-date"),
        (f"NOT ({conjunction(within(request, request.periods[0], 's.closed_at'))})", "outside-period"),
        ("s.amount IS NULL", "no-amount"),
        ("s.created_at IS NULL", "no-creation-date"),
        ("c.conversion IS NULL", "filtered-deals"),
        ("m.conversion IS NULL", "no-contacts"),
        ("r.stage IS NULL", "no-interactions"),
        *((f"r.stage = {number}", reason) for number, reason in enumerate(STAGES)),
    ]
    cases = "\n    ".join(f"WHEN {condition} THEN '{fate}'" for condition, fate in fates)
    parts = each_once(
        (
            *campaign_parts(request),
            *histories(request),
            *journey_parts(request),
            conversions(request),
            conversion_members(request),
            nearest_interactions(request),
        )
    )
    return (
        f"{with_clause(parts)}SELECT CAST(s.deal_id AS VARCHAR), {raw}, CAST({value} AS DECIMAL(38, 6)),\n"
        f"  CASE {cases}\n    ELSE '{CREDITED}' END\n"
        f"FROM {request.tables['deals'].relation} AS s\n"
        "  LEFT JOIN conversions AS c ON c.conversion = s.deal_id\n"
        "  LEFT JOIN (SELECT DISTINCT conversion FROM members) AS m ON m.conversion = c.conversion\n"
        "  LEFT JOIN reached AS r ON r.conversion = c.conversion\n"
        f"WHERE {won(request, 's')}"
    )


def conversion_members(request: Request) -> Cte:
    """Whose interactions may lead to which conversion."""
    return Cte(
        name="members",
        grain="one row for each contact of a conversion",
        sql=(
            "SELECT c.conversion, c.converted_at, pair.contact_id\n"
            f"FROM ({contact_pairs(request, among='SELECT conversion FROM conversions')}) AS pair\n"
            "  JOIN conversions AS c ON c.conversion = pair.deal_id"
        ),
        materialized=True,
    )


def nearest_interactions(request: Request, *, shown: bool = False) -> Cte:
    """How far the interaction of each conversion comes that comes nearest to taking part: see `STAGES`.

    With `shown` it is that of the interactions whose credit the filters of the report let be shown.
    """
    source = (
        f"{touchpoints(request)} AS t\n  JOIN members AS m ON {same_contact(request, 'm', None, 't', 'touchpoints')}"
    )
    if request.eligible_by_contact:
        source += (
            f"\n  LEFT JOIN {request.tables['contacts'].relation} AS k"
            f" ON {same_contact(request, 'k', 'contacts', 't', 'touchpoints')}"
        )
    filters = request.credit_filters if shown else ()
    named = request.eligible_by_campaign or any(field.level == "campaign" for _, field in filters)
    source = with_own_campaigns(request, source, named)
    kept = [interaction_condition(request, bound) for bound in filters]
    early = f"t.occurred_at < m.converted_at - {lookback(request)}" if request.lookback is not None else "false"
    takes_part = conjunction(interaction_condition(request, bound) for bound in request.eligible)
    conditions = (
        "t.occurred_at > m.converted_at",
        early,
        excluded(request) if request.excludes else "false",
        f"NOT coalesce({takes_part}, false)",
    )
    cases = " ".join(f"WHEN {condition} THEN {number}" for number, condition in enumerate(conditions))
    return Cte(
        name="reached",
        grain="one row for each conversion with interactions: how far the nearest comes",
        sql=(
            f"SELECT m.conversion, max(CASE {cases} ELSE {len(conditions)} END) AS stage\n"
            f"FROM {source}\nWHERE {conjunction(['t.occurred_at IS NOT NULL', *kept])}\nGROUP BY m.conversion"
        ),
    )
