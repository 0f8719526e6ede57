"""One table on its way through the steps of a prepared source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.decide import Hit
from attrib_cli.engine.sources.prepared.files import PART, RECORD, Place, Texts

if TYPE_CHECKING:
    import duckdb


@dataclass(kw_only=True, eq=False, repr=False)
class Work:
    """One table on its way: names of temporary tables, the places of all files, and what was left out."""

    connection: duckdb.DuckDBPyConnection
    table: str
    zone: str
    progress: Callable[[str], None] | None
    places: list[Place] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    used: int = 0

    def name(self) -> str:
        """Return the name of a new temporary table."""
        self.used += 1
        return f"prepared_{self.table}_{self.used}"

    def step(self, texts: Texts, columns: Sequence[str], select: Callable[[str], str]) -> Texts:
        """Return the rows of `select` over what goes behind FROM, in a table of their own in place of `texts`."""
        name = self.name()
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {select(texts.relation)}")
        self.connection.execute(f"DROP TABLE {texts.relation}")
        row = self.connection.execute(f"SELECT count(*) FROM {identifier(name)}").fetchone()
        return Texts(
            relation=identifier(name),
            definition=select(f"({texts.definition})"),
            columns=tuple(columns),
            rows=int(row[0]) if row else 0,
        )

    def fewer(
        self, texts: Texts, source: TableSource, why: str, select: Callable[[str], str], place: str | None = None
    ) -> Texts:
        """Return those rows that `select` leaves, with a note of how many it does not, and where that is said."""
        kept = self.step(texts, texts.columns, select)
        if kept.rows < texts.rows:
            said = f" ({place or source.place})" if place or source.place else ""
            left_out = texts.rows - kept.rows
            text = f"{source.table}: {left_out:,} of {texts.rows:,} rows are left out by {why}{said}"
            counts = (("rows", texts.rows), ("left_out", left_out))
            self.notes.append(Note(code="rows-left-out", level="note", text=text, counts=counts))
        return kept


class TextColumns:
    """The text of the columns of a prepared source, for deciding how they are read and for finding bad values."""

    def __init__(self, work: Work, texts: Texts, expressions: Mapping[str, str] | None = None) -> None:
        self.work = work
        self.texts = texts
        self.expressions = expressions or {name: identifier(name) for name in texts.columns}

    def values(self, columns: Sequence[str]) -> str:
        """See `TextRows`."""
        listed = ", ".join(f"{self.expressions[name]} AS v{i}" for i, name in enumerate(columns))
        return f"SELECT {listed} FROM {self.texts.relation}"

    def find(self, column: str, projection: str, condition: str, limit: int) -> list[Hit]:
        """See `TextRows`."""
        inner = f"SELECT {PART} AS p, {RECORD} AS r, {self.expressions[column]} AS v FROM {self.texts.relation}"
        found = self.work.connection.execute(
            f"SELECT p, r, v FROM (SELECT *, {projection} FROM ({inner})) WHERE {condition} ORDER BY p, r LIMIT {limit}"
        ).fetchall()
        return [Hit(place=self.work.places[p](r), value=value, order=(p, r)) for p, r, value in found]
