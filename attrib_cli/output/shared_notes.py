"""What several reports beside each other have to be told of is said once, with the reports that it is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.report import Report


@frozen
class SharedNote:
    """A note of several reports; `of` has their names, nothing where all reports have it."""

    note: Note
    of: tuple[str, ...]

    @property
    def said(self) -> Note:
        """The note as it is said for all its reports at once."""
        return replace(self.note, text=f"{', '.join(self.of)}: {self.note.text}") if self.of else self.note


def shared_notes(reports: Sequence[tuple[str, Report]]) -> tuple[SharedNote, ...]:
    """Return the notes that several of some named reports have, in the order in which they are first met."""
    found = []
    for note in dict.fromkeys(note for _, report in reports for note in report.notes):
        names = tuple(name for name, report in reports if note in report.notes)
        if len(names) > 1:
            found.append(SharedNote(note=note, of=() if len(names) == len(reports) else names))
    return tuple(found)


def said_once(reports: Sequence[tuple[str, Report]]) -> list[tuple[Note, ...]]:
    """Return what each report is to say in one document: what several have to say, the first of them says of all."""
    left = {one.note: one.said if one.of else _of_all(one.note) for one in shared_notes(reports)}
    shared = set(left)
    return [
        tuple(left.pop(note) if note in left else note for note in report.notes if note in left or note not in shared)
        for _, report in reports
    ]


def _of_all(note: Note) -> Note:
    """A note of all reports, as one of them says it."""
    return replace(note, text=f"all reports: {note.text}")
