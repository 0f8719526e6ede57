"""One process at a time changes what is in a folder.

The folder itself is locked, so that nothing is left lying in it; where a system cannot lock folders, a file in it is.
The system gives a lock back when its process ends, however that ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrib_cli.engine.errors import AttribError

PATIENCE = 60.0
"""Seconds to wait for another process; a save takes a fraction of one."""

_FILE = ".attrib.lock"


@contextlib.contextmanager
def locked(folders: Iterable[Path]) -> Iterator[None]:
    """Hold the locks of some folders, taken in one order by everybody; raises AttribError when waiting is in vain."""
    with contextlib.ExitStack() as held:
        for folder in sorted({Path(os.path.realpath(folder)) for folder in folders}):
            held.enter_context(_locked(folder))
        yield


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        descriptor = _open(folder)
    except OSError as error:
        raise AttribError(f"cannot be locked: {error.strerror or error}", place=str(folder)) from error
    try:
        until = time.monotonic() + PATIENCE
        while not _taken(descriptor):
            if time.monotonic() > until:
                hint = "Try again, or look for a process that hangs."
                raise AttribError("another process is saving here and does not end", hint=hint, place=str(folder))
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _open(folder: Path) -> int:
    """Open what can be locked: the folder, else a file in it."""
    if sys.platform != "win32":
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return descriptor
            os.close(descriptor)
        else:
            return descriptor
    return os.open(folder / _FILE, os.O_RDWR | os.O_CREAT, 0o666)


def _taken(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            return False
        raise AttribError(f"cannot be locked: {error.strerror or error}") from error
    return True
