"""``attrib dashboard open``: a dashboard as a page in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import flattened
from attrib_cli.commands.dashboard import common
from attrib_cli.terminal.console import Console

Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="PATH", help="File to write; a temporary one if not given."),
]


@flattened
def open_(
    context: typer.Context,
    name: common.Name,
    view: common.ViewOptions,
    rows: common.Rows = 100,
    output: Output = None,
    with_conversions: o.WithConversions = False,
) -> None:
    """Write a dashboard as one HTML file and open it in the browser; without a browser, print where it is."""
    from attrib_cli.engine.temporary import lasting_folder
    from attrib_cli.output.chosen_format import is_stdout, usual_format
    from attrib_cli.output.deliver import deliver_bytes
    from attrib_cli.output.registry import WriteOptions
    from attrib_cli.reporting.dashboards import Carries

    console = view.console(context.obj)
    board = view.computed(console, name, rows=rows, carries=Carries(conversions=with_conversions))
    page = usual_format("browser")
    path = output if output is not None else str(lasting_folder() / f"dashboard.{page.ending}")
    deliver_bytes(page.load_board()(board, WriteOptions(rows=rows)), path=path, console=console)
    if not is_stdout(path):
        _open(Path(path), console)
    common.end(console, board, say=True)


def _open(path: Path, console: Console) -> None:
    """Open a file in the browser of $BROWSER, else of the system; print its path where there is none."""
    import webbrowser

    try:
        opened = webbrowser.open(path.resolve().as_uri())
    except webbrowser.Error:
        opened = False
    if opened:
        console.note(f"opened {path}")
    else:
        console.write_text(f"{path}\n")
