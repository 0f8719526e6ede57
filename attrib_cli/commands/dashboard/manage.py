"""``attrib dashboard list|create|add|remove|reorder|clone|rename|delete``: the definitions of dashboards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import OptionGroup, flattened
from attrib_cli.cli.saved_options import Access, Description, NewName, Visibility
from attrib_cli.commands.dashboard import common
from attrib_cli.config.schema.names import close_to, quoted
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.output.words import counted
from attrib_cli.reporting import dashboards
from attrib_cli.reporting.workspace import Workspace, warn_of_broken
from attrib_cli.terminal.console import Console, printable

if TYPE_CHECKING:
    from attrib_cli.saved.library import Library, SavedDashboard

SomeReports = Annotated[
    list[str] | None,
    typer.Argument(metavar="[REPORT...]", help="Saved reports to put on it, in this order.", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the dashboard that has this name.")]
At = Annotated[
    int | None, typer.Option("--at", metavar="N", min=1, help="Place of the first one added; at the end by default.")
]


@frozen
class ChangeOptions(OptionGroup):
    """What every change of a dashboard takes."""

    config: o.ConfigPath = None
    quiet: o.Quiet = False

    def opened(self, context: typer.Context) -> tuple[Console, Library]:
        """Return the console as loud as was asked for, and the definitions that its user may see."""
        console: Console = context.obj.adjusted(quiet=self.quiet)
        return console, Workspace(console=console, config=self.config).library


def list_(context: typer.Context, format: o.ListFormat = None, config: o.ConfigPath = None) -> None:
    """List the dashboards that you may see."""
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records

    console: Console = context.obj
    library = Workspace(console=console, config=config).library
    records = [
        {
            "dashboard": board.name,
            "owner": board.owner,
            "visibility": board.visibility,
            "access": board.access,
            "description": board.description,
            "reports": board.reports,
        }
        for board in library.dashboards()
    ]
    chosen = o.list_format(console, format)
    if not records:
        console.note("no dashboards yet: `attrib dashboard create NAME REPORT...` makes one")
    warn_of_broken(console, library)
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )


@flattened
def create(
    context: typer.Context,
    name: common.Name,
    how: ChangeOptions,
    reports: SomeReports = None,
    description: Description = None,
    visibility: Visibility = None,
    access: Access = None,
    force: Force = False,
) -> None:
    """Make a dashboard, of saved reports or empty; reports on it take its visibility."""
    from attrib_cli.saved.library import SavedDashboard

    console, library = how.opened(context)
    wanted = tuple(dict.fromkeys(library.report(report).name for report in reports or ()))
    dashboards.check_size(name, wanted)
    board = SavedDashboard(
        name=name,
        reports=wanted,
        description=description,
        owner=console.user(),
        visibility=visibility or "everyone",
        access=access or "edit",
        private=visibility == "private",
        place="",
    )
    library.save_dashboard(board, force=force)
    console.note(f"saved the dashboard {quoted(name)} with {counted(len(wanted), 'report')}")


@flattened
def add(context: typer.Context, name: common.Name, reports: common.Reports, how: ChangeOptions, at: At = None) -> None:
    """Put saved reports on a dashboard."""
    console, library = how.opened(context)
    added = tuple(dict.fromkeys(library.report(report).name for report in reports))

    def put(board: SavedDashboard) -> tuple[str, ...]:
        there = [report for report in added if report in board.reports]
        if there:
            are = "is" if len(there) == 1 else "are"
            message = f"{' and '.join(map(quoted, there))} {are} on {quoted(board.name)} already"
            raise UsageError(message, hint="`attrib dashboard reorder` changes the order.")
        place = len(board.reports) if at is None else at - 1
        wanted = (*board.reports[:place], *added, *board.reports[place:])
        dashboards.check_size(board.name, wanted)
        return wanted

    _say_reports(console, library.rearrange_dashboard(name, put))


@flattened
def remove(context: typer.Context, name: common.Name, reports: common.Reports, how: ChangeOptions) -> None:
    """Take reports off a dashboard; they stay saved."""

    def rest(board: SavedDashboard) -> tuple[str, ...]:
        gone = _on(board, reports)
        return tuple(report for report in board.reports if report not in gone)

    console, library = how.opened(context)
    _say_reports(console, library.rearrange_dashboard(name, rest))


@flattened
def reorder(context: typer.Context, name: common.Name, reports: common.Reports, how: ChangeOptions) -> None:
    """Put reports of a dashboard first, in the order given; the others follow in theirs."""

    def ordered(board: SavedDashboard) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*_on(board, reports), *board.reports)))

    console, library = how.opened(context)
    _say_reports(console, library.rearrange_dashboard(name, ordered))


def _say_reports(console: Console, board: SavedDashboard) -> None:
    console.note(f"{printable(board.name)}: {', '.join(map(printable, board.reports)) or 'no reports'}")


def _on(board: SavedDashboard, names: Sequence[str]) -> list[str]:
    """Return the reports of a dashboard that are meant by `names`; raises UsageError for one that is not on it."""
    folded = {report.casefold(): report for report in board.reports}
    for name in names:
        if name.casefold() not in folded:
            there = f"It has {', '.join(map(printable, board.reports))}." if board.reports else "It has no reports."
            raise UsageError(
                f"{quoted(name)} is not on {quoted(board.name)}", hint=close_to(name, board.reports) or there
            )
    return [name if name in board.reports else folded[name.casefold()] for name in names]


@flattened
def clone(context: typer.Context, name: common.Name, new: NewName, how: ChangeOptions) -> None:
    """Make a copy of a dashboard under another name; both have the same reports."""
    console, library = how.opened(context)
    library.clone_dashboard(name, new)
    console.note(f"cloned {quoted(name)} as {quoted(new)}")


@flattened
def rename(context: typer.Context, name: common.Name, new: NewName, how: ChangeOptions) -> None:
    """Give a dashboard another name."""
    console, library = how.opened(context)
    library.rename_dashboard(name, new)
    console.note(f"renamed {quoted(name)} to {quoted(new)}")


@flattened
def delete(context: typer.Context, name: common.Name, how: ChangeOptions) -> None:
    """Delete a dashboard; its reports stay saved."""
    console, library = how.opened(context)
    library.delete_dashboard(name)
    console.note(f"deleted the dashboard {quoted(name)}; its reports are still saved")
