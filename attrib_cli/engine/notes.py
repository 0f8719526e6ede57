"""What a reader must know beside the figures of a report: what was left out, what is doubtful, what a figure is of.

Whatever finds such a thing while a report is made, puts a `Note` on it. Every output for people shows all notes of a
report, and formats for programs that have a place for them carry them, so that nothing here is about formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from attrib_cli.engine.errors import CheckError, together
from attrib_cli.engine.frozen import frozen

Level = Literal["warning", "note"]
Json: TypeAlias = "str | int | Mapping[str, int] | None"


@frozen
class Note:
    """One thing to know about a report.

    `code` is a stable name for programs, words joined by hyphens, such as ``no-contacts``. `text` is what people read:
    one sentence without a full stop at its end, figures included. A `warning` says that figures may be wrong or
    incomplete; a `note` only says what they are of. `counts` has the figures of the text once more, each with a name.
    `hint` says what to do about it.
    """

    code: str
    text: str
    level: Level = "warning"
    counts: tuple[tuple[str, int], ...] = ()
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.text}. {self.hint}" if self.hint else self.text

    def as_json(self) -> dict[str, Json]:
        """Return the note as an object of JSON, with its fields as keys."""
        return {
            "code": self.code,
            "level": self.level,
            "text": self.text,
            "counts": dict(self.counts),
            "hint": self.hint,
        }


def hints_once(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return `notes` with a hint that several have on the last of them only."""
    found: list[Note] = []
    seen: set[str] = set()
    for note in reversed(tuple(notes)):
        found.append(replace(note, hint=None) if note.hint in seen else note)
        seen |= {note.hint} if note.hint else set()
    return tuple(reversed(found))


def refuse_warnings(notes: Iterable[Note]) -> None:
    """Raise CheckError, or an ErrorGroup of them, where there are warnings among `notes`."""
    errors = [CheckError(note.text, hint=note.hint) for note in warnings_of(notes)]
    if errors:
        raise together(errors)


def warnings_of(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return those of `notes` that are warnings."""
    return tuple(note for note in notes if note.level == "warning")
