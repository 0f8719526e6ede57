"""From what is to be explained to its account: a deal, a contact, a campaign, or a row of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import choose_type, fold_type
from attrib_cli.engine.errors import UsageError, at
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.settings import ConversionTable
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.explained.account import Account
    from attrib_cli.reporting.workspace import Workspace

SUBJECTS = ("deal", "contact", "campaign", "report")
"""What can be explained, beside the conversions of the configuration, each by the name of its report type."""


def explainable(name: str, tables: Sequence[ConversionTable]) -> str | None:
    """Return what is called `name` that can be explained: one of `SUBJECTS`, or the name of one of `tables`."""
    return next((one for one in (*SUBJECTS, *(table.name for table in tables)) if fold_type(name) == one), None)


def explain_subject(
    workspace: Workspace,
    subject: str,
    name: str,
    request: ReportRequest,
    saved: ReportEntry | None,
    row: tuple[str, ...],
    *,
    progress: Progress | None = None,
) -> Account:
    """Return the account of one of `SUBJECTS`, or of a conversion of the configuration.

    A contact's journey leads to its creation. A deal's leads to its closing where it is won, unless a type is asked
    for; else to its creation. Raises UsageError where there is nothing of this name, and what a report raises.
    """
    from attrib_cli.output.explained.account import with_scope

    data = workspace.data_of(saved)
    limit = request.limit
    spec = replace(request, limit=None).over(data.preferred).spec(data.settings, workspace.day(saved))
    with workspace.open(data, progress=progress) as session:
        if subject in ("campaign", "report"):
            account = _figure(session, subject, name, spec, row, limit)
        else:
            account = _journey(session, subject, name, spec, typed=request.type is not None)
    return with_scope(account, spec, data.settings)


def _journey(session: Session, subject: str, id_: str, spec: ReportSpec, *, typed: bool) -> Account:
    from attrib_cli.engine.journey import NotConverted, explain_journey
    from attrib_cli.output.explained.journey import account_of

    own = session.settings.conversions
    with at("--type"):
        asked = choose_type(spec.type, own)
    if subject not in SUBJECTS:
        kind = choose_type(subject, own)
        if typed and asked != kind:
            raise UsageError(f"it is no conversion of a {asked.name} report", hint="Leave it out.", place="--type")
        return account_of(explain_journey(session, replace(spec, type=kind.name), id_))
    if typed and asked.thing != subject:
        hint = f"`attrib explain {asked.name} ID` explains one of those." if asked.configured else None
        raise UsageError(f"a {subject} is no conversion of a {asked.name} report", hint=hint, place="--type")
    if subject == "contact":
        return account_of(explain_journey(session, replace(spec, type="contact-create"), id_))
    try:
        return account_of(explain_journey(session, spec if typed else replace(spec, type="revenue"), id_))
    except NotConverted as error:
        if typed:
            raise
        account = account_of(explain_journey(session, replace(spec, type="deal-create"), id_))
        return replace(account, lines=(*account.lines, f"What led to its creation, since {error.reason}."))


def _figure(
    session: Session, subject: str, name: str, spec: ReportSpec, row: tuple[str, ...], limit: int | None
) -> Account:
    from attrib_cli.engine.figure import explain_campaign, explain_figure
    from attrib_cli.output.explained.figure import MOST, account_of

    if subject == "campaign":
        if row:
            raise UsageError("a campaign is a row already", hint="Leave --row out.", place="--row")
        figure = explain_campaign(session, spec, name)
    else:
        figure = explain_figure(session, spec, row)
    return account_of(figure, most=MOST if limit is None else limit)
