"""From a dashboard's definition to its figures: its reports on one load of the data, each for itself.

What is asked for the whole board goes over what its reports say, a report that fails leaves the others alone, and each
is computed as it will be drawn: a line over time without a limit, a single figure with the period before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.buckets import find_bucket, names_over_time
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.output.dashboard.board import Board, Display, Tile
from attrib_cli.output.scope import Condition, campaign_condition, filter_condition, model_condition
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.dashboard.live import LiveBoard
    from attrib_cli.reporting.workspace import Workspace
    from attrib_cli.saved.library import Library, SavedDashboard


def over_board(own: ReportRequest, typed: ReportRequest) -> ReportRequest:
    """Return what a report asks for with what is asked for the whole board over it.

    Filters of the board come on top of the report's own, in the place of those on the same column: a report on e-mail
    stays one on e-mail when the board is cut to a region.
    """
    request = typed.over(own)
    if typed.where is None:
        return request
    columns = {_fold(one.column) for one in typed.where}
    kept = tuple(one for one in own.where or () if _fold(one.column) not in columns)
    return replace(request, where=(*kept, *typed.where))


def said_of(typed: ReportRequest) -> tuple[Condition, ...]:
    """Return what was asked for the whole board, its dates left out."""
    return (
        *((campaign_condition(typed.campaign),) if typed.campaign else ()),
        *((model_condition(typed.model),) if typed.model else ()),
        *map(filter_condition, typed.where or ()),
    )


def compute(
    board: SavedDashboard,
    library: Library,
    workspace: Workspace,
    typed: ReportRequest,
    *,
    rows: int | None,
    carries: Carries | None = None,
) -> Board:
    """Compute all reports of a dashboard, those on the same data on one load of them.

    Tables have at most `rows` rows, the rest of them as ``(other)``; None for all. With `carries` the board has besides
    what a page computes its reports from, unless they are put together from partials.

    Raises UsageError for a dashboard of too many reports, AttribError where none of several can be computed for one and
    the same reason.
    """
    check_size(board.name, board.reports)
    tiles = [_tile(name, library, workspace, typed, rows) for name in board.reports]
    raise_common(tiles)
    live = None if carries is None or workspace.partials is not None else _live(tiles, library, workspace, carries)
    return Board(
        name=board.name,
        description=board.description or "",
        today=workspace.day(),
        said=said_of(typed),
        tiles=tuple(tiles),
        live=live,
    )


@frozen
class Carries:
    """What a page carries: also single conversions, which are private, where that is asked for."""

    conversions: bool = False


def _live(tiles: Sequence[Tile], library: Library, workspace: Workspace, carries: Carries) -> LiveBoard:
    from attrib_cli.reporting.live_boards import PageReport, carry

    reports: list[PageReport | None] = []
    for tile in tiles:
        if isinstance(tile.answer, AttribError):
            reports.append(None)
            continue
        entry = library.report(tile.name).definition
        session = workspace.session_of(entry)
        reports.append(PageReport(session=session, report=tile.answer, chart=entry.chart))
    return carry(reports, workspace.settings(), workspace.day(), with_conversions=carries.conversions)


def check_size(name: str, reports: Sequence[str]) -> None:
    """Raise UsageError where a dashboard would have more reports than one can."""
    from attrib_cli.config.schema.names import MOST_REPORTS, quoted

    if len(reports) > MOST_REPORTS:
        raise UsageError(
            f"a dashboard has at most {MOST_REPORTS} reports, and {quoted(name)} would have {len(reports)}",
            hint="Put some of them on another dashboard.",
        )


def _tile(name: str, library: Library, workspace: Workspace, typed: ReportRequest, rows: int | None) -> Tile:
    tile = Tile(name=name, answer=AttribError("not computed"))
    try:
        entry = library.report(name).definition
        tile = replace(tile, description=entry.description or "", display=entry.display or tile.display)
        spec, display = _asked(entry, workspace, typed)
        tile = replace(tile, display=display, layout=entry.layout, chart=None if display == "figure" else entry.chart)
        return replace(tile, answer=workspace.run(entry, _as_drawn(entry, workspace, spec, display, rows)))
    except AttribError as error:
        return replace(tile, answer=error)


def drawn_spec(entry: ReportEntry, workspace: Workspace, typed: ReportRequest) -> ReportSpec:
    """Return a report's request as it is computed for its place on a board, with all its rows."""
    spec, display = _asked(entry, workspace, typed)
    return _as_drawn(entry, workspace, spec, display, None)


