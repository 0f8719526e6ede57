"""All journeys in one DuckDB, the one that finishes: its staged tables are the partial, and nothing is moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from attrib_cli.engine.clock import Clock
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.gathering import Gatherer
from attrib_cli.engine.join_checks import staged_join_notes
from attrib_cli.engine.notes import Note
from attrib_cli.engine.partial import Partial
from attrib_cli.engine.sql.plan import Round
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import DrawnPeriod

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.estimate import Estimation
    from attrib_cli.engine.source_spec import SourceMap
    from attrib_cli.engine.sources import TableHead
    from attrib_cli.engine.spec import ReportSpec


@dataclass(kw_only=True, eq=False, repr=False)
class LocalBackend:
    """Gathers on the connection of the session."""

    _unusable: dict[str, int] = field(default_factory=dict)

    def check_request(self, spec: ReportSpec, report_type: ReportType) -> None:
        """Take all requests."""

    def begin(
        self, con: duckdb.DuckDBPyConnection, request: Request, clock: Clock, *, staged: Sequence[str] = ()
    ) -> LocalGathering:
        """Begin with a request, some tables of which may be `staged` already."""
        gatherer = Gatherer(
            con=con,
            request=request,
            clock=clock,
            unusable=self._unusable,
            staged=set(staged),
        )
        return LocalGathering(gatherer=gatherer)

    def localised(self, sources: SourceMap) -> SourceMap:
        """Return the sources as they are: all are read on the session's connection."""
        return sources

    def elsewhere(self, con: duckdb.DuckDBPyConnection, head: TableHead, names: Collection[str], zone: str) -> None:
        """Return nothing: all tables are read on the session's connection."""

    def heads(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, TableHead]:
        """Return nothing: the heads of all tables are read on the session's connection."""
        return {}

    def for_other_requests(self, con: duckdb.DuckDBPyConnection, request: Request) -> tuple[LocalBackend, Request]:
        """Return this: it reads the journeys for any request."""
        return self, request


@dataclass(kw_only=True, eq=False, repr=False)
class LocalGathering:
    """See `Gathering`: one partial a round, whose tables stand until the session gathers again."""

    gatherer: Gatherer

    def gather(self, request: Request, round_: Round) -> tuple[Partial]:
        """Return the partial of all journeys."""
        self.gatherer.request = replace(request, order_key=self.gatherer.request.order_key)
        return (self.gatherer.gather(round_),)

    def draw(self, request: Request, found: Estimation) -> tuple[DrawnPeriod, ...]:
        """Return what intervals are made of."""
        from attrib_cli.engine.data_driven.bootstrap import draw

        return draw(self.gatherer.con, replace(request, order_key=self.gatherer.request.order_key), found)

    def join_notes(self, request: Request, unattributed: int) -> list[Note]:
        """Return warnings about tables that do not join, by the conversions that are staged."""
        return staged_join_notes(self.gatherer.con, request, unattributed)
