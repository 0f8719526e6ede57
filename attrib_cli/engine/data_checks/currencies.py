"""Checks in which currencies amounts are, and whether reports can add them up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrib_cli.engine.checks import amounts_of_spend, report_currency
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.quoting import literal


def of_amounts(data: CheckedData) -> Iterator[Finding]:
    """Yield the currencies of won deals, campaigns and spend, and an error where one has no exchange rate."""
    won = f" AND {data.won}" if data.has("deals") and data.says_won else ""
    amounts: tuple[tuple[str, str], ...] = ()
    for one in (("deals", f"s.amount IS NOT NULL{won}"), *amounts_of_spend(data.request)):
        if data.has(f"{one[0]}.currency") and (one[0] != "deals" or data.has("deals.amount")):
            amounts += (one,)
            yield from _of_table(data, amounts)


def _of_table(data: CheckedData, amounts: tuple[tuple[str, str], ...]) -> Iterator[Finding]:
    """Yield what there is to say about the last of `amounts`, (table, condition), beside those before it."""
    table, condition = amounts[-1]
    found = data.rows(
        f"SELECT upper(trim(s.currency)), count(*) FROM {data.relation(table)} WHERE {condition}"
        " GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    total = sum(int(str(count)) for _, count in found)
    try:
        report_currency(data.con, data.tables, data.settings, amounts)
    except UsageError as error:
        home = data.settings.currency or next((str(code) for code, _ in found if _is_code(code)), "USD")
        rates = {code.upper() for code in data.settings.exchange_rates}
        without = [str(code) for code, _ in found if code and code != home.upper() and code not in rates]
        holds = f"upper(trim(s.currency)) IN ({', '.join(map(literal, without))})" if without else None
        yield Finding(
            check="currencies",
            about=f"{table}.currency",
            text=error.message,
            level="error",
            count=sum(int(str(count)) for code, count in found if code in without or (not without and code is None)),
            total=total,
            value=data.part_of_value(holds) if holds and table == "deals" else None,
            examples=data.examples(table, holds or "s.currency IS NULL", "s.currency"),
            mend="\n".join(_mend(home, without)),
        )
        return
    if found:
        listed = ", ".join(f"{code or 'none'} ({count:,})" for code, count in found)
        what = {"deals": "amounts", "campaigns": "campaigns", "campaign_spend": "spend"}[table]
        yield Finding(
            check="currencies",
            about=f"{table}.currency",
            text=f"currencies of {what}: {listed}",
            level="info",
            count=len(found),
            total=total,
        )


def _is_code(code: object) -> bool:
    """Whether it is written as currencies are, so that a configuration can name it."""
    return re.fullmatch("[A-Z]{3}", str(code)) is not None


def _mend(home: str, without: Sequence[str]) -> Iterator[str]:
    """Yield the lines for a configuration with rates for currencies `without` one, and what else is to be corrected."""
    yield f"currency: {home}"
    rated = ", ".join(f"{code}: <{home} for 1 {code}>" for code in without if _is_code(code))
    if rated:
        yield f"exchange_rates: {{{rated}}}"
    odd = ", ".join(" ".join(code.split()) for code in without if not _is_code(code))
    if odd:
        yield f"# to be corrected at the source, no currency: {odd}"
