"""Where the program keeps what is one user's: folders that only they can open."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from attrib_cli.engine.errors import AttribError

_NAME = "attrib"


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of what the user has set or saved for themselves; it need not exist.

    It is ``$XDG_CONFIG_HOME/attrib``, else ``~/.config/attrib``, or where the system has such things if that is
    elsewhere (macOS, Windows) and there is no such folder.
    """
    return _folder(environ, "XDG_CONFIG_HOME", Path(".config"))


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of what is remembered between runs, made if need be: messages, logs, locks.

    It is ``$XDG_STATE_HOME/attrib``, else ``~/.local/state/attrib``, or elsewhere as `config_folder` has it. Raises
    AttribError where it cannot be made.
    """
    return make_private(_folder(environ, "XDG_STATE_HOME", Path(".local", "state")), variable="XDG_STATE_HOME")


def state_subfolder(environ: Mapping[str, str], name: str) -> Path:
    """Return a folder of the user's state, made if need be; raises as `state_folder` does."""
    return make_private(state_folder(environ) / name, variable="XDG_STATE_HOME")


def make_private(folder: Path, *, variable: str) -> Path:
    """Make a folder, and those above it that are missing, for the user alone to open, and return it.

    Raises AttribError where the system refuses or a file has its name; its hint names `variable`, which chooses
    another place.
    """
    try:
        for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError(0, "a file has this name")
    except OSError as error:
        hint = f"Set {variable} to a folder of yours that can be written."
        place = str(folder)
        raise AttribError(f"this folder cannot be made: {error.strerror or error}", hint=hint, place=place) from error
    return folder


def lock_of(environ: Mapping[str, str], output: str) -> Path:
    """Return the lock file of an output, whatever way its path is written; raises as `state_folder` does."""
    digest = hashlib.sha256(os.path.realpath(output).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return state_subfolder(environ, "locks") / f"{digest}.lock"


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of what can be made again at any time; it need not exist.

    It is ``$XDG_CACHE_HOME/attrib``, else ``~/.cache/attrib``, or elsewhere as `config_folder` has it.
    """
    return _folder(environ, "XDG_CACHE_HOME", Path(".cache"))


def _folder(environ: Mapping[str, str], variable: str, below_home: Path) -> Path:
    named = environ.get(variable, "")
    if named and Path(named).is_absolute():
        return Path(named) / _NAME
    usual = Path(environ.get("HOME") or Path.home()) / below_home / _NAME
    if sys.platform == "linux" or usual.is_dir():
        return usual
    import platformdirs

    dirs = platformdirs.PlatformDirs(_NAME, appauthor=False)
    found = {"XDG_CONFIG_HOME": dirs.user_config_path, "XDG_CACHE_HOME": dirs.user_cache_path}
    return found.get(variable) or dirs.user_state_path
