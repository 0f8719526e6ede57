"""Shards of the journeys: which of several workers counts a conversion, a contact or a row, and what it has to hold.

A deal belongs to the shard of its id, a contact to that of its own: `Shard.owns` says so wherever something is counted,
so that each thing is counted once, whatever else a worker holds.

The shard of an id follows from the MD5 of its text, which is the same on every version, machine and engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    from attrib_cli.engine.sql.resolved import Request

_DIGITS = 12
"""Hexadecimal digits of the MD5 that make the number of an id: 48 bits."""


@frozen
class Shard:
    """One of several parts of the journeys: `number`, from 0, of `count`."""

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.count:
            raise ValueError(f"there is no shard {self.number} of {self.count}")

    def owns(self, id_: str) -> str:
        """The SQL condition of an id's belonging to this shard; rows without an id belong to the first."""
        return f"{shard_of(id_, self.count)} = {self.number}"


def shard_of(id_: str, count: int) -> str:
    """The SQL of the number of the shard that an id belongs to, from 0: the first without an id."""
    number = f"CAST('0x' || substr(md5(CAST({id_} AS VARCHAR)), 1, {_DIGITS}) AS BIGINT)"
    return f"coalesce({number} % {count}, 0)"


def owned(request: Request, id_: str) -> list[str]:
    """The SQL condition of what the shard of a request counts; none where all journeys are in one place."""
    return [] if request.shard is None else [request.shard.owns(id_)]
