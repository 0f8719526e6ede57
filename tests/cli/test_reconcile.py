"""``attrib reconcile``: two figures and the steps between them, by hand and in every format."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from in_process import attrib_here

TOUCHES = """touchpoint_id,contact_id,occurred_at,channel,asset_type,campaign_id
t1,ann,2026-01-01T10:00:00Z,Paid,ad,
t2,ann,2026-01-02T10:00:00Z,Email,email,launch
t3,bob,2026-01-02T10:00:00Z,Email,STATIC_LIST,launch
t4,cat,2025-06-01T10:00:00Z,Email,email,launch
t5,dan,2026-02-20T10:00:00Z,Email,email,launch
t6,eve,2026-01-02T10:00:00Z,Direct,page,launch
"""
DEALS = """deal_id,created_at,closed_at,amount,currency,is_won,contact_id
both,2026-01-03,2026-01-20,1000,EUR,true,ann
listed,2026-01-03,2026-01-20,200,EUR,true,bob
old,2026-01-03,2026-01-20,30,EUR,true,cat
late,2026-01-03,2026-01-20,40,EUR,true,dan
direct,2026-01-03,2026-01-20,50,EUR,true,eve
nobody,2026-01-03,2026-01-20,60,EUR,true,
silent,2026-01-03,2026-01-20,70,EUR,true,zoe
february,2026-01-03,2026-02-01,500,EUR,true,ann
unclosed,2026-01-03,,7,EUR,true,ann
unknown,2026-01-03,2026-01-20,,EUR,true,ann
uncreated,,2026-01-20,8,EUR,true,ann
dollars,2026-01-03,2026-01-20,100,USD,true,ann
lost,2026-01-03,2026-01-20,9999,EUR,false,ann
"""
ASKED = ("--period", "2026-01", "--lookback", "90d", "--eligible", "channel!=Direct", "--campaign", "Spring Launch")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "touchpoints.csv").write_text(TOUCHES)
    (tmp_path / "deals.csv").write_text(DEALS)
    (tmp_path / "campaigns.csv").write_text("campaign_id,name\nlaunch,Spring Launch\n")
    (tmp_path / "attrib.yaml").write_text("version: 1\ncurrency: EUR\nexchange_rates: {USD: 0.9}\n")
    return tmp_path


def run(folder: Path, *args: str, format: str = "json") -> str:
    done = attrib_here("reconcile", *args, "--config", folder / "attrib.yaml", "--data", folder, "-f", format)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def found(folder: Path, *args: str) -> dict[str, Any]:
    answer = json.loads(run(folder, *args), parse_float=Decimal)
    assert isinstance(answer, dict)
    total = answer["from"]["amount"] + sum(step["amount"] for step in answer["steps"])
    assert total == answer["to"]["amount"]
    return answer


def steps(answer: dict[str, Any]) -> dict[str, tuple[Decimal, list[str]]]:
    assert all(step["count"] == len(step["rows"]) for step in answer["steps"])
    return {step["reason"]: (step["amount"], sorted(row["id"] for row in step["rows"])) for step in answer["steps"]}


def test_every_reason_by_hand(folder: Path) -> None:
    answer = found(folder, "attributed", "closed", *ASKED)
    assert answer["from"]["amount"] == 500 + 45  # half of 1000, and of 100 dollars at 0.9
    assert answer["to"]["amount"] == 1000 + 200 + 30 + 40 + 50 + 60 + 70 + 500 + 7 + 8 + 100
    assert steps(answer) == {
        "filtered-credit": (545, ["both", "dollars"]),
        "no-contacts": (60, ["nobody"]),
        "no-interactions": (70, ["silent"]),
        "only-late": (40, ["late"]),
        "only-outside-lookback": (30, ["old"]),
        "only-excluded": (200, ["listed"]),
        "only-ineligible": (50, ["direct"]),
        "outside-period": (500, ["february"]),
        "no-amount": (0, ["unknown"]),
        "no-closing-date": (7, ["unclosed"]),
        "no-creation-date": (8, ["uncreated"]),
        "currency": (10, ["dollars"]),
    }
    decided = {step["reason"]: step["decided_by"] for step in answer["steps"]}
    assert decided["filtered-credit"] == "--campaign Spring Launch"
    assert decided["only-ineligible"] == "--eligible channel!=Direct"
    back = found(folder, "closed", "attributed", *ASKED)
    assert steps(back) == {reason: (-amount, rows) for reason, (amount, rows) in steps(answer).items()}


def test_deals_that_a_filter_leaves_out(folder: Path) -> None:
    answer = found(folder, "attributed", "closed", "--where", "deal_id!=both|february")
    assert steps(answer)["filtered-deals"] == (1500, ["both", "february"])


def test_two_models_by_position(folder: Path) -> None:
    answer = found(folder, "first", "linear", "--campaign", "Spring Launch", "--period", "2026-01")
    assert answer["from"]["amount"] == 30 + 50  # the first of both and dollars is not the campaign's
    assert answer["to"]["amount"] == 30 + 50 + 500 + 45
    ((step,),) = [[one for one in answer["steps"] if one["reason"] == "position"]]
    assert (step["detail"], step["amount"]) == ("deal+last", 545)


def test_two_periods(folder: Path) -> None:
    answer = found(folder, "2026-01", "2026-02")
    assert answer["to"]["amount"] == 500
    assert steps(answer)["only-in-second"] == (500, ["february"])
    assert {step["decided_by"] for step in answer["steps"]} == {"--period"}


def test_two_saved_reports_and_one_against_closed_revenue(folder: Path) -> None:
    with (folder / "attrib.yaml").open("a") as file:
        file.write("reports:\n  Mail: {where: [channel=Email]}\n  Early: {where: [channel=Email], lookback: 90d}\n")
    answer = found(folder, "Mail", "Early")
    assert answer["from"]["amount"] == 500 + 250 + 45 + 30  # both, february, dollars, and old, long before
    assert steps(answer) == {"only-in-first": (-30, ["old"])}
    assert answer["steps"][0]["decided_by"] == "--lookback"
    closed = steps(found(folder, "Early", "closed"))
    assert closed["filtered-credit"] == (500 + 250 + 45 + 50, ["both", "direct", "dollars", "february"])


def test_a_typed_total_leaves_a_rest_unexplained(folder: Path) -> None:
    answer = found(folder, "attributed", "--against", "2000.5", "--period", "2026-01")
    known = steps(answer)
    assert not {"outside-period", "no-closing-date"} & set(known)  # the total is taken as of the same days
    rest = Decimal("2000.5") - (1000 + 200 + 30 + 40 + 50 + 60 + 70 + 8 + 100)
    assert known["unexplained"] == (rest, [])
    assert f"{rest} is unexplained" in run(folder, "--against", "2000.5", "--period", "2026-01", format="table")


def test_a_total_that_some_steps_reach_says_so(folder: Path) -> None:
    text = run(folder, "--against", str(1000 + 30 + 50 + 90 + 200), "--period", "2026-01", format="table")
    assert "reached exactly by interactions only of types that never earn" in " ".join(text.split())


def test_tables_and_csv_say_the_same(folder: Path) -> None:
    text = run(folder, "attributed", "closed", *ASKED, format="table")
    assert "+545.00" in text or "+€545.00" in text
    assert "Deals closed outside the period" in text
    lines = list(csv.DictReader(io.StringIO(run(folder, "attributed", "closed", *ASKED, format="csv"))))
    *parts, end = [Decimal(line["amount"]) for line in lines]
    assert sum(parts) == end == 2065
    assert "<table" in run(folder, "attributed", "closed", *ASKED, format="html")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("attribted", "closed"), "Did you mean 'attributed'?"),
        (("attributed",), "--against"),
        (("attributed", "closed", "--type", "contacts"), "--type revenue"),
        (("attributed", "closed", "-m", "first,last"), "Choose one"),
        (("first", "first"), "two different ones"),
        (("first", "last", "-m", "linear"), "is a model already"),
        (("2026-01", "2026-02", "--period", "2026"), "is a period already"),
        (("--against", "much"), "is no total"),
        (("attributed", "closed", "--against", "1"), "Leave out B or --against"),
    ],
)
def test_what_cannot_be_reconciled_says_what_can(folder: Path, args: tuple[str, ...], said: str) -> None:
    done = attrib_here("reconcile", *args, "--config", folder / "attrib.yaml", "--data", folder)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def test_influenced_revenue_counts_whole_deals_of_whoever_was_touched(folder: Path) -> None:
    """Of the deals of January: ann's two in full, bob's by a static list, eve's by what is not eligible."""
    answer = found(folder, "attributed", "influenced", "-m", "linear", *ASKED)
    assert (answer["from"]["amount"], answer["to"]["amount"]) == (545, 1348)
    steps = {step["reason"]: {row["id"]: row["amount"] for row in step["rows"]} for step in answer["steps"]}
    assert steps == {
        "filtered-credit": {"both": 500, "dollars": 45},
        "only-excluded": {"listed": 200},
        "only-ineligible": {"direct": 50},
        "no-creation-date": {"uncreated": 8},
    }
    back = found(folder, "influenced", "attributed", "-m", "linear", *ASKED)
    assert (back["from"]["amount"], back["to"]["amount"]) == (1348, 545)


