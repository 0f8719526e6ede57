"""Which files of folders are data, and which are of formats that are not read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.sources.discover import SUFFIXES
from attrib_cli.proposal.file import Unread

LINES = tuple(suffix for suffix, kind in SUFFIXES.items() if kind == "jsonl")
_READ = (*SUFFIXES, ".txt", ".txt.gz", ".txt.zst")
"""How data files end: those of the formats that are read, and text, which a source can be said to be."""

_OWN = "attrib.schema.json"
"""What attrib itself puts beside a configuration, for editors."""


def find(given: Collection[Path]) -> list[Path]:
    """Return the data files that are given, and those in folders that are; raises SourceError for what is not there."""
    found: list[Path] = []
    for path in given:
        if not path.exists():
            raise SourceError("no such file or folder", place=str(path))
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file())
            found += [one for one in inside if not _hidden(one, path) and one.name.casefold().endswith(_READ)]
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def foreign(given: Collection[Path], base: Path) -> list[Unread]:
    """Return files of the folders whose formats are not read, one of each ending; configurations are none."""
    found: dict[str, list[Path]] = {}
    for folder in filter(Path.is_dir, given):
        for path in sorted(folder.rglob("*")):
            known = path.name.casefold().endswith((*_READ, ".yaml", ".yml"))
            if path.is_file() and not known and not _hidden(path, folder):
                found.setdefault(path.suffix.casefold(), []).append(path)
    return [
        Unread(
            path=shown(paths[0], base) + more, why=f"{ending or 'a name without an ending'}: a format that is not read"
        )
        for ending, paths in found.items()
        for more in [f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""]
    ]


def _hidden(path: Path, root: Path) -> bool:
    return path.name == _OWN or any(part.startswith((".", "_")) for part in path.relative_to(root).parts)


def shown(path: Path, base: Path) -> str:
    """Return a path as the configuration in the folder `base` names it."""
    whole = path.absolute()
    return whole.relative_to(base).as_posix() if whole.is_relative_to(base) else str(whole)
