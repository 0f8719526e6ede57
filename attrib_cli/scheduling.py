"""Exports by cron: the line for the crontab, and the lines that are in it.

Only lines with our mark at their end are ever touched; the rest of a crontab is its user's.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.console import printable
from attrib_cli.engine.errors import AttribError, UsageError, did_you_mean

if TYPE_CHECKING:
    from crontab import CronItem, CronTab

MARK = "attrib:"
_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
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
    """Return the shell command of a crontab line: absolute paths, the environment it needs, and a log.

    A ``%`` would end the command for cron, so each is escaped.
    """
    for text in (*arguments, str(folder), str(log)):
        if "\n" in text or "\r" in text or "\0" in text:
            hint = "Leave out line breaks and NUL; `attrib saved rename` gives a report another name."
            raise UsageError(f"'{printable(text)}' cannot stand in a crontab, whose lines are one command", hint=hint)
    given = {name: environ[name] for name in ("ATTRIB_USER", "XDG_STATE_HOME", "XDG_CONFIG_HOME") if environ.get(name)}
    if config is not None:
        given["ATTRIB_CONFIG"] = str(config)
    given["PATH"] = environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
    words = [f"{name}={shlex.quote(value)}" for name, value in given.items()]
    words += [shlex.quote(word) for word in (*program(), *arguments)]
    line = f"cd {shlex.quote(str(folder))} && {' '.join(words)} >> {shlex.quote(str(log))} 2>&1"
    return line.replace("%", "\\%")


def program() -> tuple[str, ...]:
    """Return how this program is started, with absolute paths."""
    own = Path(sys.argv[0])
    if own.name.startswith("attrib") and own.suffix != ".py":
        found = shutil.which(str(own))
        if found:
            return (str(Path(found).absolute()),)
    return (sys.executable, "-m", "attrib_cli")


def crontab_line(cron: str, command: str, name: str) -> str:
    """Return the line as it stands in a crontab, with our mark."""
    return f"{cron} {command} # {MARK} {name}"


class Crontab:
    """The crontab of the user who runs this, through the system's own command."""

    def __init__(self) -> None:
        self._tab = _open()

    def list(self) -> tuple[Scheduled, ...]:
        """Return our lines, in the order in which they stand."""
        return tuple(
            Scheduled(
                name=_name(job), cron=" ".join(str(job.slices).split()), command=str(job.command).replace("\\%", "%")
            )
            for job in self._jobs()
        )

    def install(self, cron: str, command: str, name: str) -> bool:
        """Put the line of `name` in, in the place of the one that was there; say whether there was one."""
        old = [job for job in self._jobs() if _name(job) == name]
        for job in old:
            self._tab.remove(job)
        job = self._tab.new(command=command, comment=f"{MARK} {name}")
        job.setall(cron)
        self._write()
        return bool(old)

    def remove(self, names: Sequence[str]) -> int:
        """Take the lines of `names` out and return how many they were; raises UsageError for one that is not there."""
        known = [_name(job) for job in self._jobs()]
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or "`attrib schedule list` shows those that are."
                raise UsageError(f"nothing is scheduled as '{name}'", hint=hint)
        jobs = [job for job in self._jobs() if _name(job) in names]
        for job in jobs:
            self._tab.remove(job)
        self._write()
        return len(jobs)

    def _jobs(self) -> tuple[CronItem, ...]:
        return tuple(job for job in self._tab if str(job.comment).startswith(MARK))

    def _write(self) -> None:
        try:
            self._tab.write()
        except OSError as error:
            raise AttribError(
                f"the crontab cannot be written: {error}", hint="Is crontab(1) allowed to you?"
            ) from error


def _name(job: CronItem) -> str:
    return str(job.comment).removeprefix(MARK).strip()


def _open() -> CronTab:
    from crontab import CronTab

    if shutil.which("crontab") is None:
        hint = "Install cron, or put the line that `attrib schedule` prints where your system wants it."
        raise AttribError("there is no crontab command here", hint=hint)
    try:
        return CronTab(user=True)
    except OSError as error:
        raise AttribError(f"the crontab cannot be read: {error}", hint="Is crontab(1) allowed to you?") from error
