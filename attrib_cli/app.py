"""The command line as a whole: which commands there are, and the one boundary where errors become exit codes."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Annotated

import typer

from attrib_cli import __version__
from attrib_cli.cli.plain import make_plain
from attrib_cli.engine.errors import AttribError, UsageError, did_you_mean
from attrib_cli.terminal.console import Console
from attrib_cli.terminal.exit_codes import ExitCode, code_of

COMMANDS = {
    "init": "Look at your exports, say what they are, write an attrib.yaml for them and run a first report.",
    "report": "Attribute contacts, deals or revenue to campaigns, channels or whatever you cut by.",
    "campaigns": "Show what campaigns reached, what they were part of and what they cost; or all about one of them.",
    "paths": "Show the paths of journeys: the ways they take, their steps and days, and who opens and closes them.",
    "explain": "Show what is behind a figure: one journey, or the conversions of a campaign or of a report's row.",
    "reconcile": "Show why two figures differ: the steps from one to the other, which sum to the difference exactly.",
    "check": "Read all data once and say what they mean for the figures: joins, dates, deals, doubtful rows.",
    "convert": "Write the tables as Parquet files with our names and types, one for each, into the folder OUT.",
    "cache": "The tables that are kept so that files are read once: show and clear them.",
    "partial": "Compute one part of a report's journeys; `attrib report --partials` puts the parts together.",
    "save": "Save a report: what it asks for, never its figures. It takes every option of [bold]attrib report[/bold].",
    "saved": "Saved reports: list, show, rename, clone and delete them.",
    "edit": "Edit a saved report in $VISUAL or $EDITOR, every key explained.",
    "export": "Write saved reports, a dashboard's, or the one that options describe, to files.",
    "schedule": "Print what runs an export at fixed times, a crontab line or systemd's units, or --install it.",
    "dashboard": "Gather saved reports on dashboards and see them in one view.",
    "notifications": "List or clear the messages about exports that have ended.",
    "config": "The configuration: show it, check it, and its keys for editors.",
    "measures": "List the measures, with how each is computed and what it is in a total.",
    "types": "List the report types: what converts, when, and what it is worth; those of the configuration included.",
    "models": "List the attribution models, those of the configuration included.",
    "dimensions": "List the dimensions, those of your data's own columns included.",
    "periods": "List the periods that --period takes, with the days they stand for.",
}
"""The commands in the order in which --help lists them, with the line that their own help begins with.

Each is a module of `attrib_cli.commands`. The list of all of them loads none.
"""

_COMPLETE = "_ATTRIB_COMPLETE"
"""The variable by which a shell asks for completion, as Typer names it."""


def build(names: Iterable[str] = COMMANDS, *, listed: Iterable[str] = ()) -> typer.Typer:
    """Return the command line with the commands `names`, and with those `listed` by their line alone.

    A module holds a command as the function of its name, with its ``HELP`` and ``SETTINGS``, or a group as ``app``.
    """
    app = typer.Typer(
        name="attrib",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Campaign attribution on your own files: contacts, deals and revenue, to the cent.",
        epilog="Try it at once: [bold]attrib report --demo[/bold]\n\n"
        "Completion: [bold]attrib --install-completion zsh[/bold], bash, fish or powershell",
    )
    app.callback()(_root)
    for name in names:
        module = importlib.import_module(f"attrib_cli.commands.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            settings = getattr(module, "SETTINGS", None)
            app.command(name, help=getattr(module, "HELP", None), context_settings=settings)(getattr(module, name))
    for name in listed:
        app.command(name, help=COMMANDS[name])(_only_listed)
    make_plain(app)
    return app


def _only_listed() -> None:
    raise AssertionError("a command that is run is loaded")


def _command_line(arguments: Sequence[str], environ: Mapping[str, str]) -> typer.Typer:
    """Return as much of the command line as the arguments need: the command that they begin with, or the list."""
    if arguments and arguments[0] in COMMANDS:
        return build(arguments[:1])
    if any(name.endswith("_COMPLETE") for name in environ):  # the shell asks what may follow
        return build()
    return build((), listed=COMMANDS)


def _print_version(wanted: bool) -> None:
    if wanted:
        Console.system().write_text(f"attrib {__version__}\n")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Campaign attribution on your own files: contacts, deals and revenue, to the cent."""


