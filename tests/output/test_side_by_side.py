"""Models side by side: the same figures in the same rows, whatever the format."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import output_reports as made
import pyarrow.parquet as pq
import pytest
from in_process import attrib_here

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.report import Report
from attrib_cli.output.intervals import is_end
from attrib_cli.output.registry import FORMATS, WriteOptions
from attrib_cli.output.side_by_side import side_by_side

WIDE = WriteOptions(layout="wide")
REPORTS = [made.nasty(), made.nasty(["linear"]), made.compared(), made.doubtful(), made.empty()]


@pytest.mark.parametrize("report", REPORTS, ids=["two", "one", "compared", "doubtful", "empty"])
def test_every_figure_stands_where_its_row_and_its_model_say(report: Report) -> None:
    turned = side_by_side(report).report
    names = [column.name for column in turned.columns]
    keys = [column.name for column in report.dimensions()]
    assert names[: len(keys)] == keys and len(set(names)) == len(names)
    found = {tuple(row[: len(keys)]): dict(zip(names, row, strict=True)) for row in turned.rows}
    assert len(found) == len(turned.rows)
    seen = 0
    for row in report.rows:
        cells = {column.name: cell for column, cell in zip(report.columns, row, strict=True)}
        mine = found[tuple(row[: len(keys)])]
        for column in report.measures():
            base = column.of or column.name
            name = f"{base}_{cells['model']}{column.name.removeprefix(base)}"
            if is_end(column) and cells[column.name] is None and name not in mine:
                continue
            assert mine[name] == cells[column.name]
            seen += cells[column.name] is not None
    assert seen == sum(cell is not None for row in turned.rows for cell in row[len(keys) :])
    for row in turned.totals:
        for column, total in zip(turned.columns, row, strict=True):
            if column.additive and total is not None:
                spot = names.index(column.name)
                assert sum((Decimal(one[spot] or 0) for one in turned.rows), Decimal(0)) == total


def test_all_formats_for_programs_have_the_same_columns_and_figures() -> None:
    report = made.nasty()

    def written(name: str) -> bytes:
        return b"".join(FORMATS[name].load()(report, WIDE))

    table = list(csv.reader(io.StringIO(written("csv").decode())))
    assert table[0][:3] == ["campaign", "revenue_first", "revenue_linear"] and "model" not in table[0]
    objects = json.loads(written("json"), parse_float=Decimal)
    about = json.loads(written("json-about"), parse_float=Decimal)
    assert [list(one) for one in objects] == [table[0]] * (len(table) - 1)
    assert about["rows"] == objects and [c["name"] for c in about["about"]["columns"]] == table[0]
    assert about["about"]["title"].startswith("Revenue by campaign, 2 models")
    assert [json.loads(line, parse_float=Decimal) for line in written("jsonl").splitlines()] == objects
    arrow = pq.read_table(io.BytesIO(written("parquet")))
    assert arrow.column_names == table[0]
    for row, one in zip(arrow.to_pylist(), objects, strict=True):
        assert {k: v for k, v in row.items() if k != "campaign"} == {k: v for k, v in one.items() if k != "campaign"}


def test_a_report_of_nothing_has_the_columns_that_it_would_have() -> None:
    asked = ("report", "--demo", "-m", "first,linear", "--by", "channel", "--layout", "wide", "-f", "csv")
    nothing, something = attrib_here(*asked, "--period", "2020"), attrib_here(*asked)
    assert nothing.stdout == something.stdout.partition("\n")[0] + "\n"


def test_a_name_that_two_columns_would_have_is_refused() -> None:
    report = made.compared()
    model = next(i for i, column in enumerate(report.columns) if column.role == "model")
    first = report.rows[0][model]
    rows = [tuple("x_previous" if i == model and c == first else c for i, c in enumerate(row)) for row in report.rows]
    other = [tuple("x" if i == model else c for i, c in enumerate(row)) for row in report.rows]
    with pytest.raises(UsageError, match="two columns would be called revenue_x_previous"):
        side_by_side(made.dataclasses.replace(report, rows=[*rows, *other], totals=[]))


def test_the_command_line_takes_it_and_says_where_it_means_nothing() -> None:
    asked = ("report", "--demo", "-m", "first,linear", "--by", "channel")
    wide = attrib_here(*asked, "--layout", "WIDE", "-f", "csv")
    assert wide.returncode == 0 and wide.stdout.startswith("channel,revenue_first,revenue_linear,deals_first")
    assert attrib_here(*asked, "--layout", "long", "-f", "csv").stdout == attrib_here(*asked, "-f", "csv").stdout
    table = attrib_here(*asked, "--layout", "long", "-f", "table")
    assert "note: table has the models side by side, whatever --layout says" in table.stderr
    wrong = attrib_here(*asked, "--layout", "tall")
    assert wrong.returncode == 2 and "--layout" in wrong.stderr