def test_deals_touched_before_the_period_are_no_influence(folder: Path) -> None:
    answer = found(folder, "attributed", "influenced", "--from", "2026-01-05", "--to", "2026-01-31", "-m", "last")
    (gone,) = [step for step in answer["steps"] if step["reason"] == "touched-outside-period"]
    assert {row["id"] for row in gone["rows"]} == {"both", "dollars", "old", "direct"}
    assert answer["to"]["amount"] == 0


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_an_earlier_ledger_says_what_changed_since(folder: Path, tmp_path: Path, ending: str) -> None:
    ledger = tmp_path / f"then.{ending}"
    where = ("--config", folder / "attrib.yaml", "--data", folder)
    done = attrib_here("export", *where, "-m", "linear", "--ledger", "-o", ledger)
    assert done.returncode == 0, done.stderr
    changed = DEALS.replace("both,2026-01-03,2026-01-20,1000", "both,2026-01-03,2026-01-20,1600")
    changed = changed.replace("old,", "older,")
    (folder / "deals.csv").write_text(changed)
    (folder / "touchpoints.csv").write_text(
        TOUCHES + "t7,eve,2026-02-02T10:00:00Z,Paid,ad,\nt8,zoe,2026-01-02,Paid,ad,\n"
    )
    answer = found(folder, str(ledger), "attributed", "-m", "linear")
    steps = {step["reason"]: {row["id"]: row["amount"] for row in step["rows"]} for step in answer["steps"]}
    assert steps == {
        "new-conversions": {"older": 30},
        "gone-conversions": {"old": -30},
        "changed-values": {"both": 600},
        "changed-interactions": {"silent": 70},
    }
    (silent,) = next(step["rows"] for step in answer["steps"] if step["reason"] == "changed-interactions")
    assert (silent["new_touchpoints"], silent["gone_touchpoints"]) == (["t8"], [])
    wrong = attrib_here("reconcile", str(ledger), "attributed", *where, "-m", "first")
    assert wrong.returncode == 2
    assert "first_credit" in wrong.stderr
    assert attrib_here("reconcile", "nowhere.csv", "attributed", *where).returncode == 3


