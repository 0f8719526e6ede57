"""The library: what it has, what it takes, and the same figures as the command line."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from in_process import attrib_here

import attrib_cli as attrib
from attrib_cli.config.schema.report_fields import ReportFields
from attrib_cli.library.reports import _ARGUMENTS

DATA = ROOT / "examples" / "data"


def printed(*arguments: str) -> list[dict]:
    ended = attrib_here("report", "--data", DATA, *arguments, "-f", "json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout, parse_float=Decimal)


def records(answer: attrib.Answer) -> list[dict]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def test_the_examples_of_the_documentation_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All blocks, one after the other, beside the example data and the definitions that the page shows."""
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    text = (ROOT / "docs" / "api.md").read_text()
    (tmp_path / "data").symlink_to(DATA)
    saved = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "attrib.yaml").write_text((ROOT / "examples" / "attrib.yaml").read_text() + "".join(saved))
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 7
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    frame, table = names["frame"], names["table"]
    assert list(frame.columns) == table.column_names  # type: ignore[attr-defined]


def test_the_documentation_has_every_public_name_and_argument() -> None:
    """Each name of the package, of an answer and of the arguments; those of fields of a report are all there are."""
    text = (ROOT / "docs" / "api.md").read_text()
    code = "".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)) + text
    for name in attrib.__all__:
        assert f"attrib.{name}" in code, name
    for name in (name for name in dir(attrib.Answer) if not name.startswith("_")):
        assert re.search(rf"\b(?:answer|board\[.*\]|\))\.{name}\b", code), name
    for function in (attrib.report, attrib.dashboard):
        for name in inspect.signature(function).parameters:
            assert f"`{name}`" in text, name
    arguments = {_ARGUMENTS.get(field.name, field.name) for field in dataclasses.fields(ReportFields)}
    assert arguments - {"format", "without"} <= set(inspect.signature(attrib.report).parameters)


def frames() -> dict[str, object]:
    """The example tables as data frames of polars, each of another kind."""
    polars = pytest.importorskip("polars")
    touchpoints = polars.read_csv(DATA / "touchpoints.csv", infer_schema_length=None)
    # as text first: polars 1.20 cuts 10342.80 to 10342.79 where it casts a double
    deals = polars.read_csv(DATA / "deals.csv", infer_schema_length=None, schema_overrides={"amount": polars.String})
    as_moment = polars.col("occurred_at").str.to_datetime(time_zone="UTC", time_unit="us")
    return {
        "touchpoints": touchpoints.with_columns(polars.col("channel").cast(polars.Categorical), as_moment),
        "contacts": polars.scan_csv(DATA / "contacts.csv"),
        "deals": deals.with_columns(polars.col("amount").cast(polars.Decimal(18, 2))),
        "deal_contacts": polars.read_csv(DATA / "deal_contacts.csv").lazy(),
        "campaigns": polars.read_csv(DATA / "campaigns.csv", try_parse_dates=True),
    }


def test_polars_in_and_out_has_the_figures_of_the_command_line() -> None:
    polars = pytest.importorskip("polars")
    asked = ("-m", "linear,first", "--by", "campaign,month", "--period", "2026", "--compare", "previous-year")
    answer = attrib.report(frames(), models="linear,first", by="campaign,month", period="2026", compare="previous-year")
    wanted = printed(*asked)
    frame = answer.to_polars()
    assert frame.schema["campaign"] == polars.String and frame.schema["interactions"] == polars.Int64
    assert frame.schema["revenue"] == frame.schema["revenue_change"] == polars.Float64
    exact = answer.to_polars(exact=True)
    assert exact.schema["revenue"] == polars.Decimal(38, 6)
    assert exact.to_dicts() == wanted
    for row, one in zip(frame.to_dicts(), wanted, strict=True):
        assert row == {key: float(value) if isinstance(value, Decimal) else value for key, value in one.items()}
    wide = attrib.report(frames(), models="linear,first", by="channel", layout="wide")
    lines = attrib_here(
        "report", "--data", DATA, "-m", "linear,first", "--by", "channel", "--layout", "wide", "-f", "csv"
    )
    assert wide.to_polars().columns == lines.stdout.splitlines()[0].split(",") == list(wide.columns)


