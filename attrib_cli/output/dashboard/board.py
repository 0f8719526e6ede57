"""What a dashboard shows once its reports are computed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrib_cli.engine.buckets import find_bucket
from attrib_cli.engine.frozen import frozen
from attrib_cli.output.named_report import Layout, NamedReport
from attrib_cli.output.scope import Condition, scope

if TYPE_CHECKING:
    from attrib_cli.engine.errors import AttribError
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.spec import DateRange
    from attrib_cli.output.dashboard.live import LiveBoard

Display: TypeAlias = Literal["table", "line", "figure"]


@frozen
class Tile:
    """One report in its place: what it was computed to, or what it failed with.

    `chart` and `layout` are those that it was saved with, for files that have a place for them.
    """

    name: str
    description: str = ""
    display: Display = "table"
    answer: Report | AttribError
    chart: str | None = None
    layout: Layout | None = None

    def named(self, report: Report) -> NamedReport:
        """Return the report that it was computed to as one of a file."""
        return NamedReport(name=self.name, report=report, chart=self.chart, layout=self.layout)


def tile_of(name: str, report: Report, *, description: str = "", chart: str | None = None) -> Tile:
    """Return a report that is on no dashboard as a tile, drawn as what it is cut by suggests."""
    by = [column.name for column in report.dimensions()]
    bucket = find_bucket(by[0]) if by else None
    display: Display = "figure" if not by else "line" if bucket and bucket.over_time else "table"
    return Tile(name=name, description=description, display=display, chart=chart, answer=report)


@frozen
class Board:
    """A dashboard with its tiles in their order.

    `said` is what was asked for the whole board; `today` is the day that periods were
    counted from, up to which lines over time are drawn. `live` is what a page computes its reports from.
    """

    name: str
    description: str = ""
    today: dt.date
    said: tuple[Condition, ...] = ()
    tiles: tuple[Tile, ...]
    live: LiveBoard | None = None

    def reports(self) -> tuple[Report, ...]:
        """Return what was computed, without what failed."""
        from attrib_cli.engine.report import Report

        return tuple(tile.answer for tile in self.tiles if isinstance(tile.answer, Report))

    def shared_notes(self) -> tuple[Note, ...]:
        """Return the notes that every one of several reports has, which are said once for the board."""
        reports = self.reports()
        if len(reports) < 2:
            return ()
        return tuple(note for note in reports[0].notes if all(note in report.notes for report in reports[1:]))

    def notes_of(self, report: Report) -> tuple[Note, ...]:
        """Return the notes that a report does not share with all others."""
        shared = self.shared_notes()
        return tuple(note for note in report.notes if note not in shared)

    def conditions(self) -> tuple[Condition, ...]:
        """Return what holds for all reports: what was asked for the whole board, and what all of several are of."""
        reports = self.reports()
        shared = scope(reports[0]) if len(reports) > 1 else ()
        others = [scope(report) for report in reports[1:]]
        return tuple(dict.fromkeys((*self.said, *(c for c in shared if all(c in one for one in others)))))

    def conditions_of(self, report: Report) -> tuple[Condition, ...]:
        """Return what a report is of, without what holds for all."""
        shared = self.conditions()
        return tuple(condition for condition in scope(report) if condition not in shared)

    def common_dates(self) -> DateRange | None:
        """Return the days of all reports, None where they differ."""
        found = {report.summary.dates for report in self.reports()}
        return found.pop() if len(found) == 1 else None
