"""What a run may take of the machine: memory, threads, and the folder that what does not fit into memory goes to.

Where nothing is said the engine takes half of the memory that the machine, or the container, has. The other half is for
this process itself, for the file cache, which reading the sources lives on, and for whatever else runs there. What
needs more goes to temporary files, and no figure depends on it.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen

SHARE = 2
"""The engine may use one part of so many of the memory there is."""

FALLBACK = 1 << 30
"""Bytes for the engine where the system does not say what it has."""

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:[KMGT]i?)?B\s*", re.IGNORECASE | re.ASCII)


@frozen
class Resources:
    """What a run was given: `memory` as a size (``4GB``), `threads`, `temp_dir`; None leaves each to the machine."""

    memory: str | None = None
    threads: int | None = None
    temp_dir: str | None = None

    def over(self, other: Resources) -> Resources:
        """Return what is said here, and what `other` says where this says nothing."""
        return Resources(
            memory=self.memory or other.memory,
            threads=self.threads or other.threads,
            temp_dir=self.temp_dir or other.temp_dir,
        )


@frozen
class EngineChoice:
    """Which engine gathers the journeys, as it was said: `name` is one of `ENGINES`; None is not said.

    `master` says where Spark or Ray runs, `remote` where Spark Connect, `shards` into how many parts journeys are cut.
    """

    name: str | None = None
    master: str | None = None
    remote: str | None = None
    shards: int | None = None

    def over(self, other: EngineChoice) -> EngineChoice:
        """Return what is said here, and what `other` says where this says nothing; one place takes the other's."""
        placed = self if self.master or self.remote else other
        return EngineChoice(
            name=self.name or other.name,
            master=placed.master,
            remote=placed.remote,
            shards=self.shards or other.shards,
        )


@frozen
class Engine:
    """One engine: what it is called, which options are about it, and what makes its cluster.

    `cluster` is a function of `backends`, ``module:function``, of a choice and whether the cluster may say what it
    does; None where the session itself gathers.
    """

    name: str
    options: tuple[str, ...] = ()
    cluster: str | None = None


ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        one.name: one
        for one in (
            Engine(name="duckdb"),
            Engine(name="spark", options=("--master", "--spark-remote", "--shards"), cluster="spark:cluster_of"),
            Engine(name="ray", options=("--master", "--shards"), cluster="ray:cluster_of"),
        )
    }
)
"""The engines by name."""


def check_size(text: str) -> str:
    """Return a size of memory such as ``2GB``, as it was written; raises UsageError for what is none."""
    found = _SIZE.fullmatch(text)
    if found is None or float(found[1]) == 0:
        hint = "Give a size such as 2GB, with one of B, KB, MB, GB and TB or KiB, MiB, GiB and TiB."
        raise UsageError(f"'{text}' is not a size that a memory limit can have", hint=hint)
    return text


def usual_memory() -> str:
    """Return the memory that the engine may use where nothing is said, as DuckDB reads it."""
    found = usable_memory()
    return f"{max((FALLBACK if found is None else found // SHARE) >> 20, 1)}MiB"


def usable_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes of memory that this process can have: the machine's, or less where its container has less.

    None where the system does not say. `root` is where the files of the system are.
    """
    found = [*_control_group(root, "memory", ("memory.max", "memory.limit_in_bytes"))]
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found.append(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
    sizes = [int(size) for size in found if math.isfinite(size) and size > 0]
    return min(sizes, default=None)


def usable_threads(root: Path = Path("/")) -> int:
    """Return the threads that pay: the processors that this process may run on, or what its container has of them."""
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:
        processors = os.cpu_count() or 1
    quotas = [*_control_group(root, "cpu", ("cpu.max",)), *_old_quotas(root)]
    return max(1, min([processors, *(math.ceil(quota) for quota in quotas if math.isfinite(quota))]))


def _old_quotas(root: Path) -> Iterator[float]:
    """Yield the processors that control groups of version 1 allow."""
    for folder in _folders(root, "cpu"):
        with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
            quota = int((folder / "cpu.cfs_quota_us").read_text())
            if quota > 0:
                yield quota / int((folder / "cpu.cfs_period_us").read_text())


def _control_group(root: Path, controller: str, names: tuple[str, ...]) -> Iterator[float]:
    """Yield the limits of the control groups that this process is in, each of which holds: bytes, or processors."""
    for folder in _folders(root, controller):
        for name in names:
            with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
                limit, *period = (folder / name).read_text().split()
                if limit != "max":
                    yield int(limit) / (int(period[0]) if period else 1)


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of a controller's control groups, from that of this process up; those of both versions.

    Within a container the path may be that of the host and lead nowhere; then its own group is the topmost there is.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controllers and controller)
        own = PurePosixPath(path.lstrip("/"))
        for part in (own, *own.parents):
            yield top / part
