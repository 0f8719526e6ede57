"""One process at a time changes what is in a folder.

The folder itself is locked, so that nothing is left lying in it, and the system gives the lock back when its process
ends, however that ends. Where folders cannot be locked (Windows, some network file systems), a file in it is the lock
as long as it is there.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from attrib_cli.engine.errors import AttribError
from attrib_cli.system.locks import try_lock

PATIENCE = 60.0
"""Seconds to wait for another process; a save takes a fraction of one."""

ABANDONED = 10.0
"""Seconds after which a lock file that nobody took away is that of a process that was killed."""

_FILE = ".attrib.lock"
_PAUSE = 0.02


@contextlib.contextmanager
def locked(folders: Iterable[Path]) -> Iterator[None]:
    """Hold the locks of some folders, taken in one order by everybody; raises AttribError when waiting is in vain."""
    with contextlib.ExitStack() as held:
        for folder in sorted({Path(os.path.realpath(folder)) for folder in folders}):
            try:
                taken = _folder_locked(folder)
                held.enter_context(_file_locked(folder) if taken is None else taken)
            except OSError as error:
                raise AttribError(f"cannot be locked: {error.strerror or error}", place=str(folder)) from error
        yield


def _folder_locked(folder: Path) -> contextlib.ExitStack | None:
    """Return the lock of a folder, taken until it is closed; None where the system has no locks for folders."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows opens no folders
        return None
    held = contextlib.ExitStack()
    descriptor = os.open(folder, os.O_RDONLY)
    held.callback(os.close, descriptor)
    try:
        found = try_lock(descriptor)
        if found is None:
            held.close()
            return None
        if not found:
            _wait(lambda: bool(try_lock(descriptor)), folder)
    except BaseException:
        held.close()
        raise
    return held


@contextlib.contextmanager
def _file_locked(folder: Path) -> Iterator[None]:
    """Hold the lock file of a folder: whoever makes it has it, and who has it takes it away."""
    path, mark = folder / _FILE, secrets.token_hex(8).encode()
    seen: bytes | None = None
    since = time.monotonic()

    def taken() -> bool:
        nonlocal seen, since
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except (FileExistsError, PermissionError) as error:
            if isinstance(error, PermissionError) and not path.exists():
                raise
        else:
            with os.fdopen(descriptor, "wb") as file:
                file.write(mark)
            return True
        there = _read(path)
        if there is None or there != seen:
            seen, since = there, time.monotonic()
        elif time.monotonic() - since > ABANDONED:
            _take_away(path, there)
        return False

    _wait(taken, folder)
    try:
        yield
    finally:
        _take_away(path, mark)


def _wait(taken: Callable[[], bool], folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not taken():
        if time.monotonic() > until:
            hint = "Try again, or look for a process that hangs."
            raise AttribError("another process is saving here and does not end", hint=hint, place=str(folder))
        time.sleep(_PAUSE)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _take_away(path: Path, mark: bytes | None) -> None:
    """Delete a lock file if it is the one with `mark`: it is moved aside first, so that only one can have it."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with contextlib.suppress(OSError):
        path.replace(aside)
        if _read(aside) != mark:
            with contextlib.suppress(OSError):
                os.link(aside, path)
        aside.unlink()
