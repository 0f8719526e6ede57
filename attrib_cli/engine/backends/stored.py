"""Journeys that were gathered elsewhere: partials in files, which are put together here and finished."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from attrib_cli.engine import checks
from attrib_cli.engine.backends.local import LocalBackend
from attrib_cli.engine.backends.shards import joins_from_sources
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.notes import Note
from attrib_cli.engine.partial import Partial, digest
from attrib_cli.engine.partial_files import PartFile, are, check_days, chosen, named, read_parts, states_digest
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.sql.plan import Round
from attrib_cli.engine.sql.resolved import DrawnPeriod, Request

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.estimate import Estimation
    from attrib_cli.engine.sources import TableHead
    from attrib_cli.engine.spec import SourceMap


@dataclass(kw_only=True)
class StoredBackend:
    """Takes partials from files of `attrib partial`. `version` is that of this program, which must be theirs.

    The files may be those of several reports, which then are run one after the other.
    """

    paths: tuple[str, ...]
    version: str
    _parts: tuple[PartFile, ...] = ()
    _used: set[str] = field(default_factory=set)

    def check_type(self, report_type: ReportType) -> None:
        """Take all report types."""

    def begin(self, con: duckdb.DuckDBPyConnection, request: Request, clock: Clock) -> StoredGathering:
        """Begin with a request; raises SourceError for a file that is no partial."""
        self._parts = self._parts or read_parts(con, self.paths)
        return StoredGathering(con=con, clock=clock, parts=self._parts, version=self.version, used=self._used)

    def localised(self, sources: SourceMap) -> SourceMap:
        """Return the sources as they are: all are read on the session's connection."""
        return sources

    def elsewhere(self, con: duckdb.DuckDBPyConnection, head: TableHead, names: Collection[str], zone: str) -> None:
        """Return nothing: all tables are read on the session's connection."""

    def for_other_requests(self) -> LocalBackend:
        """Return what reads the journeys themselves."""
        return LocalBackend()

    def check_used(self) -> None:
        """Raise UsageError for files that were of no report, once all reports are computed."""
        left = [part for part in self._parts if part.path not in self._used]
        if left:
            raise UsageError(
                f"{named(left)} {are(left)} of none of the reports: other options, settings or columns",
                hint="Leave out what is of other reports.",
                place="--partials",
            )


@dataclass(frozen=True, kw_only=True)
class StoredGathering:
    """See `Gathering`: the partials of the files that are of the request and round, which are noted as `used`."""

    con: duckdb.DuckDBPyConnection
    clock: Clock
    parts: tuple[PartFile, ...]
    version: str
    used: set[str]

    def gather(self, request: Request, round_: Round) -> tuple[Partial, ...]:
        """Return the partials of a round; raises UsageError where parts are missing, twice there, or not of it."""
        import duckdb

        found = chosen(self.parts, digest(request), round_, version=self.version, duckdb_version=duckdb.__version__)
        check_days(found, request.spec.dates)
        if round_ != "values" and request.fit is not None:
            self._check_states(found)
        self.used.update(part.path for part in found)
        if len({part.days for part in found}) > 1:
            check_additive(request)
            return self._of_several_days(found, request)
        return tuple(part.partial() for part in found)

    def _check_states(self, parts: Sequence[PartFile]) -> None:
        known = states_digest(self.con)
        for part in parts:
            if part.states != known:
                raise UsageError(
                    f"{part.name} was computed with other states than the partials of the round 'values' have",
                    hint="Compute the later rounds again with those of the first.",
                    place="--partials",
                )

    def _of_several_days(self, parts: Sequence[PartFile], request: Request) -> tuple[Partial, ...]:
        """Return the partials with what is no matter of days counted once.

        Touchpoints that can be in no journey are counted in the parts of each day alike, and what is left out for want
        of a date would be.
        """
        left_out = [f"('left out', {literal(name)}, {n})" for name, n in checks.left_out(self.con, request)]
        found = []
        for i, part in enumerate(parts):
            partial = part.partial()
            kinds = "'rows', 'unusable'" if part.days == parts[0].days else "'rows'"
            counts = f"SELECT kind, name, n FROM {partial.tables['counts']} AS c WHERE kind IN ({kinds})"
            if i == 0 and left_out:
                counts += f" UNION ALL SELECT * FROM (VALUES {', '.join(left_out)}) AS v(kind, name, n)"
            found.append(replace(partial, tables={**partial.tables, "counts": f"({counts})"}))
        return tuple(found)

    def draw(self, request: Request, found: Estimation) -> tuple[DrawnPeriod, ...]:
        """Return what intervals are made of, from what the shards counted."""
        from attrib_cli.engine.data_driven.bootstrap import draw

        return draw(self.con, request, found, counted=True)

    def join_notes(self, request: Request, unattributed: int) -> list[Note]:
        """Return warnings about tables that do not join, which the sources are asked for."""
        return joins_from_sources(self.con, request, unattributed, self.clock)


def check_additive(request: Request) -> None:
    """Raise UsageError for what the partials of several days do not add up to."""
    hint = "Compute partials of the whole period, in shards."
    if request.compared:
        raise UsageError("partials of several days compare no periods", hint=hint, place="--compare")
    if request.fit is not None:
        raise UsageError(
            "data-driven models are estimated from all journeys of a period, and not day by day",
            hint=hint,
            place="--model",
        )
    for measure in request.measures:
        if measure.source == "performance" or measure.per is not None:
            raise UsageError(
                f"{measure.name} counts whoever did something on several days once, so that days do not add up",
                hint=hint,
                place="--measure",
            )
