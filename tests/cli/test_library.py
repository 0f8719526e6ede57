"""The library: what it has, what it takes, and the same figures as the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import ROOT
from in_process import attrib_here

import attrib_cli as attrib

DATA = ROOT / "examples" / "data"


def printed(*arguments: str) -> list[dict]:
    ended = attrib_here("report", "--data", DATA, *arguments, "-f", "json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout, parse_float=Decimal)


def records(answer: attrib.Answer) -> list[dict]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def test_the_examples_of_the_documentation_run(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(ROOT / "examples")
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    frame, table = names["frame"], names["table"]
    assert list(frame.columns) == table.column_names  # type: ignore[attr-defined]


def test_figures_are_those_of_the_command_line() -> None:
    answer = attrib.report(DATA, models=["first", "u-shaped"], by="channel", where="country=Germany", limit=3)
    assert records(answer) == printed(
        "-m", "first,u-shaped", "--by", "channel", "--where", "country=Germany", "-n", "3"
    )
    weighed = attrib.report(DATA, weights={"first": 30, "last": 70}, start="2026-01-01", end="2026-03-31", by=[])
    wanted = printed("--weights", "first=30,last=70", "--from", "2026-01-01", "--to", "2026-03-31", "--by", "")
    assert records(weighed) == wanted


def test_tables_of_other_libraries_give_the_same_report() -> None:
    pandas, duckdb, csv = map(pytest.importorskip, ("pandas", "duckdb", "pyarrow.csv"))
    tables = {
        "touchpoints": csv.read_csv(DATA / "touchpoints.csv"),
        "contacts": csv.open_csv(DATA / "contacts.csv"),
        "deals": pandas.read_csv(DATA / "deals.csv"),
        "deal_contacts": duckdb.sql(f"SELECT * FROM '{DATA}/deal_contacts.csv'"),
        "campaigns": DATA / "campaigns.csv",
    }
    answer = attrib.report(tables, models="all", by="campaign")
    assert records(answer) == printed("-m", "all", "--by", "campaign")


def test_an_answer_goes_to_other_libraries_and_shows_itself(tmp_path: Path) -> None:
    answer = attrib.report(DATA, by="month,channel", models="linear")
    exact = answer.to_arrow()
    assert exact.to_pylist() == records(answer)
    assert str(exact.schema.field("revenue").type) == "decimal128(38, 6)"
    pytest.importorskip("pandas")
    frame = answer.to_pandas()
    assert frame["revenue"].dtype == "float64" and frame["interactions"].dtype == "int64"
    assert list(answer.to_pandas(exact=True)["revenue"]) == [row["revenue"] for row in records(answer)]
    assert answer.to_chart()["$schema"].startswith("https://vega.github.io")  # type: ignore[attr-defined]
    page = answer._repr_html_()
    assert page.count("<tr>") == 22 and "more rows" in page
    assert repr(answer).startswith("Revenue by month and channel, linear model, all time")
    answer.write(tmp_path / "report.csv")
    ended = attrib_here("report", "--data", DATA, "--by", "month,channel", "-f", "csv")
    assert (tmp_path / "report.csv").read_text() == ended.stdout


def test_names_in_a_shown_answer_stay_texts(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    (tmp_path / "touchpoints.csv").write_text(f"contact_id,occurred_at,channel\n1,2026-01-01,{evil}\n")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\n1,2026-01-02\n")
    page = attrib.report(tmp_path, type="contact-create", by="channel")._repr_html_()
    assert "<img src=x" not in page and "&lt;img src=x" in page


def test_saved_reports_and_dashboards_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "attrib.yaml").write_text(
        f"version: 1\nsources:\n  touchpoints: {{path: {DATA}/touchpoints.csv}}\n  deals: {{path: {DATA}/deals.csv}}\n"
        f"  deal_contacts: {{path: {DATA}/deal_contacts.csv}}\nreports:\n  Channels: {{by: channel, model: first}}\n"
        "  Won: {by: month}\ndashboards:\n  Board: {reports: [Channels, Won]}\n"
    )
    config = tmp_path / "attrib.yaml"
    saved = attrib.report(name="Channels", models="last", config=config)
    ended = attrib_here("report", "Channels", "-m", "last", "--config", config, "-f", "json")
    assert records(saved) == json.loads(ended.stdout, parse_float=Decimal)
    board = attrib.dashboard("Board", config=config)
    assert list(board) == ["Channels", "Won"]
    assert board["Channels"].columns[0] == "channel"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"models": "linaer"}, "models: there is no model 'linaer'", "Did you mean 'linear'?"),
        ({"by": "chanel"}, "by: the data have no column 'chanel' for a revenue report", "Did you mean 'channel'?"),
        ({"period": "2026", "start": "2026-01-01"}, "period: period and start/end were both given", None),
        ({"where": 3.5}, "where: 3.5 is neither a text nor a list of texts", None),
        ({"limit": 0}, "limit: expected a whole number of at least 1, found '0'", None),
    ],
)
def test_errors_speak_of_arguments(arguments: dict, message: str, hint: str | None) -> None:
    with pytest.raises(attrib.AttribError) as found:
        attrib.report(DATA, **arguments)
    assert str(found.value) == message
    assert hint is None or found.value.hint == hint
    assert "--" not in f"{found.value} {found.value.hint}"


def test_a_table_that_is_none_is_refused() -> None:
    for tables, message in (
        ({"touchpoint": "x"}, "tables: there is no table 'touchpoint'"),
        ({"touchpoints": 3}, "tables['touchpoints']: int is no table"),
        ({"deals": DATA / "deals.csv"}, "tables: there are no touchpoints among the tables"),
    ):
        with pytest.raises(attrib.AttribError) as found:
            attrib.report(tables)
        assert str(found.value) == message


def test_importing_costs_nothing_and_says_what_there_is() -> None:
    code = (
        "import sys, attrib_cli; print(dir(attrib_cli));"
        "print({'duckdb', 'pyarrow', 'yaml', 'pydantic', 'typer'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ended.stdout == "['Answer', 'AttribError', '__version__', 'dashboard', 'report']\nset()\n"
