"""Whole numbers in place of fractions: what one is made of, and division where numbers may be negative, as SQL.

DuckDB's ``//`` cuts towards zero and its ``%`` takes the sign of the dividend. Credits are negative where deals are
refunds, and what is cut off must never be: it is what the largest remainder apportions.
"""

from __future__ import annotations

MICRO = 10**6
"""The millionths of one, which figures are in."""

PICO = 10**12
"""The parts of one, of money the parts of a millionth of a million, which credits are added up in."""


def remainder(dividend: str, divisor: str | int) -> str:
    """The SQL of what dividing by a positive `divisor` leaves, from 0 up to the divisor."""
    return f"((({dividend} % {divisor}) + {divisor}) % {divisor})"
