"""A dashboard for machines: one JSON object with all figures of all reports, and the errors of those that failed.

The rows are those of ``attrib report --format json``, written by the same function, so that digits stay exact.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.engine.errors import AttribError, ErrorGroup
from attrib_cli.engine.report import Report
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.text.jsontext import write_json

if TYPE_CHECKING:
    from attrib_cli.engine.spec import DateRange
    from attrib_cli.output.dashboard.board import Board, Tile

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"


def write(board: Board) -> Iterator[bytes]:
    """Yield the board as one JSON object: its name and, for each report, what it is, columns, rows and totals."""
    yield b"{\n"
    head: dict[str, Json] = {
        "dashboard": board.name,
        "description": board.description,
        "today": board.today.isoformat(),
        "filters": list(board.said),
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
    summary = report.summary
    head |= {
        "type": summary.type,
        "dates": _dates(summary.dates),
        "compared_with": None if summary.compared_with is None else _dates(summary.compared_with),
        "currency": summary.currency,
        "conversions": summary.conversions,
        "with_interactions": summary.with_interactions,
        "without_interactions": summary.without_interactions,
        "excluded_interactions": summary.excluded_interactions,
        "left_out": dict(summary.left_out),
        "notes": [note.as_json() for note in report.notes],
        "columns": [{"name": c.name, "role": c.role, "unit": c.unit} for c in report.columns],
    }
    yield _members(head)
    yield b',\n"rows": '
    yield from _rows(report)
    yield b',\n"totals": '
    yield from _rows(replace(report, rows=report.totals))


def _members(head: Mapping[str, Json]) -> bytes:
    return ",\n".join(f"{_text(key)}: {_text(value)}" for key, value in head.items()).encode(
        "utf-8", "backslashreplace"
    )


def _rows(report: Report) -> Iterator[bytes]:
    chunks = list(write_json(report, WriteOptions()))
    yield from (chunk if i < len(chunks) - 1 else chunk.rstrip(b"\n") for i, chunk in enumerate(chunks))


def _dates(dates: DateRange) -> dict[str, Json]:
    return {"name": dates.label, "from": _day(dates.start), "to": _day(dates.end)}


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _error(error: AttribError) -> dict[str, Json]:
    if isinstance(error, ErrorGroup):
        return {"message": str(error), "place": None, "hint": error.errors[0].hint if error.errors else None}
    return {"message": error.message, "place": error.place, "hint": error.hint}


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
