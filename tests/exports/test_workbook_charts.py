"""Charts of workbooks: the kind and the figures of every other picture of the report, and sheets that print well."""

from __future__ import annotations

import datetime as dt
import io
import math
from decimal import Decimal

import openpyxl
import output_reports as made
import pytest
from openpyxl.utils import range_boundaries

from attrib_cli.engine.report import Column, Report
from attrib_cli.output.charts.catalogue import CATALOGUE, choose_chart
from attrib_cli.output.charts.data import chart_data
from attrib_cli.output.charts.native import native_chart
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.xlsx import workbook

MONTHS = ("2026-01", "2026-02", "2026-03")
CHANNELS = ("Email", "Paid")
REVENUE = Column(name="revenue", role="measure", unit="currency", additive=True)


def report_of(by: tuple[str, ...], values: dict[tuple[str, ...], str], *, model: str = "linear") -> Report:
    base = made.nasty([model])
    rows = [(*key, model, Decimal(value)) for key, value in values.items()]
    columns = (*(Column(name=name, role="dimension") for name in by), Column(name="model", role="model"), REVENUE)
    total = sum((Decimal(value) for value in values.values()), Decimal(0))
    spec = made.dataclasses.replace(base.spec, by=by, models=(model,))
    last = dt.date(2026, 3, 31)
    return made.dataclasses.replace(
        base,
        spec=spec,
        columns=columns,
        rows=rows,
        totals=[(*(None for _ in by), model, total)],
        summary=made.summary(first_conversion=dt.date(2026, 1, 1), last_conversion=last),
    )


FLAT = report_of(("channel",), {("Email",): "30", ("Paid",): "50", ("(unattributed)",): "20"})
DOWN = report_of(("channel",), {("Email",): "30", ("Paid",): "-50", ("Social",): "10"})
GRID = report_of(
    ("month", "channel"), {(m, c): str(10 * i + j) for i, m in enumerate(MONTHS) for j, c in enumerate(CHANNELS)}
)
ALONE = report_of((), {(): "100"})


def book_of(report: Report, **options: object):
    data = b"".join(workbook.write(report, WriteOptions(name="Mine", **options)))  # type: ignore[arg-type]
    return openpyxl.load_workbook(io.BytesIO(data))


def drawn_in(book, sheet: str = "Mine"):
    """The only chart of a sheet as (kind, {series: {category: figure}}), read from the cells that it names."""
    [chart] = book[sheet]._charts

    def cells(reference: str) -> list:
        name, _, place = reference.partition("!")
        return [cell.value for row in book[name.strip("'")][place.replace("$", "")] for cell in row]

    found = {}
    for series in chart.series:
        names = series.cat.strRef or series.cat.numRef
        label = book["Chart data"][series.tx.strRef.f.partition("!")[2].replace("$", "")].value or ""
        found[label] = dict(zip(cells(names.f), cells(series.val.numRef.f), strict=True))
    return chart, found


NAMES = {"bar": "barChart", "column": "barChart", "stacked": "barChart", "line": "lineChart", "area": "areaChart",
         "pie": "pieChart", "doughnut": "doughnutChart"}  # fmt: skip


@pytest.mark.parametrize("kind", [entry.name for entry in CATALOGUE])
@pytest.mark.parametrize("report", [FLAT, GRID, DOWN, ALONE], ids=["flat", "grid", "down", "alone"])
def test_every_kind_of_chart_has_the_figures_of_the_one_description(kind: str, report: Report) -> None:
    data = chart_data(report)
    chosen = next(entry for entry in CATALOGUE if entry.name == kind)
    if chosen.refusal(data) is not None:
        with pytest.raises(Exception, match=f"an? {kind} chart cannot show this report"):
            book_of(report, chart=kind)
        return
    book = book_of(report, chart=kind)
    texts = [str(cell) for row in book["Mine"].values for cell in row if cell is not None]
    if chosen.office in (None, "single"):
        assert not book["Mine"]._charts and "Chart data" not in book.sheetnames
    elif chosen.office == "shades":
        sheet = book["Heat map"]
        shown = {
            (row[0], head): cell
            for row in list(sheet.values)[1:]
            for head, cell in zip(next(iter(sheet.values))[1:], row[1:], strict=True)
        }
        assert {key: float(point.value or 0) for key, point in data.values().items()} == shown
        assert [rule.type for found in sheet.conditional_formatting for rule in found.rules] == ["colorScale"]
        assert "note: the heat map is the sheet Heat map" in texts
    else:
        chart, found = drawn_in(book)
        native = native_chart(data, chosen)
        assert native is not None and chart.tagname == NAMES[native.kind]
        if native.kind in ("column", "bar", "stacked"):
            assert chart.type == ("bar" if native.kind == "bar" else "col")
            assert chart.grouping == ("stacked" if native.kind == "stacked" else "clustered")
        wanted = {s.name: dict(zip(native.categories, s.values, strict=True)) for s in native.series}
        assert found == {
            name: {c: None if v is None else float(v) for c, v in row.items()} for name, row in wanted.items()
        }
        assert all(f"note: {said}" in texts for said in (native.said,) if said)


