"""Shapley values of both games against their definition: the mean over all orders of what each player adds."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import factorial

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.fitted.shapley import shapley_values

Worth = dict[frozenset[int], Fraction]
SEEDS = st.integers(0, 10**6)


def by_definition(worth: Callable[[frozenset[int]], Fraction], players: int) -> list[Fraction]:
    """The mean of what every player adds, over all orders in which they can come."""
    values = [Fraction(0)] * players
    for order in itertools.permutations(range(1, players + 1)):
        there: frozenset[int] = frozenset()
        for player in order:
            values[player - 1] += worth(there | {player}) - worth(there)
            there |= {player}
    return [value / factorial(players) for value in values]


def summed(worth: Mapping[frozenset[int], Fraction]) -> list[tuple[int, int, Fraction]]:
    """What the coalitions of each size that hold each player are worth together, as the query sums it up."""
    sums: defaultdict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for coalition, value in worth.items():
        for player in coalition:
            sums[player, len(coalition)] += value
    return [(player, size, value) for (player, size), value in sums.items()]


def draw_worth(seed: int, players: int) -> Worth:
    dice = random.Random(seed)
    coalitions = (c for r in range(1, players + 1) for c in itertools.combinations(range(1, players + 1), r))
    return {frozenset(c): Fraction(dice.randint(0, 9), dice.randint(1, 9)) for c in coalitions if dice.random() < 0.6}


@examples(25)
@given(seed=SEEDS, players=st.integers(1, 6))
def test_values_are_those_of_the_definition(seed: int, players: int) -> None:
    worth = draw_worth(seed, players)
    found = shapley_values(summed(worth), players)
    assert found == by_definition(lambda coalition: worth.get(coalition, Fraction(0)), players)
    assert sum(found) == worth.get(frozenset(range(1, players + 1)), 0)  # efficiency


@examples(25)
@given(seed=SEEDS, players=st.integers(2, 6))
def test_laws_hold(seed: int, players: int) -> None:
    one, other = draw_worth(seed, players), draw_worth(seed + 1, players)
    both = {c: one.get(c, Fraction(0)) + other.get(c, Fraction(0)) for c in {*one, *other}}
    values = [shapley_values(summed(worth), players) for worth in (one, other, both)]
    assert [a + b for a, b in zip(values[0], values[1], strict=True)] == values[2]  # additivity
    mirrored = {frozenset({1: 2, 2: 1}.get(p, p) for p in c): v for c, v in one.items()}
    swapped = shapley_values(summed(mirrored), players)
    assert (swapped[0], swapped[1], swapped[2:]) == (values[0][1], values[0][0], values[0][2:])  # symmetry
    null = {c | extra: v for c, v in one.items() for extra in (frozenset(), frozenset({players + 1}))}
    assert shapley_values(summed(null), players + 1) == [*values[0], 0]  # the null player


@pytest.mark.parametrize("players", [60, 200])
def test_many_states_are_no_limit(players: int) -> None:
    worth: Worth = {frozenset({1}): Fraction(1, 2), frozenset(range(1, players + 1)): Fraction(1)}
    found = shapley_values(summed(worth), players)
    assert sum(found) == 1
    assert found[0] > found[1] == found[-1]


@examples(20)
@given(seed=SEEDS, players=st.integers(1, 5))
def test_the_game_of_conversions_is_an_equal_split_over_distinct_states(seed: int, players: int) -> None:
    """v(S) = conversions of the journeys whose states lie within S: each journey is shared by its distinct states."""
    dice = random.Random(seed)
    journeys = [frozenset(dice.choices(range(1, players + 1), k=dice.randint(1, 6))) for _ in range(12)]
    split = [Fraction(0)] * players
    for states in journeys:
        for state in states:
            split[state - 1] += Fraction(1, len(states))
    assert split == by_definition(lambda within: Fraction(sum(states <= within for states in journeys)), players)
