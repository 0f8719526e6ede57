"""The journeys shard by shard, as workers elsewhere would gather them: an example of the interface, and its test.

Each shard is gathered on the session's connection and its partial taken along as Arrow tables. It needs memory for one
shard at a time, and reads the touchpoints once for each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.clock import Clock
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.gathering import Gatherer, stage
from attrib_cli.engine.join_checks import staged_join_notes
from attrib_cli.engine.notes import Note
from attrib_cli.engine.partial import Partial
from attrib_cli.engine.sharding import sharded
from attrib_cli.engine.sql.cte import Binder
from attrib_cli.engine.sql.plan import Round, compile_plan
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import DrawnPeriod

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.estimate import Estimation
    from attrib_cli.engine.source_spec import SourceMap
    from attrib_cli.engine.sources import TableHead
    from attrib_cli.engine.spec import ReportSpec


@frozen
class ShardedBackend:
    """Gathers the journeys in `shards` parts, one after the other."""

    shards: int

    def check_request(self, spec: ReportSpec, report_type: ReportType) -> None:
        """Take all requests."""

    def begin(self, con: duckdb.DuckDBPyConnection, request: Request, clock: Clock) -> ShardedGathering:
        """Begin with a request."""
        return ShardedGathering(con=con, clock=clock, shards=self.shards)

    def localised(self, sources: SourceMap) -> SourceMap:
        """Return the sources as they are: all are read on the session's connection."""
        return sources

    def elsewhere(self, con: duckdb.DuckDBPyConnection, head: TableHead, names: Collection[str], zone: str) -> None:
        """Return nothing: all tables are read on the session's connection."""

    def heads(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, TableHead]:
        """Return nothing: the heads of all tables are read on the session's connection."""
        return {}

    def for_other_requests(self, con: duckdb.DuckDBPyConnection, request: Request) -> tuple[ShardedBackend, Request]:
        """Return this: it reads the journeys for any request."""
        return self, request


@frozen
class ShardedGathering:
    """See `Gathering`: one partial for each shard, of Arrow tables."""

    con: duckdb.DuckDBPyConnection
    clock: Clock
    shards: int

    def gather(self, request: Request, round_: Round) -> tuple[Partial, ...]:
        """Return the partials of the shards."""
        return tuple(
            Gatherer(con=self.con, request=sharded(request, number, self.shards), clock=self.clock)
            .gather(round_)
            .to_arrow(self.con)
            for number in range(self.shards)
        )

    def draw(self, request: Request, found: Estimation) -> tuple[DrawnPeriod, ...]:
        """Return what intervals are made of, from what the shards counted."""
        from attrib_cli.engine.data_driven.bootstrap import draw

        return draw(self.con, request, found, counted=True)

    def join_notes(self, request: Request, unattributed: int) -> list[Note]:
        """Return warnings about tables that do not join: the conversions of all shards are staged for it."""
        return joins_from_sources(self.con, request, unattributed, self.clock)


def without_journeys(request: Request) -> Request:
    """Return the request without its filters on what journeys say, for where no touchpoint is at hand."""
    return replace(request, conversion_filters=request.plain_conversion_filters, binder=Binder())


def joins_from_sources(con: duckdb.DuckDBPyConnection, request: Request, unattributed: int, clock: Clock) -> list[Note]:
    """Return warnings about tables that do not join, from the sources: the conversions are staged for it."""
    if request.tables["touchpoints"].fetch is not None:  # what is not here: more conversions than count, never fewer
        request = without_journeys(request)
    plan = compile_plan(request)
    rounds = plan.of("values", "credit") if request.data_driven is not None else plan.of("credit")
    stage(con, [s for s in rounds if s.target.name in ("conversions", "members")], plan, clock)
    return staged_join_notes(con, request, unattributed)