def run(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run one command line and return its exit code; every error ends here, as one message on stderr."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    console = console or Console.system()
    debug = "--debug" in arguments
    try:
        with _unwound_by_signals():
            if _completion_for_a_shell(arguments, console):
                return ExitCode.DONE
            whole = _command_line(arguments, os.environ)
            code = whole(arguments, prog_name="attrib", standalone_mode=False, obj=console)
        if code == ExitCode.INTERRUPTED:  # what Typer makes of a KeyboardInterrupt
            console.note("stopped")
        return int(code or 0)
    except AttribError as error:
        console.error(error)
        if debug:
            console.trace(error)
        return code_of(error)
    except typer.TyperException as error:
        if error.__class__.__name__ == "NoArgsIsHelpError":
            console.write_text(error.format_message() + "\n")
            return ExitCode.USAGE
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "attrib"
        console.error(UsageError(error.format_message(), hint=f"`{path} --help` shows what can be asked."))
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        console.note("stopped")
        return ExitCode.INTERRUPTED
    except typer.Exit as ended:
        return ended.exit_code
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # the reader has had enough; Typer would make it a failure
            return ExitCode.DONE
        raise
    except MemoryError as error:
        console.error(AttribError("there was not enough memory", hint="Ask for fewer rows, or close other programs."))
        if debug:
            console.trace(error)
        return ExitCode.FAILED
    except Exception as error:
        known = _not_ours(error, arguments, console)
        console.error(
            known
            or AttribError(
                f"this is a bug in attrib {__version__}: {type(error).__name__}: {error}",
                hint="Please report it with the command line" + ("." if debug else " and what --debug prints."),
            )
        )
        if debug:
            console.trace(error)
        return ExitCode.BUG if known is None else code_of(known)


def _completion_for_a_shell(arguments: Sequence[str], console: Console) -> bool:
    """Print or install the completion of the shell that is named, and say whether one was.

    Typer's own options are flags and take the shell that runs, whatever stands behind them. Raises UsageError for a
    shell that there is no completion for.
    """
    option, _, named = " ".join(arguments[:2]).replace("=", " ", 1).partition(" ")
    if option not in ("--show-completion", "--install-completion") or not named or len(arguments) > 2:
        return False
    from typer.completion import Shells, get_completion_script, install  # type: ignore[attr-defined]

    shells = [shell.value for shell in Shells]
    if named not in shells:
        hint = did_you_mean(named, shells) or f"There is completion for {', '.join(shells)}."
        raise UsageError(f"there is no completion for '{named}'", hint=hint, place=option)
    if option == "--show-completion":
        console.write_text(get_completion_script(prog_name="attrib", complete_var=_COMPLETE, shell=named) + "\n")
    else:
        _, path = install(shell=named, prog_name="attrib", complete_var=_COMPLETE)
        console.note(f"installed the completion for {named} in {path}; it holds in new terminals")
    return True


def _not_ours(error: Exception, arguments: Sequence[str], console: Console) -> AttribError | None:
    """Return what is behind an error that says it badly: a help that cannot be written, or text that is not UTF-8."""
    if isinstance(error, OSError) and error.filename is None:
        try:
            console.flush()
        except AttribError as unwritten:
            return unwritten
        if traceback.extract_tb(error.__traceback__)[-1].name == "echo":  # a help longer than what a stream holds back
            return console.unwritten(error)
    given = [*((text, "") for text in arguments)]
    given += [(value, name) for name, value in console.environ.items() if name.startswith("ATTRIB_")]
    for text, name in given:
        if any("\udc80" <= char <= "\udcff" for char in text):
            hint = "Type it anew, in a terminal whose encoding is UTF-8."
            shown = os.fsencode(text).decode("utf-8", "backslashreplace")
            return UsageError(f"'{shown}' is not UTF-8", hint=hint, place=name or None)
    return None


@contextlib.contextmanager
def _unwound_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind like Ctrl-C, so that nothing half-written stays, and then end the process by them.

    Within a query the engine turns the exception into one of its own, so the signal is remembered.
    """
    caught: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        raise KeyboardInterrupt

    before = {}
    for number in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)):
        with contextlib.suppress(ValueError):
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if caught:
            signal.signal(caught[0], signal.SIG_DFL)
            os.kill(os.getpid(), caught[0])
