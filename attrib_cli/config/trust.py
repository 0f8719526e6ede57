"""Whose configuration is followed: one that was found, and not named, is the user's own or one they have said to trust.

A configuration can have files overwritten and passwords sent, so that a folder of somebody else must not bring its own
along unasked. git asks the same of repositories (``safe.directory``).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrib_cli.engine.errors import ConfigError
from attrib_cli.system.folders import config_folder

VARIABLE = "ATTRIB_TRUST"
"""The environment variable with the folders that are trusted whoever owns them, separated as in PATH; ``*`` is all."""

FILE = "trusted"
"""The file of such folders in the user's configuration directory, one a line; ``#`` begins a comment."""

ROOT = 0


def check_trusted(path: Path, environ: Mapping[str, str]) -> None:
    """Raise ConfigError for a configuration of another user below none of the folders that are trusted.

    The administrator's are trusted, and under sudo those of the user who called it. Where files have no owners nothing
    is checked.
    """
    if not hasattr(os, "geteuid"):
        return
    own = {ROOT, os.geteuid()}
    if os.geteuid() == ROOT and environ.get("SUDO_UID", "").isdecimal():
        own.add(int(environ["SUDO_UID"]))
    try:
        owners = {path.lstat().st_uid, path.stat().st_uid}
    except OSError:  # it is said when it is read
        return
    others = owners - own
    if not others or _below(path, environ):
        return
    hint = (
        f"Name it with --config if you trust it, or trust its folder: {VARIABLE}={path.parent}, "
        f"or that folder as a line of {config_folder(environ) / FILE}."
    )
    message = f"this file was found, but belongs to {_name(min(others))} and not to you, so it is not followed"
    raise ConfigError(message, hint=hint, place=str(path))


def _below(path: Path, environ: Mapping[str, str]) -> bool:
    whole = Path(os.path.realpath(path))
    return any(folder == "*" or whole.is_relative_to(os.path.realpath(folder)) for folder in _trusted(environ))


def _trusted(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the folders that are trusted: absolute ones, or ``~`` and what is below it."""
    listed = environ.get(VARIABLE, "").split(os.pathsep)
    with contextlib.suppress(OSError, UnicodeDecodeError):
        listed += (config_folder(environ) / FILE).read_text("utf-8").splitlines()
    for line in listed:
        folder = line.strip()
        if folder.startswith("~/"):
            folder = environ.get("HOME", "~") + folder[1:]
        if folder == "*" or Path(folder).is_absolute():
            yield folder


def _name(user: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(user).pw_name
    except (ImportError, KeyError):
        return f"user {user}"
