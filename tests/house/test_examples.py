"""The example data: what it promises to hold, that its script still makes it, and that its README's commands run."""

from __future__ import annotations

import csv
import io
import os
import re
import shlex
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import pytest
from program import clean_environment, run_text

from attrib_cli.engine.source_spec import TABLES

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
GIVEN = [table for table in TABLES if table != "campaign_assets"]  # touchpoints name their campaigns themselves
EXCLUDED = {"static_list", "WORKFLOW"}
Rows = list[dict[str, str]]


def read(table: str) -> Rows:
    with (EXAMPLES / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def data() -> dict[str, Rows]:
    return {table: read(table) for table in GIVEN}


def attrib(*arguments: str, cwd: Path = EXAMPLES) -> subprocess.CompletedProcess[str]:
    return run_text(arguments, cwd=cwd, env=clean_environment(ATTRIB_TODAY="2026-11-02"))


def members(data: dict[str, Rows]) -> dict[str, set[str]]:
    """deal_id -> its contacts."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in data["deal_contacts"]:
        found[row["deal_id"]].add(row["contact_id"])
    return found


def journey(data: dict[str, Rows], contacts: Iterable[str], until: str) -> Rows:
    """The interactions of these contacts at or before a moment; ISO times in UTC compare as text."""
    chosen = set(contacts)
    return [t for t in data["touchpoints"] if t["contact_id"] in chosen and t["occurred_at"] <= until]


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_script_makes_the_same_bytes(tmp_path: Path, seed: str) -> None:
    environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo" if seed == "1" else "UTC"}
    subprocess.run([sys.executable, EXAMPLES / "make_data.py", tmp_path], check=True, env=environment)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in (EXAMPLES / "data").iterdir()}
    assert set(made) == {f"{table}.csv" for table in GIVEN}


def test_keys_are_unique_and_references_hold(data: dict[str, Rows]) -> None:
    keys = {"touchpoints": "touchpoint_id", "contacts": "contact_id", "deals": "deal_id", "campaigns": "campaign_id"}
    known = {table: {row[key] for row in data[table]} for table, key in keys.items()}
    for table, key in keys.items():
        assert len(known[table]) == len(data[table]), key
    assert {row["contact_id"] for row in data["touchpoints"] + data["deal_contacts"]} <= known["contacts"]
    assert {row["campaign_id"] for row in data["touchpoints"]} - {""} == known["campaigns"]
    assert {row["campaign_id"] for row in data["campaign_spend"]} < known["campaigns"]
    assert {row["deal_id"] for row in data["deal_contacts"]} == known["deals"]
    pairs = [tuple(row.values()) for row in data["deal_contacts"]]
    assert len(pairs) == len(set(pairs))


def test_the_size_is_that_of_a_real_company(data: dict[str, Rows]) -> None:
    assert 380 <= len(data["contacts"]) <= 420
    assert 85 <= len(data["deals"]) <= 95
    assert 2000 <= len(data["touchpoints"]) <= 2600
    assert len(data["campaigns"]) == 10
    assert [row["name"] for row in data["campaigns"]].count("Spring Launch") == 1
    stages = Counter("won" if d["is_won"] == "true" else "lost" if d["closed_at"] else "open" for d in data["deals"])
    assert stages["won"] >= 40 and stages["lost"] >= 15 and stages["open"] >= 15
    assert {row["currency"] for row in data["deals"]} == {"USD"}


def test_the_awkward_cases_are_there(data: dict[str, Rows]) -> None:
    people = members(data)
    won = [deal for deal in data["deals"] if deal["is_won"] == "true"]
    assert sum(not deal["amount"] for deal in data["deals"]) == 1
    assert any(not deal["amount"] for deal in won)
    assert sum(not journey(data, people[deal["deal_id"]], deal["closed_at"]) for deal in won) >= 3
    assert max(len(contacts) for contacts in people.values()) >= 5
    deals_of = Counter(row["contact_id"] for row in data["deal_contacts"])
    assert max(deals_of.values()) >= 2
    companies: dict[str, set[str]] = defaultdict(set)
    company = {row["contact_id"]: row["company"] for row in data["contacts"]}
    for deal, contacts in people.items():
        companies[deal] = {company[contact] for contact in contacts}
    assert max(len(names) for names in companies.values()) == 2
    assert len(data["contacts"]) - len(deals_of) >= 100
    assert {row["asset_type"] for row in data["touchpoints"]} >= EXCLUDED
    assert any(not row["campaign_id"] for row in data["touchpoints"])
    moments = Counter((row["contact_id"], row["occurred_at"]) for row in data["touchpoints"])
    assert max(moments.values()) >= 2


def test_time_runs_forward(data: dict[str, Rows]) -> None:
    moments = [row["occurred_at"] for row in data["touchpoints"]]
    assert moments == sorted(moments)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment) for moment in moments)
    assert moments[-1] < "2026-11-01"
    created = {row["contact_id"]: row["created_at"] for row in data["contacts"]}
    assert max(created.values()) < "2026-11-01"
    for deal in data["deals"]:
        assert deal["created_at"] < (deal["closed_at"] or "9"), deal["deal_id"]
    starts = {row["campaign_id"]: row["starts_on"] for row in data["campaigns"]}
    for row in data["touchpoints"]:
        if row["campaign_id"] and row["asset_type"] not in EXCLUDED:
            assert row["occurred_at"] >= starts[row["campaign_id"]], row["touchpoint_id"]


def test_spend_stays_near_the_budget(data: dict[str, Rows]) -> None:
    spent: dict[str, Fraction] = defaultdict(Fraction)
    for row in data["campaign_spend"]:
        spent[row["campaign_id"]] += Fraction(row["amount"])
    for campaign in data["campaigns"]:
        if not campaign["budget"]:
            assert campaign["campaign_id"] not in spent
        else:
            assert Fraction(3, 5) < spent[campaign["campaign_id"]] / int(campaign["budget"]) < Fraction(6, 5)


def test_the_readme_counts_right(data: dict[str, Rows]) -> None:
    text = " ".join((EXAMPLES / "README.md").read_text(encoding="utf-8").split())
    won = sum(deal["is_won"] == "true" for deal in data["deals"])
    assert f"{len(data['contacts'])} people, {len(data['deals'])} deals of which {won} were won" in text


def linear_revenue(data: dict[str, Rows]) -> tuple[dict[str, Fraction], Fraction]:
    """campaign name -> linear credit, and the total of all conversions, worked out in fractions."""
    names = {row["campaign_id"]: row["name"] for row in data["campaigns"]} | {"": "(no campaign)"}
    people = members(data)
    credit: dict[str, Fraction] = defaultdict(Fraction)
    total = Fraction(0)
    for deal in data["deals"]:
        if deal["is_won"] != "true" or not deal["amount"]:
            continue
        total += Fraction(deal["amount"])
        touched = journey(data, people[deal["deal_id"]], deal["closed_at"])
        counted = [touch for touch in touched if touch["asset_type"] not in EXCLUDED]
        for touch in counted:
            credit[names[touch["campaign_id"]]] += Fraction(deal["amount"]) / len(counted)
        if not counted:
            credit["(unattributed)"] += Fraction(deal["amount"])
    return credit, total


@pytest.mark.parametrize("source", [("--config", "attrib.yaml"), ("--data", "data"), ("--demo",)])
def test_the_main_job_gives_what_fractions_give(data: dict[str, Rows], source: tuple[str, ...]) -> None:
    credit, total = linear_revenue(data)
    assert credit["Spring Launch"] > total / 10
    done = attrib("report", *source, "--type", "revenue", "--model", "linear", "--format", "csv")
    assert done.returncode == 0, done.stderr
    shown = {row["campaign"]: Fraction(row["revenue"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert shown.keys() == credit.keys()
    for name, value in shown.items():
        assert abs(value - credit[name]) <= Fraction(1, 100), name
    assert sum(shown.values()) == total

    one = attrib(
        "report", *source, "--campaign", "Spring Launch", "--type", "revenue", "--model", "linear", "-f", "csv"
    )
    assert [Fraction(row["revenue"]) for row in csv.DictReader(io.StringIO(one.stdout))] == [shown["Spring Launch"]]


README_COMMANDS = re.findall(r"```sh\n(attrib .*)\n```", (EXAMPLES / "README.md").read_text(encoding="utf-8"))


def test_the_readme_asks_twelve_questions() -> None:
    assert len(README_COMMANDS) == 12


def test_conversions_and_groups_of_its_own_are_what_the_rows_say(data: dict[str, Rows]) -> None:
    kinds = {"Paid search": "Paid", "Social": "Paid"} | dict.fromkeys(("Event", "Referral", "Webinar"), "People")
    meetings = [row for row in data["touchpoints"] if row["interaction_type"] == "Meeting booked"]
    wanted = Counter(kinds.get(row["channel"], "Owned") for row in meetings)
    asked = ("report", "--config", "attrib.yaml", "--format", "csv")
    done = attrib(*asked, "--type", "meeting-booked", "--by", "channel_kind", "--model", "same-touch")
    assert done.returncode == 0, done.stderr
    found = {row["channel_kind"]: int(row["conversions"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert found == wanted
    seen = attrib(*asked, "--type", "seen-live", "--by", "month", "--measure", "conversions")
    attended = [row for row in data["touchpoints"] if row["interaction_type"] in ("Webinar attended", "Event attended")]
    months = Counter(row["occurred_at"][:7] for row in attended)
    assert {row["month"]: int(row["conversions"]) for row in csv.DictReader(io.StringIO(seen.stdout))} == months


@pytest.mark.parametrize("command", README_COMMANDS)
def test_the_commands_of_the_readme_run(command: str, tmp_path: Path) -> None:
    _, *arguments = shlex.split(command)
    where = ("--config", str(EXAMPLES / "attrib.yaml"))
    done = attrib(*arguments, *where, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.casefold(), done.stderr
    shown = (tmp_path / "revenue.csv").read_text(encoding="utf-8") if "--output" in arguments else done.stdout
    rows = list(csv.DictReader(io.StringIO(shown)))
    assert rows
    figures = [name for name in ("revenue", "contacts", "deals", "conversions") if name in rows[0]]
    assert any(Fraction(row[name] or 0) > 0 for row in rows for name in figures)
