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


LARGEST = 2**63 - 1
"""Of BIGINT, whose division takes a hundredth of the time of HUGEINT's."""

NEAR = 2**50
"""Quotients up to this are less than one away as doubles."""


def near_quotient(dividend: str, divisor: str) -> str:
    """The SQL of ``dividend // divisor``, of HUGEINT, where neither is negative and it is `NEAR` at most.

    It divides doubles and mends what they miss by what is left over, in a seventh of the time.
    """
    near = f"CAST(floor(CAST({dividend} AS DOUBLE) / CAST({divisor} AS DOUBLE)) AS BIGINT)"
    left = f"({dividend} - {near} * {divisor})"
    return f"({near} + CASE WHEN {left} < 0 THEN -1 WHEN {left} >= {divisor} THEN 1 ELSE 0 END)"
