"""What an engine has to do: gather the partials of a request, round by round. All else is done once, by `finish`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from attrib_cli.engine.clock import Clock
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.notes import Note
from attrib_cli.engine.partial import Partial
from attrib_cli.engine.sql.plan import Round
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import DrawnPeriod

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.estimate import Estimation
    from attrib_cli.engine.source_spec import SourceMap
    from attrib_cli.engine.sources import Table, TableHead
    from attrib_cli.engine.spec import ReportSpec


class Gathering(Protocol):
    """The gathering of one request."""

    def gather(self, request: Request, round_: Round) -> Sequence[Partial]:
        """Return the partials of a round, one for each part of the journeys.

        `request` is the one that was begun with, and has besides what earlier rounds found out: `known_states` before
        ``paths``, `estimates` before ``credit``. Raises CheckError for data that contradict themselves.
        """

    def draw(self, request: Request, found: Estimation) -> tuple[DrawnPeriod, ...]:
        """Return what intervals of confidence are made of, after ``paths``; raises UsageError where it cannot."""

    def join_notes(self, request: Request, unattributed: int) -> Sequence[Note]:
        """Return warnings about tables that do not join, after the last round; see `join_checks.join_notes`."""


class Backend(Protocol):
    """An engine that gathers. One object serves the reports of a session, one after the other."""

    def check_request(self, spec: ReportSpec, report_type: ReportType) -> None:
        """Raise UsageError for what it cannot gather; it is asked before anything is read."""

    def begin(self, con: duckdb.DuckDBPyConnection, request: Request, clock: Clock) -> Gathering:
        """Begin with a request whose tables are at hand on `con`, where its partials will be finished."""

    def localised(self, sources: SourceMap) -> SourceMap:
        """Return sources whose tables can be looked at here: those that only the engine reads get files in their place.

        Raises what reading them raises.
        """

    def elsewhere(
        self, con: duckdb.DuckDBPyConnection, head: TableHead, names: Collection[str], zone: str
    ) -> Table | None:
        """Return a table whose rows the engine reads elsewhere; None for one that is read on `con` as well.

        It is asked before each report for every table that is read, with the `names` of the columns needed and the
        `zone` of moments without one.
        """

    def heads(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, TableHead]:
        """Return the heads of tables that the engine knows without their files; raises what reading them raises."""

    def for_other_requests(self, con: duckdb.DuckDBPyConnection, request: Request) -> tuple[Backend, Request]:
        """Return what gathers a request that nobody asked for, as the reason why a report is empty needs some.

        The request comes back with tables that can be gathered from; raises SourceError where there are none.
        """
