"""``attrib save``: keep what a report asks for under a name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import DataOptions, OutputOptions, RequestOptions, RunOptions, flattened
from attrib_cli.cli.saved_options import Access, Description, Force, Visibility
from attrib_cli.config.schema.report_fields import SAVED
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.saved.library import Library, SavedDashboard, SavedReport

HELP = """Save a report: what it asks for, never its figures. It takes every option of [bold]attrib report[/bold].

[bold]Examples[/bold]

\b
attrib save "Spring launch" --campaign "Spring Launch" --model first,last --period last-quarter
attrib save by-channel --by channel --compare previous-period --new-dashboard "Monday review"
attrib save mine --by asset_title --visibility private
attrib report "Spring launch"
"""
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to save it under.", show_default=False)]
Board = Annotated[
    str | None,
    typer.Option(
        "--dashboard",
        metavar="NAME",
        help="Put it on this dashboard, which exists, and whose visibility it takes.",
        autocompletion=completion.dashboards,
        rich_help_panel=SAVED,
    ),
]
NewBoard = Annotated[
    str | None,
    typer.Option("--new-dashboard", metavar="NAME", help="Put it on a new dashboard.", rich_help_panel=SAVED),
]
Display = Annotated[str | None, o.report_option("display")]


@flattened
def save(
    context: typer.Context,
    where: DataOptions,
    what: RequestOptions,
    out: OutputOptions,
    how: RunOptions,
    name: Name,
    dashboard: Board = None,
    new_dashboard: NewBoard = None,
    description: Description = None,
    display: Display = None,
    visibility: Visibility = None,
    access: Access = None,
    force: Force = False,
) -> None:
    """Save a report: what it asks for, never its figures."""
    from attrib_cli.config.schema.names import quoted
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.reporting.definition import defined, kept_folder
    from attrib_cli.saved.library import SavedReport

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    workspace = where.workspace(console, how)
    library = workspace.library
    if dashboard is not None and new_dashboard is not None:
        hint = "Give one or the other."
        raise UsageError("--dashboard and --new-dashboard were both given", hint=hint, place="--dashboard")
    if where.demo and where.data:
        raise UsageError("it was given beside --data", hint="Give one or the other.", place="--demo")
    old = next((one for one in library.reports() if one.name == name), None)
    settings = workspace.settings()
    typed = what.read(format=out.format, today=how.today, output=out.output, description=description, display=display)
    kept = {
        "data": kept_folder(where.data, library.project.path.parent),
        "demo": where.demo or None,
        "excel_safe": out.excel_safe or None,
        "template": out.template,
    }
    day = workspace.day()
    entry = defined({**typed, **kept}, settings=settings, day=day, preferred=workspace.preferred())
    if old is not None:
        entry = replace(
            entry,
            description=old.definition.description if entry.description is None else entry.description,
            display=old.definition.display if entry.display is None else entry.display,
        )
    if out.show_sql:
        data = workspace.data_of()
        spec = ReportRequest.of(entry).over(data.preferred).spec(data.settings, day)
        console.write_text(workspace.explain(data, spec))
        return
    saved = SavedReport(
        name=name,
        definition=entry,
        owner=console.user(),
        visibility=visibility or (old.visibility if old else "everyone"),
        access=access or (old.access if old else "edit"),
    )
    board = _board(library, saved, dashboard, new_dashboard, typed=(visibility, access))
    library.save_report(saved, force=force, board=board)
    console.note(f"saved {quoted(name)} at {library.report(name).place}")
    if entry.data is None and not entry.demo and (workspace.project is None or not workspace.project.sources):
        hint = "Save it with --data DIR and --force, or write sources: into attrib.yaml; else type --data each time."
        console.warn("nothing says where its data are", hint=hint)


def _board(
    library: Library,
    saved: SavedReport,
    dashboard: str | None,
    new: str | None,
    *,
    typed: tuple[str | None, str | None],
) -> SavedDashboard | None:
    """Return the dashboard that a report is saved onto, a new one with its visibility."""
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.saved.library import SavedDashboard

    if new is not None:
        return SavedDashboard(name=new, reports=(), owner=saved.owner, visibility=saved.visibility, access=saved.access)
    if dashboard is None:
        return None
    board = library.dashboard(dashboard)
    for option, value, holds in (("--visibility", typed[0], board.visibility), ("--access", typed[1], board.access)):
        if value is not None and value != holds:
            hint = f"Leave {option} out, or save it onto another dashboard."
            raise UsageError(f"a report takes that of its dashboard, {holds}", hint=hint, place=option)
    return board
