"""A dashboard as a page for a browser: one file with its style, script and data inside, that loads nothing.

Every text of the data is escaped, and the page forbids itself all connections and every script but its own, so that a
name in a file can do nothing there. What is written here can be read without the script, which makes it answer: see
output/page/. The figures are in it once more as JSON, for whoever wants to work on with them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import types_of
from attrib_cli.engine.errors import AttribError, ErrorGroup
from attrib_cli.output import scope, words
from attrib_cli.output.dashboard import bars, board_json, matrix_page, page_data, page_lines, page_script, page_table
from attrib_cli.output.dashboard.board import Board, Tile, tile_of
from attrib_cli.output.dashboard.markup import escaped, figure_class, prose, since
from attrib_cli.output.dashboard.packing import Block, packed
from attrib_cli.output.dashboard.single import singles
from attrib_cli.output.dashboard.style import STYLE
from attrib_cli.output.dashboard.timeline import timeline
from attrib_cli.output.matrix import matrix
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.origin import in_markup, origin_of_board
from attrib_cli.output.wide import widen

if TYPE_CHECKING:
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.report import Report
    from attrib_cli.output.registry import WriteOptions

_UNITS = 4
"""Into how many columns a wide screen is divided."""
_LONG = 25
"""Rows for each model from which on a table may be broken on paper."""


def write(board: Board, options: WriteOptions | None = None) -> Iterator[bytes]:
    """Yield the page; `options.rows` (100 if not said) of many lines over time stand in the table below a chart.

    Where the board has what its reports are computed from, the page answers other days, models and filters.
    """
    made = None if options is None else origin_of_board("html", board, options)
    for part in _parts(board, (options and options.rows) or 100, in_markup(made, "script")):
        yield part.encode("utf-8", "backslashreplace")


def write_report(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the page of one report; `options.live` is what it is computed from."""
    yield from write_reports((NamedReport.of(report, options),), options)


def write_reports(reports: Sequence[NamedReport], options: WriteOptions) -> Iterator[bytes]:
    """Yield the page of several reports; `options.live` is what they are computed from."""
    tiles = []
    for one in reports:
        tiles.append(tile_of(one.name or words.title(one.report, [], dates=False), one.report))
    today = options.live.today if options.live is not None else reports[0].report.summary.last_conversion or dt.date.max
    title = tiles[0].name if len(tiles) == 1 else options.name or "Reports"
    yield from write(Board(name=title, today=today, tiles=tuple(tiles), live=options.live), options)


def _parts(board: Board, rows: int, origin: str) -> Iterator[str]:
    name = escaped(board.name)
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    script = f"\n{page_script.script()}\n" if board.live is not None else ""
    style = STYLE + bars.STYLE + matrix_page.STYLE + (page_script.style() if script else "")
    yield f'<meta http-equiv="Content-Security-Policy" content="{escaped(page_script.policy(script, style))}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{name}</title><style>{style}</style></head>\n<body><header><h1>{name}</h1>\n"
    if board.description:
        yield f"<p>{prose(board.description)}</p>\n"
    dates = board.common_dates()
    about = [*([words.named_range(dates)] if dates is not None else []), *scope.words(board.conditions())]
    if board.today < dt.date.max:
        about.append(f"computed for {board.today.isoformat()}")
    shared = _notes(board.shared_notes())
    yield f'<p class="about">{prose(" · ".join(about))}</p>{shared}'
    if board.live is not None:
        yield from (f'<p class="small">{prose(note)}</p>' for note in board.live.notes)
        yield '<div id="choices"></div><p class="small" id="status" role="status"></p>'
    yield "</header>\n<main>\n"
    if not board.tiles:
        yield "<p>no reports yet: <code>attrib dashboard add</code> puts some here</p>"
    blocks = [_block(tile) for tile in board.tiles]
    for i, span in (placed for row in packed(blocks, _UNITS) for placed in row):
        yield from _tile(i, board, span=span, rows=rows, dates=dates is None)
    yield f"</main>\n{_embedded('figures', b''.join(board_json.write(board)).decode('utf-8'))}"
    if board.live is not None:
        data = json.dumps(page_data.page_json(board, board.live), ensure_ascii=False, separators=(",", ":"))
        yield f"{_embedded('page', data)}<script>{script}</script>\n"
    yield f"{origin}</body></html>\n"


