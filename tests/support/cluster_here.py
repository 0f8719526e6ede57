"""A cluster without workers: the tasks of a real one, one after the other, in this process."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import cast
from unittest.mock import patch

import duckdb

from attrib_cli.engine.backends import tasks
from attrib_cli.engine.backends.blocks import Block
from attrib_cli.engine.backends.duckdb import translated
from attrib_cli.engine.backends.pieces import Piece
from attrib_cli.engine.clock import Progress
from attrib_cli.engine.resources import Resources
from attrib_cli.engine.sources.bytestream import forget_copies


@functools.cache
def one_engine() -> duckdb.DuckDBPyConnection:
    """A database for all tasks, which takes longer to start than most of them take; what they stage is their own."""
    config = {"preserve_insertion_order": False, "threads": 1}
    return duckdb.connect(":memory:", config=config)


@contextmanager
def engine_here(resources: Resources) -> Iterator[duckdb.DuckDBPyConnection]:
    """Stand for `tasks._engine`: another connection to `one_engine`."""
    with translated(), one_engine().cursor() as con:
        con.execute("SET TimeZone = 'UTC'")
        try:
            yield con
        finally:
            forget_copies()


def here() -> AbstractContextManager[object]:
    """Let tasks run on `one_engine`."""
    return patch.object(tasks, "_engine", engine_here)


@dataclass(frozen=True, kw_only=True)
class ClusterHere:
    """See `engine.backends.cluster.Cluster`."""

    def cores(self) -> int:
        return 2

    def localise(self, table: str, *, rows: bool) -> str:
        raise NotImplementedError

    @here()
    def count(self, packed: bytes, pieces: Sequence[Piece]) -> list[Block]:
        return [block for number in range(len(pieces)) for block in tasks.count_values(packed, number)]

    @here()
    def shuffle(self, packed: bytes, pieces: Sequence[Piece], shards: int, *, keep: bool) -> object:
        held: list[list[Block]] = [[] for _ in range(shards)]
        for number in range(tasks.BEGIN, len(pieces)):
            for block in tasks.read_piece(packed, number):
                held[block.shard].append(block)
        return held

    @here()
    def gather(self, held: object, packed: bytes, message: str, progress: Progress | None) -> list[Block]:
        return [block for blocks in cast("list[list[Block]]", held) for block in tasks.gather_shards(packed, blocks)]

    def stream(self, held: object, packed: bytes, message: str, progress: Progress | None) -> Iterator[Block]:
        with here():
            for blocks in cast("list[list[Block]]", held):
                yield from tasks.gather_shards(packed, blocks)

    def forget(self, held: object) -> None:
        pass
