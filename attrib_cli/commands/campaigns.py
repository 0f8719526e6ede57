"""``attrib campaigns``: all campaigns at a glance, and one of them as a board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import DataOptions, RequestOptions, RunOptions, flattened
from attrib_cli.config.schema.report_options import ReportOption, report_options
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.reporting.request import ReportRequest
from attrib_cli.terminal.console import Console

HELP = """Show what campaigns reached, what they were part of and what they cost; or all about one of them.

[bold]Examples[/bold]

\b
attrib campaigns --demo
attrib campaigns --period last-quarter --compare previous-year
attrib campaigns --measure influenced_contacts,revenue,roi --sort roi
attrib campaigns show "Spring Launch" --period this-year-so-far
attrib campaigns show "Spring Launch" --model first,last,linear --output spring.html
"""

_NOT_TAKEN = ("by", "confidence", "seed", "transitions", "chart")

What = Annotated[str | None, typer.Argument(metavar="[show", help="`show` for the board of one campaign.")]
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="CAMPAIGN]", help="Its name or id.", autocompletion=completion.campaigns, show_default=False
    ),
]
Rows = Annotated[
    int | None, typer.Option("--rows", metavar="N", min=1, help="Rows of a table of the board; 10 by default.")
]


@frozen
class CampaignOptions(RequestOptions):
    """What can be asked of campaigns: all that a report can, but what it is cut by."""

    @classmethod
    def offered(cls) -> Sequence[ReportOption]:
        """Return the fields that can be typed."""
        found = [one for one in RequestOptions.offered() if one.name not in (*_NOT_TAKEN, "without")]
        return [*found, report_options()["without"]]


@flattened
def campaigns(
    context: typer.Context,
    where: DataOptions,
    asked: CampaignOptions,
    how: RunOptions,
    what: What = None,
    name: Name = None,
    rows: Rows = None,
    format: o.OutputFormat = None,
    output: o.Output = None,
) -> None:
    """Show what campaigns reached, what they were part of and what they cost; or all about one of them."""
    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = asked.request()
    if what is None:
        if rows is not None:
            hint = "--limit is for the list, --rows for the board of one campaign."
            raise UsageError("the list of campaigns does not take this option", hint=hint, place="--rows")
        _list(where, how, console, typed, format, output)
        return
    if what != "show":
        hint = did_you_mean(what, ("show",)) or f"`attrib campaigns show '{what}'` shows that campaign."
        raise UsageError(f"'{what}' is nothing that can be done with campaigns", hint=hint, place="WHAT")
    if name is None:
        raise UsageError("which campaign?", hint="Give its name or id.", place="CAMPAIGN")
    _show(where, how, console, typed, name, rows, format, output)


def _list(
    where: DataOptions,
    how: RunOptions,
    console: Console,
    typed: ReportRequest,
    format: str | None,
    output: str | None,
) -> None:
    from attrib_cli.output.about import about
    from attrib_cli.output.chosen_format import is_stdout, resolve_format
    from attrib_cli.output.deliver import deliver
    from attrib_cli.reporting.campaigns import list_request

    chosen = resolve_format(format, output, console.stdout_is_tty)
    workspace = where.workspace(console, how)
    data, day = workspace.data_of(), workspace.day()
    with workspace.held, console.progress("starting") as doing:
        workspace.progress = doing
        request, notes = list_request(workspace, typed)
        answer = workspace.run(None, request.spec(data.settings, day))
    answer = replace(answer, notes=(*answer.notes, *notes))
    if not (chosen.for_people and is_stdout(output) and console.stdout_is_tty):
        console.warn_of(answer.warnings)
    found = partial(about, data.sources, day=day)
    deliver(chosen, answer, path=output, console=console, name="Campaigns", about=found)
    if not chosen.for_people:
        for note in answer.notes:
            if note.level == "note":
                console.note(f"note: {note}")


def _show(
    where: DataOptions,
    how: RunOptions,
    console: Console,
    typed: ReportRequest,
    name: str,
    rows: int | None,
    format: str | None,
    output: str | None,
) -> None:
    from attrib_cli.cli.boards import end
    from attrib_cli.exports.board_files import board_format, write_board
    from attrib_cli.output.about import about
    from attrib_cli.output.chosen_format import is_stdout
    from attrib_cli.reporting.campaign_board import campaign_board

    chosen = board_format(format, output, console.stdout_is_tty)
    limit = rows or (10 if chosen.on_screen else 100 if chosen.for_people and chosen.holds("board") else None)
    workspace = where.workspace(console, how)
    with workspace.held, console.progress("starting") as doing:
        workspace.progress = doing
        board = campaign_board(workspace, name, typed, rows=limit)
    found = partial(about, workspace.data_of().sources, day=workspace.day())
    write_board(board, chosen, output, rows=limit, console=console, about=found)
    end(console, board, say=not (chosen.on_screen and is_stdout(output) and console.stdout_is_tty))
