"""Printed queries: as they are reviewed (golden files), run in DuckDB and held against the report."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import os
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import sqlglot

from attrib_cli.engine import DateRange, Report, ReportSpec, Settings, discover, explain, run
from attrib_cli.engine.settings import CustomModel
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.engine.sql.layout import laid_out

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "sql"
SETTINGS = Settings(
    timezone="Europe/Berlin",
    models=(
        CustomModel(
            name="late", weights={"last": Decimal(3)}, rest=Decimal(1), kernel="decay", half_life=dt.timedelta(days=3)
        ),
    ),
)
HALF = DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 6, 30), label="half")
BEFORE = DateRange(start=dt.date(2025, 7, 1), end=dt.date(2025, 12, 31), label="half")
REQUESTS = {
    "one-campaign": ReportSpec(campaigns=("Spring Launch",)),
    "all-models": ReportSpec(models=("all",), by=("channel", "position")),
    "contacts-by-month": ReportSpec(type="contact-create", models=("u-shaped",), by=("month", "campaign"), limit=5),
    "compared": ReportSpec(
        models=("linear", "last"), by=("campaign",), dates=HALF, compare="previous-period", compare_dates=BEFORE
    ),
    "spend": ReportSpec(models=("first",), measures=("revenue", "spend", "roi", "conversions_touched"), sort=("roi",)),
    "performance": ReportSpec(
        type="deal-create",
        by=("campaign",),
        measures=("deals", "influenced_contacts", "new_contacts_first_touch", "closed_deals"),
        lookback=dt.timedelta(days=90),
    ),
    "custom-decay": ReportSpec(
        models=("late", "time-decay"),
        by=("channel",),
        where=(Filter(column="segment", op="!=", values=("SMB",)),),
        eligible=(Filter(column="channel", op="!=", values=("Direct",)),),
    ),
    "markov": ReportSpec(models=("markov", "shapley"), by=("channel",), estimation=EstimationSpec(order=2)),
}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@functools.cache
def printed(name: str) -> str:
    return explain(REQUESTS[name], discover("examples/data"), SETTINGS)


@pytest.mark.parametrize("name", REQUESTS)
def test_golden_query_gives_the_report(name: str) -> None:
    query, path = printed(name), GOLDEN / f"{name}.sql"
    if os.environ.get("ATTRIB_UPDATE_GOLDEN"):
        path.write_text(query, encoding="utf-8")
    assert query == path.read_text(encoding="utf-8"), "run with ATTRIB_UPDATE_GOLDEN=1 and look at the difference"
    report: Report = run(REQUESTS[name], discover("examples/data"), SETTINGS)
    with duckdb.connect() as con:
        found = con.execute("SET TimeZone = 'UTC'").execute(query).fetchall()
    assert [row[1:] for row in found if row[0] is not None] == list(report.rows)
    assert [row[1:] for row in found if row[0] is None] == list(report.totals)


@pytest.mark.parametrize("name", REQUESTS)
def test_another_parser_reads_it(name: str) -> None:
    (parsed,) = [tree for tree in sqlglot.parse(printed(name), read="duckdb") if tree is not None]
    names = [cte.alias for cte in parsed.find_all(sqlglot.exp.CTE)]
    assert len(names) == len(set(names))
    sources = {"touchpoints", "contacts", "deals", "deal_contacts", "campaigns", "campaign_spend"} & set(names)
    assert set(names[: len(sources)]) == sources, "each source comes first, once"
    assert printed(name).count("read_csv(") == len(sources)


@pytest.mark.parametrize("name", REQUESTS)
def test_no_line_is_too_long_to_be_read(name: str) -> None:
    for line in printed(name).splitlines():
        assert len(line) <= 160 or re.fullmatch(r" *'(?:[^']|'')*'[),]*(?: AS .{1,40})?", line), line


@pytest.mark.parametrize("name", REQUESTS)
def test_every_table_says_its_grain(name: str) -> None:
    lines = printed(name).splitlines()
    for before, line in itertools.pairwise(lines):
        if re.match(r"\w+ AS (NOT )?MATERIALIZED \($", line):
            assert re.match(r"-- (.*: )?one row for (each|every) ", before), f"{before} / {line}"


@pytest.mark.parametrize("name", REQUESTS)
def test_no_aggregate_over_a_window_is_filtered(name: str) -> None:
    """DuckDB goes through all rows for every row where one stands beside an ordered window: minutes for a million."""
    parsed = sqlglot.parse_one(printed(name), read="duckdb")
    assert not [window.sql() for window in parsed.find_all(sqlglot.exp.Window) if window.find(sqlglot.exp.Filter)]


@pytest.mark.parametrize(
    "literal",
    ["'a, b AND c  d'", "'it''s, -- no comment'", "'two\n  lines,  here'", '"a, b"', "'" + "x, " * 60 + "'"],
)
def test_layout_changes_nothing_within_quotes(literal: str) -> None:
    sql = f"SELECT {literal} AS a, " + ", ".join(f"CASE WHEN {n} > 0 THEN {literal} END AS c{n}" for n in range(9))
    found = laid_out(f"-- a campaign's, comment\n{sql} FROM (SELECT 1 AS one) AS t")
    assert found.count(literal) == 10
    assert "".join(re.sub(r"\s+", "", part) for part in found.split(literal)) == "".join(
        re.sub(r"\s+", "", part)
        for part in f"-- a campaign's, comment\n{sql} FROM (SELECT 1 AS one) AS t".split(literal)
    )
