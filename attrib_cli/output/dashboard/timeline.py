"""A report by day, week or another bucket of time as lines, with the buckets in which nothing happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrib_cli.engine.buckets import calendar_of, find_bucket
from attrib_cli.engine.calendar_units import Calendar
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.row_names import OTHER
from attrib_cli.output.figures import Figures, currency_symbol, figures, tone
from attrib_cli.output.text.glyphs import glyphs_for
from attrib_cli.output.text.layout import by_importance
from attrib_cli.output.wide import is_special, widen

if TYPE_CHECKING:
    from attrib_cli.engine.report import Column, Report
    from attrib_cli.engine.spec import DateRange
    from attrib_cli.output.wide import Wide

_MOST_BUCKETS = 4000


@frozen
class Line:
    """One line over time: its name (the other dimensions, then the model), and a figure and its text a bucket.

    A figure is None where it is unknown, such as the ROI of a month without spend. `total` is empty where a sum of
    the buckets would make no sense; `before` is that of the period compared with and `change` what changed since, both
    empty where nothing is compared.
    """

    name: tuple[str, ...]
    values: tuple[Decimal | None, ...]
    texts: tuple[str, ...]
    total: str
    before: str = ""
    change: str = ""
    tone: Literal["better", "worse"] | None = None
    weight: Decimal


@frozen
class Timeline:
    """The lines of a report, the greatest first, over all `labels` of a `bucket`; `headers` are of their names."""

    bucket: str
    measure: Column
    code: str | None
    headers: tuple[str, ...]
    labels: tuple[str, ...]
    lines: tuple[Line, ...]


def timeline(report: Report, *, today: dt.date, encoding: str = "utf-8") -> Timeline:
    """Return the leading measure of a report whose first dimension is a time bucket, as lines over time."""
    wide = widen(report, encoding=encoding)
    measure = by_importance(wide.measures)[0]
    several = len(wide.models) > 1
    now = _by_line(wide, measure.name)
    before = _by_line(wide, f"{measure.name}_previous")
    bucket = wide.dimensions[0].name
    named = {label for line in now.values() for label in line if not is_special(label, bucket)}
    labels = filled(named, bucket, report, today)
    lines = []
    for name, values in now.items():
        line = _line(measure, name if several else name[:-1], values, labels, report, encoding)
        lines.append(_compared(line, wide, measure, _sum(values), _sum(before.get(name, {})), report, encoding))
    lines.sort(key=lambda line: line.weight, reverse=True)
    headers = [column.name for column in wide.dimensions[1:]] + ["model"] * several
    return Timeline(
        bucket=bucket,
        measure=measure,
        code=wide.code,
        headers=tuple(headers),
        labels=labels,
        lines=tuple(lines),
    )


_Values: TypeAlias = "dict[str, Decimal | None]"


def _by_line(wide: Wide, measure: str) -> dict[tuple[str, ...], _Values]:
    """Return a measure by line (the other dimensions and the model) and bucket; nothing for one that is not there."""
    found: dict[tuple[str, ...], _Values] = {}
    for model in wide.models if (measure, wide.models[0]) in wide.series else ():
        for key, value in zip(wide.keys, wide.series[measure, model].values, strict=True):
            if key[0] != OTHER:
                number = Decimal(value) if isinstance(value, Decimal | int) else None
                found.setdefault((*key[1:], model), {})[key[0]] = number
    return found


def _sum(values: Mapping[str, Decimal | None]) -> Decimal:
    """Return the sum of what is known."""
    return sum((value for value in values.values() if value is not None), Decimal(0))


def _line(
    measure: Column,
    name: tuple[str, ...],
    values: _Values,
    labels: tuple[str, ...],
    report: Report,
    encoding: str,
) -> Line:
    nothing = Decimal(0) if measure.additive else None
    ordered = tuple(values.get(label, nothing) for label in labels)
    made = _texts(measure, ordered, _sum(values) if measure.additive else None, report, encoding)
    weight = sum((abs(value) for value in ordered if value is not None), Decimal(0))
    return Line(name=name, values=ordered, texts=made.texts, total=made.total, weight=weight)


def _compared(
    line: Line, wide: Wide, measure: Column, now: Decimal, before: Decimal, report: Report, encoding: str
) -> Line:
    """Return a line with the total of the period before and the change since, where a sum makes sense."""
    columns = {column.name: column for column in wide.measures}
    earlier, change = columns.get(f"{measure.name}_previous"), columns.get(f"{measure.name}_change")
    if not measure.additive or earlier is None or change is None:
        return line
    moved = None if before <= 0 else (now - before) / before  # a part of nothing, or of a loss, says nothing
    text = "" if moved is None else _texts(change, (moved,), None, report, encoding).texts[0]
    total = _texts(earlier, (), before, report, encoding).total
    return replace(line, before=total, change=text, tone=tone(change, text))


def _texts(
    column: Column, values: Sequence[Decimal | None], total: Decimal | None, report: Report, encoding: str
) -> Figures:
    symbol = currency_symbol(report.summary.currency, encoding)
    return figures(column, values, total, symbol=symbol, nothing=glyphs_for(encoding).nothing)


def filled(labels: Collection[str], bucket: str, report: Report, today: dt.date) -> tuple[str, ...]:
    """Return the `labels` and all buckets between them, in order of time.

    They begin with the first day of the report and end with its last day or `today`, whichever is earlier, where its
    dates say so. Labels that cannot be read as days are only sorted.
    """
    known = sorted(labels)
    entry = find_bucket(bucket)
    if not known or entry is None or entry.unit is None or entry.label is None:
        return tuple(known)
    its = calendar_of(report.settings)
    try:
        days = [_first_day(label, its) for label in (known[0], known[-1])]
    except UsageError:
        return tuple(known)
    first, last = _ends(report.summary.dates, days, today)
    found: list[str] = []
    day = entry.unit.start(first, its)
    while day <= last:
        if len(found) == _MOST_BUCKETS:
            return tuple(known)
        found.append(entry.label(day, its))
        try:
            day = entry.unit.shift(day, 1)
        except UsageError:  # the end of the calendar
            break
    return tuple(sorted({*found, *known}))


def _ends(dates: DateRange, days: list[dt.date], today: dt.date) -> tuple[dt.date, dt.date]:
    first = min(days[0], dates.start) if dates.start else days[0]
    last = max(days[1], min(dates.end, today)) if dates.end else days[1]
    return first, last


def _first_day(label: str, its: Calendar) -> dt.date:
    from attrib_cli.engine.periods import find_period

    period = find_period(label)
    start = None if period.anchor is None else period.resolve(period.anchor, its).start
    if start is None:
        raise UsageError(f"'{label}' is no bucket of time")
    return start
