"""``attrib dashboard export``: the reports of a dashboard as files."""

from __future__ import annotations

import typer

from attrib_cli.cli.export_options import ExportOptions
from attrib_cli.cli.report_options import flattened
from attrib_cli.commands.dashboard import common


@flattened
def export(
    context: typer.Context,
    dashboard: common.Name,
    view: common.ViewOptions,
    files: ExportOptions,
) -> None:
    """Write the reports of a dashboard to files, in xlsx to one workbook, as `attrib export` does.

    What is typed for the whole dashboard goes over what its reports say.
    """
    from attrib_cli.exports import dashboard_items

    with files.logged(view.console(context.obj), dashboard) as console:
        workspace = view.where.workspace(console, view.how)
        typed = view.board.request()
        items = dashboard_items(dashboard, workspace, typed)
        strict = view.how.strict
        files.deliver(files.job(workspace, items, workspace.project, board=dashboard, typed=typed, strict=strict))
