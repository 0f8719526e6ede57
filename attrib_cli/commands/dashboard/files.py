"""``attrib dashboard export``: the reports of a dashboard as files."""

from __future__ import annotations

import typer

from attrib_cli import options as o
from attrib_cli.commands import export as single
from attrib_cli.commands.dashboard import common
from attrib_cli.export_options import ExportOptions
from attrib_cli.report_options import DataOptions, RunOptions, flattened


@flattened
def export(
    context: typer.Context,
    dashboard: common.Name,
    where: DataOptions,
    board: common.BoardOptions,
    files: ExportOptions,
    how: RunOptions,
) -> None:
    """Write the reports of a dashboard to files, in xlsx to one workbook, as `attrib export` does.

    What is typed for the whole dashboard goes over what its reports say.
    """
    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    worlds = single.worlds_of(console, where, how)
    config = worlds.settings()[1]
    items = single.board_items(dashboard, common.library(console, config), worlds, board.asked())
    single.deliver(console, items, files, config, board=dashboard)
