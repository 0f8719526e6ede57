"""One process at a time changes the definitions in a folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrib_cli.engine.errors import AttribError
from attrib_cli.system.locks import locked

PATIENCE = 60.0
"""Seconds to wait for another process; a save takes a fraction of one."""


@contextlib.contextmanager
def locked_folders(folders: Iterable[Path]) -> Iterator[None]:
    """Hold the locks of some folders, taken in one order by everybody; raises AttribError when waiting is in vain."""
    with contextlib.ExitStack() as held:
        for folder in sorted({Path(os.path.realpath(folder)) for folder in folders}):
            try:
                taken = held.enter_context(locked(folder, patience=PATIENCE))
            except OSError as error:
                raise AttribError(f"cannot be locked: {error.strerror or error}", place=str(folder)) from error
            if not taken:
                hint = "Try again, or look for a process that hangs."
                raise AttribError("another process is saving here and does not end", hint=hint, place=str(folder))
        yield