WRONG = [
    {"type": "x"}, {"models": "x"}, {"weights": {"x": 1}}, {"by": "x"}, {"period": "x"}, {"start": "x"}, {"end": "x"},
    {"compare": "x"}, {"campaigns": "x"}, {"where": "x"}, {"where": "x=1"}, {"where": "cost>=abc"}, {"eligible": "x=1"},
    {"prefer": "x=1"}, {"collapse": "x"}, {"cycles": "x"}, {"measures": "x"}, {"lookback": "x"}, {"half_life": "x"},
    {"half_life": "50%"},
    {"sort": "x"}, {"limit": -1}, {"states": "x", "models": "markov"}, {"order": 9}, {"game": "x"},
    {"confidence": "x"}, {"seed": "x"}, {"chart": "x"}, {"chart": "pie", "measures": "share", "by": "deal_id"},
    {"layout": "x"}, {"compare": "year"}, {"transitions": True, "measures": "revenue"}, {"today": "x"},
    {"start": "2026-02-01", "end": "2026-01-01"}, {"measures": "roi", "by": "position"}, {"config": "nowhere.yaml"},
]  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG, ids=str)
def test_no_error_speaks_of_options_of_the_command_line(arguments: dict) -> None:
    """Whatever argument is wrong: its own name is the place, and no ``--flag`` is in message, hint or place."""
    with pytest.raises(attrib.AttribError) as found:
        attrib.report(DATA, **arguments).to_chart()
    error = found.value
    told = " ".join(filter(None, (error.message, error.hint, error.place)))
    assert not re.search(r"--[a-z]|(?<!\w)-[a-z]\b", told), told


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
    import pyarrow

    for tables, message in (
        ({"touchpoint": "x"}, "tables: there is no table 'touchpoint'"),
        ({"touchpoints": 3}, "tables['touchpoints']: int is no table"),
        (pyarrow.table({"touchpoint_id": [1]}), "tables: Table does not say which tables it has"),
        ([], "tables: list does not say which tables it has"),
        ({"deals": DATA / "deals.csv"}, "tables: there are no touchpoints among the tables"),
    ):
        with pytest.raises(attrib.AttribError) as found:
            attrib.report(tables)
        assert str(found.value) == message


def small_tables() -> dict:
    """Two won deals: d1 of 100 after Email and Ads, d2 of 50 after Ads."""
    pandas = pytest.importorskip("pandas")
    at = pandas.to_datetime(["2026-01-02 10:00", "2026-01-05 10:00", "2026-01-03 10:00"], utc=True)
    channels = ["Email", "Ads", "Ads"]
    days = pandas.to_datetime(["2026-02-01", "2026-02-02"])
    return {
        "touchpoints": pandas.DataFrame({"contact_id": ["a", "a", "b"], "occurred_at": at, "channel": channels}),
        "deals": pandas.DataFrame(
            {"deal_id": ["1", "d2"], "amount": [100, 50], "closed_at": days, "created_at": days, "is_won": [True] * 2}
        ),
        "deal_contacts": pandas.DataFrame({"deal_id": ["1", "d2"], "contact_id": ["a", "b"]}),
    }


