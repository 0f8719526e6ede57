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
        return Path(tempfile.mkdtemp(prefix="attrib-"))
    except OSError as error:
        raise _unusable(error) from error


def temporary_file(suffix: str) -> Path:
    """Return the path of a new file that does not exist yet and is removed when the process ends.

    It may be decompressed, transcoded or piped input. Raises as `temporary_folder` does.
    """
    return _folder_of_process() / f"{next(_numbers)}{suffix}"


@cache
def _folder_of_process() -> Path:
    folder = _made()
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _made() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="attrib-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _unusable(error) from error


def _unusable(error: OSError) -> AttribError:
    hint = "Set TMPDIR to a folder that can be written and has room."
    return AttribError(f"no folder for temporary files can be used: {error.strerror or error}", hint=hint)
