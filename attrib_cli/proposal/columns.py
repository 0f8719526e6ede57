"""What the values of a column look like: how many are filled, unique, e-mail addresses, dates, amounts, lists."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.sources.parse import expression
from attrib_cli.proposal.look import EMAIL, File

if TYPE_CHECKING:
    import duckdb

_MONEY = r"\s*[-(+]?\s*(?:[$€£¥]|[A-Z]{3}|R\$|kr)?\s*-?[\d.,' \x{a0}]*\d[\d.,]*\s*(?:[$€£¥]|[A-Z]{3}|kr)?\s*\)?\s*"
_SAMPLE = 3


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column of a file holds: shares are of its filled values, between 0 and 1."""

    header: str
    filled: Decimal
    unique: Decimal
    emails: Decimal
    dates: Decimal
    numbers: Decimal
    money: Decimal
    lists: Decimal
    mixed_case: bool
    samples: tuple[str, ...]

    @property
    def dated(self) -> bool:
        """Whether it holds dates."""
        return self.dates >= Decimal("0.9")

    @property
    def amounts(self) -> bool:
        """Whether it holds numbers, with or without the signs of currencies."""
        return max(self.numbers, self.money) >= Decimal("0.9")

    @property
    def signed(self) -> bool:
        """Whether its numbers need more than to be read: currency signs, brackets."""
        return self.numbers < 1 and self.money > self.numbers


def describe(con: duckdb.DuckDBPyConnection, file: File, header: str) -> Column:
    """Look at all values of a column."""
    raw = f"trim({identifier(header)})"
    date = expression("timestamp", "v", "mdy", zone="UTC")
    other = expression("timestamp", "v", "dmy", zone="UTC")
    number = expression("decimal", "v", ".", zone="UTC")
    comma = expression("decimal", "v", ",", zone="UTC")
    items = "^[^;|]+([;|] ?[^;|]+)+$"
    row = con.execute(
        "SELECT count(*), count(v), count(DISTINCT v),"
        f" count(*) FILTER (regexp_full_match(v, {literal(EMAIL)})),"
        f" count(coalesce({date}, {other})), count(coalesce({number}, {comma})),"
        f" count(*) FILTER (regexp_full_match(v, {literal(_MONEY)})),"
        f" count(*) FILTER (regexp_matches(v, {literal(items)})), count(*) FILTER (v <> lower(v)) > 0"
        f" FROM (SELECT nullif({raw}, '') AS v FROM {file.relation})"
    ).fetchall()[0]
    rows, filled, distinct, emails, dates, numbers, money, lists, mixed = row
    samples = con.execute(
        f"SELECT DISTINCT {raw} AS v FROM (SELECT * FROM {file.relation} LIMIT 1000) WHERE {raw} <> '' LIMIT {_SAMPLE}"
    ).fetchall()

    def part(count: int, of: int) -> Decimal:
        return Decimal(int(count)) / Decimal(int(of)) if of else Decimal(0)

    return Column(
        header=header,
        filled=part(filled, rows),
        unique=part(distinct, filled),
        emails=part(emails, filled),
        dates=part(dates, filled),
        numbers=part(numbers, filled),
        money=part(money, filled),
        lists=part(lists, filled),
        mixed_case=bool(mixed),
        samples=tuple(sorted(str(value) for (value,) in samples)),
    )
