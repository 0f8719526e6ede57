"""Locks between processes, each a file: whoever has it locked is the one at work.

The system gives a lock back when its process ends, however that ends. Where there are no such locks (some network file
systems), a second file says who is at work, and is taken away when that process is no more.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PAUSE = 0.1
_HELD = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


def try_lock(descriptor: int) -> bool | None:
    """Lock an open file until it is closed, and say True; False where another has it, None where there are no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        return None
    except OSError as error:
        return False if error.errno in _HELD else None
    return True


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True, waiting: Callable[[], None] | None = None) -> Iterator[bool]:
    """Hold the lock file `path` and yield True; without `wait` yield False where another process holds it.

    `waiting` is called once before the wait begins. Raises OSError where the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    mark = path.with_suffix(".owner")
    marked = told = False
    try:
        while True:
            taken = try_lock(descriptor)
            if taken is None:
                taken = marked = _try_mark(mark)
            if taken or not wait:
                break
            if waiting is not None and not told:
                waiting()
            told = True
            time.sleep(_PAUSE)
        yield taken
    finally:
        if marked:
            mark.unlink(missing_ok=True)
        os.close(descriptor)


def _try_mark(mark: Path) -> bool:
    """Make the file that says who is at work; False where another process that is still there has made it."""
    me = f"{socket.gethostname()} {os.getpid()}"
    own = mark.with_name(f"{mark.name}.{secrets.token_hex(4)}")
    own.write_text(me, "utf-8")
    try:
        os.link(own, mark)  # whole from its first moment, unlike a file that is made and then written
    except FileExistsError:
        with contextlib.suppress(OSError, ValueError):
            host, number = mark.read_text("utf-8").rsplit(" ", 1)
            if host == socket.gethostname() and not _alive(int(number)):
                mark.replace(own)
        return False
    finally:
        own.unlink(missing_ok=True)
    return True


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
