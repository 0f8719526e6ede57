"""What states weigh, as whole numbers that are the same on every machine."""

from __future__ import annotations

ONE = 10**15
"""Effects count with this many parts of one."""

_SURE = 10**12
"""Parts of one to which effects are rounded: what lies behind may differ from one processor to the next."""

Weights = tuple[list[int], list[int]]
"""What every state weighs, that of state s at s - 1: for conversions, for their amount."""


def effect_parts(effects: list[float]) -> list[int]:
    """Effects as whole parts of `ONE`; of the greatest where that is above 1 (refunds can leave little to share)."""
    greatest = max([1.0, *effects])
    return [max(round(effect / greatest * _SURE), 0) * (ONE // _SURE) for effect in effects]


def shared(weights: list[int], whole: int) -> list[int]:
    """Return `whole` shared out in proportion to `weights`, in whole parts that sum to it; all alike if none weighs.

    What the cut to whole parts leaves goes to the greatest weight.
    """
    if not weights:
        return []
    every = sum(weights)
    if every == 0:
        weights, every = [1] * len(weights), len(weights)
    parts = [whole * weight // every for weight in weights]
    parts[max(range(len(weights)), key=lambda i: weights[i])] += whole - sum(parts)
    return parts
