"""A note of several reports is said once, with those that it is of, in every format that shows them together."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace

import pytest
from output_reports import nasty

from attrib_cli.engine.notes import Note
from attrib_cli.output.dashboard import page, terminal
from attrib_cli.output.dashboard.board import Board, tile_of
from attrib_cli.output.mail.html import html_of
from attrib_cli.output.mail.letter import letter_of, text_of
from attrib_cli.output.registry import CATALOGUE, WriteOptions
from attrib_cli.output.shared_notes import said_once

FORMATS = {entry.name: entry for entry in CATALOGUE}
OF_ALL = Note(code="all", text="4 deals have no amount", hint="Look at them.")
OF_TWO = Note(code="two", text="3 contacts have no date")
OF_ONE = Note(code="one", text="2 touchpoints are late")


def board() -> Board:
    report = nasty()
    notes = {"Contacts": (OF_ALL, OF_TWO), "Deals": (OF_ONE, OF_ALL), "Revenue": (OF_TWO, OF_ALL)}
    tiles = tuple(tile_of(name, replace(report, notes=own)) for name, own in notes.items())
    return Board(name="Board", today=dt.date(2026, 4, 1), tiles=tiles)


def check(text: str, *, every: int = 1) -> None:
    """Each note stands once in a text, that of some reports with their names before it."""
    flat = re.sub(r"\s+", " ", text)
    assert [flat.count(one.text) for one in (OF_ALL, OF_TWO, OF_ONE)] == [every] * 3
    assert "Contacts, Revenue: 3 contacts have no date" in flat
    assert "Contacts, Deals" not in flat and f"Deals: {OF_ONE.text}" not in flat


def test_terminal_page_and_mail_say_it_above_all_tiles() -> None:
    options = WriteOptions(width=160)
    check(b"".join(terminal.write(board(), options)).decode())
    whole = b"".join(page.write(board())).decode()
    check(whole[: whole.index('<script type="application/json"')])
    letter = letter_of(board(), pictures=False)
    check(text_of(letter))
    check(html_of(letter, pictures={}, files=()))


def test_one_that_alone_has_a_note_says_it_by_itself() -> None:
    found = board()
    assert said_once([(tile.name, tile.answer) for tile in found.tiles]) == [  # type: ignore[misc]
        (
            replace(OF_ALL, text=f"all reports: {OF_ALL.text}"),
            replace(OF_TWO, text=f"Contacts, Revenue: {OF_TWO.text}"),
        ),
        (OF_ONE,),
        (),
    ]
    assert found.notes_of(found.tiles[1].answer) == (OF_ONE,)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["pdf", "pptx"])
def test_documents_say_it_where_they_first_come_to_it(name: str) -> None:
    pytest.importorskip({"pdf": "pypdf", "pptx": "pptx"}[name])
    made = b"".join(FORMATS[name].load_board()(board(), WriteOptions()))
    if name == "pdf":
        import pypdf

        check("\n".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages))
        return
    import pptx

    shapes = [shape for slide in pptx.Presentation(io.BytesIO(made)).slides for shape in slide.shapes]
    check("\n".join(shape.text_frame.text for shape in shapes if shape.has_text_frame))


def test_the_sheet_about_a_workbook_says_it_once() -> None:
    """Each sheet says its own, since it is read alone; the one about all of them says each note once."""
    from openpyxl import load_workbook

    found = board()
    named = [tile.named(tile.answer) for tile in found.tiles]  # type: ignore[arg-type]
    made = b"".join(FORMATS["xlsx"].load_reports()(named, WriteOptions()))
    sheet = load_workbook(io.BytesIO(made))["About"]
    check("\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None))