def _export(folder: Path, file: Path, *args: str) -> None:
    done = attrib_here("report", "--config", folder / "attrib.yaml", "--data", folder, *args, "-o", file)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ending", ["parquet", "about.json", "csv"])
def test_an_export_without_ledger_is_gone_through_row_by_row(folder: Path, tmp_path: Path, ending: str) -> None:
    asked = ("--by", "channel", "--period", "2026-01", "--lookback", "90d")
    old = tmp_path / f"january.{ending}"
    _export(folder, old, *asked)
    if ending == "csv":
        _export(folder, tmp_path / "january.about.json", *asked)
    before = {row["channel"]: Decimal(row["revenue"]) for row in rows_now(folder, *asked)}
    touches = TOUCHES.replace("t1,ann,2026-01-01T10:00:00Z,Paid", "t1,ann,2026-01-01T10:00:00Z,Search")
    (folder / "touchpoints.csv").write_text(touches)
    (folder / "deals.csv").write_text(
        DEALS.replace("direct,2026-01-03,2026-01-20,50", "direct,2026-01-03,2026-01-20,80")
    )
    found = json.loads(run(folder, str(old), "attributed"), parse_float=Decimal)
    after = {row["channel"]: Decimal(row["revenue"]) for row in rows_now(folder, *asked)}
    steps = {one["reason"]: one for one in found["steps"]}
    assert steps.keys() == {"changed-rows", "new-rows", "gone-rows"}
    assert steps["changed-rows"]["rows"] == [{"id": "Direct", "amount": 30}]
    assert steps["new-rows"]["rows"] == [{"id": "Search", "amount": after["Search"]}]
    assert steps["gone-rows"]["rows"] == [{"id": "Paid", "amount": -before["Paid"]}]
    shown = sum(amount for name, amount in before.items() if name != "(unattributed)")
    assert found["from"]["amount"] == shown
    assert found["from"]["amount"] + sum(one["amount"] for one in found["steps"]) == found["to"]["amount"]
    assert found["to"]["amount"] == sum(amount for name, amount in after.items() if name != "(unattributed)")
    assert any(text.startswith("touchpoints: ") for text in found["warnings"])
    back = json.loads(run(folder, "attributed", str(old)), parse_float=Decimal)
    assert back["to"]["amount"] == found["from"]["amount"]


