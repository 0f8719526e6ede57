"""When systemd runs what a cron expression says: the same moments as calendar events of a timer.

Fields of days and weekdays are joined as cron does: where neither begins with ``*``, a day of either is meant, which
takes two calendar events.
"""

from __future__ import annotations

from collections.abc import Sequence

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_SPECIAL = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
AT_START = "@reboot"
"""What has no calendar event: once at each start."""

NAMED_TIMES = (*_SPECIAL, AT_START)
"""The words that stand in place of the five fields."""


def timer_lines(cron: str) -> tuple[str, ...]:
    """Return the lines of a timer for a cron expression that was checked: ``OnCalendar=Mon *-*-* 07:00:00``."""
    if cron == AT_START:
        return ("OnStartupSec=0",)
    return tuple(f"OnCalendar={event}" for event in calendar_events(cron))


def calendar_events(cron: str) -> tuple[str, ...]:
    """Return the calendar events of a cron expression that was checked; one that is at no start."""
    fields = _SPECIAL.get(cron, cron).split()
    minutes, hours, days, months, weekdays = (
        _numbers(field, *limits) for field, limits in zip(fields, _RANGES, strict=True)
    )
    week = {day % 7 for day in weekdays}
    clock = f"{_listed(hours, _RANGES[1])}:{_listed(minutes, _RANGES[0])}:00"
    date, month = _listed(days, _RANGES[2]), _listed(months, _RANGES[3])
    names = ",".join(_DAYS[day] for day in (1, 2, 3, 4, 5, 6, 0) if day in week) if len(week) < len(_DAYS) else ""
    if fields[2].startswith("*") or fields[4].startswith("*"):
        return (f"{names} *-{month}-{date} {clock}".strip(),)
    if not names or date == "*":
        return (f"*-{month}-* {clock}",)
    return (f"*-{month}-{date} {clock}", f"{names} *-{month}-* {clock}")


def _numbers(field: str, first: int, last: int) -> list[int]:
    """Return the numbers that a field of a cron expression means."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            low, high = first, last
        else:
            begin, dash, end = span.partition("-")
            low = _number(begin)
            high = _number(end) if dash else (last if step else low)
        found.update(range(low, high + 1, int(step or 1)))
    return sorted(found)


def _number(text: str) -> int:
    folded = text.casefold()
    if folded in _MONTHS:
        return _MONTHS.index(folded) + 1
    days = [day.casefold() for day in _DAYS]
    return days.index(folded) if folded in days else int(folded)


def _listed(numbers: Sequence[int], limits: tuple[int, int]) -> str:
    if len(numbers) == limits[1] - limits[0] + 1:
        return "*"
    width = 2 if limits[0] == 0 else 1
    return ",".join(f"{number:0{width}d}" for number in numbers)
