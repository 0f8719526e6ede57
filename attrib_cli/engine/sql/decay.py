"""Decay kernels: weights that halve with every half-life of age, as whole numbers that sum exactly in any order.

Shares do not depend on the moment that age counts from. It is the conversion, which is known at once; a journey that
ended so long before it that the kernels would lose digits is counted once more from its own last interaction. A kernel
over the interactions outside some positions (a custom model's) counts from the last of those.
"""

from __future__ import annotations

from attrib_cli.engine.sql.cte import Part
from attrib_cli.engine.sql.resolved import Kernel, Request

BITS = 100
"""A kernel of age 0 is 2^100: a journey of 2^26 interactions still sums within 127 bits."""

REACH = 50
"""Half-lives between a journey's end and the conversion within which its kernels keep 50 bits."""


def kernel_value(age: str, kernel: Kernel) -> str:
    """The SQL of the kernel of an interaction of `age` microseconds, a HUGEINT."""
    return f"CAST({_power(age, kernel)} AS HUGEINT)"


def _power(age: str, kernel: Kernel) -> str:
    return f"pow(2.0, {BITS} - {age} / {kernel.half_life}.0)"


def old_journeys(request: Request) -> tuple[Part, ...]:
    """Sums of kernels, counted from the last interaction, of journeys that ended long before the conversion."""
    return tuple(
        Part(
            name=f"old{n}",
            grain="one row for each journey that ended many half-lives before the conversion: its sum of kernels",
            sql=(
                f"SELECT e.conversion, sum({kernel_value('(e.age - o.last_age)', kernel)}) AS total\n"
                "FROM eligible AS e\n  JOIN journey_totals AS o ON o.conversion = e.conversion\n"
                f"WHERE o.last_age > {REACH * kernel.half_life}\n"
                "GROUP BY e.conversion"
            ),
        )
        for n, kernel in request.plain_kernels
    )


def masked(request: Request) -> tuple[Part, ...]:
    """For kernels that leave out positions: the age of each journey's last interaction outside them, and the sums."""
    if not request.masked_kernels:
        return ()
    outside = [
        f"min(age) FILTER (WHERE positions_held & {kernel.mask} = 0) AS latest{n}"
        for n, kernel in request.masked_kernels
    ]
    sums = [f"CAST(sum({_masked_value(n, kernel)}) AS DOUBLE) AS total{n}" for n, kernel in request.masked_kernels]
    return (
        Part(
            name="latest",
            grain="one row for each journey: the age of its last interaction outside the positions that weigh",
            sql=f"SELECT conversion, {', '.join(outside)}\nFROM placed\nGROUP BY conversion",
        ),
        Part(
            name="ages",
            grain="one row for each journey: its sums of kernels outside the positions that weigh",
            sql=(
                f"SELECT p.conversion, {', '.join(sums)}\n"
                "FROM placed AS p\n  JOIN latest AS l ON l.conversion = p.conversion\nGROUP BY p.conversion"
            ),
        ),
    )


def shares(request: Request) -> tuple[str, dict[int, str]]:
    """What to read placed interactions p from, and the SQL of the share of each kernel by its number."""
    source = "placed AS p"
    if request.masked_kernels:
        source += "\n  JOIN latest AS l ON l.conversion = p.conversion\n  JOIN ages AS a ON a.conversion = p.conversion"
    plain = {n: f"({_power(f'(p.age - p.since{n})', kernel)} / p.total{n})" for n, kernel in request.plain_kernels}
    others = {
        n: f"CASE WHEN a.total{n} > 0 THEN {_masked_value(n, kernel)} / a.total{n} ELSE 0 END"
        for n, kernel in request.masked_kernels
    }
    return source, plain | others


def _masked_value(number: int, kernel: Kernel) -> str:
    value = kernel_value(f"(p.age - l.latest{number})", kernel)
    return f"CASE WHEN p.positions_held & {kernel.mask} = 0 THEN {value} ELSE 0 END"
