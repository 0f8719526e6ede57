"""Intervals of confidence for people: beside the figure they belong to, under the models that have them."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from output_reports import compared, doubtful
from rich.cells import cell_len

from attrib_cli.engine.report import Column, Report
from attrib_cli.output.dashboard import page, page_table, terminal
from attrib_cli.output.dashboard.bars import Bars
from attrib_cli.output.dashboard.board import Board, Tile, tile_of
from attrib_cli.output.dashboard.single import singles
from attrib_cli.output.intervals import interval_texts
from attrib_cli.output.mail.html import html_of
from attrib_cli.output.mail.letter import letter_of, text_of
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.text import markdown
from attrib_cli.output.text.table import lines
from attrib_cli.output.wide import widen
from attrib_cli.output.xlsx import workbook
from attrib_cli.output.xlsx.table import HEADER

MONEY = Column(name="revenue", role="measure", unit="currency")
ENDS = ("low", "high")
DEALS = Column(name="deals", role="measure", unit="deals")


def shown(report: Report, **options: object) -> str:
    return "\n".join(lines(report, WriteOptions(**options)))


def test_an_interval_stands_beside_its_figure_and_only_where_there_is_one() -> None:
    text = shown(doubtful())
    header = next(line for line in text.splitlines() if line.startswith("Channel"))
    assert re.split(r"\s{2,}", header) == [
        "Channel", "markov", "90% interval", "linear", "markov", "90% interval", "linear", "markov", "linear",
    ]  # fmt: skip
    assert "email €6,000.50 4,999 – 7,001 €6,000.50 2.40 2.00 – 2.81 2.40 50.0%" in " ".join(text.split())
    assert "=search €2,499.50 900 – 3,000 €2,499.50 1.00 0.90 – 1.10 1.00" in " ".join(text.split())
    rest = next(line for line in text.splitlines() if line.startswith("(un"))
    assert "(unattributed) €1,500.00 €1,500.00 0.60 0.60" in " ".join(rest.split())
    at = header.index("90% interval")
    assert not rest[at : at + len("90% interval")].strip(), "blank below the header"
    assert "low" not in text and "high" not in text
    assert "4,999 to 7,001" in shown(doubtful(), encoding="ascii")


@pytest.mark.parametrize("models", [("markov",), ("markov", "linear"), ("linear", "markov", "shapley")])
@pytest.mark.parametrize("width", range(40, 220, 9))
def test_lines_fit_and_a_hidden_interval_is_named(models: tuple[str, ...], width: int) -> None:
    text = shown(doubtful(models), width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert text.count("€6,000.50") == len(models)
    shows = "4,999 – 7,001" in text
    assert shows or "revenue interval" in " ".join(text.split())
    if width >= 60:
        assert shows, "the interval asked for goes after all other measures"


def test_comparisons_go_on_beside_intervals() -> None:
    report = compared()
    ends = [Column(name=f"revenue_{end}", role="measure", unit="currency", of="revenue") for end in ("low", "high")]
    report = replace(
        report,
        spec=replace(report.spec, estimation=doubtful().spec.estimation),
        columns=(*report.columns[:3], *ends, *report.columns[3:]),
        rows=[(*row[:3], Decimal(900), Decimal(1200), *row[3:]) for row in report.rows],
        totals=[(*row[:3], None, None, *row[3:]) for row in report.totals],
    )
    header = next(line for line in shown(report).splitlines() if line.startswith("Channel"))
    assert re.split(r"\s{2,}", header)[1:5] == [
        "Revenue (CHF)",
        "90% interval",
        "Previous revenue (CHF)",
        "Revenue change",
    ]
    assert re.search(r"email +1,123.00 +900 – 1,200 +1,000.00 +\+12.3%", shown(report))


def test_markdown_and_mails_have_them_too() -> None:
    found = b"".join(markdown.write(doubtful(), WriteOptions())).decode()
    assert "| Revenue, markov |  90% interval | Revenue, linear |" in found
    assert "|       €6,000.50 | 4,999 – 7,001 |       €6,000.50 |" in found
    tile = tile_of("Mine", doubtful())
    [table] = letter_of(Board(name="Mine", today=dt.date(2026, 4, 1), tiles=(tile,)), pictures=False).sections
    assert table.headers[1:4] == ("Revenue, markov", "90% interval", "Revenue, linear")
    assert table.rows[0][1:4] == ("€6,000.50", "4,999 – 7,001", "€6,000.50")
    assert table.rows[2][2] == ""
    assert any("4,999 – 7,001" in line for line in table.text)


@given(st.lists(st.none() | st.tuples(*[st.decimals(-(10**30), 10**30, places=6)] * 2).map(sorted), max_size=5))
def test_what_is_shown_holds_what_was_computed(ends: list[list[Decimal] | None]) -> None:
    pairs = [None if pair is None else (pair[0], pair[1]) for pair in ends]
    for column in (MONEY, DEALS):
        texts = interval_texts(column, pairs)
        assert len({len(text.partition("–")[2]) for text in texts if text}) <= 1
        for pair, text in zip(pairs, texts, strict=True):
            if pair is None:
                assert text == ""
                continue
            low, high = (Decimal(part.strip().replace(",", "")) for part in text.split(" – "))
            assert low <= pair[0] <= pair[1] <= high
            assert pair[0] - low < 1 and high - pair[1] < 1


def test_a_page_has_whiskers_on_the_bars_of_the_models_with_intervals() -> None:
    report = doubtful()
    shares = {"email": "0.60005", "=search": "0.24995", "(unattributed)": "0.15"}
    report = replace(report, rows=[(*row[:-1], Decimal(shares[row[0]])) for row in report.rows])
    bars = Bars(widen(report), "revenue")
    email, search, rest = (
        tuple(map(float, re.findall(r"([\d.]+)%", bars.cell("share", "markov", row))[:3])) for row in range(len(shares))
    )
    scale = 100 / 7000.99  # the longest whisker fills the cell
    assert email == pytest.approx((6000.5 * scale, 4999.01 * scale, 7000.99 * scale), abs=0.06)
    assert search == pytest.approx((2499.5 * scale, 900.5 * scale, 3000 * scale), abs=0.06)
    assert len(rest) == 1 and "<line" not in bars.cell("share", "linear", 0)


def test_a_workbook_has_the_ends_as_numbers_error_bars_and_the_warnings() -> None:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(workbook.write(doubtful(), WriteOptions(name="Mine")))))
    rows = list(book["Mine"].values)[HEADER:]
    assert rows[0][2:5] == ("Revenue", "Revenue, low (90%)", "Revenue, high (90%)")
    assert rows[1][:5] == ("email", "markov", 6000.5, 4999.01, 7000.99)
    assert rows[2][3:5] == (None, None) and rows[5][3:5] == (None, None)
    [chart] = book["Mine"]._charts
    markov, linear = chart.series
    assert linear.errBars is None
    data = book["Chart data"]

    def lengths(side: str) -> list[float]:
        sheet, _, cells = getattr(markov.errBars, side).numRef.f.partition("!")
        assert sheet.strip("'") == "Chart data"
        return [cell.value for (cell,) in data[cells.replace("$", "")]]

    assert lengths("minus") == pytest.approx([6000.5 - 4999.01, 2499.5 - 900.5, 0])
    assert lengths("plus") == pytest.approx([7000.99 - 6000.5, 3000 - 2499.5, 0])
    told = [row[1] for row in book["About"].values if row[0] == "Warning"]
    assert told == [note.text for note in doubtful().notes]


def test_notes_stand_in_everything_that_people_read() -> None:
    few, rare = doubtful().notes
    for width in (None, 100):
        assert f"warning: {few}\nwarning: {rare}" in shown(doubtful(), width=width)
    assert f"**Warning:** {few}" in b"".join(markdown.write(doubtful(), WriteOptions())).decode()
    letter = letter_of(Board(name="Mine", today=dt.date(2026, 4, 1), tiles=(tile_of("Mine", doubtful()),)))
    assert few.text in text_of(letter).replace("\n", " ")
    assert f"warning: {few}" in html_of(letter, pictures={}, files=())


def test_a_board_says_what_all_its_reports_share_once() -> None:
    few, rare = (note.text for note in doubtful().notes)
    tiles = (
        Tile(name="One", answer=doubtful()),
        Tile(name="Two", answer=replace(doubtful(("markov",)), notes=doubtful().notes[:1])),
        Tile(name="Three", display="figure", answer=alone()),
    )
    board = Board(name="Monday", today=dt.date(2026, 4, 1), tiles=tiles)
    text = "\n".join(terminal.lines(board, WriteOptions()))
    head, _, rest = text.partition("── One")
    assert f"warning: {few}" in head and few not in rest
    assert text.count(rare) == 1 and rare in rest.partition("── Two")[0]
    assert "90% interval 4,999 – 7,001" in rest.partition("── Three")[2]
    html = b"".join(page.write(board)).decode().partition("<script")[0]
    assert html.count(few) == html.count(rare) == 1
    assert "90% interval 4,999 – 7,001" in html
    single = replace(board, tiles=tiles[:1])
    assert f"warning: {few}" in "\n".join(terminal.lines(single, WriteOptions(width=80)))


def alone() -> Report:
    """The first row of a report with intervals, as a figure of its own."""
    report = doubtful(("markov",))
    return replace(
        report,
        columns=report.columns[1:],
        rows=[report.rows[0][1:]],
        totals=[row[1:] for row in report.totals],
        notes=report.notes[:1],
    )


def test_changes_have_their_intervals_in_everything_that_people_read() -> None:
    report = doubtful(("markov",))
    spot = report.columns[2]
    more = [
        replace(spot, name="revenue_previous", additive=True, of="revenue"),
        replace(spot, name="revenue_change", unit="ratio", additive=False, of="revenue", better="up"),
        *(replace(spot, name=f"revenue_change_{e}", unit="ratio", additive=False, of="revenue_change") for e in ENDS),
        replace(spot, name="revenue_increase", additive=True, of="revenue", better="up"),
        *(replace(spot, name=f"revenue_increase_{e}", additive=False, of="revenue_increase") for e in ENDS),
    ]
    d = Decimal
    figures = [
        (d(5000), d("0.2001"), d("-0.0512"), d("0.4518"), d("1000.5"), d("-200.5"), d("2200.25")),
        (d(0), None, None, None, d("2499.5"), d("900.5"), d("3000")),
        (d(2000), d("-0.25"), d("-0.9"), None, d(-500), d(-1500), d("10.5")),
    ]
    total = (d(7000), d("0.4286"), d("-0.1"), d("0.9"), d(3000), d(-100), d(6000))
    report = replace(
        report,
        columns=(*report.columns, *more),
        rows=[(*row, *own) for row, own in zip(report.rows, figures, strict=True)],
        totals=[(*report.totals[0], *total)],
    )
    text = " ".join(shown(report).split())
    assert "€5,000.00 +20.0% -5.2% – +45.2% +€1,000.50 -201 – +2,201" in text
    assert "-25.0% -90.0% – ∞ -€500.00 -1,500 – +11" in text
    assert "€0.00 – +€2,499.50 +900 – +3,000" in text
    assert "€7,000.00 +42.9% -10.0% – +90.0% +€3,000.00 -100 – +6,000" in text
    assert "-90.0% to no end" in " ".join(shown(report, encoding="ascii").split())
    table = "".join(page_table.table(widen(report), caption="", shared="revenue"))
    assert "<small>change -5.2% – +45.2%</small>" in table and "<small>change -10.0% – +90.0%</small>" in table
    book = openpyxl.load_workbook(io.BytesIO(b"".join(workbook.write(report, WriteOptions(name="Mine")))))
    rows = list(book["Mine"].iter_rows())
    at = next(i for i, row in enumerate(rows) if row[0].value == "Channel")
    header, first = rows[at], rows[at + 1]
    cells = {name.value: cell for name, cell in zip(header, first, strict=True)}
    assert cells["Revenue change, low (90%)"].number_format == "+0.0%;-0.0%;0.0%"
    assert cells["Revenue increase, high (90%)"].value == 2200.25
    one = singles(replace(report, columns=report.columns[1:], rows=[report.rows[0][1:]], totals=[report.totals[0][1:]]))
    assert one[0].interval == "90% interval 4,999 – 7,001, of the change -5.2% – +45.2%"
