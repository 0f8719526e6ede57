"""``attrib dashboard show``: all reports of a dashboard in one view."""

from __future__ import annotations

from typing import Annotated

import typer

from attrib_cli.cli.report_options import flattened
from attrib_cli.commands.dashboard import common
from attrib_cli.engine.errors import UsageError, did_you_mean

FORMATS = ("table", "json")
Format = Annotated[
    str | None,
    typer.Option("--format", "-f", metavar="FORMAT", help="table (drawn, the default) or json with all figures."),
]


@flattened
def show(
    context: typer.Context,
    name: common.Name,
    view: common.ViewOptions,
    rows: common.Rows = 10,
    format: Format = None,
) -> None:
    """Draw all reports of a dashboard in one view. What is typed here goes over what the reports say."""
    from attrib_cli.output.dashboard import board_json, terminal
    from attrib_cli.output.deliver import deliver_bytes, write_options

    console = view.console(context.obj)
    chosen = (format or "table").strip().casefold()
    if chosen not in FORMATS:
        hint = did_you_mean(chosen, FORMATS) or "Show as table or json; `attrib dashboard export` writes the others."
        raise UsageError(f"a dashboard cannot be shown as '{format}'", hint=hint, place="--format")
    board = view.computed(console, name, rows=rows if chosen == "table" else None)
    if chosen == "json":
        deliver_bytes(board_json.write(board), path=None, console=console)
    else:
        drawn = terminal.write(board, write_options(path=None, console=console), rows=rows)
        deliver_bytes(drawn, path=None, console=console)
    common.end(console, board, say=chosen == "json" or not console.stdout_is_tty)
