"""What a configuration is proposed from: the sources of each table, with how sure each is, and what is in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.proposal.answers import Doubt
from attrib_cli.proposal.columns import Column
from attrib_cli.proposal.file import File, Unread
from attrib_cli.proposal.shapes import Shape

Certainty = Literal["sure", "likely", "a guess"]
"""How sure it is what a file is: by the headers of a known export, by its name or ids, by what columns are called."""

SURE = 3
"""So many headers of a known export are no accident."""


@dataclass(kw_only=True)
class Plan:
    """One file as a source of one table: the rules of its columns by our names, and keys of the source beside them.

    `looked` has what the columns hold, by header. `known_by` are the headers by which the file is of a shape. `sql`
    stands in place of the file. `doubtful` plans are guesses, and `because` is what speaks for one that is of no known
    shape. `beside` are the names of files that its columns are looked up in, and it is `identified` where one of them
    says whose its ids are. `kind` is the text that names the kind of conversion, for conversions that are no deals.
    `events` are those of the export of which some may be conversions.
    """

    table: str
    file: File
    columns: dict[str, dict[str, object]]
    options: dict[str, object] = field(default_factory=dict)
    looked: dict[str, Column] = field(default_factory=dict)
    shape: Shape | None = None
    known_by: tuple[str, ...] = ()
    sql: str | None = None
    doubtful: bool = False
    because: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    identified: bool = False
    kind: str | None = None
    events: Events | None = None
    notes: list[str] = field(default_factory=list)

    def header(self, column: str) -> str | None:
        """Return the first header that a column comes from, None where it has none."""
        named = self.columns.get(column, {}).get("header")
        return str(named[0]) if isinstance(named, list) and named else named if isinstance(named, str) else None

    @property
    def certainty(self) -> Certainty:
        """How sure it is that the file is this table."""
        if self.shape is not None:
            return "sure" if len(self.shape.headers) >= SURE else "likely"
        return "a guess" if self.doubtful else "likely"

    @property
    def why(self) -> str:
        """What the file was taken for, how sure that is, and by what."""
        if self.shape is not None:
            return f"{self.shape.title}, {self.certainty}: it has {_listed(self.known_by)}"
        return f"{self.certainty}: {', '.join(self.because) or 'you said so'}"


def _listed(headers: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(headers[:-1]), headers[-1])))


@frozen
class Join:
    """How many distinct ids of one side the other has."""

    left: str
    right: str
    matched: int
    total: int

    @property
    def rate(self) -> Decimal:
        """The part that matches, 0 where there are no ids."""
        return Decimal(self.matched) / Decimal(self.total) if self.total else Decimal(0)

    def __str__(self) -> str:
        percent = f"{self.rate * 100:.0f} %"
        return f"{self.left} in {self.right}: {self.matched:,} of {self.total:,} ({percent})"


@frozen
class Events:
    """The events of an export: a `plan` with the columns that conversions have, and the `column` of which each is."""

    plan: Plan
    column: str


@frozen
class Merge:
    """Files of one table that have rows in common.

    `rule` is what `latest` beside their `union` has to be to leave one of each, None where nothing tells which; it
    leaves out `count` of `total` rows. It is `taken` where somebody said so, else proposed.
    """

    count: int
    total: int
    rule: Mapping[str, object] | None
    taken: bool = False


@frozen
class Proposal:
    """The plans of each table, how they join, settings for the configuration, doubts, and files that are left out.

    `merges` has the tables whose files have rows in common.
    """

    plans: Mapping[str, tuple[Plan, ...]]
    joins: tuple[Join, ...]
    settings: Mapping[str, object]
    doubts: tuple[Doubt, ...]
    left_out: tuple[Unread, ...]
    merges: Mapping[str, Merge] = field(default_factory=dict)
