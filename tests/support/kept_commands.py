"""Commands that are made of their functions once for each process: Typer takes a twentieth of a report for that."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import typer
from typer.main import get_command

from attrib_cli import app

_whole = app._command_line


@functools.cache
def kept(name: str) -> object:
    """The command of this name, as `attrib_cli.app.run` runs it."""
    return get_command(_whole([name], {}))


def _command_line(arguments: Sequence[str], environ: Mapping[str, str]) -> typer.Typer | object:
    """Stand for `attrib_cli.app._command_line`."""
    if arguments and arguments[0] in app.COMMANDS:
        return kept(arguments[0])
    return _whole(arguments, environ)


def keep_commands() -> None:
    """Let this process make each command once."""
    app._command_line = _command_line  # type: ignore[assignment]
