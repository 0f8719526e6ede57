"""Names in a chart that the drawing library cannot cut.

It cuts a name that is wider than its place at UTF-16 code units, and fails where that is in the middle of a character
that has two of them, such as an emoji. Names with such characters are then cut here, to what surely has room.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from attrib_cli.output.charts.encoding import Json

_ROOM = 18.0
"""How wide a name may be, in sizes of its font: 200 points at a size of 11, the narrowest place that charts have."""
_WORDS = ("title", "description")
"""Keys whose texts have all the room that they need."""


def with_short_names(specification: Mapping[str, Json]) -> dict[str, Json]:
    """Return a specification whose names with characters beyond U+FFFF have room; names that differ still do."""
    shown: dict[str, str] = {}

    def changed(value: Json) -> Json:
        if isinstance(value, str):
            return _short(value, shown) if max(value, default="") > "\uffff" else value
        if isinstance(value, Mapping):
            return {key: inside if key in _WORDS else changed(inside) for key, inside in value.items()}
        return [changed(inside) for inside in value] if isinstance(value, Sequence) else value

    return {key: inside if key in _WORDS else changed(inside) for key, inside in specification.items()}


def _short(name: str, shown: dict[str, str]) -> str:
    """Return what is shown for a name, the same each time, and note it in `shown`."""
    if name not in shown:
        short, taken, number = _cut(name, _ROOM), set(shown.values()), 1
        while short in taken:
            number += 1
            mark = f" ({number})"
            short = _cut(name, _ROOM - len(mark)) + mark
        shown[name] = short
    return shown[name]


def _cut(name: str, room: float) -> str:
    """Return as much of a name as surely has room, with an ellipsis where that is not all."""
    if sum(map(_width, name)) <= room:
        return name
    width, kept = 1.0, 0
    while width + _width(name[kept]) <= room:
        width += _width(name[kept])
        kept += 1
    return f"{name[:kept].rstrip()}…"


def _width(character: str) -> float:
    """Return how wide a character is at most, in sizes of its font."""
    if character > "\uffff" or unicodedata.east_asian_width(character) in ("W", "F"):
        return 1.4
    if character.isascii() and (character.islower() or character.isdigit() or character in " .,:;!'()-/|"):
        return 0.86 if character in "mw" else 0.6
    return 1.02
