"""Files that appear whole or not at all.

The bytes go to a file without a name in the same folder (or a hidden one where the system has no such thing), reach
the disk, and only then take the name: whoever reads sees the old file or the new one, whatever happens in between.
Signals that end the process are exceptions here: `app.run` makes them so. What a process that was killed left of a
file goes with the next one that is written into the folder.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.terminal.streams import disk_hint

_UNSUPPORTED = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL, errno.EPERM, errno.EXDEV}

_TEMPORARY = re.compile(r"\..+\.attrib-[0-9a-f]{8}\.tmp", re.DOTALL)
_UNLOCKED = 2.0
"""Seconds for which a file without a lock may be one that its process has just made and is about to lock."""
_ABANDONED = 3600.0
"""Seconds after which a file that nobody writes to any more was left, where there are no locks."""


def write_file(path: str, chunks: Iterable[bytes], *, mode: int = 0o666) -> None:
    """Write `chunks` to the file at `path` in one step; a device or pipe there is written straight through.

    A link is followed, and an existing file's permissions stay; those of a new one are `mode` without the umask. Raises
    UsageError where `path` can be no file, AttribError where the system refuses, BrokenPipeError from a pipe that
    nobody reads any more; and then the file is what it was.
    """
    write_files([(path, chunks)], mode=mode)


def write_files(files: Iterable[tuple[str, Iterable[bytes]]], *, mode: int = 0o666) -> None:
    """Write several files as `write_file` does, each in one step, once the bytes of all have reached the disk.

    Only a process that is killed while they take their names, one right after the other, leaves some of them old.
    """
    with contextlib.ExitStack() as held:
        ready = []
        for path, chunks in files:
            with _as_unwritable(path):
                found = _checked(path)
                if found is not None and not stat.S_ISREG(found.st_mode):
                    with Path(path).open("wb") as stream:
                        stream.writelines(chunks)
                else:
                    target = Path(os.path.realpath(path))
                    ready.append((path, held.enter_context(_temporary(target, chunks, found, mode)), target))
        for path, temporary, target in ready:
            with _as_unwritable(path):
                temporary.replace(target)
        for folder in dict.fromkeys(target.parent for *_, target in ready):
            sync_folder(folder)


@contextlib.contextmanager
def _as_unwritable(path: str) -> Iterator[None]:
    """Raise AttribError where the system refuses what is done to the file at `path`, but for a pipe that is closed."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error, path) from error


def check_path(path: str) -> None:
    """Raise what `write_file` would, as far as it shows before there is anything to write."""
    try:
        _checked(path)
    except OSError as error:
        raise unwritable(error, path) from error


def unwritable(error: OSError, path: str) -> AttribError:
    """What to raise where the system refuses to write at `path`."""
    return AttribError(f"cannot be written: {error.strerror or error}", hint=disk_hint(error), place=path)


def _checked(path: str) -> os.stat_result | None:
    """Return what is at `path`; raises UsageError where that can be no file, OSError where it may not be written."""
    found = _stat(path)
    if found is not None and stat.S_ISDIR(found.st_mode):
        hint = f"Give the name of a file in it, such as {path.rstrip('/')}/report.csv."
        raise UsageError("this is a folder", hint=hint, place=path)
    if found is not None and not stat.S_ISREG(found.st_mode):
        return found
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}", hint="Make it first, with mkdir -p.", place=path)
    if not os.access(target.parent, os.W_OK) or (found is not None and not os.access(target, os.W_OK)):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return found


def _stat(path: str) -> os.stat_result | None:
    try:
        return Path(path).stat()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None


@contextlib.contextmanager
def _temporary(target: Path, chunks: Iterable[bytes], old: os.stat_result | None, mode: int) -> Iterator[Path]:
    """Yield a hidden file with `chunks` beside `target`, which is locked; it goes unless it was given another name."""
    _sweep(target.parent)
    temporary = target.parent / f".{target.name[:100]}.attrib-{secrets.token_hex(4)}.tmp"
    try:
        descriptor, nameless = _open(temporary, mode)
        with os.fdopen(descriptor, "wb") as stream:
            _lock(descriptor)
            stream.writelines(chunks)
            stream.flush()
            _take_over(descriptor, old)
            os.fsync(descriptor)
            if nameless:
                _name(descriptor, temporary)
            if os.name == "nt":  # which gives no open file another name
                stream.close()
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _open(temporary: Path, mode: int) -> tuple[int, bool]:
    """Open the file to write and say whether it has no name yet."""
    flag = getattr(os, "O_TMPFILE", 0)
    if flag and Path("/proc/self/fd").is_dir():
        try:
            return os.open(temporary.parent, flag | os.O_WRONLY, mode), True
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
    return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), False


def _sweep(folder: Path) -> None:
    """Remove files that other processes left half-way: those of our names that nobody has locked any more."""
    with contextlib.suppress(OSError):
        for name in [entry.name for entry in os.scandir(folder) if _TEMPORARY.fullmatch(entry.name)]:
            with contextlib.suppress(OSError):
                descriptor = os.open(folder / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
                try:
                    age = time.time() - os.fstat(descriptor).st_mtime
                    locked = _lock(descriptor)
                finally:
                    os.close(descriptor)
                if age > (_UNLOCKED if locked else _ABANDONED if locked is None else math.inf):
                    (folder / name).unlink()


def _lock(descriptor: int) -> bool | None:
    """Lock a file until it is closed and say True; False where another process has it, None where there are no locks.

    It tells a file that is being written from one that was left; nobody waits for it.
    """
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return None
    return True


def _name(descriptor: int, temporary: Path) -> None:
    """Give a file without a name that of `temporary`.

    Only with a folder's descriptor does Python ask the system to follow the link that ``/proc`` has for the file.
    """
    folder = os.open(temporary.parent, os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{descriptor}", temporary.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _take_over(descriptor: int, old: os.stat_result | None) -> None:
    """Give the new file the owner and the permissions of the old one, as far as the system lets us."""
    if old is None or not hasattr(os, "fchmod"):
        return
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (old.st_uid, old.st_gid):
        with contextlib.suppress(OSError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def sync_folder(folder: Path) -> None:
    """Bring the new name to the disk; a system that cannot has it in memory, as for any other file."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