def _embedded(name: str, data: str) -> str:
    harmless = data.replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">\n{harmless}</script>\n'


def _block(tile: Tile) -> Block:
    """Return what a tile needs of the four units across a wide screen."""
    if tile.display == "figure":
        return Block(span=1, grows=False)
    whole = (
        tile.display == "table"
        and not isinstance(tile.answer, AttribError)
        and (tile.answer.spec.transitions or page_table.is_many(widen(tile.answer)))
    )
    return Block(span=_UNITS if whole else 2, grows=True)


def _tile(i: int, board: Board, *, span: int, rows: int, dates: bool) -> Iterator[str]:
    tile = board.tiles[i]
    classes = [f"of{span}", *(["half2"] if tile.display != "figure" else [])]
    if isinstance(tile.answer, AttribError):
        classes.append("failed")
    elif tile.display == "table" and len(tile.answer.rows) > _LONG * max(len(tile.answer.totals), 1):
        classes.append("long")
    yield f'<section id="r{i}" class="{" ".join(classes)}" aria-labelledby="t{i}">'
    yield f'<h2 id="t{i}">{escaped(tile.name)}</h2>'
    if tile.description:
        yield f"<p>{prose(tile.description)}</p>"
    if isinstance(tile.answer, AttribError):
        yield from _failure(tile.answer)
    else:
        yield '<div class="answer">'
        yield from _answer(tile, tile.answer, board, rows=rows, dates=dates)
        yield f"</div>{_notes(board.notes_of(tile.answer))}"
    yield "</section>\n"


def _failure(error: AttribError) -> Iterator[str]:
    for one in error.errors if isinstance(error, ErrorGroup) else (error,):
        yield f'<p class="worse">error: {escaped(str(one))}</p>'
        if one.hint:
            yield f'<p class="small">{prose(one.hint)}</p>'


def _answer(tile: Tile, report: Report, board: Board, *, rows: int, dates: bool) -> Iterator[str]:
    wide = widen(report)
    title = words.title(report, wide.models, dates=dates, compared=tile.display != "figure")
    sure = f", {wide.confidence} intervals below figures" if wide.confidence and tile.display == "table" else ""
    yield f'<p class="small">{prose(title + sure)}</p>'
    if conditions := scope.words(board.conditions_of(report)):
        yield f'<p class="small">{prose(" · ".join(conditions))}</p>'
    if tile.display == "figure":
        yield from _figures(report)
    elif not wide.keys:
        yield f"<p>{prose(words.nothing_line(report.summary))}</p>"
    elif (found := matrix(report)) is not None:
        yield from matrix_page.table(found)
    elif tile.display == "line":
        yield page_lines.lines(timeline(report, today=board.today), rows=rows)
    else:
        yield page_table.table(wide, caption=tile.name, shared=types_of(report.spec, report.settings)[0].primary)


def _notes(notes: Sequence[Note]) -> str:
    return "".join(f'<p class="small {note.level}">{prose(words.note_line(note))}</p>' for note in notes)


def _figures(report: Report) -> Iterator[str]:
    found = singles(report)
    if not found:
        yield f'<p class="figure">–</p><p>{prose(words.nothing_line(report.summary))}</p>'
    for single in found:
        measure = words.label(single.measure) + (f", {single.model}" if len(found) > 1 else "")
        yield f'<p class="{figure_class(single.text)}">{escaped(single.text)}</p>'
        yield f'<p class="small">{escaped(measure)}</p>'
        if single.interval:
            yield f'<p class="small">{escaped(single.interval)}</p>'
        if single.before is not None:
            yield f"<p>{since(single.change, single.tone, f'{single.before} in {single.period}')}</p>"
        others = " · ".join(f"{name} {text}" + (f" ({moved})" if moved else "") for name, text, moved in single.others)
        yield f'<p class="small">{escaped(others)}</p>' if others else ""