def _asked(entry: ReportEntry, workspace: Workspace, typed: ReportRequest) -> tuple[ReportSpec, Display]:
    data = workspace.data_of(entry)
    request = over_board(ReportRequest.of(entry).over(data.preferred), typed)
    spec = _spec(request, typed, data.settings, workspace.day(entry))
    return spec, "table" if spec.transitions else entry.display or usual_display(spec.by)


def _as_drawn(
    entry: ReportEntry, workspace: Workspace, spec: ReportSpec, display: Display, rows: int | None
) -> ReportSpec:
    spec = workspace.with_states(entry, spec) if display == "figure" else spec
    return shaped(spec, display, workspace.data_of(entry).settings, rows)


def _spec(request: ReportRequest, typed: ReportRequest, settings: Settings, day: dt.date) -> ReportSpec:
    """Return the request of a report; days of the board that have none before them leave it without a comparison."""
    own_days = typed.period is None and typed.first is None and typed.to is None
    if request.compare is not None and not own_days:
        alone = replace(request, compare=None).spec(settings, day)
        if not alone.dates.bounded:
            return alone
    return request.spec(settings, day)


def usual_display(by: Sequence[str]) -> Display:
    """Return how a report is drawn that does not say: by what it is cut by."""
    if not by:
        return "figure"
    return "line" if _is_bucket(by[0]) else "table"


def shaped(spec: ReportSpec, display: Display, settings: Settings, rows: int | None) -> ReportSpec:
    """Return a request as it is computed for its place on a board.

    A figure is of the whole report, whatever that is cut by, and compared with the period before where there is one; a
    line has its time bucket first and every bucket; a table no more than `rows` rows; a transition matrix is whole.
    Raises UsageError for a line without a time bucket.
    """
    if spec.transitions:
        return spec
    if display == "figure":
        return _with_change(replace(spec, by=(), sort=(), limit=None), settings)
    if display == "line":
        buckets = [name for name in spec.by if _is_bucket(name)]
        if not buckets:
            raise UsageError(
                "a line over time needs a time bucket to be cut by",
                hint=f"Cut it by {names_over_time()}, or write `display: table`.",
            )
        others = [name for name in spec.by if name != buckets[0]]
        return replace(spec, by=(buckets[0], *others), sort=(), limit=None)
    return spec if rows is None or spec.limit is not None else replace(spec, limit=rows)


def _with_change(spec: ReportSpec, settings: Settings) -> ReportSpec:
    from attrib_cli.engine.comparisons import previous, usual_comparison

    if spec.compare is not None or not spec.dates.bounded:
        return spec
    try:
        before = previous(
            spec.dates,
            usual_comparison().name,
            week_starts_on=settings.week_starts_on,
            fiscal_year_starts_in=settings.fiscal_year_starts_in,
        )
    except UsageError:  # the beginning of the calendar
        return spec
    return replace(spec, compare=usual_comparison().name, compare_dates=before)


def failures(board: Board) -> Iterator[tuple[Tile, AttribError]]:
    """Yield the tiles that failed, in their order, with what they failed with."""
    for tile in board.tiles:
        if isinstance(tile.answer, AttribError):
            yield tile, tile.answer


def raise_common(tiles: Sequence[Tile]) -> None:
    """Raise what several reports, all there are, failed with, where that is one and the same: it is about the run."""
    errors = [tile.answer for tile in tiles if isinstance(tile.answer, AttribError)]
    if len(errors) > 1 and len(errors) == len(tiles) and len({(type(e), str(e)) for e in errors}) == 1:
        raise errors[0]


def _is_bucket(name: str) -> bool:
    found = find_bucket(name)
    return found is not None and found.over_time


def _fold(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
