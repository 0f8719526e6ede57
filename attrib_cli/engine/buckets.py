"""The dimensions of time: what a conversion's local time is called by day, week, month and so on.

A bucket is one entry here. The query, filters, sorting, charts, boards, workbooks, help and completion ask the entry;
none of them knows a bucket by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine import calendar_units as units
from attrib_cli.engine.calendar_units import Calendar, Unit
from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    import datetime as dt

    from attrib_cli.engine.settings import Settings

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CalendarSetting = Literal["week_starts_on", "fiscal_year_starts_in"]


@frozen
class Bucket:
    """One dimension of time, of the conversion's moment in the configured time zone.

    `sql` makes the text of a row from the SQL of a local timestamp; it prints as it runs. Buckets that follow
    each other in time have a `unit` of the calendar and the same text of a day in Python (`label`), which sorts by time
    and can be typed as a period; charts and boards fill their gaps. Those that come again every day or week have the
    `values` that there are, in order, and no unit: they are sorted in that order, never moved onto the days of another
    period, and drawn as categories. `depends_on` names the settings of the calendar that move it, `finest` is the time
    that a moment must be known to, and `scripted` says that the script of a page knows it too.
    """

    name: str
    description: str
    sql: Callable[[str, Calendar], str]
    unit: Unit | None = None
    label: Callable[[dt.date, Calendar], str] | None = None
    values: Callable[[Calendar], tuple[str, ...]] | None = None
    depends_on: tuple[CalendarSetting, ...] = ()
    finest: Literal["hour", "day", "month"] = "day"
    scripted: bool = False

    @property
    def over_time(self) -> bool:
        """Whether its values follow each other in time, each once."""
        return self.unit is not None


def _week_sql(local: str, its: Calendar) -> str:
    if its.week_starts_on == 0:
        return f"strftime({local}, '%G-W%V')"
    back = f"(isodow({local}) - 1 + 7 - {its.week_starts_on}) % 7"
    return f"strftime(CAST({local} AS DATE) - CAST({back} AS INTEGER), '%Y-%m-%d')"


def _week(day: dt.date, its: Calendar) -> str:
    if its.week_starts_on:
        return units.WEEK.start(day, its).isoformat()
    week = day.isocalendar()
    return f"{week.year:04}-W{week.week:02}"


def _fiscal(local: str, its: Calendar) -> str:
    """The SQL of a time whose calendar year and quarter are the fiscal ones of `local`."""
    months = (units.MONTHS_A_YEAR + 1 - its.fiscal_year_starts_in) % units.MONTHS_A_YEAR
    return f"({local} + to_months({months}))" if months else local


def _fiscal_year(day: dt.date, its: Calendar) -> int:
    return units.FISCAL_YEAR.end(units.FISCAL_YEAR.start(day, its), 1).year


def _fiscal_quarter(day: dt.date, its: Calendar) -> str:
    months = units.month_index(day) - units.month_index(units.FISCAL_YEAR.start(day, its))
    return f"FY{_fiscal_year(day, its):04}-Q{months // 3 + 1}"


CATALOGUE: tuple[Bucket, ...] = (
    Bucket(
        name="day",
        description="Day of the conversion, such as 2026-03-05",
        sql=lambda local, _: f"strftime({local}, '%Y-%m-%d')",
        unit=units.DAY,
        label=lambda day, _: day.isoformat(),
        scripted=True,
    ),
    Bucket(
        name="week",
        description="Week of the conversion, such as 2026-W10 (its first day where weeks do not start on Monday)",
        sql=_week_sql,
        unit=units.WEEK,
        label=_week,
        depends_on=("week_starts_on",),
        scripted=True,
    ),
    Bucket(
        name="month",
        description="Month of the conversion, such as 2026-03",
        sql=lambda local, _: f"strftime({local}, '%Y-%m')",
        unit=units.MONTH,
        label=lambda day, _: f"{day.year:04}-{day.month:02}",
        finest="month",
        scripted=True,
    ),
    Bucket(
        name="quarter",
        description="Quarter of the conversion, such as 2026-Q1",
        sql=lambda local, _: f"strftime({local}, '%Y') || '-Q' || quarter({local})",
        unit=units.QUARTER,
        label=lambda day, _: f"{day.year:04}-Q{(day.month + 2) // 3}",
        finest="month",
        scripted=True,
    ),
    Bucket(
        name="year",
        description="Year of the conversion, such as 2026",
        sql=lambda local, _: f"strftime({local}, '%Y')",
        unit=units.YEAR,
        label=lambda day, _: f"{day.year:04}",
        finest="month",
        scripted=True,
    ),
    Bucket(
        name="fiscal_quarter",
        description="Fiscal quarter of the conversion, such as FY2026-Q1; fiscal_year_starts_in says where years begin",
        sql=lambda local, its: f"strftime({_fiscal(local, its)}, 'FY%Y-Q') || quarter({_fiscal(local, its)})",
        unit=units.FISCAL_QUARTER,
        label=_fiscal_quarter,
        depends_on=("fiscal_year_starts_in",),
        finest="month",
    ),
    Bucket(
        name="fiscal_year",
        description="Fiscal year of the conversion, such as FY2026, called after the year in which it ends",
        sql=lambda local, its: f"strftime({_fiscal(local, its)}, 'FY%Y')",
        unit=units.FISCAL_YEAR,
        label=lambda day, its: f"FY{_fiscal_year(day, its):04}",
        depends_on=("fiscal_year_starts_in",),
        finest="month",
    ),
    Bucket(
        name="weekday",
        description="Day of the week of the conversion, such as Monday",
        sql=lambda local, _: f"dayname({local})",
        values=lambda its: WEEKDAYS[its.week_starts_on :] + WEEKDAYS[: its.week_starts_on],
    ),
    Bucket(
        name="hour",
        description="Hour of the conversion in the configured time zone, such as 09:00",
        sql=lambda local, _: f"strftime({local}, '%H:00')",
        values=lambda _: tuple(f"{hour:02}:00" for hour in range(24)),
        finest="hour",
    ),
)


def calendar_of(settings: Settings) -> Calendar:
    """Return what weeks and fiscal years depend on."""
    return Calendar(week_starts_on=settings.week_starts_on, fiscal_year_starts_in=settings.fiscal_year_starts_in)


def find_bucket(name: str) -> Bucket | None:
    """Return the bucket called `name`, in any case, with ``-``, ``_`` or a blank; None for what is no bucket."""
    folded = name.strip().casefold().replace("-", "_").replace(" ", "_")
    return next((bucket for bucket in CATALOGUE if bucket.name == folded), None)


def names_over_time() -> str:
    """Return the names of the buckets that follow each other, as a sentence has them: ``day, week or month``."""
    *names, last = (bucket.name for bucket in CATALOGUE if bucket.over_time)
    return f"{', '.join(names)} or {last}"
