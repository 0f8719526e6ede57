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
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attrib_cli.console import printable
from attrib_cli.engine.errors import AttribError, UsageError, did_you_mean
from attrib_cli.system.folders import state_folder
from attrib_cli.system.locks import turn

MARK = "attrib:"
_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_OURS = re.compile(rf"(@\w+|(?:[^\s#]\S*\s+){{4}}\S+)\s+(.*) # {MARK} (.*)")
_KEPT = (
    "ATTRIB_USER",
    "ATTRIB_MEMORY_LIMIT",
    "ATTRIB_SMTP_PASSWORD_FILE",
    "ATTRIB_SMTP_RETRY_DELAYS",
    "SSL_CERT_FILE",
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
)
"""What an export takes from the environment, which cron does not have; secrets are none of it."""

_SPECIAL = ("@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually", "@midnight", "@reboot")


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """One line of ours: the name of the schedule, when it runs, and the command."""

    name: str
    cron: str
    command: str


def check_cron(expression: str) -> str:
    """Return a cron expression in its usual form; raises UsageError with the field that is wrong."""
    from crontab import CronSlices

    text = " ".join(expression.split())
    if text.startswith("@"):
        if text.casefold() in _SPECIAL:
            return text.casefold()
        hint = did_you_mean(text, _SPECIAL) or f"There are {', '.join(_SPECIAL)}."
        raise UsageError(f"'{expression}' is no cron expression", hint=hint, place="--cron")
    parts = text.split()
    example = "Such as '0 7 * * MON': " + ", ".join(_FIELDS) + "."
    if len(parts) != len(_FIELDS):
        raise UsageError(f"'{expression}' has {len(parts)} fields instead of 5", hint=example, place="--cron")
    for i, (part, field) in enumerate(zip(parts, _FIELDS, strict=True)):
        alone = ["*"] * len(_FIELDS)
        alone[i] = part
        if any(
            not char.isascii() or not (char.isalnum() or char in "*/,-") for char in part
        ) or not CronSlices.is_valid(" ".join(alone)):
            raise UsageError(f"'{part}' is no {field} of a cron expression", hint=example, place="--cron")
    return text


def command_line(
    arguments: Sequence[str], *, environ: Mapping[str, str], folder: Path, config: Path | None, log: Path
) -> str:
    """Return the shell command of an export: absolute paths, the environment it needs, and a log."""
    for text in (*arguments, str(folder), str(log)):
        if "\n" in text or "\r" in text or "\0" in text:
            hint = "Leave out line breaks and NUL; `attrib saved rename` gives a report another name."
            raise UsageError(f"'{printable(text)}' cannot stand in a crontab, whose lines are one command", hint=hint)
    given = {name: environ[name] for name in _KEPT if environ.get(name)}
    if config is not None:
        given["ATTRIB_CONFIG"] = str(config)
    given["PATH"] = environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
    words = [f"{name}={shlex.quote(value)}" for name, value in given.items()]
    words += [shlex.quote(word) for word in (*program(), *arguments)]
    return f"cd {shlex.quote(str(folder))} && {' '.join(words)} >> {shlex.quote(str(log))} 2>&1"


def program() -> tuple[str, ...]:
    """Return how this program is started, with absolute paths."""
    own = Path(sys.argv[0])
    if own.name.startswith("attrib") and own.suffix != ".py":
        found = shutil.which(str(own))
        if found:
            return (str(Path(found).absolute()),)
    return (sys.executable, "-m", "attrib_cli")


def crontab_line(cron: str, command: str, name: str) -> str:
    """Return the line as it stands in a crontab, with our mark; a ``%`` would end the command, so each is escaped."""
    escaped = f"{command} # {MARK} {name}".replace("%", "\\%")
    return f"{cron} {escaped}"


class Crontab:
    """The crontab of the user who runs this, through the system's own command."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._lock = state_folder(environ) / "crontab.lock"
        if shutil.which("crontab") is None:
            hint = "Install cron, or put the line that `attrib schedule` prints where your system wants it."
            raise AttribError("there is no crontab command here", hint=hint)

    def list(self) -> tuple[Scheduled, ...]:
        """Return our lines, in the order in which they stand."""
        return tuple(found for line in _read() if (found := _scheduled(line)) is not None)

    def install(self, cron: str, command: str, name: str) -> bool:
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
    return Scheduled(name=name.replace("\\%", "%"), cron=" ".join(cron.split()), command=command.replace("\\%", "%"))


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
