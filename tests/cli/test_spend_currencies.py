"""Spend in several currencies: converted as amounts are, by hand, or refused."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from in_process import attrib_here

from attrib_cli.proposal.answers import Answers
from attrib_cli.proposal.propose import propose

TOUCHES = "contact_id,occurred_at,campaign_id\nann,2026-01-01,spring\nann,2026-01-02,autumn\n"
DEALS = "deal_id,created_at,closed_at,amount,is_won,contact_id,currency\none,2026-01-03,2026-01-20,1000,true,ann,USD\n"
CONTACTS = "contact_id,created_at\nann,2026-01-01\n"
SPEND = """campaign_id,spent_on,amount,currency
spring,2026-01-01,100,EUR
spring,2026-01-02,50,usd
spring,2026-01-03,7,
autumn,2026-01-01,10000,JPY
"""
CAMPAIGNS = "campaign_id,name,budget,currency\nspring,Spring,500,EUR\nautumn,Autumn,300,USD\n"
RATES = "version: 1\ncurrency: USD\nexchange_rates: {EUR: 1.1, JPY: 0.0065}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"touchpoints": TOUCHES, "deals": DEALS, "contacts": CONTACTS, "campaign_spend": SPEND}
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def configured(folder: Path, text: str = RATES) -> tuple[str, ...]:
    (folder / "attrib.yaml").write_text(text)
    return ("--config", str(folder / "attrib.yaml"))


def rows(folder: Path, *more: str) -> dict[str, dict[str, Decimal]]:
    done = attrib_here(
        "report", "--data", folder, "--by", "campaign", "--measure", "revenue,spend,roi", "-f", "csv", *more
    )
    assert done.returncode == 0, done.stderr
    found = csv.DictReader(io.StringIO(done.stdout))
    return {row["campaign"]: {k: Decimal(row[k] or 0) for k in ("revenue", "spend", "roi")} for row in found}


def test_spend_is_converted_from_the_currency_of_its_row(folder: Path) -> None:
    found = rows(folder, *configured(folder))
    assert found["spring"]["spend"] == Decimal(100) * Decimal("1.1") + 50 + 7
    assert found["autumn"]["spend"] == Decimal(65)
    assert found["autumn"]["roi"] == ((Decimal(500) - 65) / 65).quantize(Decimal("0.000001"))


def test_a_row_without_a_currency_has_that_of_its_campaign(folder: Path) -> None:
    (folder / "campaigns.csv").write_text(CAMPAIGNS)
    found = rows(folder, *configured(folder))
    assert found["Spring"]["spend"] == (Decimal(100) + 7) * Decimal("1.1") + 50


def test_spend_of_several_currencies_is_not_added_up(folder: Path) -> None:
    done = attrib_here("report", "--data", folder, "--by", "campaign", "--measure", "spend", "-f", "csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "several currencies: EUR (1), JPY (1), no currency (1), USD (2)" in " ".join(done.stderr.split())
    plain = attrib_here("report", "--data", folder, "--by", "campaign", "-f", "csv")
    assert plain.returncode == 0, plain.stderr


def test_notes_of_spend_are_in_the_currency_of_the_report(folder: Path) -> None:
    (folder / "campaign_spend.csv").write_text(f"{SPEND}spring,,20,EUR\nnowhere,2026-01-05,1000,JPY\n")
    done = attrib_here(
        "report", "--data", folder, "--by", "campaign", "--measure", "spend", "-f", "csv", *configured(folder)
    )
    said = " ".join(done.stderr.split())
    assert "1 row without spent_on: 22.00 USD" in said
    assert "1 row of campaign_spend with 6.50 USD" in said


def test_notes_of_spend_without_a_currency_are_in_that_of_the_campaign(folder: Path) -> None:
    (folder / "campaigns.csv").write_text(CAMPAIGNS)
    (folder / "campaign_spend.csv").write_text(f"{SPEND}spring,,20,\n")
    options = ("--by", "campaign", "--measure", "spend", "-f", "csv", *configured(folder))
    said = " ".join(attrib_here("report", "--data", folder, *options).stderr.split())
    assert "1 row without spent_on: 22.00 USD" in said


def test_check_takes_spend_without_a_currency_as_that_of_its_campaign(folder: Path) -> None:
    (folder / "campaigns.csv").write_text(CAMPAIGNS)
    done = attrib_here("check", "--data", folder, "-f", "json", *configured(folder))
    found = [one for one in json.loads(done.stdout)["findings"] if one["check"] == "currencies"]
    assert {one["level"] for one in found} == {"info"}
    assert {one["about"].partition(".")[0] for one in found} == {"deals", "campaigns", "campaign_spend"}


def test_check_tells_currencies_of_spend_without_a_rate(folder: Path) -> None:
    without = configured(folder, "version: 1\ncurrency: USD\nexchange_rates: {EUR: 1.1}\n")
    done = attrib_here("check", "--data", folder, "-f", "json", *without)
    assert done.returncode == 4
    found = [one for one in json.loads(done.stdout)["findings"] if one["check"] == "currencies"]
    assert [(one["about"], one["level"]) for one in found] == [
        ("campaign_spend.currency", "error"),
        ("deals.currency", "info"),
    ]
    assert "from JPY to USD" in found[0]["text"]
    assert [example["value"] for example in found[0]["examples"]] == ["JPY"]


@pytest.mark.parametrize("header", ["Campaign,Day,Currency code,Cost", "Campaign name,Date,Currency,Amount spent"])
def test_init_finds_the_currency_of_an_export_of_spend(header: str, tmp_path: Path) -> None:
    (tmp_path / "spend.csv").write_text(f"{header}\nspring,2026-01-01,EUR,100.00\nautumn,2026-01-02,USD,50.00\n")
    plans = propose([tmp_path], tmp_path, Answers(tables={"spend.csv": "campaign_spend"})).plans
    (plan,) = plans["campaign_spend"]
    assert plan.columns["currency"] == {"header": header.split(",")[2]}
