"""Where a user's own definitions are: one file a project in the user's configuration directory."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from attrib_cli.system.folders import config_folder, make_private


def make_folder(folder: Path) -> Path:
    """Make a folder of the user's own definitions, which only they can open; raises AttribError where it cannot be."""
    return make_private(folder, variable="XDG_CONFIG_HOME")


def private_path(project: Path, environ: Mapping[str, str]) -> Path:
    """Return the file of the user's own definitions for the project whose attrib.yaml is, or would be, at `project`.

    The name has the folder's for people and a hash of the whole path for the program.
    """
    whole = Path(os.path.realpath(project))
    readable = re.sub(r"[^\w-]+", "-", whole.parent.name)[:40].strip("-") or "project"
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:16]
    return config_folder(environ) / "projects" / f"{readable}-{digest}.yaml"
