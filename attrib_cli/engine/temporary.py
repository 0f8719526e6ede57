"""Temporary files and folders: they are gone when the work, or the process, ends."""

from __future__ import annotations

import atexit
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from attrib_cli.engine.errors import AttribError

_numbers = itertools.count(1)
_chosen: list[str | None] = [None]


def choose_place(folder: str | None) -> None:
    """Let temporary files be made in this folder from now on; None for the one that the system has for them."""
    _chosen[0] = folder


def place() -> str:
    """Return the folder in which temporary files are made."""
    return _chosen[0] or tempfile.gettempdir()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder that only the user can open and that is removed at the end.

    Raises AttribError where no folder for temporary files can be written.
    """
    with _made() as name:
        yield Path(name)


def lasting_folder() -> Path:
    """Return a new folder in the place for temporary files that stays there; raises as `temporary_folder` does."""
    try:
        return Path(tempfile.mkdtemp(prefix="attrib-", dir=_chosen[0]))
    except OSError as error:
        raise _unusable(error) from error


def temporary_file(suffix: str) -> Path:
    """Return the path of a new file that does not exist yet and is removed when the process ends.

    It may be decompressed, transcoded or piped input. Raises as `temporary_folder` does.
    """
    return _folder_of_process(_chosen[0]) / f"{next(_numbers)}{suffix}"


@cache
def _folder_of_process(place: str | None) -> Path:
    folder = _made()
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _made() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="attrib-", dir=_chosen[0], ignore_cleanup_errors=True)
    except OSError as error:
        raise _unusable(error) from error


def _unusable(error: OSError) -> AttribError:
    hint = "Give --temp-dir, or set TMPDIR, a folder that can be written and has room."
    return AttribError(f"no folder for temporary files can be used: {error.strerror or error}", hint=hint)
