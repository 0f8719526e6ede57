"""What the commands of dashboards share: their arguments, and a board computed as it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.boards import end
from attrib_cli.cli.report_options import ComputingOptions, DataOptions, OptionGroup, RequestOptions
from attrib_cli.config.schema.report_options import ReportOption, report_options
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.report import Report
from attrib_cli.output import words
from attrib_cli.reporting import dashboards
from attrib_cli.terminal.console import Console, printable

if TYPE_CHECKING:
    from attrib_cli.output.dashboard.board import Board

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The dashboard.", autocompletion=completion.dashboards, show_default=False)
]
Reports = Annotated[
    list[str],
    typer.Argument(
        metavar="REPORT...", help="Saved reports.", autocompletion=completion.saved_reports, show_default=False
    ),
]


Rows = Annotated[
    int, typer.Option("--rows", metavar="N", min=1, help="Rows of a table at most; the rest is one row (other).")
]


__all__ = ["BoardOptions", "Name", "Reports", "Rows", "ViewOptions", "end"]

BOARD_FIELDS = ("period", "first", "to", "campaign", "model", "where", "allow_empty")


@frozen
class BoardOptions(RequestOptions):
    """What is asked for the whole board, over what its reports say."""

    @classmethod
    def offered(cls) -> Sequence[ReportOption]:
        """Return the fields that can be typed."""
        return [report_options()[name] for name in BOARD_FIELDS]


@frozen
class ViewOptions(OptionGroup):
    """Everything that is asked of a dashboard to be looked at."""

    where: DataOptions
    board: BoardOptions
    how: ComputingOptions

    def console(self, outer: Console) -> Console:
        """Return the console as loud as was asked for."""
        return o.run_console(outer, quiet=self.how.quiet, verbose=self.how.verbose)

    def computed(
        self, console: Console, name: str, *, rows: int | None, carries: dashboards.Carries | None = None
    ) -> Board:
        """Compute a dashboard; raises CheckError for warnings where these are taken for errors."""
        from attrib_cli.engine.notes import refuse_warnings

        with ExitStack() as held, console.progress("starting") as doing:
            workspace = replace(self.where.workspace(console, self.how), held=held, progress=doing)
            library = workspace.library
            typed = self.board.request()
            board = dashboards.compute(library.dashboard(name), library, workspace, typed, rows=rows, carries=carries)
        for tile in board.tiles:
            if isinstance(tile.answer, Report):
                seconds = sum(seconds for _, seconds in tile.answer.timings)
                console.detail(
                    f"{printable(tile.name)}: {words.named_range(tile.answer.summary.dates)}, {seconds * 1000:,.0f} ms"
                )
        if not list(dashboards.failures(board)):
            workspace.check_partials()
        if self.how.strict:
            refuse_warnings(dict.fromkeys(note for report in board.reports() for note in report.notes))
        return board
