"""Temporary files of this process: decompressed, transcoded or piped input. They are gone when it ends."""

from __future__ import annotations

import atexit
import itertools
import tempfile
from functools import cache
from pathlib import Path

_numbers = itertools.count(1)


@cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="attrib-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    return Path(folder.name)


def temporary_file(suffix: str) -> Path:
    """Return the path of a new file that does not exist yet and is removed when the process ends."""
    return _folder() / f"{next(_numbers)}{suffix}"
