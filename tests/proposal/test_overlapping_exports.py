"""Exports of one table whose periods overlap: told, with the line that leaves one of each row, and taken on request."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from in_process import attrib_here

TOUCHED = [[f"c{n % 5}", f"2026-01-{n + 1:02} 10:00", ("Email", "Social")[n % 2]] for n in range(20)]
WON = [[f"d{n}", f"c{n}", "2026-02-20", 100 + n, "2026-02-21"] for n in range(5)]
SPENT = [["Email", f"2026-01-{n + 1:02}", n + 0.5] for n in range(10)]
HEADS = {
    "touchpoints": ["Contact ID", "Date", "Channel"],
    "deals": ["Deal ID", "Contact ID", "Close Date", "Amount", "Last Modified Date"],
    "spend": ["Campaign", "Day", "Cost"],
}


def write(folder: Path, **files: list[list[object]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in files.items():
        with (folder / f"{name.replace('_', '-')}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADS[name.split("_")[0]], *rows])
    return folder


def begun(folder: Path, *more: object) -> tuple[list[tuple[str, ...]], str, str]:
    """Return the channels with their revenue and interactions, the configuration and what init said."""
    config = folder.with_suffix(".yaml")
    done = attrib_here("init", folder, "--all-won", "--yes", "--force", "--config", config, *more)
    rows = csv.DictReader(io.StringIO(done.stdout))
    found = [(row["channel"], row["revenue"], row["interactions"]) for row in rows]
    return found, config.read_text() if config.exists() else "", done.stderr


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, ...]]:
    """Return the report on exports that do not overlap."""
    folder = tmp_path_factory.mktemp("apart") / "x"
    return begun(write(folder, touchpoints_1=TOUCHED[:12], touchpoints_2=TOUCHED[12:], deals=WON))[0]


def test_what_stands_in_two_exports_counts_twice_till_somebody_says_that_it_is_one(
    tmp_path: Path, right: list[tuple[str, ...]]
) -> None:
    folder = write(tmp_path / "x", touchpoints_1=TOUCHED[:12], touchpoints_2=[*TOUCHED[9:], TOUCHED[19]], deals=WON)
    found, text, said = begun(folder)
    assert sum(int(row[2]) for row in found) == sum(int(row[2]) for row in right) + 4
    assert "3 touchpoints stand in several of x/touchpoints-1.csv and x/touchpoints-2.csv: do these" in said
    assert "4 of the 24 rows stand in another file too, or twice. The next line, without its #" in text
    line = "latest: {of: [contact_id, occurred_at, channel], by: occurred_at}"
    assert f"    # {line}" in text
    config = folder.with_suffix(".yaml")
    config.write_text(text.replace(f"# {line}", line))  # what the comment says
    done = attrib_here("report", "--config", config, "--by", "channel", "--format", "csv")
    assert [tuple(row.split(",")[n] for n in (0, 2, 4)) for row in done.stdout.splitlines()[1:]] == right
    assert "4 of 24 rows are left out by `latest`" in done.stderr + attrib_here("check", "--config", config).stdout
    found, text, said = begun(folder, "--distinct", "touchpoints")
    assert found == right and f"\n    {line}" in text and "overlap" not in said


@pytest.mark.parametrize("by_id", [True, False])
def test_few_rows_in_common_are_an_accident_but_for_ids(tmp_path: Path, *, by_id: bool) -> None:
    """One row of many is none of an overlap; rows with the same id are one, whatever else differs."""
    head, HEADS["touchpoints"] = HEADS["touchpoints"], ["ID", *HEADS["touchpoints"]]
    numbered = [[n, *row] for n, row in enumerate(TOUCHED)]
    other = [[n if by_id else n + 100, "c1", f"2026-02-{n + 1:02}", "Paid"] for n in range(15, 25)]
    try:
        _, text, said = begun(write(tmp_path / "x", touchpoints_1=numbered, touchpoints_2=other, deals=WON))
    finally:
        HEADS["touchpoints"] = head
    assert ("latest: {of: touchpoint_id, by: occurred_at}" in text) is by_id
    assert ("5 touchpoints stand in several" in said) is by_id


def test_deals_that_changed_in_between_are_those_of_the_last_change(
    tmp_path: Path, right: list[tuple[str, ...]]
) -> None:
    old = [[*WON[0][:3], 1, "2026-02-01"], *WON[1:3]]
    folder = write(tmp_path / "x", touchpoints=TOUCHED, deals_2=old, deals_1=WON)
    _, text, said = begun(folder)
    assert "3 deals stand in several of" in said and "reports refuse ids that stand twice" in said
    assert "# latest: {of: deal_id, by: Last Modified Date}" in text and "deal_id 'd0' stands more than once" in said
    found, _, said = begun(folder, "--distinct", "deals")
    assert found == right, said


def test_spend_and_what_cannot_be_merged(tmp_path: Path) -> None:
    folder = write(tmp_path / "x", touchpoints=TOUCHED, deals=WON, spend_1=SPENT[:6], spend_2=SPENT[4:])
    _, text, said = begun(folder, "--distinct", "campaign_spend")
    assert re.search(r"\n    latest: \{of: \[campaign_id, spent_on, amount\], by: spent_on\}", text), said
    _, _, said = begun(folder, "--distinct", "deals")
    assert "error: --distinct: no files of deals have rows in common" in said and "campaign_spend" in said
