"""``attrib config``: what the configuration says, whether it is right, and what it may say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attrib_cli.cli import options as o
from attrib_cli.engine.errors import UsageError
from attrib_cli.reporting.workspace import Workspace
from attrib_cli.terminal.console import Console

app = typer.Typer(
    help="The configuration: show it, check it, and its keys for editors.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

File = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="A configuration; the one found if not given.", show_default=False),
]
Sources = Annotated[
    bool,
    typer.Option("--sources", help="Open the files of its tables too, and say which mapped headers none of them has."),
]
Install = Annotated[
    bool,
    typer.Option(
        "--install", help="Write it beside attrib.yaml, and the line that editors find it by into attrib.yaml."
    ),
]


@app.command()
def show(context: typer.Context, format: o.ListFormat = None, config: o.ConfigPath = None) -> None:
    """Show every value that holds, with the file and the line it came from."""
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records
    from attrib_cli.saved.diagnose import values

    console: Console = context.obj
    library = Workspace(console=console, config=config).library
    records = [{"key": one.key, "value": one.value, "from": one.place} for one in values(library)]
    chosen = o.list_format(console, format)
    options = write_options(path=None, console=console)
    deliver_bytes([render_records(records, chosen, options)], path=None, console=console)


@app.command()
def validate(
    context: typer.Context,
    file: File = None,
    config: o.ConfigPath = None,
    sources: Sources = False,
    quiet: o.Quiet = False,
) -> None:
    """Check the configuration and say all that is wrong with it at once; exit code 2 where something is."""
    from attrib_cli.config.find import find_config
    from attrib_cli.config.validate import grouped
    from attrib_cli.saved.definitions_file import shown
    from attrib_cli.saved.diagnose import problems
    from attrib_cli.saved.private import private_path

    console: Console = context.obj.adjusted(quiet=quiet)
    if file is not None and config is not None:
        raise UsageError("FILE and --config were both given", hint="Give one or the other.", place="--config")
    path = file or config or find_config(Path.cwd(), console.environ)
    if path is None:
        raise UsageError("there is no attrib.yaml here or above", hint="Name one: `attrib config validate FILE`.")
    path = path.absolute()
    own = private_path(path, console.environ)
    files = [path, *([own] if own.exists() else [])]
    found = problems(path, own if own.exists() else None, console.user())
    if found:
        raise grouped(found)
    if sources:
        _look_at_sources(console, path)
    console.note("all is well: " + ", ".join(shown(one) for one in files))


def _look_at_sources(console: Console, path: Path) -> None:
    """Say what the files of each table have, or raise all that does not fit."""
    from attrib_cli.config.check_sources import look_at_sources
    from attrib_cli.config.load import load_config
    from attrib_cli.config.validate import grouped

    config = load_config(path)
    if not config.sources:
        raise UsageError("the configuration names no sources", hint="Write them below `sources:`.", place=str(path))
    looked = look_at_sources(config)
    if looked.problems:
        raise grouped(looked.problems)
    for table, (files, columns) in looked.tables.items():
        console.note(f"{table}: {columns} columns in {files} file{'' if files == 1 else 's'}")


@app.command()
def schema(
    context: typer.Context, install: Install = False, config: o.ConfigPath = None, quiet: o.Quiet = False
) -> None:
    """Print the JSON Schema of the configuration, for editors that complete and check YAML."""
    from attrib_cli.config.find import find_config
    from attrib_cli.config.schema.reference import schema_text
    from attrib_cli.saved.definitions_file import SCHEMA_FILE, add_modeline, shown
    from attrib_cli.system.atomic_files import write_file

    console: Console = context.obj.adjusted(quiet=quiet)
    if not install:
        console.write_text(schema_text())
        return
    path = config or find_config(Path.cwd(), console.environ)
    if path is None:
        raise UsageError("there is no attrib.yaml here or above", hint="Leave --install out to print the schema.")
    beside = path.absolute().with_name(SCHEMA_FILE)
    write_file(str(beside), [schema_text().encode()])
    add_modeline(path.absolute())
    console.note(f"{shown(path.absolute())} follows {shown(beside)}")
