"""``attrib campaigns``: the list counted by hand, and the board of one campaign in every format."""

from __future__ import annotations

import csv
import functools
import io
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from in_process import attrib_here

TOUCHES = """touchpoint_id,contact_id,occurred_at,channel,asset_type,asset_title,interaction_type,campaign_id
t1,ann,2026-01-01T10:00:00Z,Paid,ad,Banner,Ad click,spring
t2,ann,2026-01-02T10:00:00Z,Email,email,News,Email click,autumn
t3,ann,2026-01-05T10:00:00Z,Email,email,News,Email click,spring
t4,bob,2026-01-02T10:00:00Z,Email,STATIC_LIST,List,Added,spring
t5,bob,2026-01-03T10:00:00Z,Paid,ad,Banner,Ad click,autumn
t6,cat,2025-06-01T10:00:00Z,Paid,ad,Banner,Ad click,spring
t7,dan,2026-02-20T10:00:00Z,Paid,ad,Banner,Ad click,spring
"""
CONTACTS = """contact_id,created_at
ann,2026-01-02
bob,2026-01-04
cat,2025-06-02
dan,2026-02-21
"""
DEALS = """deal_id,created_at,closed_at,amount,is_won,contact_id
one,2026-01-03,2026-01-20,1000,true,ann
two,2026-01-03,2026-01-25,500,true,bob
old,2025-06-03,2025-07-01,70,true,cat
lost,2026-01-03,2026-01-20,9999,false,ann
"""
CAMPAIGNS = """campaign_id,name,starts_on,ends_on,budget,spend,owner,target_revenue,contacts_goal,goal
spring,Spring Launch,2025-06-01,2026-03-01,900,600,Marta,2000,4,Be known
autumn,Autumn Show,2026-01-01,2026-01-31,100,50,Tom,,,
"""
SPEND = """campaign_id,spent_on,amount
spring,2026-01-10,300
spring,2025-06-10,300
autumn,2026-01-10,50
"""
COUNTED = (
    "touchpoints",
    "contacts_touched",
    "new_contacts_first_touch",
    "new_contacts_last_touch",
    "influenced_contacts",
    "closed_deals",
    "influenced_revenue",
    "revenue",
    "budget",
    "spend",
    "remaining_budget",
    "cost_per_new_contact",
    "cost_per_influenced_contact",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("campaigns")
    for name, text in (
        ("touchpoints", TOUCHES),
        ("contacts", CONTACTS),
        ("deals", DEALS),
        ("campaigns", CAMPAIGNS),
        ("campaign_spend", SPEND),
    ):
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "attrib.yaml").write_text("version: 1\ncurrency: EUR\n")
    return tmp_path


def run(folder: Path, *args: str | Path, code: int = 0) -> str:
    done = attrib_here("campaigns", *args, "--config", folder / "attrib.yaml", "--data", folder)
    assert done.returncode == code, done.stderr
    return str(done.stdout if code == 0 else done.stderr)


def rows(text: str) -> dict[str, dict[str, str]]:
    return {row["campaign"]: row for row in csv.DictReader(io.StringIO(text))}


def test_the_list_is_what_a_hand_counts(folder: Path) -> None:
    """January: spring reached ann (t1, t3) and, by a static list, bob; autumn ann (t2) and bob (t5)."""
    found = rows(run(folder, "--period", "2026-01", "-f", "csv"))
    spring = [found["Spring Launch"][name] for name in COUNTED]
    # of deal one's three interactions two are spring's; deal two's only one that counts is autumn's
    assert spring == ["2", "1", "1", "1", "2", "2", "1500", "666.666667", "900", "300", "600", "300", "150"]
    autumn = [found["Autumn Show"][name] for name in COUNTED]
    assert autumn == ["2", "2", "1", "1", "2", "2", "1500", "833.333333", "100", "50", "50", "50", "25"]


def test_weights_that_are_typed_are_a_model_like_any_other(folder: Path) -> None:
    where = ("campaigns", "--data", folder, "--measure", "revenue", "-f", "csv")
    typed, known = (attrib_here(*where, *model) for model in (("--weights", "first=1"), ("--model", "first")))
    assert (typed.returncode, typed.stdout.replace("first=1", "first")) == (0, known.stdout), typed.stderr


