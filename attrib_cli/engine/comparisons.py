"""What a period can be compared with: the one before, the one of a year earlier.

A comparison is one entry here. Options, keys, completion, documentation and boards ask it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable

from attrib_cli.engine import calendar_units as units
from attrib_cli.engine.calendar_units import Calendar, Unit
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import DateRange

_ONE_DAY = dt.timedelta(days=1)
_SHORT = "previous-"
"""What may be left out of a comparison's name: `year` means `previous-year`."""


@frozen
class Whole:
    """A period that is compared: its first and last day, and the units of the calendar that it is made of.

    `unit` is None where it is just so many days; a period that is `so_far` ends within its unit.
    """

    start: dt.date
    end: dt.date
    unit: Unit | None
    count: int
    so_far: bool


@frozen
class Comparison:
    """One way to choose the days that a period is compared with.

    `before` returns them. `description` says in a line what they are. The one that is `usual` stands below single
    figures of a board, where nobody says a comparison.
    """

    name: str
    description: str
    before: Callable[[Whole], DateRange]
    usual: bool = False

    @property
    def short(self) -> str:
        """The name as it may be written for short."""
        return self.name.removeprefix(_SHORT)


def _previous_period(whole: Whole) -> DateRange:
    from attrib_cli.engine.periods import resolve_range

    start, end, unit = whole.start, whole.end, whole.unit
    if unit is None:
        return resolve_range(units.day_of(start.toordinal() - (end - start).days - 1), start - _ONE_DAY)
    earlier = unit.shift(start, -whole.count)
    if whole.so_far:
        return resolve_range(earlier, min(earlier + (end - start), start - _ONE_DAY))
    return _labelled(earlier, start - _ONE_DAY, unit)


def _previous_year(whole: Whole) -> DateRange:
    start, end, unit = whole.start, whole.end, whole.unit
    if unit is not None and unit.days == units.WEEK.days:
        final_week = units.week_year_before(unit.shift(start, whole.count - 1))
        earlier = unit.shift(final_week, 1 - whole.count)
        return _labelled(earlier, earlier + (end - start), unit)
    whole_months = start.day == 1 and end == units.month_end(end)
    earlier_end = units.year_before(end)
    return _labelled(units.year_before(start), units.month_end(earlier_end) if whole_months else earlier_end, unit)


CATALOGUE: tuple[Comparison, ...] = (
    Comparison(
        name="previous-period",
        description="as many units of the calendar, or days, right before",
        before=_previous_period,
        usual=True,
    ),
    Comparison(
        name="previous-year",
        description="the same dates a year earlier, for weeks those with the same number",
        before=_previous_year,
    ),
)


def choose_comparison(name: str) -> Comparison:
    """Return the comparison called `name`, in any case, with ``-`` or ``_``, or for short; raises UsageError."""
    folded = "-".join(name.strip().casefold().replace("_", " ").replace("-", " ").split())
    for entry in CATALOGUE:
        if folded in (entry.name, entry.short):
            return entry
    names = [entry.name for entry in CATALOGUE]
    raise UsageError(
        f"there is no comparison '{name}'", hint=did_you_mean(folded, names) or f"Compare with {' or '.join(names)}."
    )


def usual_comparison() -> Comparison:
    """Return the comparison of single figures, where nobody says one."""
    return next(entry for entry in CATALOGUE if entry.usual)


def previous(
    range_: DateRange, comparison: str, *, week_starts_on: int = 0, fiscal_year_starts_in: int = 1
) -> DateRange:
    """Return the days that `range_` is compared with.

    The label of `range_` tells which units of the calendar it is made of, so the day of the run is not needed. For
    ``previous-period`` it is as many units right before; for a ``so-far`` period as many days from the start of the
    unit before, at most all of it; for other days as many days right before. For ``previous-year`` it is the same
    dates a year earlier (29 February becomes the 28th, whole months stay whole), and for weeks those with the same
    number. A range that is open on a side raises `UsageError`.
    """
    start, end = range_.start, range_.end
    if start is None or end is None:
        raise UsageError(
            f"there is no period before '{range_.label}' to compare it with",
            hint="Name a period that has a first and a last day, such as last-quarter, or give --from and --to.",
        )
    its = Calendar(week_starts_on=week_starts_on, fiscal_year_starts_in=fiscal_year_starts_in)
    unit, count, so_far = _shape(range_.label, start, end, its)
    whole = Whole(start=start, end=end, unit=unit, count=count, so_far=so_far)
    return choose_comparison(comparison).before(whole)


def all_previous(range_: DateRange, settings: Settings) -> dict[str, DateRange]:
    """Return the days that `range_` is compared with, by the name of each comparison that has any."""
    found = {}
    for entry in CATALOGUE if range_.bounded else ():
        with contextlib.suppress(UsageError):  # the beginning of the calendar
            found[entry.name] = previous(
                range_,
                entry.name,
                week_starts_on=settings.week_starts_on,
                fiscal_year_starts_in=settings.fiscal_year_starts_in,
            )
    return found


def _shape(label: str, start: dt.date, end: dt.date, its: Calendar) -> tuple[Unit | None, int, bool]:
    """Tell unit, count and so-far of a range from its label, where its days agree; unit None means just days."""
    from attrib_cli.engine.periods import find_period

    try:
        period = find_period(label)
    except UsageError:
        return None, 1, False
    unit = period.unit
    if unit is None or unit.start(start, its) != start:
        return None, 1, False
    whole = unit.end(start, period.count)
    agrees = end <= whole if period.so_far else end == whole
    return (unit, period.count, period.so_far) if agrees else (None, 1, False)


def _labelled(start: dt.date, end: dt.date, unit: Unit | None) -> DateRange:
    """Return the range with the name it would be written with, where it is one whole unit that has such a name."""
    from attrib_cli.engine.periods import find_period, resolve_range

    year, week = f"{start.year:04}", start.isocalendar()
    names = {
        units.DAY.name: start.isoformat(),
        units.MONTH.name: f"{year}-{start.month:02}",
        units.QUARTER.name: f"{year}-Q{(start.month + 2) // 3}",
        units.YEAR.name: year,
        units.WEEK.name: f"{week.year:04}-W{week.week:02}",
        units.ISO_WEEK.name: f"{week.year:04}-W{week.week:02}",
    }
    plain = resolve_range(start, end)
    if unit is None or unit.name not in names:
        return plain
    named = find_period(names[unit.name]).resolve(start, Calendar())
    return named if (named.start, named.end) == (start, end) else plain
