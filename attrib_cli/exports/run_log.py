"""The log of runs that nobody watches: when each began and ended, what it wrote and sent, and its exit code.

A run has the log's lock as long as it goes on, so that one that begins before the last has ended gives way. The file is
bounded: what is older goes. It is changed in place, since a shell or systemd may have it open to append to.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError
from attrib_cli.exports.messages import moment
from attrib_cli.system.folders import lock_of
from attrib_cli.system.locks import turn
from attrib_cli.terminal.console import printable
from attrib_cli.terminal.exit_codes import ExitCode, code_of

if TYPE_CHECKING:
    from attrib_cli.terminal.console import Console

LONGEST = 1_000_000
"""Bytes from which on a log loses its older half."""


@contextlib.contextmanager
def logged(console: Console, log: Path | None, what: str) -> Iterator[Console]:
    """Yield the console of a run of `what`, whose beginning, notes and end are kept in `log`, if there is one.

    Notes that a quiet run keeps to itself are in the log. Raises AttribError where a run of the same is going on.
    """
    if log is None:
        yield console
        return
    path = log.absolute()
    lock = lock_of(console.environ, f"{path}#{hashlib.sha256(what.encode('utf-8', 'replace')).hexdigest()}")
    with turn(lock, wait=False) as mine:
        if not mine:
            _write(console, path, "left out: the run before is still going on")
            raise AttribError("the run before is still going on", hint="This one is left out.", place=str(log))
        _shorten(console, path)
        if _broken_off(path, what):
            _write(console, path, f"warning: the run before did not end: {what}")
        began = console.now()
        _write(console, path, f"began: {what}")
        code, why = int(ExitCode.BUG), ""
        try:
            yield replace(console, record=lambda text: _write(console, path, text))
            code = int(ExitCode.DONE)
        except AttribError as error:
            code, why = int(code_of(error)), f": {error}"
            raise
        except KeyboardInterrupt:
            code, why = int(ExitCode.INTERRUPTED), ": stopped"
            raise
        except MemoryError:
            code, why = int(ExitCode.FAILED), ": there was not enough memory"
            raise
        except Exception as error:
            why = f": {type(error).__name__}"
            raise
        finally:
            seconds = (console.now() - began).total_seconds()
            _write(console, path, f"ended after {seconds:,.1f} s with exit code {code}{why}")


def _broken_off(path: Path, what: str) -> bool:
    """Say whether the last run of `what` in a log has no end, since it was killed, or the machine went off."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - LONGEST // 10, 0))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return False
    _, began, after = text.rpartition(f" began: {printable(what)}\n")
    return bool(began) and " ended after " not in after


def _write(console: Console, path: Path, text: str) -> None:
    """Add a line; a log that cannot be written is warned of, and stops no run."""
    line = f"{moment(console.now())} {printable(text)}\n".encode("utf-8", "backslashreplace")
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)
    except OSError as error:
        console.warn(f"the log cannot be written: {error.strerror}", hint=str(path))


def _shorten(console: Console, path: Path) -> None:
    """Leave the newer half of a log that has become too long, from the beginning of a line on."""
    try:
        if not path.is_file() or path.stat().st_size <= LONGEST:
            return
        with path.open("r+b") as file:
            file.seek(-LONGEST // 2, os.SEEK_END)
            file.readline()
            kept = file.read()
            file.seek(0)
            file.write(kept)
            file.truncate()
    except OSError as error:
        console.warn(f"the log cannot be shortened: {error.strerror}", hint=str(path))
