"""Reconciled figures of random data: steps sum to the difference, and each deal stands where brute force puts it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import WriteData
from hypothesis import assume
from hypothesis import strategies as st
from reference import Ask, Data, conversions, eligible, held, ident, is_won, journey, shares, shown
from strategies import Case, for_random_cases, request

from attrib_cli.engine import ReportSpec, Settings, discover, open_session
from attrib_cli.engine.closed_revenue import reconcile_closed
from attrib_cli.engine.errors import CheckError, SourceError, UsageError
from attrib_cli.engine.influenced_revenue import reconcile_influenced
from attrib_cli.engine.reconciliation import Reconciliation, reconcile_models, reconcile_reports
from attrib_cli.engine.session import Session

MODELS = ("first", "linear", "u-shaped", "time-decay", "mine")
NEAR = Fraction(1, 1000)


def revenue(case: Case) -> tuple[Case, ReportSpec]:
    """The case as a revenue report of one model."""
    model = MODELS[case.seed % len(MODELS)]
    ask = dataclasses.replace(case.ask, type="revenue")
    case = dataclasses.replace(case, ask=ask)
    return case, dataclasses.replace(case.spec(), models=(model,), measures=())


def sums_up(found: Reconciliation) -> None:
    assert found.start.amount + sum((step.amount for step in found.steps), Decimal(0)) == found.end.amount
    for step in found.steps:
        assert step.reason not in ("other", "estimated")
        if step.reason == "rounding":
            assert abs(step.amount) < Decimal("0.01")
        else:
            assert sum((row.amount for row in step.rows), Decimal(0)) == step.amount
            assert step.rows
            assert len({row.id for row in step.rows}) == len(step.rows)


def reconciled(session: Session, spec: ReportSpec) -> Reconciliation:
    try:
        return reconcile_closed(session, spec)
    except (CheckError, SourceError, UsageError):
        assume(False)
        raise


def fate(deal: dict[str, object], data: Data, ask: Ask, case: Case) -> str:
    """What becomes of a won deal, by loops; a `filtered-deals` one is a conversion of the report without filters."""
    if not isinstance(deal.get("closed_at"), dt.datetime):
        return "no-closing-date"
    dated = {**deal, "amount": deal.get("amount") or Decimal(0), "created_at": deal["created_at"] or deal["closed_at"]}
    within = dataclasses.replace(ask, where=())
    alone = dataclasses.replace(data, deals=(dated,))
    if not conversions(alone, within):
        return "outside-period"
    if deal.get("amount") is None:
        return "no-amount"
    if deal["created_at"] is None:
        return "no-creation-date"
    if not conversions(alone, ask):
        return "filtered-deals"
    (conversion,) = conversions(alone, ask)
    if journey(conversion, data, ask):
        return "credited"
    if not conversion.contacts:
        return "no-contacts"
    touches = [
        row
        for row in data.touchpoints
        if ident(row["contact_id"]) in conversion.contacts and isinstance(row["occurred_at"], dt.datetime)
    ]
    if not touches:
        return "no-interactions"
    early = [row for row in touches if row["occurred_at"] <= conversion.moment]
    if not early:
        return "only-late"
    near = [row for row in early if ask.lookback is None or row["occurred_at"] >= conversion.moment - ask.lookback]
    if not near:
        return "only-outside-lookback"
    earning = [row for row in near if eligible(row, data, dataclasses.replace(ask, eligible=()))]
    return "only-ineligible" if earning else "only-excluded"


@for_random_cases(6)
def test_attributed_and_closed_revenue_differ_by_what_becomes_of_each_won_deal(
    case: Case, write_data: WriteData
) -> None:
    case, spec = revenue(case)
    folder = write_data(case.data, case.style)
    with open_session(discover(folder), case.settings()) as session:
        found = reconciled(session, spec)
    sums_up(found)
    deals = {str(ident(row["deal_id"])): row for row in case.data.deals or () if is_won(row)}
    assert found.end.amount == sum((Decimal(str(row.get("amount") or 0)) for row in deals.values()), Decimal(0))
    fates = {id_: fate(dict(row), case.data, case.ask, case) for id_, row in deals.items()}
    moved = {row.id: step.reason for step in found.steps for row in step.rows}
    for id_, wanted in fates.items():
        if wanted == "credited":
            assert moved.get(id_) in (None, "filtered-credit", "no-weight")
        else:
            assert moved[id_] == wanted
    assert set(moved) <= set(fates)
    assert abs(Fraction(found.start.amount) - attributed(case, spec.models[0])) < NEAR


def attributed(case: Case, model: str) -> Fraction:
    """What interactions are credited with, by loops."""
    total = Fraction(0)
    for conversion in conversions(case.data, case.ask):
        steps = journey(conversion, case.data, case.ask)
        parts = shares(case.ask.models[model], steps, held(conversion, steps, case.data, case.ask)) if steps else None
        for step, part in zip(steps, parts or (), strict=bool(parts)):
            if shown(step.row, case.data, case.ask):
                total += part * Fraction(conversion.amount or 0)
    return total


@for_random_cases(4, other=st.integers(0, 3))
def test_two_models_differ_by_what_they_give_to_positions(case: Case, write_data: WriteData, other: int) -> None:
    case, spec = revenue(case)
    second = [model for model in MODELS if model not in spec.models][other]
    folder = write_data(case.data, case.style)
    with open_session(discover(folder), case.settings()) as session:
        try:
            found = reconcile_models(session, dataclasses.replace(spec, models=(*spec.models, second)))
        except (CheckError, SourceError):
            assume(False)
            raise
    sums_up(found)
    assert {step.reason for step in found.steps} <= {"position", "rounding"}
    assert abs(Fraction(found.start.amount) - attributed(case, spec.models[0])) < NEAR
    assert abs(Fraction(found.end.amount) - attributed(case, second)) < NEAR


@for_random_cases(4)
def test_two_reports_differ_by_their_conversions(case: Case, write_data: WriteData) -> None:
    case, spec = revenue(case)
    whole = dataclasses.replace(spec, dates=ReportSpec().dates, where=(), lookback=None)
    folder = write_data(case.data, case.style)
    with open_session(discover(folder), case.settings()) as session:
        try:
            found = reconcile_reports(session, spec, whole, ("the report", "all"))
        except (CheckError, SourceError):
            assume(False)
            raise
    sums_up(found)
    assert found.turned().turned() == found
    sums_up(found.turned())


@for_random_cases(6, other=st.integers(0, 2**32))
def test_two_random_requests_differ_by_steps_that_sum(case: Case, write_data: WriteData, other: int) -> None:
    """Whatever differs between them: model, dates, look-back, filters, eligibility, campaigns, dimensions."""
    dice = random.Random(other)
    drawn, half_life = request(dice, case.data, case.ask.zone)
    kept = ("type", "zone", "fiscal_year_starts_in", "excluded_interactions", "models", "from_association")
    ask = dataclasses.replace(drawn, **{name: getattr(case.ask, name) for name in kept})
    second = dataclasses.replace(case, ask=ask, half_life=half_life)
    specs = [
        dataclasses.replace(one.spec(), models=(dice.choice(MODELS),), measures=(), cycles="whole")
        for one in (case, second)
    ]
    with open_session(discover(write_data(case.data, case.style)), case.settings()) as session:
        try:
            found = reconcile_reports(session, specs[0], specs[1], ("one", "the other"))
        except (CheckError, SourceError, UsageError):
            assume(False)
            raise
    sums_up(found)
    assert found.turned().turned() == found
    if case.ask.type == "revenue":
        for one, spec, figure in zip((case, second), specs, (found.start, found.end), strict=True):
            assert abs(Fraction(figure.amount) - attributed(one, spec.models[0])) < NEAR


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("model", ["markov", "shapley"])
def test_data_driven_models_are_reconciled_too(model: str) -> None:
    spec = ReportSpec(models=(model,), by=("channel",))
    with open_session(discover(ROOT / "examples" / "data"), Settings()) as session:
        found = reconcile_closed(session, spec)
        shown_ = reconcile_closed(session, dataclasses.replace(spec, campaigns=("Spring Launch",)))
    for one in (found, shown_):
        assert one.start.amount + sum((step.amount for step in one.steps), Decimal(0)) == one.end.amount
        assert not any(step.reason == "other" for step in one.steps)


@for_random_cases(4)
def test_attributed_and_influenced_revenue_differ_by_steps_that_sum(case: Case, write_data: WriteData) -> None:
    """With whatever campaigns, look-back, eligibility and dates; and what is influenced is what the report says."""
    case, spec = revenue(case)
    spec = dataclasses.replace(spec, where=(), compare=None, compare_dates=None)
    with open_session(discover(write_data(case.data, case.style)), case.settings()) as session:
        try:
            found = reconcile_influenced(session, spec)
            whole = session.run(dataclasses.replace(spec, by=(), measures=("influenced_revenue",), limit=None, sort=()))
        except (CheckError, SourceError, UsageError):
            assume(False)
            raise
    sums_up(found)
    assert found.end.amount == (whole.rows[0][1] if whole.rows else 0)
