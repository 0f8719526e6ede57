"""Values that differ in nothing but case or blanks, such as ``CPC`` and ``cpc``: each has a row of its own."""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.notes import Note
from attrib_cli.engine.report import Column, Row

SHOWN = 3
"""How many groups of spellings a warning names."""

MOST = 5000
"""Dimensions with more values than this are ids, and are not looked at."""


def spelling_notes(columns: Sequence[Column], rows: Sequence[Row], texts: Sequence[str]) -> list[Note]:
    """Return a warning for each dimension called one of `texts` some of whose values in `rows` are spelled alike.

    Spellings are given with the interactions of their rows under the first model, where the report has that measure.
    """
    notes = []
    names = [column.name for column in columns]
    for place, name in enumerate(names):
        if name not in texts:
            continue
        values = {row[place] for row in rows}
        if len(values) > MOST:
            continue
        alike: dict[str, list[str]] = {}
        for value in sorted(map(str, values)):
            alike.setdefault(" ".join(value.casefold().split()), []).append(value)
        groups = [group for group in alike.values() if len(group) > 1]
        if groups:
            shown = "; ".join(_said(group, place, names, rows) for group in groups[:SHOWN])
            more = f"; and {len(groups) - SHOWN} more" if len(groups) > SHOWN else ""
            text = f"{name} is spelled in several ways, each in a row of its own: {shown}{more}"
            notes.append(Note(code="spelled-alike", text=text, counts=(("groups", len(groups)),)))
    return notes


def _said(group: Sequence[str], place: int, names: Sequence[str], rows: Sequence[Row]) -> str:
    if "interactions" not in names:
        return " and ".join(f"'{value}'" for value in group)
    counted = names.index("interactions")
    model = names.index("model")
    first = next(row[model] for row in rows)
    sums = dict.fromkeys(group, 0)
    for row in rows:
        value, count = row[place], row[counted]
        if row[model] == first and isinstance(value, str) and value in sums and isinstance(count, int):
            sums[value] += count
    return " and ".join(f"'{value}' ({count:,})" for value, count in sums.items())
