"""What took how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Progress = Callable[[str], None]


@dataclass(eq=False, repr=False)
class Clock:
    """What took how long, in the order it was done; `progress` is told what is being done."""

    progress: Progress | None
    timings: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done within, under `name`."""
        if self.progress is not None:
            self.progress(name)
        started = time.perf_counter()
        yield
        self.timings.append((name, time.perf_counter() - started))
