"""A board that is computed, as text, JSON, a page, a workbook, or a file for each of its reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.report import Report
from attrib_cli.exports.file_names import check_name
from attrib_cli.output.registry import FORMATS, is_stdout

if TYPE_CHECKING:
    from attrib_cli.console import Console
    from attrib_cli.output.about import About
    from attrib_cli.output.dashboard.board import Board

BOARD_FORMATS = ("table", "json", "html", "xlsx", "csv")
_ENDINGS = {".txt": "table", ".json": "json", ".html": "html", ".htm": "html", ".xlsx": "xlsx"}


def board_format(asked: str | None, output: str | None) -> str:
    """Return the format of a board: as asked, else by the ending of its file; a folder gets csv files.

    Raises UsageError for another format, and for csv and xlsx without a place.
    """
    if asked is not None:
        chosen = asked.strip().casefold()
    elif output is None or is_stdout(output):
        chosen = "table"
    elif output.endswith("/") or Path(output).is_dir():
        chosen = "csv"
    else:
        chosen = _ENDINGS.get(PurePath(output).suffix.casefold(), "")
    if chosen not in BOARD_FORMATS:
        hint = did_you_mean(chosen, BOARD_FORMATS) or f"Formats of a board: {', '.join(BOARD_FORMATS)}."
        what = f"'{asked}'" if asked is not None else f"'{output}' by its ending"
        raise UsageError(f"a board cannot be written as {what}", hint=hint, place="--format")
    if chosen in ("xlsx", "csv") and (output is None or is_stdout(output)):
        place = "a folder, which gets a file for each report" if chosen == "csv" else "the file"
        raise UsageError(f"{chosen} goes to files", hint=f"Give --output: {place}.", place="--output")
    return chosen


def write_board(
    board: Board, format: str, path: str | None, *, rows: int, console: Console, about: Callable[[], About]
) -> None:
    """Write a board as one of `BOARD_FORMATS`; `rows` is for lines over time. Raises what `deliver_bytes` raises."""
    from attrib_cli.output.dashboard import board_json, page, terminal
    from attrib_cli.output.deliver import deliver_bytes, write_options

    options = replace(write_options(path=path, console=console), name=board.name, about=about)
    if format == "csv":
        _write_each(board, Path(path or "."), console)
        return
    if format == "xlsx":
        from attrib_cli.output.xlsx.workbook import Sheet, write_workbook

        reports = [(tile.name, tile.answer) for tile in board.tiles]
        sheets = [Sheet(name=name, report=answer) for name, answer in reports if isinstance(answer, Report)]
        chunks = write_workbook(sheets, options)
    elif format == "json":
        chunks = board_json.write(board)
    elif format == "html":
        chunks = page.write(board, rows=rows)
    else:
        chunks = terminal.write(board, options, rows=rows)
    deliver_bytes(chunks, path=path, console=console)


def _write_each(board: Board, folder: Path, console: Console) -> None:
    from attrib_cli.output.deliver import deliver

    if folder.exists() and not folder.is_dir():
        raise UsageError(
            "this is a file, and not a folder", hint="csv makes a file for each report.", place=str(folder)
        )
    folder.mkdir(parents=True, exist_ok=True)
    for tile in board.tiles:
        if isinstance(tile.answer, Report):
            path = folder / f"{check_name(tile.name.lower().replace(' ', '-'))}.csv"
            deliver(FORMATS["csv"], tile.answer, path=str(path), console=console)
            console.note(f"wrote {path} ({len(tile.answer.rows):,} rows)")
