"""From what was typed to the reports of an export: saved ones, a dashboard's, or the one that options describe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.exports.job import DESCRIBED, ExportItem
from attrib_cli.reporting import dashboards
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.reporting.workspace import Workspace


def described_item(workspace: Workspace, typed: ReportRequest) -> ExportItem:
    """Return the report that the options describe."""
    data = workspace.data_of()
    return ExportItem(
        name=DESCRIBED, request=typed.over(data.preferred), data=data, day=workspace.day(), named=workspace.data_names()
    )


def dashboard_items(name: str, workspace: Workspace, typed: ReportRequest) -> tuple[ExportItem, ...]:
    """Return the reports of a dashboard, with what was typed for the whole of it over what they say.

    Raises UsageError for a dashboard that there is not or that has no reports.
    """
    from attrib_cli.config.schema.names import quoted

    reports = workspace.library.dashboard(name).reports
    if not reports:
        raise UsageError(f"the dashboard {quoted(name)} has no reports", hint="`attrib dashboard add` puts some on.")
    return tuple(
        _as_figure(item) if workspace.library.report(item.name).definition.display == "figure" else item
        for item in _items(reports, workspace, typed, lambda own: dashboards.over_board(own, typed))
    )


def _as_figure(item: ExportItem) -> ExportItem:
    """Return what the board shows as one figure with that as its chart, in files as on the board."""
    return replace(item, request=replace(item.request, chart="figure"))


def saved_items(names: Sequence[str], workspace: Workspace, typed: ReportRequest) -> tuple[ExportItem, ...]:
    """Return saved reports, with what was typed over what they say."""
    return _items(names, workspace, typed, typed.over)


def _items(
    names: Sequence[str], workspace: Workspace, typed: ReportRequest, over: Callable[[ReportRequest], ReportRequest]
) -> tuple[ExportItem, ...]:
    items = []
    for one in [workspace.library.report(name) for name in dict.fromkeys(names)]:
        entry = typed.cut(one.definition)
        data = workspace.data_of(entry)
        items.append(
            ExportItem(
                name=one.name,
                request=over(ReportRequest.of(entry).over(data.preferred)),
                data=data,
                day=workspace.day(entry),
                description=entry.description or "",
                named=workspace.data_names(entry),
                output=entry.output,
                excel_safe=bool(entry.excel_safe),
                template=entry.template,
            )
        )
    return tuple(items)


def refuse_in_ledger(typed: ReportRequest) -> None:
    """Raise UsageError for what was typed and no ledger has: it has all its credits, in order of time."""
    for option, given in (("--sort", typed.sort), ("--limit", typed.limit), ("--measure", typed.measure)):
        if given is not None:
            hint = "A ledger has all its credits, in order of time."
            raise UsageError("a ledger does not take this option", hint=hint, place=option)
    if typed.compare is not None:
        hint = "Leave it out, or export one ledger for each period."
        raise UsageError("a ledger compares no periods", hint=hint, place="--compare")
