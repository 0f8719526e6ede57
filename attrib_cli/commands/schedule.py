"""``attrib schedule``: exports by cron, as a line to look at or in the user's crontab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.main import get_command

from attrib_cli.cli import options as o
from attrib_cli.cli.export_options import ExportArguments
from attrib_cli.cli.report_options import flattened
from attrib_cli.reporting.workspace import Workspace

if TYPE_CHECKING:
    from attrib_cli.console import Console

HELP = """Print the crontab line of an export, or put it into your crontab with --install.

Options that are not listed here are those of [bold]attrib export[/bold].

[bold]Examples[/bold]

\b
attrib schedule weekly --cron "0 7 * * MON" -f xlsx -o 'out/{name}-{to}.{ext}'
attrib schedule weekly --cron @daily --email boss@example.com --install
attrib schedule list
attrib schedule remove weekly
"""

SETTINGS = {"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": True}

Name = Annotated[str, typer.Argument(metavar="NAME|list|remove", help="A saved report, or what to do.")]
Cron = Annotated[
    str | None, typer.Option("--cron", metavar="EXPR", help='When: five fields such as "0 7 * * MON", or @daily.')
]
Install = Annotated[bool, typer.Option("--install", help="Put the line into your crontab, in place of an old one.")]
Log = Annotated[
    Path | None, typer.Option("--log", metavar="FILE", help="Where messages go; else a file in the state folder.")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Configuration of the export.")]
Label = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="What the schedule is called; else as the report.")
]


def schedule(
    context: typer.Context,
    name: Name,
    cron: Cron = None,
    install: Install = False,
    log: Log = None,
    config: ConfigFile = None,
    label: Label = None,
    format: o.ListFormat = None,
) -> None:
    """Print the crontab line of an export, put it into your crontab, list or remove such lines."""
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.exports.crontab import Crontab, check_cron, command_line, crontab_line
    from attrib_cli.exports.file_names import check_name

    console = context.obj
    rest = list(context.args)
    if name == "list" and cron is None:
        _list(context, format)
        return
    if name == "remove" and cron is None:
        if not rest:
            raise UsageError("nothing to remove was named", hint="`attrib schedule list` shows what is scheduled.")
        count = Crontab(console.environ).remove(rest)
        console.note(f"removed {count} line{'' if count == 1 else 's'}")
        return
    if cron is None:
        raise UsageError("when the export is to run was not said", hint='Give --cron "0 7 * * MON".', place="--cron")
    called = check_name(label or name)
    when = check_cron(cron)
    if format is not None:
        rest += ["--format", format]
    arguments = _checked(context, rest, name, config)
    command = command_line(
        arguments,
        environ=console.environ,
        folder=Path.cwd(),
        config=_configuration(console, config),
        log=_log(console, log, called),
    )
    if not install:
        console.write_text(crontab_line(when, command, called) + "\n")
        return
    replaced = Crontab(console.environ).install(when, command, called)
    console.note(f"{'replaced' if replaced else 'installed'} '{called}' in your crontab")


def _list(context: typer.Context, format: str | None) -> None:
    from attrib_cli.exports.crontab import Crontab
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records

    console = context.obj
    records = [{"name": one.name, "cron": one.cron, "command": one.command} for one in Crontab(console.environ).list()]
    chosen = o.list_format(console, format)
    if not records and chosen.on_screen:
        console.note("nothing is scheduled")
        return
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )


@flattened
def _export(context: typer.Context, given: ExportArguments) -> None:
    """Take what `attrib export` takes, so that its arguments can be checked without a run."""


def _checked(context: typer.Context, rest: list[str], name: str, config: Path | None) -> list[str]:
    """Return the arguments of the export, which its own command has read without complaint and whose report there is.

    A name that only names the schedule, beside ``--dashboard``, is none of them.
    """
    app = typer.Typer()
    app.command("export")(_export)
    found = get_command(app).make_context("export", list(rest), parent=context.parent).params
    if not found.get("dashboard"):
        Workspace(console=context.obj, config=config).library.report(name)
    arguments = ["export", *([] if found.get("dashboard") else [name]), *rest]
    return arguments if found.get("quiet") or found.get("verbose") else [*arguments, "--quiet"]


def _configuration(console: Console, given: Path | None) -> Path | None:
    from attrib_cli.config.find import find_config

    path = given if given is not None else find_config(Path.cwd(), console.environ)
    return None if path is None else path.absolute()


def _log(console: Console, given: Path | None, name: str) -> Path:
    from attrib_cli.system.atomic_files import check_path, unwritable
    from attrib_cli.system.folders import state_subfolder

    if given is not None:
        check_path(str(given))
        return given.absolute()
    log = state_subfolder(console.environ, "logs") / f"{name}.log"
    try:
        log.touch(mode=0o600)  # before the shell makes it, for everyone to read
    except OSError as error:
        raise unwritable(error, str(log)) from error
    return log
