"""Exports by cron: the line for the crontab, and the lines that are in it.

Only lines with our mark at their end are ever touched; the rest of a crontab is its user's and stays byte for byte.
That is why lines are changed here: python-crontab, which judges the expressions, writes every line of a crontab anew.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from attrib_cli.engine.errors import AttribError, UsageError, did_you_mean
from attrib_cli.exports.schedules import MARK, Command, Scheduled
from attrib_cli.system.folders import state_folder
from attrib_cli.system.locks import turn

_OURS = re.compile(rf"(@\w+|(?:[^\s#]\S*\s+){{4}}\S+)\s+(.*) # {MARK} (.*)")


def shell_line(command: Command) -> str:
    """Return a command as a shell runs it: its folder, its environment, and its log for what it says besides."""
    words = [f"{name}={_quoted(value)}" for name, value in command.environment.items()]
    words += [_quoted(word) for word in command.words]
    return f"cd {_quoted(str(command.folder))} && {' '.join(words)} >> {_quoted(str(command.log))} 2>&1"


def _quoted(word: str) -> str:
    """Return a word as a shell reads it, with quotes between a backslash and a ``%``.

    Cron takes ``\\\\%`` for a backslash of its own and the end of the command.
    """
    return shlex.quote(word).replace("\\%", "\\''%")


def crontab_line(cron: str, command: Command, name: str) -> str:
    """Return the line as it stands in a crontab, with our mark; a ``%`` would end the command, so each is escaped."""
    escaped = f"{shell_line(command)} # {MARK} {name}".replace("%", "\\%")
    return f"{cron} {escaped}"


def has_crontab() -> bool:
    """Say whether there is a crontab command."""
    return shutil.which("crontab") is not None


class Crontab:
    """The crontab of the user who runs this, through the system's own command."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._lock = state_folder(environ) / "crontab.lock"
        if not has_crontab():
            hint = "Install cron, schedule with --systemd, or put the line that is printed where your system wants it."
            raise AttribError("there is no crontab command here", hint=hint)

    def list(self) -> tuple[Scheduled, ...]:
        """Return our lines, in the order in which they stand."""
        return tuple(found for line in _read() if (found := _scheduled(line)) is not None)

    def install(self, cron: str, command: Command, name: str) -> bool:
        """Put the line of `name` in, in the place of the one that was there; say whether there was one."""
        line = os.fsencode(crontab_line(cron, command, name)) + b"\n"
        with turn(self._lock):
            lines = _read()
            places = [i for i, old in enumerate(lines) if _is(old, (name,))]
            if not places and lines and not lines[-1].endswith(b"\n"):
                lines[-1] += b"\n"
            at = places[0] if places else len(lines)
            _write([*(old for old in lines[:at]), line, *(old for old in lines[at:] if not _is(old, (name,)))])
        return bool(places)

    def remove(self, names: Sequence[str]) -> int:
        """Take the lines of `names` out and return how many they were; raises UsageError for one that is not there."""
        with turn(self._lock):
            lines = _read()
            known = [found.name for line in lines if (found := _scheduled(line)) is not None]
            for name in names:
                if name not in known:
                    hint = did_you_mean(name, known) or "`attrib schedule list` shows those that are."
                    raise UsageError(f"nothing is scheduled as '{name}'", hint=hint)
            left = [line for line in lines if not _is(line, names)]
            _write(left)
        return len(lines) - len(left)


def _scheduled(line: bytes) -> Scheduled | None:
    """Return what a line of a crontab schedules, if it is one of ours."""
    found = _OURS.fullmatch(os.fsdecode(line).rstrip("\r\n"))
    if found is None:
        return None
    cron, command, name = found.groups()
    plain, shell = name.replace("\\%", "%"), command.replace("\\%", "%")
    return Scheduled(name=plain, how="cron", cron=" ".join(cron.split()), command=shell)


def _is(line: bytes, names: Sequence[str]) -> bool:
    found = _scheduled(line)
    return found is not None and found.name in names


def _read() -> list[bytes]:
    """Return the lines of the crontab, with their ends; none where there is no crontab yet."""
    done = _crontab("-l")
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode != 0:
        if "no crontab" in said.lower() or "no such file" in said.lower():
            return []
        raise AttribError(f"the crontab cannot be read: {said}", hint="Is crontab(1) allowed to you?")
    return done.stdout.splitlines(keepends=True)


def _write(lines: Sequence[bytes]) -> None:
    done = _crontab("-", b"".join(lines))
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise AttribError(
            f"the crontab cannot be written: {said}", hint="It is as it was. Is crontab(1) allowed to you?"
        )


def _crontab(argument: str, text: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [shutil.which("crontab") or "crontab", argument]
    return subprocess.run(command, input=text, capture_output=True, check=False)  # noqa: S603
