"""Games within each journey, held against their definitions written down another way, and examples by hand."""

from __future__ import annotations

import itertools
import json
import pathlib
import random
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction

import chains
import pytest
from chains import journeys
from conftest import EXPLORE, WriteData, examples
from fitted_reference import Path
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.data_driven.journey_games import shapley_parts
from attrib_cli.engine.data_driven.weights import ONE
from attrib_cli.engine.spec import EstimationSpec, Game

RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "games.json"

Row = tuple[str, ...]


def first_places(path: Path) -> Row:
    return tuple(f"c{state}" for state in dict.fromkeys(path.states))


def in_all_orders(row: Row, rate: Callable[[Row], Fraction]) -> dict[str, Fraction]:
    """The Shapley value as it is defined: what a state adds, on average over all orders of coming into the journey."""
    added = dict.fromkeys(row, Fraction(0))
    orders = list(itertools.permutations(row))
    for order in orders:
        for number, state in enumerate(order):
            there, before = set(order[: number + 1]), set(order[:number])
            added[state] += rate(tuple(s for s in row if s in there)) - rate(tuple(s for s in row if s in before))
    return {state: value / len(orders) for state, value in added.items()}


def without_it(row: Row, rate: Callable[[Row], Fraction]) -> dict[str, Fraction]:
    """What Google's fractribution says, with each channel where it first stood (its path transform 'first')."""
    if len(row) == 1:
        return {row[0]: Fraction(1)}
    lost = {state: max(rate(row) - rate(tuple(s for s in row if s != state)), Fraction(0)) for state in row}
    return lost if any(lost.values()) else {state: Fraction(state == row[-1]) for state in row}


def expected(paths: list[Path], game: Game) -> dict[str, list[Fraction]]:
    """Deals and revenue of each channel."""
    key = (lambda path: tuple(sorted(first_places(path)))) if game == "journeys" else first_places
    groups: dict[Row, list[Path]] = defaultdict(list)
    for path in paths:
        groups[key(path)].append(path)

    def rate(row: Row) -> Fraction:
        times = sum(path.times for path in groups.get(row, []))
        return Fraction(sum(p.times for p in groups[row] if p.converted), times) if times else Fraction(0)

    found: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for row, group in groups.items():
        won = [path for path in group if path.converted]
        if won:
            parts = (without_it if game == "counterfactual" else in_all_orders)(row, rate)
            for state, part in parts.items():
                share = part / sum(parts.values())
                found[state][0] += share * sum(path.times for path in won)
                found[state][1] += share * sum(path.times * path.worth for path in won)
    for measure in (0, 1):
        whole = sum(row[measure] for row in found.values())
        left = sum(max(row[measure], Fraction(0)) for row in found.values())
        for row in found.values():
            row[measure] = max(row[measure], Fraction(0)) * whole / left if left else Fraction(0)
    return found


@pytest.mark.parametrize("game", ["journeys", "ordered", "counterfactual"])
@examples(2)
@given(seed=st.integers(0, 2**64))
def test_credits_are_those_of_the_definition(seed: int, game: Game, write_data: WriteData) -> None:
    dice = random.Random(seed)
    paths = [path for path in journeys(dice, states=dice.randint(1, 5), number=25) if path.times < 50]
    paths.append(Path(states=(1, 2, 1), converted=True, worth=Fraction(9)))
    exact = expected(paths, game)
    found = chains.credited(paths, write_data, "shapley", EstimationSpec(game=game))
    for channel in found.keys() | exact.keys():
        row = found.get(channel, (Fraction(0), Fraction(0)))
        assert abs(row[0] - exact[channel][0]) <= Fraction(1, 10**5), channel
        if sum(value[1] for value in exact.values()):
            assert abs(row[1] - exact[channel][1]) <= Fraction(1, 10**5) * max(1, exact[channel][1]), channel


def test_sets_of_many_states_are_those_that_journeys_consist_of() -> None:
    """Twenty states, of which a journey holds all: with no other set worth anything they share alike."""
    members = tuple(range(1, 21))
    assert len(set(shapley_parts(members, {members: ONE}))) == 1
    some = shapley_parts(members, {members: ONE, (3, 7): ONE // 2, (7, 3): ONE})
    assert some[2] == some[6] > some[0] == some[19]
    assert sum(some) == 20 * sum(shapley_parts(members, {members: ONE})) // 20


BY_HAND = [  # of 10 journeys of A alone 2 convert, of 10 of B, then A, 5 do, and of 4 of A, then B, 1 does
    *[Path(states=(1,), converted=n < 2, worth=Fraction(100) * (n < 2)) for n in range(10)],
    *[Path(states=(2, 1), converted=n < 5, worth=Fraction(100) * (n < 5)) for n in range(10)],
    *[Path(states=(1, 2), converted=n < 1, worth=Fraction(100) * (n < 1)) for n in range(4)],
]


@pytest.mark.parametrize(
    ("game", "first"),
    [
        # A and B convert in 6 of 14: A has (3/7 + 1/5) / 2 of 3/7, 11/15; of 6 deals that is 4.4, and 2 alone
        ("journeys", Fraction("6.4")),
        # after B in 5 of 10: A has (1/2 + 1/5) / 2 of 1/2, 7/10; before B in 1 of 4: (1/4 + 1/5) / 2 of 1/4, 9/10
        ("ordered", 2 + Fraction("3.5") + Fraction("0.9")),
        # without A nothing converts: 1/2; without B a fifth does: 3/10. Before B: 1/4 against 1/20
        ("counterfactual", 2 + 5 * Fraction(5, 8) + Fraction(5, 6)),
    ],
)
def test_the_example_of_the_documentation(game: Game, first: Fraction, write_data: WriteData) -> None:
    found = chains.credited(BY_HAND, write_data, "shapley", EstimationSpec(game=game))
    assert abs(found["c1"][0] - first) < Fraction(2, 10**6)
    assert found["c1"][0] + found["c2"][0] == 8
    assert abs(found["c1"][1] - 100 * first) < Fraction(2, 10**4)


@pytest.mark.parametrize("game", ["journeys", "ordered", "counterfactual"])
@pytest.mark.parametrize("case", [0, 1] if EXPLORE else [1])
def test_credits_are_those_of_peers(case: int, game: Game, write_data: WriteData) -> None:
    """MAM's Shapley values without and with order, and fractribution's, as recorded by `recorded/games.py`."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["cases"][case]
    theirs = recorded["credited"][game]
    channels = sorted(theirs)
    paths = []
    for row in recorded["journeys"]:
        states = tuple(channels.index(name) + 1 for name in row["path"])
        paths.append(Path(states=states, converted=False, times=row["non_converting"]))
        for number in range(row["converting"]):
            worth = Fraction(0 if number else row["value"])
            paths.append(Path(states=states, converted=True, worth=worth))
    found = chains.credited(paths, write_data, "shapley", EstimationSpec(game=game))
    for number, name in enumerate(channels, 1):
        for measure in (0, 1):
            assert float(found[f"c{number}"][measure]) == pytest.approx(theirs[name][measure], rel=1e-9, abs=2e-6), name
