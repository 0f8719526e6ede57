"""Locks between processes: one at a time changes what is in a folder, or writes a file.

The system gives a lock back when its process ends, however that ends. Where there are no such locks (Windows for
folders, some network file systems), a file says who is at work, and is taken over when that process is no more.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError

if TYPE_CHECKING:
    from filelock import BaseFileLock

MARKER = ".attrib.lock"
"""The file that is the lock of a folder that cannot be locked itself."""

_PAUSE = 0.05
_SHORT = 0.3
_ABANDONED = 24 * 3600.0
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.EBADF}


@contextlib.contextmanager
def locked(path: Path, *, patience: float | None = None, waiting: Callable[[], None] | None = None) -> Iterator[bool]:
    """Hold the lock of `path` and yield True; False where another process has had it for `patience` seconds.

    An existing folder is locked itself, so that nothing is left in it. Any other `path` is that of a lock file, which
    is there as long as it is held. `waiting` is called once before the wait begins. Raises OSError where the system
    refuses.
    """
    until = None if patience is None else time.monotonic() + patience
    with contextlib.ExitStack() as held:
        attempts = _attempts(path, held)
        taken = next(attempts)
        if not taken and waiting is not None:
            waiting()
        while not taken and (until is None or time.monotonic() < until):
            time.sleep(_PAUSE)
            taken = next(attempts)
        yield taken


@contextlib.contextmanager
def turn(path: Path, *, wait: bool = True, waiting: Callable[[], None] | None = None) -> Iterator[bool]:
    """Hold the lock file `path` as `locked` does, for as long as it takes or, without `wait`, hardly at all.

    Lock files beside it that processes left when they were killed are removed. The short patience is for another
    process that looks whether the file is such a one. Raises AttribError where there can be no lock.
    """
    _sweep(path.parent)
    with contextlib.ExitStack() as held:
        try:
            taken = held.enter_context(locked(path, patience=None if wait else _SHORT, waiting=waiting))
        except OSError as error:
            hint = "XDG_STATE_HOME chooses another place."
            raise AttribError(f"cannot be locked: {error.strerror or error}", hint=hint, place=str(path)) from error
        yield taken


def _attempts(path: Path, held: contextlib.ExitStack) -> Iterator[bool]:
    """Try for the lock at each step, and say whether it is there; once it is, `held` gives it back."""
    folder = path.is_dir()
    try:
        yield from _tries_of_folder(path, held) if folder else _tries_of_file(path, held)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        from filelock import SoftFileLock

        yield from _tries(SoftFileLock(path / MARKER if folder else path.with_suffix(".owner")), held)


def _tries_of_folder(folder: Path, held: contextlib.ExitStack) -> Iterator[bool]:
    from filelock import lock_descriptor

    if not hasattr(os, "O_DIRECTORY"):
        raise OSError(errno.ENOSYS, "this system opens no folders")
    descriptor = os.open(folder, os.O_RDONLY)
    held.callback(os.close, descriptor)
    while not lock_descriptor(descriptor, blocking=False):
        yield False
    yield True


def _tries_of_file(path: Path, held: contextlib.ExitStack) -> Iterator[bool]:
    from filelock import FileLock

    lock = FileLock(path, mode=0o600, fallback_to_soft=False)
    try:
        yield from _tries(lock, held, last=lambda: _remove(path))
    except OSError as error:
        if error.errno in _NO_LOCKS:
            _remove(path)
        raise


def _tries(lock: BaseFileLock, held: contextlib.ExitStack, *, last: Callable[[], None] | None = None) -> Iterator[bool]:
    """Try for a lock of the library at each step; `last` is done right before it is given back."""
    from filelock import Timeout

    while True:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
        else:
            held.callback(lock.release)
            if last is not None:
                held.callback(last)
            yield True
            return


def _sweep(folder: Path) -> None:
    """Remove the lock files of a folder that nobody holds and that are a day old."""
    old = time.time() - _ABANDONED
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            with contextlib.suppress(OSError):
                if entry.name.endswith(".lock") and entry.stat(follow_symlinks=False).st_mtime < old:
                    with locked(Path(entry.path), patience=0):
                        pass  # who has it removes it in the end


def _remove(path: Path) -> None:
    """Remove a lock file that is held: whoever waits for it sees that it has no name any more, and tries anew."""
    with contextlib.suppress(OSError):
        path.unlink()
