"""What the program remembers between runs, for one user: a folder that only they can read, and locks in it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attrib_cli.engine.errors import AttribError

_PAUSE = 0.1


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the user's state, made if need be: ``$XDG_STATE_HOME/attrib`` or ``~/.local/state/attrib``.

    Raises AttribError where it cannot be made.
    """
    base = environ.get("XDG_STATE_HOME", "")
    home = Path(base) if base.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    folder = home / "attrib"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        hint = "XDG_STATE_HOME chooses another place."
        raise AttribError(f"cannot be made: {error.strerror}", hint=hint, place=str(folder)) from error
    return folder


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True, waiting: Callable[[], None] | None = None) -> Iterator[bool]:
    """Hold the lock file `path` and yield True; without `wait` yield False where another process holds it.

    `waiting` is called once before the wait begins. The system drops the lock of a process that ends, however it ends.
    Where the system has no such locks, everybody has it.
    """
    try:
        import fcntl
    except ImportError:
        yield True
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not wait:
                    yield False
                    return
                if waiting is not None and not told:
                    waiting()
                told = True
                time.sleep(_PAUSE)
            else:
                break
        yield True
    finally:
        os.close(descriptor)


def lock_of(folder: Path, output: str) -> Path:
    """Return the lock file of an output, whatever way its path is written."""
    locks = folder / "locks"
    locks.mkdir(exist_ok=True, mode=0o700)
    return (
        locks / f"{hashlib.sha256(os.path.realpath(output).encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.lock"
    )
