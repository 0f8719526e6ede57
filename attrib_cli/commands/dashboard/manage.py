"""``attrib dashboard list|create|add|remove|reorder|clone|rename|delete``: the definitions of dashboards."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from attrib_cli import boards
from attrib_cli import options as o
from attrib_cli.commands.dashboard import common
from attrib_cli.config.names import close_to, quoted
from attrib_cli.console import Console, printable
from attrib_cli.engine.errors import UsageError
from attrib_cli.output.words import counted
from attrib_cli.saved_options import Access, Description, NewName, Visibility

SomeReports = Annotated[
    list[str] | None,
    typer.Argument(metavar="[REPORT...]", help="Saved reports to put on it, in this order.", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the dashboard that has this name.")]
At = Annotated[
    int | None, typer.Option("--at", metavar="N", min=1, help="Place of the first one added; at the end by default.")
]


def list_(context: typer.Context, format: o.ListFormat = None, config: o.ConfigPath = None) -> None:
    """List the dashboards that you may see."""
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.records import render_records

    console: Console = context.obj
    records = [
        {
            "dashboard": board.name,
            "owner": board.owner,
            "visibility": board.visibility,
            "access": board.access,
            "description": board.description,
            "reports": board.reports,
        }
        for board in o.open_library(console, config).dashboards()
    ]
    chosen = o.list_format(console, format)
    if not records:
        console.note("no dashboards yet: `attrib dashboard create NAME REPORT...` makes one")
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )


def create(
    context: typer.Context,
    name: common.Name,
    reports: SomeReports = None,
    description: Description = None,
    visibility: Visibility = None,
    access: Access = None,
    force: Force = False,
    config: o.ConfigPath = None,
    quiet: o.Quiet = False,
) -> None:
    """Make a dashboard, of saved reports or empty; reports on it take its visibility."""
    from attrib_cli.config.library import SavedDashboard

    console = context.obj.adjusted(quiet=quiet)
    library = o.open_library(console, config)
    wanted = common.without_repeats([library.report(report).name for report in reports or ()])
    boards.check_size(name, wanted)
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


def add(
    context: typer.Context,
    name: common.Name,
    reports: common.Reports,
    at: At = None,
    config: o.ConfigPath = None,
    quiet: o.Quiet = False,
) -> None:
    """Put saved reports on a dashboard."""
    console = context.obj.adjusted(quiet=quiet)
    library = o.open_library(console, config)
    board = library.dashboard(name)
    added = common.without_repeats([library.report(report).name for report in reports])
    there = [report for report in added if report in board.reports]
    if there:
        message = (
            f"{' and '.join(map(quoted, there))} {'is' if len(there) == 1 else 'are'} on {quoted(board.name)} already"
        )
        raise UsageError(message, hint="`attrib dashboard reorder` changes the order.")
    place = len(board.reports) if at is None else at - 1
    wanted = (*board.reports[:place], *added, *board.reports[place:])
    boards.check_size(board.name, wanted)
    library.save_dashboard(replace(board, reports=wanted), force=True)
    console.note(f"{printable(board.name)}: {counted(len(wanted), 'report')}")


def remove(
    context: typer.Context,
    name: common.Name,
    reports: common.Reports,
    config: o.ConfigPath = None,
    quiet: o.Quiet = False,
) -> None:
    """Take reports off a dashboard; they stay saved."""
    console = context.obj.adjusted(quiet=quiet)
    library = o.open_library(console, config)
    board = library.dashboard(name)
    gone = {_on(board.reports, report, board.name) for report in reports}
    wanted = tuple(report for report in board.reports if report not in gone)
    library.save_dashboard(replace(board, reports=wanted), force=True)
    console.note(f"{printable(board.name)}: {counted(len(wanted), 'report')}")


def reorder(
    context: typer.Context,
    name: common.Name,
    reports: common.Reports,
    config: o.ConfigPath = None,
    quiet: o.Quiet = False,
) -> None:
    """Put reports of a dashboard first, in the order given; the others follow in theirs."""
    console = context.obj.adjusted(quiet=quiet)
    library = o.open_library(console, config)
    board = library.dashboard(name)
    first = common.without_repeats([_on(board.reports, report, board.name) for report in reports])
    wanted = (*first, *(report for report in board.reports if report not in first))
    library.save_dashboard(replace(board, reports=wanted), force=True)
    console.note(f"{printable(board.name)}: {', '.join(map(printable, wanted))}")


def _on(there: tuple[str, ...], name: str, board: str) -> str:
    """Return the report of a dashboard that is meant by `name`; raises UsageError where it is not on it."""
    if name in there:
        return name
    folded = {report.casefold(): report for report in there}
    if name.casefold() in folded:
        return folded[name.casefold()]
    hint = close_to(name, there) or (f"It has {', '.join(map(printable, there))}." if there else "It has no reports.")
    raise UsageError(f"{quoted(name)} is not on {quoted(board)}", hint=hint)


def clone(
    context: typer.Context, name: common.Name, new: NewName, config: o.ConfigPath = None, quiet: o.Quiet = False
) -> None:
    """Make a copy of a dashboard under another name; both have the same reports."""
    console = context.obj.adjusted(quiet=quiet)
    o.open_library(console, config).clone_dashboard(name, new)
    console.note(f"cloned {quoted(name)} as {quoted(new)}")


def rename(
    context: typer.Context, name: common.Name, new: NewName, config: o.ConfigPath = None, quiet: o.Quiet = False
) -> None:
    """Give a dashboard another name."""
    console = context.obj.adjusted(quiet=quiet)
    o.open_library(console, config).rename_dashboard(name, new)
    console.note(f"renamed {quoted(name)} to {quoted(new)}")


def delete(context: typer.Context, name: common.Name, config: o.ConfigPath = None, quiet: o.Quiet = False) -> None:
    """Delete a dashboard; its reports stay saved."""
    console = context.obj.adjusted(quiet=quiet)
    o.open_library(console, config).delete_dashboard(name)
    console.note(f"deleted the dashboard {quoted(name)}; its reports are still saved")
