"""From what is to be explained to its account: a deal, a contact, a campaign, or a row of a report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.explained.account import Account
    from attrib_cli.reporting.workspace import Workspace

SUBJECTS = ("deal", "contact", "campaign", "report")


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
    """Return the account of one of `SUBJECTS`.

    A contact's journey leads to its creation. A deal's leads to its closing where it is won, unless a type is asked
    for; else to its creation. Raises UsageError where there is nothing of this name, and what a report raises.
    """
    from attrib_cli.output.explained.account import with_scope

    data = workspace.data_of(saved)
    limit = request.limit
    spec = replace(request, limit=None).over(data.preferred).spec(data.settings, workspace.day(saved))
    with workspace.open(data, progress=progress) as session:
        if subject in ("deal", "contact"):
            account = _journey(session, subject, name, spec, typed=request.type is not None)
        else:
            account = _figure(session, subject, name, spec, row, limit)
    return with_scope(account, spec, data.settings)


def _journey(session: Session, subject: str, id_: str, spec: ReportSpec, *, typed: bool) -> Account:
    from attrib_cli.engine.conversions import choose_type
    from attrib_cli.engine.journey import NotConverted, explain_journey
    from attrib_cli.output.explained.journey import account_of

    if subject == "contact":
        if typed and choose_type(spec.type).table != "contacts":
            raise UsageError(f"a contact is no conversion of a {spec.type} report", place="--type")
        return account_of(explain_journey(session, replace(spec, type="contact-create"), id_))
    if typed and choose_type(spec.type).table != "deals":
        raise UsageError(f"a deal is no conversion of a {spec.type} report", place="--type")
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
    from attrib_cli.engine.figure import explain_figure
    from attrib_cli.output.explained.figure import MOST, account_of

    if subject == "campaign":
        if row:
            raise UsageError("a campaign is a row already", hint="Leave --row out.", place="--row")
        spec, row = replace(spec, by=("campaign",)), (name,)
    return account_of(explain_figure(session, spec, row), most=MOST if limit is None else limit)
