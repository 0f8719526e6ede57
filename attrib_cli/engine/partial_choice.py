"""Which of the partials that are given a report is put together from, and what is wrong where they are not its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.partial_files import PartFile
from attrib_cli.engine.sql.plan import Round

if TYPE_CHECKING:
    from attrib_cli.engine.spec import DateRange

_SHOWN = 3
"""How many names of files a message has at most."""


def chosen(
    parts: Sequence[PartFile], digest: str, round_: Round, *, version: str, duckdb_version: str
) -> tuple[PartFile, ...]:
    """Return the parts of a request's round, each there once and none missing.

    The parts may be those of several requests. Raises UsageError, with the names of the files, where they are of
    another request, version or number of shards, where one is missing, or where two are the same part.
    """
    if not parts:
        raise UsageError("there are no partials", hint="No file matches; quote the pattern.", place="--partials")
    for part in parts:
        if (part.attrib, part.duckdb) != (version, duckdb_version):
            raise UsageError(
                f"{part.name} was made by attrib {part.attrib} with DuckDB {part.duckdb},"
                f" and this is {version} with {duckdb_version}",
                hint="Make all partials with one version, and finish them with it.",
                place="--partials",
            )
    own = [part for part in parts if part.digest == digest]
    if not own:
        raise UsageError(
            f"{named(parts)} {are(parts)} of another report: other options, settings or columns",
            hint="Give `attrib partial` the same options, configuration and sources as here.",
            place="--partials",
        )
    found = [part for part in own if part.round == round_]
    if not found:
        raise UsageError(
            f"the partials are of the round '{own[0].round}', and the round '{round_}' is needed too",
            hint="Give `attrib partial` those that there are with --partials: it computes the next round.",
            place="--partials",
        )
    _check_whole(found)
    return tuple(sorted(found, key=lambda part: (part.start or dt.date.min, part.number)))


def _check_whole(parts: Sequence[PartFile]) -> None:
    seen: dict[tuple[object, int, int], PartFile] = {}
    for part in parts:
        if part.count != parts[0].count:
            raise UsageError(
                f"{part.name} is one of {part.count} shards, {parts[0].name} one of {parts[0].count}",
                hint="Cut the journeys into the same number of shards.",
                place="--partials",
            )
        key = (part.days, part.number, part.count)
        if key in seen:
            raise UsageError(
                f"{seen[key].name} and {part.name} are both shard {part.number} of {part.count}{_of_days(part)}",
                hint="Leave one of them out.",
                place="--partials",
            )
        seen[key] = part
    for days in dict.fromkeys(part.days for part in parts):
        there = {part.number for part in parts if part.days == days}
        missing = [str(number) for number in range(1, parts[0].count + 1) if number not in there]
        if missing:
            of = next(_of_days(part) for part in parts if part.days == days)
            shown = ", ".join(missing[:20]) + (" …" if len(missing) > 20 else "")
            raise UsageError(
                f"shard{'' if len(missing) == 1 else 's'} {shown} of {parts[0].count} {are(missing)} missing{of}",
                hint="Compute them, or wait for them.",
                place="--partials",
            )


def _of_days(part: PartFile) -> str:
    if part.start is None and part.end is None:
        return ""
    return f" of {part.start or '…'}" if part.start == part.end else f" of {part.start or '…'} to {part.end or '…'}"


def check_days(parts: Sequence[PartFile], dates: DateRange) -> None:
    """Raise UsageError unless the days of the parts are those of the report, each of them once."""
    if all(part.days == (dates.start, dates.end) for part in parts):
        return
    wanted = f"the report is of {dates.start or '…'} to {dates.end or '…'}"
    found = {(part.start, part.end): part for part in parts if part.start is not None and part.end is not None}
    if dates.start is None or dates.end is None or len(found) < len({part.days for part in parts}):
        raise UsageError(
            f"the partials are of other days: {wanted}, {parts[0].name}{_of_days(parts[0]) or ' of all days'}",
            hint="Partials of several days add up to a report with a first and a last day.",
            place="--partials",
        )
    at, before = dates.start.toordinal(), ""
    for (start, end), part in sorted(found.items()):
        if start < dates.start or end > dates.end:
            hint = "Leave it out, or ask for its days too."
            raise UsageError(f"{part.name} is{_of_days(part)}: {wanted}", hint=hint, place="--partials")
        if start.toordinal() < at:
            span = _span(start.toordinal(), min(end.toordinal(), at - 1))
            raise UsageError(
                f"conversions of {span} stand in two partials, {before} and {part.name}: {wanted}",
                hint="Give each day once.",
                place="--partials",
            )
        _check_missing(at, start.toordinal(), wanted)
        at, before = end.toordinal() + 1, part.name
    _check_missing(at, dates.end.toordinal() + 1, wanted)


def _check_missing(first: int, next_: int, wanted: str) -> None:
    """Raise UsageError where there are days from `first` to the one before `next_`."""
    if first < next_:
        raise UsageError(
            f"conversions of {_span(first, next_ - 1)} are missing: {wanted}",
            hint="Compute them, or wait for them.",
            place="--partials",
        )


def _span(first: int, last: int) -> str:
    start, end = dt.date.fromordinal(first), dt.date.fromordinal(last)
    return f"{start}" if start >= end else f"{start} to {end}"


def are(things: Sequence[object]) -> str:
    """Return the verb for so many things."""
    return "is" if len(things) == 1 else "are"


def named(parts: Sequence[PartFile]) -> str:
    """Return the names of the first parts, and how many there are more."""
    names = [part.name for part in parts[:_SHOWN]]
    more = len(parts) - len(names)
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")
