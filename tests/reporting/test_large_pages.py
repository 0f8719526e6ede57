"""A page of more data than it has room for gives way step by step, says so, and keeps its sums."""

from __future__ import annotations

import datetime as dt
import html
import json
import random
import re
from pathlib import Path

import pytest

from attrib_cli.engine import ReportSpec, Settings, discover, open_session
from attrib_cli.output.dashboard import page
from attrib_cli.output.dashboard.board import Board, tile_of
from attrib_cli.output.dashboard.page_data import cube_json
from attrib_cli.reporting import live_boards

ASSETS, DAYS, DEALS = 900, 720, 1_500


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of deals whose interactions are of many assets: hardly two cells are alike."""
    folder, dice, first = tmp_path_factory.mktemp("large"), random.Random(5), dt.datetime(2024, 10, 1, 9)
    touches = ["touchpoint_id,contact_id,occurred_at,interaction_type,channel,asset_title,campaign_id"]
    deals, links = ["deal_id,amount,currency,closed_at,created_at,is_won"], ["deal_id,contact_id"]
    for deal in range(DEALS):
        start = first + dt.timedelta(days=dice.randrange(DAYS - 60))
        for touch in range(dice.randint(2, 4)):
            at = start + dt.timedelta(days=touch * 9)
            asset = min(int(dice.expovariate(1 / 150)), ASSETS - 1)
            touches.append(
                f"{deal}-{touch},{deal},{at:%Y-%m-%dT%H:%M:%SZ},visit,C{asset % 3},Asset {asset},K{asset % 2}"
            )
        close = start + dt.timedelta(days=50)
        deals.append(f"{deal},{dice.randint(100, 90000)},USD,{close:%Y-%m-%d},{start:%Y-%m-%d},true")
        links.append(f"{deal},{deal}")
    for name, lines in (("touchpoints", touches), ("deals", deals), ("deal_contacts", links)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_page_gives_way_step_by_step_and_says_what_it_lacks(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same page with less and less room: each is smaller, says why, and sums to the value of all deals."""
    total = sum(int(line.split(",")[1]) for line in (data / "deals.csv").read_text().splitlines()[1:])
    sizes, notes = [], []
    with open_session(discover(str(data))) as session:
        report = session.run(ReportSpec(by=("asset_title",)))
        one = live_boards.PageReport(session=session, report=report, chart=None)
        for most in (5_000_000, 390_000, 360_000, 250_000, 150_000, 70_000, 20_000):
            monkeypatch.setattr(live_boards, "MOST_BYTES", most)
            live = live_boards.carry((one,), Settings(), dt.date(2026, 11, 1))
            sizes.append(sum(len(json.dumps(cube_json(cube), separators=(",", ":"))) for cube in live.cubes))
            assert sizes[-1] <= most
            notes.append(" ".join(live.notes))
            assert notes[-1] == "" or notes[-1].startswith("The page would be larger than 5 MB, so that ")
            if not live.cubes:
                assert live.reports[0].still == "its figures would make the page larger than 5 MB"
                continue
            cube = live.cubes[0]
            worth = [a / max(n, 1) for a, n in zip(cube.cells.amount, cube.cells.length, strict=True)]
            assert sum(worth) / 10**6 == pytest.approx(total)
            said = re.search(r"of asset title it has the (\d+) largest values, the others as \(other\)", notes[-1])
            assert ("(other)" in cube.dimensions[0].labels) == (said is not None)
            assert said is None or len(cube.dimensions[0].labels) <= int(said[1]) + 3
            assert (cube.unit == "month") == ("figures by month" in notes[-1])
            assert (not cube.filters) == ("it has no filters" in notes[-1])
            assert (len(live.reports[0].views) == 1) == (notes[-1] != "")
            board = Board(name="B", today=live.today, tiles=(tile_of("Assets", report),), live=live)
            assert html.escape(notes[-1]) in b"".join(page.write(board)).decode().replace('<span class="day">', "")
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 0
    assert notes[0] == "" and "its reports are as computed." in notes[-1] and len(set(notes)) == len(notes)
    assert sum("100 largest" in note for note in notes) == sum("25 largest" in note for note in notes) == 2
