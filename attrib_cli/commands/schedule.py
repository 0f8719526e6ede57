"""``attrib schedule``: exports at fixed times, by cron or systemd, to look at or installed."""

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
    from attrib_cli.exports.schedules import Command, Scheduled
    from attrib_cli.terminal.console import Console

HELP = """Print what runs an export at fixed times, a crontab line or systemd's units, or --install it.

Options that are not listed here are those of [bold]attrib export[/bold].

[bold]Examples[/bold]

\b
attrib schedule weekly --cron "0 7 * * MON" -f xlsx -o 'out/{name}-{to}.{ext}'
attrib schedule Management --cron @daily -f html,pdf --email boss@example.com --install
attrib schedule Management --cron "0 7 * * 1-5" --systemd --notify team --install
attrib schedule list
attrib schedule remove weekly
"""

SETTINGS = {"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": True}

Name = Annotated[str, typer.Argument(metavar="NAME|list|remove", help="A saved report, a dashboard, or what to do.")]
Cron = Annotated[
    str | None, typer.Option("--cron", metavar="EXPR", help='When: five fields such as "0 7 * * MON", or @daily.')
]
Systemd = Annotated[bool, typer.Option("--systemd", help="A service and a timer of systemd in place of cron.")]
Install = Annotated[
    bool, typer.Option("--install", help="Put it into your crontab, or start the timer, in place of an old one.")
]
Log = Annotated[
    Path | None, typer.Option("--log", metavar="FILE", help="The log of its runs; else a file in the state folder.")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Configuration of the export.")]
Label = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="What the schedule is called; else as the report.")
]


def schedule(
    context: typer.Context,
    name: Name,
    cron: Cron = None,
    systemd: Systemd = False,
    install: Install = False,
    log: Log = None,
    config: ConfigFile = None,
    label: Label = None,
    format: o.ListFormat = None,
) -> None:
    """Print what runs an export at fixed times, install it, list or remove what is scheduled."""
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.exports.file_names import check_name
    from attrib_cli.exports.schedules import check_cron, command_of

    console = context.obj
    rest = list(context.args)
    if name == "list" and cron is None:
        _list(context, format)
        return
    if name == "remove" and cron is None:
        if not rest:
            raise UsageError("nothing to remove was named", hint="`attrib schedule list` shows what is scheduled.")
        _remove(console, rest)
        return
    if cron is None:
        raise UsageError("when the export is to run was not said", hint='Give --cron "0 7 * * MON".', place="--cron")
    called = check_name(label or name)
    when = check_cron(cron)
    if format is not None:
        rest += ["--format", format]
    arguments = _checked(context, rest, name, config)
    path = _log(console, log, called)
    command = command_of(
        [*arguments, "--log", str(path)],
        environ=console.environ,
        folder=Path.cwd(),
        config=_configuration(console, config),
        log=path,
    )
    (_by_systemd if systemd else _by_cron)(console, when, command, called, install=install)


def _by_cron(console: Console, when: str, command: Command, called: str, *, install: bool) -> None:
    from attrib_cli.exports.crontab import Crontab, crontab_line

    if not install:
        console.write_text(crontab_line(when, command, called) + "\n")
        return
    replaced = Crontab(console.environ).install(when, command, called)
    console.note(f"{'replaced' if replaced else 'installed'} '{called}' in your crontab")


def _by_systemd(console: Console, when: str, command: Command, called: str, *, install: bool) -> None:
    from attrib_cli.exports.systemd import Timers, unit_folder, units

    made = units(called, when, command)
    if not install:
        console.write_text(made.shown(unit_folder(console.environ)))
        return
    replaced = Timers(console.environ).install(made)
    console.note(f"{'replaced' if replaced else 'installed'} '{called}' as {made.stem}.timer")
    console.note("note: it runs while you are logged in; `loginctl enable-linger` lets it run at all times")


def _scheduled(console: Console) -> list[Scheduled]:
    """Return what is scheduled, by cron and by systemd."""
    from attrib_cli.exports.crontab import Crontab, has_crontab
    from attrib_cli.exports.systemd import Timers

    by_cron = Crontab(console.environ).list() if has_crontab() else ()
    return [*by_cron, *Timers(console.environ).list()]


def _remove(console: Console, names: list[str]) -> None:
    """Remove what is scheduled under these names; raises UsageError, with all still there, for one that is not."""
    from attrib_cli.engine.errors import UsageError, did_you_mean
    from attrib_cli.exports.crontab import Crontab
    from attrib_cli.exports.systemd import Timers

    found = _scheduled(console)
    for name in names:
        if name not in {one.name for one in found}:
            known = did_you_mean(name, [one.name for one in found])
            hint = known or "`attrib schedule list` shows what is scheduled."
            raise UsageError(f"nothing is scheduled as '{name}'", hint=hint)
    lines = {one.name for one in found if one.how == "cron"} & {*names}
    count = Crontab(console.environ).remove(sorted(lines)) if lines else 0
    for one in found:
        if one.how == "systemd" and one.name in names:
            said = Timers(console.environ).remove(one.name)
            if said:
                console.warn(f"the files of '{one.name}' are removed, and its timer may run on: {said}")
            count += 1
    console.note(f"removed {count} schedule{'' if count == 1 else 's'}")


def _list(context: typer.Context, format: str | None) -> None:
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import Record, render_records

    console = context.obj
    chosen = o.list_format(console, format)
    records: list[Record] = [
        {
            "name": one.name,
            "by": one.how,
            "cron": one.cron,
            "command": one.export if chosen.on_screen else one.command,
        }
        for one in _scheduled(console)
    ]
    if not records and chosen.on_screen:
        console.note("nothing is scheduled")
        return
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )


@flattened
def _export(context: typer.Context, given: ExportArguments) -> None:
    """Take what `attrib export` takes, and check it without a run."""
    from attrib_cli.engine.errors import SourceError
    from attrib_cli.exports.check import check_export

    try:
        check_export(context.obj, given.job(context.obj))
    except SourceError as error:  # the data may come later
        context.obj.warn(f"the export cannot be checked against its data now: {error}", hint=error.hint)


def _checked(context: typer.Context, rest: list[str], name: str, config: Path | None) -> list[str]:
    """Return the arguments of the export, which can be carried out as far as that can be told now.

    `name` is a saved report or a dashboard; beside ``--dashboard`` it only names the schedule.
    """
    from attrib_cli.engine.errors import UsageError, did_you_mean
    from attrib_cli.terminal.console import printable

    app = typer.Typer()
    app.command("export")(_export)
    command = get_command(app)
    found = command.make_context("export", list(rest), parent=context.parent).params
    if found.get("dashboard"):
        arguments = list(rest)
    else:
        library = Workspace(console=context.obj, config=config).library
        reports, boards = ({one.name for one in found} for found in (library.reports(), library.dashboards()))
        if name not in reports and name not in boards:
            hint = (
                did_you_mean(name, [*reports, *boards]) or "`attrib saved list` and `attrib dashboard list` show them."
            )
            raise UsageError(f"there is no report and no dashboard '{printable(name)}'", hint=hint)
        if name in reports and name in boards:
            context.obj.note("note: the report of this name is scheduled; --dashboard names the dashboard")
        arguments = [name, *rest] if name in reports else ["--dashboard", name, *rest]
    where = ["--config", str(config)] if config is not None else []
    with command.make_context("export", [*arguments, *where], parent=context.parent) as checked:
        command.invoke(checked)
    loud = found.get("quiet") or found.get("verbose")
    return ["export", *arguments, *([] if loud else ["--quiet"])]


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
