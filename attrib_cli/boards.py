"""From a dashboard's definition to its figures: its reports on one load of the data, each for itself.

What is asked for the whole board goes over what its reports say, a report that fails leaves the others alone, and each
is computed as it will be drawn: a line over time without a limit, a single figure with the period before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.options import Asked, World, demo_folder, find_settings, find_world, the_day
from attrib_cli.output.dashboard.board import Board, Display, Tile

if TYPE_CHECKING:
    from attrib_cli.config.keys import ReportEntry
    from attrib_cli.config.library import Library, SavedDashboard
    from attrib_cli.config.load import Config
    from attrib_cli.console import Console
    from attrib_cli.engine.session import Progress, Session
    from attrib_cli.engine.spec import ReportSpec, Settings


def over_board(own: Asked, typed: Asked) -> Asked:
    """Return what a report asks for with what is asked for the whole board over it.

    Filters of the board come on top of the report's own, in the place of those on the same column: a report on e-mail
    stays one on e-mail when the board is cut to a region.
    """
    from attrib_cli.engine.filters import parse_filter

    asked = typed.over(own)
    if typed.where is None:
        return asked
    columns = {_fold(parse_filter(text).column) for text in typed.where}
    kept = tuple(text for text in own.where or () if _fold(parse_filter(text).column) not in columns)
    return replace(asked, where=(*kept, *typed.where))


def said_of(typed: Asked) -> tuple[str, ...]:
    """Return the words of what was asked for the whole board, its dates left out."""
    return (
        *(f"campaign {name}" for name in typed.campaign or ()),
        *(f"model {name}" for name in typed.model or ()),
        *(typed.where or ()),
    )


@dataclass(kw_only=True)
class Worlds:
    """The data that the reports of a board are computed on, each found once and loaded once.

    What was typed holds for all reports; otherwise one that names data of its own, or a day of its own, has them.
    Sessions are opened as they are needed, and closed by `held`.
    """

    console: Console
    data: list[str] | None
    config: Path | None
    demo: bool
    today: str | None
    held: ExitStack = field(default_factory=ExitStack)
    progress: Progress | None = None
    _settings: tuple[Settings, Config | None] | None = None
    _worlds: dict[tuple[str | None, bool], World] = field(default_factory=dict)
    _sessions: dict[tuple[str | None, bool], Session] = field(default_factory=dict)

    def settings(self) -> tuple[Settings, Config | None]:
        """Return what holds for the board as such, whatever data its reports have."""
        if self._settings is None:
            self._settings = find_settings(self.console, demo_folder() / "attrib.yaml" if self.demo else self.config)
        return self._settings

    def world(self, entry: ReportEntry) -> World:
        """Return the data of a report and what holds for them; raises what finding them raises."""
        key = self._key(entry)
        if key not in self._worlds:
            self._worlds[key] = self._find(*key)
        return self._worlds[key]

    def session(self, entry: ReportEntry) -> Session:
        """Return the session that the data of a report are loaded in, open until `held` is closed."""
        from attrib_cli.engine.session import open_session

        key = self._key(entry)
        if key not in self._sessions:
            world = self.world(entry)
            memory = self.console.environ.get("ATTRIB_MEMORY_LIMIT") or None
            opened = open_session(world.sources, world.settings, memory_limit=memory, progress=self.progress)
            self._sessions[key] = self.held.enter_context(opened)
        return self._sessions[key]

    def day(self, entry: ReportEntry | None = None) -> dt.date:
        """Return the day that the periods of a report, or of the board, count from."""
        written = entry.today if entry is not None else None
        return the_day(self.console, self.today or written, self.settings()[0])

    def _key(self, entry: ReportEntry) -> tuple[str | None, bool]:
        return (None, False) if self.data or self.demo else (entry.data, bool(entry.demo))

    def _find(self, data: str | None, demo: bool) -> World:
        if demo:
            return find_world(self.console, demo=True)
        if data is None:
            return find_world(self.console, data=self.data, config=self.config, demo=self.demo)
        _, config = self.settings()
        folder = data if config is None or data == "-" else str(config.path.parent / data)
        return find_world(self.console, data=[folder], config=self.config)


def compute(board: SavedDashboard, library: Library, worlds: Worlds, typed: Asked, *, rows: int | None) -> Board:
    """Compute all reports of a dashboard, those on the same data on one load of them.

    Tables have at most `rows` rows, the rest of them as ``(other)``; None for all.

    Raises UsageError for a dashboard of too many reports, AttribError where no report can be computed for one and the
    same reason.
    """
    check_size(board.name, board.reports)
    tiles = [_tile(name, library, worlds, typed, rows) for name in board.reports]
    _raise_common(tiles)
    return Board(
        name=board.name,
        description=board.description or "",
        today=worlds.day(),
        said=said_of(typed),
        tiles=tuple(tiles),
    )


def check_size(name: str, reports: Sequence[str]) -> None:
    """Raise UsageError where a dashboard would have more reports than one can."""
    from attrib_cli.config.reads import MOST_REPORTS

    if len(reports) > MOST_REPORTS:
        raise UsageError(
            f"a dashboard has at most {MOST_REPORTS} reports, and '{name}' would have {len(reports)}",
            hint="Put some of them on another dashboard.",
        )


def _tile(name: str, library: Library, worlds: Worlds, typed: Asked, rows: int | None) -> Tile:
    tile = Tile(name=name, answer=AttribError("not computed"))
    try:
        entry = library.report(name).definition
        tile = replace(tile, description=entry.description or "", display=entry.display or tile.display)
        world = worlds.world(entry)
        asked = over_board(Asked.of(entry).over(world.preferred), typed)
        spec = asked.spec(world.settings, worlds.day(entry))
        display = entry.display or usual_display(spec.by)
        tile = replace(tile, display=display)
        return replace(tile, answer=worlds.session(entry).run(shaped(spec, display, world.settings, rows)))
    except AttribError as error:
        return replace(tile, answer=error)


def usual_display(by: Sequence[str]) -> Display:
    """Return how a report is drawn that does not say: by what it is cut by."""
    if not by:
        return "figure"
    return "line" if _is_bucket(by[0]) else "table"


def shaped(spec: ReportSpec, display: Display, settings: Settings, rows: int | None) -> ReportSpec:
    """Return a request as it is computed for its place on a board.

    A figure is of the whole report, whatever that is cut by, and compared with the period before where there is one; a
    line has its time bucket first and every bucket; a table no more than `rows` rows. Raises UsageError for a line
    without a time bucket.
    """
    if display == "figure":
        return _with_change(replace(spec, by=(), sort=(), limit=None), settings)
    if display == "line":
        buckets = [name for name in spec.by if _is_bucket(name)]
        if not buckets:
            raise UsageError(
                "a line over time needs a time bucket to be cut by",
                hint="Cut it by day, week, month, quarter or year, or write `display: table`.",
            )
        others = [name for name in spec.by if name != buckets[0]]
        return replace(spec, by=(buckets[0], *others), sort=(), limit=None)
    return spec if rows is None or spec.limit is not None else replace(spec, limit=rows)


def _with_change(spec: ReportSpec, settings: Settings) -> ReportSpec:
    from attrib_cli.engine.periods import previous

    if spec.compare is not None or not spec.dates.bounded:
        return spec
    try:
        before = previous(
            spec.dates,
            "previous-period",
            week_starts_on=settings.week_starts_on,
            fiscal_year_starts_in=settings.fiscal_year_starts_in,
        )
    except UsageError:  # the beginning of the calendar
        return spec
    return replace(spec, compare="previous-period", compare_dates=before)


def failures(board: Board) -> Iterator[tuple[Tile, AttribError]]:
    """Yield the tiles that failed, in their order, with what they failed with."""
    for tile in board.tiles:
        if isinstance(tile.answer, AttribError):
            yield tile, tile.answer


def _raise_common(tiles: Sequence[Tile]) -> None:
    """Raise what every report failed with, where that is one and the same: it is about the run, not about a report."""
    errors = [tile.answer for tile in tiles if isinstance(tile.answer, AttribError)]
    if errors and len(errors) == len(tiles) and len({(type(e), str(e)) for e in errors}) == 1:
        raise errors[0]


def _is_bucket(name: str) -> bool:
    from attrib_cli.engine.dimensions import BUCKETS

    return _fold(name) in BUCKETS


def _fold(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
