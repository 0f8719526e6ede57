"""Ratios and changes of whole numbers in millionths, as SQL."""

from __future__ import annotations

from attrib_cli.engine.sql.whole_numbers import MICRO


def ratio_of(numerator: str, denominator: str) -> str:
    """The SQL of one whole number by another in millionths, rounded half away from zero; null by 0."""
    number, other = f"CAST({numerator} AS HUGEINT) * {2 * MICRO}", f"nullif(CAST({denominator} AS HUGEINT), 0)"
    return f"({number} + sign({numerator}) * abs({other})) // (2 * {other})"


def change_of(new: str, old: str) -> str:
    """The SQL of a change in millionths of what was, null unless that is above 0."""
    change = f"CAST({new} AS HUGEINT) - {old}"
    base = f"nullif(greatest(CAST({old} AS HUGEINT), 0), 0)"
    return f"(({change}) * {2 * MICRO} + sign({change}) * {base}) // (2 * {base})"
