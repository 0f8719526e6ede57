"""Periods: names such as ``last-month`` and ``2026-Q1``, and what they mean on a given day.

A period is one entry of data: a unit of the calendar, where it starts and how many units it has. Everything here is
a pure function of its arguments; today is one of them, so that runs can be repeated.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from attrib_cli.engine import calendar_units as units
from attrib_cli.engine.calendar_units import Calendar, Unit
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.spec import DateRange

_NAMED_UNITS = (units.WEEK, units.MONTH, units.QUARTER, units.YEAR, units.FISCAL_QUARTER, units.FISCAL_YEAR)
_COUNTED_UNITS: Mapping[str, Unit] = {unit.name: unit for unit in (units.DAY, *_NAMED_UNITS)}
_FORMS = "Write 2026, 2026-Q1, 2026-03, 2026-W05, 2026-03-05, FY2026 or FY2026-Q1."


@frozen
class Period:
    """`count` units of the calendar, the first one `offset` units from the one that holds `anchor` (None is today).

    `within` is a larger unit from whose beginning the offset is counted; `so_far` ends the period today. Without a
    unit it is all of time.
    """

    name: str
    description: str
    unit: Unit | None = None
    offset: int = 0
    count: int = 1
    so_far: bool = False
    anchor: dt.date | None = None
    within: Unit | None = None

    def resolve(self, today: dt.date, its: Calendar) -> DateRange:
        """Return the days that the period has on `today`; the label is its name."""
        if self.unit is None:
            return DateRange(label=self.name)
        day = self.anchor or today
        if self.within is not None:
            day = self.within.start(day, its)
        start = self.unit.shift(self.unit.start(day, its), self.offset)
        return DateRange(start=start, end=today if self.so_far else self.unit.end(start, self.count), label=self.name)


def _presets() -> tuple[Period, ...]:
    found = [
        Period(name="today", description="the day of the run", unit=units.DAY),
        Period(name="yesterday", description="the day before today", unit=units.DAY, offset=-1),
    ]
    for unit in _NAMED_UNITS:
        words = unit.name.replace("-", " ")
        so_far = f"from the first day of this {words} to today, both included"
        found += [
            Period(name=f"this-{unit.name}", description=f"the whole {words} that today is in", unit=unit),
            Period(name=f"this-{unit.name}-so-far", description=so_far, unit=unit, so_far=True),
            Period(name=f"last-{unit.name}", description=f"the whole {words} before this one", unit=unit, offset=-1),
        ]
    return (*found, Period(name="all-time", description="every day"))


PRESETS: Mapping[str, Period] = MappingProxyType({preset.name: preset for preset in _presets()})
"""The fixed names, in the order in which they are listed."""

_SAMPLES = ("last-7-days", "last-30-days", "last-4-weeks", "last-3-months", "last-4-quarters", "last-2-years")


@frozen
class PeriodEntry:
    """A period as `attrib periods` lists it: a name that can be typed, and the days it has (None: open)."""

    name: str
    description: str
    start: dt.date | None
    end: dt.date | None


def resolve_period(name: str, *, today: dt.date, week_starts_on: int = 0, fiscal_year_starts_in: int = 1) -> DateRange:
    """Return the days of the period called `name`; the label is its canonical name.

    Case, underscores and blanks do not matter. `week_starts_on` is 0 (Monday) to 6, `fiscal_year_starts_in` is 1
    (January) to 12. A name that is none, or days beyond the years 1 to 9999, raise `UsageError`.
    """
    its = Calendar(week_starts_on=week_starts_on, fiscal_year_starts_in=fiscal_year_starts_in)
    return find_period(name).resolve(today, its)


def resolve_range(from_: dt.date | None, to: dt.date | None) -> DateRange:
    """Return the days from `from_` to `to`, both inclusive; None leaves a side open.

    The label is ``2026-01-05..2026-02-03``. A first day after the last one raises `UsageError`.
    """
    if from_ is None and to is None:
        return DateRange()
    if from_ is not None and to is not None and from_ > to:
        raise UsageError(
            f"the first day, {from_}, is after the last one, {to}", hint="Swap them; both days are included."
        )
    return DateRange(start=from_, end=to, label=f"{from_ or ''}..{to or ''}")


def parse_day(text: str, *, today: dt.date | None = None) -> dt.date:
    """Return the day written as ``YYYY-MM-DD``, or as ``today`` or ``yesterday`` where `today` is given.

    No other order of year, month and day is read, for 03/04/2026 is two different days on two sides of an ocean;
    it raises `UsageError`.
    """
    word = text.strip().casefold()
    if today is not None and word in ("today", "yesterday"):
        return today if word == "today" else units.day_of(today.toordinal() - 1)
    hint = "Write it as YYYY-MM-DD, such as 2026-03-05" + (", or today or yesterday." if today else ".")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", word):
        raise UsageError(f"'{text}' is not a day", hint=hint)
    try:
        return dt.date.fromisoformat(word)
    except ValueError:
        raise UsageError(f"there is no day {word} in the calendar", hint=hint) from None


def catalogue(today: dt.date, *, week_starts_on: int = 0, fiscal_year_starts_in: int = 1) -> tuple[PeriodEntry, ...]:
    """Return every preset, then samples of the counted and of the written ones, with the days they have on `today`.

    Every name can be typed as it stands.
    """
    its = Calendar(week_starts_on=week_starts_on, fiscal_year_starts_in=fiscal_year_starts_in)
    year, week = f"{today.year:04}", today.isocalendar()
    written: tuple[str, ...] = (year, f"{year}-Q{(today.month + 2) // 3}", f"{year}-{today.month:02}")
    written = (*written, f"{week.year:04}-W{week.week:02}", today.isoformat(), f"FY{year}", f"FY{year}-Q1")
    periods = (*PRESETS.values(), *map(find_period, (*_SAMPLES, *written)))
    resolved = ((period, period.resolve(today, its)) for period in periods)
    return tuple(
        PeriodEntry(name=period.name, description=period.description, start=days.start, end=days.end)
        for period, days in resolved
    )


def find_period(name: str) -> Period:
    """Return the period called `name` without resolving it, so that a name can be checked before the day is known.

    A name that is none raises `UsageError`.
    """
    word = re.sub(r"[\s_-]+", "-", name.strip().casefold())
    if word in PRESETS:
        return PRESETS[word]
    found = _counted(word) or _written(name.strip(), word)
    if found is not None:
        return found
    if re.match(r"(fy)?[0-9]", word):
        raise UsageError(f"there is no period '{name}'", hint=f"{_FORMS} For other days use --from and --to.")
    number = re.search(r"[0-9]+", word)
    samples = [f"last-{number[0] if number else 3}-{unit}s" for unit in _COUNTED_UNITS]
    raise UsageError(
        f"there is no period '{name}'",
        hint=did_you_mean(word, [*PRESETS, *samples]) or "`attrib periods` lists them all.",
    )


def _counted(word: str) -> Period | None:
    """Read ``last-N-days`` and the like; N whole units that end before the one of today."""
    match = re.fullmatch(r"last-([0-9]+)-([a-z-]+?)s?", word)
    if not match or match[2] not in _COUNTED_UNITS:
        return None
    digits, unit = match[1].lstrip("0"), _COUNTED_UNITS[match[2]]
    if not 0 < len(digits) < 8:
        raise UsageError(f"'{word}' is not a period", hint=f"Write for example last-3-{unit.name}s.")
    count = int(digits)
    words = unit.name.replace("-", " ")
    plural = "s" if count > 1 else ""
    current = "today" if unit is units.DAY else f"this {words}"
    return Period(
        name=f"last-{count}-{unit.name}{plural}",
        description=f"{count} whole {words}{plural} before {current}; any number will do",
        unit=unit,
        offset=-count,
        count=count,
    )


def _written(typed: str, word: str) -> Period | None:
    """Read a year, quarter, month, ISO week, day, fiscal year or fiscal quarter written with its number."""
    match = re.fullmatch(r"(fy-?)?([0-9]{4})(?:-?([qw])([0-9]{1,2})|-([0-9]{2}))?(?:-([0-9]{2}))?", word)
    if not match:
        return None
    fiscal, year, letter, number, month, day = match.groups()
    if (day and not month) or (fiscal and (month or letter == "w")):
        return None
    try:
        new_year = dt.date(int(year), 1, 1)
        if day:
            anchor = dt.date(int(year), int(month), int(day))
            return Period(name=anchor.isoformat(), description="one day", unit=units.DAY, anchor=anchor)
        if month:
            anchor = new_year.replace(month=int(month))
            return Period(name=f"{year}-{month}", description="a month", unit=units.MONTH, anchor=anchor)
        if letter == "w":
            anchor = dt.date.fromisocalendar(int(year), int(number), 1)
            text = "an ISO week, Monday to Sunday"
            return Period(name=f"{year}-W{int(number):02}", description=text, unit=units.ISO_WEEK, anchor=anchor)
        if letter == "q" and not 1 <= int(number) <= 4:
            raise ValueError
    except ValueError:
        raise UsageError(f"there is no period '{typed}' in the calendar", hint=_FORMS) from None
    if letter == "q":
        name = f"{year}-Q{int(number)}"
        if not fiscal:
            anchor = new_year.replace(month=3 * int(number) - 2)
            return Period(name=name, description="a quarter", unit=units.QUARTER, anchor=anchor)
        return Period(
            name=f"FY{name}",
            description="a quarter of a fiscal year",
            unit=units.FISCAL_QUARTER,
            anchor=new_year,
            within=units.FISCAL_YEAR,
            offset=int(number) - 1,
        )
    if fiscal:
        text = "a fiscal year, called after the year in which it ends"
        return Period(name=f"FY{year}", description=text, unit=units.FISCAL_YEAR, anchor=new_year)
    return Period(name=year, description="a year", unit=units.YEAR, anchor=new_year)


_HOURS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(("h", "hour", "hours"), 1)
    | dict.fromkeys(("", "d", "day", "days"), 24)
    | dict.fromkeys(("w", "week", "weeks"), 168)
)
_NO_FIXED_LENGTH = frozenset(("m", "mo", "month", "months", "q", "quarter", "quarters", "y", "yr", "year", "years"))
_LONGEST_HOURS = 24_000_000


def parse_duration(text: str) -> dt.timedelta:
    """Return a length of time written as ``90d``, ``2w``, ``12h``, ``0.5 days`` or a plain number of days.

    Months and years are refused, for they have no fixed length; so are lengths that are not above zero and those of
    more than a million days, which no data reach. All raise `UsageError`.
    """
    match = re.fullmatch(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))\s*([a-z]*)", text.strip().casefold())
    number, unit = match.groups() if match else ("", "?")
    if unit in _NO_FIXED_LENGTH:
        raise UsageError(
            f"'{text}' has no fixed length: months and years differ",
            hint="Write days, weeks or hours: 90d, 365d, 13w, 12h.",
        )
    if unit not in _HOURS:
        raise UsageError(f"'{text}' is not a length of time", hint="Write days, weeks or hours: 90d, 2w, 12h.")
    hours = Decimal(number) * _HOURS[unit]
    if hours > _LONGEST_HOURS:
        raise UsageError(f"'{text}' is more than a million days", hint="Leave it out for no limit.")
    length = dt.timedelta(microseconds=int(hours * 3_600_000_000)) if hours > 0 else dt.timedelta(0)
    if not length:
        raise UsageError(f"'{text}' is not a length of time above zero", hint="Write for example 90d, 2w or 12h.")
    return length
