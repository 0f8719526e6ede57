"""``--template``: a company's workbook is filled, all else in it stays, and what matches nothing is told."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import output_reports as made
import pytest
import xlsxwriter
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st
from in_process import attrib_here
from templates import company_book

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.xlsx import workbook

pytest.importorskip("lxml")
DEMO = ("report", "--demo", "--by", "channel")


def filled(report, template: Path, told: list[str] | None = None, name: str | None = None) -> bytes:
    options = WriteOptions(template=str(template), tell=(told if told is not None else []).append, name=name)
    return b"".join(workbook.write(report, options))


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table_of(book, sheet: str = "Board", name: str = "attrib") -> list[list]:
    return [[cell.value for cell in row] for row in book[sheet][book[sheet].tables[name].ref]]


def test_a_table_and_names_are_filled_and_all_else_stays(tmp_path: Path) -> None:
    template = company_book(tmp_path / "t.xlsx")
    done = attrib_here(*DEMO, "--template", template, "-o", tmp_path / "out.xlsx")
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in attrib_here(*DEMO, "-f", "csv").stdout.splitlines()[1:]]
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    sheet = book["Board"]
    found = table_of(book)
    assert found[0] == ["Channel", "Revenue", "Deals", "Fee"]
    assert [row[0] for row in found[1:-1]] == [row[0] for row in rows]
    assert [row[1] for row in found[1:-1]] == pytest.approx([float(row[2]) for row in rows])
    assert [row[2] for row in found[1:-1]] == pytest.approx([float(row[3]) for row in rows])
    assert {row[3] for row in found[1:-1]} == {"=attrib[[#This Row],[Revenue]]*'Our rates'!$B$1"}
    assert found[-1][1] == "=SUBTOTAL(109,[Revenue])", "the line of totals moved down"
    styles = {sheet.cell(row, 3).number_format for row in range(7, 7 + len(rows))}
    assert styles == {"#,##0 [$€]"} and sheet["C7"].font.color.rgb == "FF1F3864"
    assert sheet["B1"].value == "Revenue by channel, linear model, all time" and sheet["B1"].font.sz == 18
    assert sheet["C3"].value == pytest.approx(1133227.32) and sheet["F2"].value == "=SUM(attrib[Revenue])"
    [chart] = sheet._charts
    assert chart.series[0].val.numRef.f == f"Board!$C$7:$C${6 + len(rows)}"
    assert chart.series[0].cat.strRef.f == f"Board!$B$7:$B${6 + len(rows)}"
    [ranged] = sheet.conditional_formatting
    assert str(ranged.sqref) == f"C7:C{6 + len(rows)}"
    before, after = parts_of(template.read_bytes()), parts_of((tmp_path / "out.xlsx").read_bytes())
    touched = {name for name in before if after.get(name) != before[name]}
    assert touched == {"xl/worksheets/sheet1.xml", "xl/tables/table1.xml", "xl/charts/chart1.xml"}
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"] and b"12345" not in after["xl/worksheets/sheet1.xml"]
    assert "the name attrib_totl_deals (Did you mean 'attrib_total_deals'" in done.stderr and "OurFee" in done.stderr
    assert "the template does not say what was left out" in done.stderr
    again = attrib_here(*DEMO, "--template", template, "-o", tmp_path / "again.xlsx")
    assert again.returncode == 0
    assert (tmp_path / "again.xlsx").read_bytes() == (tmp_path / "out.xlsx").read_bytes()


def test_charts_of_a_sheet_with_a_name_that_xml_escapes_follow_its_rows(tmp_path: Path) -> None:
    template = company_book(tmp_path / "t.xlsx", names=False, sheet="R&D")
    done = attrib_here(*DEMO, "--template", template, "-o", tmp_path / "out.xlsx")
    assert done.returncode == 0, done.stderr
    rows = len(attrib_here(*DEMO, "-f", "csv").stdout.splitlines()) - 1
    [chart] = openpyxl.load_workbook(tmp_path / "out.xlsx")["R&D"]._charts
    assert chart.series[0].val.numRef.f == f"'R&D'!$C$7:$C${6 + rows}"


@examples(12)
@given(st.integers(1, 30), st.integers(1, 40), st.booleans())
def test_a_table_is_as_long_as_the_report_whatever_it_was_before(before: int, now: int, twice: bool) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        template = company_book(Path(folder) / "t.xlsx", rows=before, headers=("Campaign", "Revenue"))
        report = made.uniform(["linear"], [f"c{i}" for i in range(now)])
        data = filled(report, template)
        if twice:  # what was filled is a template again
            template.write_bytes(data)
            data = filled(made.uniform(["linear"], ["only"]), template)
            now = 1
    book = openpyxl.load_workbook(io.BytesIO(data))
    found = table_of(book)
    assert len(found) == now + 2 and found[-1][1] == "=SUBTOTAL(109,[Revenue])"
    assert [row[0] for row in found[1:-1]] == (["only"] if twice else [f"c{i}" for i in range(now)])
    below = [cell.value for row in book["Board"].iter_rows(min_row=6 + now + 2, max_col=6) for cell in row]
    assert not any(below), "rows that were there before are gone"
    assert book["Board"]._charts[0].series[0].val.numRef.f == f"Board!$C$7:$C${6 + now}"


def test_a_named_range_and_reports_of_a_board_by_their_names(tmp_path: Path) -> None:
    template = tmp_path / "t.xlsx"
    book = xlsxwriter.Workbook(str(template))
    sheet = book.add_worksheet("It's ours")
    sheet.write_row("A1", ["channel", "Model", "revenue"])
    sheet.write_row("A2", ["old", "old", 1])
    sheet.write_row("E1", ["Campaign", "Revenue, first", "revenue_linear", "Owner"])
    sheet.write("E2", "old")
    sheet.write("H2", "Ann")
    sheet.write_formula("C9", "=SUM(Q1_channels)", None, 7)
    book.define_name("Q1_channels", "='It''s ours'!$A$1:$C$2")
    book.define_name("By_campaign", "='It''s ours'!$E$1:$H$2")
    book.define_name("q1_channels_total_revenue_linear", "='It''s ours'!$C$12")
    book.close()
    reports = [
        NamedReport(name="Q1 channels!", report=made.doubtful()),
        NamedReport(name="by-campaign", report=made.nasty()),
        NamedReport(name="nowhere", report=made.empty()),
    ]
    told: list[str] = []
    data = b"".join(workbook.write_reports(reports, WriteOptions(template=str(template), tell=told.append)))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["It's ours"]
    assert [tuple(c.value for c in row) for row in sheet["A2:C7"]] == [
        (row[0], row[1], pytest.approx(float(row[2]))) for row in made.doubtful().rows
    ]
    names = [row[0] for row in made.nasty().rows if row[1] == "linear"]
    assert len(names) == 7
    cells = [cell.value for (cell,) in sheet["E2:E8"]]
    assert cells[2] == "=1+1" and sheet["E4"].data_type == "s", "a name that looks like a formula is a text"
    assert cells[0] == names[0] and cells[3] == names[3]
    assert [cell.value for (cell,) in sheet["H2:H8"]] == [None] * 7
    assert any("nothing is called Owner: left empty" in text for text in told)
    assert any(text.startswith("warning: nowhere has no place in the template") for text in told)
    assert sheet["C9"].value == "=SUM(Q1_channels)" and sheet["C12"].value is not None
    workbook_xml = parts_of(data)["xl/workbook.xml"].decode()
    assert "'It''s ours'!$A$1:$C$7" in workbook_xml and "'It''s ours'!$E$1:$H$8" in workbook_xml


def test_a_report_of_nothing_leaves_an_empty_row(tmp_path: Path) -> None:
    template = company_book(tmp_path / "t.xlsx")
    before = openpyxl.load_workbook(template)
    before["Board"]["C3"] = 12345
    before.save(template)
    done = attrib_here(*DEMO, "--period", "2020", "--template", template, "-o", tmp_path / "out.xlsx")
    assert done.returncode == 0, done.stderr
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book["Board"]["C3"].value is None and "attrib_total_revenue" not in done.stderr, "no total of before is left"
    found = table_of(book)
    assert len(found) == 3 and found[1][:3] == [None, None, None]
    assert found[2][1] == "=SUBTOTAL(109,[Revenue])"


def test_what_cannot_be_filled_is_refused_with_the_reason(tmp_path: Path) -> None:
    template = company_book(tmp_path / "t.xlsx")
    with pytest.raises(
        UsageError, match="the table attrib has no column Campaign, which the rows of the report differ in"
    ):
        filled(made.nasty(["linear"]), template)
    one = company_book(tmp_path / "two.xlsx", headers=("Campaign", "Revenue"))
    with pytest.raises(UsageError, match="no column of the report's figures"):  # of two models, which one?
        filled(made.nasty(), one)
    with pytest.raises(UsageError, match="nothing in the template is called like the report"):
        other = company_book(tmp_path / "other.xlsx", table="Sales", names=False)
        filled(made.nasty(["linear"]), other, name="Mine")
    named = company_book(tmp_path / "s.xlsx", table="S_1", headers=("Campaign", "Revenue"))
    assert filled(made.nasty(["linear"]), named, name="s 1")
    full = openpyxl.load_workbook(one)
    full["Board"]["B12"] = "do not touch"
    full.save(one)
    with pytest.raises(AttribError, match="the table attrib needs more rows than it has room for: B12 is not empty"):
        filled(made.nasty(["linear"]), one)
    for content in (b"", b"PK\x03\x04 nothing", b"a,b\n1,2\n"):
        (tmp_path / "bad.xlsx").write_bytes(content)
        done = attrib_here(*DEMO, "--template", tmp_path / "bad.xlsx", "-f", "xlsx")
        assert done.returncode == 3 and "the template is no workbook, or a damaged one" in done.stderr
    done = attrib_here(*DEMO, "--template", tmp_path / "missing.xlsx", "-f", "xlsx")
    assert done.returncode == 3 and "missing.xlsx: the template cannot be read" in done.stderr
    done = attrib_here(*DEMO, "--template", template, "-f", "csv")
    assert done.returncode == 2 and done.stderr.startswith("error: --template: csv has no template")


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    template = company_book(tmp_path / "t.xlsx")
    monkeypatch.setitem(sys.modules, "lxml", None)
    done = attrib_here(*DEMO, "--template", template, "-f", "xlsx")
    assert done.returncode == 2 and done.stdout == ""
    assert "pip install 'attrib-cli[template]'" in done.stderr


def test_a_saved_report_keeps_its_template(tmp_path: Path) -> None:
    template = company_book(tmp_path / "t.xlsx")
    entry = f"{{demo: true, by: channel, template: '{template}', output: {tmp_path}/o.xlsx}}"
    (tmp_path / "attrib.yaml").write_text(f"version: 1\nreports:\n  attrib: {entry}\n")
    done = attrib_here("export", "attrib", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    assert len(table_of(openpyxl.load_workbook(tmp_path / "o.xlsx"))) == 11
    ledger = ("--template", template, "--ledger", "-f", "csv")
    done = attrib_here("export", "attrib", "--config", tmp_path / "attrib.yaml", *ledger)
    assert done.returncode == 2 and "a ledger has no template" in done.stderr
