"""Removal effects of an absorbing Markov chain, by linear algebra.

Order k: the chain's states are the k-grams of a journey (the last k interactions), from START to the first full one,
on to the next, into conversion or null. A journey shorter than k has a single k-gram, filled up in front. Removing a
state sends every journey that would enter a k-gram holding it to null (Anderl, Becker, von Wangenheim & Schumann 2014,
"Mapping the customer journey"). The removal effect is the part of all conversions that is lost thereby.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen

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
"""What iteration may miss of the conversions, or of their value, as a part of all."""

_ROUNDS = 400
"""Rounds after which an iteration is taken to be slow: some journeys go round in long loops."""

_AT_ONCE = 2**22
"""So many numbers an iteration holds at most in one array, to keep within memory."""

_SUBSPACE = 100
_GOOD = 1e-9


@frozen
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


@frozen
class Chain:
    """The chain that `Steps` are the maximum-likelihood estimate of.

    `grams` are packed k-grams, ascending. `start` is where journeys begin, `exits` to conversion and `reward` (the
    expected value of ending there) are by k-gram; `visits` says how often a journey is expected in each; `sources`,
    `targets` and `probabilities` are the steps between them.
    """

    order: int
    grams: Ints
    start: Floats
    exits: Floats
    reward: Floats
    visits: Floats
    sources: Ints
    targets: Ints
    probabilities: Floats


@frozen
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
    journeys = max(start.sum(), 1.0)
    visits = left / journeys
    left[left == 0] = 1.0
    return Chain(
        order=steps.order,
        grams=grams,
        start=start / journeys,
        visits=visits,
        exits=np.bincount(ends, steps.converted[steps.last], size) / left,
        reward=np.bincount(ends, steps.worth[steps.last], size) / left,
        sources=pairs // size,
        targets=pairs % size,
        probabilities=counts / left[pairs // size],
    )


def removal_effects(chain: Chain, states: int, *, tolerance: float = TOLERANCE) -> Effects:
    """Return the removal effects of the states 1 to `states`, conversions and value."""
    solve = _solved_at_once if len(chain.grams) <= DENSE else _solved_by_iteration
    whole, lost = solve(chain, states, tolerance)
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
    """The totals, and what is lost of them without each state, from the fundamental matrix N = (I - Q)^-1.

    What is lost without a set S of k-grams is what passes through it: the probability that S is first entered at g, on
    which N gives visits(S) = first(S) N(S, S), times what follows from g (Kemeny & Snell).
    """
    import numpy as np

    size = len(chain.grams)
    system = np.eye(size)
    system[chain.sources, chain.targets] -= chain.probabilities
    ahead = np.linalg.solve(system, np.column_stack([chain.exits, chain.reward]))
    fundamental = np.linalg.inv(system)
    lost = np.zeros((2, states))
    for state in range(1, states + 1):
        held = np.flatnonzero(holds(chain, state))
        if len(held):
            first = np.linalg.solve(fundamental[np.ix_(held, held)].T, chain.visits[held])
            lost[:, state - 1] = first @ ahead[held]
    return chain.start @ ahead, lost


def _solved_by_iteration(chain: Chain, states: int, tolerance: float) -> tuple[Floats, Floats]:
    """The totals, and what is lost of them without each state: x <- mask (gain + Q x), for many masks at once.

    What an x with the residual r misses of the total is at most visits |r|, since no mask makes visits more frequent.
    Columns that come to their end too slowly are solved one by one.
    """
    import numpy as np
    from scipy import sparse

    size = len(chain.grams)
    matrix = sparse.csr_array((chain.probabilities, (chain.sources, chain.targets)), shape=(size, size))
    without = np.zeros((2, states + 1))
    width = max(_AT_ONCE // size, 1)
    for first in range(0, states + 1, width):
        columns = range(first, min(first + width, states + 1))
        removed = np.column_stack([holds(chain, state) if state else np.zeros(size, dtype=bool) for state in columns])
        for kind, gain in enumerate((chain.exits, chain.reward)):
            missing = tolerance * float(chain.visits @ np.abs(gain))
            if missing == 0:
                continue
            x = np.where(removed, 0.0, gain[:, None])
            for _ in range(_ROUNDS):
                new = matrix @ x
                new += gain[:, None]
                np.copyto(new, 0.0, where=removed)
                np.subtract(new, x, out=x)
                np.abs(x, out=x)
                open_ = chain.visits @ x > missing
                x = new
                if not open_.any():
                    break
            for column in np.flatnonzero(open_):
                kept = np.flatnonzero(~removed[:, column])
                x[kept, column] = _solved_singly(chain, matrix, gain, kept, x[kept, column], missing)
            without[kind, columns] = chain.start @ x
    return without[:, 0], without[:, :1] - without[:, 1:]


def _solved_singly(chain: Chain, matrix: object, gain: Floats, kept: Ints, guess: Floats, missing: float) -> Floats:
    """One column, by GMRES (Saad & Schultz 1986), to which a few long loops are a few directions; else directly.

    Rows are scaled to a diagonal of 1, which takes out the loops from a k-gram to itself.
    """
    import numpy as np
    from scipy import sparse
    from scipy.sparse import linalg

    inner = (sparse.eye_array(len(kept), format="csr") - sparse.csr_array(matrix)[kept][:, kept]).tocsr()
    scale = 1.0 / inner.diagonal()
    scaled, wanted = sparse.diags_array(scale) @ inner, scale * gain[kept]
    weights = chain.visits[kept] / scale
    found: Floats
    found, _ = linalg.gmres(
        scaled,
        wanted,
        x0=guess,
        rtol=0.0,
        atol=missing / max(float(np.linalg.norm(weights)), 1e-300),
        restart=min(_SUBSPACE, len(kept)),
        maxiter=20,
    )
    if weights @ np.abs(wanted - scaled @ found) <= missing * _GOOD / TOLERANCE:
        return found
    found = linalg.spsolve(inner.tocsc(), gain[kept])
    return found
