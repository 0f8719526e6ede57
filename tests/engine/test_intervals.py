"""Intervals of rules, and of changes, against the same bootstrap done here from the credit of each conversion."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from math import exp, factorial, floor
from pathlib import Path

import numpy as np
import pytest
from chains import as_tables, journeys
from conftest import WriteData

from attrib_cli.engine import (
    CustomModel,
    DateRange,
    Filter,
    Report,
    ReportSpec,
    Settings,
    discover,
    finishing,
    open_session,
    run,
)
from attrib_cli.engine.backends.shards import ShardedBackend
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.session import Session
from attrib_cli.engine.spec import EstimationSpec

DATA = discover(str(Path(__file__).parents[2] / "examples" / "data"))
SURE = EstimationSpec(confidence=Decimal("0.9"))
REPLICATES, GROUPS = 200, 512
LEAD_ONLY = CustomModel(name="lead-only", weights={"lead": Decimal(1)})
CLOSING = CustomModel(name="closing", weights={"last": Decimal(40)}, rest=Decimal(60), kernel="decay")
SETTINGS = Settings(models=(LEAD_ONLY, CLOSING))
QUARTER = DateRange(start=dt.date(2026, 4, 1), end=dt.date(2026, 6, 30))
BEFORE = DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 3, 31))
ENDS = [round(65536 * sum(exp(-1) / factorial(j) for j in range(k + 1))) for k in range(9)]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with open_session(DATA, SETTINGS) as found:
        yield found


@functools.cache
def weights_of(conversion: str, period: int, seed: int) -> Draws:
    """How often a conversion counts in each replicate."""
    group = int(hashlib.md5(f"{seed}:{conversion}".encode()).hexdigest()[:12], 16) % GROUPS
    found: list[int] = []
    for word in range(REPLICATES // 4):
        bits = int(hashlib.md5(f"{seed}:{period}:{group}:{word}".encode()).hexdigest()[:16], 16)
        found += [sum(bits >> 16 * lane & 65535 >= end for end in ENDS) for lane in range(4)]
    return np.array(found, dtype=np.float64)


Draws = np.ndarray[tuple[int], np.dtype[np.float64]]


class Bootstrap:
    """What each row has in each replicate, by (row, model): of the value of the data, and of what was drawn."""

    def __init__(self, session: Session, spec: ReportSpec, measure: str, period: int, seed: int) -> None:
        id_ = "contact_id" if spec.type == "contact-create" else "deal_id"
        spec = replace(spec, by=(*spec.by, id_), compare=None, compare_dates=None, limit=None, sort=(), measures=())
        self.rows: dict[tuple[object, ...], Draws] = defaultdict(lambda: np.zeros(REPLICATES))
        self.figures: dict[tuple[object, ...], float] = defaultdict(float)
        whole, wholes = 0.0, np.zeros(REPLICATES)
        for shown in (spec, replace(spec, where=tuple(f for f in spec.where if f.column != "channel"), campaigns=())):
            report = session.run(replace(shown, estimation=EstimationSpec()))
            at = [c.name for c in report.columns].index(measure)
            width = len(report.dimensions())
            for row in report.rows:
                id_text, credit = str(row[width - 1]), float(row[at] or 0)
                weights = weights_of(id_text, period, seed)
                key = (*row[: width - 1], row[width])
                if shown is spec:
                    self.figures[key] += credit
                    self.rows[key] += weights * credit
                if shown is not spec and row[width] == report.spec.models[0]:
                    whole += credit
                    wholes += weights * credit
        self.split = {
            key: np.where(wholes > 0, own * whole / np.where(wholes > 0, wholes, 1), self.figures[key])
            for key, own in self.rows.items()
        }


def ends(draws: Iterable[float]) -> tuple[float, float]:
    cut = floor(0.05 * REPLICATES)
    return sorted(draws)[cut], sorted(draws)[REPLICATES - 1 - cut]


def figures(report: Report, name: str) -> dict[tuple[object, ...], object]:
    at = [column.name for column in report.columns].index(name)
    return {tuple(row[: len(report.dimensions()) + 1]): row[at] for row in report.rows}


CASES = [
    (ReportSpec(models=("u-shaped", "time-decay", "closing", "lead-only"), by=("campaign",)), "revenue"),
    (ReportSpec(models=("linear", "full-path"), by=("channel", "month")), "deals"),
    (ReportSpec(type="contact-create", models=("first", "j-shaped"), by=("channel", "position")), "contacts"),
    (ReportSpec(type="deal-create", models=("w-shaped",), by=("pipeline",), dates=QUARTER), "amount"),
    (
        ReportSpec(models=("linear",), by=("campaign",), where=(Filter(column="channel", op="=", values=("Email",)),)),
        "revenue",
    ),
    (ReportSpec(models=("last",), by=("channel",), campaigns=("Spring Launch",)), "deals"),
    (ReportSpec(models=("linear",), by=()), "revenue"),
]


@pytest.mark.parametrize(("spec", "measure"), CASES, ids=lambda value: str(getattr(value, "by", value)))
def test_ends_are_those_of_conversions_drawn_again(session: Session, spec: ReportSpec, measure: str) -> None:
    measures = (measure,)
    report = session.run(replace(spec, measures=measures, estimation=replace(SURE, seed=7)))
    expected = Bootstrap(session, spec, measure, 0, 7)
    low, high = figures(report, f"{measure}_low"), figures(report, f"{measure}_high")
    for key in low:
        if not expected.rows[key].any() and not expected.figures[key]:
            assert low[key] is None and high[key] is None
        else:
            assert (float(low[key]), float(high[key])) == pytest.approx(ends(expected.split[key]), abs=2e-4)


def test_figures_are_the_same_with_intervals(session: Session) -> None:
    for spec, _ in CASES[::2]:
        plain, sure = session.run(spec), session.run(replace(spec, estimation=SURE))
        at = [[c.name for c in sure.columns].index(column.name) for column in plain.columns]
        assert [tuple(row[i] for i in at) for row in sure.rows] == list(plain.rows)
        assert [tuple(row[i] for i in at) for row in sure.totals] == list(plain.totals)
        assert sure.summary == plain.summary


@pytest.mark.parametrize("measure", ["revenue", "deals"])
def test_changes_are_drawn_with_both_periods(session: Session, measure: str) -> None:
    spec = ReportSpec(models=("linear", "first"), by=("campaign",), dates=QUARTER, measures=(measure,))
    report = session.run(replace(spec, compare="previous-period", compare_dates=BEFORE, estimation=SURE))
    now = Bootstrap(session, spec, measure, 0, 1)
    before = Bootstrap(session, replace(spec, dates=BEFORE), measure, 1, 1)
    found = {name: figures(report, f"{measure}_{name}") for name in (
        "previous", "change", "change_low", "change_high",
        "increase", "increase_low", "increase_high",
    )}  # fmt: skip
    assert any(value is None for value in found["change"].values()), "a row without a base"
    for key, base in found["previous"].items():
        if not now.rows[key].any() and not before.rows[key].any():
            continue
        pairs = list(zip(now.rows[key], before.rows[key], strict=True))
        low, high = ends([new - old for new, old in pairs])
        assert (float(found["increase_low"][key]), float(found["increase_high"][key])) == pytest.approx(
            (low, high), abs=2e-4
        )
        assert float(found["increase"][key]) == pytest.approx(now.figures[key] - before.figures[key], abs=2e-4)
        if not base:
            assert found["change_low"][key] is found["change_high"][key] is None
            continue
        changes = ends([(new - old) / old if old > 1e-6 else float("inf") for new, old in pairs])
        for name, end in zip(("change_low", "change_high"), changes, strict=True):
            if end == float("inf"):
                assert found[name][key] is None
            else:
                assert float(found[name][key]) == pytest.approx(end, rel=1e-3, abs=2e-4)


def test_totals_of_a_comparison_have_intervals(session: Session) -> None:
    """The total is as sure as a report that is cut by nothing says."""
    asked = ReportSpec(models=("linear",), dates=QUARTER, compare="p", compare_dates=BEFORE, estimation=SURE)
    cut, whole = session.run(asked), session.run(replace(asked, by=()))
    for name in ("revenue_change_low", "deals_change_high", "revenue_increase_low"):
        at = [[c.name for c in report.columns].index(name) for report in (cut, whole)]
        assert cut.totals[0][at[0]] == whole.totals[0][at[1]] == whole.rows[0][at[1]] is not None


def test_threads_and_shards_make_no_difference(write_data: WriteData) -> None:
    compared = ReportSpec(
        by=("campaign",), estimation=SURE, dates=QUARTER, compare="previous-period", compare_dates=BEFORE
    )
    paths = [replace(path, times=1) for path in journeys(random.Random(3), states=3, number=30)]
    for spec, data in (
        (replace(compared, models=("u-shaped", "time-decay", "lead-only")), DATA),
        (
            ReportSpec(models=("linear", "shapley"), by=("channel",), estimation=SURE),
            discover(write_data(as_tables(paths))),
        ),
    ):
        one = run(spec, data, SETTINGS, threads=1)
        sharded = run(spec, data, SETTINGS, threads=4, backend=ShardedBackend(shards=2))
        assert (one.rows, one.totals) == (sharded.rows, sharded.totals) != ((), ())


def test_rows_that_chance_may_have_ranked_are_named(session: Session) -> None:
    """By the differences of two rows in the same replicates, not by whether their intervals overlap."""
    spec = ReportSpec(models=("linear",), by=("channel",), measures=("revenue",))
    report = session.run(replace(spec, estimation=SURE))
    expected = Bootstrap(session, spec, "revenue", 0, 1)
    names = [row[0] for row in report.rows if row[0] != "(unattributed)"]
    runs: list[tuple[int, int]] = []
    for first, _ in enumerate(names):
        last = first
        while last + 1 < len(names):
            pair = (expected.split[names[place], "linear"] for place in (first, last + 1))
            low, high = ends([a - b for a, b in zip(*pair, strict=True)])
            if not low <= 0 <= high:
                break
            last += 1
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((first, last))
    (note,) = [note for note in report.notes if note.code == "ranking-within-chance"]
    assert runs
    assert note.level == "note" and note.hint and "(90%)" in note.text
    for first, last in runs:
        assert f"rows {first + 1} to {last + 1} ({', '.join(names[first : last + 1][:5])}" in note.text
    assert dict(note.counts)["rows"] == len({row for first, last in runs for row in range(first, last + 1)})
    for other in (
        spec,
        replace(spec, by=("month",), estimation=SURE),
        replace(spec, sort=("channel",), estimation=SURE),
    ):
        assert "ranking-within-chance" not in {note.code for note in session.run(other).notes}


def few(folder: Path, amounts: list[int], campaigns: str = "A") -> ReportSpec:
    """Deals of May, each after one interaction, of the campaigns in turn."""
    deals = [f"{i},k{i},2026-05-10,2026-05-20,{amount},true" for i, amount in enumerate(amounts)]
    touches = [f"k{i},2026-05-01,{campaigns[i % len(campaigns)]}" for i, _ in enumerate(amounts)]
    (folder / "deals.csv").write_text("\n".join(["deal_id,contact_id,created_at,closed_at,amount,is_won", *deals]))
    (folder / "touchpoints.csv").write_text(
        "\n".join(["contact_id,occurred_at,campaign_id", *touches, "z,2026-05-01,A"])
    )
    return ReportSpec(dates=QUARTER, measures=("revenue",), estimation=SURE)


def codes(report: Report) -> list[str]:
    return [note.code for note in report.notes if note.code in ("few-conversions-drawn", "ranking-within-chance")]


def test_nothing_one_conversion_all_in_one_row_and_refunds(tmp_path: Path) -> None:
    spec = few(tmp_path, [])
    assert run(spec, discover(str(tmp_path))).rows == ()
    spec = few(tmp_path, [100])
    one = run(spec, discover(str(tmp_path)))
    assert one.rows[0][2:5] == (100, 100, 100) and codes(one) == ["few-conversions-drawn"]
    spec = few(tmp_path, [100 + i for i in range(40)])
    same = run(spec, discover(str(tmp_path)))
    assert len({*same.rows[0][2:5]}) == 1 and codes(same) == []
    spec = few(tmp_path, [(-1) ** i * (100 + i) for i in range(40)], "AB")
    refunds = run(spec, discover(str(tmp_path)))
    assert [row[0] for row in refunds.rows] == ["A", "B"]
    assert all(row[3] < row[2] < row[4] for row in refunds.rows), (
        "the value of the report is below 0: nothing is scaled"
    )


def test_without_a_base_a_change_has_no_interval_and_an_increase_has(tmp_path: Path) -> None:
    spec = few(tmp_path, [50 + i for i in range(40)], "AB")
    report = run(replace(spec, compare="p", compare_dates=BEFORE), discover(str(tmp_path)))
    names = [column.name for column in report.columns]
    for row in (*report.rows, *report.totals):
        found = dict(zip(names, row, strict=True))
        assert found["revenue_previous"] == 0
        assert found["revenue_change"] is found["revenue_change_low"] is found["revenue_change_high"] is None
        assert 0 < found["revenue_increase_low"] < found["revenue_increase"] < found["revenue_increase_high"]
    (note,) = [note for note in report.notes if note.code == "few-conversions-drawn"]
    assert note.text == "there are no conversions to draw intervals from in the period compared with"


def test_more_rows_than_can_be_drawn_are_refused_unless_limited(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "MOST_ROWS", 30)
    spec = ReportSpec(by=("deal_id",), estimation=SURE)
    with pytest.raises(UsageError, match="intervals of 41 rows") as refused:
        session.run(spec)
    assert "--limit" in str(refused.value.hint)
    assert len(session.run(replace(spec, limit=5)).rows) == 6


def test_intervals_are_wider_the_surer_they_are(session: Session) -> None:
    ways = []
    for sure in ("0.5", "0.9", "0.95"):
        report = session.run(ReportSpec(by=("channel",), estimation=EstimationSpec(confidence=Decimal(sure))))
        low, high = figures(report, "revenue_low"), figures(report, "revenue_high")
        ways.append([(low[key], high[key]) for key in low])
    for narrow, wide in pairwise(ways):
        assert all(b[0] <= a[0] <= a[1] <= b[1] for a, b in zip(narrow, wide, strict=True))
