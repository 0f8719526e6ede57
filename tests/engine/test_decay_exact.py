"""Time decay is within a millionth of its exact value for deals of 10^12, however old, long or negative they are."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from attrib_cli.engine import ReportSpec, Settings, discover, run
from attrib_cli.engine.settings import CustomModel

MILLIONTH = Decimal("0.000001")
START = dt.datetime(2020, 1, 1)
Deal = tuple[str, Decimal, dt.datetime, list[tuple[str, str, dt.datetime]]]


def deals(seed: int, largest: int) -> list[Deal]:
    """Deals with the touches of their one contact: many or few, at one moment or over years, long ago or just now."""
    draw = random.Random(seed)
    found = []
    for number in range(40):
        closed = START + dt.timedelta(days=draw.uniform(800, 1200))
        amount = Decimal(draw.randrange(1, 10**6 * largest)) / 10**6 * draw.choice([1, 1, 1, -1])
        gap = draw.choice([0, 0.001, 3, 40, 700])
        spread = draw.choice([0, 0.5, 20, 90, 700])
        touches = []
        for place in range(draw.choice([1, 2, 3, 7, 60])):
            moment = closed - dt.timedelta(days=gap + draw.uniform(0, spread))
            touches.append((f"{number}-{place}", draw.choice("ABC"), max(moment, dt.datetime(2015, 1, 1))))
        found.append((f"d{number}", amount, closed, touches))
    return found


def write(folder: Path, data: list[Deal]) -> None:
    rows = [
        f"{deal},{id_},{channel},{moment.isoformat()}"
        for deal, _, _, touches in data
        for id_, channel, moment in touches
    ]
    (folder / "touchpoints.csv").write_text("contact_id,touchpoint_id,channel,occurred_at\n" + "\n".join(rows) + "\n")
    rows = [f"{deal},{deal},{amount},true,2014-01-01,{closed.isoformat()}" for deal, amount, closed, _ in data]
    header = "deal_id,contact_id,amount,is_won,created_at,closed_at\n"
    (folder / "deals.csv").write_text(header + "\n".join(rows) + "\n")


def exact(data: list[Deal], half_life: dt.timedelta, key: Callable[[str, str], str]) -> dict[str, Decimal]:
    """Credit by `key` of (touchpoint, channel), with 60 digits."""
    credit: dict[str, Decimal] = defaultdict(Decimal)
    micro = dt.timedelta(microseconds=1)
    for _, amount, _, touches in data:
        latest = max(moment for *_, moment in touches)
        weights = [
            Decimal(2) ** (-Decimal((latest - moment) // micro) / (half_life // micro)) for *_, moment in touches
        ]
        for (id_, channel, _), weight in zip(touches, weights, strict=True):
            credit[key(id_, channel)] += amount * weight / sum(weights)
    return credit


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("half_life", [dt.timedelta(days=7), dt.timedelta(hours=5), dt.timedelta(days=400)])
def test_single_interactions_of_deals_of_a_million_millions(tmp_path: Path, seed: int, half_life: dt.timedelta) -> None:
    data = deals(seed, 10**12)
    write(tmp_path, data)
    spec = ReportSpec(models=("time-decay",), by=("touchpoint_id",), measures=("revenue",), half_life=half_life)
    found = {row[0]: row[2] for row in run(spec, discover(str(tmp_path))).rows}
    with localcontext() as context:
        context.prec = 60
        wanted = exact(data, half_life, lambda id_, _: id_)
        for id_, credit in wanted.items():
            assert abs(Decimal(str(found.get(id_, 0))) - credit) <= MILLIONTH, id_
    assert len(wanted) > 100


def test_whole_rows_and_refunds_of_usual_sizes(tmp_path: Path) -> None:
    data = deals(7, 10**6)
    write(tmp_path, data)
    spec = ReportSpec(models=("time-decay",), by=("channel",), measures=("revenue", "deals"))
    report = run(spec, discover(str(tmp_path)))
    with localcontext() as context:
        context.prec = 60
        wanted = exact(data, dt.timedelta(days=7), lambda _, channel: channel)
        counted = exact(
            [(d, Decimal(1), c, t) for d, _, c, t in data], dt.timedelta(days=7), lambda _, channel: channel
        )
    for channel, _, revenue, number in report.rows:
        assert abs(revenue - wanted[str(channel)]) <= MILLIONTH
        assert abs(number - counted[str(channel)]) <= MILLIONTH


def test_a_custom_kernel_beside_positions_is_as_exact(tmp_path: Path) -> None:
    data = [deal for deal in deals(3, 10**12) if len({moment for *_, moment in deal[3]}) == len(deal[3]) > 2]
    write(tmp_path, data)
    model = CustomModel(
        name="late", weights={"first": Decimal(1)}, rest=Decimal(3), kernel="decay", half_life=dt.timedelta(days=7)
    )
    spec = ReportSpec(models=("late",), by=("touchpoint_id",), measures=("revenue",))
    found = {row[0]: row[2] for row in run(spec, discover(str(tmp_path)), Settings(models=(model,))).rows}
    with localcontext() as context:
        context.prec = 60
        others = [(d, a * 3 / 4, c, sorted(t, key=lambda touch: touch[2])[1:]) for d, a, c, t in data]
        for id_, credit in exact(others, dt.timedelta(days=7), lambda id_, _: id_).items():
            assert abs(Decimal(str(found.get(id_, 0))) - credit) <= MILLIONTH, id_
