"""An empty result says which condition emptied it and where data are, wherever it goes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from attrib_cli.app import run as main
from attrib_cli.terminal.console import Console

DATA = Path(__file__).parents[2] / "examples" / "data"


def run(*args: str) -> tuple[int, str, str]:
    console = Console.in_memory()
    code = main([*args], console)
    return code, console.output().decode(), console.messages()


def won() -> list[dict[str, str]]:
    """The won deals of the example data that count, from its files."""
    with (DATA / "deals.csv").open(newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["is_won"] == "true" and row["amount"] and row["closed_at"]]


@pytest.mark.parametrize("format", ["table", "csv", "jsonl", "markdown", "json-about"])
def test_the_period_that_has_nothing_is_named_with_the_days_that_have(format: str) -> None:
    days = sorted(row["closed_at"][:10] for row in won())
    _, out, err = run("report", "--demo", "--from", "2030-01-01", "--to", "2030-03-31", "-f", format)
    words = f"conversions run from {days[0]} to {days[-1]}; 2030-01-01 to 2030-03-31 leaves 0 of {len(days)}"
    assert words in " ".join((out if format in {"table", "markdown", "json-about"} else err).split())


def test_the_first_condition_that_leaves_nothing_is_named_with_what_was_there_before_it() -> None:
    deals = [row for row in won() if row["closed_at"] >= "2026"]
    enterprise = [row for row in deals if row["pipeline"] == deals[0]["pipeline"]]
    _, out, err = run(
        *("report", "--demo", "--from", "2026-01-01", "--where", f"pipeline={deals[0]['pipeline']}"),
        *("--where", "amount>=99999999", "-f", "json-about"),
    )
    [note] = [note for note in json.loads(out)["about"]["notes"] if note["code"] == "empty"]
    assert f"`amount>=99999999` leaves 0 of {len(enterprise)}" in note["text"]
    assert list(note["counts"].values()) == [len(won()), len(deals), len(enterprise), 0]
    assert note["text"] in err


def test_a_filter_on_interactions_is_named_with_the_interactions_before_it() -> None:
    _, whole, _ = run("report", "--demo", "--by", "channel", "-f", "json-about")
    interactions = json.loads(whole)["totals"][0]["interactions"]
    _, _, err = run(*("report", "--demo", "--where", "cost>=99999999", "-f", "csv"))
    assert f"`cost>=99999999` leaves 0 of {interactions} interactions" in err


def test_a_report_with_rows_has_no_such_note() -> None:
    _, out, err = run("report", "--demo", "-f", "json-about")
    assert "empty" not in [note["code"] for note in json.loads(out)["about"]["notes"]]
    assert "leaves" not in err


@pytest.mark.parametrize("command", [["paths"], ["explain", "campaign", "Spring Launch"], ["explain", "deal", "502"]])
def test_what_is_no_report_says_its_conditions_too(command: list[str]) -> None:
    asked = ["--lookback", "20d", "--eligible", "channel!=Social", "-f", "table"]
    _, out, _ = run(*command, "--demo", *asked)
    assert "eligible interactions: channel!=Social · look-back 20 days" in out
    assert "look-back" not in run(*command, "--demo", "-f", "table")[1]
