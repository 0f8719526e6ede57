"""From the two figures that are to be reconciled to the account of what lies between them."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.errors import AttribError, UsageError, did_you_mean
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.reconciliation import Reconciliation
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.explained.account import Account
    from attrib_cli.reporting.workspace import Workspace

FIGURES = ("attributed", "closed", "influenced")
"""Figures that have a name of their own, beside models, periods and saved reports."""

_Kind = Literal["attributed", "closed", "influenced", "ledger", "export", "model", "period", "saved"]


def reconcile(
    workspace: Workspace,
    first: str,
    second: str | None,
    typed: ReportRequest,
    against: Decimal | None,
    *,
    progress: Progress | None = None,
) -> Account:
    """Return the way from one figure to another, or to a total of unknown origin, `against`.

    A figure is one of `FIGURES`, a model, a period, a saved report or the file of an earlier ledger or export; `typed`
    holds for both, but for an export, which says itself what is asked. Raises UsageError for two that cannot be
    reconciled, and what a report raises.
    """
    from attrib_cli.output.explained.reconciliation import MOST, account_of

    data = workspace.data_of(None)
    limit = typed.limit
    asked = replace(typed, limit=None)
    kinds = [_kind(workspace, name, data.settings) for name in (first, second) if name is not None]
    most = MOST if limit is None else limit
    if "export" in kinds:
        export = _of_export(workspace, (first, second), kinds, asked, progress)
        return account_of(export if against is None else export.against(against), data.settings, most=most)
    entries = [
        workspace.library.report(name).definition if kind == "saved" else None
        for name, kind in zip((first, second), kinds, strict=False)
        if name is not None
    ]
    if any(entry is not None and workspace.data_of(entry) is not data for entry in entries):
        raise UsageError("the saved reports are of other data", hint="Name the data of both with --data.")
    specs = [
        _spec(workspace, name, kind, asked, entry)
        for name, kind, entry in zip((first, second), kinds, entries, strict=False)
        if name is not None
    ]
    with workspace.open(data, progress=progress) as session:
        if second is None:
            if against is None:
                raise UsageError("with what?", hint="Name a second figure, or give a total with --against.", place="B")
            found = _alone(session, specs[0], kinds[0]).against(against)
        else:
            if against is not None:
                raise UsageError(
                    "two figures and a total are three", hint="Leave out B or --against.", place="--against"
                )
            found = _between(session, (first, second), kinds, specs)
    return account_of(found, data.settings, most=most)


def _of_export(
    workspace: Workspace,
    names: tuple[str, str | None],
    kinds: list[_Kind],
    typed: ReportRequest,
    progress: Progress | None,
) -> Reconciliation:
    """Return the way from an export to the same request now, or back; raises UsageError for anything beside it."""
    from attrib_cli.reporting.export_reconciling import reconcile_export

    place = kinds.index("export")
    others = [kind for number, kind in enumerate(kinds) if number != place]
    if others not in ([], ["attributed"]):
        raise UsageError("an export is reconciled with what its request says now", hint="Name attributed.", place="B")
    said = next((f.name for f in fields(typed) if f.name != "model" and getattr(typed, f.name) is not None), None)
    if said is not None:
        hint = "Leave it out: the file says what is asked."
        raise UsageError("it was given beside an export", hint=hint, place=f"--{said.replace('_', '-')}")
    found = reconcile_export(workspace, str(names[place]), typed.model, progress=progress)
    return found if place == 0 else found.turned()


def _kind(workspace: Workspace, name: str, settings: Settings) -> _Kind:
    """Return what a figure is called by; raises UsageError for a name that is nothing."""
    from attrib_cli.engine.earlier_ledger import ENDINGS
    from attrib_cli.engine.models import fold, known_models
    from attrib_cli.engine.periods import find_period
    from attrib_cli.reporting.export_reconciling import is_export

    if is_export(name):
        return "export"
    if name.casefold().endswith(ENDINGS):
        return "ledger"
    folded = fold(name)
    if folded == "attributed":
        return "attributed"
    if folded == "closed":
        return "closed"
    if folded == "influenced":
        return "influenced"
    models = {fold(text) for model in known_models(settings.models) for text in (model.name, *model.aliases)}
    if folded in models:
        return "model"
    saved = [report.name for report in workspace.library.reports()]
    if name in saved:
        return "saved"
    try:
        find_period(name)
    except AttribError:
        hint = did_you_mean(name, [*FIGURES, *models, *saved])
        raise UsageError(
            f"'{name}' is no figure",
            hint=hint or "Name attributed, closed, influenced, a model, a period or a saved report.",
        ) from None
    return "period"


def _spec(workspace: Workspace, name: str, kind: _Kind, typed: ReportRequest, entry: ReportEntry | None) -> ReportSpec:
    """Return the report whose figure is meant."""
    data = workspace.data_of(None)
    day: dt.date = workspace.day(entry)
    if kind == "model":
        if typed.model is not None or typed.weights is not None:
            raise UsageError(f"'{name}' is a model already", hint="Leave out --model and --weights.")
        typed = ReportRequest(model=(name,)).over(typed)
    if kind == "period":
        if typed.period is not None or typed.first is not None or typed.to is not None:
            raise UsageError(f"'{name}' is a period already", hint="Leave out --period, --from and --to.")
        typed = ReportRequest(period=name).over(typed)
    asked = typed if entry is None else typed.over(ReportRequest.of(typed.cut(entry)))
    asked = asked.over(data.preferred)
    if asked.by is None:
        asked = replace(asked, by=())  # totals need no campaigns
    return asked.spec(data.settings, day)


def _alone(session: Session, spec: ReportSpec, kind: _Kind) -> Reconciliation:
    """Return the way from a figure to what is known beyond it: closed revenue, of the period where there is one."""
    from attrib_cli.engine.closed_revenue import reconcile_closed

    if kind == "ledger":
        raise UsageError("a ledger is reconciled with what is attributed now", hint="Name attributed.", place="B")
    if kind == "influenced":
        hint = "Reconcile attributed with influenced, and attributed with the total."
        raise UsageError("influenced revenue counts deals in several campaigns, and has no total", hint=hint, place="A")
    found = reconcile_closed(session, spec, in_period=True)
    if kind == "closed":
        return replace(found, start=found.end, steps=())
    return found


def _between(session: Session, names: tuple[str, str], kinds: list[_Kind], specs: list[ReportSpec]) -> Reconciliation:
    from attrib_cli.engine.closed_revenue import reconcile_closed
    from attrib_cli.engine.earlier_ledger import reconcile_ledger
    from attrib_cli.engine.influenced_revenue import reconcile_influenced
    from attrib_cli.engine.reconciliation import reconcile_models, reconcile_reports

    if kinds == ["closed", "closed"]:
        raise UsageError("closed revenue is closed revenue", hint="Name another figure.", place="B")
    if "ledger" in kinds:
        if kinds[0] == kinds[1] or {"closed", "influenced"} & {*kinds}:
            raise UsageError("a ledger is reconciled with what is attributed now", hint="Name attributed.", place="B")
        place = kinds.index("ledger")
        found = reconcile_ledger(session, specs[1 - place], names[place])
        return found if place == 0 else found.turned()
    if "influenced" in kinds:
        if kinds[0] == kinds[1] or "closed" in kinds:
            hint = "Reconcile each of the two with attributed revenue."
            raise UsageError("influenced revenue is reconciled with attributed revenue", hint=hint, place="B")
        found = reconcile_influenced(session, specs[1 - kinds.index("influenced")])
        return found if kinds[1] == "influenced" else found.turned()
    if "closed" in kinds:
        other = specs[1 - kinds.index("closed")]
        found = reconcile_closed(session, other)
        return found if kinds[1] == "closed" else found.turned()
    if kinds == ["model", "model"]:
        return reconcile_models(session, replace(specs[0], models=(*specs[0].models, *specs[1].models)))
    return reconcile_reports(session, specs[0], specs[1], names)
