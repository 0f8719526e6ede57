"""An exact Markov chain of journeys, in fractions, as the literature writes it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, kw_only=True)
class Path:
    """A journey: its states (numbers from 1), whether it converted, and what that was worth."""

    states: tuple[int, ...]
    converted: bool
    worth: int = 1


@dataclass(frozen=True, kw_only=True)
class Exact:
    """Removal effects in fractions, that of state s at s - 1."""

    conversion: Fraction
    value: Fraction
    of_conversions: list[Fraction]
    of_value: list[Fraction]


def exact_effects(paths: Sequence[Path], order: int, states: int) -> Exact:
    """The chain as the literature writes it: rows of probabilities, what enters a removed state goes to null."""
    steps: defaultdict[tuple[int, ...], Counter[tuple[int, ...] | str]] = defaultdict(Counter)
    worth: Counter[tuple[int, ...]] = Counter()
    for path in paths:
        grams = [path.states[i : i + order] for i in range(len(path.states) - order + 1)]
        grams = grams or [(0,) * (order - len(path.states)) + path.states]
        for source, target in zip([(), *grams], [*grams, "conversion" if path.converted else "null"], strict=True):
            steps[source][target] += 1
        if path.converted:
            worth[grams[-1]] += path.worth

    def solve(removed: int | None, of_value: bool) -> Fraction:
        names = [gram for gram in steps if removed is None or removed not in gram]
        place = {gram: i for i, gram in enumerate(names)}
        matrix = []
        for gram in names:
            total = sum(steps[gram].values())
            row = [Fraction(0)] * (len(names) + 1)
            row[place[gram]] += 1
            for target, n in steps[gram].items():
                if target == "conversion":
                    row[-1] += Fraction(worth[gram], total) if of_value else Fraction(n, total)
                elif target in place:
                    row[place[target]] -= Fraction(n, total)  # type: ignore[index]
            matrix.append(row)
        return _solved(matrix)[place[()]]

    whole = [solve(None, kind) for kind in (False, True)]
    effects = [
        [1 - solve(s, kind) / whole[kind] if whole[kind] else Fraction(0) for s in range(1, states + 1)]
        for kind in (False, True)
    ]
    return Exact(conversion=whole[0], value=whole[1], of_conversions=effects[0], of_value=effects[1])


def _solved(matrix: list[list[Fraction]]) -> list[Fraction]:
    """The solution of linear equations by elimination; the last column is the right-hand side."""
    size = len(matrix)
    for i in range(size):
        pivot = next(row for row in range(i, size) if matrix[row][i])
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        first = matrix[i][i]
        matrix[i] = [value / first for value in matrix[i]]
        for row in range(size):
            factor = matrix[row][i]
            if row != i and factor:
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[i], strict=True)]
    return [row[-1] for row in matrix]
