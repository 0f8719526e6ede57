"""Exports at fixed times: when, and which command; a crontab and systemd each write them their own way."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.exports.calendar import NAMED_TIMES
from attrib_cli.terminal.console import printable

MARK = "attrib:"
"""What stands before the name of a schedule, in the lines and files that are ours."""

_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
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
    "PYTHON_KEYRING_BACKEND",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
)
"""What an export takes from the environment, which cron does not have; secrets are none of it."""


@frozen
class Scheduled:
    """What is scheduled: its name, whether by cron or systemd, when it runs as cron says it, and the command."""

    name: str
    how: Literal["cron", "systemd"]
    cron: str
    command: str

    @property
    def export(self) -> str:
        """The export alone, without how it is started and where it is logged."""
        found = re.search(r"\s(export\s.*?)(?: --quiet)? --log ", self.command)
        return found[1] if found else self.command


@frozen
class Command:
    """A command with all that a run needs which nobody watches: absolute paths, an environment, and a log."""

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    log: Path

    def shown(self) -> str:
        """Return the command as a shell is given it, without folder and environment."""
        return shlex.join(self.words)


def command_of(
    arguments: Sequence[str], *, environ: Mapping[str, str], folder: Path, config: Path | None, log: Path
) -> Command:
    """Return the command of an export; raises UsageError for what can stand in no line, as each is one."""
    for text in (*arguments, str(folder), str(log), *([str(config)] if config is not None else [])):
        if "\n" in text or "\r" in text or "\0" in text:
            hint = "Leave out line breaks and NUL; `attrib saved rename` gives a report another name."
            raise UsageError(f"'{printable(text)}' cannot stand in a schedule, whose lines are one command", hint=hint)
    given = {name: environ[name] for name in _KEPT if environ.get(name)}
    if config is not None:
        given["ATTRIB_CONFIG"] = str(config)
    given["PATH"] = environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
    return Command(words=(*program(), *arguments), folder=folder, environment=given, log=log)


def program() -> tuple[str, ...]:
    """Return how this program is started, with absolute paths."""
    own = Path(sys.argv[0])
    if own.name.startswith("attrib") and own.suffix != ".py":
        found = shutil.which(str(own))
        if found:
            return (str(Path(found).absolute()),)
    return (sys.executable, "-m", "attrib_cli")


def check_cron(expression: str) -> str:
    """Return a cron expression in its usual form; raises UsageError with the field that is wrong."""
    from crontab import CronSlices

    text = " ".join(expression.split())
    if text.startswith("@"):
        if text.casefold() in NAMED_TIMES:
            return text.casefold()
        hint = did_you_mean(text, NAMED_TIMES) or f"There are {', '.join(NAMED_TIMES)}."
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