def test_what_the_data_do_not_have_is_said(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text(TOUCHES)
    (tmp_path / "contacts.csv").write_text(CONTACTS)
    done = attrib_here("campaigns", "--data", tmp_path, "-f", "csv")
    assert done.returncode == 0, done.stderr
    assert "closed_deals, influenced_revenue left out: there is no table deals" in done.stderr
    assert "cost_per_new_contact, cost_per_influenced_contact left out: nothing says what campaigns cost" in done.stderr
    assert rows(done.stdout)["spring"]["contacts"] == "3"  # ann, whose t2 came after, cat and dan


@functools.cache
def board(folder: Path, *args: str) -> dict[str, dict[str, Any]]:
    found = json.loads(run(folder, "show", "spring launch", "-f", "json", *args), parse_float=Decimal)
    assert found["dashboard"] == "Spring Launch"
    return {tile["name"]: tile for tile in found["reports"]}


def test_the_board_has_what_reports_on_the_campaign_have(folder: Path) -> None:
    tiles = board(folder, "-m", "first,linear,w-shaped")
    assert list(tiles) == [
        "Performance",
        "Contacts",
        "Deals created",
        "Revenue",
        "Targets",
        "Contacts over time",
        "Deals created over time",
        "Revenue over time",
        "By asset type",
        "By interaction type",
        "Top assets",
        "Top deals",
        "Top paths",
    ]
    for name, args in {
        "Revenue": ("--by", "campaign"),
        "Contacts": ("--by", "campaign", "-t", "contact-create"),
        "By asset type": ("--by", "asset_type"),
        "Top deals": ("--by", "deal_id"),
    }.items():
        done = attrib_here("report", "--data", folder, "-m", "first,linear", "-c", "spring", "-f", "json", *args)
        expected = json.loads(done.stdout, parse_float=Decimal)
        measure = "contacts" if name == "Contacts" else "revenue"
        for model in ("first", "linear"):
            total = sum(row[measure] for row in expected if row["model"] == model)
            assert total == sum(row[measure] for row in tiles[name]["rows"] if row["model"] == model)
    assert sum(row["revenue"] for row in tiles["Revenue over time"]["rows"] if row["model"] == "first") == 1070
    lines = {row["model"]: row["deals"] for row in tiles["Deals created"]["rows"]}
    for model, deals in lines.items():
        assert sum(r["deals"] for r in tiles["Deals created over time"]["rows"] if r["model"] == model) == deals


def test_targets_stand_beside_what_was_reached(folder: Path) -> None:
    row = board(folder, "-m", "first,linear,w-shaped")["Targets"]["rows"][1]
    assert row["model"] == "linear"
    assert row["revenue_target"] == 2000
    assert row["revenue"] == Decimal("736.666667")
    assert row["revenue_reached"] == Decimal("0.368333")
    assert (row["contacts_target"], row["contacts_reached"]) == (4, row["contacts"] / 4)


def test_paths_are_of_journeys_with_the_campaign(folder: Path) -> None:
    found = {row["path"]: row for row in board(folder, "-m", "first,linear,w-shaped")["Top paths"]["rows"]}
    assert {path: (row["conversions"], row["revenue"], row["journeys"]) for path, row in found.items()} == {
        "Spring Launch > Autumn Show": (1, 1000, 2),  # deal one, and the lost one
        "Spring Launch": (1, 70, 2),  # the old deal, and dan, who has none
    }


def test_models_without_a_place_in_journeys_of_contacts_are_said(folder: Path) -> None:
    tiles = board(folder, "-m", "first,linear,w-shaped")
    assert {row["model"] for row in tiles["Contacts"]["rows"]} == {"first", "linear"}
    assert "without w-shaped" in tiles["Contacts"]["description"]


def test_filters_on_credits_leave_paths_whole_and_say_so(folder: Path) -> None:
    tiles = board(folder, "--where", "channel=Paid")
    assert "not only where channel=Paid" in tiles["Top paths"]["description"]
    assert len(tiles["Top paths"]["rows"]) == 2


def test_the_board_as_page_workbook_and_folder(folder: Path) -> None:
    run(folder, "show", "spring", "-o", folder / "board.html")
    page = (folder / "board.html").read_text()
    assert "<title>Spring Launch</title>" in page
    assert "2025-06-01 to 2026-03-01 · owner: Marta · goal: Be known" in page
    run(folder, "show", "spring", "-o", folder / "board.xlsx")
    from openpyxl import load_workbook

    assert {"Performance", "Top paths", "About"} <= set(load_workbook(folder / "board.xlsx").sheetnames)
    run(folder, "show", "spring", "-o", f"{folder / 'files'}/")
    assert (folder / "files" / "top-paths.csv").read_text().startswith("path,conversions,revenue,journeys,rate\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("show", "sprig launch"), "there is no campaign 'sprig launch'"),
        (("show", "spring", "--sort", "roi"), "does not take this option"),
        (("show", "spring", "-f", "png"), "Formats:"),
        (("show",), "which campaign?"),
        (("spring",), "attrib campaigns show 'spring'"),
        (("--rows", "3"), "does not take this option"),
    ],
)
def test_what_makes_no_sense_is_refused(folder: Path, args: tuple[str, ...], said: str) -> None:
    assert said in run(folder, *args, code=2)


def test_a_report_on_one_campaign_points_there(folder: Path) -> None:
    done = attrib_here("report", "--data", folder, "-c", "Spring Launch", "-f", "table")
    assert "attrib campaigns show 'Spring Launch'" in done.stderr


def test_models_that_credit_rows_leave_out_what_sets_credit_against_spend(folder: Path) -> None:
    listed = run(folder, "-m", "participation", "-f", "csv")
    assert "roi" not in listed.splitlines()[0]
    shown = run(folder, "-m", "participation", "-f", "table")
    assert "roi left out: participation credits several campaigns with the same" in " ".join(shown.split())
    board = run(folder, "show", "spring", "-m", "participation")
    assert "Revenue" in board and "error" not in board


def test_a_campaign_that_there_is_none_of_has_no_board(folder: Path) -> None:
    done = attrib_here("campaigns", "show", "Sprang", "--data", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("there is no campaign 'Sprang'") == 1


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Spring Launch ", "spring launch"),
        ("(no campaign)", '"(no campaign)"'),
        ('<b>🎉</b>, "x" | y', '<b>🎉</b>, "x" | y'),
    ],
)
def test_campaigns_of_odd_names_have_a_board(folder: Path, tmp_path: Path, name: str, typed: str) -> None:
    for file in folder.glob("*.csv"):
        shutil.copy(file, tmp_path)
    rows = list(csv.DictReader(io.StringIO(CAMPAIGNS)))
    rows[0]["name"] = name
    with (tmp_path / "campaigns.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = attrib_here("campaigns", "show", typed, "--data", tmp_path, "-f", "json")
    assert done.returncode == 0, done.stderr
    tiles = {tile["name"]: tile for tile in json.loads(done.stdout, parse_float=Decimal)["reports"]}
    row = tiles["Performance"]["rows"][0]
    assert row["touchpoints"] == 4
    assert sum(row["revenue"] for row in tiles["Top paths"]["rows"]) == 1070
