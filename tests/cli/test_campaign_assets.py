"""Campaigns by asset and by utm, through the command line: a case worked by hand, what is told, what is refused."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from in_process import attrib_here

TABLES = {
    "touchpoints": """touchpoint_id,contact_id,occurred_at,campaign_id,channel,asset_type,asset_title,utm_campaign
1,p1,2026-01-01 10:00,,Email,landing page,Guide,
2,p1,2026-01-10 10:00,c3,Ads,landing page,Guide,
3,p1,2026-01-20 10:00,,Ads,form,guide,
4,p1,2026-02-01 10:00,,Social,,," SPRING "
5,p2,2026-02-02 10:00,,Social,landing page,Other,
""",
    "contacts": "contact_id,created_at\np1,2026-01-11\np2,2026-02-03\n",
    "deals": """deal_id,created_at,closed_at,amount,is_won,contact_id
d1,2026-01-15,2026-03-01,100.01,true,p1
d2,2026-02-15,2026-03-02,50,true,p2
""",
    "campaigns": "campaign_id,name,utm,owner\nc1,Spring,spring,Ann\nc2,Summer,Spring,Ann\nc3,Fall,,Bo\n",
    "campaign_assets": """asset_type,asset,campaign_id,from,until,associated_at
Landing_Page, GUIDE,c1,,,2026-01-02
landing page,guide,Fall,,2026-02-02,2025-12-01
landing page,guide,c2,2026-01-01,,2025-12-01
landing page,guide,Summer,2026-01-01,2027-01-01,
,guide,c1,,,2026-01-02
landing page,Other,c9,2026-02-02 10:00,,2026-01-02
""",
    "campaign_spend": "campaign_id,spent_on,amount\nc1,2026-01-01,10\nc3,2026-01-01,20\n",
}
"""Guide is in Fall, Spring and Summer on the first, and touch 4 in Spring and Summer by the utm that both have."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def ask(folder: Path, *options: str, key: str = "campaign", of: str = "revenue") -> dict[str, str]:
    done = attrib_here("report", "--data", folder, "-f", "csv", *options)
    assert done.returncode == 0, done.stderr
    return {row[key]: row[of] for row in csv.DictReader(io.StringIO(done.stdout))}


BY_CAMPAIGN = {
    "c9": "50",
    "Fall": "33.336667",
    "(no campaign)": "25.0025",
    "Spring": "20.835417",
    "Summer": "20.835416",
}
"""25.0025 for each interaction of d1: a third of the first is Fall's, and all of the second."""


def test_campaigns_sum_to_the_total_whatever_they_are_cut_by(folder: Path) -> None:
    assert ask(folder) == BY_CAMPAIGN
    assert sum(map(Decimal, BY_CAMPAIGN.values())) == Decimal("150.01")
    by_owner = ask(folder, "--by", "owner", key="owner")
    assert by_owner == {"(no owner)": "75.0025", "Ann": "41.670833", "Bo": "33.336667"}
    for measure, wanted in (("interactions", "2"), ("conversions_touched", "1")):
        counted = ask(folder, "--by", "owner", "--measure", measure, key="owner", of=measure)
        assert counted["Ann"] == wanted, measure
    of_spring = ask(folder, "--campaign", "Spring", "--by", "channel", key="channel")
    assert of_spring == {"Social": "12.50125", "Email": "8.334167"}
    assert ask(folder, "--measure", "roi", of="roi")["Spring"] == "1.083542"


def test_what_touchpoints_say_themselves_can_be_asked_beside_it(folder: Path) -> None:
    own = {"(no campaign id)": "125.0075", "c3": "25.0025"}
    assert ask(folder, "--by", "touchpoint.campaign_id", key="touchpoint.campaign_id") == own
    of_c3 = ask(folder, "--by", "campaign", "--where", "touchpoint.campaign_id=c3")
    assert of_c3["Fall"] == "25.0025"
    text = TABLES["touchpoints"].replace(",campaign_id,", ",note,").replace("channel,", "channel,", 1)
    (folder / "touchpoints.csv").write_text(text)
    done = attrib_here("report", "--data", folder, "-f", "csv", "--by", "touchpoint.campaign_id")
    assert done.returncode in (0, 2) and "bug" not in done.stderr


def test_what_is_split_and_what_leads_nowhere_is_told(folder: Path) -> None:
    told = attrib_here("report", "--data", folder, "-f", "table")
    assert "2 of 5 interactions belong to several campaigns at once" in told.stdout
    assert "campaign_assets has 1 row without asset, type or campaign: no interaction belongs by it" in told.stdout
    assert "1 row of campaign_assets names a campaign that campaigns does not have ('c9')" in told.stdout
    total = next(line for line in told.stdout.splitlines() if line.startswith("Total"))
    assert total.split()[1:] == ["150.01", "2.00", "5", "100.0%"]


