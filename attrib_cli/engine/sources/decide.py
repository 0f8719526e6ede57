"""Which reading the text of a whole column has: 5/1 as 5 January or May 1st, 1,234 as a thousand or as one.

A value that can be read in two ways is only read when the rest of its column leaves one of them. What nobody can
decide is refused, with the place of a value that shows why.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from attrib_cli.engine.errors import AttribError, SourceError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.source_spec import EXCEL, SPREADSHEETS, TableSource
from attrib_cli.engine.sources.parse import (
    GROUPED_COMMA,
    GROUPED_POINT,
    PLAIN_COMMA,
    PLAIN_POINT,
    SERIAL,
    Reading,
    alternatives,
    expression,
)
from attrib_cli.engine.sources.records import MOST_ERRORS, raise_all
from attrib_cli.engine.sources.table import SourceColumn, label

if TYPE_CHECKING:
    import duckdb


_FIRST_LIKELY, _AFTER_LAST_LIKELY = 20_000, 80_000


@frozen
class Hit:
    """A value and where it stands; `order` sorts by file and row."""

    place: str
    value: str
    order: tuple[int, int]


class TextRows(Protocol):
    """The rows of a table as text, whatever the format of its files."""

    def values(self, columns: Sequence[str]) -> str:
        """Return a SELECT of the text of `columns` as v0, v1, ..., NULL where it is empty."""

    def find(self, column: str, projection: str, condition: str, limit: int) -> list[Hit]:
        """Return the first values v of a column for which `condition` over v and the `projection` holds."""


@frozen
class _Counts:
    first: int
    second: int
    present: int
    differ: int
    neither: int


def decide(
    connection: duckdb.DuckDBPyConnection,
    rows: TextRows,
    columns: Sequence[SourceColumn],
    source: TableSource,
    zone: str,
) -> dict[str, Reading]:
    """Return the reading of each column, from one look at all rows.

    Raises SourceError, or an ErrorGroup of up to ten and how many more, with the places of values that are no
    dates, numbers or booleans, that fit only different readings, or that fit two.
    """
    pairs = {column.name: _pair(column, source) for column in columns}
    texts = [_expressions(column, pairs[column.name], source, zone, f"v{i}") for i, column in enumerate(columns)]
    projected = ", ".join(f"v{i}, {first} AS a{i}, {second} AS b{i}" for i, (first, second) in enumerate(texts))
    counted = ", ".join(
        f"count(a{i}), count(b{i}), count(*) FILTER (trim(v{i}) <> ''), "
        f"count(*) FILTER (a{i} IS NOT NULL AND b{i} IS NOT NULL AND a{i} <> b{i}), "
        f"count(*) FILTER (trim(v{i}) <> '' AND a{i} IS NULL AND b{i} IS NULL)"
        for i in range(len(columns))
    )
    inner = rows.values([column.name for column in columns])
    found = connection.execute(f"SELECT {counted} FROM (SELECT {projected} FROM ({inner}))").fetchone() or ()
    readings: dict[str, Reading] = {}
    problems: list[tuple[Hit, SourceError]] = []
    total = 0
    for i, column in enumerate(columns):
        first, second, present, differ, neither = found[5 * i : 5 * i + 5]
        counts = _Counts(first=first, second=second, present=present, differ=differ, neither=neither)
        projection = "{} AS a, {} AS b".format(*_expressions(column, pairs[column.name], source, zone, "v"))
        found_here, count = _problems(rows, column, counts, projection, source)
        problems += found_here
        total += count
        readings[column.name] = pairs[column.name][0 if counts.first == counts.present else 1]
    problems.sort(key=lambda problem: problem[0].order)
    errors: list[AttribError] = [error for _, error in problems[:MOST_ERRORS]]
    raise_all(errors, total - len(errors), "values", label(source, source.paths[0]))
    return readings


def check_format(connection: duckdb.DuckDBPyConnection, source: TableSource) -> None:
    """Raise SourceError where the source's `date_format` is none that strptime knows."""
    import duckdb

    if source.date_format is not None and source.date_format not in SPREADSHEETS:
        try:
            connection.execute(f"SELECT try_strptime('', {literal(source.date_format)})")
        except duckdb.Error:
            raise SourceError(
                f"'{source.date_format}' is not a date format",
                place=source.place,
                hint=f'date formats are those of strptime, such as "%d/%m/%Y", and {" and ".join(SPREADSHEETS)}',
            ) from None


def fixed(column: SourceColumn, source: TableSource) -> Reading | None:
    """Return the reading that the configuration settles for a column, or None."""
    if column.kind == "decimal":
        return source.decimal
    return "text" if source.date_format is not None and column.kind in ("timestamp", "date") else None


def text_expression(column: SourceColumn, raw: str, reading: Reading, source: TableSource, zone: str) -> str:
    """Return the SQL value of a column's text under a reading and the source's configuration."""
    return expression(column.kind, raw, reading, zone=zone, date_format=source.date_format)


def _pair(column: SourceColumn, source: TableSource) -> tuple[Reading, Reading]:
    settled = "plain" if column.kind == "boolean" else fixed(column, source)
    return (settled, settled) if settled else alternatives(column.kind)


