"""Spark as a cluster: what `tasks` does, as the stages of a DataFrame, on any master or through Spark Connect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce
from typing import TYPE_CHECKING, cast

from attrib_cli.engine.backends import tasks
from attrib_cli.engine.backends.blocks import Block
from attrib_cli.engine.backends.pieces import LakePiece, Piece
from attrib_cli.engine.backends.spark_session import (
    SparkPlace,
    check_installed,
    cores_of,
    failures,
    run_stage,
    spark_session,
)
from attrib_cli.engine.clock import Progress
from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.temporary import temporary_file

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, Row, SparkSession

    from attrib_cli.engine.resources import EngineChoice

    Work = Callable[[int, Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

_BLOCKS = "key INT, shard INT, name STRING, data BINARY"


def cluster_of(choice: EngineChoice, *, loud: bool) -> SparkCluster:
    """Return the cluster that was chosen; raises UsageError where Spark is not installed."""
    place = SparkPlace(master=choice.master, remote=choice.remote, loud=loud)
    check_installed(place)
    return SparkCluster(place=place)


@frozen
class SparkCluster:
    """See `Cluster`: the machines of `place`, or of the session that is active already."""

    place: SparkPlace

    def cores(self) -> int:
        """Return how many tasks run at once."""
        return cores_of(self._session())

    def localise(self, table: str, *, rows: bool) -> str:
        """Return a Parquet file of a table of Spark's catalogue, or of one such as ``delta.`/lake/touchpoints```."""
        from pyarrow.parquet import write_table
        from pyspark.errors import AnalysisException

        try:
            frame = self._session().table(table)
        except AnalysisException as error:
            message = str(error).strip().splitlines()[0]
            raise SourceError(f"Spark does not read it: {message}", place=table) from error
        with failures(f"Spark does not read {table}"):
            found = (frame if rows else frame.limit(0)).toArrow()
        path = str(temporary_file(".parquet"))
        write_table(found, path)
        return path

    def count(self, packed: bytes, pieces: Sequence[Piece]) -> list[Block]:
        """Return what `count_values` yields."""

        def work(number: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from map(_as_batch, tasks.count_values(packed, number, batches))

        return self._collected(self._over(pieces, work), "counting values in Spark", None)

    def shuffle(self, packed: bytes, pieces: Sequence[Piece], shards: int, *, keep: bool) -> DataFrame:
        """Return the blocks as a frame with a partition for each shard; Spark reads them when it is asked to gather."""
        keys = _keys(self._session(), shards)

        def work(number: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for block in tasks.read_piece(packed, number, batches):
                yield _as_batch(block, keys[block.shard])

        frame = self._over(pieces, work, tasks.BEGIN).repartition(shards, "key")
        if not keep:
            return frame
        from pyspark import StorageLevel

        return frame.persist(StorageLevel.DISK_ONLY)

    def gather(self, held: object, packed: bytes, message: str, progress: Progress | None) -> list[Block]:
        """Return what `gather_shards` yields."""

        def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from map(_as_batch, tasks.gather_shards(packed, _as_blocks(batches)))

        frame = cast("DataFrame", held)
        return self._collected(frame.mapInArrow(work, _BLOCKS), message, progress)

    def stream(self, held: object, packed: bytes, message: str, progress: Progress | None) -> Iterator[Block]:
        """Yield the same, from the workers' disks and one shard at a time, once all tasks have run."""
        from pyspark import StorageLevel

        def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from map(_as_batch, tasks.gather_shards(packed, _as_blocks(batches)))

        frame = cast("DataFrame", held).mapInArrow(work, _BLOCKS).persist(StorageLevel.DISK_ONLY)
        try:
            run_stage(self._session(), frame.groupBy().count(), message, progress)
            with failures("the Spark job failed"):
                yield from map(_as_block, frame.toLocalIterator())
        finally:
            frame.unpersist()

    def forget(self, held: object) -> None:
        """Let the blocks go."""
        cast("DataFrame", held).unpersist()

    def _session(self) -> SparkSession:
        return spark_session(self.place)

    def _over(self, pieces: Sequence[Piece], work: Work, *more: int) -> DataFrame:
        """Return what `work` yields for the number of each piece, and for `more` numbers.

        Of a piece that Spark reads it is given the rows, in as many tasks as Spark makes of them.
        """
        session = self._session()
        plain = [*more, *(number for number, piece in enumerate(pieces) if not isinstance(piece, LakePiece))]

        def numbered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                for place in batch.column(0).to_pylist():
                    yield from work(plain[place], ())

        frames = [session.range(0, len(plain), 1, len(plain)).mapInArrow(numbered, _BLOCKS)] if plain else []
        for number, piece in enumerate(pieces):
            if isinstance(piece, LakePiece):
                columns = [f"`{header.replace('`', '``')}`" for header in piece.headers]
                rows = session.table(piece.table).selectExpr(*columns)
                frames.append(rows.mapInArrow(partial(_given, work, number), _BLOCKS))
        return reduce(lambda one, other: one.unionAll(other), frames)

    def _collected(self, frame: DataFrame, message: str, progress: Progress | None) -> list[Block]:
        rows = run_stage(self._session(), frame, message, progress)
        return [_as_block(row) for row in rows]


def _as_block(row: Row) -> Block:
    return Block(shard=int(row["shard"]), name=str(row["name"]), data=bytes(row["data"]))


def _keys(spark: SparkSession, shards: int) -> list[int]:
    """Return a key for each shard, such that Spark's hash puts every shard into a partition of its own."""
    numbers = spark.sql(f"SELECT id, pmod(hash(CAST(id AS INT)), {shards}) AS p FROM range({40 * shards + 200})")
    found: dict[int, int] = {}
    for row in numbers.collect():
        found.setdefault(int(row["p"]), int(row["id"]))
    return [found.get(shard, shard) for shard in range(shards)]


def _given(work: Work, number: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Do the work on the batches of a piece that Spark reads."""
    yield from work(number, batches)


def _as_batch(block: Block, key: int = 0) -> pa.RecordBatch:
    import pyarrow as pa

    columns = {
        "key": pa.array([key], pa.int32()),
        "shard": pa.array([block.shard], pa.int32()),
        "name": pa.array([block.name], pa.string()),
        "data": pa.array([block.data], pa.binary()),
    }
    return pa.RecordBatch.from_pydict(columns)


def _as_blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[Block]:
    for batch in batches:
        for place in range(batch.num_rows):
            _, shard, name, data = (batch.column(i)[place] for i in range(4))
            yield Block(shard=shard.as_py(), name=name.as_py(), data=data.as_py())