def test_assets_count_from_their_association_on_where_that_is_said(folder: Path) -> None:
    (folder / "attrib.yaml").write_text("sources:\n" + "".join(f"  {name}: {name}.csv\n" for name in TABLES))
    config = folder / "attrib.yaml"
    plain = attrib_here("report", "--config", config, "-f", "csv")
    assert "Fall,linear,33.336667" in plain.stdout, plain.stderr
    config.write_text(config.read_text() + "from_association: true\n")
    done = attrib_here("report", "--config", config, "-f", "csv")
    assert "Fall,linear,37.50375" in done.stdout, done.stderr
    assert "1 row without associated_at: `from_association` does not bound it" in done.stderr
    (folder / "campaign_assets.csv").write_text("asset,campaign_id\nguide,c1\n")
    refused = attrib_here("report", "--config", config)
    assert refused.returncode == 2
    assert "`from_association` needs to know when an asset was associated" in refused.stderr


def test_touchpoints_that_name_no_asset_are_refused_where_assets_decide(folder: Path) -> None:
    (folder / "touchpoints.csv").write_text("contact_id,occurred_at,channel\np1,2026-01-01,Email\n")
    refused = attrib_here("report", "--data", folder)
    assert refused.returncode == 3
    assert "touchpoints have no column that names their asset" in refused.stderr
    assert attrib_here("report", "--data", folder, "--by", "channel").returncode == 0


def test_the_printed_query_runs_and_says_the_same(folder: Path) -> None:
    done = attrib_here("report", "--data", folder, "--show-sql")
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        rows = con.execute(done.stdout).fetchall()
    assert {row[1]: Decimal(row[3]) for row in rows if row[0]} == {k: Decimal(v) for k, v in BY_CAMPAIGN.items()}


def test_an_interaction_is_eligible_by_one_of_its_campaigns_and_not_by_one_left_out(folder: Path) -> None:
    assert ask(folder, "--eligible", "campaign!=Spring") == {"(no campaign)": "50.005", "Fall": "50.005", "c9": "50"}
    only = ask(folder, "--eligible", "campaign=Summer")
    assert only == {"Spring": "41.670833", "Summer": "41.670833", "Fall": "16.668334", "(unattributed)": "50"}


def test_a_journey_shows_all_campaigns_of_an_interaction_and_the_ledger_a_row_for_each(folder: Path) -> None:
    done = attrib_here("explain", "deal", "d1", "--data", folder, "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["campaign"] for row in rows] == ["Fall + Spring + Summer", "Fall", "", "Spring + Summer"]
    assert [row["linear_credit"] for row in rows] == ["25.0025"] * 4
    ledger = folder / "ledger.csv"
    done = attrib_here("export", "--ledger", "--data", folder, "-f", "csv", "-o", ledger)
    assert done.returncode == 0, done.stderr
    found = list(csv.DictReader(io.StringIO(ledger.read_text())))
    first = {row["campaign"]: Decimal(row["linear_credit"]) for row in found if row["touchpoint_id"] == "1"}
    assert first.keys() == {"Fall", "Spring", "Summer"}
    assert sum(first.values()) == Decimal("25.0025")
    assert all(abs(credit - Decimal("8.334167")) < Decimal("0.000002") for credit in first.values())


def test_paths_and_transitions_take_several_campaigns_for_one_state(folder: Path) -> None:
    done = attrib_here("paths", "--data", folder, "--states", "campaign", "-f", "csv")
    assert "Fall + Spring + Summer > Fall > (no campaign) > Spring + Summer,1,100.01,1,1" in done.stdout, done.stderr


def test_check_says_by_what_touchpoints_belong_to_campaigns(folder: Path) -> None:
    done = attrib_here("check", "--data", folder, "--format", "json")
    texts = {one["check"]: one["text"] for one in json.loads(done.stdout)["findings"]}
    assert texts["campaigns-of-touchpoints"] == (
        "4 of 5 touchpoints belong to a campaign: 1 by campaign_id, 3 by asset or utm_campaign;"
        " 2 belong to several, which share their credit"
    )
    assert texts["assets-without-touchpoints"] == "2 of 2 assets of campaigns are named by a touchpoint"
    assert "unknown-campaigns" in texts


def test_a_page_shows_campaigns_that_share_interactions_as_they_are_and_computes_the_rest(folder: Path) -> None:
    shared = "which a page cannot share out"
    by_campaign = attrib_here("report", "--data", folder, "-f", "html")
    assert by_campaign.returncode == 0, by_campaign.stderr
    assert shared in by_campaign.stdout
    assert shared not in attrib_here("report", "--data", folder, "--by", "channel", "-f", "html").stdout


def test_a_comparison_has_the_figures_of_each_period(folder: Path) -> None:
    compared = ("--period", "2026-03", "--compare", "previous-period", "--measure", "revenue,interactions")
    now = ask(folder, *compared)
    assert now == BY_CAMPAIGN
    before = ask(folder, *compared, of="interactions_previous")
    assert before == dict.fromkeys(BY_CAMPAIGN, "0")


def test_partials_of_shards_make_up_the_report(folder: Path) -> None:
    asked = ("--data", folder, "-m", "linear,u-shaped")
    (folder / "parts").mkdir()
    for shard in (1, 2):
        done = attrib_here("partial", *asked, "--shard", f"{shard}/2", "-o", folder / "parts" / f"{shard}.parquet")
        assert done.returncode == 0, done.stderr
    together = attrib_here("report", *asked, "--partials", folder / "parts" / "*.parquet", "-f", "csv")
    whole = attrib_here("report", *asked, "-f", "csv")
    assert (together.stdout, together.stderr) == (whole.stdout, whole.stderr)
