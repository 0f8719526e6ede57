"""Division in SQL, beside Python's own of whole numbers."""

from __future__ import annotations

import random

import duckdb

from attrib_cli.engine.sql.whole_numbers import NEAR, near_quotient


def test_quotients_of_doubles_are_mended_to_the_last_digit() -> None:
    """Numbers up to 2^126, many of them right below, at and above a multiple of the divisor."""
    chance = random.Random(1)
    pairs = [(0, 1), (NEAR, 1), (2**126, 2**76), (2**126 - 1, 2**76)]
    for _ in range(4000):
        divisor = chance.getrandbits(chance.randint(1, 76)) + 1
        quotient = chance.randint(0, min(NEAR, 2 ** chance.randint(0, 50)))
        rest = chance.choice((0, 1, divisor - 1, chance.randrange(divisor))) % divisor
        pairs.append((min(quotient * divisor + rest, NEAR * divisor), divisor))
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t (n INTEGER, a HUGEINT, b HUGEINT)")
        rows = ", ".join(f"({n}, {a}, {b})" for n, (a, b) in enumerate(pairs))
        con.execute(f"INSERT INTO t VALUES {rows}")
        found = con.execute(f"SELECT {near_quotient('a', 'b')} FROM t ORDER BY n").fetchall()
    assert [row[0] for row in found] == [a // b for a, b in pairs]
