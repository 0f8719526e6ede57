"""The dimensions of time: what the query calls a moment, against the calendar of Python and the periods."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from attrib_cli.engine.buckets import CATALOGUE, Bucket
from attrib_cli.engine.calendar_units import Calendar
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.periods import resolve_period
from attrib_cli.engine.runner import run
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.sources import discover
from attrib_cli.engine.spec import DateRange, ReportSpec

FIRST = dt.date(2023, 12, 20)
DAYS = [FIRST + dt.timedelta(days=i) for i in range(1600)]
OVER_TIME = [bucket for bucket in CATALOGUE if bucket.over_time]
DATA = "examples/data"


def calendars(bucket: Bucket) -> list[Calendar]:
    weeks = range(7) if "week_starts_on" in bucket.depends_on else [0]
    years = range(1, 13) if "fiscal_year_starts_in" in bucket.depends_on else [1]
    return [Calendar(week_starts_on=week, fiscal_year_starts_in=year) for week in weeks for year in years]


def texts(bucket: Bucket, its: Calendar, connection: duckdb.DuckDBPyConnection) -> list[str]:
    days = ", ".join(f"(TIMESTAMP '{day} 23:59:59.999')" for day in DAYS)
    found = connection.execute(f"SELECT {bucket.sql('d', its)} FROM (VALUES {days}) AS v(d)").fetchall()
    return [text for (text,) in found]


@pytest.mark.parametrize("bucket", OVER_TIME, ids=lambda bucket: bucket.name)
def test_the_query_and_python_call_a_day_the_same_and_it_can_be_typed_as_a_period(
    bucket: Bucket, connection: duckdb.DuckDBPyConnection
) -> None:
    assert bucket.label is not None and bucket.unit is not None
    for its in calendars(bucket):
        found = texts(bucket, its, connection)
        assert found == [bucket.label(day, its) for day in DAYS]
        assert found == sorted(found)
        starts = [bucket.unit.start(day, its) for day in DAYS]
        assert [a == b for a, b in pairwise(found)] == [a == b for a, b in pairwise(starts)]
        for text, start in dict(zip(found, starts, strict=True)).items():
            period = resolve_period(
                text,
                today=FIRST,
                week_starts_on=its.week_starts_on,
                fiscal_year_starts_in=its.fiscal_year_starts_in,
            )
            assert period.start == start, (text, its)


def test_fiscal_years_are_called_after_the_year_in_which_they_end(connection: duckdb.DuckDBPyConnection) -> None:
    """Worked by hand: years that begin in April, so that April 2025 begins FY2026."""
    named = {bucket.name: texts(bucket, Calendar(fiscal_year_starts_in=4), connection) for bucket in OVER_TIME}
    at = {day: i for i, day in enumerate(DAYS)}
    for day, year, quarter in (
        (dt.date(2024, 3, 31), "FY2024", "FY2024-Q4"),
        (dt.date(2024, 4, 1), "FY2025", "FY2025-Q1"),
        (dt.date(2025, 12, 31), "FY2026", "FY2026-Q3"),
        (dt.date(2026, 1, 31), "FY2026", "FY2026-Q4"),
    ):
        assert (named["fiscal_year"][at[day]], named["fiscal_quarter"][at[day]]) == (year, quarter)


def test_what_comes_again_is_called_as_python_calls_it(connection: duckdb.DuckDBPyConnection) -> None:
    by_name = {bucket.name: bucket for bucket in CATALOGUE}
    assert texts(by_name["weekday"], Calendar(), connection) == [f"{day:%A}" for day in DAYS]
    hours = ", ".join(f"(TIMESTAMP '2026-01-05 {hour:02}:30:00')" for hour in range(24))
    sql = by_name["hour"].sql("d", Calendar())
    found = connection.execute(f"SELECT {sql} FROM (VALUES {hours}) AS v(d)").fetchall()
    values = by_name["hour"].values
    assert values is not None and [text for (text,) in found] == list(values(Calendar()))
    weekdays = by_name["weekday"].values
    assert weekdays is not None and weekdays(Calendar(week_starts_on=6))[:2] == ("Sunday", "Monday")


def closed() -> list[tuple[dt.datetime, Decimal]]:
    text = Path(f"{DATA}/deals.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["amount"]]
    return [
        (dt.datetime.fromisoformat(row["closed_at"].replace("Z", "")), Decimal(row["amount"]))
        for row in rows
        if row["stage"] == "Closed won"
    ]


def revenue(by: str, **asked: object) -> dict[str, Decimal]:
    spec = ReportSpec(models=("linear",), by=(by,), measures=("revenue",), **asked)  # type: ignore[arg-type]
    return {str(row[0]): Decimal(row[2]) for row in run(spec, discover(DATA), Settings(week_starts_on=6)).rows}


@pytest.mark.parametrize(("by", "text"), [("weekday", "{:%A}"), ("hour", "{:%H}:00")])
def test_revenue_by_what_comes_again_is_that_of_the_deals_in_calendar_order(by: str, text: str) -> None:
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for moment, amount in closed():
        wanted[text.format(moment)] += amount
    found = revenue(by)
    assert found == wanted
    order = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] if by == "weekday" else None
    assert list(found) == sorted(found, key=order.index if order else None)


def test_weekdays_of_another_year_stay_what_they_were() -> None:
    """A comparison moves days by 365; a Monday stays a Monday."""
    now = DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 6, 30))
    before = DateRange(start=dt.date(2025, 1, 1), end=dt.date(2025, 6, 30))
    spec = ReportSpec(models=("linear",), by=("weekday",), measures=("revenue",), dates=now, compare_dates=before)
    report = run(spec, discover(DATA))
    at = [column.name for column in report.columns].index("revenue_previous")
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for moment, amount in closed():
        if moment.year == 2025 and moment.month <= 6:
            wanted[f"{moment:%A}"] += amount
    assert {str(row[0]): row[at] for row in report.rows if row[at]} == wanted


def test_a_weekday_that_there_is_none_of_is_refused_and_another_filters() -> None:
    found = revenue("day", where=(Filter(column="weekday", op="=", values=("monday",)),))
    assert found and all(dt.date.fromisoformat(day).weekday() == 0 for day in found)
    with pytest.raises(UsageError, match="no weekday 'mondy'") as caught:
        revenue("day", where=(Filter(column="weekday", op="=", values=("mondy",)),))
    assert "Monday" in (caught.value.hint or "")
