"""What stands below the rows of a table and is no row: totals, and notes such as a copyright."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier, literal

if TYPE_CHECKING:
    import duckdb

_TOTAL = re.compile(
    r"((?:grand |sub|report )?totals?|sum|summe|gesamt|gesamtsumme|insgesamt|totale|somme)( of(?= \d)|:|(?= \()|$)",
    re.IGNORECASE,
)
"""What the first cell of a row of totals says: ``Total``, ``Total: Account``, ``Total of 2 results``."""

_NOTE = re.compile(
    r"(©|\(c\) ?\d|copyright\b|confidential information|generated (?:by|on|at)\b|report generated"
    r"|exported (?:from|on|at)\b|data as of|all rights reserved)",
    re.IGNORECASE,
)
_MOST = 20
_DASHES = "-–— "


def take_off_endings(
    con: duckdb.DuckDBPyConnection, relation: str, headers: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Delete the totals and the notes below the rows of a staged file; return the keys of a source that leave them out.

    Totals are the last rows but for notes, whose first cell begins with a word for a total as no other row does. Notes
    fill one cell alone.
    """
    cells = [f"trim(coalesce({identifier(header)}, ''), ' ')" for header in headers]
    query = f"SELECT rowid, {', '.join(cells)} FROM {relation} ORDER BY rowid DESC LIMIT {_MOST}"
    rows = [(int(row[0]), [str(cell) for cell in row[1:]]) for row in con.execute(query).fetchall()]
    found: dict[str, list[str]] = {"footer": [], "total_rows": []}
    taken: list[int] = []
    for number, values in rows:
        filled = [value for value in values if value.strip(_DASHES)]
        first = filled[0] if filled else ""
        note, total = _NOTE.match(first), _TOTAL.match(first)
        if note is not None and len(filled) == 1 and not found["total_rows"]:
            found["footer"].append(note[0])
        elif total is not None:
            found["total_rows"].append(total[0])
        else:
            break
        taken.append(number)
    beginnings = {key: tuple(dict.fromkeys(reversed(texts))) for key, texts in found.items() if texts}
    known = [text for texts in beginnings.values() for text in texts]
    if not known or _begin(con, relation, cells, known) != len(taken):
        return {}
    con.execute(f"DELETE FROM {relation} WHERE rowid IN ({', '.join(map(str, taken))})")
    return beginnings


def _begin(con: duckdb.DuckDBPyConnection, relation: str, cells: list[str], beginnings: list[str]) -> int:
    """Return how many rows of a file begin with one of some texts, in the first cell that is more than dashes."""
    filled = ", ".join(f"CASE WHEN trim({cell}, {literal(_DASHES)}) <> '' THEN {cell} END" for cell in cells)
    first = f"lower(coalesce({filled}))"
    begins = " OR ".join(f"starts_with({first}, {literal(text.lower())})" for text in beginnings)
    return int(con.execute(f"SELECT count(*) FROM {relation} WHERE {begins}").fetchall()[0][0])
