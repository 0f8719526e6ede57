"""Both games held against Shapley's formula, and the laws that define the value."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction

import chains
from chains import Credits, journeys
from conftest import WriteData, examples
from fitted_reference import Path, State, by_conversions, by_rate, shapley
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.data_driven.shapley import shapley_values
from attrib_cli.engine.spec import EstimationSpec, Game

SEEDS = st.integers(0, 2**64)
Coalitions = dict[frozenset[int], Fraction]


def game(dice: random.Random, players: int) -> Coalitions:
    """A few coalitions of the players 1, 2, ... and what each is worth, some of them less than nothing."""
    found: Coalitions = {}
    for _ in range(dice.randint(0, 9)):
        coalition = frozenset(dice.sample(range(1, players + 1), dice.randint(1, players)))
        found[coalition] = Fraction(dice.randint(-3, 12), dice.randint(1, 9))
    return found


def values(coalitions: Coalitions, players: int) -> list[Fraction]:
    """The engine's values."""
    together: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for coalition, worth in coalitions.items():
        for player in coalition:
            together[player, len(coalition)] += worth
    return shapley_values([(*key, worth) for key, worth in together.items()], players)


def in_all_orders(players: int, worth: Callable[[frozenset[State]], Fraction]) -> list[Fraction]:
    """The value as it is defined: what a player adds, on average over all orders in which the players could come."""
    added = [Fraction(0)] * players
    orders = list(itertools.permutations(range(1, players + 1)))
    for order in orders:
        there: frozenset[State] = frozenset()
        for player in order:
            added[player - 1] += worth(there | {player}) - worth(there)
            there |= {player}
    return [value / len(orders) for value in added]


@examples(12)
@given(seed=SEEDS)
def test_values_of_the_game_of_rates_are_those_of_the_formula(seed: int) -> None:
    dice = random.Random(seed)
    players = dice.randint(1, 6)
    coalitions = game(dice, players)
    exact = shapley(range(1, players + 1), by_rate(coalitions))
    assert values(coalitions, players) == [exact[player] for player in range(1, players + 1)]


@examples(5)
@given(seed=SEEDS)
def test_the_formula_is_the_mean_over_all_orders(seed: int) -> None:
    dice = random.Random(seed)
    players = dice.randint(1, 5)
    coalitions = game(dice, players)
    assert values(coalitions, players) == in_all_orders(players, by_rate(coalitions))


@examples(12)
@given(seed=SEEDS)
def test_laws_of_the_game_of_rates(seed: int) -> None:
    """Efficiency, symmetry, null player and additivity define the value."""
    dice = random.Random(seed)
    players = dice.randint(2, 9)
    one, other = game(dice, players), game(dice, players)
    found = values(one, players)
    assert sum(found) == one.get(frozenset(range(1, players + 1)), 0)

    swap = {1: 2, 2: 1}
    mirrored: Coalitions = defaultdict(Fraction)
    for coalition, worth in one.items():
        for each in (coalition, frozenset(swap.get(player, player) for player in coalition)):
            mirrored[each] += worth
    alike = values(mirrored, players)
    assert alike[0] == alike[1]

    # A player is null if every coalition is worth the same with him.
    indifferent = {both: worth for coalition, worth in one.items() if 1 not in coalition
                   for both in (coalition, coalition | {1})}  # fmt: skip
    assert values(indifferent, players)[0] == 0

    sums = {key: one.get(key, Fraction(0)) + other.get(key, Fraction(0)) for key in one.keys() | other.keys()}
    assert values(sums, players) == [a + b for a, b in zip(found, values(other, players), strict=True)]


def test_two_hundred_players_are_no_more_than_their_coalitions() -> None:
    """Alone every one of them is worth 1: no coalition of two or more is worth anything, so all gain alike."""
    found = values({frozenset([player]): Fraction(1) for player in range(1, 201)}, 200)
    assert found == [0] * 200
    some = values({frozenset([1]): Fraction(2), frozenset(range(1, 201)): Fraction(1)}, 200)
    assert sum(some) == 1
    assert some[0] > some[1] == some[199]


# --- by the query of a report ---------------------------------------------------------------------------------------


