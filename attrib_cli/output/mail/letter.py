"""What stands in a mail, whatever it is written as: a heading, and a section for each report."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.frozen import frozen
from attrib_cli.output import scope, words
from attrib_cli.output.charts import image
from attrib_cli.output.charts.specification import described, specification
from attrib_cli.output.dashboard import terminal
from attrib_cli.output.dashboard.single import Single, singles
from attrib_cli.output.documents.content import content_of
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.text import grid
from attrib_cli.output.text.glyphs import shown
from attrib_cli.output.wide import widen

if TYPE_CHECKING:
    from attrib_cli.engine.notes import Note
    from attrib_cli.output.charts.data import Total
    from attrib_cli.output.dashboard.board import Board, Tile
    from attrib_cli.output.documents.content import Content

ROWS = 20
"""Rows of a report that a mail shows; all of them are in the files."""

PICTURES = 2_000_000
"""Bytes that the pictures of a mail may have together."""

_COLUMNS = 4
_CELL = 60
"""Characters of a name that a table shows."""

_WIDTH = 78
"""Columns of the text part, which is what mail has always been read in."""

_NO_PICTURES = "without pictures: they need `pip install 'attrib-cli[charts]'`"


@frozen
class Picture:
    """A chart as PNG, its size in points, and what it shows in words."""

    data: bytes
    width: int
    height: int
    words: str


@frozen
class Said:
    """A line of what readers must know: an error, a warning or a note as its `text` says it too, or without a `level`.

    With the level `why` it is what the mail is sent for.
    """

    text: str
    level: Literal["error", "warning", "note", "why"] | None = None

    @classmethod
    def of(cls, note: Note) -> Said:
        """Return a note as it is said."""
        return cls(text=words.note_line(note), level=note.level)


@frozen
class Section:
    """One report of a mail.

    `asked` says what it is, `period` its days where the whole mail has none, and `conditions` what it is of; `headline`
    are its total figures with what changed, a line for each model. It is drawn as single figures (`singles`), else as
    a picture and a table: the first `names` of `headers` are the dimensions, `total` is its last line, empty without
    one, and `more` rows have no room. `said` are what was left out, what was counted, and notes. `text` has all of it
    as lines for who reads no HTML.
    """

    name: str
    text: tuple[str, ...]
    description: str = ""
    asked: str = ""
    period: str = ""
    headline: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    singles: tuple[Single, ...] = ()
    picture: Picture | None = None
    names: int = 0
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    more: int = 0
    total: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()


@frozen
class Letter:
    """A whole mail without its files: a board's or report's name, what holds for all of it, and its sections.

    `period` has the days where all reports have the same, else nothing; it is `bounded` with a first and a last one.
    """

    name: str
    period: str
    bounded: bool
    description: str = ""
    about: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()
    sections: tuple[Section, ...] = ()


def letter_of(board: Board, *, pictures: bool = True, why: str = "") -> Letter:
    """Return the mail of a computed board, which says `why` it is sent; without the package that draws, it says so."""
    dates = board.common_dates()
    notes = map(Said.of, board.shared_notes())
    drawn = pictures and image.can_draw()
    left = PICTURES

    def room(size: int) -> bool:
        nonlocal left
        fits = size <= left
        left -= size if fits else 0
        return fits

    sections = tuple(_section(tile, board, room if drawn else None) for tile in board.tiles)
    return Letter(
        name=board.name,
        period=words.named_range(dates) if dates is not None else "",
        bounded=dates is not None and dates.bounded,
        description=board.description,
        about=scope.words(board.conditions()),
        said=(
            *([Said(text=why, level="why")] if why else []),
            *notes,
            *(() if drawn or not pictures else (Said(text=_NO_PICTURES),)),
        ),
        sections=sections,
    )


def text_of(letter: Letter) -> str:
    """Return a mail as plain text, as a terminal shows it."""
    about = [*([letter.period] if letter.period else []), *letter.about]
    head = [letter.name, letter.description, " · ".join(about), *(one.text for one in letter.said)]
    lines = [line for text in head if text for line in grid.wrap(shown(text, "utf-8"), _WIDTH)]
    for section in letter.sections:
        lines += ["", *section.text]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _section(tile: Tile, board: Board, room: Callable[[int], bool] | None) -> Section:
    """Return a tile as a section; `room` says whether a picture of so many bytes may be in it, None that none may."""
    lines = terminal.tile_lines(tile, board, WriteOptions(width=_WIDTH), rows=ROWS, most=ROWS)
    if isinstance(tile.answer, AttribError):
        hint = [Said(text=f"hint: {tile.answer.hint}")] if tile.answer.hint else []
        said = (Said(text=f"error: {tile.answer}", level="error"), *hint)
        return Section(name=tile.name, description=tile.description, said=said, text=tuple(lines))
    report = tile.answer
    counted = words.summary_line(report.summary)
    text = (*lines, *grid.wrap(counted, _WIDTH))
    dates = board.common_dates() is None
    found = Section(
        name=tile.name,
        description=tile.description,
        asked=words.title(report, widen(report).models, dates=dates, compared=tile.display != "figure"),
        period=words.named_range(report.summary.dates) if dates else "",
        conditions=scope.words(board.conditions_of(report)),
        text=text,
    )
    notes = (Said(text=counted), *map(Said.of, board.notes_of(report)))
    if tile.display == "figure":
        alone = singles(report)
        return replace(found, singles=alone, headline=tuple(map(_single_words, alone)), said=notes)
    if not report.rows:
        return replace(found, said=(Said(text=words.nothing_line(report.summary)), *notes))
    content = content_of(tile.named(report), WriteOptions(), columns=_COLUMNS)
    picture, why_none = _picture(content, tile.name, room)
    hidden = f"not shown: {', '.join(content.hidden)}" if content.hidden else ""
    said = (*(Said(text=text) for text in (hidden, content.refused, why_none) if text), *notes)
    return replace(
        found,
        headline=tuple(_total_words(one, content) for one in content.data.totals if one.text),
        picture=picture,
        names=content.names,
        headers=content.headers,
        rows=tuple((*map(_name, row[: content.names]), *row[content.names :]) for row in content.rows[:ROWS]),
        more=max(len(content.rows) - ROWS, 0),
        total=content.total,
        said=said,
    )


def _picture(content: Content, name: str, room: Callable[[int], bool] | None) -> tuple[Picture | None, str]:
    """Return the picture of a chart, or why there is none, which of a table and of no drawing at all is nothing."""
    if room is None or content.chart.drawing is None or not content.data.points:
        return None, ""
    data = image.draw_png(specification(content.data, content.chart, title=""))
    if not room(len(data)):
        return None, f"its picture is left out: those of a mail have {PICTURES:,} bytes together"
    width, height = (round(side / image.PNG_SCALE) for side in struct.unpack(">II", data[16:24]))
    left_out = f"{content.data.left_out:,} more rows are in the table" if content.data.left_out else ""
    return Picture(data=data, width=width, height=height, words=described(content.data, name)), left_out


def _single_words(single: Single) -> str:
    since = words.since(single.change, single.before or "")
    return f"{words.label(single.measure)} {single.text}" + (f" ({since})" if since else "")


def _total_words(total: Total, content: Content) -> str:
    model = f", {total.model}" if len(content.data.totals) > 1 else ""
    code = f" {content.data.code}" if content.data.code else ""
    since = f" ({total.since})" if total.since else ""
    return f"{words.label(content.data.measure.name)}{model} {total.text}{code}{since}"


def _name(text: str) -> str:
    return grid.cut(shown(text, "utf-8"), _CELL, "…")


def shortened(letter: Letter, rows: int) -> Letter:
    """Return a mail whose tables have at most `rows` rows."""
    sections = (
        replace(one, rows=one.rows[:rows], more=one.more + max(len(one.rows) - rows, 0)) for one in letter.sections
    )
    return replace(letter, sections=tuple(sections))
