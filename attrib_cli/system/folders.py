"""What the program remembers between runs, for one user: a folder that only they can read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from attrib_cli.engine.errors import AttribError


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the user's state, made if need be: ``$XDG_STATE_HOME/attrib`` or ``~/.local/state/attrib``.

    Raises AttribError where it cannot be made.
    """
    base = environ.get("XDG_STATE_HOME", "")
    home = Path(base) if base.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    folder = home / "attrib"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        hint = "XDG_STATE_HOME chooses another place."
        raise AttribError(f"cannot be made: {error.strerror}", hint=hint, place=str(folder)) from error
    return folder


def lock_of(folder: Path, output: str) -> Path:
    """Return the lock file of an output, whatever way its path is written."""
    locks = folder / "locks"
    locks.mkdir(exist_ok=True, mode=0o700)
    return (
        locks / f"{hashlib.sha256(os.path.realpath(output).encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.lock"
    )
