"""The worked examples of the attribution spec, through the real command line, to the cent."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from conftest import Attrib

SIX = ("1 Jan", "10 Jan", "20 Jan", "1 Feb", "15 Feb", "1 Mar")
DAYS = {"1 Jan": "01-01", "10 Jan": "01-10", "20 Jan": "01-20", "1 Feb": "02-01", "15 Feb": "02-15", "1 Mar": "03-01"}

SIX_INTERACTIONS = {
    "first": "10000 0 0 0 0 0",
    "last": "0 0 0 0 0 10000",
    "linear": "1666.67 1666.67 1666.67 1666.67 1666.67 1666.67",
    "u-shaped": "4000 4000 500 500 500 500",
    "w-shaped": "3000 3000 333.33 3000 333.33 333.33",
    "full-path": "2250 2250 500 2250 500 2250",
    "j-shaped": "2000 500 500 500 500 6000",
    "inverse-j-shaped": "6000 500 500 500 500 2000",
    "time-decay": "21.63 52.75 141.98 465.89 1863.55 7454.20",
}
"""Revenue of 10,000; first on 1 Jan, lead on 10 Jan, deal on 1 Feb, last on 1 Mar, the day it closed."""

TWO_INTERACTIONS = {
    "first": "10000 0",
    "last": "0 10000",
    "linear": "5000 5000",
    "u-shaped": "8000 2000",
    "w-shaped": "6666.67 3333.33",
    "full-path": "5000 5000",
    "j-shaped": "2500 7500",
    "inverse-j-shaped": "7500 2500",
}
"""1 Jan holds first and lead, 1 Feb holds deal and last."""

HUBSPOT_NAMES = {
    "FIRST_INTERACTION": "first",
    "LAST_INTERACTION": "last",
    "LINEAR": "linear",
    "U_SHAPED": "u-shaped",
    "W_SHAPED": "w-shaped",
    "FULL_PATH": "full-path",
    "TIME_DECAY": "time-decay",
    "J_SHAPED": "j-shaped",
    "INVERSE_J_SHAPED": "inverse-j-shaped",
}


def write(folder: Path, dates: tuple[str, ...], *, contact_created: str, deal_created: str) -> Path:
    """One won deal of 10,000, closed on 1 March at noon, with one contact and an interaction on each of the dates."""
    folder.mkdir()
    touches = "".join(f"t{i},c1,2026-{DAYS[day]} 12:00:00,{day},\n" for i, day in enumerate(dates))
    (folder / "touchpoints.csv").write_text(f"touchpoint_id,contact_id,occurred_at,asset_title,campaign_id\n{touches}")
    (folder / "contacts.csv").write_text(f"contact_id,created_at\nc1,2026-{DAYS[contact_created]} 12:00:00\n")
    (folder / "deals.csv").write_text(
        "deal_id,created_at,closed_at,amount,is_won,contact_id\n"
        f"d1,2026-{DAYS[deal_created]} 12:00:00,2026-03-01 12:00:00,10000,true,c1\n"
    )
    return folder


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("six") / "data", SIX, contact_created="10 Jan", deal_created="1 Feb")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(
        tmp_path_factory.mktemp("two") / "data", ("1 Jan", "1 Feb"), contact_created="1 Jan", deal_created="1 Feb"
    )


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    """The records of a CSV report."""
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout, newline="")))


def cents(figure: str) -> Decimal:
    return Decimal(figure).quantize(Decimal("0.01"), ROUND_HALF_UP)


def by_title(found: list[dict[str, str]], model: str, measure: str) -> dict[str, Decimal]:
    return {row["asset_title"]: cents(row[measure]) for row in found if row["model"] == model}


def wanted(dates: tuple[str, ...], figures: str) -> dict[str, Decimal]:
    return {day: cents(figure) for day, figure in zip(dates, figures.split(), strict=True)}


def nonzero(figures: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """A model that gives an asset nothing may leave its row out."""
    return {day: figure for day, figure in figures.items() if figure}


REPORT = ("report", "--type", "revenue", "--by", "asset_title", "--format", "csv")


@pytest.mark.parametrize("model", SIX_INTERACTIONS)
def test_six_interactions(model: str, six: Path, attrib: Attrib) -> None:
    found = rows(attrib(*REPORT, "--data", six, "--model", model))
    assert nonzero(by_title(found, model, "revenue")) == nonzero(wanted(SIX, SIX_INTERACTIONS[model]))
    assert sum(Decimal(row["revenue"]) for row in found) == 10000
    assert sum(Decimal(row["deals"]) for row in found) == 1
    assert sum(int(row["interactions"]) for row in found) == len(nonzero(wanted(SIX, SIX_INTERACTIONS[model])))


def test_two_interactions(two: Path, attrib: Attrib) -> None:
    found = rows(attrib(*REPORT, "--data", two, "--model", ",".join(TWO_INTERACTIONS)))
    for model, figures in TWO_INTERACTIONS.items():
        assert nonzero(by_title(found, model, "revenue")) == nonzero(wanted(("1 Jan", "1 Feb"), figures)), model


def test_every_model_at_once_under_the_names_of_hubspots_api(six: Path, attrib: Attrib) -> None:
    models = [option for name in HUBSPOT_NAMES for option in ("--model", name)]
    found = rows(attrib(*REPORT, "--data", six, *models))
    for model in HUBSPOT_NAMES.values():
        assert nonzero(by_title(found, model, "revenue")) == nonzero(wanted(SIX, SIX_INTERACTIONS[model])), model


def test_all_models_are_the_nine(six: Path, attrib: Attrib) -> None:
    found = rows(attrib(*REPORT, "--data", six, "--model", "all"))
    assert {row["model"] for row in found} == set(SIX_INTERACTIONS)


def test_a_half_life_of_its_own(two: Path, attrib: Attrib) -> None:
    """31 days at a half-life of 15.5 days are two halvings: 1 to 4."""
    found = rows(attrib(*REPORT, "--data", two, "--model", "time-decay", "--half-life", "372h"))
    assert by_title(found, "time-decay", "revenue") == {"1 Jan": 2000, "1 Feb": 8000}


def test_interactions_without_campaign_are_a_row(six: Path, attrib: Attrib) -> None:
    found = rows(attrib("report", "--data", six, "--format", "csv"))
    assert found == [
        {
            "campaign": "(no campaign)",
            "model": "linear",
            "revenue": "10000",
            "deals": "1",
            "interactions": "6",
            "share": "1",
        }
    ]


def test_deal_creation_ends_the_journey(six: Path, attrib: Attrib) -> None:
    """On 1 February the deal is created: w-shaped has no middle but 20 Jan, and `last` is `deal`."""
    found = rows(
        attrib("report", "--data", six, "-t", "deal-create", "-m", "w-shaped", "--by=asset_title,position", "-f", "csv")
    )
    assert {(row["asset_title"], row["position"]): cents(row["amount"]) for row in found} == {
        ("1 Jan", "first"): 3000,
        ("10 Jan", "lead"): 3000,
        ("20 Jan", "middle"): 1000,
        ("1 Feb", "deal+last"): 3000,
    }


def test_contact_creation_ends_the_journey(six: Path, attrib: Attrib) -> None:
    found = rows(
        attrib("report", "--data", six, "-t", "contact-create", "-m", "u-shaped", "--by", "position", "-f", "csv")
    )
    assert {row["position"]: Decimal(row["contacts"]) for row in found} == {
        "first": Decimal("0.5"),
        "lead+last": Decimal("0.5"),
    }


def test_a_model_without_its_positions_is_refused_with_those_that_fit(six: Path, attrib: Attrib) -> None:
    done = attrib("report", "--data", six, "--type", "contact-create", "--model", "w-shaped")
    assert (done.returncode, done.stdout) == (2, "")
    assert "u-shaped" in done.stderr
    assert "Traceback" not in done.stderr
