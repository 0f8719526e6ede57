"""The command line as a whole: which commands there are, and the one boundary where errors become exit codes."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Annotated

import typer

from attrib_cli import __version__
from attrib_cli.console import Console
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.exit_codes import ExitCode, code_of

COMMANDS = (
    "report",
    "save",
    "saved",
    "edit",
    "export",
    "schedule",
    "dashboard",
    "notifications",
    "config",
    "measures",
    "models",
    "dimensions",
    "periods",
)
"""The commands in the order in which --help lists them; each is a module of `attrib_cli.commands`."""


def build(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands.

    A module holds a command as the function of its name, with its ``HELP`` and ``SETTINGS``, or a group as ``app``.
    """
    app = typer.Typer(
        name="attrib",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Campaign attribution on your own files: contacts, deals and revenue, to the cent.",
        epilog="Try it at once: [bold]attrib report --demo[/bold]",
    )
    app.callback()(_root)
    for name in names:
        module = importlib.import_module(f"attrib_cli.commands.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            settings = getattr(module, "SETTINGS", None)
            app.command(name, help=getattr(module, "HELP", None), context_settings=settings)(getattr(module, name))
    return app


def _asked_for(arguments: Sequence[str]) -> Sequence[str]:
    """Return the command that the command line begins with, and all of them where it begins with none."""
    return arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS


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
            code = build(_asked_for(arguments))(arguments, prog_name="attrib", standalone_mode=False, obj=console)
        return int(code or 0)
    except AttribError as error:
        console.error(error)
        if debug:
            console.trace(error)
        return code_of(error)
    except typer.TyperException as error:
        if error.__class__.__name__ == "NoArgsIsHelpError":
            return ExitCode.USAGE
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "attrib"
        console.error(UsageError(error.format_message(), hint=f"`{path} --help` shows what can be asked."))
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        console.note("stopped")
        return ExitCode.INTERRUPTED
    except typer.Exit as ended:
        return ExitCode.INTERRUPTED if ended.exit_code == ExitCode.INTERRUPTED else ended.exit_code
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
        console.error(
            AttribError(
                f"this is a bug in attrib {__version__}: {type(error).__name__}: {error}",
                hint="Please report it with the command line" + ("." if debug else " and what --debug prints."),
            )
        )
        if debug:
            console.trace(error)
        return ExitCode.BUG


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