def _expressions(
    column: SourceColumn, pair: tuple[Reading, Reading], source: TableSource, zone: str, raw: str
) -> tuple[str, str]:
    first, second = (text_expression(column, raw, reading, source, zone) for reading in pair)
    return first, second


def _problems(
    rows: TextRows, column: SourceColumn, counts: _Counts, projection: str, source: TableSource
) -> tuple[list[tuple[Hit, SourceError]], int]:
    """Return the first errors of a column with where they are, and how many there are."""
    if counts.neither:
        condition = "trim(v) <> '' AND a IS NULL AND b IS NULL"
        hits = rows.find(column.name, projection, condition, MOST_ERRORS)
        return [(hit, _unreadable(column, hit, source)) for hit in hits], counts.neither
    if counts.first == counts.present == counts.second and counts.differ:
        hits = rows.find(column.name, projection, "a <> b", 1)
        return [(hit, _ambiguous(column, hit, counts)) for hit in hits], 1
    if counts.present not in (counts.first, counts.second):
        one = rows.find(column.name, projection, "a IS NOT NULL AND b IS NULL", 1)
        other = rows.find(column.name, projection, "a IS NULL AND b IS NOT NULL", 1)
        return [(second, _mixed(column, first, second)) for first, second in zip(one, other, strict=False)], 1
    return [], 0


def _called(column: SourceColumn) -> str:
    return f"column '{column.header}'" if column.header == column.name else f"column '{column.header}' ({column.name})"


_FORMS_OF_NUMBERS = {
    ".": f"{PLAIN_POINT}|{GROUPED_POINT}",
    ",": f"{PLAIN_COMMA}|{GROUPED_COMMA}",
    None: f"{PLAIN_POINT}|{PLAIN_COMMA}|{GROUPED_POINT}|{GROUPED_COMMA}",
}
"""What is a number, if not too large a one, by the decimal sign that is set."""


def _unreadable(column: SourceColumn, hit: Hit, source: TableSource) -> SourceError:
    if column.kind == "decimal" and re.fullmatch(_FORMS_OF_NUMBERS[source.decimal], hit.value, re.ASCII):
        return SourceError(
            f"'{_short(hit.value)}' in {_called(column)} is too large: amounts have up to 31 digits before "
            "the decimal sign",
            place=hit.place,
            hint="map another column, if this one holds no amounts",
        )
    what, hint = {
        "decimal": ("not a number", "numbers are read as 1234.56, 1,234.56 or 1.234,56, without units"),
        "boolean": ("neither yes nor no", "true, false, yes, no, 1, 0, won and lost are read"),
    }.get(
        column.kind,
        (
            "not a date that can be read",
            "dates are read as 2026-01-31, 31.01.2026, 31 Jan 2026, from 1900 to 2200; "
            'others with `date_format:` for the source, such as "%d/%m/%y"',
        ),
    )
    if column.kind in ("timestamp", "date"):
        hint = hint_of_serial(hit.value) or hint
    return SourceError(f"'{_short(hit.value)}' in {_called(column)} is {what}", place=hit.place, hint=hint)


def hint_of_serial(value: str) -> str | None:
    """Return what to do about a number that is a day of 1954 to 2119 as spreadsheets count days; None for others."""
    text = value.strip().replace(",", ".")
    if re.fullmatch(SERIAL, text, re.ASCII) is None or not _FIRST_LIKELY <= float(text) < _AFTER_LAST_LIKELY:
        return None
    day = dt.date.fromisoformat(SPREADSHEETS[EXCEL]) + dt.timedelta(days=int(float(text)))
    return (
        f"as Excel and other spreadsheets count days this is {day}: set `date_format: {EXCEL}` for the source or the"
        " column, or give the column a date format before it is saved"
    )


def _ambiguous(column: SourceColumn, hit: Hit, counts: _Counts) -> SourceError:
    if column.kind == "decimal":
        sign = "comma" if "," in hit.value else "point"
        return SourceError(
            f"'{_short(hit.value)}' in {_called(column)}: the {sign} can be a decimal sign or group thousands, "
            "and no value of the column decides",
            place=hit.place,
            hint='set `decimal: ","` or `decimal: "."` for the source',
        )
    return SourceError(
        f"'{_short(hit.value)}' in {_called(column)} can be day/month or month/day, "
        f"and none of its {counts.present:,} values decides",
        place=hit.place,
        hint='set `date_format: "%d/%m/%Y"` (day first) or `date_format: "%m/%d/%Y"` for the source',
    )


def _mixed(column: SourceColumn, one: Hit, other: Hit) -> SourceError:
    if column.kind == "decimal":
        ways = ("a decimal point", "a decimal comma")
        hint = 'write all numbers of the column alike, or set `decimal: ","` or `decimal: "."`'
    else:
        ways = ("the day first", "the month first")
        hint = "write all dates of the column alike, best as 2026-01-31"
    return SourceError(
        f"'{_short(other.value)}' in {_called(column)} has {ways[1]}, "
        f"but '{_short(one.value)}' ({one.place}) {ways[0]}",
        place=other.place,
        hint=hint,
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
