"""A board that is computed, as one text, page, object or workbook, or as a file for each of its reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.report import Report
from attrib_cli.exports.file_names import check_name
from attrib_cli.output.chosen_format import format_of_file, is_stdout, refuse_on_terminal, resolve_format, usual_format
from attrib_cli.output.registry import CATALOGUE, Format

if TYPE_CHECKING:
    from attrib_cli.output.about import About
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.terminal.console import Console


def is_folder(output: str | None) -> bool:
    """Say whether `output` is a folder, which gets a file for each report of a board."""
    return output is not None and not is_stdout(output) and (output.endswith("/") or Path(output).is_dir())


def board_format(asked: str | None, output: str | None, stdout_is_tty: bool) -> Format:
    """Return the format of a board: as asked, else by the ending of its file; in a folder, that of its reports.

    Raises UsageError for a format that holds no board, nor several reports.
    """
    if is_folder(output):
        return resolve_format(asked, None, False, content="file")
    among = {entry.name: entry for entry in CATALOGUE if entry.holds("reports")}
    named = (asked or "").strip().casefold()
    found = among.get(named)
    if found is None and asked is None and output is not None and not is_stdout(output):
        found = format_of_file(output, among)
    if found is None and asked is None and is_stdout(output):
        found = usual_format("terminal")
    found = found or resolve_format(asked, output, stdout_is_tty, content="board")
    if is_stdout(output) and stdout_is_tty:
        refuse_on_terminal(found)
    return found


def write_board(
    board: Board,
    format: Format,
    path: str | None,
    *,
    rows: int | None,
    console: Console,
    about: Callable[[], About],
) -> None:
    """Write a board as `board_format` says, with `rows` of many lines over time; raises what `deliver_bytes` raises."""
    from attrib_cli.output.deliver import deliver_bytes, write_options

    if path is not None and is_folder(path):
        _write_each(board, format, Path(path), console, about)
        return
    options = replace(write_options(path=path, console=console), name=board.name, about=about, rows=rows)
    if format.holds("board"):
        chunks = format.load_board()(board, options)
    else:
        reports = [tile.named(tile.answer) for tile in board.tiles if isinstance(tile.answer, Report)]
        chunks = format.load_reports()(reports, options)
    deliver_bytes(chunks, path=path, console=console)


def _write_each(board: Board, format: Format, folder: Path, console: Console, about: Callable[[], About]) -> None:
    from attrib_cli.output.deliver import deliver

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError("this is a file, and not a folder", hint="Name another --output.", place=str(folder)) from None
    except OSError as error:
        raise AttribError(f"the folder cannot be made: {error.strerror}", place=str(folder)) from error
    for tile in board.tiles:
        if isinstance(tile.answer, Report):
            path = folder / f"{check_name(tile.name.lower().replace(' ', '-'))}.{format.ending}"
            deliver(format, tile.answer, path=str(path), console=console, name=tile.name, about=about)
            console.note(f"wrote {path} ({len(tile.answer.rows):,} rows)")
