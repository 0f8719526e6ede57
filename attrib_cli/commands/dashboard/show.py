"""``attrib dashboard show``: all reports of a dashboard in one view."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli.report_options import flattened
from attrib_cli.commands.dashboard import common
from attrib_cli.output.chosen_format import resolve_format, usual_format
from attrib_cli.output.registry import BOARD_FORMATS, listing

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{listing(BOARD_FORMATS)}; drawn as a table by default, formats for machines have all figures.",
        autocompletion=completion.board_formats,
    ),
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
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.reporting.dashboards import Carries

    console = view.console(context.obj)
    chosen = usual_format("terminal")
    if format is not None:
        chosen = resolve_format(format, None, console.stdout_is_tty, content="board")
    shown = rows if chosen.for_people else None
    board = view.computed(console, name, rows=shown, carries=Carries() if chosen.live else None)
    options = replace(write_options(path=None, console=console), rows=shown)
    deliver_bytes(chosen.load_board()(board, options), path=None, console=console)
    common.end(console, board, say=not (chosen.on_screen and console.stdout_is_tty))
