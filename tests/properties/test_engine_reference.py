"""Every cell of random reports, held against the brute-force reference."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import Style, WriteData
from reference import DAY, Answer, Ask, Data, Figures, Key, Test, Weights, is_of_conversion, offered, report
from report_checks import EXACT, NAMES, check_totals, cuts_credits, table
from strategies import BASE, HOUR, Case, Cell, for_random_cases, fraction

from attrib_cli.engine import AttribError, Report, ReportSpec, Settings, discover, run
from attrib_cli.engine.spec import DateRange


def tolerance(model: Weights, value: Fraction) -> Fraction:
    """How far a credit may be from its exact value: decay kernels are doubles."""
    return EXACT if model.half_life is None else Fraction(1, 100_000) + abs(value) * Fraction(1, 10**12)


def check_row(case: Case, name: str, key: Key, row: dict[str, Cell], wanted: Figures, answer: Answer) -> None:
    """Compare one row, figure by figure."""
    model = case.ask.models[name]
    counted, valued = NAMES[case.ask.type]
    where = f"{name} {key}"

    def close(measure: str, exact: Fraction, within: Fraction) -> None:
        found = fraction(row[measure])
        assert abs(found - exact) <= within, f"{where} {measure}: {found} instead of {exact} = {float(exact)}"

    close(counted, wanted.count, tolerance(model, wanted.count))
    if valued is not None:
        close(valued, wanted.amount, tolerance(model, wanted.amount))
        close("amount_touched", wanted.amount_touched, Fraction(0))
    assert row["interactions"] == wanted.interactions, f"{where} interactions: {row['interactions']}, {wanted}"
    assert row["conversions_touched"] == len(wanted.touched), f"{where} touched: {row}, {wanted}"
    part, total = wanted.count, answer.total_count
    if case.ask.type == "revenue":
        part, total = wanted.amount, answer.total_amount
    if total:
        close("share", part / total, tolerance(model, part) / abs(total) + Fraction(1, 1_000_000))


def check_sums(case: Case, rows: dict[str, dict[Key, dict[str, Cell]]], answer: Answer) -> None:
    """The rows of each combination of the conversion's own dimensions sum to its conversions' value, to the digit."""
    own = [i for i, name in enumerate(case.ask.by) if is_of_conversion(case.data, case.ask, name)]
    counted, valued = NAMES[case.ask.type]
    for name in case.ask.models:
        found: dict[Key, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        exact: dict[Key, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        for key, row in rows[name].items():
            found[tuple(key[i] for i in own)][0] += fraction(row[counted])
            found[tuple(key[i] for i in own)][1] += fraction(row[valued]) if valued else 0
        for key, figures in answer.rows[name].items():
            exact[tuple(key[i] for i in own)][0] += figures.count
            exact[tuple(key[i] for i in own)][1] += figures.amount if valued else 0
        assert found == exact, name


def check(case: Case, found: Report) -> None:
    """Compare a report with the reference, cell by cell."""
    answer = report(case.data, case.ask)
    rows = table(found)
    for name in case.ask.models:
        for key, wanted in answer.rows[name].items():
            assert key in rows[name], f"{name} has no row {key}, which should be {wanted}"
            check_row(case, name, key, rows[name][key], wanted, answer)
        for key in rows[name].keys() - answer.rows[name].keys():
            assert key in answer.possible, f"{name} has a row {key} that nothing leads to"
            check_row(case, name, key, rows[name][key], Figures(), answer)
    if not cuts_credits(case):
        check_sums(case, rows, answer)
    assert found.summary.conversions == answer.conversions
    for total in found.totals:
        interactions = [column.name for column in found.columns].index("interactions")
        assert total[interactions] == answer.interactions[str(total[len(case.ask.by)])]
    assert found.summary.with_interactions == answer.with_interactions
    assert found.summary.without_interactions == answer.conversions - answer.with_interactions
    check_totals(found)


def answered(case: Case, write_data: WriteData) -> Report:
    return run(case.spec(), discover(write_data(case.data, case.style)), case.settings(), threads=1)


@for_random_cases(24)
def test_random_reports_equal_the_reference(case: Case, write_data: WriteData) -> None:
    check(case, answered(case, write_data))


@for_random_cases(9, whole=True)
def test_random_whole_reports_equal_the_reference(case: Case, write_data: WriteData) -> None:
    check(case, answered(case, write_data))


# --- cases that chance would rarely bring ---------------------------------------------------------------------------


def won(number: int, *, created: dt.datetime, closed: dt.datetime, amount: str, **more: str | int | None) -> dict:
    """A won deal."""
    deal = {"deal_id": number, "created_at": created, "closed_at": closed, "amount": Decimal(amount), "is_won": True}
    return deal | more


def touch(contact: str | int, moment: dt.datetime, channel: str | None = None, **more: str | int | None) -> dict:
    """An interaction."""
    return {"contact_id": contact, "occurred_at": moment, "channel": channel} | more


def case_of(data: Data, *, by: Iterable[str] = ("channel",), kind: str = "revenue", **more: object) -> Case:
    """A case with all models of a report type and a decaying custom one."""
    models = offered(kind) | {
        "mine": Weights(positions={"last": Fraction(50)}, rest=Fraction(50), half_life=dt.timedelta(days=7))
    }
    ask = Ask(type=kind, models=models, by=tuple(by), **more)  # type: ignore[arg-type]
    return Case(data=data, style=Style(), ask=ask, half_life=7 * DAY)


def test_decay_survives_gaps_of_thirty_years(write_data: WriteData) -> None:
    """The middle of a decaying model keeps its shares though it is thirty years older than the last interaction."""
    long_ago = BASE - 30 * 365 * DAY
    data = Data(
        touchpoints=(
            touch(1, long_ago, "old"),
            touch(1, long_ago + 7 * DAY, "older by a half-life"),
            touch(1, BASE, "new"),
        ),
        contacts=({"contact_id": 1, "created_at": long_ago},),
        deals=(won(1, created=BASE, closed=BASE + DAY, amount="900.00", contact_id=1),),
    )
    check(case_of(data), answered(case_of(data), write_data))


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("kind", ["deal-create", "revenue", "contact-create"])
def test_a_period_holds_the_moment_it_begins_at_and_not_the_one_it_ends_at(
    kind: str, zone: str, write_data: WriteData
) -> None:
    first, last = dt.date(2026, 1, 10), dt.date(2026, 1, 20)
    begins, ends = (
        dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
        for day in (first, last + dt.timedelta(days=1))
    )
    tick = dt.timedelta(microseconds=1)
    moments = (begins - tick, begins, ends - tick, ends)
    data = Data(
        touchpoints=tuple(touch(number, begins - DAY, f"channel {number}") for number in range(4)),
        contacts=tuple({"contact_id": number, "created_at": moment} for number, moment in enumerate(moments)),
        deals=tuple(
            won(number, created=moment, closed=moment, amount=f"{2**number}.00", contact_id=number)
            for number, moment in enumerate(moments)
        ),
    )
    case = case_of(data, kind=kind, start=first, end=last, zone=zone)
    found = answered(case, write_data)
    check(case, found)
    assert found.summary.conversions == 2


@pytest.mark.parametrize("kind", ["deal-create", "revenue", "contact-create"])
def test_ids_of_any_size_order_as_numbers_before_texts(kind: str, write_data: WriteData) -> None:
    ids = ["9", "10", "099", "18446744073709551616", "18446744073709551615", "Z", "a", "é", "10a", "-1"]
    data = Data(
        touchpoints=tuple(touch("k", BASE, name, touchpoint_id=name) for name in ids),
        contacts=({"contact_id": "k", "created_at": BASE},),
        deals=(won(1, created=BASE, closed=BASE, amount="100.00", contact_id="k"),),
    )
    case = case_of(data, by=("channel", "position"), kind=kind)
    check(case, answered(case, write_data))


def test_the_oldest_of_two_contacts_created_together_is_the_one_with_the_smaller_id(write_data: WriteData) -> None:
    data = Data(
        touchpoints=(touch(10, BASE, "ten"), touch(9, BASE + HOUR, "nine"), touch(10, BASE + 2 * HOUR, "late")),
        contacts=({"contact_id": 10, "created_at": BASE + 2 * HOUR}, {"contact_id": 9, "created_at": BASE + 2 * HOUR}),
        deals=(won(1, created=BASE + DAY, closed=BASE + DAY, amount="10.00"),),
        deal_contacts=({"deal_id": 1, "contact_id": 10}, {"deal_id": 1, "contact_id": 9}),
    )
    case = case_of(data, by=("channel", "position"))
    assert report(data, case.ask).rows["u-shaped"].keys() == {("ten", "first"), ("nine", "lead"), ("late", "deal+last")}
    check(case, answered(case, write_data))


def test_amounts_of_one_cent_and_of_many_billions_stand_side_by_side(write_data: WriteData) -> None:
    moments = [BASE + i * HOUR for i in range(7)]
    data = Data(
        touchpoints=tuple(touch(c, moment, f"ch{(c + i) % 3}") for c in (1, 2) for i, moment in enumerate(moments)),
        contacts=({"contact_id": 1, "created_at": moments[2]}, {"contact_id": 2, "created_at": moments[3]}),
        deals=(
            won(1, created=moments[4], closed=moments[6], amount="0.01", contact_id=1),
            won(2, created=moments[5], closed=moments[6], amount="98765432109.87", contact_id=2),
            won(3, created=moments[5], closed=moments[6], amount="0.00", contact_id=2),
        ),
    )
    case = case_of(data)
    check(case, answered(case, write_data))


def test_deals_that_lack_something_are_left_out_of_revenue_and_counted(write_data: WriteData) -> None:
    whole = won(1, created=BASE, closed=BASE, amount="5.00", contact_id=1)
    lacking = [whole | {"deal_id": 2 + i, name: None} for i, name in enumerate(["amount", "closed_at", "created_at"])]
    lost = [whole | {"deal_id": 9, "is_won": False}, whole | {"deal_id": 10, "is_won": None}]
    data = Data(touchpoints=(touch(1, BASE, "a"),), deals=(whole, *lacking, *lost))
    case = case_of(data)
    found = answered(case, write_data)
    check(case, found)
    assert sum(count for _, count in found.summary.left_out) == 3


def test_a_deal_picked_by_one_of_its_contacts_keeps_the_journey_of_all(write_data: WriteData) -> None:
    data = Data(
        touchpoints=(touch(1, BASE, "a"), touch(2, BASE, "b")),
        contacts=(
            {"contact_id": 1, "created_at": BASE, "lifecycle_stage": "lead"},
            {"contact_id": 2, "created_at": BASE, "lifecycle_stage": None},
        ),
        deals=(won(1, created=BASE, closed=BASE, amount="5.00"), won(2, created=BASE, closed=BASE, amount="7.00")),
        deal_contacts=tuple({"deal_id": d, "contact_id": c} for d, c in [(1, 1), (1, 2), (2, 2)]),
    )
    case = case_of(data, where=(Test(column="lifecycle_stage", op="=", values=("LEAD",)),))
    assert report(data, case.ask).total_amount == 5
    check(case, answered(case, write_data))


def test_days_begin_and_end_in_the_configured_zone(write_data: WriteData) -> None:
    """22:30 UTC on the last of the month is the first of the next in Berlin."""
    moment = dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC)
    data = Data(
        touchpoints=(touch(1, moment, "a"),),
        deals=(won(1, created=moment, closed=moment, amount="5.00", contact_id=1),),
    )
    case = case_of(
        data, by=("day", "week", "month", "quarter", "year"), zone="Europe/Berlin", start=dt.date(2026, 4, 1)
    )
    assert set(report(data, case.ask).rows["linear"]) == {("2026-04-01", "2026-W14", "2026-04", "2026-Q2", "2026")}
    check(case, answered(case, write_data))


def test_the_first_week_of_a_year_may_begin_in_the_one_before(write_data: WriteData) -> None:
    days = [dt.datetime(year, month, day, tzinfo=dt.UTC) for year, month, day in ((2025, 12, 29), (2027, 1, 3))]
    data = Data(
        touchpoints=(touch(1, BASE),),
        deals=tuple(won(i, created=day, closed=day, amount="10.00", contact_id=1) for i, day in enumerate(days)),
    )
    case = case_of(data, by=("week", "year"))
    assert set(report(data, case.ask).rows["linear"]) == {("2026-W01", "2025"), ("2026-W53", "2027")}
    check(case, answered(case, write_data))


def test_refunds_count_against_revenue(write_data: WriteData) -> None:
    data = Data(
        touchpoints=(touch(1, BASE, "a"), touch(1, BASE + HOUR, "b"), touch(1, BASE + 2 * HOUR, "c")),
        contacts=({"contact_id": 1, "created_at": BASE},),
        deals=(
            won(1, created=BASE + DAY, closed=BASE + DAY, amount="100.00", contact_id=1),
            won(2, created=BASE + DAY, closed=BASE + DAY, amount="-40.01", contact_id=1),
        ),
    )
    check(case_of(data), answered(case_of(data), write_data))


def test_weeks_may_begin_on_sunday(write_data: WriteData) -> None:
    """Such a week is named by its first day: 28 February 2026 is a Saturday, 1 March a Sunday."""
    days = [dt.datetime(2026, *day, 12, tzinfo=dt.UTC) for day in ((2, 22), (2, 28), (3, 1))]
    data = Data(
        touchpoints=(touch(1, days[0]),),
        deals=tuple(won(i, created=day, closed=day, amount="10.00", contact_id=1) for i, day in enumerate(days)),
    )
    spec = ReportSpec(by=("week",), measures=("deals",))
    found = run(spec, discover(write_data(data)), Settings(week_starts_on=6), threads=1)
    assert sorted(found.rows) == [("2026-02-22", "linear", 2), ("2026-03-01", "linear", 1)]


def test_amounts_are_converted_to_one_currency_first(write_data: WriteData) -> None:
    data = Data(
        touchpoints=(touch(1, BASE, "a"), touch(1, BASE + HOUR, "b")),
        deals=(
            won(1, created=BASE + DAY, closed=BASE + DAY, amount="100.00", contact_id=1, currency="EUR"),
            won(2, created=BASE + DAY, closed=BASE + DAY, amount="50.00", contact_id=1, currency="USD"),
        ),
    )
    folder = write_data(data)
    spec = ReportSpec(by=("channel",), measures=("revenue", "amount_touched"))
    rates = Settings(currency="USD", exchange_rates={"EUR": Decimal("1.25")})
    found = run(spec, discover(folder), rates, threads=1)
    assert sorted(found.rows) == [("a", "linear", Decimal("87.5"), 175), ("b", "linear", Decimal("87.5"), 175)]
    with pytest.raises(AttribError, match="EUR") as refusal:
        run(spec, discover(folder), Settings(), threads=1)
    assert "USD" in str(refusal.value)


def test_spend_and_what_comes_of_it(tmp_path: Path) -> None:
    """Only spend of the days asked for counts; ratios are empty where nothing was spent."""
    tables = {
        "touchpoints": "contact_id,occurred_at,campaign_id\n1,2026-01-05,a\n1,2026-01-06,b\n1,2026-01-07,\n",
        "deals": "deal_id,created_at,closed_at,amount,is_won,contact_id\n1,2026-01-10,2026-02-10,900,true,1\n",
        "campaigns": "campaign_id,name,budget\na,Alpha,1000\nb,Beta,\n",
        "campaign_spend": (
            "campaign_id,spent_on,amount\na,2026-01-31,7000\na,2026-02-01,150\na,2026-02-28,50\na,2026-03-01,7\n"
        ),
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    spec = ReportSpec(
        measures=("revenue", "spend", "budget", "remaining_budget", "roi", "roas", "cost_per_deal"),
        dates=DateRange(start=dt.date(2026, 2, 1), end=dt.date(2026, 2, 28)),
    )
    found = {row[0]: row[2:] for row in run(spec, discover(tmp_path), threads=1).rows}
    # 900 over three interactions; roi (300 - 200) / 200, roas 300 / 200, 200 for a third of a deal.
    assert found["Alpha"][:6] == (300, 200, 1000, 800, Decimal("0.5"), Decimal("1.5"))
    assert abs(Decimal(str(found["Alpha"][6])) - 600) < Decimal("0.01")
    assert found["Beta"][0] == 300
    assert found["Beta"][4:] == (None, None, None)
    assert found["(no campaign)"][0] == 300


def test_campaign_performance_stands_beside_attribution(tmp_path: Path) -> None:
    """Contact 1 came by Alpha and was won over by Beta; contact 2 only met Alpha, on a static list."""
    tables = {
        "touchpoints": (
            "contact_id,occurred_at,campaign_id,asset_type\n1,2026-01-05,a,Email\n1,2026-01-06,b,Email\n"
            "2,2026-01-08,a,static list\n3,2026-01-09,b,Email\n"
        ),
        "contacts": "contact_id,created_at\n1,2026-01-07\n2,2026-01-20\n3,2025-06-01\n",
        "deals": (
            "deal_id,created_at,closed_at,amount,is_won,contact_id\n1,2026-01-10,2026-02-10,900,true,1\n"
            "2,2026-01-10,2026-02-11,100,true,2\n3,2026-01-10,2026-02-12,50,false,1\n"
        ),
        "campaigns": "campaign_id,name\na,Alpha\nb,Beta\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    measures = ("influenced_contacts", "closed_deals", "influenced_revenue", "new_contacts_last_touch")
    found = {row[0]: row[2:] for row in run(ReportSpec(measures=measures), discover(tmp_path), threads=1).rows}
    assert found["Alpha"][:3] == (2, 2, 1000)
    assert found["Beta"] == (2, 1, 900, 1)
