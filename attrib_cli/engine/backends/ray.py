"""Ray as a cluster: a task for each piece, whose blocks go through Ray's object store, and one for each shard."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from attrib_cli.engine.backends import tasks
from attrib_cli.engine.backends.blocks import Block
from attrib_cli.engine.backends.pieces import Piece
from attrib_cli.engine.clock import Progress
from attrib_cli.engine.errors import AttribError, SourceError, UsageError
from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    from ray import ObjectRef

    from attrib_cli.engine.resources import EngineChoice

INSTALL = "Install it: pip install 'attrib-cli[ray]' (on every machine of the cluster too)."


def check_installed() -> None:
    """Raise UsageError, before anything is read, where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise UsageError("ray is not installed", hint=INSTALL, place="--engine")


def cluster_of(choice: EngineChoice, *, loud: bool) -> RayCluster:
    """Return the cluster that was chosen; raises UsageError where Ray is not installed."""
    del loud
    check_installed()
    return RayCluster(address=choice.master)


@frozen
class RayCluster:
    """See `Cluster`: the cluster at `address`, the one that is connected already, or the cores of this machine."""

    address: str | None = None

    def cores(self) -> int:
        """Return how many tasks run at once."""
        self._connect()
        import ray

        return max(int(ray.cluster_resources().get("CPU", 1)), 1)

    def localise(self, table: str, *, rows: bool) -> str:
        """Refuse: Ray has no tables."""
        raise SourceError(f"'{table}' is a table that Spark reads", place="sources", hint="Take --engine spark.")

    def count(self, packed: bytes, pieces: Sequence[Piece]) -> list[Block]:
        """Return what `count_values` yields."""
        self._connect()
        import ray

        work = ray.remote(_count)
        job = ray.put(packed)
        return self._all([work.remote(job, number) for number in range(len(pieces))], "", None)

    def shuffle(self, packed: bytes, pieces: Sequence[Piece], shards: int, *, keep: bool) -> list[list[ObjectRef]]:
        """Return the blocks of each shard, as references to what the tasks that read will have read."""
        self._connect()
        import ray

        work = ray.remote(_read).options(num_returns=shards)
        job = ray.put(packed)
        read = [work.remote(job, number, shards) for number in range(tasks.BEGIN, len(pieces))]
        return [[one if shards == 1 else one[shard] for one in read] for shard in range(shards)]

    def gather(self, held: object, packed: bytes, message: str, progress: Progress | None) -> list[Block]:
        """Return what `gather_shards` yields."""
        import ray

        work = ray.remote(_gather)
        job = ray.put(packed)
        shards = cast("list[list[ObjectRef]]", held)
        return self._all([work.remote(job, *blocks) for blocks in shards], message, progress)

    def stream(self, held: object, packed: bytes, message: str, progress: Progress | None) -> Iterator[Block]:
        """Yield the same, one shard at a time, once all tasks have run."""
        import ray

        work = ray.remote(_gather)
        job = ray.put(packed)
        running = [work.remote(job, *blocks) for blocks in cast("list[list[ObjectRef]]", held)]
        self._wait(running, message, progress)
        while running:
            yield from (Block(*block) for block in ray.get(running.pop(0)))

    def forget(self, held: object) -> None:
        """Let the blocks go: Ray does so with the last reference to them."""
        cast("list[list[ObjectRef]]", held).clear()

    def _connect(self) -> None:
        import ray

        if not ray.is_initialized():
            quiet = {"log_to_driver": False, "logging_level": "ERROR", "include_dashboard": False}
            try:
                ray.init(address=self.address, **({} if self.address else quiet))
            except (ConnectionError, OSError, ValueError, RuntimeError) as error:
                place = self.address or "this machine"
                raise AttribError(f"Ray does not start at {place}: {str(error).splitlines()[0]}") from error

    def _all(self, running: list[ObjectRef], message: str, progress: Progress | None) -> list[Block]:
        """Return the blocks of all tasks."""
        import ray

        self._wait(running, message, progress)
        return [Block(*block) for found in ray.get(running) for block in found]

    def _wait(self, running: list[ObjectRef], message: str, progress: Progress | None) -> None:
        """Wait for all tasks, telling how many are done; Ctrl-C cancels them. Raises AttribError where one failed."""
        import ray

        try:
            left = list(running)
            while left:
                done, left = ray.wait(left, fetch_local=False)
                ray.get(done)
                if progress is not None and message:
                    progress(f"{message}, {100 * (len(running) - len(left)) // len(running)} %")
        except ray.exceptions.RayError as error:
            raise AttribError(f"the Ray task failed: {str(error).strip().splitlines()[-1][:400]}") from error
        except BaseException:
            for one in running:
                ray.cancel(one, force=True)
            raise


def _count(packed: bytes, number: int) -> list[Block]:
    return list(tasks.count_values(packed, number))


def _read(packed: bytes, number: int, shards: int) -> list[list[Block]] | list[Block]:
    found: list[list[Block]] = [[] for _ in range(shards)]
    for block in tasks.read_piece(packed, number):
        found[block.shard].append(block)
    return found[0] if shards == 1 else found


def _gather(packed: bytes, *blocks: Iterable[Block]) -> list[Block]:
    return list(tasks.gather_shards(packed, (Block(*block) for several in blocks for block in several)))
