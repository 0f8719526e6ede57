"""How far a load is, told while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

INTERVAL = 0.5
"""Seconds between two looks at how far a query is."""


@contextmanager
def rows_in_order(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Keep the order of the rows that are read within, which our connections otherwise do not; not to be nested."""
    connection.execute("SET preserve_insertion_order = true")
    try:
        yield
    finally:
        connection.execute("SET preserve_insertion_order = false")


@contextmanager
def telling_how_far(
    connection: duckdb.DuckDBPyConnection, message: str, progress: Callable[[str], None] | None, *, size: int = 0
) -> Iterator[None]:
    """Tell `progress` the `message` with the per cent done of the queries within; the sizes of files are known.

    With `size`, the bytes of the files, how many megabytes a second that are is told too.

    A load that reads its files twice does not go back: the higher per cent stands.
    """
    if progress is not None:
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")
    # -1 where nothing runs or nothing is known
    with telling(lambda: int(connection.query_progress()), message, progress, size=size):
        yield


@contextmanager
def telling(
    percent: Callable[[], int], message: str, progress: Callable[[str], None] | None, *, size: int = 0
) -> Iterator[None]:
    """Tell `progress` the `message` with the per cent done, of `size` bytes, while what is within runs."""
    if progress is None:
        yield
        return
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(percent, message, progress, ended, size), daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _tell(
    percent: Callable[[], int], message: str, progress: Callable[[str], None], ended: threading.Event, size: int
) -> None:
    highest, began = 0, time.monotonic()
    while not ended.wait(INTERVAL):
        done = percent()
        if 0 < done <= 100:
            highest = max(highest, done)
            rate = size * highest / 100 / 1e6 / max(time.monotonic() - began, 1e-3)
            progress(f"{message}, {highest} %" + (f", {rate:,.0f} MB/s" if size else ""))
