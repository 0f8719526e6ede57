"""``attrib explain``: journeys and figures walked back to what people did, by hand and against the reports."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Attrib
from in_process import attrib_here

ROOT = Path(__file__).parents[2]
DEMO = ("--data", str(ROOT / "examples" / "data"))
TOUCHES = """touchpoint_id,contact_id,occurred_at,channel,asset_type,campaign_id
t1,ann,2025-12-01T10:00:00Z,Paid,ad,
t2,ann,2026-01-01T10:00:00Z,Email,email,launch
t3,bob,2026-01-05T10:00:00Z,Email,STATIC_LIST,launch
t4,bob,2026-01-06T10:00:00Z,Direct,page,
t5,ann,2026-02-01T10:00:00Z,Social,post,launch
t6,eve,2026-01-02T10:00:00Z,Email,email,launch
"""


@pytest.fixture
def attrib() -> Attrib:
    return attrib_here


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "touchpoints.csv").write_text(TOUCHES)
    (tmp_path / "deals.csv").write_text(
        "deal_id,created_at,closed_at,amount,currency,is_won\n"
        "D-1,2026-01-03T00:00:00Z,2026-01-20T10:00:00Z,1000.01,EUR,true\n"
        "D-2,2026-01-03T00:00:00Z,,500,EUR,false\n"
        "D-3,2026-01-03T00:00:00Z,2026-01-21T10:00:00Z,77,EUR,true\n"
    )
    (tmp_path / "deal_contacts.csv").write_text("deal_id,contact_id\nD-1,ann\nD-1,bob\nD-2,ann\nD-3,zoe\n")
    (tmp_path / "contacts.csv").write_text(
        "contact_id,created_at\nann,2026-01-02T00:00:00Z\nbob,2026-01-05T12:00:00Z\neve,2026-01-03T00:00:00Z\n"
    )
    (tmp_path / "campaigns.csv").write_text("campaign_id,name\nlaunch,Spring Launch\n")
    return tmp_path


def explained(attrib: Attrib, *args: str) -> dict[str, Any]:
    done = attrib("explain", *args, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout, parse_float=Decimal)
    assert isinstance(found, dict)
    return found


def test_a_deal_shows_every_interaction_with_what_becomes_of_it(attrib: Attrib, folder: Path) -> None:
    found = explained(
        attrib, "deal", "D-1", "--data", str(folder), "--lookback", "30d", "--eligible", "channel!=Direct", "-m", "all"
    )
    assert (found["id"], found["value"], found["converted_at"]) == ("D-1", Decimal("1000.01"), "2026-01-20T10:00:00")
    status = {one["touchpoint_id"]: one["status"] for one in found["interactions"]}
    assert status == {
        "t1": "outside-lookback", "t2": "credited", "t3": "excluded", "t4": "ineligible", "t5": "late"
    }  # fmt: skip
    (earning,) = (one for one in found["interactions"] if one["status"] == "credited")
    assert set(earning["credit"].values()) == {Decimal("1000.01")}
    assert (earning["contact_id"], earning["campaign"], earning["channel"]) == ("ann", "Spring Launch", "Email")
    assert earning["position"] == "first+lead+deal+last"


def test_credit_is_that_of_the_models_by_hand(attrib: Attrib, folder: Path) -> None:
    found = explained(attrib, "deal", "D-1", "--data", str(folder), "-m", "linear,u-shaped,last")
    credit = {one["touchpoint_id"]: one["credit"] for one in found["interactions"]}
    assert {t: c.get("last", 0) for t, c in credit.items()} == {
        "t1": 0,
        "t2": 0,
        "t3": 0,
        "t4": Decimal("1000.01"),
        "t5": 0,
    }
    assert sum((c.get("linear", Decimal(0)) for c in credit.values()), Decimal(0)) == Decimal("1000.01")
    assert credit["t1"]["linear"].quantize(Decimal("0.01")) == Decimal("333.34")  # 1000.01 / 3, and three take part
    assert credit["t1"]["u-shaped"].quantize(Decimal("0.01")) == Decimal("400.00")  # first 40 %
    assert credit["t2"]["u-shaped"].quantize(Decimal("0.01")) == Decimal("400.00")  # the lead is of ann, the oldest
    assert credit["t4"]["u-shaped"].quantize(Decimal("0.01")) == Decimal("200.00")  # the rest


def test_a_deal_without_interactions_is_unattributed(attrib: Attrib, folder: Path) -> None:
    found = explained(attrib, "deal", "D-3", "--data", str(folder))
    assert (found["interactions"], found["unattributed"]) == ([], {"linear": 77})


def test_a_deal_that_is_not_won_is_explained_from_its_creation(attrib: Attrib, folder: Path) -> None:
    assert explained(attrib, "deal", "D-2", "--data", str(folder))["type"] == "deal-create"
    done = attrib("explain", "deal", "D-2", "--data", str(folder), "--type", "revenue")
    assert done.returncode == 2
    assert "it is not won" in done.stderr


def test_journeys_sum_to_their_value_and_all_of_them_to_the_report(attrib: Attrib) -> None:
    models = ("linear", "u-shaped", "full-path", "time-decay", "j-shaped", "same-touch", "shapley")
    deals = {
        row["deal_id"]: Decimal(row["revenue"])
        for row in csv.DictReader(io.StringIO(attrib("report", *DEMO, "--by", "deal_id", "-f", "csv").stdout))
    }
    for deal in list(deals)[:2]:
        found = explained(attrib, "deal", deal, *DEMO, "-m", ",".join(models))
        for model in models:
            credit = sum((one["credit"].get(model, Decimal(0)) for one in found["interactions"]), Decimal(0))
            assert credit + found["unattributed"][model] == found["value"] == deals[deal], model


@pytest.mark.parametrize(
    ("kind", "by", "model"),
    [
        ("revenue", "campaign", "u-shaped"),
        ("revenue", "month,channel", "linear"),
        ("revenue", "pipeline", "first"),
        ("revenue", "channel", "markov"),
        ("deals", "campaign", "linear"),
    ],
)
def test_the_conversions_behind_each_row_sum_to_its_figure(attrib: Attrib, kind: str, by: str, model: str) -> None:
    measure = "amount" if kind == "deals" else "revenue"
    asked = ("--type", kind, "--by", by, "-m", model)
    report = attrib("report", *DEMO, *asked, "--measure", measure, "-f", "csv").stdout
    for row in list(csv.DictReader(io.StringIO(report)))[:2]:
        texts = [part for name in by.split(",") for part in ("--row", row[name])]
        found = explained(attrib, "report", *DEMO, *asked, *texts)
        assert (found["measure"], found["figure"][model]) == (measure, Decimal(row[measure]))
        credit = [one["credit"][model] for one in found["conversions"]]
        assert sum(credit, Decimal(0)) + found["rounding"][model] == Decimal(row[measure])
        assert abs(found["rounding"][model]) <= Decimal("0.000001") * len(credit)
        assert credit == sorted(credit, key=abs, reverse=True)


def test_a_campaign_is_called_as_reports_call_it(attrib: Attrib) -> None:
    by_name, by_id = (attrib("explain", "campaign", one, *DEMO) for one in ("Always-on Search", "cmp-01"))
    assert (by_name.returncode, by_id.stdout) == (0, by_name.stdout)


def test_a_campaign_in_a_table_adds_up_as_it_is_shown(attrib: Attrib) -> None:
    done = attrib("explain", "campaign", "Spring Launch", *DEMO, "--limit", "3", "-f", "table")
    lines = done.stdout.splitlines()
    shown = [Decimal(line.split("$")[-1].replace(",", "")) for line in lines if "$" in line]
    assert sum(shown[:-1]) == shown[-1] == Decimal("209060.06")
    assert "others)" in done.stdout


def test_a_long_journey_is_summed_up_for_reading_and_whole_for_machines(attrib: Attrib, tmp_path: Path) -> None:
    rows = [f"c,2026-01-01T00:00:{i % 60:02}.{i:06}Z,{'Email' if i % 3 else 'Direct'}" for i in range(1000)]
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at,channel\n" + "\n".join(rows) + "\n")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc,2026-02-01\n")
    done = attrib("explain", "contact", "c", "--data", str(tmp_path), "-f", "table")
    assert len(done.stdout.splitlines()) < 20
    assert "1,000" in done.stdout
    assert len(attrib("explain", "contact", "c", "--data", str(tmp_path), "-f", "csv").stdout.splitlines()) == 1001


def test_a_page_keeps_hostile_names_text(attrib: Attrib, folder: Path) -> None:
    text = TOUCHES.replace("Paid", '"<img src=x onerror=alert(1)>"')
    (folder / "touchpoints.csv").write_text(text)
    done = attrib("explain", "deal", "D-1", "--data", str(folder), "-f", "html")
    assert done.returncode == 0
    assert "<img" not in done.stdout
    assert "default-src &#x27;none&#x27;" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("deal", "D-9"), "there is no deal 'D-9'"),
        (("deal",), "which deal?"),
        (("dael", "D-1"), "Did you mean 'deal'?"),
        (("contact", "ann", "--type", "revenue"), "a contact is no conversion of a revenue report"),
        (("campaign", "Sprng Launch"), "Did you mean 'Spring Launch' or 'launch'?"),
        (("campaign", "Spring Launch", "--period", "2019"), "2019-01-01 to 2019-12-31 leaves 0 of"),
        (("report", "--by", "channel,month", "--row", "Email"), "a row of it has 2 texts, not 1"),
        (("report", "--row", "(other)"), "the rest of a limited report"),
        (("deal", "D-1", "-f", "pdf"), "Formats: table, csv, json, html."),
    ],
)
def test_mistakes_are_one_message(attrib: Attrib, folder: Path, args: tuple[str, ...], said: str) -> None:
    done = attrib("explain", *args, "--data", str(folder))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_effects_that_weigh_a_journey_are_those_of_the_documentation(tmp_path: Path) -> None:
    """Ten journeys of A, B and a deal, ten of A alone, five of B alone: without A 2/3 is lost, without B all."""
    touches, deals = ["contact_id,occurred_at,channel"], ["deal_id,created_at,closed_at,amount,is_won,contact_id"]
    for number in range(25):
        if number < 20:
            touches.append(f"{number},2026-01-01T10:00:00Z,A")
        if number < 10 or number >= 20:
            touches.append(f"{number},2026-01-02T10:00:00Z,B")
        if number < 10:
            deals.append(f"d{number},2026-01-03,2026-01-03,100,true,{number}")
    (tmp_path / "touchpoints.csv").write_text("\n".join(touches) + "\n")
    (tmp_path / "deals.csv").write_text("\n".join(deals) + "\n")
    args = ("explain", "deal", "d3", "--data", tmp_path, "-m", "markov,shapley", "--game", "rate", "-f", "json")
    done = attrib_here(*args)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout, parse_float=Decimal)
    effects = {one["state"]: one["effect"] for one in found["effects"]}
    assert effects["A"]["markov"] == Decimal("0.666667")
    assert effects["B"]["markov"] == 1
    assert found["states"] == ["channel"]
    credit = {one["channel"]: one["credit"]["markov"] for one in found["interactions"]}
    assert credit == {"A": 40, "B": 60}
    table = attrib_here(*args[:-1], "table").stdout
    assert "markov weighs by channel: B 1, A 0.666667." in table


@pytest.mark.parametrize(
    ("args", "flag"),
    [
        (("deal", "570", "--sort", "revenue"), "--sort"),
        (("deal", "570", "--where", "pipeline=X"), "--where"),
        (("deal", "570", "--limit", "3"), "--limit"),
        (("campaign", "Spring Launch", "--by", "channel"), "--by"),
        (("report", "--by", "channel", "--row", "Email", "--measure", "deals"), "--measure"),
        (("deal", "570", "--row", "x"), "--row"),
    ],
)
def test_options_that_would_do_nothing_are_refused(args: tuple[str, ...], flag: str) -> None:
    done = attrib_here("explain", *args, "--demo")
    assert done.returncode == 2
    assert flag in done.stderr


def test_conditions_go_along() -> None:
    args = ("explain", "deal", "570", "--demo", "--lookback", "30d")
    assert [one["key"] for one in json.loads(attrib_here(*args, "-f", "json").stdout)["conditions"]] == ["lookback"]
    assert "look-back 30 days" in attrib_here(*args, "-f", "csv").stderr
    found = json.loads(attrib_here("paths", "--demo", "--period", "2026", "-f", "json").stdout)
    assert found["dates"] == {"name": "2026", "from": "2026-01-01", "to": "2026-12-31"}
    assert sum(row["conversions"] for row in found["rows"]) == found["conversions"]
    assert "--model" in attrib_here("paths", "--demo", "-m", "first").stderr


def test_explanations_and_paths_carry_their_conditions_and_notes() -> None:
    """In JSON as fields, beside csv on standard error, as reports do."""
    for args in (("paths", "length"), ("explain", "report", "--by", "path_length", "--row", "0")):
        asked = (*args, "--demo", "--where", "amount>=1000", "--lookback", "1000d")
        found = json.loads(attrib_here(*asked, "-f", "json").stdout)
        assert [one["key"] for one in found["conditions"]] == ["where", "lookback"]
        assert {"level": "note", "text": "1 left out: won deals without amount"} in found["notes"]
        said = attrib_here(*asked, "-f", "csv").stderr
        assert "note: where amount>=1000 · look-back 1000 days" in said
        assert "note: 1 left out: won deals without amount" in said


def test_credit_of_states_that_only_led_on_to_others_is_said_to_have_no_conversion(tmp_path: Path) -> None:
    """C is before B in eight journeys that do not convert, and B alone in twelve that do."""
    touches, deals = ["contact_id,occurred_at,channel"], ["deal_id,created_at,closed_at,amount,is_won,contact_id"]
    for number in range(20):
        touches += [f"{number},2026-01-01,C"] if number < 8 else []
        touches.append(f"{number},2026-01-02,B")
        deals += [f"d{number},2026-01-03,2026-01-03,100,true,{number}"] if number >= 8 else []
    (tmp_path / "touchpoints.csv").write_text("\n".join(touches) + "\n")
    (tmp_path / "deals.csv").write_text("\n".join(deals) + "\n")
    asked = ("explain", "report", "--data", tmp_path, "-m", "markov,linear", "--by", "channel", "-f", "json")
    led = json.loads(attrib_here(*asked, "--row", "C").stdout, parse_float=Decimal)
    assert led["conversions"] == [] and led["figure"]["markov"] == led["rounding"]["markov"] > 300
    said = [note["text"] for note in led["notes"] if "is no conversion" in note["text"]]
    assert [text.split(" of it")[0] for text in said] == [f"markov: behind {led['figure']['markov']}"]
    own = json.loads(attrib_here(*asked, "--row", "B").stdout, parse_float=Decimal)
    assert not any("is no conversion" in note["text"] for note in own["notes"])
    assert (
        sum(one["credit"]["markov"] for one in own["conversions"]) + own["rounding"]["markov"]
        == (own["figure"]["markov"])
    )


def test_of_a_report_without_rows_no_row_is_offered_and_paths_still_have_their_header(attrib: Attrib) -> None:
    days = (*DEMO, "--from", "2020-01-01", "--to", "2020-01-31", "--by", "channel")
    run = attrib("explain", "report", *days, "--row", "Email")
    assert run.returncode == 2
    assert "It has no rows at all." in run.stderr
    for question, first in (("length", "path_length"), ("lag", "lag_days"), ("top", "path")):
        run = attrib("paths", question, *days, "--non-converting", "off", "-f", "csv")
        assert run.stdout.startswith(first), question
        assert run.stdout.count("\n") == 1, question
