"""Checks of dates: in the future, before there was anything to track, missing, days without any touchpoint."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Example, Finding
from attrib_cli.engine.sources.table import label

HAPPENED = (
    "touchpoints.occurred_at",
    "contacts.created_at",
    "deals.created_at",
    "deals.closed_at",
    "campaign_spend.spent_on",
)
"""Columns of what has happened; `closed_at` of won deals only, since others hold the day that is hoped for."""

EARLIEST = dt.date(1995, 1, 1)
"""Before this day nobody kept such records: a date like that is a default of some program, such as 1970-01-01."""

GAP = 3
"""So many days without any touchpoint are told, where at least `EXPECTED` would be there at the usual rate."""

EXPECTED = 40


def future_dates(data: CheckedData) -> Iterator[Finding]:
    """Yield columns that say that something happened after today."""
    tomorrow = data.day + dt.timedelta(days=2)  # a day of grace: today has begun somewhere else already
    yield from _outside(data, "future-dates", "max", f"{{}} >= DATE '{tomorrow}'", f"after today ({data.day})")


def implausible_dates(data: CheckedData) -> Iterator[Finding]:
    """Yield columns with dates before there was anything to track."""
    yield from _outside(data, "implausible-dates", "min", f"{{}} < DATE '{EARLIEST}'", f"before {EARLIEST.year}")


def _outside(data: CheckedData, check: str, end: str, condition: str, when: str) -> Iterator[Finding]:
    for name in HAPPENED:
        if not data.has(name) or (name == "deals.closed_at" and not data.says_won):
            continue
        table, _, column = name.partition(".")
        holds = condition.format(f"s.{column}")
        if name == "deals.closed_at":
            holds += f" AND {data.won}"
        count, total = _counted(data, table, column, end, condition, holds)
        if count:
            yield Finding(
                check=check,
                about=name,
                text=f"{count:,} of {total:,} rows of {table} have {column} {when}",
                level="warning",
                count=count,
                total=total,
                value=data.part_of_value(holds) if table == "deals" else None,
                examples=data.examples(table, holds, f"s.{column}"),
                mend=f"sources: {{{table}: {{date_format: '%d/%m/%Y'}}}}  # if day and month are the other way round",
            )


def _counted(data: CheckedData, table: str, column: str, end: str, condition: str, holds: str) -> tuple[int, ...]:
    """Return how many rows have a date for which a condition holds, and how many have a date.

    The `end` of all dates, ``min`` or ``max``, tells for most that there is none; statistics of Parquet files have it.
    """
    if table == "touchpoints":  # whose days are counted anyway: the bounds are days
        return data.counts(f"SELECT sum(n) FILTER (WHERE {condition.format('day')}), sum(n) FROM {data.dated()}")
    ends = f"SELECT count(s.{column}), coalesce({condition.format(f'{end}(s.{column})')}, false)"
    total, some = data.counts(f"{ends} FROM {data.relation(table)}")
    if not some:
        return 0, total
    return data.counts(f"SELECT count(*) FILTER (WHERE {holds}), count(s.{column}) FROM {data.relation(table)}")


def unusable(data: CheckedData) -> Iterator[Finding]:
    """Yield touchpoints without contact or time, which can be in no journey."""
    (usable,) = data.counts(f"SELECT sum(with_contact) FROM {data.dated()}")
    total = data.count_of("touchpoints")
    count = total - usable
    if count:
        missing = "s.contact_id IS NULL OR s.occurred_at IS NULL"
        yield Finding(
            check="unusable-touchpoints",
            about="touchpoints",
            text=f"{count:,} of {total:,} touchpoints have no contact or no time: they are in no journey",
            level="warning",
            count=count,
            total=total,
            examples=data.examples(
                "touchpoints", missing, "coalesce(CAST(s.occurred_at AS VARCHAR), CAST(s.contact_id AS VARCHAR))"
            ),
            mend="sources: {touchpoints: {columns: {contact_id: <header>, occurred_at: <header>}}}",
        )


def days_without_touchpoints(data: CheckedData) -> Iterator[Finding]:
    """Yield stretches of days without any touchpoint, where there usually are many."""
    first, last, total = data.row(f"SELECT min(day), max(day), sum(n) FROM {data.dated()}")
    if not isinstance(first, dt.date) or not isinstance(last, dt.date):
        return
    usual = float(str(total)) / ((last - first).days + 1)
    gaps = data.rows(
        f"SELECT before + 1, day - 1, day - before - 1 AS days FROM"
        f" (SELECT day, lag(day) OVER (ORDER BY day) AS before FROM {data.dated()}) AS d"
        f" WHERE day - before - 1 >= {GAP} AND (day - before - 1) * {usual} >= {EXPECTED} ORDER BY days DESC, 1"
    )
    if gaps:
        place = label(data.tables["touchpoints"].source, data.tables["touchpoints"].source.paths[0])
        lost = sum(int(str(days)) for _, _, days in gaps)
        noun = "stretch" if len(gaps) == 1 else "stretches"
        yield Finding(
            check="days-without-touchpoints",
            about="touchpoints.occurred_at",
            text=f"{lost:,} days in {len(gaps):,} {noun} have no touchpoint at all, where {usual:,.0f} a day are usual",
            level="warning",
            count=lost,
            total=(last - first).days + 1,
            examples=tuple(Example(place=place, value=f"{one} to {other}") for one, other, _ in gaps[:3]),
            mend="export these days again: was tracking off, or an export cut short?",
        )


def range_of_dates(data: CheckedData) -> Iterator[Finding]:
    """Yield from when to when touchpoints and conversions are, which bounds what a report can know."""
    first, last, total, days = data.row(f"SELECT min(day), max(day), sum(n), count(*) FROM {data.dated()}")
    if first is None:
        return
    yield Finding(
        check="range-of-dates",
        about="touchpoints.occurred_at",
        text=f"touchpoints are from {first} to {last}, on {days:,} days",
        level="info",
        count=int(str(total)),
    )
    if not data.says_won or not data.has("deals.closed_at"):
        return
    before, won_deals = data.counts(
        f"SELECT count(*) FILTER (WHERE s.closed_at < DATE '{first}'), count(s.closed_at)"
        f" FROM {data.relation('deals')} WHERE {data.won}"
    )
    if before:
        holds = f"s.closed_at < DATE '{first}'"
        yield Finding(
            check="range-of-dates",
            about="deals.closed_at",
            text=f"{before:,} of {won_deals:,} won deals closed before the first touchpoint: they are unattributed",
            level="warning",
            count=before,
            total=won_deals,
            value=data.part_of_value(holds),
            examples=data.examples("deals", f"{holds} AND {data.won}", "s.closed_at"),
            mend=f"report from the first touchpoint on: defaults: {{from: {first}}}",
        )
