"""What the streams of a process are: terminals or not, how wide, and what to do where they cannot be written."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Mapping


def disk_hint(error: OSError) -> str | None:
    """Return what to do about a failed write, where there is something to do."""
    import errno

    return {
        errno.ENOSPC: "Free some space, or choose another place with --output.",
        errno.EDQUOT: "Your quota is used up: free some space, or choose another place with --output.",
        errno.EFBIG: "The file would be larger than this system allows: see 'ulimit -f', or cut rows with --limit.",
        errno.EACCES: "Check the permissions, or choose another place with --output.",
        errno.EPERM: "Check the permissions, or choose another place with --output.",
        errno.EROFS: "This file system can only be read: choose another place with --output.",
    }.get(error.errno or 0)


def abandon(stream: io.TextIOWrapper) -> None:
    """Bend a stream that cannot be written to nowhere, so that the interpreter's own flush at the end says nothing."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)


def is_tty(stream: io.TextIOWrapper | None) -> bool:
    """Say whether a stream is a terminal; one that is closed is none."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def terminal_columns(*streams: io.TextIOWrapper | None) -> int | None:
    """Return the columns of the first of some streams that is a terminal."""
    for stream in streams:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if stream is not None and (columns := os.get_terminal_size(stream.fileno()).columns) > 0:
                return columns
    return None


def login_name(environ: Mapping[str, str]) -> str:
    """Return the name of the user as the environment has it, else the system."""
    names: Iterable[str] = (environ.get(key, "") for key in ("LOGNAME", "USER", "LNAME", "USERNAME"))
    for name in names:
        if name:
            return name
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError, AttributeError):
        return "unknown"


def written(stream: io.TextIOWrapper | None) -> bytes:
    """Return what was written to a stream in memory."""
    if stream is None or not isinstance(stream.buffer, io.BytesIO):
        return b""
    stream.flush()
    return stream.buffer.getvalue()
