"""Where the configuration is: named by the environment, or found from the working directory upwards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrib_cli.config.trust import check_trusted
from attrib_cli.engine.errors import ConfigError

NAMES = ("attrib.yaml", "attrib.yml")
"""File names of a configuration; the first one found in a folder is taken."""

VARIABLE = "ATTRIB_CONFIG"
"""The environment variable that names the configuration and so ends the search."""


def find_config(start: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the configuration that holds in the folder `start`, or None where there is none.

    ``ATTRIB_CONFIG``, relative to `start`, comes first; a file named there that does not exist raises `ConfigError`,
    for to go on with another one would give other figures. Otherwise the nearest `NAMES` in `start` or a folder above;
    raises `ConfigError` where that is not to be trusted.
    """
    here = start.absolute()
    named = environ.get(VARIABLE, "")
    if named:
        path = _expanded(here, named)
        if not path.exists():
            raise ConfigError(
                "the file does not exist", place=str(path), hint=f"{VARIABLE} names it; correct or unset it."
            )
        return path
    for folder in (here, *here.parents):
        for name in NAMES:
            if _is_there(folder / name):
                check_trusted(folder / name, environ)
                return folder / name
    return None


def _expanded(here: Path, named: str) -> Path:
    try:
        return here / Path(named).expanduser()
    except RuntimeError:  # the home of an unknown user
        return here / named


def _is_there(path: Path) -> bool:
    """Whether a file is there; a link to nowhere counts, so that it is reported and not passed over."""
    try:
        return path.is_file() or path.is_symlink()
    except OSError:
        return False
