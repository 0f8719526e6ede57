"""Ratios of totals are of comparable parts, changes are what people take them for, and the reference says so."""

import csv
import io
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from command import DATA, ROOT, attrib, rows

from attrib_cli.engine.measures import CATALOGUE
from attrib_cli.output.measures_reference import markdown


def report(folder: Path, *arguments: object) -> list[dict[str, str]]:
    return rows(attrib("report", "--data", folder, "-f", "csv", *arguments))


def to_millionths(value: Fraction) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def test_the_roi_of_a_total_is_that_of_the_rows_with_spend_however_the_report_is_cut() -> None:
    found = report(DATA, "--measure", "revenue,spend,roi")
    paid = [row for row in found if row["spend"]]
    revenue = sum(Fraction(row["revenue"]) for row in paid)
    spend = sum(Fraction(row["spend"]) for row in paid)
    assert 0 < len(paid) < len(found)
    for row in paid:
        assert Decimal(row["roi"]) == to_millionths(Fraction(row["revenue"]) / Fraction(row["spend"]) - 1)
    expected = to_millionths(revenue / spend - 1)
    shown = attrib("report", "--data", DATA, "--measure", "revenue,spend,roi", "-f", "table").stdout
    (total,) = [line for line in shown.splitlines() if line.startswith("Total")]
    assert total.split()[-1] == f"{expected * 100:.1f}%" == "42.4%"
    assert "roi: of campaigns with spend alone" in shown
    by_year = attrib("report", "--data", DATA, "--measure", "revenue,spend,roi", "--by", "year", "-f", "table").stdout
    assert [line.split()[-1] for line in by_year.splitlines() if line.startswith("Total")] == ["42.4%"]


def test_a_difference_is_what_a_model_credits_beyond_the_first_one() -> None:
    measures = "revenue,revenue_difference,deals_difference,spend,roi"
    found = report(DATA, "-m", "linear,first,last", "--measure", measures, "--limit", "4")
    linear = {row["campaign"]: row for row in found if row["model"] == "linear"}
    for row in found:
        beyond = Decimal(row["revenue"]) - Decimal(linear[row["campaign"]]["revenue"])
        assert Decimal(row["revenue_difference"]) == beyond
    assert {row["deals_difference"] for row in linear.values()} == {"0"}
    for model in ("first", "last"):
        assert sum(Decimal(row["deals_difference"]) for row in found if row["model"] == model) == 0
    assert "one model only" in attrib("report", "--data", DATA, "--measure", measures).stderr
    assert not any("difference" in name for name in report(DATA, "--measure", "all")[0])


def test_the_ratios_of_other_are_of_the_rows_that_it_stands_for() -> None:
    whole = report(DATA, "--measure", "revenue,spend,roas")
    cut = report(DATA, "--measure", "revenue,spend,roas", "--limit", "3")
    (other,) = [row for row in cut if row["campaign"] == "(other)"]
    rest = [row for row in whole[3:] if row["spend"]]
    revenue, spend = (sum(Fraction(row[name]) for row in rest) for name in ("revenue", "spend"))
    assert Decimal(other["roas"]) == to_millionths(revenue / spend)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tables = {
        "touchpoints": "contact_id,occurred_at,campaign_id\n"
        + "".join(f"c{n},{year}-01-0{n},{campaign}\n" for year in (2025, 2026) for n, campaign in enumerate("ABA", 1)),
        "contacts": "contact_id,created_at\nc1,2025-01-01\nc2,2025-01-01\nc3,2025-01-01\n",
        "deals": "deal_id,created_at,closed_at,amount,is_won,contact_id\n"
        "d1,2025-01-05,2025-02-01,100,true,c1\nd2,2025-01-05,2025-02-01,300,true,c2\n"
        "d3,2026-01-05,2026-02-01,250,true,c1\nd4,2026-01-05,2026-02-01,-50,true,c2\n"
        "d5,2025-01-05,2025-02-01,-20,true,c3\n",
        "campaigns": "campaign_id,name\nA,Alpha\nB,Beta\n",
        "campaign_spend": "campaign_id,spent_on,amount\nA,2025-01-10,40\nA,2026-01-10,100\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


COMPARED = ("--from", "2026-01-01", "--to", "2026-12-31", "--compare", "previous-year")


def test_changes_of_ratios_are_differences_and_are_shown_in_points(folder: Path) -> None:
    found = report(folder, *COMPARED, "--measure", "revenue,roi,roas,share")
    alpha = next(row for row in found if row["campaign"] == "Alpha")
    # 2025: 80 of 380 for 40; 2026: 250 of 200 for 100
    assert (alpha["roi"], alpha["roi_previous"], alpha["roi_change"]) == ("1.5", "1", "0.5")
    assert (alpha["roas"], alpha["roas_previous"], alpha["roas_change"]) == ("2.5", "2", "0.5")
    assert Decimal(alpha["share_change"]) == Decimal(alpha["share"]) - Decimal(alpha["share_previous"])
    assert alpha["revenue_change"] == "2.125"
    shown = attrib(
        "report", "--data", folder, *COMPARED, "--measure", "roi,roas,revenue", "-f", "table"
    ).stdout.splitlines()
    (line,) = [line.split() for line in shown if line.startswith("Alpha")]
    assert line[1:] == ["150.0%", "100.0%", "+50.0", "pp", "2.50", "2.00", "+0.50", "250.00", "80.00", "+212.5%"]


def test_a_change_from_a_loss_or_from_nothing_is_no_percentage(folder: Path) -> None:
    found = report(
        folder, "--from", "2027-01-01", "--to", "2027-12-31", "--compare", "previous-year", "--by", "deal_id"
    )
    assert {row["deal_id"]: row["revenue_change"] for row in found} == {"d3": "-1", "d4": ""}


def test_costs_are_of_campaigns_with_spend(folder: Path) -> None:
    (whole,) = report(
        folder, "--by", "year", "--from", "2026-01-01", "--to", "2026-12-31", "--measure", "cost_per_deal"
    )
    assert whole["cost_per_deal"] == "100"


def test_spend_is_told_not_to_be_narrowed_by_filters_that_are_not_about_campaigns(folder: Path) -> None:
    done = attrib("report", "--data", folder, "--measure", "revenue,roi", "--where", "deal_id=d3", "-f", "csv")
    assert "spend is known by campaign and day alone: it is not narrowed by deal_id=d3" in done.stderr
    done = attrib("report", "--data", folder, "--measure", "revenue,roi", "--where", "campaign=Alpha", "-f", "csv")
    assert "narrowed" not in done.stderr


def test_the_reference_is_that_of_the_catalogue() -> None:
    text = (ROOT / "docs" / "measures.md").read_text()
    assert text.endswith(markdown())
    listed = list(csv.DictReader(io.StringIO(attrib("measures", "-f", "csv").stdout)))
    assert [row["measure"] for row in listed] == [measure.name for measure in CATALOGUE]
    assert all(row["definition"] and row["in_totals"] and row["change"] for row in listed)
