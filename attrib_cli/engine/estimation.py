"""How data-driven models are estimated, as it is typed."""

from __future__ import annotations

import re
from decimal import Decimal

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.spec import GAMES, Game

MAX_ORDER = 4
"""The longest memory of a Markov chain: longer windows are too rare to be counted."""

LEAST, MOST = Decimal("0.5"), Decimal("0.99")


def parse_confidence(text: str) -> Decimal:
    """Return a confidence written as ``90%``, ``90`` or ``0.9`` as a part of one; raises UsageError."""
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*(%?)", text.strip())
    if match is None:
        raise UsageError(f"'{text}' is not a confidence", hint="Write a percentage such as 90%.")
    found = Decimal(match[1])
    if match[2] or found > 1:
        found = found.scaleb(-2)
    if not LEAST <= found <= MOST:
        raise UsageError(
            f"'{text}' is not a confidence from {LEAST * 100:.0f}% to {MOST * 100:.0f}%",
            hint="90% is usual; more would rest on too few of the draws.",
        )
    return found


def parse_order(value: int) -> int:
    """Return the order of a Markov chain; raises UsageError."""
    if not 1 <= value <= MAX_ORDER:
        raise UsageError(f"{value} is no order of a Markov chain", hint=f"Use 1 to {MAX_ORDER}.")
    return value


def parse_game(text: str) -> Game:
    """Return what a coalition is worth to Shapley; raises UsageError."""
    folded = text.strip().casefold()
    for game in GAMES:
        if folded == game:
            return game
    raise UsageError(f"there is no game '{text}'", hint=did_you_mean(folded, GAMES) or f"Games: {', '.join(GAMES)}.")


def parse_switch(text: str) -> bool:
    """Return ``on`` or ``off``; raises UsageError."""
    found = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}.get(
        text.strip().casefold()
    )
    if found is None:
        raise UsageError(f"'{text}' is neither on nor off", hint="Write on or off.")
    return found
