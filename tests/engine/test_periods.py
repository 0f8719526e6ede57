"""Periods against a reference that knows no arithmetic of units: it walks the calendar day by day."""

import datetime as dt
import itertools
from collections.abc import Callable, Hashable
from pathlib import Path

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.comparisons import previous
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.periods import (
    PRESETS,
    catalogue,
    find_period,
    parse_day,
    parse_duration,
    resolve_period,
    resolve_range,
)
from attrib_cli.engine.spec import DateRange

DAY = dt.timedelta(days=1)
UNITS = ("week", "month", "quarter", "year", "fiscal-quarter", "fiscal-year")
days = st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31))
weekdays = st.integers(0, 6)
months = st.integers(1, 12)


def key(unit: str, week_starts_on: int, fiscal: int) -> Callable[[dt.date], Hashable]:
    """Two days are in the same unit exactly if their keys are equal."""

    def week(day: dt.date) -> Hashable:
        while day.weekday() != week_starts_on:
            day -= DAY
        return day

    def fiscal_year(day: dt.date) -> int:
        return day.year + (1 if fiscal > 1 and day.month >= fiscal else 0)

    def fiscal_month(day: dt.date) -> int:
        order = [(fiscal - 1 + n) % 12 + 1 for n in range(12)]
        return order.index(day.month)

    return {
        "day": lambda day: day,
        "week": week,
        "month": lambda day: (day.year, day.month),
        "quarter": lambda day: (day.year, {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 2, 7: 3, 8: 3, 9: 3}.get(day.month, 4)),
        "year": lambda day: day.year,
        "fiscal-quarter": lambda day: (fiscal_year(day), fiscal_month(day) // 3),
        "fiscal-year": fiscal_year,
    }[unit]


def walk(today: dt.date, same: Callable[[dt.date], Hashable], back: int = 0) -> tuple[dt.date, dt.date]:
    """Return the unit of `today`, or the one `back` units earlier, by walking from day to day."""
    start = today
    for step in range(back + 1):
        if step:
            start -= DAY
        while same(start - DAY) == same(start):
            start -= DAY
    end = start
    while same(end + DAY) == same(end):
        end += DAY
    return start, end


def resolve(name: str, today: dt.date, week: int = 0, fiscal: int = 1) -> DateRange:
    return resolve_period(name, today=today, week_starts_on=week, fiscal_year_starts_in=fiscal)


def span(start: str, end: str) -> tuple[dt.date, dt.date]:
    return dt.date.fromisoformat(start), dt.date.fromisoformat(end)


def ends(range_: DateRange) -> tuple[dt.date, dt.date]:
    assert range_.start is not None
    assert range_.end is not None
    return range_.start, range_.end


@pytest.mark.parametrize("unit", UNITS)
@examples(20)
@given(today=days, week=weekdays, fiscal=months)
def test_this_so_far_and_last_are_what_walking_the_calendar_finds(
    unit: str, today: dt.date, week: int, fiscal: int
) -> None:
    same = key(unit, week, fiscal)
    first, final = walk(today, same)
    assert ends(resolve(f"this-{unit}", today, week, fiscal)) == (first, final)
    assert ends(resolve(f"this-{unit}-so-far", today, week, fiscal)) == (first, today)
    assert ends(resolve(f"last-{unit}", today, week, fiscal)) == walk(today, same, back=1)


@pytest.mark.parametrize("unit", ("day", *UNITS))
@examples(20)
@given(today=days, week=weekdays, fiscal=months, count=st.integers(1, 5))
def test_last_n_units_are_whole_and_end_before_the_unit_of_today(
    unit: str, today: dt.date, week: int, fiscal: int, count: int
) -> None:
    same = key(unit, week, fiscal)
    found = resolve(f"last-{count}-{unit}s", today, week, fiscal)
    assert ends(found) == (walk(today, same, back=count)[0], walk(today, same)[0] - DAY)
    before = previous(found, "previous-period", week_starts_on=week, fiscal_year_starts_in=fiscal)
    assert ends(before) == (walk(today, same, back=2 * count)[0], ends(found)[0] - DAY)


@examples(20)
@given(today=days, week=weekdays, fiscal=months)
def test_every_listed_period_can_be_typed_and_has_the_days_that_are_listed(
    today: dt.date, week: int, fiscal: int
) -> None:
    entries = catalogue(today, week_starts_on=week, fiscal_year_starts_in=fiscal)
    assert set(PRESETS) <= {entry.name for entry in entries}
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        found = resolve(entry.name, today, week, fiscal)
        assert (found.start, found.end, found.label) == (entry.start, entry.end, entry.name)
        assert entry.description
        for spelling in (entry.name.upper(), entry.name.replace("-", "_"), f" {entry.name.replace('-', ' ')} "):
            assert resolve(spelling, today, week, fiscal) == found
        if entry.start is None or entry.end is None:
            assert entry.name == "all-time"
            continue
        assert entry.start <= entry.end
        if entry.name.startswith("this-"):
            assert entry.start <= today <= entry.end
        if entry.name.endswith("-so-far"):
            assert entry.end == today
        if entry.name.startswith("last-"):
            assert entry.end < today


@examples(20)
@given(st.integers(1, 9999))
def test_months_quarters_and_days_partition_their_year(year: int) -> None:
    whole = ends(resolve(f"{year:04}", dt.date(2026, 1, 1)))
    assert whole == (dt.date(year, 1, 1), dt.date(year, 12, 31))
    for names in ([f"{year:04}-{m:02}" for m in range(1, 13)], [f"{year:04}-Q{q}" for q in range(1, 5)]):
        parts = [ends(resolve(name, dt.date(2026, 1, 1))) for name in names]
        assert (parts[0][0], parts[-1][1]) == whole
        for (_, end), (start, _) in itertools.pairwise(parts):
            assert start == end + DAY


@examples(20)
@given(st.integers(1995, 2050), st.integers(1, 53), weekdays)
def test_iso_weeks_are_those_of_the_standard_library(year: int, number: int, week: int) -> None:
    name = f"{year}-W{number:02}"
    try:
        monday = dt.date.fromisocalendar(year, number, 1)
    except ValueError:
        with pytest.raises(UsageError):
            resolve(name, dt.date(2026, 1, 1), week)
        return
    found = resolve(name, dt.date(2026, 1, 1), week)
    assert ends(found) == (monday, dt.date.fromisocalendar(year, number, 7))
    assert all((found.start + n * DAY).isocalendar()[:2] == (year, number) for n in range(7) if found.start)


@examples(20)
@given(st.integers(1995, 2050), months)
def test_fiscal_quarters_partition_the_fiscal_year_that_ends_in_its_year(year: int, fiscal: int) -> None:
    start, end = ends(resolve(f"FY{year}", dt.date(2026, 1, 1), 0, fiscal))
    assert (start.month, start.day) == (fiscal, 1)
    assert end.year == year
    assert (end + DAY) == start.replace(year=start.year + 1)
    quarters = [ends(resolve(f"FY{year}-Q{n}", dt.date(2026, 1, 1), 0, fiscal)) for n in range(1, 5)]
    assert (quarters[0][0], quarters[-1][1]) == (start, end)
    for (_, last), (first, _) in itertools.pairwise(quarters):
        assert first == last + DAY
    assert resolve("this-fiscal-year", start, 0, fiscal).start == start


@pytest.mark.parametrize(
    ("name", "first", "final"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026q4", "2026-10-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("FY2026", "2025-04-01", "2026-03-31"),
        ("fy 2026 q2", "2025-07-01", "2025-09-30"),
        ("this-fiscal-quarter", "2024-01-01", "2024-03-31"),
        ("last-fiscal-year", "2022-04-01", "2023-03-31"),
        ("this-week", "2024-02-25", "2024-03-02"),
        ("this-month-so-far", "2024-02-01", "2024-02-29"),
        ("last-30-days", "2024-01-30", "2024-02-28"),
        ("Last 1 Month", "2024-01-01", "2024-01-31"),
        ("last_2_fiscal_years", "2021-04-01", "2023-03-31"),
        ("last-007-days", "2024-02-22", "2024-02-28"),
    ],
)
def test_on_a_leap_day_with_weeks_from_sunday_and_a_fiscal_year_from_april(name: str, first: str, final: str) -> None:
    assert ends(resolve(name, dt.date(2024, 2, 29), 6, 4)) == span(first, final)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("last-mnth", "'last-month'"),
        ("this-fiscal-yaer", "'this-fiscal-year'"),
        ("last-90-dyas", "'last-90-days'"),
        ("alltime", "'all-time'"),
        ("xyzzy", "attrib periods"),
        ("", "attrib periods"),
        ("last-0-days", "last-3-days"),
        ("last-99999999999-days", "last-3-days"),
        ("last-9999-years", "nearer"),
        ("9999-W52", "nearer"),
        ("2026-13", "2026-03"),
        ("2026-Q5", "2026-Q1"),
        ("2025-W53", "2026-W05"),
        ("2026-02-29", "2026-03-05"),
        ("0000", "2026"),
        ("2026-W05-3", "--from"),
        ("2026-Q1-05", "--from"),
        ("FY2026-03", "FY2026"),
        ("03/04/2026", "--from"),
        ("2026-01-01..2026-02-01", "--from"),
        ("٢٠٢٦", "attrib periods"),
        ("last-٣-days", "'last-3-days'"),
    ],
)
def test_what_is_no_period_is_refused_with_a_way_on(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(name, dt.date(2026, 3, 5))
    assert hint in (caught.value.hint or "")


@examples(20)
@given(st.text(max_size=25))
def test_any_text_is_a_period_or_a_usage_error(text: str) -> None:
    for function in (lambda: resolve(text, dt.date(2026, 3, 5)), lambda: parse_day(text), lambda: parse_duration(text)):
        try:
            function()
        except UsageError as error:
            assert error.message
            assert error.hint


def test_ranges_keep_open_sides_and_refuse_the_wrong_order() -> None:
    first, final = span("2026-01-05", "2026-02-03")
    assert resolve_range(first, final) == DateRange(start=first, end=final, label="2026-01-05..2026-02-03")
    assert resolve_range(first, None).label == "2026-01-05.."
    assert resolve_range(None, final).label == "..2026-02-03"
    assert resolve_range(None, None) == DateRange()
    assert ends(resolve_range(first, first)) == (first, first)
    with pytest.raises(UsageError, match=r"2026-02-03.*2026-01-05"):
        resolve_range(final, first)


def test_days_are_iso_only() -> None:
    today = dt.date(2026, 3, 1)
    assert parse_day(" 2026-03-05 ") == dt.date(2026, 3, 5)
    assert parse_day("Today", today=today) == today
    assert parse_day("yesterday", today=today) == dt.date(2026, 2, 28)
    for text in ("20260305", "2026-W05-1", "05/03/2026", "2026-3-5", "2026-02-30", "2026-03-05T10:00", "tomorrow", ""):
        with pytest.raises(UsageError) as caught:
            parse_day(text, today=today)
        assert "YYYY-MM-DD" in (caught.value.hint or "")
    with pytest.raises(UsageError):
        parse_day("today")


PREVIOUS_PERIOD = [
    ("today", "2026-03-31", "2026-03-30", "2026-03-30", "2026-03-30"),
    ("2026-03", "2026-05-01", "2026-02-01", "2026-02-28", "2026-02"),
    ("2026-Q1", "2026-05-01", "2025-10-01", "2025-12-31", "2025-Q4"),
    ("2026", "2026-05-01", "2025-01-01", "2025-12-31", "2025"),
    ("2026-W01", "2026-05-01", "2025-12-22", "2025-12-28", "2025-W52"),
    ("this-quarter", "2026-05-20", "2026-01-01", "2026-03-31", "2026-Q1"),
    ("last-3-months", "2026-05-20", "2025-11-01", "2026-01-31", "2025-11-01..2026-01-31"),
    ("last-2-weeks", "2026-05-20", "2026-04-20", "2026-05-03", "2026-04-20..2026-05-03"),
    ("last-30-days", "2026-05-20", "2026-03-21", "2026-04-19", "2026-03-21..2026-04-19"),
    ("this-month-so-far", "2026-03-31", "2026-02-01", "2026-02-28", "2026-02-01..2026-02-28"),
    ("this-month-so-far", "2026-03-10", "2026-02-01", "2026-02-10", "2026-02-01..2026-02-10"),
    ("this-year-so-far", "2024-12-31", "2023-01-01", "2023-12-31", "2023-01-01..2023-12-31"),
    ("this-week-so-far", "2026-05-20", "2026-05-11", "2026-05-13", "2026-05-11..2026-05-13"),
    ("this-fiscal-year", "2026-05-20", "2025-01-01", "2025-12-31", "2025-01-01..2025-12-31"),
]


@pytest.mark.parametrize(("name", "today", "first", "final", "label"), PREVIOUS_PERIOD)
def test_the_period_before(name: str, today: str, first: str, final: str, label: str) -> None:
    found = previous(resolve(name, dt.date.fromisoformat(today)), "previous-period")
    assert ends(found) == span(first, final)
    assert found.label == label


PREVIOUS_YEAR = [
    ("2024-02-29", "2026-01-01", "2023-02-28", "2023-02-28"),
    ("2024-02", "2026-01-01", "2023-02-01", "2023-02-28"),
    ("2025-02", "2026-01-01", "2024-02-01", "2024-02-29"),
    ("2026-Q1", "2026-01-01", "2025-01-01", "2025-03-31"),
    ("last-3-months", "2025-03-09", "2023-12-01", "2024-02-29"),
    ("this-month-so-far", "2025-02-27", "2024-02-01", "2024-02-27"),
    ("this-month-so-far", "2025-02-28", "2024-02-01", "2024-02-29"),
    ("last-7-days", "2024-03-02", "2023-02-24", "2023-03-01"),
    ("2026-W05", "2026-01-01", "2025-01-27", "2025-02-02"),
    ("2026-W53", "2026-01-01", "2025-12-22", "2025-12-28"),
    ("2027-W01", "2026-01-01", "2025-12-29", "2026-01-04"),
    ("this-week-so-far", "2026-01-28", "2025-01-27", "2025-01-29"),
    ("last-2-weeks", "2027-01-11", "2025-12-22", "2026-01-04"),
]


@pytest.mark.parametrize(("name", "today", "first", "final"), PREVIOUS_YEAR)
def test_the_year_before(name: str, today: str, first: str, final: str) -> None:
    assert ends(previous(resolve(name, dt.date.fromisoformat(today)), "previous-year")) == span(first, final)


@examples(20)
@given(st.integers(1996, 2050), st.integers(1, 53))
def test_a_week_is_compared_with_that_of_the_same_number(year: int, number: int) -> None:
    try:
        week = resolve(f"{year}-W{number:02}", dt.date(2026, 1, 1))
    except UsageError:
        return
    found = previous(week, "previous-year")
    last_of_before = dt.date(year - 1, 12, 28).isocalendar().week
    assert found.label == f"{year - 1}-W{min(number, last_of_before):02}"


@examples(20)
@given(days, weekdays)
def test_weeks_from_any_weekday_keep_their_weekday_and_move_by_52_or_53_weeks(today: dt.date, week: int) -> None:
    found = resolve("this-week", today, week)
    start, end = ends(previous(found, "previous-year", week_starts_on=week))
    assert start.weekday() == week
    assert end - start == 6 * DAY
    assert (ends(found)[0] - start).days in (364, 371)


@examples(20)
@given(days, days)
def test_other_days_are_compared_with_as_many_right_before(one: dt.date, two: dt.date) -> None:
    first, final = sorted((one, two))
    before = ends(previous(resolve_range(first, final), "previous-period"))
    assert before[1] + DAY == first
    assert before[1] - before[0] == final - first
    assert ends(previous(DateRange(start=first, end=final), "previous-period")) == before
    assert ends(previous(DateRange(start=first, end=final, label="2026-02"), "previous-period"))[1] + DAY == first


@examples(20)
@given(days)
def test_a_label_of_what_came_before_can_be_compared_again(today: dt.date) -> None:
    for name in ("this-month", "this-quarter", "this-year", "this-week", "yesterday"):
        once = previous(resolve(name, today), "previous-period")
        assert resolve(once.label, today) == once
        assert ends(previous(once, "previous-period"))[1] + DAY == once.start


@pytest.mark.parametrize("kind", ["previous-period", "previous-year"])
def test_open_ranges_have_nothing_before_them(kind: str) -> None:
    for range_ in (DateRange(), resolve_range(dt.date(2026, 1, 1), None), resolve_range(None, dt.date(2026, 1, 1))):
        with pytest.raises(UsageError) as caught:
            previous(range_, "previous-year" if kind == "previous-year" else "previous-period")
        assert caught.value.hint
    with pytest.raises(UsageError):
        previous(resolve("0001", dt.date(2026, 1, 1)), "previous-year")


def test_a_name_can_be_checked_before_the_day_is_known() -> None:
    assert find_period("LAST 030 days").name == "last-30-days"


@pytest.mark.parametrize(
    ("text", "hours"),
    [("90d", 2160), ("2w", 336), ("12h", 12), ("30", 720), ("90 days", 2160), ("1 Week", 168), ("0.5d", 12)],
)
def test_durations(text: str, hours: float) -> None:
    assert parse_duration(text) == dt.timedelta(hours=hours)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "d",
        "0",
        "0d",
        "-3d",
        "3m",
        "3 months",
        "1y",
        "2q",
        "1d2h",
        "1e3d",
        "nan",
        "inf",
        "1,5d",
        "99999999d",
        "0.0000000000001h",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration(text)
    assert caught.value.hint


def test_the_documentation_names_every_period() -> None:
    text = (Path(__file__).parents[2] / "docs" / "periods.md").read_text(encoding="utf-8")
    for name in PRESETS:
        assert f"`{name}`" in text
