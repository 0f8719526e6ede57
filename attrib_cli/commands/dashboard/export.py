"""``attrib dashboard export``: the reports of a dashboard as files."""

from __future__ import annotations

import typer

from attrib_cli.cli.export_options import ExportOptions
from attrib_cli.cli.report_options import flattened
from attrib_cli.commands import export as single
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
    console = view.console(context.obj)
    worlds = view.where.worlds(console, view.how.today)
    items = single.board_items(dashboard, worlds, view.board.request())
    single.deliver(console, items, files, worlds.project, board=dashboard, strict=view.how.strict)
