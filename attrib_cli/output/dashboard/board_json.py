"""A dashboard for machines: one JSON object with all figures of all reports, and the errors of those that failed.

The rows are those of ``attrib report --format json``, written by the same function, so that digits stay exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, ErrorGroup
from attrib_cli.output.described import Json, described
from attrib_cli.output.text.jsontext import rows_and_totals

if TYPE_CHECKING:
    from attrib_cli.output.dashboard.board import Board, Tile
    from attrib_cli.output.registry import WriteOptions


def write(board: Board, options: WriteOptions | None = None) -> Iterator[bytes]:
    """Yield the board as one JSON object: its name and, for each report, what it is, columns, rows and totals."""
    del options
    yield b"{\n"
    head: dict[str, Json] = {
        "dashboard": board.name,
        "description": board.description,
        "today": board.today.isoformat(),
        "filters": [condition.value for condition in board.said],
    }
    for key, value in head.items():
        yield f"{_text(key)}: {_text(value)},\n".encode("utf-8", "backslashreplace")
    yield b'"reports": ['
    for i, tile in enumerate(board.tiles):
        yield b"\n{" if i == 0 else b",\n{"
        yield from _tile(tile)
        yield b"}"
    yield b"\n]}\n" if board.tiles else b"]}\n"


def _tile(tile: Tile) -> Iterator[bytes]:
    head: dict[str, Json] = {"name": tile.name, "description": tile.description, "display": tile.display}
    if isinstance(tile.answer, AttribError):
        head["error"] = _error(tile.answer)
        yield _members(head)
        return
    report = tile.answer
    head |= described(report)
    yield _members(head)
    yield b',\n"rows": '
    yield from rows_and_totals(report)


def _members(head: Mapping[str, Json]) -> bytes:
    return ",\n".join(f"{_text(key)}: {_text(value)}" for key, value in head.items()).encode(
        "utf-8", "backslashreplace"
    )


def _error(error: AttribError) -> dict[str, Json]:
    if isinstance(error, ErrorGroup):
        return {"message": str(error), "place": None, "hint": error.errors[0].hint if error.errors else None}
    return {"message": error.message, "place": error.place, "hint": error.hint}


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
