"""Interactions that give way, to preferred ones or to those they repeat, against data without them, made in Python."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from attrib_cli.engine import ReportSpec, discover, run
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.filters import parse_filter
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import Collapse

Touch = tuple[str, str, dt.datetime, str, str, str]
"""Deal, contact, moment, channel, campaign, asset type."""

MODELS = ("first", "last", "linear", "u-shaped", "w-shaped", "full-path", "time-decay")
START = dt.datetime(2026, 1, 1)
CLOSED = START + dt.timedelta(days=5)


@pytest.fixture(scope="module")
def touches() -> list[Touch]:
    """Journeys of deals that share no contact, with touches minutes to days apart, some after the deal was won."""
    draw = random.Random(11)
    found: list[Touch] = []
    for deal in range(40):
        for contact in range(draw.randint(1, 3)):
            at = START + dt.timedelta(hours=draw.randint(0, 24))
            for _ in range(draw.randint(0, 9)):
                at += dt.timedelta(minutes=draw.choice([1, 5, 20, 29, 30, 31, 90, 600, 1500]))
                channel = "Direct" if deal % 5 == 0 else draw.choice(["Direct", "Email", "Email", "Paid", ""])
                asset = "workflow" if draw.random() < 0.15 else "page"
                found.append((f"d{deal}", f"d{deal}c{contact}", at, channel, draw.choice(["a", "a", "b", ""]), asset))
    return found


def report(
    folder: Path, touches: Iterable[Touch], *, by: tuple[str, ...] = ("channel", "campaign_id"), **asked: object
) -> list[tuple[object, ...]]:
    folder.mkdir()
    rows = list(touches)
    with (folder / "touchpoints.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["contact_id", "occurred_at", "channel", "campaign_id", "asset_type"])
        writer.writerows(touch[1:] for touch in rows)
    with (folder / "deals.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["deal_id", "created_at", "closed_at", "amount", "is_won"])
        writer.writerows([f"d{i}", START + dt.timedelta(days=2), CLOSED, 100 + i, "true"] for i in range(40))
    with (folder / "deal_contacts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["deal_id", "contact_id"])
        writer.writerows((f"d{i}", f"d{i}c{j}") for i in range(40) for j in range(3))
    with (folder / "contacts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["contact_id", "created_at"])
        writer.writerows((f"d{i}c{j}", START + dt.timedelta(hours=30 + j)) for i in range(40) for j in range(3))
    spec = ReportSpec(models=MODELS, by=by, **asked)  # type: ignore[arg-type]
    return sorted(map(repr, run(spec, discover(folder)).rows))  # type: ignore[arg-type, return-value]


def in_time(touches: Sequence[Touch]) -> list[Touch]:
    return [touch for touch in touches if touch[2] <= CLOSED]


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (("channel!=Direct",), lambda touch: touch[3] != "Direct"),
        (("channel=Paid",), lambda touch: touch[3] == "Paid"),
        (("campaign!=",), lambda touch: touch[4] != ""),
        (("channel!=Direct", "campaign=b"), lambda touch: touch[3] != "Direct" and touch[4] == "b"),
    ],
    ids=["non-direct", "paid", "campaigns", "both"],
)
def test_what_is_preferred_is_all_that_is_left_of_its_journeys(
    touches: list[Touch], tmp_path: Path, filters: tuple[str, ...], holds: Callable[[Touch], bool]
) -> None:
    counting = [touch for touch in in_time(touches) if touch[5] != "workflow"]
    have = {touch[0] for touch in counting if holds(touch)}
    left = [touch for touch in touches if touch[0] not in have or holds(touch)]
    assert 0 < len(left) < len(touches)
    assert any(touch[0] not in have for touch in counting)  # some journeys have to fall back on all that they have
    asked = report(tmp_path / "asked", touches, prefer=tuple(map(parse_filter, filters)))
    assert asked == report(tmp_path / "left", left)


def collapsed(touches: Sequence[Touch], how: Collapse) -> list[Touch]:
    left: list[Touch] = []
    latest: dict[object, Touch] = {}
    for touch in touches:
        _, contact, at, channel, campaign, asset = touch
        excluded = asset == "workflow"
        alike = (contact, channel, campaign)
        key: object = (contact, excluded) if how == "repeats" else (*alike, excluded)
        before = latest.get(key)
        latest[key] = touch
        if not excluded and before is not None:
            if how == "repeats" and alike == (before[1], before[3], before[4]):
                continue
            if how == "session" and at - before[2] <= dt.timedelta(minutes=30):
                continue
            if how == "day" and any(
                (one[1], one[3], one[4]) == alike and one[2].date() == at.date() and one[5] == asset for one in left
            ):
                continue
        left.append(touch)
    return left


@pytest.mark.parametrize("how", ["repeats", "session", "day"])
def test_of_touches_that_repeat_the_first_counts(touches: list[Touch], tmp_path: Path, how: Collapse) -> None:
    left = collapsed(in_time(touches), how)
    assert len(left) < len(in_time(touches)) - 5
    assert report(tmp_path / "asked", touches, collapse=how) == report(tmp_path / "left", left)


def test_repeats_are_looked_for_among_what_is_preferred(touches: list[Touch], tmp_path: Path) -> None:
    counting = [touch for touch in in_time(touches) if touch[5] != "workflow"]
    have = {touch[0] for touch in counting if touch[3] == "Paid"}
    left = [touch for touch in in_time(touches) if touch[0] not in have or touch[3] == "Paid"]
    asked = report(tmp_path / "asked", touches, prefer=(parse_filter("channel=Paid"),), collapse="repeats")
    assert asked == report(tmp_path / "left", collapsed(left, "repeats"))


def test_days_are_those_of_the_time_zone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    evening = dt.datetime(2026, 1, 1, 22, 30, tzinfo=dt.UTC)
    touches = [("d0", "d0c0", evening + dt.timedelta(hours=i), "Email", "a", "page") for i in range(2)]
    report(folder, touches)
    spec = ReportSpec(models=("linear",), by=("channel",), collapse="day")
    for zone, interactions in (("UTC", 1), ("Europe/Berlin", 2)):  # 23:30 and 0:30 in Berlin
        (row,) = (row for row in run(spec, discover(folder), Settings(timezone=zone)).rows if "Email" in repr(row))
        assert row[4] == interactions


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"prefer": "amount>1"}, "'amount>1' is about amount, which is not the interaction's"),
        ({"prefer": "nobody=1"}, "the data have no column 'nobody'"),
        ({"prefer": "channel=Emial"}, "Emial"),
        ({"prefer": "channel=Email", "models": ("markov",)}, "data-driven models weigh whole journeys"),
        ({"collapse": "day", "models": ("linear", "shapley")}, "data-driven models weigh whole journeys"),
    ],
)
def test_what_gives_no_way(touches: list[Touch], tmp_path: Path, asked: dict[str, object], message: str) -> None:
    report(tmp_path / "data", touches)
    if "prefer" in asked:
        asked = {**asked, "prefer": (parse_filter(str(asked["prefer"])),)}
    with pytest.raises(UsageError) as error:
        run(ReportSpec(by=("channel",), **asked), discover(tmp_path / "data"))  # type: ignore[arg-type]
    assert message in str(error.value)
