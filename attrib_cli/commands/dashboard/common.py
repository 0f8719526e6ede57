"""What the commands of dashboards share: their arguments, the library, and a board computed as it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli import boards, completion
from attrib_cli import options as o
from attrib_cli.console import Console
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.report import Report
from attrib_cli.output import words
from attrib_cli.report_options import DataOptions, OptionGroup, RunOptions

if TYPE_CHECKING:
    from attrib_cli.config.library import Library
    from attrib_cli.config.load import Config
    from attrib_cli.output.dashboard.board import Board

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The dashboard.", autocompletion=completion.dashboards, show_default=False)
]
NewName = Annotated[str, typer.Argument(metavar="NEW", help="The new name.", show_default=False)]
Reports = Annotated[
    list[str],
    typer.Argument(
        metavar="REPORT...", help="Saved reports.", autocompletion=completion.saved_reports, show_default=False
    ),
]


def library(console: Console, config: Config | None) -> Library:
    """Return the definitions that the user who runs this may see."""
    from attrib_cli.config.library import Library

    return Library.open(config, user=console.user(), environ=console.environ, folder=Path.cwd())


@dataclass(frozen=True, kw_only=True)
class BoardOptions(OptionGroup):
    """What is asked for the whole board, over what its reports say."""

    period: o.Period = None
    first: o.From = None
    to: o.To = None
    campaign: o.Campaign = None
    model: o.Model = None
    where: o.Where = None

    def asked(self) -> o.Asked:
        """Return what was typed for the whole board."""
        return o.Asked(
            model=o.listed(self.model),
            period=self.period,
            first=self.first,
            to=self.to,
            campaign=o.repeated(self.campaign),
            where=o.repeated(self.where),
        )


def computed(
    console: Console, name: str, data: DataOptions, board: BoardOptions, run: RunOptions, *, rows: int | None
) -> Board:
    """Compute a dashboard."""
    with ExitStack() as held, console.progress("starting") as doing:
        worlds = boards.Worlds(
            console=console,
            data=data.data,
            config=data.config,
            demo=data.demo,
            today=run.today,
            held=held,
            progress=doing,
        )
        found = library(console, worlds.settings()[1])
        answer = boards.compute(found.dashboard(name), found, worlds, board.asked(), rows=rows)
    for tile in answer.tiles:
        if isinstance(tile.answer, Report):
            seconds = sum(seconds for _, seconds in tile.answer.timings)
            console.detail(f"{tile.name}: {words.named_range(tile.answer.summary.dates)}, {seconds * 1000:,.0f} ms")
    return answer


def end(console: Console, board: Board, *, say: bool) -> None:
    """End the command with the code of the first error of a board, if there is one.

    `say` tells the errors, and each warning once, on standard error too, where nobody reads the board itself.
    """
    from attrib_cli.exit_codes import code_of

    for warning in dict.fromkeys(text for report in board.reports() for text in report.warnings) if say else ():
        console.warn(warning)
    failed = list(boards.failures(board))
    for tile, error in failed if say else ():
        console.error(AttribError(str(error), hint=error.hint, place=tile.name))
    if failed:
        raise typer.Exit(int(code_of(failed[0][1])))


def without_repeats(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, each once, in order."""
    return tuple(dict.fromkeys(names))
