"""Files that go along with a mail or message: as many as there is room for, the others by their place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrib_cli.engine.errors import DeliveryError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.output.chosen_format import resolve_format
from attrib_cli.output.registry import listing

ROOM = 10_000_000
"""Bytes that files may have together, if the configuration says nothing."""


NONE = "none"


def attached_formats(typed: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the names of the formats whose files go along, none of ``none``; None for all.

    Raises UsageError for one that there is not.
    """
    if typed is None:
        return None
    names = [name.strip().casefold() for name in typed]
    if NONE in names:
        if len(names) > 1:
            raise UsageError("'none' and a format were both given", hint="Give one or the other.", place="--attach")
        return ()
    try:
        return tuple(resolve_format(name, None, False, content="file").name for name in names)
    except UsageError as error:
        raise UsageError(error.message, hint=error.hint, place="--attach") from None


def check_attached(wanted: Sequence[str] | None, written: Iterable[str]) -> None:
    """Raise UsageError for a format that is to go along and of which no file is written."""
    known = tuple(dict.fromkeys(written))
    for name in wanted or ():
        if name not in known:
            hint = f"Files are written as {listing(known, 'and')}; --format says which."
            raise UsageError(f"no {name} file is written that could go along", hint=hint, place="--attach")


@frozen
class Attachments:
    """The files that go along with their bytes, and those that do not, with their size."""

    attached: tuple[tuple[Path, bytes], ...]
    named: tuple[tuple[Path, int], ...]
    room: int

    def lines(self) -> tuple[str, ...]:
        """Return what a reader is told of the files."""
        return (
            *(f"Attached: {path.name} ({len(data):,} bytes)" for path, data in self.attached),
            *(
                f"File: {path.absolute()} ({size:,} bytes; not attached, since attached files have at most "
                f"{self.room:,} bytes together)"
                for path, size in self.named
            ),
        )

    def places(self) -> tuple[str, ...]:
        """Return where all files are, for who is sent none."""
        sizes = [*((path, len(data)) for path, data in self.attached), *self.named]
        return tuple(f"File: {path.absolute()} ({size:,} bytes)" for path, size in sizes)


def gather(files: Sequence[Path], room: int) -> Attachments:
    """Read the files, in their order, that have `room` together; raises DeliveryError for one that cannot be read."""
    attached: list[tuple[Path, bytes]] = []
    named: list[tuple[Path, int]] = []
    left = room
    for path in files:
        try:
            size = path.stat().st_size
            if size <= left:
                attached.append((path, path.read_bytes()))
                left -= size
            else:
                named.append((path, size))
        except OSError as error:
            raise DeliveryError(f"cannot be attached: {error.strerror}", place=str(path)) from error
    return Attachments(attached=tuple(attached), named=tuple(named), room=room)
