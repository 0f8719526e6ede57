"""Journeys as lists, counted step by step as the engine's SQL does it, or written as the tables they come from."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import numpy as np
from conftest import WriteData
from fitted_reference import Path
from reference import Data, Row
from strategies import fraction

from attrib_cli.engine import ReportSpec, discover, run
from attrib_cli.engine.data_driven.markov import BASE, Effects, Steps, build_chain, removal_effects
from attrib_cli.engine.spec import EstimationSpec

BEGIN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

Credits = dict[str, tuple[Fraction, Fraction]]
"""Deals and revenue by channel."""


def count(paths: Iterable[Path], order: int) -> Steps:
    """The steps of journeys whose states are numbers from 1."""
    n, converted, worth = Counter(), Counter(), Counter()
    for path in paths:
        begun = [0] * order + list(path.states)
        for at in range(order, len(begun)):
            window = begun[at - order : at + 1]
            last = at == len(begun) - 1
            step = (sum(state * BASE ** (order - back) for back, state in enumerate(window)), last)
            n[step] += path.times
            if last and path.converted:
                converted[step] += path.times
                worth[step] += path.worth * path.times
    found = sorted(n)
    return Steps(
        order=order,
        code=np.array([code for code, _ in found], dtype=np.int64),
        last=np.array([last for _, last in found], dtype=bool),
        **{
            name: np.array([float(counts[step]) for step in found])
            for name, counts in (("n", n), ("converted", converted), ("worth", worth))
        },
    )


def solved(paths: Iterable[Path], order: int, states: int) -> Effects:
    """The engine's removal effects."""
    return removal_effects(build_chain(count(paths, order)), states)


def journeys(dice: random.Random, *, states: int, number: int, longest: int = 8) -> list[Path]:
    """Random journeys full of loops, single touches and channels that are rare; state `states` is the rarest."""
    weights = [2.0**-state for state in range(states)]

    def one() -> Path:
        length = dice.choice([1, 1, 2, 3, dice.randint(1, longest)])
        taken: list[int] = []
        while len(taken) < length:
            stays = taken and dice.random() < 0.3
            taken.append(taken[-1] if stays else dice.choices(range(1, states + 1), weights)[0])
        good = dice.random() < 0.2 + 0.6 * (1 in taken) * dice.random()
        worth = Fraction(dice.choice([0, dice.randrange(1, 10**6)]), 100) if good else Fraction(0)
        return Path(states=tuple(taken), converted=good, worth=worth, times=dice.choice([1, 1, 1, 2, 50]))

    return [one() for _ in range(number)]


def as_tables(paths: Iterable[Path]) -> Data:
    """The journeys as tables: a contact each, whose touches come hour by hour, and a won deal where it converted."""
    touchpoints: list[Row] = []
    deals: list[Row] = []
    number = 0
    for path in paths:
        for _ in range(path.times):
            number += 1
            for hour, state in enumerate(path.states):
                touchpoints.append({"contact_id": number, "occurred_at": BEGIN + hour * HOUR, "channel": f"c{state}"})
            if path.converted:
                closed = BEGIN + len(path.states) * HOUR
                worth = Decimal(path.worth.numerator) / Decimal(path.worth.denominator)
                deals.append(
                    {
                        "deal_id": number,
                        "created_at": closed,
                        "closed_at": closed,
                        "amount": worth.quantize(Decimal("0.01")),
                        "is_won": True,
                        "contact_id": number,
                    }
                )
    return Data(touchpoints=tuple(touchpoints), deals=tuple(deals))


def credited(paths: Iterable[Path], write_data: WriteData, model: str, fit: EstimationSpec) -> Credits:
    """What a report credits the channels c1, c2, ... with, through files and the whole engine."""
    spec = ReportSpec(models=(model,), by=("channel",), measures=("deals", "revenue"), estimation=fit)
    found = run(spec, discover(write_data(as_tables(paths))), threads=1)
    return {str(row[0]): (fraction(row[2]), fraction(row[3])) for row in found.rows}
