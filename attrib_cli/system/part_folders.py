"""Folders of parts that appear whole or not at all: a table as Parquet files, as clusters write them.

The parts go to a hidden folder beside, which takes the name when all of them are on the disk. A folder that is there is
replaced as a whole where it holds nothing but parts, since parts of two tables would be read as one.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from attrib_cli.engine.errors import UsageError
from attrib_cli.system.atomic_files import check_path, sync_folder, unwritable

_PART = re.compile(r"part-\d+-of-\d+\.parquet")


def part_name(number: int, count: int) -> str:
    """Return the name of a part, from 1: ``part-00003-of-00064.parquet``."""
    return f"part-{number:05}-of-{count:05}.parquet"


def is_part_folder(path: str) -> bool:
    """Whether there is a folder that holds parts and nothing else; an empty one is none."""
    try:
        names = [entry.name for entry in os.scandir(path)]
    except OSError:
        return False
    return bool(names) and all(_PART.fullmatch(name) for name in names)


def check_part_folder(path: str) -> None:
    """Raise what `write_parts` would, as far as it shows before there is anything to write."""
    if not is_part_folder(path):
        check_path(path.rstrip("/"))
        if Path(path).exists():
            raise UsageError(
                "this is a file, and a cluster writes a folder of parts", hint="Choose another name.", place=path
            )


def write_parts(path: str, count: int, pieces: Iterable[tuple[int, bytes]]) -> int:
    """Write the parts, whose bytes come part by part with the number of theirs, into the folder `path`.

    Returns how many bytes they are. Raises UsageError where something else is there, and AttribError where the system
    refuses; then what was there is as it was.
    """
    check_part_folder(path)
    target = Path(os.path.realpath(path))
    start = f".{target.name[:100]}.attrib-"
    try:
        _sweep(target.parent, start)
        temporary = target.parent / f"{start}{secrets.token_hex(4)}.tmp"
        temporary.mkdir()
        try:
            size = _fill(temporary, count, pieces)
            if target.exists():
                old = target.parent / f"{start}{secrets.token_hex(4)}.tmp"
                target.rename(old)
                try:
                    temporary.rename(target)
                except OSError:
                    old.rename(target)
                    raise
                shutil.rmtree(old, ignore_errors=True)  # what is left of it, the next export sweeps
            else:
                temporary.rename(target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_folder(target.parent)
    except OSError as error:
        raise unwritable(error, path) from error
    return size


def _fill(folder: Path, count: int, pieces: Iterable[tuple[int, bytes]]) -> int:
    size, seen = 0, set()
    for number, chunk in pieces:
        file = folder / part_name(number, count)
        with file.open("ab" if number in seen else "wb") as stream:
            stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        seen.add(number)
        size += len(chunk)
    return size


def _sweep(folder: Path, start: str) -> None:
    """Remove what processes that were killed left of the same folder; exports of one name take turns."""
    for entry in list(os.scandir(folder)):
        if entry.name.startswith(start) and entry.name.endswith(".tmp") and entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(OSError):
                shutil.rmtree(entry.path)
