"""How a command ends that has shown a board: what went wrong, said where nobody reads the board, and its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from attrib_cli.engine.errors import AttribError, ErrorGroup
from attrib_cli.reporting import dashboards
from attrib_cli.terminal.console import Console, printable

if TYPE_CHECKING:
    from attrib_cli.output.dashboard.board import Board


def end(console: Console, board: Board, *, say: bool) -> None:
    """End the command with the code of the first error of a board, if there is one.

    `say` tells the errors, and each warning once, on standard error too, where nobody reads the board itself.
    """
    from attrib_cli.terminal.exit_codes import code_of

    if say:
        console.warn_of(note for report in board.reports() for note in report.notes)
    failed = list(dashboards.failures(board))
    if failed and say:
        console.error(
            ErrorGroup(AttribError(str(error), hint=error.hint, place=printable(tile.name)) for tile, error in failed)
        )
    if failed:
        raise typer.Exit(int(code_of(failed[0][1])))
