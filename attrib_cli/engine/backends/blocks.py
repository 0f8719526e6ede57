"""What goes to tasks of another system, between them and back, as bytes: blocks of rows, what is told, jobs."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from attrib_cli.engine import errors
from attrib_cli.engine.errors import AttribError, ErrorGroup, together

if TYPE_CHECKING:
    import pyarrow as pa

Given = TypeVar("Given")


class Block(NamedTuple):
    """What goes from task to task: rows of the table `name` for a shard, or what is told under another name.

    ``error`` and ``unfit`` tell that a piece could not be read (see `raise_errors`), ``read`` how many rows a piece
    has of which nothing else says it, and ``begin`` nothing: it makes a shard without rows known.
    """

    shard: int
    name: str
    data: bytes


def error_block(error: AttribError, number: int) -> Block:
    """Return a block that tells an error of the piece with this number."""
    several = error.errors if isinstance(error, ErrorGroup) else (error,)
    said = [[type(one).__name__, one.message, one.hint, one.place] for one in several]
    return Block(shard=0, name="error", data=json.dumps([number, said]).encode())


def unfit(blocks: Iterable[Block]) -> set[str]:
    """Return the tables whose text can only be read after a look at all rows."""
    return {block.data.decode() for block in blocks if block.name == "unfit"}


def raise_errors(blocks: Iterable[Block]) -> None:
    """Raise what the first piece that could not be read told."""
    found = sorted((json.loads(block.data) for block in blocks if block.name == "error"), key=lambda told: told[0])
    if found:
        kinds: dict[str, type[AttribError]] = {name: kind for name, kind in vars(errors).items() if _is_error(kind)}
        several = [kinds[kind](message, hint=hint, place=place) for kind, message, hint, place in found[0][1]]
        raise together(several)


def rows_read(blocks: Iterable[Block]) -> dict[str, int]:
    """Return how many rows each table has, by what was told of its pieces, where they told it."""
    found: dict[str, int] = {}
    for block in blocks:
        if block.name == "read":
            name, rows = json.loads(block.data)
            found[name] = found.get(name, 0) + int(rows)
    return found


def put_together(blocks: Iterable[Block]) -> dict[str, pa.Table]:
    """Return the tables of the partials of all shards, one below the other."""
    import pyarrow as pa

    found: dict[str, list[pa.Table]] = {}
    for block in blocks:
        if block.name not in ("error", "unfit", "read"):
            found.setdefault(block.name, []).append(from_bytes(block.data))
    return {name: pa.concat_tables(tables) for name, tables in found.items()}


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, AttribError)


def as_bytes(table: pa.Table) -> bytes:
    """Return a table as one compressed stream of Arrow."""
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(table)
    return sink.getvalue()


def from_bytes(data: bytes) -> pa.Table:
    """Return the table that `as_bytes` wrote."""
    import pyarrow as pa

    return pa.ipc.open_stream(pa.py_buffer(data)).read_all()


def _read_only(values: Mapping[object, object]) -> Mapping[object, object]:
    return MappingProxyType(values)


class _Packer(pickle.Pickler):
    """Pickles read-only mappings, which requests and settings hold and pickle does not know."""

    def reducer_override(  # type: ignore[override]
        self, value: object
    ) -> object:
        if isinstance(value, MappingProxyType):
            return _read_only, (dict(value),)
        return NotImplemented


def packed(job: object) -> bytes:
    """Return what tasks have to know as bytes, which only `unpacked` of the same version reads."""
    sink = io.BytesIO()
    _Packer(sink, protocol=pickle.HIGHEST_PROTOCOL).dump(job)
    return sink.getvalue()


def unpacked(data: bytes) -> Given:  # type: ignore[type-var]
    """Return what `packed` made bytes of."""
    return pickle.loads(data)  # type: ignore[no-any-return]  # noqa: S301 - our own bytes, from the driver
