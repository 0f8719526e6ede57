"""``attrib edit``: a saved report in your editor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli import saved_options as options
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.reporting.workspace import Workspace
from attrib_cli.terminal.console import Console, printable
from attrib_cli.terminal.exit_codes import code_of

if TYPE_CHECKING:
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.engine.settings import Settings
    from attrib_cli.reporting.request import ReportRequest
    from attrib_cli.saved.library import Library, SavedReport

_KEPT = "nothing was changed; your text is kept, and `attrib edit` goes on with it: {}"


def edit(
    context: typer.Context, name: options.SavedReport, config: o.ConfigPath = None, quiet: o.Quiet = False
) -> None:
    """Edit a saved report in $VISUAL or $EDITOR, every key explained.

    What you leave is checked. When something is wrong, the errors are shown, nothing is changed and your text is kept:
    you are asked whether to go on at once, or the next [bold]attrib edit[/bold] of it does. An empty text gives up.
    """
    from attrib_cli.config.schema.names import quoted
    from attrib_cli.saved.editor import Kept, explained, in_editor

    console: Console = context.obj.adjusted(quiet=quiet)
    library = Workspace(console=console, config=config).library
    saved = library.report(name)
    if not library.may_change(saved):
        hint = "`attrib saved clone` makes a copy of your own."
        raise UsageError(f"you may view the report {quoted(name)}, but not change it", hint=hint, place=saved.place)
    kept = Kept(saved, library.project.path, console.environ)
    begun, fresh = kept.text(), explained(saved)
    if begun is not None:
        console.note("this is the text that you left last time; an empty one gives it up")
    text = fresh if begun is None else begun
    while True:
        text = in_editor(text, console.environ)
        if not text.strip() or text == fresh:
            kept.forget()
            console.note("nothing was changed")
            return
        try:
            now = Workspace(console=console, config=config)
            place = _save(now.library, saved, text, now.settings(), now.preferred())
        except AttribError as error:
            where = kept.keep(text)
            if console.stdin_is_tty and console.stderr_is_tty:
                console.error(error)
                if typer.confirm("edit it again?", default=True, err=True):
                    continue
                console.note(_KEPT.format(where))
                raise typer.Exit(int(code_of(error))) from None
            console.note(_KEPT.format(where))
            raise
        kept.forget()
        console.note(f"saved {quoted(name)} at {place}")
        return


def _save(library: Library, before: SavedReport, text: str, settings: Settings, preferred: ReportRequest) -> str:
    """Save what a text says over the report that it began with; return where it stands."""
    from attrib_cli.reporting.definition import check_chart, check_models
    from attrib_cli.reporting.request import ReportRequest
    from attrib_cli.saved.editor import read_entry

    entry = read_entry(text, f"{printable(before.name)}.yaml")
    if not entry.demo:  # the example data have models of their own
        check_models(ReportRequest.of(entry), settings)
        check_chart(ReportRequest.of(entry).over(preferred), settings)
    now = library.report(before.name)
    library.save_report(_shared(library, now, entry), force=True, over=before.definition)
    return library.report(before.name).place


def _shared(library: Library, saved: SavedReport, entry: ReportEntry) -> SavedReport:
    from attrib_cli.config.schema.names import quoted

    own = saved.definition
    boards = library.boards_with(saved.name)
    if boards and not saved.private and (entry.visibility, entry.access) != (own.visibility, own.access):
        hint = "Change that of the dashboard, or take the report off it first."
        raise UsageError(f"the report takes the visibility of its dashboard {quoted(boards[0])}", hint=hint)
    return replace(
        saved,
        definition=entry,
        owner=entry.owner,
        visibility=entry.visibility or "everyone",
        access=entry.access or "edit",
    )
