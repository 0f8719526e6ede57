"""How many values two columns have in common: by that, ids are known for those of another file."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.proposal.file import File

if TYPE_CHECKING:
    import duckdb

ENOUGH = Decimal("0.05")
"""Less overlap than this is no join."""


CHANCE = 2
"""So many values must two columns have in common: a single one may be chance."""


def values(file: File, header: str, split: object = None) -> str:
    """Return a SELECT of the distinct values v in a column, in lower case; of the pieces between `split`, if any."""
    text = f"lower(trim({identifier(header)}))"
    if split:
        pieces = f"unnest(string_split({identifier(header)}, {literal(str(split))}))"
        return f"SELECT DISTINCT lower(trim(p)) AS v FROM (SELECT {pieces} AS p FROM {file.relation}) WHERE p <> ''"
    return f"SELECT DISTINCT {text} AS v FROM {file.relation} WHERE {text} <> ''"


def overlap(con: duckdb.DuckDBPyConnection, one: str, other: str) -> tuple[int, int]:
    """Return how many values of one SELECT the other has, and how many there are."""
    row = con.execute(f"SELECT count(o.v), count(*) FROM ({one}) AS s LEFT JOIN ({other}) AS o USING (v)").fetchall()[0]
    return int(row[0]), int(row[1])


def mostly(con: duckdb.DuckDBPyConnection, one: str, other: str, *, least: int = 1) -> tuple[int, int] | None:
    """Return the `overlap` where half of the values of one SELECT, and `least` of them, are those of the other."""
    matched, total = overlap(con, one, other)
    return (matched, total) if matched >= least and 2 * matched >= total else None
