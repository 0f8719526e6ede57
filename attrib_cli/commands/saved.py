"""``attrib saved``: list, show, rename, clone and delete saved reports."""

from __future__ import annotations

from typing import Annotated

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli.saved_options import NewName, SavedReport, SavedReports
from attrib_cli.engine.errors import UsageError
from attrib_cli.reporting.workspace import Workspace, warn_of_broken
from attrib_cli.terminal.console import Console

app = typer.Typer(
    help="Saved reports: list, show, rename, clone and delete them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Force = Annotated[bool, typer.Option("--force", help="Delete it though it is on dashboards, and take it off them.")]
ShowFormat = Annotated[str | None, typer.Option("--format", "-f", metavar="FORMAT", help="yaml (the default) or json.")]


@app.command("list")
def list_(context: typer.Context, format: o.ListFormat = None, config: o.ConfigPath = None) -> None:
    """List the saved reports that you may see."""
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records

    console: Console = context.obj
    library = Workspace(console=console, config=config).library
    records = [
        {
            "report": saved.name,
            "type": saved.definition.type,
            "model": saved.definition.model,
            "by": saved.definition.by,
            "period": saved.definition.period,
            "owner": saved.owner,
            "visibility": saved.visibility,
            "access": saved.access,
            "dashboards": library.boards_with(saved.name),
            "place": saved.place,
            "description": saved.definition.description,
        }
        for saved in library.reports()
    ]
    if not records:
        console.note("no saved reports yet: `attrib save NAME` with the options of a report makes one")
    warn_of_broken(console, library)
    chosen = o.list_format(console, format)
    if chosen.on_screen:  # what no report has would only take room
        used = {key for record in records for key, value in record.items() if value}
        records = [{key: value for key, value in record.items() if key in used} for record in records]
    options = write_options(path=None, console=console)
    deliver_bytes([render_records(records, chosen, options)], path=None, console=console)


@app.command()
def show(context: typer.Context, name: SavedReport, format: ShowFormat = None, config: o.ConfigPath = None) -> None:
    """Show the definition of a saved report, as it stands in the configuration."""
    import json

    from attrib_cli.config.schema.names import quoted
    from attrib_cli.config.yaml_edit.writing import block, plain, written

    console: Console = context.obj
    library = Workspace(console=console, config=config).library
    saved = library.report(name)
    keys = written(saved.definition)
    if (format or "yaml") not in ("yaml", "json"):
        raise UsageError(f"a definition cannot be written as '{format}'", hint="Give yaml or json.", place="--format")
    boards = ", ".join(map(quoted, library.boards_with(name)))
    console.note(f"{saved.place}: seen by {saved.visibility}, {saved.access}" + (f", on {boards}" if boards else ""))
    if format == "json":
        text = json.dumps({"name": name, **{key: plain(value) for key, value in keys.items()}}, ensure_ascii=False)
        console.write_text(text + "\n")
    else:
        console.write_text("\n".join(block(name, keys, 0)) + "\n")


@app.command()
def rename(
    context: typer.Context, name: SavedReport, new: NewName, config: o.ConfigPath = None, quiet: o.Quiet = False
) -> None:
    """Give a saved report another name, on its dashboards too."""
    from attrib_cli.config.schema.names import quoted

    console: Console = context.obj.adjusted(quiet=quiet)
    library = Workspace(console=console, config=config).library
    library.rename_report(name, new)
    console.note(f"renamed {quoted(name)} to {quoted(new)}")


@app.command()
def clone(
    context: typer.Context, name: SavedReport, new: NewName, config: o.ConfigPath = None, quiet: o.Quiet = False
) -> None:
    """Save a copy of a saved report under a new name; it is yours and on no dashboard."""
    from attrib_cli.config.schema.names import quoted

    console: Console = context.obj.adjusted(quiet=quiet)
    library = Workspace(console=console, config=config).library
    library.clone_report(name, new)
    console.note(f"saved {quoted(new)} at {library.report(new).place}")


@app.command()
def delete(
    context: typer.Context,
    names: SavedReports,
    force: Force = False,
    config: o.ConfigPath = None,
    quiet: o.Quiet = False,
) -> None:
    """Delete saved reports."""
    from attrib_cli.config.schema.names import quoted

    console: Console = context.obj.adjusted(quiet=quiet)
    library = Workspace(console=console, config=config).library
    for name in dict.fromkeys(names):
        library.report(name)
        boards = library.boards_with(name)
        if boards and not force:
            listed = ", ".join(map(quoted, boards))
            raise UsageError(
                f"the report {quoted(name)} is on {listed}", hint="Give --force to take it off and delete it."
            )
    for name in dict.fromkeys(names):
        library.delete_report(name)
        console.note(f"deleted {quoted(name)}")
