"""Participation and same touch, Adobe's: every row of random reports held against loops over journeys, and by hand."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest
from command import DATA
from conftest import WriteData
from in_process import attrib_here
from reference import Key, conversions, held, journey, label, shown, versions
from report_checks import NAMES, cuts_credits, table
from strategies import Case, for_random_cases, fraction

from attrib_cli.engine import ReportSpec, discover, open_session
from attrib_cli.engine.backends.shards import ShardedBackend
from attrib_cli.engine.figure import explain_figure
from attrib_cli.engine.journey import explain_journey


def took_part(case: Case) -> tuple[dict[Key, Fraction], dict[Key, Fraction]]:
    """How many conversions every row took part in, and their value."""
    data, ask = case.data, case.ask
    count: dict[Key, Fraction] = defaultdict(Fraction)
    amount: dict[Key, Fraction] = defaultdict(Fraction)
    for conversion in conversions(data, ask):
        steps = journey(conversion, data, ask)
        keys = {
            tuple(label(data, ask, name, conversion, dataclasses.replace(step, row=row), names) for name in ask.by)
            for step, names in zip(steps, held(conversion, steps, data, ask), strict=True)
            for row in versions(step.row, data, ask)
            if shown(row, data, ask)
        }
        if not steps and not cuts_credits(case):
            keys = {tuple(label(data, ask, name, conversion, None, set()) for name in ask.by)}
        for key in keys:
            count[key] += 1
            amount[key] += Fraction(conversion.amount or 0)
    return count, amount


@for_random_cases(8)
def test_every_row_has_the_whole_of_what_it_took_part_in(case: Case, write_data: WriteData) -> None:
    spec = dataclasses.replace(case.spec(), models=("linear", "participation"), measures=())
    count, amount = took_part(case)
    counted, valued = NAMES[case.ask.type]
    backend = ShardedBackend(shards=3) if case.seed % 2 else None
    with open_session(discover(write_data(case.data, case.style)), case.settings(), threads=1, backend=backend) as one:
        report = one.run(spec)
        rows = table(report)["participation"]
        assert {key: fraction(row[counted]) for key, row in rows.items() if row[counted]} == count
        if valued:
            assert {key: fraction(row[valued]) for key, row in rows.items()} == {key: amount[key] for key in rows}
        for total in report.totals if not cuts_credits(case) else ():
            assert fraction(total[len(case.ask.by) + 1]) in {
                len(conversions(case.data, case.ask)),
                sum(Fraction(found.amount or 0) for found in conversions(case.data, case.ask)),
            }
        assert all(not column.additive for column in report.columns if column.name in (counted, valued, "share"))
        assert any(note.code == "rows-do-not-sum" for note in report.notes)


@for_random_cases(3, assets=True)
def test_interactions_of_several_campaigns_take_part_in_each(case: Case, write_data: WriteData) -> None:
    case = dataclasses.replace(case, ask=dataclasses.replace(case.ask, by=("campaign",)))
    spec = dataclasses.replace(case.spec(), models=("participation",), measures=())
    with open_session(discover(write_data(case.data, case.style)), case.settings(), threads=1) as session:
        rows = table(session.run(spec))["participation"]
    counted = NAMES[case.ask.type][0]
    assert {key: fraction(row[counted]) for key, row in rows.items() if row[counted]} == took_part(case)[0]


def test_a_row_and_a_journey_are_explained_under_models_of_rows() -> None:
    with open_session(discover(DATA), threads=1) as session:
        spec = ReportSpec(by=("channel",), models=("participation", "linear", "same-touch"))
        for row in ("Email", "(unattributed)"):
            found = explain_figure(session, spec, (row,))
            assert found.rounding("participation") == found.rounding("same-touch") == 0
            assert all(one.credit["participation"] == one.value for one in found.contributions if one.credit["linear"])
        one = explain_journey(session, spec, "518")
        assert one.credited("participation") == one.credited("linear") == one.value
        assert {row.credit["participation"] for row in one.interactions if row.credit} == {one.value}
        nothing = explain_journey(session, spec, found.contributions[0].id)
        assert nothing.value in (nothing.unattributed["participation"], nothing.unattributed["same-touch"])


REPORT = ("report", "--demo", "--model", "participation,linear")
ASKED = (*REPORT, "--by", "channel")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*REPORT, "--measure", "roi", "--by", "campaign"), "sets credit against spend"),
        ((*ASKED, "--measure", "revenue_difference"), "Name participation after another model"),
        ((*ASKED, "--confidence", "90%"), "no intervals under participation"),
        (("reconcile", "participation", "linear", "--demo"), "no interaction earns a part"),
        (("export", "--demo", "--model", "participation", "--ledger", "--name", "x", "-o", "x.csv"), "no interaction"),
    ],
)
def test_what_cannot_be_said_of_whole_conversions_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = attrib_here(*arguments)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_the_total_counts_each_conversion_once_and_every_format_says_so() -> None:
    for format_ in ("table", "csv", "markdown"):
        done = attrib_here(*ASKED, "--format", format_)
        assert "rows must not be summed" in done.stdout + done.stderr
    (total,) = [line for line in attrib_here(*ASKED, "--format", "table").stdout.splitlines() if "Total" in line]
    assert total.count("$1,133,227.32") == 2
    limited = attrib_here(*ASKED, "--limit", "2", "--format", "json").stdout
    (other,) = [r for r in json.loads(limited) if r["channel"] == "(other)" and r["model"] == "participation"]
    assert (other["revenue"], other["deals"], other["share"]) == (None, None, None)
    every = attrib_here(*REPORT, "--measure", "all", "--by", "campaign", "--format", "csv")
    assert every.returncode == 0
    assert "roi" not in every.stdout.splitlines()[0]
    assert "budget" in every.stdout.splitlines()[0]


def test_same_touch_by_hand(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(
        "deal_id,created_at,closed_at,amount,is_won,contact_id\n"
        "A,2025-02-01,2025-03-01T15:00:00,100,true,a\nB,2025-02-01,2025-03-01T15:00:00,100,true,b\n"
    )
    (tmp_path / "touchpoints.csv").write_text(
        "contact_id,occurred_at,channel\na,2025-02-27T12:00:00,Email\na,2025-03-01T09:00:00,Search\n"
        "b,2025-02-28T23:00:00,Email\n"
    )
    asked = ("report", "--data", tmp_path, "--by", "channel", "--model", "same-touch", "--measure", "revenue")
    rows = [line.split(",") for line in attrib_here(*asked, "--format", "csv").stdout.splitlines()[1:]]
    assert {row[0]: row[2] for row in rows} == {"Search": "100", "(unattributed)": "100"}
    near = attrib_here(*asked, "--lookback", "1h", "--format", "csv").stdout.splitlines()[1:]
    assert [line.split(",")[0] for line in near] == ["(unattributed)"]


def test_a_type_without_a_row_has_nothing_there_under_any_model() -> None:
    """A deal is created later than the period that a channel's only deal was won in, say: 0, and not unknown."""
    asked = ("--type", "deal-create,revenue", "--by", "channel", "--where", "channel=Webinar", "--period", "2025-02")
    done = attrib_here("report", "--data", DATA, *asked, "-m", "participation,linear", "-f", "json")
    assert done.returncode == 0, done.stderr
    for row in json.loads(done.stdout):
        assert row["revenue"] is not None and row["deal_create_deals"] is not None
