"""Shapley values of the game in which a coalition of states is worth what journeys of just these states convert.

A coalition that no journey consists of is worth nothing, so that the value of a state is a sum over the sets that were
observed, exact however many states there are: no coalition needs to be drawn at random. (The other game, conversions
of the journeys whose states lie within the coalition, is an equal split over the distinct states of each journey and
is computed by the query of the report.)
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import comb


def shapley_values(worth: Iterable[tuple[int, int, Fraction]], states: int) -> list[Fraction]:
    """Return the Shapley value of every state 1 to `states`, that of state s at s - 1.

    `worth` says how much the coalitions of one size that hold one state are worth together: (state, size, worth), one
    entry for each. The empty coalition is worth nothing.

    Shapley (1953): the mean, over all orders of the n players, of what s adds. Coalition S is added to by s in S with
    weight (|S|-1)! (n-|S|)! / n!, and ended by s outside of S with -|S|! (n-|S|-1)! / n!. The values sum to what the
    coalition of all is worth.
    """
    values = [Fraction(0)] * states
    outside = Fraction(0)
    for state, size, value in worth:
        inside = Fraction(1, size * comb(states, size))
        beyond = Fraction(1, (states - size) * comb(states, size)) if size < states else Fraction(0)
        values[state - 1] += value * (inside + beyond)
        outside += value * beyond / size
    return [value - outside for value in values]
