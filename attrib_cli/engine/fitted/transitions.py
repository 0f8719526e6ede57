"""The transition matrix of a Markov chain, for reading: how often each state was followed by which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.fitted.markov import BASE

if TYPE_CHECKING:
    from attrib_cli.engine.fitted.markov import Steps

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
_MICRO = Decimal("0.000001")


def transitions(steps: Steps, labels: Sequence[str]) -> list[tuple[str, str, int, Decimal]]:
    """Return (from, to, how often, part of all that left `from`), the start first and then by how often.

    States of an order above 1 are the last interactions, oldest first: ``Email > Direct``.
    """
    span, whole = BASE**steps.order, BASE ** (steps.order - 1)
    counts: defaultdict[tuple[int, int], int] = defaultdict(int)
    start, conversion, null = -1, -2, -3
    for code, last, n, converted in zip(
        steps.code.tolist(), steps.last.tolist(), steps.n.tolist(), steps.converted.tolist(), strict=True
    ):
        gram = code % span
        if gram >= whole or last:
            counts[code // BASE if gram >= whole and code >= span else start, gram] += int(n)
        if last:
            counts[gram, conversion] += int(converted)
            counts[gram, null] += int(n - converted)
    left: defaultdict[int, int] = defaultdict(int)
    for (source, _), n in counts.items():
        left[source] += n

    def text(gram: int) -> str:
        if gram < 0:
            return {start: START, conversion: CONVERSION, null: NULL}[gram]
        states = [gram // BASE**back % BASE for back in range(steps.order - 1, -1, -1)]
        return " > ".join(labels[state - 1] for state in states if state)

    def place(step: tuple[int, int]) -> tuple[object, ...]:
        source, target = step
        return source != start, -left[source], source, target < 0, target if target < 0 else -counts[step], target

    found = sorted((step for step, n in counts.items() if n), key=place)
    return [(text(a), text(b), counts[a, b], (Decimal(counts[a, b]) / left[a]).quantize(_MICRO)) for a, b in found]
