"""The ids of two tables side by side: which nearly match, and what those that match nothing look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.ids import difference, looks, normal_forms

if TYPE_CHECKING:
    import duckdb

SHOWN = 3
"""How many ids of each side a message shows."""

_EXAMPLES = 40
"""How many ids of a side are looked at to say what they look like."""


@frozen
class Side:
    """The ids of one side of a join: a query of (id VARCHAR, n) with each id once, and the table that they are in."""

    table: str
    query: str


def ids_of(relation: str, column: str) -> str:
    """Return the query of a `Side`: the ids of a column of `relation` as text, with how many rows have each."""
    return as_text(own_ids_of(relation, column))


def own_ids_of(relation: str, column: str) -> str:
    """Return the ids of a column of `relation` in its own type, which takes less where that is a number: (id, n)."""
    return f"SELECT {column} AS id, count(*) AS n FROM {relation} AS s WHERE {column} IS NOT NULL GROUP BY 1"


def as_text(ids: str) -> str:
    """Return a query of (id, n) with the ids as text."""
    return f"SELECT CAST(id AS VARCHAR) AS id, n FROM ({ids}) AS ids"


@frozen
class Near:
    """Ids of one side that are none of the other, but would be if written alike: pairs, how many, and their rows."""

    left: Side
    right: Side
    pairs: tuple[tuple[str, str], ...]
    ids: int
    rows: int

    def words(self) -> str:
        """Return what is said of them, with up to three pairs, of different kinds where there are some."""
        kinds = [difference(one, other) for one, other in self.pairs]
        order = sorted(range(len(kinds)), key=lambda i: (kinds[:i].count(kinds[i]), i))[:SHOWN]
        shown = ", ".join(
            f"{quoted_id(self.pairs[i][0])} for {quoted_id(self.pairs[i][1])} ({kinds[i]})" for i in order
        )
        more = f" and {self.ids - len(order):,} more" if self.ids > len(order) else ""
        noun = "id" if self.ids == 1 else "ids"
        return f"{self.ids:,} {noun} of {self.left.table} would match if they were written alike: {shown}{more}"


def nearly_matching(con: duckdb.DuckDBPyConnection, left: Side, right: Side, every: str) -> Near | None:
    """Return ids of `left` that are none of `every` id of the other table, but nearly one of `right`; None for none."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE near_ids AS SELECT a.id AS id, any_value(a.n) AS n, min(b.id) AS other"
        f" FROM ({normal_forms(f'({left.query}) AS s')}) AS a JOIN ({normal_forms(f'({right.query}) AS s')}) AS b"
        " ON a.form = b.form WHERE a.form <> '' AND a.id <> b.id GROUP BY a.id"
    )
    if not counted(con, "SELECT count(*) FROM near_ids"):
        return None
    con.execute(f"DELETE FROM near_ids WHERE id IN (SELECT id FROM ({every}) AS e)")
    ids, rows = con.execute("SELECT count(*), coalesce(sum(n), 0) FROM near_ids").fetchall()[0]
    if not ids:
        return None
    pairs = con.execute(f"SELECT id, other FROM near_ids ORDER BY n DESC, id LIMIT {_EXAMPLES}").fetchall()
    return Near(left=left, right=right, pairs=tuple(pairs), ids=int(ids), rows=int(rows))


def both_sides(con: duckdb.DuckDBPyConnection, left: Side, right: Side, every: str | None = None) -> str:
    """Return what the ids of both sides that match none look like, with examples."""
    return ", ".join(_said(con, side, other) for side, other in ((left, every or right.query), (right, left.query)))


def _said(con: duckdb.DuckDBPyConnection, side: Side, other: str) -> str:
    query = f"SELECT id FROM ({side.query}) AS s ANTI JOIN ({other}) AS o USING (id) ORDER BY id LIMIT {_EXAMPLES}"
    ids = [str(id_) for (id_,) in con.execute(query).fetchall()]
    if not ids:
        return f"every id of {side.table} matches"
    look = looks(ids)
    shown = ", ".join(map(quoted_id, ids[:SHOWN]))
    return f"{side.table} has {look} ({shown})" if look else f"{side.table} has {shown}"


def quoted_id(id_: str) -> str:
    """Return an id as messages show it: in quotes, at most 40 characters, what cannot be printed as ``␣``."""
    shown = id_ if len(id_) <= 40 else id_[:39] + "…"
    return "'" + "".join(c if c.isprintable() else "␣" for c in shown) + "'"


def counted(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the one whole number of a query."""
    return int(con.execute(query).fetchall()[0][0])
