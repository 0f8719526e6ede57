"""Workbooks, read back with openpyxl."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import output_reports as made
import pytest
from in_process import attrib_here

from attrib_cli.engine import ReportSpec, discover, open_session
from attrib_cli.engine.ledger import open_ledger
from attrib_cli.output.about import About, SourceFile, about
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.registry import FORMATS, WriteOptions
from attrib_cli.output.xlsx import table, workbook
from attrib_cli.output.xlsx.cells import SheetNames
from attrib_cli.output.xlsx.table import HEADER

DATA = Path(__file__).parents[2] / "examples" / "data"
ABOUT = About(
    day=dt.date(2026, 3, 31),
    version="1",
    sources=(SourceFile(table="deals", path="=deals.csv", size=12, sha256="ab" * 32),),
)
OPTIONS = WriteOptions(name="Mine", about=lambda: ABOUT)


HEAD = HEADER + 1
"""The row of the headers as Excel counts."""


def book_of(data: bytes):
    return openpyxl.load_workbook(io.BytesIO(data))


def rows_of(sheet) -> list[tuple]:
    """The rows of the table on a sheet: what its filter spans, without the headers."""
    return [tuple(cell.value for cell in row) for row in sheet[sheet.auto_filter.ref][1:]]


def test_texts_are_texts_figures_are_figures_and_the_sheet_is_laid_out() -> None:
    report = made.nasty()
    book = book_of(b"".join(workbook.write(report, OPTIONS)))
    assert book.sheetnames == ["Mine", "Chart data", "About"]
    sheet = book["Mine"]
    last = HEAD + len(report.rows)
    assert sheet.freeze_panes == f"A{HEAD + 1}" and sheet.auto_filter.ref == f"A{HEAD}:F{last}"
    for cells, row in zip(sheet.iter_rows(min_row=HEAD + 1, max_row=last), report.rows, strict=True):
        assert cells[0].data_type == "s" and cells[0].hyperlink is None
        assert [cell.value for cell in cells[2:]] == pytest.approx([float(x) for x in row[2:]])
        assert [cell.number_format for cell in cells[2:]] == ['"€"#,##0.00', "#,##0.00", "#,##0", "0.0%"]
    assert "=1+1" in [cell.value for cell in sheet["A"]]
    assert sheet.column_dimensions["A"].width > sheet.column_dimensions["E"].width > 5
    [chart] = sheet._charts
    assert len(chart.series) == 2
    about_rows = [[cell.value for cell in row] for row in book["About"].rows]
    assert ["As of", "2026-03-31", None, None] in about_rows
    assert ["deals", "=deals.csv", 12, "ab" * 32] in about_rows
    assert all(cell.data_type != "f" for sheet in book for row in sheet.rows for cell in row)


def test_what_a_rerun_needs_is_on_the_sheet_about_a_workbook_but_not_printed(tmp_path: Path) -> None:
    """It is one line of thousands of characters, to which the print of all else would shrink."""
    file = tmp_path / "book.xlsx"
    assert attrib_here("report", "--data", DATA, "-o", file).returncode == 0
    sheet = book_of(file.read_bytes())["About"]
    reruns = [row[0].row for row in sheet.rows if row[0].value == "For --rerun"]
    assert reruns and sheet.print_area == f"'About'!$A$1:$D${min(reruns) - 1}"


def test_equal_reports_give_equal_bytes() -> None:
    first, second = (b"".join(workbook.write(made.compared(), OPTIONS)) for _ in range(2))
    assert first == second


def test_changes_and_other_currencies_have_formats_of_their_own() -> None:
    sheet = book_of(b"".join(workbook.write(made.compared(), OPTIONS)))["Mine"]
    formats = [cell.number_format for cell in sheet[HEAD + 1]][2:5]
    assert formats == ['#,##0.00 "CHF"', '#,##0.00 "CHF"', "+0.0%;-0.0%;0.0%"]


def test_bars_begin_at_the_left_with_the_first_row_on_top() -> None:
    import zipfile

    data = b"".join(workbook.write(made.nasty(["linear"]), OPTIONS))
    chart = zipfile.ZipFile(io.BytesIO(data)).read("xl/charts/chart1.xml").decode()
    categories = chart[chart.index("<c:catAx>") : chart.index("</c:catAx>")]
    values = chart[chart.index("<c:valAx>") : chart.index("</c:valAx>")]
    assert '<c:orientation val="maxMin"/>' in categories and '<c:crosses val="autoZero"/>' in categories
    assert '<c:orientation val="minMax"/>' in values and '<c:crosses val="max"/>' in values


def test_several_reports_are_sheets_with_valid_names() -> None:
    names = ["a/b:c*?[x]\\", "A b c x", "'" + "q" * 40 + "'", "Q" * 40, "history", "About", "🎉" * 40, ""]
    sheets = [NamedReport(name=name, report=made.nasty(["linear"])) for name in names]
    found = book_of(b"".join(workbook.write_reports(sheets, OPTIONS))).sheetnames
    assert len(found) == len(names) + 2 == len({name.casefold() for name in found})
    for name in found:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31 and not set(name) & set("[]:*?/\\")
        assert name.strip("'") == name


def test_rows_that_do_not_fit_go_to_further_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ROWS", table.BELOW + HEAD + 4)
    report = made.uniform(["linear"], [f"c{i}" for i in range(9)])
    book = book_of(b"".join(workbook.write(report, OPTIONS)))
    assert book.sheetnames == ["Mine", "Mine (2)", "Mine (3)", "Chart data", "About"]
    rows = [row[0] for sheet in book.worksheets[:3] for row in rows_of(sheet)]
    assert rows == [f"c{i}" for i in range(9)]
    for sheet in book.worksheets[:3]:
        assert sheet.cell(HEAD, 1).value == "Campaign" and sheet.freeze_panes == f"A{HEAD + 1}"
    totals = [[cell.value for cell in sheet["A"]].count("Total") for sheet in book.worksheets[:3]]
    assert totals == [0, 0, 1]


def test_a_report_of_nothing_has_a_header_and_no_chart() -> None:
    book = book_of(b"".join(workbook.write(made.empty(), OPTIONS)))
    assert book.sheetnames == ["Mine", "About"] and rows_of(book["Mine"]) == []


def test_large_reports_are_written_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    held = book_of(b"".join(workbook.write(made.nasty(), OPTIONS)))
    monkeypatch.setattr(workbook, "LARGE", 3)
    streamed = book_of(b"".join(workbook.write(made.nasty(), OPTIONS)))
    for name in held.sheetnames:
        assert [[c.value for c in r] for r in held[name].rows] == [[c.value for c in r] for r in streamed[name].rows]


def test_texts_longer_than_a_cell_are_cut_and_a_line_over_time_is_drawn() -> None:
    report = made.nasty(["linear"])
    rows = [("x" * 40_000, *report.rows[0][1:])]
    sheet = book_of(b"".join(workbook.write(replace(report, rows=rows), OPTIONS)))["Mine"]
    assert len(rows_of(sheet)[0][0]) == 32767


def test_a_ledger_is_a_workbook_with_moments() -> None:
    with open_session(discover(DATA)) as session, open_ledger(session, ReportSpec()) as ledger:
        data = b"".join(FORMATS["xlsx"].load_ledger()(ledger, WriteOptions(name="L")))
    sheet = book_of(data)["L"]
    header = [cell.value for cell in sheet[HEAD]]
    rows = rows_of(sheet)
    assert len(rows) == 647 and header[:3] == ["Conversion ID", "Converted at", "Value"]
    assert isinstance(rows[0][1], dt.datetime)
    credit = header.index("Linear credit")
    total = sum(Decimal(str(row[credit])) for row in rows)
    assert abs(total - Decimal("1133227.32")) < Decimal("0.01")


def test_sources_are_named_with_their_size_and_hash() -> None:
    import hashlib

    found = {file.table: file for file in about(discover(DATA), day=dt.date(2026, 1, 1)).sources}
    deals = (DATA / "deals.csv").read_bytes()
    assert (found["deals"].size, found["deals"].sha256) == (len(deals), hashlib.sha256(deals).hexdigest())


def test_sheet_names_are_handed_out_once() -> None:
    names = SheetNames()
    assert [names.take("a"), names.take("A"), names.take("a")] == ["a", "A (2)", "a (3)"]
