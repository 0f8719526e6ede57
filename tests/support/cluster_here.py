"""A cluster without workers: the tasks of a real one, one after the other, in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from attrib_cli.engine.backends import tasks
from attrib_cli.engine.backends.tasks import Block
from attrib_cli.engine.clock import Progress


@dataclass(frozen=True, kw_only=True)
class ClusterHere:
    """See `engine.backends.cluster.Cluster`."""

    def cores(self) -> int:
        return 2

    def count(self, packed: bytes, pieces: int) -> list[Block]:
        return [block for number in range(pieces) for block in tasks.count_values(packed, number)]

    def shuffle(self, packed: bytes, pieces: int, shards: int, *, keep: bool) -> object:
        held: list[list[Block]] = [[] for _ in range(shards)]
        for number in range(pieces):
            for block in tasks.read_piece(packed, number):
                held[block.shard].append(block)
        return held

    def gather(self, held: object, packed: bytes, message: str, progress: Progress | None) -> list[Block]:
        return [block for blocks in cast("list[list[Block]]", held) for block in tasks.gather_shards(packed, blocks)]

    def forget(self, held: object) -> None:
        pass