def rows_now(folder: Path, *args: str) -> list[dict[str, str]]:
    done = attrib_here("report", "--config", folder / "attrib.yaml", "--data", folder, *args, "-f", "csv")
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_rows_that_hold_conversions_without_interactions_say_so(folder: Path, tmp_path: Path) -> None:
    _export(folder, tmp_path / "months.parquet", "--by", "month")
    found = json.loads(run(folder, str(tmp_path / "months.parquet")), parse_float=Decimal)
    (only,) = found["steps"]
    assert only["reason"] == "unattributed"
    assert "nobody" in {row["id"] for row in only["rows"]}
    assert found["from"]["amount"] + only["amount"] == found["to"]["amount"]


@pytest.mark.parametrize(
    ("file", "args", "said"),
    [
        ("a.parquet", ("closed",), "an export is reconciled with what its request says now"),
        ("a.parquet", ("attributed", "--period", "2026"), "--period: it was given beside an export"),
        ("a.parquet", ("attributed", "--model", "last"), "the export has the models linear"),
        ("a.xlsx", ("attributed",), "xlsx has no exact figures in rows"),
        ("a.csv", ("attributed",), "csv does not carry what it was made of"),
        ("a.html", ("attributed",), "the file is not one report"),
    ],
)
def test_what_an_export_cannot_say_is_told(folder: Path, file: str, args: tuple[str, ...], said: str) -> None:
    _export(folder, folder / file, "--by", "channel")
    done = attrib_here(
        "reconcile", folder / file, *args, "--config", folder / "attrib.yaml", "--data", folder, "-f", "json"
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_rows_that_share_conversions_are_not_summed(folder: Path) -> None:
    _export(folder, folder / "a.parquet", "--by", "channel", "--model", "participation")
    done = attrib_here("reconcile", folder / "a.parquet", "--config", folder / "attrib.yaml", "--data", folder)
    assert done.returncode == 2
    assert "participation credits the rows of a report" in done.stderr


def test_touchpoints_without_campaigns_have_totals_too(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at,channel\nc,2026-01-01,A\n")
    deals = "deal_id,contact_id,created_at,closed_at,amount,is_won\nd,c,2026-01-02,2026-01-03,10,true\n"
    (tmp_path / "deals.csv").write_text(f"{deals}e,x,2026-01-02,2026-01-03,5,true\n")
    done = attrib_here("reconcile", "attributed", "closed", "--data", tmp_path, "-f", "csv")
    assert done.returncode == 0, done.stderr
    assert [line.split(",")[3] for line in done.stdout.splitlines()[1:]] == ["10", "5", "15"]
