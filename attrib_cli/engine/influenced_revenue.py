"""From attributed revenue to influenced revenue: what sharing a deal out takes from it, and what touches it beside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from attrib_cli.engine.closed_revenue import (
    CREDITED,
    STAGES,
    conversion_members,
    nearest_interactions,
    won_deals,
)
from attrib_cli.engine.conversions import type_of
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.models import models_of
from attrib_cli.engine.reconciliation import (
    ZERO,
    NamedFigure,
    Reason,
    Reconciliation,
    completed,
    credits_of,
    only_model,
    plain,
    refuse_cycles,
    step,
)
from attrib_cli.engine.sql.campaigns import campaign_parts
from attrib_cli.engine.sql.conversions import conversions, histories
from attrib_cli.engine.sql.cte import Cte, used_values, with_clause
from attrib_cli.engine.sql.performance import performance
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec


def reconcile_influenced(session: Session, spec: ReportSpec) -> Reconciliation:
    """Return the way from the revenue that `spec` attributes to the `influenced_revenue` of the same request.

    Both are of won deals closed in the period. Raises UsageError for a report of another type, of several models, or
    with filters that influenced revenue cannot have, and what a report raises.
    """
    kind = type_of(spec, session.settings)
    if not kind.won_only:
        raise UsageError(
            f"influenced revenue stands beside attributed revenue, not beside a {kind.name} report",
            hint="Leave out --type, or say --type revenue.",
            place="--type",
        )
    refuse_cycles(spec)
    model = only_model(session, spec)
    estimated = any(one.estimated for one in models_of(spec, kind, session.settings))
    asked = replace(plain(session, spec), measures=("influenced_revenue",), by=())
    end = _total(session, asked)
    found = credits_of(session, spec)
    with session.translated():
        request = session.prepare(asked)
        influenced = dict(_influenced(session, request))
        fates = {deal.id: deal.fate for deal in won_deals(session, request)}
        stages = dict(_stages(session, request))
    credited = found.of_conversions(0)
    amounts: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for id_ in sorted(influenced.keys() | credited.keys()):
        credit, whole = credited.get(id_, ZERO), influenced.get(id_)
        reason: str
        if whole is None:
            reason = "touched-outside-period"
        elif credit:
            reason = "filtered-credit" if request.filters_credits else "estimated"
        elif fates.get(id_, CREDITED) != CREDITED:
            reason = fates[id_]
        else:
            stage = stages.get(id_, len(STAGES))
            reason = STAGES[stage] if stage < len(STAGES) else "no-weight"
        if (whole or ZERO) != credit:
            amounts[reason].append((id_, (whole or ZERO) - credit))
    steps = [step(reason, amounts[reason]) for reason in get_args(Reason) if amounts[reason]]
    start = found.figures[0]
    return Reconciliation(
        start=NamedFigure(name=f"attributed revenue ({model})", amount=start),
        end=NamedFigure(name="influenced revenue", amount=end),
        steps=completed(steps, start, end, estimated=estimated),
        measure="revenue",
        currency=found.currency,
        spec=spec,
        warnings=found.warnings,
    )


def _total(session: Session, spec: ReportSpec) -> Decimal:
    """Return the influenced revenue of a report without dimensions."""
    report = session.run(spec)
    place = [column.name for column in report.columns].index("influenced_revenue")
    return Decimal(str(report.rows[0][place] or 0)) if report.rows else ZERO


def _influenced(session: Session, request: Request) -> Iterator[tuple[str, Decimal]]:
    """Yield the won deals that count as influenced, with their amounts."""
    parts = (*campaign_parts(request), *performance(request)[:-1])
    select = "SELECT CAST(deal_id AS VARCHAR), CAST(amount AS DECIMAL(38, 6)) FROM closed"
    for id_, amount in _all(session, request, parts, select):
        yield str(id_), Decimal(str(amount))


def _stages(session: Session, request: Request) -> Iterator[tuple[str, int]]:
    """Yield how far the interactions that are shown come at most, by deal: a place in `STAGES`, or beyond."""
    parts = (
        *campaign_parts(request),
        *histories(request),
        conversions(request),
        conversion_members(request),
        nearest_interactions(request, shown=True),
    )
    for id_, stage in _all(session, request, parts, "SELECT CAST(conversion AS VARCHAR), stage FROM reached"):
        yield str(id_), int(str(stage))


def _all(session: Session, request: Request, parts: tuple[Cte, ...], select: str) -> list[tuple[object, ...]]:
    query = with_clause(parts) + select
    return session.con.execute(query, used_values(query, request.binder.values)).fetchall()
