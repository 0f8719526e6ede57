"""A cluster without workers: the tasks of a real one, one after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from attrib_cli.engine.backends import tasks
from attrib_cli.engine.backends.pieces import Piece
from attrib_cli.engine.backends.tasks import Block
from attrib_cli.engine.clock import Progress


@dataclass(frozen=True, kw_only=True)
class ClusterHere:
    """See `engine.backends.cluster.Cluster`."""

    def cores(self) -> int:
        return 2

    def localise(self, table: str, *, rows: bool) -> str:
        raise NotImplementedError

    def count(self, packed: bytes, pieces: Sequence[Piece]) -> list[Block]:
        return [block for number in range(len(pieces)) for block in tasks.count_values(packed, number)]

    def shuffle(self, packed: bytes, pieces: Sequence[Piece], shards: int, *, keep: bool) -> object:
        held: list[list[Block]] = [[] for _ in range(shards)]
        for number in range(tasks.BEGIN, len(pieces)):
            for block in tasks.read_piece(packed, number):
                held[block.shard].append(block)
        return held

    def gather(self, held: object, packed: bytes, message: str, progress: Progress | None) -> list[Block]:
        return [block for blocks in cast("list[list[Block]]", held) for block in tasks.gather_shards(packed, blocks)]

    def stream(self, held: object, packed: bytes, message: str, progress: Progress | None) -> Iterator[Block]:
        for blocks in cast("list[list[Block]]", held):
            yield from tasks.gather_shards(packed, blocks)

    def forget(self, held: object) -> None:
        pass
