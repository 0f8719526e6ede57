"""From reports to what a page computes them from: the credit cubes of each, as fine as the page has room for."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.engine.buckets import find_bucket
from attrib_cli.engine.conversions import known_types, type_of
from attrib_cli.engine.day_cube import FILTERED, TimeUnit, day_cube
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.largest_values import with_largest_values
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.output.dashboard.live import LiveBoard, LiveReport, LiveView, PagePeriod
from attrib_cli.output.words import label

if TYPE_CHECKING:
    from attrib_cli.engine.day_cube import DayCube
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.settings import Settings

MOST_BYTES = 5_000_000
"""Of the cubes of a page: what is larger gives way to coarser cubes, step by step."""

PERIODS = (
    *("today", "yesterday", "this-week", "last-week", "last-7-days", "last-30-days", "this-month", "last-month"),
    *("this-quarter", "last-quarter", "this-year", "this-year-so-far", "last-year", "all-time"),
)


@frozen
class PageReport:
    """A report that is to be on a page: as it was computed, on which session, and the chart that was asked for."""

    session: Session
    report: Report
    chart: str | None


@frozen
class _Step:
    """How fine cubes are; `most` is how many values a column has at most, None for all."""

    unit: TimeUnit = "day"
    filters: Sequence[str] = FILTERED
    conversions: bool = False
    other_types: bool = True
    most: int | None = None

    def lost(self, conversions: bool, cut: Sequence[str]) -> Iterator[str]:
        """Yield what a page says of what it has not; `conversions` were asked for, `cut` columns have fewer values."""
        if conversions and not self.conversions:
            yield "single conversions are left out"
        if self.unit != "day":
            yield f"it has figures by {self.unit}, of one type each"
        elif not self.other_types:
            yield "reports have their own type only"
        if cut:
            named = " and ".join(label(name).lower() for name in cut)
            yield f"of {named} it has the {self.most} largest values, the others as (other)"
        if not self.filters:
            yield "it has no filters"


_STEPS = (
    _Step(conversions=True),
    _Step(),
    _Step(other_types=False),
    _Step(other_types=False, most=100),
    _Step(unit="month", other_types=False, most=100),
    _Step(unit="month", other_types=False, most=25),
    _Step(unit="month", filters=(), other_types=False, most=25),
)
"""Each is smaller than the one before."""


_Key: TypeAlias = tuple[int, ReportSpec]
"""What cubes of a page can be one of: the session that they are of, and the request without what is cut by."""


def _key(session: Session, spec: ReportSpec) -> _Key:
    usual = ReportSpec()
    asked = replace(spec, by=(), models=(), dates=usual.dates, compare=None, compare_dates=None, sort=(), measures=())
    return id(session), replace(asked, limit=None, estimation=usual.estimation)


@dataclass(kw_only=True)
class _Cubes:
    """The cubes of a page, each there once.

    `shared` has for reports that differ in what they are cut by alone all that they are cut by: they have one cube
    then, cut by all of it. `computed` are those that an earlier step took from the data.
    """

    step: _Step
    shared: Mapping[_Key, tuple[str, ...]] = field(default_factory=dict)
    computed: dict[tuple[object, ...], DayCube] = field(default_factory=dict)
    keys: list[tuple[_Key, tuple[str, ...]]] = field(default_factory=list)
    found: list[DayCube] = field(default_factory=list)
    bytes: int = 0
    cut: dict[str, None] = field(default_factory=dict)

    def place(self, session: Session, spec: ReportSpec, by: tuple[str, ...]) -> int:
        """Return the place of a cube for a report cut by `by`, made where it is not there yet; raises AttribError."""
        key = _key(session, spec)
        whole = self.shared.get(key, ())
        if set(by) <= set(whole):
            with contextlib.suppress(UsageError):  # what one of its columns cannot be had of: then each has its own
                return self._made(session, spec, key, whole)
        return self._made(session, spec, key, by)

    def _made(self, session: Session, spec: ReportSpec, key: _Key, by: tuple[str, ...]) -> int:
        if (key, by) in self.keys:
            return self.keys.index((key, by))
        made_of = (key, by, self.step.unit, tuple(self.step.filters))
        cube = self.computed.get(made_of)
        if cube is None:
            cube = day_cube(session, replace(spec, by=by), unit=self.step.unit, filters=self.step.filters)
            self.computed[made_of] = cube
        if self.step.most is not None:
            fewer = with_largest_values(cube, self.step.most)
            cube = fewer.cube
            self.cut |= dict.fromkeys(fewer.cut)
        self.keys.append((key, by))
        self.found.append(cube)
        from attrib_cli.output.dashboard.page_data import cube_json

        self.bytes += len(json.dumps(cube_json(cube), separators=(",", ":")))
        return len(self.found) - 1


def _shared(reports: Sequence[PageReport | None], step: _Step) -> dict[_Key, tuple[str, ...]]:
    """Return all that reports are cut by which could have one cube, as far as there are several of them."""
    found: dict[_Key, dict[tuple[str, ...], None]] = {}
    for one in reports:
        if one is None or one.report.spec.transitions or one.report.spec.more_types:
            continue
        for spec in _of_types(one.report.spec, step, one.session.settings):
            with contextlib.suppress(AttribError):
                by = _cut_by(one.session, spec)
                more = (type_of(spec, one.session.settings).key,) if step.conversions else ()
                found.setdefault(_key(one.session, spec), {})[tuple(dict.fromkeys((*by, *more)))] = None
    fine = {
        key: tuple(dict.fromkeys(name for by in several for name in by if _is_made_of(name, step.unit)))
        for key, several in found.items()
        if len(several) > 1
    }
    return {key: by for key, by in fine.items() if by}


def _of_types(spec: ReportSpec, step: _Step, settings: Settings) -> Iterator[ReportSpec]:
    """Yield a request, and it as a report of each other type, where a page has these."""
    yield spec
    for kind in known_types(settings.conversions) if step.other_types else ():
        if kind.name != type_of(spec, settings).name:
            yield replace(spec, type=kind.name, measures=(), sort=())


def _cut_by(session: Session, spec: ReportSpec) -> tuple[str, ...]:
    request = session.prepare(replace(spec, models=("linear",), estimation=ReportSpec().estimation))
    return tuple(one.name for one in request.dimensions)


def _is_made_of(name: str, unit: TimeUnit) -> bool:
    """Say whether a dimension can be had of figures by `unit`, as all but some buckets of time can."""
    bucket = find_bucket(name)
    return bucket is None or (bucket.scripted and bucket.finest in (unit, "month"))


def carry(
    reports: Sequence[PageReport | None], settings: Settings, today: dt.date, *, with_conversions: bool = False
) -> LiveBoard:
    """Return what a page computes `reports` from (None for one that failed), and all of them share.

    With `with_conversions` it has them by the ids of single conversions too.

    A report that cannot be computed from a cube says why, and so does a page that would be too large.
    """
    computed: dict[tuple[object, ...], DayCube] = {}
    for step in _STEPS if with_conversions else _STEPS[1:]:
        for shared in (False, True):
            cubes = _Cubes(step=step, shared=_shared(reports, step) if shared else {}, computed=computed)
            if shared and not cubes.shared:
                continue
            made = []
            for one in reports:
                made.append(_live(one, cubes))
                if cubes.bytes > MOST_BYTES:
                    break
            if cubes.bytes <= MOST_BYTES:
                lost = " and ".join(step.lost(with_conversions, tuple(cubes.cut)))
                note = f"The page would be larger than 5 MB, so that {lost}." if lost else ""
                return _board(reports, made, cubes, settings, today, note)
    still = LiveReport(still="its figures would make the page larger than 5 MB")
    rest = [replace(still, chart=_chart(one)) for one in reports]
    note = "The page would be larger than 5 MB, so that its reports are as computed."
    whole = _board(reports, rest, _Cubes(step=_Step()), settings, today, note)
    return replace(whole, with_conversions=with_conversions)


def _board(
    reports: Sequence[PageReport | None],
    live: Sequence[LiveReport],
    cubes: _Cubes,
    settings: Settings,
    today: dt.date,
    note: str,
) -> LiveBoard:
    found = [one.report.summary for one in reports if one is not None]
    firsts = [cube.moments[0] for cube in cubes.found if cube.moments]
    lasts = [cube.moments[-1] for cube in cubes.found if cube.moments]
    days = [day for s in found for day in (s.first_conversion, s.last_conversion) if day is not None]
    days += [dt.date.fromisoformat(text if len(text) == 10 else f"{text}-01") for text in (*firsts, *lasts)]
    return LiveBoard(
        today=today,
        reports=tuple(live),
        cubes=tuple(cubes.found),
        periods=_periods(settings, today),
        conversions=settings.conversions,
        notes=(note,) if note else (),
        first=min(days, default=None),
        last=max(days, default=None),
    )


def _live(one: PageReport | None, cubes: _Cubes) -> LiveReport:
    if one is None:
        return LiveReport(still="it failed")
    spec, chart = one.report.spec, _chart(one)
    if spec.transitions:
        return LiveReport(still="a transition matrix is computed from journeys", chart=chart)
    if spec.more_types:
        return LiveReport(still="several report types side by side are computed one by one", chart=chart)
    settings = one.session.settings
    own = type_of(spec, settings).name
    try:
        view, carried = _view(one.session, spec, cubes)
    except AttribError as error:
        return LiveReport(still=str(error), chart=chart)
    views = {own: view}
    for other in list(_of_types(spec, cubes.step, settings))[1:]:
        try:
            views[other.type] = _view(one.session, other, cubes)[0]
        except AttribError:  # the data have nothing of this type, or it cannot be cut so
            continue
    return LiveReport(views=views, carried=carried, chart=chart)


def _view(session: Session, spec: ReportSpec, cubes: _Cubes) -> tuple[LiveView, tuple[str, ...]]:
    """Return a report as one type has it, and the measures that are no part of a cube; raises AttribError."""
    request = session.prepare(replace(spec, models=("linear",), estimation=ReportSpec().estimation))
    measures = tuple(measure for measure in request.measures if measure.scripted)
    carried = tuple(measure.name for measure in request.measures if not measure.scripted)
    known = {*(f"{m.name}{end}" for m in measures for end in ("", "_previous", "_change"))}
    known |= {one.name for one in request.dimensions}
    if not measures:
        raise UsageError(f"{', '.join(carried)} cannot be computed from the credit cube")
    if any(name not in known for name, _ in request.sort):
        raise UsageError(f"it is sorted by {request.sort[0][0]}, which cannot be computed from the credit cube")
    key = request.report_type.key
    by = tuple(one.name for one in request.dimensions)
    single = None
    if cubes.step.conversions and key not in by:
        single = cubes.place(session, spec, (*by, key))
    view = LiveView(
        cube=cubes.place(session, spec, by),
        by=by,
        measures=measures,
        sort=request.sort,
        limit=request.limit,
        conversions=single,
        key=key if single is not None else "",
    )
    return view, carried


def _chart(one: PageReport | None) -> str:
    from attrib_cli.output.charts.catalogue import choose_chart
    from attrib_cli.output.charts.data import chart_data

    if one is None:
        return "table"
    data = chart_data(one.report)
    try:
        return choose_chart(one.chart, data).name
    except UsageError:
        return choose_chart(None, data).name


def _periods(settings: Settings, today: dt.date) -> tuple[PagePeriod, ...]:
    from attrib_cli.engine.comparisons import all_previous
    from attrib_cli.engine.periods import resolve_period

    weeks, fiscal = settings.week_starts_on, settings.fiscal_year_starts_in
    found = []
    for name in PERIODS:
        try:
            dates = resolve_period(name, today=today, week_starts_on=weeks, fiscal_year_starts_in=fiscal)
        except UsageError:
            continue
        found.append(PagePeriod(dates=dates, before=all_previous(dates, settings)))
    return tuple(found)
