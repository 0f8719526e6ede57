"""Key positions as columns: which ones an interaction holds, and how those of its journey stand to one another.

In a printed query each is a column of its own, true or false. A staged query packs them into two whole numbers,
because narrow keys are grouped quicker: ``positions_held`` has a bit for each position of the interaction, ``pattern``
`WIDTH` bits for each position of the journey, which say all positions that its interaction holds.
"""

from __future__ import annotations

from itertools import combinations

from attrib_cli.engine.models import POSITIONS, SHOWN_POSITIONS
from attrib_cli.engine.sql.resolved import Request

ALWAYS = ("first", "last")
"""Every journey has an interaction in these positions; it may have none in the others."""

WIDTH = len(POSITIONS)
"""Bits that say which positions an interaction holds."""


def wanted(request: Request) -> list[int]:
    """The positions that the request has to find, as places in `POSITIONS`."""
    return [i for i in range(len(POSITIONS)) if request.positions & (1 << i)]


def _of_interaction(request: Request) -> list[str]:
    return [f"is_{POSITIONS[i]}" for i in wanted(request)]


def _of_journey(request: Request) -> list[str]:
    found = wanted(request)
    missing = [f"has_{POSITIONS[i]}" for i in found if POSITIONS[i] not in ALWAYS]
    return [*missing, *(coincide(i, j) for i, j in combinations(found, 2))]


def coincide(earlier: int, later: int) -> str:
    """The column that says whether one interaction of the journey holds both positions."""
    return f"{POSITIONS[later]}_is_{POSITIONS[earlier]}"


def interaction_columns(request: Request) -> list[str]:
    """The columns that tell what an interaction holds; ``positions_held`` where they are packed."""
    return _of_interaction(request) if request.readable else ["positions_held"]


def columns(request: Request) -> list[str]:
    """The columns that tell the positions of an interaction and of its journey, packed in a staged query."""
    return plain_columns(request) if request.readable else ["positions_held", "pattern"]


def plain_columns(request: Request) -> list[str]:
    """The columns that tell the positions as a printed query has them, and `unpacked` ones of any."""
    return [*_of_interaction(request), *_of_journey(request)]


def none(request: Request) -> list[str]:
    """The `columns` of what holds no position."""
    empty = "false" if request.readable else "0"
    return [f"{empty} AS {column}" for column in columns(request)]


def of_journey(request: Request) -> list[str]:
    """The columns that tell the positions of a journey w by the places of its interactions, or their packed number."""
    found = wanted(request)
    if not found:
        return []
    if not request.readable:
        pattern = "\n    + ".join(f"{1 << WIDTH * i} * ({_held_in(i, found)})" for i in found)
        return [f"CAST({pattern} AS INTEGER) AS pattern"]
    filled = [f"w.{name}_place IS NOT NULL AS has_{name}" for i in found if (name := POSITIONS[i]) not in ALWAYS]
    same = [
        f"coalesce(w.{POSITIONS[j]}_place = w.{POSITIONS[i]}_place, false) AS {coincide(i, j)}"
        for i, j in combinations(found, 2)
    ]
    return [*filled, *same]


def _held_in(position: int, positions: list[int]) -> str:
    """The SQL of all positions, as bits, that the interaction in `position` holds; 0 where there is none."""
    same = [
        f"CASE WHEN w.{POSITIONS[min(position, other)]}_place = w.{POSITIONS[max(position, other)]}_place"
        f" THEN {1 << other} ELSE 0 END"
        for other in positions
        if other != position
    ]
    bits = " + ".join([str(1 << position), *same])
    missing = POSITIONS[position] not in ALWAYS
    return f"CASE WHEN w.{POSITIONS[position]}_place IS NULL THEN 0 ELSE {bits} END" if missing else bits


def of_interaction(request: Request, place: str) -> list[str]:
    """The columns that tell the positions of the interaction at `place` of its journey j, and those of the journey."""
    found = wanted(request)
    if request.readable:
        own = [f"coalesce({place} = j.{POSITIONS[i]}_place, false) AS is_{POSITIONS[i]}" for i in found]
        return [*own, *(f"j.{column}" for column in _of_journey(request))]
    bits = " + ".join(f"CASE WHEN {place} = j.{POSITIONS[i]}_place THEN {1 << i} ELSE 0 END" for i in found)
    return [f"{bits or 0} AS positions_held", "j.pattern" if found else "0 AS pattern"]


def holds(request: Request, alias: str, position: int) -> str:
    """The SQL of whether an interaction holds a position; false where the request does not ask for that position."""
    if position not in wanted(request):
        return "false"
    if request.readable:
        return f"{alias}.is_{POSITIONS[position]}"
    return f"{alias}.positions_held & {1 << position} <> 0"


def holds_none(request: Request, alias: str, mask: int) -> str:
    """The SQL of whether an interaction holds none of the positions in `mask`."""
    if not request.readable:
        return f"{alias}.positions_held & {mask} = 0"
    return f"NOT ({' OR '.join(f'{alias}.is_{POSITIONS[i]}' for i in wanted(request) if mask & (1 << i)) or 'false'})"


def unpacked(request: Request, alias: str) -> list[str]:
    """The columns of a cell as a printed query has them, whether they are packed there or not."""
    if request.readable:
        return [f"{alias}.{column}" for column in columns(request)]
    found = wanted(request)
    own = [f"{alias}.positions_held & {1 << i} <> 0 AS is_{POSITIONS[i]}" for i in found]
    filled = [
        f"{alias}.pattern & {(1 << WIDTH) - 1 << WIDTH * i} <> 0 AS has_{POSITIONS[i]}"
        for i in found
        if POSITIONS[i] not in ALWAYS
    ]
    same = [f"{alias}.pattern & {1 << WIDTH * i + j} <> 0 AS {coincide(i, j)}" for i, j in combinations(found, 2)]
    return [*own, *filled, *same]


def label(request: Request, alias: str) -> str:
    """The SQL of the text of the position that an interaction holds: ``middle``, or such as ``lead+last``."""
    names = " || ".join(
        f"CASE WHEN {holds(request, alias, i)} THEN '+{POSITIONS[i]}' ELSE '' END"
        for i in wanted(request)
        if POSITIONS[i] in SHOWN_POSITIONS
    )
    return f"coalesce(nullif(substr({names or repr('')}, 2), ''), 'middle')"