def credited(paths: list[Path], write_data: WriteData, game: Game) -> Credits:
    """Deals and revenue of every channel."""
    return chains.credited(paths, write_data, "shapley", EstimationSpec(game=game))


def worth_of(paths: list[Path], players: list[str], measure: int) -> dict[str, Fraction]:
    """What the formula says of the game of conversions."""
    journeys_ = [
        (frozenset(f"c{state}" for state in path.states), path.times * (path.worth if measure else Fraction(1)))
        for path in paths
        if path.converted
    ]
    return {str(player): value for player, value in shapley(players, by_conversions(journeys_)).items()}


@examples(2)
@given(seed=SEEDS)
def test_an_equal_split_is_the_value_of_the_game_of_conversions(seed: int, write_data: WriteData) -> None:
    """The definition itself: a coalition has all conversions of the journeys that lie within it."""
    dice = random.Random(seed)
    states = dice.randint(1, 6)
    paths = [path for path in journeys(dice, states=states, number=25) if path.times < 50]
    found = credited(paths, write_data, "conversions")
    for measure in (0, 1):
        exact = worth_of(paths, [f"c{state}" for state in range(1, states + 1)], measure)
        for player, value in exact.items():
            assert abs(found.get(player, (0, 0))[measure] - value) <= Fraction(2, 10**6), player
        assert sum(row[measure] for row in found.values()) == sum(exact.values())


def test_laws_of_the_game_of_conversions(write_data: WriteData) -> None:
    """Efficiency to the last digit, symmetry of two channels that swap places, nothing for one without conversions."""
    dice = random.Random(3)
    some, more = (
        [path for path in journeys(dice, states=5, number=40) if path.times < 50] for _ in range(2)
    )  # fmt: skip
    some.append(Path(states=(1, 3, 2), converted=True, worth=Fraction(7)))
    found, others, both = (credited(paths, write_data, "conversions") for paths in (some, more, [*some, *more]))
    for measure in (0, 1):
        for channel in found.keys() | others.keys() | both.keys():
            parts = sum(rows.get(channel, (Fraction(0), Fraction(0)))[measure] for rows in (found, others))
            assert abs(parts - both[channel][measure]) <= Fraction(3, 10**6), channel
        whole = sum(path.times * (path.worth if measure else 1) for path in some if path.converted)
        assert sum(row[measure] for row in found.values()) == whole
    swapped = [Path(**{**vars(p), "states": tuple({1: 2, 2: 1}.get(s, s) for s in p.states)}) for p in some]
    alike = credited([*some, *swapped, Path(states=(9, 9), converted=False)], write_data, "conversions")
    assert abs(alike["c1"][1] - alike["c2"][1]) <= Fraction(2, 10**6)
    assert alike.get("c9", (0, 0)) == (0, 0)


@examples(2)
@given(seed=SEEDS)
def test_credits_of_the_game_of_rates_follow_its_values(seed: int, write_data: WriteData) -> None:
    """Rates of all journeys of a set of channels; who would lose something shares nothing."""
    dice = random.Random(seed)
    states = dice.randint(2, 6)
    paths = [path for path in journeys(dice, states=states, number=25) if path.times < 50]
    paths.append(Path(states=(1, 2), converted=True, worth=Fraction(9)))
    sets: dict[frozenset[State], list[Path]] = defaultdict(list)
    for path in paths:
        sets[frozenset(f"c{state}" for state in path.states)].append(path)
    players = sorted({player for coalition in sets for player in coalition}, key=str)
    found = credited(paths, write_data, "rate")
    for measure in (0, 1):
        gains = {
            coalition: sum((p.times * (p.worth if measure else Fraction(1)) for p in group if p.converted), Fraction(0))
            / sum(p.times for p in group)
            for coalition, group in sets.items()
        }
        exact = {player: max(value, Fraction(0)) for player, value in shapley(players, by_rate(gains)).items()}
        whole = sum((p.times * (p.worth if measure else Fraction(1)) for p in paths if p.converted), Fraction(0))
        for player in players:
            share = exact[player] / sum(exact.values()) if any(exact.values()) else Fraction(1, len(players))
            assert abs(found.get(str(player), (0, 0))[measure] - whole * share) <= Fraction(1, 10**5), player
        assert sum(row[measure] for row in found.values()) == whole
