"""Units of the calendar: days, weeks, months, quarters and years, plain and fiscal, and how to step through them.

One formula serves all: a unit is so many days or so many months, counted from an origin. Days outside the years 1 to
9999 raise `UsageError`, for only a request can lead there.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen

MONTHS_A_YEAR = 12


@frozen
class Calendar:
    """What weeks and fiscal years depend on: the first weekday (0 is Monday) and the first month (1 is January)."""

    week_starts_on: int = 0
    fiscal_year_starts_in: int = 1


@frozen
class Unit:
    """A unit: so many days or so many months, counted from an origin that the calendar may move."""

    name: str
    days: int = 0
    months: int = 0
    origin: Callable[[Calendar], int] = lambda _: 0

    def start(self, day: dt.date, its: Calendar) -> dt.date:
        """Return the first day of the unit that holds `day`."""
        if self.months:
            index = month_index(day)
            return month_start(index - (index - self.origin(its)) % self.months)
        ordinal = day.toordinal()  # day 1 of the calendar, 0001-01-01, is a Monday
        return day_of(ordinal - (ordinal - 1 - self.origin(its)) % self.days)

    def shift(self, start: dt.date, count: int) -> dt.date:
        """Return the first day of the unit that is `count` units after the one that begins on `start`."""
        if self.months:
            return month_start(month_index(start) + count * self.months)
        return day_of(start.toordinal() + count * self.days)

    def end(self, start: dt.date, count: int) -> dt.date:
        """Return the last day of `count` units, the first of which begins on `start`."""
        if self.months:
            return month_end(month_start(month_index(start) + count * self.months - 1))
        return day_of(start.toordinal() + count * self.days - 1)


DAY = Unit(name="day", days=1)
WEEK = Unit(name="week", days=7, origin=lambda its: its.week_starts_on)
ISO_WEEK = Unit(name="ISO week", days=7)
MONTH = Unit(name="month", months=1)
QUARTER = Unit(name="quarter", months=3)
YEAR = Unit(name="year", months=12)
FISCAL_QUARTER = Unit(name="fiscal-quarter", months=3, origin=lambda its: its.fiscal_year_starts_in - 1)
FISCAL_YEAR = Unit(name="fiscal-year", months=12, origin=lambda its: its.fiscal_year_starts_in - 1)


def day_of(ordinal: int) -> dt.date:
    """Return the day with this number, counted from 0001-01-01 as 1."""
    try:
        return dt.date.fromordinal(ordinal)
    except (ValueError, OverflowError):
        raise _beyond() from None


def month_index(day: dt.date) -> int:
    """Return the number of whole months from the start of the year 0 to the month of `day`."""
    return day.year * MONTHS_A_YEAR + day.month - 1


def month_start(index: int) -> dt.date:
    """Return the first day of the month with this number."""
    year, month = divmod(index, MONTHS_A_YEAR)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise _beyond()
    return dt.date(year, month + 1, 1)


def month_end(day: dt.date) -> dt.date:
    """Return the last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def year_before(day: dt.date) -> dt.date:
    """Return the same date one year earlier; of 29 February that is the 28th."""
    first = month_start(month_index(day) - MONTHS_A_YEAR)
    return first.replace(day=min(day.day, month_end(first).day))


def week_year_before(start: dt.date) -> dt.date:
    """Return the first day of the week with the same number in the year before.

    Weeks are numbered as ISO 8601 does, whatever weekday they begin on: a week belongs to the year that has its
    fourth day, and the first such week is number 1. Where the year before has no week 53 it is week 52.
    """
    middle = start + dt.timedelta(days=3)
    number = (middle.timetuple().tm_yday - 1) // 7
    new_year = month_start((middle.year - 1) * MONTHS_A_YEAR)
    first_middle = new_year.toordinal() + (middle.weekday() - new_year.weekday()) % 7
    earlier = day_of(first_middle + 7 * number)
    if earlier.year == middle.year:
        earlier -= dt.timedelta(days=7)
    return earlier - dt.timedelta(days=3)


def _beyond() -> UsageError:
    return UsageError("the period reaches beyond the years 1 to 9999", hint="Name a shorter or a nearer one.")
