"""Where a user's own definitions are: one file a project in the user's configuration directory."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from attrib_cli.engine.errors import AttribError


def user_folder(environ: Mapping[str, str]) -> Path:
    """Return ``$XDG_CONFIG_HOME/attrib``, else ``~/.config/attrib``; a relative variable does not count."""
    named = environ.get("XDG_CONFIG_HOME", "")
    if named and Path(named).is_absolute():
        return Path(named) / "attrib"
    home = environ.get("HOME", "")
    return (Path(home) if home else Path.home()) / ".config" / "attrib"


def make_folder(folder: Path) -> None:
    """Make a folder that only the user can open; raises AttribError where the system refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        hint = "Private definitions are kept there; set XDG_CONFIG_HOME to a folder of yours."
        raise AttribError(f"cannot be made: {error.strerror or error}", hint=hint, place=str(folder)) from error


def private_path(project: Path, environ: Mapping[str, str]) -> Path:
    """Return the file of the user's own definitions for the project whose attrib.yaml is, or would be, at `project`.

    The name has the folder's for people and a hash of the whole path for the program.
    """
    whole = Path(os.path.realpath(project))
    readable = re.sub(r"[^\w-]+", "-", whole.parent.name)[:40].strip("-") or "project"
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:16]
    return user_folder(environ) / "projects" / f"{readable}-{digest}.yaml"
