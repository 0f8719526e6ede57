"""Why a report has no rows: how much each of its conditions leaves, one after the other, and where data are.

Counted only where a report is empty, on the tables that it has read anyway.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrib_cli.engine.backends.interface import Backend
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.finishing import finish
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.gathering import stage
from attrib_cli.engine.measures import choose_measures
from attrib_cli.engine.models import choose_models
from attrib_cli.engine.notes import Note
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.engine.sql.plan import compile_plan
from attrib_cli.engine.sql.resolved import Bound, Period, Request

if TYPE_CHECKING:
    import duckdb

ALWAYS = Period(number=0, start=None, end=None, first_day=None, last_day=None)


@frozen
class _Condition:
    """A condition in words, as a name for its count, and how it is laid on a request."""

    text: str
    on: Callable[[Request], Request]


def why_empty(con: duckdb.DuckDBPyConnection, backend: Backend, request: Request, clock: Clock) -> Note:
    """Return the note that says which condition left nothing, with the count after each condition up to it."""
    bare = replace(
        request,
        spec=replace(request.spec, transitions=False, models=("linear",), limit=None, estimation=EstimationSpec()),
        models=choose_models(("linear",), request.report_type),
        dimensions=(),
        measures=choose_measures(("interactions",), request.report_type),
        periods=(ALWAYS,),
        lookback=None,
        credit_filters=(),
        conversion_filters=(),
        eligible=(),
        sort=(("interactions", True),),
        limit=None,
        data_driven=None,
        notes=(),
        estimates=(),
        estimation_notes=(),
        drawn=(),
    )
    noun = request.report_type.table
    found, first, last = _conversions(con, bare, clock)
    counts = [(f"{noun} that can convert", found)]
    if not found:
        return _note(f"none of the {noun} can convert, at any time", counts)
    span = f"conversions run from {first} to {last}"
    for condition in _on_conversions(request):
        bare = condition.on(bare)
        left, _, _ = _conversions(con, bare, clock)
        counts.append((condition.text, left))
        if not left:
            return _note(f"{span}; {condition.text} leaves 0 of {found:,}", counts)
        found = left
    whole = f"{span}, {found:,} of them {'is' if found == 1 else 'are'} asked for"
    try:
        backend, bare = backend.for_other_requests(con, bare)
    except SourceError:
        return _note(f"{whole}; whether interactions come before them is not known here", counts)
    interactions = _interactions(con, backend, bare, clock)
    counts.append(("interactions", interactions))
    if not interactions:
        return _note(f"{whole}; no interaction comes before them", counts)
    for condition in _on_interactions(request):
        bare = condition.on(bare)
        left = _interactions(con, backend, bare, clock)
        counts.append((condition.text, left))
        if not left:
            return _note(f"{whole}; {condition.text} leaves 0 of {interactions:,} interactions", counts)
        interactions = left
    return _note(f"{whole}, with {interactions:,} interactions, which earn nothing", counts)


def _note(text: str, counts: list[tuple[str, int]]) -> Note:
    return Note(code="empty", level="note", text=text, counts=tuple(counts))


def _on_conversions(request: Request) -> Iterator[_Condition]:
    """Yield the conditions that conversions are picked by: the period, then each filter."""
    period = replace(request.periods[0], number=0)
    dates = request.spec.dates
    if dates.start is not None or dates.end is not None:
        words = f"{dates.start} to {dates.end}"
        if dates.end is None:
            words = f"from {dates.start}"
        elif dates.start is None:
            words = f"until {dates.end}"
        yield _Condition(
            text=words, on=lambda bare: replace(bare, periods=(period,), spec=replace(bare.spec, dates=dates))
        )
    for bound in request.plain_conversion_filters:  # journeys are of interactions, which may not be at hand here
        yield _Condition(text=f"`{bound[0]}`", on=partial(_picked, bound))


def _on_interactions(request: Request) -> Iterator[_Condition]:
    """Yield the conditions on interactions: which take part in journeys, then which credit is shown."""
    if request.lookback is not None:
        days = request.lookback / dt.timedelta(days=1)
        yield _Condition(text=f"a look-back of {days:g} days", on=lambda bare: replace(bare, lookback=request.lookback))
    for bound in request.eligible:
        yield _Condition(text=f"`{bound[0]}` for eligible interactions", on=partial(_eligible, bound))
    for bound in request.journey_filters:
        yield _Condition(text=f"`{bound[0]}`", on=partial(_picked, bound))
    for bound in request.credit_filters:
        yield _Condition(text=f"`{bound[0]}`", on=partial(_credited, bound))


def _picked(bound: Bound, bare: Request) -> Request:
    return replace(bare, conversion_filters=(*bare.conversion_filters, bound))


def _eligible(bound: Bound, bare: Request) -> Request:
    return replace(bare, eligible=(*bare.eligible, bound))


def _credited(bound: Bound, bare: Request) -> Request:
    return replace(bare, credit_filters=(*bare.credit_filters, bound))


def _conversions(
    con: duckdb.DuckDBPyConnection, request: Request, clock: Clock
) -> tuple[int, dt.date | None, dt.date | None]:
    """Return how many conversions a request has, and the days of the first and the last one."""
    plan = compile_plan(request)
    stage(con, plan.steps[:1], plan, clock)
    count, first, last = con.execute(
        "SELECT count(*), min(converted_at), max(converted_at) FROM conversions"
    ).fetchall()[0]
    zone = ZoneInfo(request.settings.timezone)
    days = [None if at is None else at.replace(tzinfo=dt.UTC).astimezone(zone).date() for at in (first, last)]
    return int(count), days[0], days[1]


def _interactions(con: duckdb.DuckDBPyConnection, backend: Backend, request: Request, clock: Clock) -> int:
    """Return how many interactions are credited under a request."""
    report = finish(con, request, backend.begin(con, request, clock).gather(request, "credit"), clock)
    return sum(int(row[-1]) for row in report.rows if isinstance(row[-1], int))
