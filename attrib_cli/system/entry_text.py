"""The text beside the rows of a table that is kept: what they are of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Note
from attrib_cli.system.source_files import ReadFile

FORM = 3
"""The form of entries; another one is not read."""


@frozen
class EntryText:
    """What is said of an entry: its table, columns and rows, what reading noted, and the files that it is made of.

    `checksum` is that of the file with the rows, and `definition` the query that reads the table's own files.
    """

    table: str
    names: tuple[str, ...]
    rows: int
    checksum: int
    definition: str
    notes: tuple[Note, ...]
    files: tuple[ReadFile, ...]

    def of_same_rows(self, other: EntryText) -> bool:
        """Whether another text is of the same rows, whatever it says of identities, which others bring up to date."""
        return self._rows() == other._rows()

    def _rows(self) -> tuple[object, ...]:
        said = (self.names, self.rows, self.checksum, self.definition)
        return (*said, [(one.path, one.digest) for one in self.files])

    def as_json(self) -> str:
        """Return the text as it stands in a file."""
        return json.dumps(
            {
                "form": FORM,
                "table": self.table,
                "names": self.names,
                "rows": self.rows,
                "checksum": self.checksum,
                "definition": self.definition,
                "notes": [one.as_json() for one in self.notes],
                "files": [[one.path, one.identity, one.digest, one.settled] for one in self.files],
            }
        )


def read_text(path: Path) -> EntryText | None:
    """Return the text in a file; None for none, for one of another form, and for a damaged one."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["form"] != FORM:
            return None
        return EntryText(
            table=str(said["table"]),
            names=tuple(map(str, said["names"])),
            rows=int(said["rows"]),
            checksum=int(said["checksum"]),
            definition=str(said["definition"]),
            notes=tuple(map(_note, said["notes"])),
            files=tuple(map(_file, said["files"])),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _note(said: Mapping[str, object]) -> Note:
    counts = said["counts"]
    return Note(
        code=str(said["code"]),
        text=str(said["text"]),
        level="warning" if said["level"] == "warning" else "note",
        counts=tuple((str(name), int(count)) for name, count in counts.items()) if isinstance(counts, dict) else (),
        hint=None if said["hint"] is None else str(said["hint"]),
    )


def _file(said: Sequence[object]) -> ReadFile:
    path, identity, digest, settled = said
    numbers = tuple(int(one) for one in identity) if isinstance(identity, list) else ()
    return ReadFile(path=str(path), identity=numbers, digest=str(digest), settled=bool(settled))
