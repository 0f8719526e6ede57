"""The embedded default backend: a private in-memory DuckDB that spills to disk and never goes to the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.resources import check_size, usable_threads, usual_memory
from attrib_cli.engine.temporary import place, temporary_folder

if TYPE_CHECKING:
    import duckdb

_LEAST_ADDRESSES = 384 << 20
"""Bytes of addresses (`ulimit -v`) below which DuckDB was seen to end the process while it starts."""


@contextmanager
def connection(*, threads: int | None = None, memory_limit: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection whose session is in UTC and whose overflow goes to a temporary folder of its own.

    Without `threads` and `memory_limit` it takes what `resources` says of the machine.

    Raises what `translated` raises, and UsageError for a `memory_limit` that is no size.
    """
    _check_address_space()
    if memory_limit is not None:
        check_size(memory_limit)
    import duckdb

    with temporary_folder() as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": True,
            "memory_limit": memory_limit or usual_memory(),
            "preserve_insertion_order": False,
            "temp_directory": str(folder),
            "threads": threads or usable_threads(),
        }
        try:
            con = duckdb.connect(":memory:", config=config)
        except duckdb.Error as error:
            hint = "Is there enough memory, and room for addresses (`ulimit -v`)?"
            raise AttribError(f"DuckDB did not start: {_first_line(error)}", hint=hint) from error
        try:
            with translated():
                con.execute("SET TimeZone = 'UTC'")
                yield con
        finally:
            con.close()


def _check_address_space() -> None:
    """Raise AttribError where the process may have so few addresses that the engine ends it instead of raising."""
    try:
        import resource
    except ImportError:
        return
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed not in (-1, resource.RLIM_INFINITY) and allowed < _LEAST_ADDRESSES:
        found = f"{allowed >> 20} MB of addresses that this shell lets a program have"
        raise AttribError(f"the engine does not start in the {found}", hint="Lift the limit: `ulimit -v unlimited`.")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what DuckDB raises within into our errors, for one of several pieces of work on a connection.

    Raises KeyboardInterrupt where Ctrl-C stopped a query, and AttribError where memory, disk or digits ran out, or a
    file failed.
    """
    import duckdb

    try:
        yield
    except RuntimeError as error:
        if "interrupt" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.OutOfMemoryException as error:
        raise AttribError(
            f"there was not enough memory or room for temporary files: {_first_line(error)}",
            hint=f"Raise the memory limit (--memory 4GB), or free room in {place()} (--temp-dir says another).",
        ) from error
    except duckdb.OutOfRangeException as error:
        raise AttribError(
            f"a figure is too large to be computed exactly: {_first_line(error)}",
            hint="Look for amounts or rates that are far too large.",
        ) from error
    except duckdb.IOException as error:
        text, hint = _innermost(error), "Is there room for it, and is it in place?"
        if place() in text or '"' not in text:
            hint = f"Is there room in {place()}? --temp-dir and TMPDIR choose another place for temporary files."
        raise AttribError(f"a file could not be read or written: {text}", hint=hint) from error


def _innermost(error: Exception) -> str:
    """Return what an error says; one of DuckDB's writers in the background wraps the cause as JSON."""
    found = re.search(r'"exception_message":("(?:[^"\\]|\\.)*")', str(error))
    if found is None:
        return _first_line(error)
    import json

    return str(json.loads(found.group(1)))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
