"""``attrib dashboard show``: all reports of a dashboard in one view."""

from __future__ import annotations

from typing import Annotated

import typer

from attrib_cli import options as o
from attrib_cli.commands.dashboard import common
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.report_options import DataOptions, RunOptions, flattened

FORMATS = ("table", "json")
Format = Annotated[
    str | None,
    typer.Option("--format", "-f", metavar="FORMAT", help="table (drawn, the default) or json with all figures."),
]
Rows = Annotated[
    int,
    typer.Option("--rows", metavar="N", min=1, help="Rows of a table at most; the rest is one row (other)."),
]


@flattened
def show(
    context: typer.Context,
    name: common.Name,
    data: DataOptions,
    board: common.BoardOptions,
    run: RunOptions,
    rows: Rows = 10,
    format: Format = None,
) -> None:
    """Draw all reports of a dashboard in one view. What is typed here goes over what the reports say."""
    from attrib_cli.output.dashboard import arrange, machine
    from attrib_cli.output.deliver import deliver_bytes, write_options

    console = o.run_console(context.obj, quiet=run.quiet, verbose=run.verbose)
    chosen = (format or "table").strip().casefold()
    if chosen not in FORMATS:
        hint = did_you_mean(chosen, FORMATS) or "Show as table or json; `attrib dashboard export` writes the others."
        raise UsageError(f"a dashboard cannot be shown as '{format}'", hint=hint, place="--format")
    answer = common.computed(console, name, data, board, run, rows=rows if chosen == "table" else None)
    if chosen == "json":
        deliver_bytes(machine.write(answer), path=None, console=console)
    else:
        drawn = arrange.write(answer, write_options(path=None, console=console), rows=rows)
        deliver_bytes(drawn, path=None, console=console)
    common.end(console, answer, say=chosen == "json" or not console.stdout_is_tty)
