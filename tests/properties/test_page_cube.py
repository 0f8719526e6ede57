"""The last step of the engine a second time, in the page's script: the same rows to the last digit, cell by cell."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from conftest import WriteData, examples
from hypothesis import given
from hypothesis import strategies as st
from page_script import PageScript, as_script_has_it, carried, day
from strategies import Case, for_random_cases

from attrib_cli.engine import ReportSpec, discover
from attrib_cli.engine.buckets import CATALOGUE as BUCKETS
from attrib_cli.engine.buckets import Bucket, find_bucket
from attrib_cli.engine.calendar_units import Calendar
from attrib_cli.engine.comparisons import previous
from attrib_cli.engine.day_cube import day_cube
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.largest_values import with_largest_values
from attrib_cli.engine.models import typed_model
from attrib_cli.engine.periods import resolve_range
from attrib_cli.engine.session import Session, open_session
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import DateRange, PositionWeight
from attrib_cli.output.dashboard.page_data import cube_json

pytest.importorskip("py_mini_racer", reason="the engine that the page's script is tested in (pip install '.[dev]')")


@pytest.fixture(scope="module")
def script() -> Iterator[PageScript]:
    yield PageScript()


def asked(case: Case, dice: random.Random) -> ReportSpec:
    """The request of a case without what no page computes, perhaps compared, cut, and with weights of its own."""
    models = [name for name, model in case.ask.models.items() if not model.positions.get("same")]
    spec = replace(case.spec(), models=tuple(models) or ("linear",), measures=(), limit=dice.choice([None, 1, 3]))
    if dice.random() < 0.3:
        weights = [PositionWeight(position=name, weight=Decimal(dice.randint(0, 60))) for name in ("first", "last")]
        weights.append(PositionWeight(position="rest", weight=Decimal(dice.randint(1, 40))))
        model = typed_model(weights)
        spec = replace(spec, own_models=(model,), models=(*spec.models, model.name))
    if spec.dates.bounded and dice.random() < 0.5:
        before = previous(replace(spec.dates, label=""), dice.choice(["previous-period", "previous-year"]))
        if before.end is not None and spec.dates.start is not None and before.end < spec.dates.start:
            spec = replace(spec, compare="previous-period", compare_dates=before)
    return spec


def filtered(cube: dict, spec: ReportSpec, dice: random.Random) -> tuple[dict[str, list[str]], ReportSpec]:
    """Texts of rows to be restricted to, and the request that the command line has for the same."""
    only: dict[str, list[str]] = {}
    for one in cube["filters"]:
        texts = sorted({label for label in one["labels"] if label and not label.isdigit()})
        if texts and dice.random() < 0.5:
            only[one["name"]] = dice.sample(texts, dice.randint(1, len(texts)))
    where = [Filter(column=name, op="=", values=tuple(texts)) for name, texts in only.items()]
    return only, replace(spec, where=(*spec.where, *where))


def check(script: PageScript, session: Session, spec: ReportSpec, dice: random.Random) -> None:
    try:
        cube, choice = carried(session, spec)
    except UsageError:
        return  # a column that the data do not have: the report itself fails alike
    only, narrowed = filtered(cube, spec, dice)
    found = script.finish(cube, {**choice, "only": only})
    report = session.run(narrowed)
    wanted = as_script_has_it(report, report.rows)
    for row, expected in zip(found["rows"], wanted, strict=False):
        assert row == expected, narrowed
    assert len(found["rows"]) == len(wanted), narrowed
    assert found["totals"] == as_script_has_it(report, report.totals), narrowed
    assert found["counted"]["conversions"] == str(report.summary.conversions)


@for_random_cases(8)
def test_random_reports_are_finished_alike(case: Case, write_data: WriteData, script: PageScript) -> None:
    dice = random.Random(case.seed)
    with open_session(discover(write_data(case.data, case.style)), case.settings(), threads=1) as session:
        check(script, session, asked(case, dice), dice)


@for_random_cases(3, crowded=True)
def test_random_crowded_reports_are_finished_alike(case: Case, write_data: WriteData, script: PageScript) -> None:
    dice = random.Random(case.seed)
    with open_session(discover(write_data(case.data, case.style)), case.settings(), threads=1) as session:
        check(script, session, asked(case, dice), dice)


@for_random_cases(4, crowded=True)
def test_a_cube_of_the_largest_values_sums_to_the_same(case: Case, write_data: WriteData, script: PageScript) -> None:
    """Rows that are kept are what they were but for rounding, all others are one, and totals are the same."""
    dice = random.Random(case.seed)
    spec = replace(asked(case, dice), limit=None)
    with open_session(discover(write_data(case.data, case.style)), case.settings(), threads=1) as session:
        try:
            _, choice = carried(session, spec)
            whole = day_cube(session, spec)
        except UsageError:
            return
        fewer = with_largest_values(whole, dice.randint(1, 3))
    assert set(fewer.cut) <= {one.name for one in (*whole.dimensions, *whole.filters)}
    before, after = (script.finish(json.loads(json.dumps(cube_json(one))), choice) for one in (whole, fewer.cube))
    assert after["counted"] == before["counted"]
    dimensions = len(whole.dimensions)
    for one, other in zip(before["totals"], after["totals"], strict=True):
        for cell, same, measure in zip(one[dimensions + 1 :], other[dimensions + 1 :], names_of(choice), strict=True):
            assert cell == same or measure not in ("contacts", "deals", "revenue", "interactions"), (cell, same)
    labels = [
        {*one.labels, *(("(other)",) if one.kind == "column" else ())} if one.kind == "column" else None
        for one in fewer.cube.dimensions
    ]
    sums: dict[tuple[str, ...], list[int]] = {}
    for row in before["rows"]:
        key = [
            t if k is None or t in k or t == "(unattributed)" else "(other)" for t, k in zip(row, labels, strict=False)
        ]
        figures = [int(cell or 0) for cell in row[dimensions + 1 :]]
        found = sums.setdefault((*key, row[dimensions]), [0] * len(figures))
        found[:] = [a + b for a, b in zip(found, figures, strict=True)]
    assert {tuple(row[: dimensions + 1]) for row in after["rows"]} == set(sums)
    for row in after["rows"]:
        for at, measure in enumerate(names_of(choice)):
            if measure in ("contacts", "deals", "revenue", "interactions"):
                figure = int(row[dimensions + 1 + at])
                wanted = sums[tuple(row[: dimensions + 1])][at]
                assert abs(figure - wanted) <= (0 if measure == "interactions" else len(before["rows"])), measure


def names_of(choice: dict) -> list[str]:
    """The names of the figures of a row, in their order; those of a comparison as something else."""
    ends = ("", " before", " change") if choice["before"] else ("",)
    return [measure["name"] + end for measure in choice["measures"] for end in ends]


def test_a_cube_by_month_gives_the_figures_of_whole_months(script: PageScript) -> None:
    dates = DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 3, 31))
    spec = ReportSpec(models=("all",), by=("channel", "quarter"), dates=dates)
    with open_session(discover("examples/data")) as session:
        cube, choice = carried(session, spec, unit="month")
        report = session.run(spec)
        assert script.finish(cube, choice)["rows"] == as_script_has_it(report, report.rows)
        assert len(cube["moments"]) < 20
        with pytest.raises(Exception, match="choose whole months"):
            script.finish(cube, {**choice, "to": "2026-03-30"})
        with pytest.raises(UsageError, match="by week cannot be made of those of a month"):
            carried(session, replace(spec, by=("week",)), unit="month")


DAYS = st.dates(dt.date(1999, 12, 20), dt.date(2032, 2, 1))


def test_days_are_in_the_buckets_of_the_engine(script: PageScript, connection: object) -> None:
    """Every day of five years under every bucket and first day of the week."""
    first = dt.date(2023, 12, 20)
    days = [first + dt.timedelta(days=i) for i in range(1900)]
    for bucket, week in (("day", 0), *(("week", n) for n in range(7)), ("month", 0), ("quarter", 0), ("year", 0)):
        entry = find_bucket(bucket)
        assert entry is not None and entry.scripted
        label = entry.sql("CAST(d AS TIMESTAMP)", Calendar(week_starts_on=week))
        texts = ", ".join(f"('{one}')" for one in days)
        wanted = connection.execute(f"SELECT {label} FROM (VALUES {texts}) AS v(d)").fetchall()  # type: ignore[attr-defined]
        found = script.value(f"{json.dumps([str(one) for one in days])}.map(d => Days.bucketOf('{bucket}', d, {week}))")
        assert found == [row[0] for row in wanted], (bucket, week)


@pytest.mark.parametrize("bucket", [one for one in BUCKETS if one.unit is not None], ids=lambda one: one.name)
def test_what_comes_between_two_buckets_follows_from_their_entry(script: PageScript, bucket: Bucket) -> None:
    """The script steps by the unit of the entry; one whose texts it does not know it refuses to name."""
    assert bucket.unit is not None and bucket.label is not None
    first, last = dt.date(2023, 11, 17), dt.date(2025, 2, 3)
    unit = json.dumps({"months": bucket.unit.months, "days": bucket.unit.days})
    named = f"[...new Set(Days.all('{first}', '{last}', {unit}).map(d => Days.bucketOf('{bucket.name}', d, 0)))]"
    if not bucket.scripted:
        with pytest.raises(Exception, match="there is no bucket of time"):
            script.value(named)
        return
    days = (first + dt.timedelta(days=i) for i in range((last - first).days + 1))
    assert script.value(named) == list(dict.fromkeys(bucket.label(day, Calendar()) for day in days))


@examples(60)
@given(start=DAYS, length=st.integers(0, 800), kind=st.sampled_from(["previous-period", "previous-year"]))
def test_a_range_is_compared_with_the_same_days(script: PageScript, start: dt.date, length: int, kind: str) -> None:
    end = start + dt.timedelta(days=length)
    wanted = previous(resolve_range(start, end), kind)  # type: ignore[arg-type]
    found = script.value(f"Days.previous('{kind}', '{start}', '{end}')")
    assert found == {"from": day(wanted.start), "to": day(wanted.end)}
    assert Calendar().week_starts_on == 0


def test_a_comparison_that_the_page_does_not_know_is_no_other_one(script: PageScript) -> None:
    with pytest.raises(Exception, match="not computed in the page"):
        script.value("Days.previous('previous-fortnight', '2026-01-01', '2026-01-31')")


def test_texts_are_in_the_order_of_the_engine(script: PageScript) -> None:
    texts = ["", "a", "b", "B", "é", "\ufb01", "\U0001f600", "\U0001f600a", "\ud7ff", "\uffff", "z\u0301", "zz"]
    found = script.value(f"{json.dumps(texts)}.sort(Numbers.byCodePoint)")
    assert found == sorted(texts)


@given(value=st.integers(-(10**20), 10**20))
def test_figures_are_written_as_other_formats_write_them(script: PageScript, value: int) -> None:
    from attrib_cli.output.values import plain_number

    assert script.value(f"Numbers.decimal({value}n)") == plain_number(Decimal(value).scaleb(-6))
