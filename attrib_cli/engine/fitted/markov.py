"""Removal effects of an absorbing Markov chain, by linear algebra.

Order k: the chain's states are the k-grams of a journey (the last k interactions), from START to the first full one,
on to the next, into conversion or null. A journey shorter than k has a single k-gram, filled up in front. Removing a
state sends every journey that would enter a k-gram holding it to null (Anderl, Becker, von Wangenheim & Schumann 2014,
"Mapping the customer journey"). The removal effect is the part of all conversions that is lost thereby.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BASE = 256
"""States are numbers from 1 to 255; k-grams are packed into one number with this base, the last state lowest."""

DENSE = 1_000
"""Up to so many k-grams the chain is solved at once; beyond, by iteration."""

TOLERANCE = 1e-12
_ROUNDS = 3_000


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What journeys did, counted.

    Grain: one entry for each window of k + 1 consecutive states (`code`, packed; 0 where the journey had not begun) and
    whether it ends a journey (`last`). `n` counts them, `converted` those that ended in a conversion, and `worth` is
    the value of these.
    """

    order: int
    code: Ints
    last: NDArray[np.bool_]
    n: Floats
    converted: Floats
    worth: Floats


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The chain that `Steps` are the maximum-likelihood estimate of.

    `grams` are packed k-grams, ascending. `start` is where journeys begin, `exits` to conversion and `reward` (the
    expected value of ending there) are by k-gram; `sources`, `targets` and `probabilities` are the steps between them.
    """

    order: int
    grams: Ints
    start: Floats
    exits: Floats
    reward: Floats
    sources: Ints
    targets: Ints
    probabilities: Floats


@dataclass(frozen=True, kw_only=True)
class Effects:
    """`conversion` is the probability of a conversion and `value` the expected value of a journey.

    `of_conversions` and `of_value` are removal effects by state, that of state s at s - 1: parts of `conversion` and of
    `value` lost without it. Effects on a value of 0 are 0.
    """

    conversion: float
    value: float
    of_conversions: Floats
    of_value: Floats


def build_chain(steps: Steps) -> Chain:
    """Return the chain of the journeys counted in `steps`; its probability of conversion is the observed rate."""
    import numpy as np

    span = BASE**steps.order
    gram = steps.code % span
    whole = gram >= BASE ** (steps.order - 1)
    enters = whole | steps.last
    begins = enters & (~whole | (steps.code < span))
    grams, place = np.unique(gram[enters], return_inverse=True)
    size = len(grams)
    start = np.bincount(place[begins[enters]], steps.n[begins], size)
    moves = enters & ~begins
    sources = np.searchsorted(grams, steps.code[moves] // BASE)
    pairs, into = np.unique(sources * size + np.searchsorted(grams, gram[moves]), return_inverse=True)
    counts = np.bincount(into, steps.n[moves], len(pairs))
    ends = np.searchsorted(grams, gram[steps.last])
    left = np.bincount(pairs // size, counts, size) + np.bincount(ends, steps.n[steps.last], size)
    left[left == 0] = 1.0
    return Chain(
        order=steps.order,
        grams=grams,
        start=start / max(start.sum(), 1.0),
        exits=np.bincount(ends, steps.converted[steps.last], size) / left,
        reward=np.bincount(ends, steps.worth[steps.last], size) / left,
        sources=pairs // size,
        targets=pairs % size,
        probabilities=counts / left[pairs // size],
    )


def removal_effects(chain: Chain, states: int, *, tolerance: float = TOLERANCE) -> Effects:
    """Return the removal effects of the states 1 to `states`, conversions and value."""
    solve = _solved_at_once if len(chain.grams) <= DENSE else _solved_by_iteration
    whole, without = solve(chain, states, tolerance)
    lost = whole[:, None] - without
    conversion, value = (float(total) for total in whole)
    of_conversions, of_value = (
        row / total if total else row * 0 for row, total in zip(lost, (conversion, value), strict=True)
    )
    return Effects(conversion=conversion, value=value, of_conversions=of_conversions, of_value=of_value)


def holds(chain: Chain, state: int) -> NDArray[np.bool_]:
    """Return which k-grams of the chain hold a state."""
    import numpy as np

    found = np.zeros(len(chain.grams), dtype=bool)
    for place in range(chain.order):
        found |= chain.grams // BASE**place % BASE == state
    return found


def _solved_at_once(chain: Chain, states: int, tolerance: float) -> tuple[Floats, Floats]:
    """The totals with and without each state, from the fundamental matrix N = (I - Q)^-1 (Kemeny & Snell).

    What is lost without a set S of k-grams is what passes through it: the probability that S is first entered at g, on
    which N gives visits(S) = first(S) N(S, S), times what follows from g.
    """
    import numpy as np

    size = len(chain.grams)
    system = np.eye(size)
    system[chain.sources, chain.targets] -= chain.probabilities
    ahead = np.linalg.solve(system, np.column_stack([chain.exits, chain.reward]))
    fundamental = np.linalg.inv(system)
    visits = chain.start @ fundamental
    whole = chain.start @ ahead
    without = np.empty((2, states))
    for state in range(1, states + 1):
        held = np.flatnonzero(holds(chain, state))
        if len(held) == 0:
            without[:, state - 1] = whole
            continue
        first = np.linalg.solve(fundamental[np.ix_(held, held)].T, visits[held])
        without[:, state - 1] = whole - first @ ahead[held]
    return whole, without


def _solved_by_iteration(chain: Chain, states: int, tolerance: float) -> tuple[Floats, Floats]:
    """The totals with and without each state: x <- mask (exits + Q x) for all masks at once, until nothing moves.

    Journeys end, so the iteration contracts; where it does so too slowly, each system is solved directly.
    """
    import numpy as np
    from scipy import sparse

    size = len(chain.grams)
    matrix = sparse.csr_array((chain.probabilities, (chain.sources, chain.targets)), shape=(size, size))
    mask = np.ones((size, states + 1))
    for state in range(1, states + 1):
        mask[holds(chain, state), state] = 0.0
    totals = []
    for gain in (chain.exits, chain.reward):
        scale = float(np.abs(gain).max()) or 1.0
        fixed = gain[:, None] / scale * mask
        x = fixed.copy()
        before = np.inf
        for _ in range(_ROUNDS):
            new = matrix @ x
            new *= mask
            new += fixed
            moved = float(np.abs(new - x).max())
            x = new
            pace = min(moved / before, 1 - 1e-9)
            if moved == 0 or (np.isfinite(before) and moved * max(pace, 0.5) / (1 - pace) < tolerance):
                break
            before = moved
        else:
            x = _solved_directly(matrix, fixed, mask)
        totals.append(chain.start @ x * scale)
    found = np.array(totals)
    return found[:, 0], found[:, 1:]


def _solved_directly(matrix: object, fixed: Floats, mask: Floats) -> Floats:
    import numpy as np
    from scipy import sparse
    from scipy.sparse import linalg

    found = np.zeros_like(fixed)
    for column in range(fixed.shape[1]):
        kept = np.flatnonzero(mask[:, column])
        if len(kept):
            inner = sparse.eye_array(len(kept), format="csc") - sparse.csc_array(matrix)[kept][:, kept]
            found[kept, column] = linalg.spsolve(inner.tocsc(), fixed[kept, column])
    return found
