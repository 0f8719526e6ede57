"""Games that are played in each journey for itself: what its own states add to it, by the journeys of fewer of them.

A set of states (or, to games to which order matters, a row of them in the order in which they first stood) is worth the
rate at which journeys of just these convert, 0 where there is none. Every journey shares its conversion, and its value,
between its states in the proportions of its own game, so that each of them sums to what it converts to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from math import factorial

from attrib_cli.engine.data_driven.weights import ONE, Weights
from attrib_cli.engine.spec import Game

Members = tuple[int, ...]
Rates = Mapping[Members, int]
"""What sets of states are worth, in parts of `ONE`; what is not there is worth nothing."""

_LISTED = 12
"""Sets of up to so many states have their subsets gone through; of larger ones those that journeys consist of."""


def shapley_parts(members: Members, rates: Rates) -> list[int]:
    """Return the Shapley value of each of `members` in the game of all of them, in whole parts of a common unit.

    Shapley (1953), with the members of the journey as the only players, as MAM has it. In a row their order is kept.
    """
    size = len(members)
    parts = dict.fromkeys(members, 0)
    for subset, worth in _within(members, rates):
        inside = factorial(len(subset) - 1) * factorial(size - len(subset)) * worth
        outside = factorial(len(subset)) * factorial(size - len(subset) - 1) * worth if len(subset) < size else 0
        held = set(subset)
        for member in members:
            parts[member] += inside if member in held else -outside
    return [parts[member] for member in members]


def _within(members: Members, rates: Rates) -> Iterable[tuple[Members, int]]:
    """Yield what is worth anything within `members`, in their order."""
    if len(members) <= _LISTED:
        for size in range(1, len(members) + 1):
            for subset in combinations(members, size):
                if rates.get(subset):
                    yield subset, rates[subset]
        return
    place = {member: number for number, member in enumerate(members)}
    for subset, worth in rates.items():
        places = [place.get(member, -1) for member in subset]
        if worth and min(places) >= 0 and places == sorted(places):
            yield subset, worth


def counterfactual_parts(members: Members, rates: Rates) -> list[int]:
    """Return by how much less the row converts without each of `members`, nothing where it converts more.

    Google's fractribution: a single member has all of it, and where none makes a difference the last one has.
    """
    if len(members) == 1:
        return [1]
    whole = rates.get(members, 0)
    parts = [max(whole - rates.get(members[:i] + members[i + 1 :], 0), 0) for i in range(len(members))]
    return parts if any(parts) else [*([0] * (len(members) - 1)), 1]


_PARTS: Mapping[Game, Callable[[Members, Rates], list[int]]] = {
    "journeys": shapley_parts,
    "ordered": shapley_parts,
    "counterfactual": counterfactual_parts,
}
JOURNEY_GAMES = tuple(_PARTS)
"""The games that are played within each journey."""


def journey_weights(game: Game, found: Sequence[tuple[Members, int, int, int]], states: int) -> Weights:
    """Return what states are credited with in all, as parts of `ONE` of the greatest; below zero is nothing.

    Where the value comes to nothing, credits for conversions stand for those of the value. `found` has a row for each
    set of states: how many journeys consist of just these, how many of them converted, and the value of those. Credits
    for conversions come first, those of their value second.
    """
    rates = {members: converted * ONE // n for members, n, converted, _ in found if n and converted}
    counts, amounts = [0] * states, [0] * states
    for members, _, converted, worth in sorted(found):
        if not converted:
            continue
        parts = _PARTS[game](members, rates)
        whole = sum(parts)
        for member, part in zip(members, parts, strict=True):
            counts[member - 1] += converted * ONE * part // whole
            amounts[member - 1] += worth * ONE * part // whole
    return _scaled(counts), _scaled(amounts if sum(amounts) > 0 else counts)


def _scaled(credits: list[int]) -> list[int]:
    greatest = max(credits, default=0)
    return [max(credit, 0) * ONE // greatest if greatest > 0 else 0 for credit in credits]
