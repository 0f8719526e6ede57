"""What the values of a column look like: how many are filled, unique, e-mail addresses, dates, amounts, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sources.parse import MIDNIGHT
from attrib_cli.proposal.file import File

if TYPE_CHECKING:
    import duckdb

_JUDGED = 400
_SHOWN = 3
_MOST = Decimal("0.9")
_TELLING = 5
"""Numbers of so many digits are no accident where another column has them too."""

_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?))?"
_CLOCK = rf"(?:[T ,]+\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.]\d+)?)?(?: ?[AaPp][.]?[Mm][.]?)?{_ZONE})?"
_DAY = (
    r"(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{8}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    r"|\d{1,2}[ -][A-Za-z]{3,9}[.,]?[ -]\d{4}|[A-Za-z]{3,9}[.]? \d{1,2},? \d{4})"
)
_EMAILS = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_SERIAL = "[2-7]\\d{4}"
"""Days from 1954 to 2118 as spreadsheets count them."""

_DAYS = re.compile(rf"{_DAY}(?:{MIDNIGHT})?|{_SERIAL}(?:[.,]0*)?")
_CLOCKS = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.]\d+)?)?(?: ?[AaPp][.]?[Mm][.]?)?")
_DATES = re.compile(rf"{_DAY}{_CLOCK}|[1-9]\d{{9}}(?:\d{{3}}){{0,3}}")
_SERIALS = re.compile(rf"{_SERIAL}(?:[.,]\d*)?")
_NUMBERS = re.compile("[+-]?(?:\\d[\\d.,\u00a0\u202f ]*|[.,]\\d+)(?:[eE][+-]?\\d+)?")
_SIGN = r"(?:[$€£¥]|[A-Z]{2,3}|kr)?"
_MONEY = re.compile(f"[-(+]?\\s*{_SIGN}\\s*-?\\d[\\d.,'’ \u00a0]*{_SIGN}\\s*\\)?|--?")
_CURRENCY = ("currenc", "waehrung", "währung", "valuta", "devise", "moneda", "moeda", "通貨")
_OTHER_AMOUNTS = ("presentment", "original", "foreign")
"""Words of currencies that amounts beside those that are called so are in: what a customer saw, or what was before."""

_LISTS = re.compile(r"[^;|]+(?:[;|] ?[^;|]+)+")


@frozen
class Column:
    """What a column of a file holds: shares are of its filled values, between 0 and 1.

    `filled` and `unique` are of all rows, the others of some hundreds of its values; dashes alone, as totals have them,
    are none.
    """

    header: str
    filled: Decimal
    unique: Decimal
    emails: Decimal
    dates: Decimal
    whole_days: Decimal
    serials: Decimal
    times: Decimal
    numbers: Decimal
    money: Decimal
    lists: Decimal
    samples: tuple[str, ...]

    @property
    def dated(self) -> bool:
        """Whether it holds dates."""
        return self.dates >= _MOST

    @property
    def may_be_dates(self) -> bool:
        """Whether it holds dates, or numbers that may be days as spreadsheets count them."""
        return self.dates + self.serials >= _MOST

    @property
    def days(self) -> bool:
        """Whether it holds dates without a time of day."""
        return self.whole_days >= _MOST

    @property
    def clocks(self) -> bool:
        """Whether it holds times of day."""
        return self.times >= _MOST

    @property
    def amounts(self) -> bool:
        """Whether it holds numbers, with or without the signs of currencies."""
        return max(self.numbers, self.money) >= _MOST

    @property
    def has_cents(self) -> bool:
        """Whether there is a point or a comma in what it holds."""
        return any("." in sample or "," in sample for sample in self.samples)

    @property
    def telling(self) -> bool:
        """Whether it is no accident that another column has its values: they are no dates and no short numbers."""
        long = all(len(sample) >= _TELLING for sample in self.samples) and not self.has_cents
        return bool(self.filled) and not self.dated and (long or not self.amounts)

    @property
    def signed(self) -> bool:
        """Whether its numbers need more than to be read: currency signs, brackets."""
        return self.numbers < 1 and self.money > self.numbers


def describe(con: duckdb.DuckDBPyConnection, file: File, header: str) -> Column:
    """Look at a column: count all its values, and judge what they are by some hundreds of them."""
    text = f"nullif(trim({identifier(header)}), '')"
    counted = f"SELECT count(*), count({text}), count(DISTINCT {text}) FROM {file.relation}"
    rows, filled, distinct = map(int, con.execute(counted).fetchall()[0])
    different = f"SELECT DISTINCT {text} AS v FROM {file.relation}"
    query = f"SELECT v FROM ({different}) AS s WHERE v IS NOT NULL ORDER BY hash(v), v LIMIT {_JUDGED}"
    values = [text for (value,) in con.execute(query).fetchall() if (text := str(value)).strip("-–— ")]

    def part(pattern: re.Pattern[str]) -> Decimal:
        return _share(sum(1 for value in values if pattern.fullmatch(value)), len(values))

    return Column(
        header=header,
        filled=_share(filled, rows),
        unique=_share(distinct, filled),
        emails=part(_EMAILS),
        dates=part(_DATES),
        whole_days=part(_DAYS),
        serials=part(_SERIALS),
        times=part(_CLOCKS),
        numbers=part(_NUMBERS),
        money=part(_MONEY),
        lists=part(_LISTS),
        samples=tuple(sorted(values[:_SHOWN])),
    )


def unique_columns(con: duckdb.DuckDBPyConnection, file: File) -> Iterator[str]:
    """Yield the headers of columns in which every row has a value of its own that is no date."""
    for header in file.headers:
        held = describe(con, file, header)
        if held.filled == held.unique == 1 and not held.dated:
            yield header


class Looked:
    """What the columns of a file hold, each looked at once, when it is asked for."""

    def __init__(self, con: duckdb.DuckDBPyConnection, file: File) -> None:
        self.con = con
        self.file = file
        self.found: dict[str, Column] = {}

    def __getitem__(self, header: str) -> Column:
        if header not in self.found:
            self.found[header] = describe(self.con, self.file, header)
        return self.found[header]


def currency_header(con: duckdb.DuckDBPyConnection, file: File, amount: str | None) -> str | None:
    """Return the column of a file that is called as currencies are and holds their codes, that of `amount` first."""
    of = "" if amount is None else amount.casefold()
    named = [header for header in file.headers if any(word in header.casefold() for word in _CURRENCY)]

    def other(header: str) -> tuple[bool, bool]:
        name = header.casefold()
        return not name.startswith(of), any(word in name and word not in of for word in _OTHER_AMOUNTS)

    for header in sorted(named, key=other):
        text = f"trim({identifier(header)})"
        are_codes = f"bool_and(regexp_full_match({text}, '[A-Za-z]{{3}}'))"
        if con.execute(f"SELECT {are_codes} FROM {file.relation} WHERE {text} <> ''").fetchall()[0][0]:
            return header
    return None


def _share(count: int, of: int) -> Decimal:
    return Decimal(count) / Decimal(of) if of else Decimal(0)


def is_value(text: str) -> bool:
    """Whether a text is an address, a date or a number, as values are and headers are not."""
    return any(pattern.fullmatch(text) for pattern in (_EMAILS, _DATES, _NUMBERS))


def hundredths(header: str) -> str:
    """Return SQL for the amounts of a column in hundredths, whether it writes ``1,234.50``, ``1.234,5`` or ``1234``."""
    written = f"regexp_replace({identifier(header)}, '[^0-9.,-]', '', 'g')"
    decimals = f"length(regexp_extract({written}, '[.,]([0-9]{{1,2}})$', 1))"
    digits = f"TRY_CAST(regexp_replace({written}, '[.,]', '', 'g') AS HUGEINT)"
    return f"({digits} * CASE {decimals} WHEN 2 THEN 1 WHEN 1 THEN 10 ELSE 100 END)"
