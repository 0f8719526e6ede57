"""The files of a source as they were read, and what tells that one of them was changed since.

That is their identity (inode, device, size, times of content and of change to the nanosecond), and where that has
changed or is too fresh to be trusted, a hash of all their bytes. So a file that was changed and given its old size and
time back is noticed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.source_spec import TableSource

FRESH = 2.0
"""Seconds after a change in which another one might leave the times as they are."""


@frozen
class ReadFile:
    """A file as it was when it was read: its real path, its identity, and the hash of its bytes.

    Of a `settled` one any change since then shows in the identity.
    """

    path: str
    identity: tuple[int, ...]
    digest: str
    settled: bool


@frozen
class UnreadFiles:
    """What files are before they are read: their identities, and the hashes of those that changed just then."""

    paths: tuple[str, ...]
    identities: tuple[tuple[int, ...], ...]
    digests: tuple[str | None, ...]
    at: float

    def read(self) -> tuple[ReadFile, ...] | None:
        """Return the files when they have been read; None where one was changed meanwhile. Raises OSError."""
        digests = tuple(map(digest_of, self.paths))
        if _identities(self.paths) != self.identities:
            return None
        if any(before not in (None, now) for before, now in zip(self.digests, digests, strict=True)):
            return None
        return tuple(
            ReadFile(path=os.path.realpath(path), identity=identity, digest=digest, settled=_settled(identity, self.at))
            for path, identity, digest in zip(self.paths, self.identities, digests, strict=True)
        )


def files_of(source: TableSource) -> tuple[str, ...]:
    """Return every file that the rows of a source depend on: its own, and those that are looked up or queried."""
    return tuple(dict.fromkeys(_named(source)))


def before_reading(source: TableSource) -> UnreadFiles:
    """Return what the files of a source are before they are read. Raises OSError."""
    paths = files_of(source)
    found, now = _identities(paths), time.time()
    fresh = (None if _settled(one, now) else digest_of(path) for one, path in zip(found, paths, strict=True))
    return UnreadFiles(paths=paths, identities=found, digests=tuple(fresh), at=now)


def unchanged(files: Sequence[ReadFile], source: TableSource) -> tuple[ReadFile, ...] | None:
    """Return `files` with the identities that they have now; None where they are not what the files of `source` are.

    Raises OSError.
    """
    if [one.path for one in files] != [os.path.realpath(path) for path in files_of(source)]:
        return None
    found = []
    for one in files:
        now, at = _identity(one.path), time.time()
        if now == one.identity and one.settled:
            found.append(one)
        elif now[2] != one.identity[2] or digest_of(one.path) != one.digest:
            return None
        else:
            found.append(ReadFile(path=one.path, identity=now, digest=one.digest, settled=_settled(now, at)))
    return tuple(found)


def _named(value: object) -> Iterator[str]:
    if isinstance(value, TableSource):
        yield from value.paths
    if is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _named(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _named(inner)


def _identities(paths: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    return tuple(map(_identity, paths))


def _identity(path: str) -> tuple[int, ...]:
    """Return what tells that a file was changed: its inode, device, size, and times of content and of change."""
    found = Path(path).stat()
    return found.st_ino, found.st_dev, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _settled(identity: tuple[int, ...], seen: float) -> bool:
    """Whether a change after `seen` must show in the identity: times of change are kept, and the last was before."""
    return sys.platform != "win32" and max(identity[3:5]) / 1e9 < seen - FRESH


def digest_of(path: str) -> str:
    """Return the hash of all bytes of a file: SHA-256, which processors of these years have an instruction for."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
