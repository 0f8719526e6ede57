"""Values of filters that occur nowhere in their columns: mistyped, in most cases, and then nothing would match.

Only filters that may have matched nothing are looked at, on the tables that the report has read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.buckets import calendar_of, find_bucket
from attrib_cli.engine.calendar_units import Calendar
from attrib_cli.engine.campaign_names import campaign_filter
from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import AttribError, UsageError, did_you_mean, together
from attrib_cli.engine.models import SHOWN_POSITIONS
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.source_spec import SEPARATOR, Filter
from attrib_cli.engine.sql.cte import Binder
from attrib_cli.engine.sql.journey_values import channel
from attrib_cli.engine.sql.predicates import predicate

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.report import Summary
    from attrib_cli.engine.sources import Table
    from attrib_cli.engine.sql.resolved import Bound, Request

SHOWN = 8
"""How many values of a column a hint names where none is near."""

_SOME_DAY = dt.date(2026, 3, 5)
"""The day whose texts show how days, months and the like are written."""

KNOWN = 2_000
"""Values of a column, the most frequent ones, among which the nearest is looked for."""


def filter_notes(
    con: duckdb.DuckDBPyConnection, request: Request, *, summary: Summary | None = None, rows: int = 0
) -> list[Note]:
    """Return notes about values of filters that no row of their table has.

    `summary` and `rows` are those of the report, which show that a filter matched; without them every filter is looked
    at. Raises UsageError, or an ErrorGroup of them, for values that would have to match, unless the request allows it
    (`ReportSpec.allow_empty`). Values of dates, numbers and booleans may be missing at any time and are not looked at.
    """
    errors: list[AttribError] = []
    notes: list[Note] = []
    given = set(request.spec.where)
    groups = (
        ("--where", request.credit_filters, rows > 0),
        ("--where", request.conversion_filters, summary is not None and summary.conversions > 0),
        ("--eligible", request.eligible, summary is not None and summary.with_interactions > 0),
        ("--prefer", request.preferred, False),
    )
    for option, bounds, matched in groups:
        for filter_, field in bounds:
            if option == "--where" and filter_ not in given:
                continue  # of --campaign, whose names were looked for before
            if matched and filter_.op in ("=", "~") and len(filter_.values) == 1:
                continue
            for error in _strange(con, request, (filter_, field)):
                error.place = option
                if filter_.op == "!=" or request.spec.allow_empty:
                    notes.append(_note(error, filter_))
                else:
                    errors.append(error)
    if errors:
        raise together(errors)
    return notes


def _note(error: UsageError, filter_: Filter) -> Note:
    return Note(
        code="filter-value-unknown",
        level="warning" if filter_.op == "!=" else "note",
        text=f"'{filter_}': {error.message}" + (", so nothing is left out by it" if filter_.op == "!=" else ""),
        hint=error.hint,
    )


def _strange(con: duckdb.DuckDBPyConnection, request: Request, bound: Bound) -> Iterator[UsageError]:
    """Yield an error for each value of a filter that no row of its table has; none where that means nothing."""
    filter_, field = bound
    if filter_.op not in ("=", "!=", "~"):
        return
    values = [v for v in filter_.values if v and v.casefold() != field.missing_label.casefold()]
    if field.groups is not None:
        yield from _strange_groups(filter_, field, values)
    elif field.level == "journey":
        yield from _strange_channels(con, request, filter_, values) if field.column == "path" else ()
    elif field.level == "position":
        yield from _strange_positions(filter_, values)
    elif field.level == "history":
        yield from _strange_histories(filter_, field, values)
    elif field.level == "bucket":
        yield from _strange_times(filter_, field, values, calendar_of(request.settings))
    elif field.name == "campaign" and filter_.op != "~":
        for value in values:
            if not _spent_on(con, request, value):
                try:
                    campaign_filter(con, request.tables, (value,), field)
                except UsageError as error:
                    yield UsageError(error.message, hint=_with_bar(filter_, value) or error.hint)
    elif (field.kind in ("text", "id") and field.level != "campaign") or field.table == "campaigns":
        if field.table not in request.tables or field.column not in request.tables[field.table].columns:
            return
        table = request.tables[field.table]
        table.bring(field.column)
        relation = f"{table.relation} AS s"
        for value in values:
            if not _occurs(
                con, request, relation, replace(filter_, op="~" if filter_.op == "~" else "=", values=(value,)), field
            ):
                yield _error(con, table, f"s.{identifier(field.column)}", filter_, field, value)


def _occurs(con: duckdb.DuckDBPyConnection, request: Request, relation: str, filter_: Filter, field: Field) -> bool:
    binder = Binder()
    condition = predicate(filter_, field, f"s.{identifier(field.column)}", request.settings.timezone, binder)
    some = f"EXISTS (SELECT 1 FROM {relation})"
    query = f"SELECT NOT {some} OR EXISTS (SELECT 1 FROM {relation} WHERE {condition})"
    return bool(con.execute(query, binder.values).fetchall()[0][0])


def _spent_on(con: duckdb.DuckDBPyConnection, request: Request, value: str) -> bool:
    if "campaign_spend" not in request.tables:
        return False
    query = (
        f"SELECT EXISTS (SELECT 1 FROM {request.tables['campaign_spend'].relation} AS s"
        " WHERE lower(CAST(s.campaign_id AS VARCHAR)) = lower($value))"
    )
    return bool(con.execute(query, {"value": value}).fetchall()[0][0])


def _error(
    con: duckdb.DuckDBPyConnection, table: Table, column: str, filter_: Filter, field: Field, value: str
) -> UsageError:
    query = (
        f"SELECT CAST({column} AS VARCHAR) AS v FROM {table.relation} AS s WHERE {column} IS NOT NULL"
        f" GROUP BY 1 ORDER BY {table.counted} DESC, 1 LIMIT {KNOWN}"
    )
    known = [text for (text,) in con.execute(query).fetchall()]
    several = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    listed = f"Values: {', '.join(known[:SHOWN])}{several}." if known else f"No row has a {field.name} at all."
    verb = "contains" if filter_.op == "~" else "is"
    return UsageError(
        f"no {field.name} in {field.table} {verb} '{value}'",
        hint=_with_bar(filter_, value) or did_you_mean(value, known) or listed,
    )


def _with_bar(filter_: Filter, value: str) -> str | None:
    """The hint for a value with commas, which do not separate values here."""
    parts = [part.strip() for part in value.split(",")]
    if len(parts) < 2 or not all(parts):
        return None
    return f"Values are separated by |, since they may hold commas: {filter_.column}{filter_.op}{'|'.join(parts)}."


def _strange_groups(filter_: Filter, field: Field, values: Sequence[str]) -> Iterator[UsageError]:
    """Yield an error for each value that is no group, where all values are in one; others are what the data have."""
    groups = field.groups
    if groups is None or groups.otherwise is None or filter_.op == "~":
        return
    for value in values:
        if value.casefold() not in {name.casefold() for name in groups.names}:
            hint = _with_bar(filter_, value) or did_you_mean(value, groups.names)
            said = f"Groups: {', '.join(groups.names)}."
            yield UsageError(f"there is no group '{value}' of {field.name} ({groups.place})", hint=hint or said)


def _strange_channels(
    con: duckdb.DuckDBPyConnection, request: Request, filter_: Filter, values: Sequence[str]
) -> Iterator[UsageError]:
    """Yield an error for each channel in a path that no touchpoint has."""
    table, field = request.tables["touchpoints"], channel(request)
    table.bring(field.column)
    of_channel = replace(filter_, column=field.name, op="~" if filter_.op == "~" else "=")
    named = (part.strip() for value in values for part in value.split(SEPARATOR.strip()))
    for name in dict.fromkeys(part for part in named if part and part.casefold() != field.missing_label):
        if not _occurs(con, request, f"{table.relation} AS s", replace(of_channel, values=(name,)), field):
            yield _error(con, table, f"s.{identifier(field.column)}", of_channel, field, name)


def _strange_histories(filter_: Filter, field: Field, values: Sequence[str]) -> Iterator[UsageError]:
    """Yield an error for each value that no conversion can have."""
    known = field.journey_value.values if field.journey_value is not None else ()
    for value in values:
        if not any((filter_.op == "~" and value.casefold() in one) or value.casefold() == one for one in known):
            hint = did_you_mean(value, known) or f"Its values are {', '.join(known)}."
            yield UsageError(f"no conversion is '{value}'", hint=hint)


def _strange_times(filter_: Filter, field: Field, values: Sequence[str], its: Calendar) -> Iterator[UsageError]:
    """Yield an error for each value that no moment has in this bucket; a day or a month that has no row is one."""
    bucket = find_bucket(field.column)
    if bucket is None or filter_.op == "~":
        return
    known = () if bucket.values is None else bucket.values(its)
    example = "" if bucket.label is None else bucket.label(_SOME_DAY, its)
    said = f"{field.name} is one of {', '.join(known)}." if known else f"Write it like {example}."
    for value in values:
        if value.casefold() in {one.casefold() for one in known} or (example and _form(value) == _form(example)):
            continue
        hint = _with_bar(filter_, value) or did_you_mean(value, known) or said
        yield UsageError(f"there is no {field.name} '{value}'", hint=hint)


def _form(text: str) -> str:
    """Return a text with one digit for all: months are ``0000-00``."""
    return re.sub(r"\d", "0", text.casefold(), flags=re.ASCII)


def _strange_positions(filter_: Filter, values: Sequence[str]) -> Iterator[UsageError]:
    known = (*SHOWN_POSITIONS, "middle")
    for value in values:
        parts = [part.strip().casefold() for part in value.split("+")]
        if filter_.op != "~" and not set(parts) <= set(known):
            hint = _with_bar(filter_, value) or did_you_mean(value, known) or f"Positions: {', '.join(known)}."
            yield UsageError(f"there is no position '{value}'", hint=hint)