def odd_tables() -> dict[str, tuple[str, Callable[[Any], object]]]:
    """Tables that say the same in another way: which, and how it is made of the plain one."""
    pandas, polars, pyarrow, duckdb = map(pytest.importorskip, ("pandas", "polars", "pyarrow", "duckdb"))

    def with_column(name: str, values: object) -> Callable[[Any], object]:
        return lambda frame: frame.assign(**{name: values})

    def related(frame: Any) -> object:
        return duckdb.connect().from_df(frame)

    def in_arrow(frame: Any) -> object:
        table = pyarrow.Table.from_pandas(frame)
        coded = table.set_column(2, "channel", table["channel"].dictionary_encode())
        return coded.set_column(0, "contact_id", coded["contact_id"].cast(pyarrow.large_string()))

    return {
        "nullable integers": ("deals", with_column("amount", pandas.array([100, 50], dtype="Int64"))),
        "integers of Arrow": ("deals", with_column("amount", pandas.array([100, 50], dtype="int64[pyarrow]"))),
        "decimals": ("deals", with_column("amount", [Decimal("100.00"), Decimal("50")])),
        "numbers and texts": ("deals", with_column("amount", pandas.Series([100, "50"], dtype=object))),
        "sparse": ("deals", with_column("amount", pandas.arrays.SparseArray([100.0, 50.0]))),
        "ids of both kinds": ("deals", with_column("deal_id", pandas.Series([1.0, "d2"], dtype=object))),
        "truth of both kinds": ("deals", with_column("is_won", pandas.Series(["yes", 1], dtype=object))),
        "days": ("deals", lambda frame: frame.assign(closed_at=frame["closed_at"].dt.to_period("D"))),
        "key as index": ("deals", lambda frame: frame.set_index("deal_id")),
        "keys as index": ("touchpoints", lambda frame: frame.set_index(["contact_id", "channel"])),
        "number as header": ("touchpoints", lambda frame: frame.assign(**{"0": 1}).rename(columns={"0": 0})),
        "categories": ("touchpoints", lambda frame: frame.astype({"channel": "category", "contact_id": "category"})),
        "another zone": (
            "touchpoints", lambda frame: frame.assign(occurred_at=frame["occurred_at"].dt.tz_convert("Asia/Tokyo")),
        ),
        "a column of no use": ("touchpoints", with_column("odd", [1 + 2j, 0, 0])),
        "an integer too large": ("touchpoints", with_column("odd", [2**70, 1, None])),
        "an Enum": (
            "touchpoints",
            lambda frame: polars.from_pandas(frame).cast({"channel": polars.Enum(["Ads", "Email"])}),
        ),
        "lazy": ("touchpoints", lambda frame: polars.from_pandas(frame).lazy()),
        "a dictionary": ("touchpoints", in_arrow),
        "another connection": ("touchpoints", related),
    }  # fmt: skip


def test_tables_of_odd_columns_say_what_they_say() -> None:
    for name, (which, made) in odd_tables().items():
        tables = small_tables()
        answer = attrib.report({**tables, which: made(tables[which])}, by="channel", measures="revenue")
        assert [tuple(row) for row in answer.rows] == [("Ads", "linear", 100), ("Email", "linear", 50)], name


def test_tables_that_cannot_be_read_are_refused_by_name() -> None:
    tables = small_tables()
    plain = tables["touchpoints"]
    duckdb, pandas = pytest.importorskip("duckdb"), pytest.importorskip("pandas")
    connection = duckdb.connect()
    closed = connection.from_df(plain)
    connection.close()
    for table, said in (
        (pandas.concat([plain, plain[["channel"]]], axis=1), "there are several columns 'channel'"),
        (plain[[]].iloc[:0], "the table has no columns"),
        (plain["channel"], "Series is no table"),
        (plain.to_dict("records"), "list is no table"),
        (closed, "the table cannot be read: Connection Error: Connection has already been closed"),
        (plain.drop(columns="contact_id"), "required column 'contact_id' of touchpoints missing; found: "),
    ):
        with pytest.raises(attrib.AttribError) as found:
            attrib.report({**tables, "touchpoints": table})
        assert str(found.value).startswith(f"tables['touchpoints']: {said}")
        assert "parquet" not in str(found.value) and "attrib.yaml" not in (found.value.hint or "")
    empty = attrib.report({**tables, "touchpoints": plain.iloc[:0]}, by="channel", measures="revenue")
    assert [tuple(row) for row in empty.rows] == [("(unattributed)", "linear", 150)]


def test_importing_costs_nothing_and_says_what_there_is() -> None:
    code = (
        "import sys, attrib_cli; print(dir(attrib_cli));"
        "print({'duckdb', 'pyarrow', 'yaml', 'pydantic', 'typer'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ended.stdout == "['Answer', 'AttribError', '__version__', 'dashboard', 'report']\nset()\n"
