"""What a mail says: figures in text and HTML, pictures inside, all of it bounded, and names that stay texts."""

from __future__ import annotations

import datetime as dt
import html
import re
import struct
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from output_reports import compared, doubtful, empty, nasty

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.exports.attachments import attached_formats, check_attached, gather
from attrib_cli.exports.mail import subject_of
from attrib_cli.exports.mail_message import compose
from attrib_cli.output.charts import image
from attrib_cli.output.dashboard.board import Board, Tile, tile_of
from attrib_cli.output.mail import letter as letters
from attrib_cli.output.mail.html import LONGEST, html_of
from attrib_cli.output.mail.letter import letter_of, text_of

DAY = dt.date(2026, 4, 1)
NAME = 'Monday </title><script>alert(1)</script> <img src="http://evil.example/x.png">'


class Tags(HTMLParser):
    """The tags of a page with their attributes, and the cells of its tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self._in_cell = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells[-1] += data


def board(*tiles: Tile, name: str = NAME) -> Board:
    return Board(name=name, description="What came in", today=DAY, tiles=tiles)


def every_tile() -> tuple[Tile, ...]:
    return (
        tile_of(NAME, nasty()),
        tile_of("Before and now", compared()),
        tile_of("With doubt", doubtful()),
        tile_of("Nothing", empty()),
        Tile(name="Broken", answer=AttribError("no such file", hint="Look for it.")),
    )


def test_html_has_every_figure_and_nothing_that_runs_or_is_loaded() -> None:
    letter = letter_of(board(*every_tile()), pictures=False)
    page = html_of(letter, pictures={}, files=("Attached: <x>.csv",))
    found = Tags(page)
    assert {tag for tag, _ in found.tags} <= {
        "html", "head", "meta", "title", "body", "table", "tr", "td", "th", "h1", "h2", "p", "span", "b", "bdi", "div",
    }  # fmt: skip
    assert not re.search(r"(src|href|url)\s*[=(]|@import|javascript:", re.sub(r"&lt;.*?&gt;", "", page))
    for section in letter.sections:
        for row in (section.headers, *section.rows, section.total):
            for text in row:
                assert text in found.cells, text
    plain = html.unescape(page)
    assert NAME in plain and "error: no such file" in plain and "€6,000.50" in plain


def test_text_reads_as_a_terminal_shows_it() -> None:
    text = text_of(letter_of(board(*every_tile()), pictures=False))
    assert max(map(len, text.splitlines())) <= 90 and "\x1b" not in text
    for part in ("What came in", "── Before and now ──", "error: no such file", "4 conversions", "90% interval"):
        assert part in text
    assert "<table" not in text


def test_pictures_are_inside_with_words_for_who_cannot_see_them() -> None:
    pytest.importorskip("vl_convert")
    letter = letter_of(board(*every_tile()))
    message = compose(letter, subject="s", enclosed=gather([], 1), sender="b@example.com", to=["a@example.com"])
    body = message.get_body(("html",))
    assert body is not None
    images = [attributes for tag, attributes in Tags(body.get_content()).tags if tag == "img"]
    parts = {p["Content-ID"]: p for p in message.walk() if p.get_content_type() == "image/png"}
    assert len(images) == len(parts) == 3  # a figure and what failed have none
    for one in images:
        picture = parts[f"<{str(one['src']).removeprefix('cid:')}>"]
        assert picture.get_content_disposition() == "inline"
        data = picture.get_payload(decode=True)
        assert isinstance(data, bytes) and data.startswith(b"\x89PNG")
        assert int(one["width"] or 0) <= struct.unpack(">I", data[16:20])[0] / image.PNG_SCALE
        assert "Greatest: " in str(one["alt"])
    assert "alert(1)" in str(images[0]["alt"])


def test_without_the_extra_a_mail_goes_without_pictures_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "can_draw", lambda: False)
    letter = letter_of(board(tile_of("One", nasty())))
    assert letter.sections[0].picture is None
    for text in (text_of(letter), html.unescape(html_of(letter, pictures={}, files=()))):
        assert text.count("pip install 'attrib-cli[charts]'") == 1


def test_pictures_and_text_have_a_limit_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vl_convert")
    monkeypatch.setattr(letters, "PICTURES", 10)
    [section] = letter_of(board(tile_of("One", nasty()))).sections
    assert section.picture is None and any("its picture is left out" in one.text for one in section.said)
    found = nasty()
    many = replace(found, rows=[(f"{'long ' * 99}{i}", *row[1:]) for i in range(40) for row in found.rows])
    tiles = [tile_of(f"Report {i}", many) for i in range(12)]
    letter = letter_of(board(*tiles), pictures=False)
    assert all(len(section.rows) == letters.ROWS for section in letter.sections)
    page = html_of(letter, pictures={}, files=())
    assert len(page.encode()) <= LONGEST
    [more] = {int(number) for number in re.findall(r"and (\d+) more rows", page)}
    assert page.count(f"and {more} more rows") == 12 and page.count("<bdi>long") == 12 * (40 - more)


def test_names_neither_begin_headers_nor_turn_the_line() -> None:
    letter = letter_of(board(tile_of("One", nasty()), name="Mail\r\nBcc: eve@evil.example\u202e"), pictures=False)
    subject = subject_of(letter, DAY)
    message = compose(letter, subject=subject, enclosed=gather([], 1), sender="b@example.com", to=["a@example.com"])
    assert message["Bcc"] is None and "\u202e" not in str(message["Subject"])
    assert message["Subject"] == "Mail\\r\\nBcc: eve@evil.example\\u202e: 2026-Q1, 2026-01-01 to 2026-03-31".replace(
        "2026-Q1, ", ""
    )


def test_files_go_along_while_there_is_room(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for path, size in zip(files, (6, 5, 4), strict=True):
        path.write_bytes(b"x" * size)
    found = gather(files, 10)
    assert [path.name for path, _ in found.attached] == ["a.csv", "c.csv"]
    [first, second, third] = found.lines()
    assert (first, second) == ("Attached: a.csv (6 bytes)", "Attached: c.csv (4 bytes)")
    assert str(files[1]) in third and "at most 10 bytes together" in third


def test_what_goes_along_is_among_what_is_written() -> None:
    assert attached_formats(None) is None and attached_formats(["none"]) == ()
    assert attached_formats(["PDF", "csv"]) == ("pdf", "csv")
    for wrong in (["none", "csv"], ["pfd"], ["table"]):
        with pytest.raises(UsageError) as caught:
            attached_formats(wrong)
        assert caught.value.place == "--attach"
    check_attached(("csv",), ["csv", "pdf"])
    with pytest.raises(UsageError, match="no xlsx file"):
        check_attached(("xlsx",), ["csv", "pdf"])
