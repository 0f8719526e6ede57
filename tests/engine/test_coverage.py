"""Intervals against simulated data of which the truth is known: they hold it about as often as they say.

Each simulation is one report whose rows are samples of their own, so that one run counts hundreds of intervals. How far
the count may be off is what a binomial variable may, and a little for what the bootstrap falls short with few.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from math import sqrt
from pathlib import Path

import pytest
from conftest import EXPLORE

from attrib_cli.engine import DateRange, Report, ReportSpec, discover, run
from attrib_cli.engine.spec import EstimationSpec

SEEDS = range(10) if EXPLORE else range(1)
QUARTER = DateRange(start=dt.date(2026, 4, 1), end=dt.date(2026, 6, 30))
BEFORE = DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 3, 31))
SHORT = 0.03
"""How much less often than said the intervals of some thirty conversions hold the truth."""

Journey = tuple[str, ...]


@dataclass
class Sample:
    """Journeys as files: won deals, and touched contacts without one."""

    folder: Path

    def __post_init__(self) -> None:
        self.touches: list[tuple[object, ...]] = []
        self.deals: list[tuple[object, ...]] = []
        self.numbers = count(1)

    def add(self, journey: Journey, closed: str, amount: int | None) -> None:
        number = next(self.numbers)
        month = closed[:8]
        self.touches += [(f"c{number}", f"{month}0{day}", channel) for day, channel in enumerate(journey, 1)]
        if amount is not None:
            self.deals.append((f"d{number}", f"c{number}", closed, closed, amount, "true"))

    def write(self) -> Path:
        for name, header, rows in (
            ("touchpoints", "contact_id,occurred_at,channel", self.touches),
            ("deals", "deal_id,contact_id,created_at,closed_at,amount,is_won", self.deals),
        ):
            with (self.folder / f"{name}.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(header.split(","))
                writer.writerows(rows)
        return self.folder


def poisson(dice: random.Random, mean: float) -> int:
    number, waited = 0, dice.expovariate(1)
    while waited < mean:
        number, waited = number + 1, waited + dice.expovariate(1)
    return number


def check(hits: list[bool], sure: float) -> None:
    away = 3 * sqrt(sure * (1 - sure) / len(hits))
    assert sure - away - SHORT <= sum(hits) / len(hits) <= min(sure + away, 1), (sum(hits), len(hits), sure)


def by_row(report: Report, *names: str) -> Iterator[tuple[object, object, list[float]]]:
    """Channel, model and figures of every row that has them all."""
    at = [[column.name for column in report.columns].index(name) for name in names]
    for row in report.rows:
        if all(row[i] is not None for i in at):
            yield row[0], row[1], [float(row[i]) for i in at]  # type: ignore[arg-type]


AMOUNTS = (50, 100, 100, 400)
MEAN = sum(AMOUNTS) / len(AMOUNTS)
SAMPLES = 150


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sure", [0.9, 0.95] if EXPLORE else [0.9])
def test_rules_and_changes(sure: float, seed: int, tmp_path: Path) -> None:
    """Samples of deals by A alone or by A and then B, so many of each in two quarters as chance gives."""
    dice, sample = random.Random(seed), Sample(tmp_path)
    truth: dict[tuple[str, str], dict[str, float]] = {}
    for number in range(SAMPLES):
        a, b = f"a{number}", f"b{number}"
        now, before, both = dice.uniform(20, 60), dice.uniform(20, 60), dice.uniform(0.3, 0.8)
        for mean, closed in ((now, "2026-05-20"), (before, "2026-02-20")):
            for _ in range(poisson(dice, mean)):
                sample.add((a, b) if dice.random() < both else (a,), closed, dice.choice(AMOUNTS))
        for model, part in (("linear", 1 - both / 2), ("last", 1 - both)):
            for channel, own in ((a, part), (b, 1 - part)):
                truth[channel, model] = {"deals": now * own, "before": before * own}
    spec = ReportSpec(
        models=("linear", "last"),
        by=("channel",),
        dates=QUARTER,
        compare="previous-period",
        compare_dates=BEFORE,
        measures=("revenue", "deals"),
        estimation=EstimationSpec(confidence=Decimal(str(sure)), seed=seed),
    )
    report = run(spec, discover(str(sample.write())))
    for measure, each in (("deals", 1.0), ("revenue", MEAN)):
        whole = float(report.totals[0][[column.name for column in report.columns].index(measure)])  # type: ignore[arg-type]
        expected = sum(one["deals"] for (_, model), one in truth.items() if model == "linear") * each
        split = [
            low <= truth[str(channel), str(model)]["deals"] * each * whole / expected <= high
            for channel, model, (low, high) in by_row(report, f"{measure}_low", f"{measure}_high")
        ]
        check(split, sure)
        increases, changes = [], []
        ends = [f"{measure}_{what}_{end}" for what in ("increase", "change") for end in ("low", "high")]
        for channel, model, (low, high, least, greatest) in by_row(report, *ends):
            own = truth[str(channel), str(model)]
            increases.append(low <= (own["deals"] - own["before"]) * each <= high)
            changes.append(least <= own["deals"] / own["before"] - 1 <= greatest)
        check(increases, sure)
        check(changes, sure)


PAIRS = 12


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sure", [0.9, 0.95] if EXPLORE else [0.9])
def test_data_driven_models(sure: float, seed: int, tmp_path: Path) -> None:
    """Pairs of channels, of which A may lead to B: what each is worth follows from how likely journeys are.

    In two quarters, in which journeys are as likely to convert, and come about more or less often: what a figure is,
    and by how much it has changed.
    """
    dice, sample = random.Random(seed), Sample(tmp_path)
    removal: dict[tuple[str, str], float] = {}
    shapley: dict[tuple[str, str], float] = {}
    for number in range(PAIRS):
        a, b = f"a{number}", f"b{number}"
        won, other_won, both_won = (dice.uniform(0.3, 0.8) for _ in range(3))
        for quarter, closed in (("now", "2026-05-20"), ("before", "2026-02-20")):
            alone, other, both = (70 / 3 * dice.uniform(0.5, 1.5) for _ in range(3))
            for mean, journey, chance in ((alone, (a,), won), (other, (b,), other_won), (both, (a, b), both_won)):
                for _ in range(poisson(dice, mean)):
                    sample.add(journey, closed, 100 if dice.random() < chance else None)
            after_b = (other * other_won + both * both_won) / (other + both)
            removal |= {(a, quarter): alone * won + both * after_b, (b, quarter): (other + both) * after_b}
            shapley |= {(a, quarter): alone * won + both * both_won / 2}
            shapley |= {(b, quarter): other * other_won + both * both_won / 2}
    asked = ReportSpec(
        models=("markov", "shapley"),
        by=("channel",),
        dates=QUARTER,
        measures=("deals",),
        estimation=EstimationSpec(confidence=Decimal(str(sure)), seed=seed),
    )
    folder = discover(str(sample.write()))
    report = run(replace(asked, compare="previous-period", compare_dates=BEFORE), folder)
    deals = float(report.totals[0][2])  # type: ignore[arg-type]
    total = {q: sum(one for (_, quarter), one in shapley.items() if quarter == q) for q in ("now", "before")}
    hits: dict[object, list[bool]] = {"markov": [], "shapley": []}
    changed: dict[object, list[bool]] = {"markov": [], "shapley": []}
    ends = ("deals_low", "deals_high", "deals_increase_low", "deals_increase_high")
    for channel, model, (low, high, least, greatest) in by_row(report, *ends):
        worth = removal if model == "markov" else shapley
        share = {
            q: worth[str(channel), q] / sum(one for (_, quarter), one in worth.items() if quarter == q)
            for q in ("now", "before")
        }
        hits[model].append(low <= share["now"] * deals <= high)
        changed[model].append(least <= share["now"] * total["now"] - share["before"] * total["before"] <= greatest)
    for found in (*hits.values(), *changed.values()):
        assert len(found) == 2 * PAIRS
        check(found, sure)