@pytest.mark.parametrize("report", [FLAT, DOWN, made.compared()], ids=["up", "below zero", "compared"])
def test_steps_of_a_waterfall_begin_where_the_one_before_ended(report: Report) -> None:
    report = made.dataclasses.replace(report, rows=[row for row in report.rows if row[1] == report.rows[0][1]])
    data = chart_data(report)
    native = native_chart(data, choose_chart("waterfall", data))
    assert native is not None
    base, *parts = (series.values for series in native.series)
    level = 0.0
    values = [float((p.value or 0) - (p.before or 0)) for p in data.points]
    steps = len(values)
    first = len(native.categories) - steps - 1
    if first:
        level = float(sum(p.before or 0 for p in data.points))
        assert [sum(float(part[0]) for part in parts), float(base[0])] == [level, 0]
    for i, value in enumerate(values, start=first):
        ends = {level, level + value}
        level += value
        drawn = [float(base[i]), *(float(part[i]) for part in parts)]
        up, down = sum(x for x in drawn if x > 0), sum(x for x in drawn if x < 0)
        assert math.isclose(up, max(0, *ends), abs_tol=1e-9) and math.isclose(down, min(0, *ends), abs_tol=1e-9)
    assert math.isclose(sum(float(part[-1]) for part in parts), level, abs_tol=1e-9)


def test_a_line_for_months_by_channel_is_what_suits() -> None:
    chart, found = drawn_in(book_of(GRID))
    assert chart.tagname == "lineChart" and list(found) == list(CHANNELS) and list(found["Paid"]) == list(MONTHS)


def test_title_what_was_asked_totals_and_what_was_counted_stand_on_the_sheet_and_on_paper() -> None:
    sheet = book_of(FLAT, layout="wide")["Mine"]
    rows = list(sheet.values)
    assert rows[0][0] == "Mine" and rows[1][0] == "Revenue by channel, linear model, 2026-01-01 to 2026-03-31"
    assert rows[4][:2] == ("Channel", "Revenue")
    assert [row[:2] for row in rows[5:9]] == [("Email", 30), ("Paid", 50), ("(unattributed)", 20), ("Total", 100)]
    said = " ".join(str(row[0]) for row in rows[9:] if row[0])
    assert "4 conversions" in said and "1 left out: deals without an amount" in said
    assert sheet.auto_filter.ref == "A5:B8", "a filter leaves the total where it is"
    left, top, right, bottom = range_boundaries(str(sheet.print_area).partition("!")[2].replace("$", ""))
    [chart] = sheet._charts
    assert (
        (left, top) == (1, 1) and bottom >= len(rows) and chart.anchor.to.col < right and chart.anchor.to.row <= bottom
    )
    assert chart.anchor._from.row > 4, "the header is printed on every page, and what lies on it too"
    assert sheet.page_setup.orientation == "landscape" and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight == 0 and "&P" in sheet.oddFooter.right.text.replace("Page", "&P")


def test_of_several_reports_one_whose_chart_cannot_be_drawn_says_so_and_has_another() -> None:
    reports = [NamedReport(name="A", report=FLAT, chart="doughnut"), NamedReport(name="B", report=DOWN, chart="pie")]
    data = b"".join(workbook.write_reports(reports, WriteOptions()))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert drawn_in(book, "A")[0].tagname == "doughnutChart" and drawn_in(book, "B")[0].tagname == "barChart"
    assert "note: a pie chart cannot show this report: some figures are negative" in [
        cell.value for cell in book["B"]["A"]
    ]
