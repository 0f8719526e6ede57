"""Journeys that were gathered elsewhere: partials in files, which are put together here and finished."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from attrib_cli.engine import checks
from attrib_cli.engine.backends.faces import face, forget, put
from attrib_cli.engine.backends.local import LocalBackend
from attrib_cli.engine.backends.shards import joins_from_sources
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Note
from attrib_cli.engine.partial import Partial, digest
from attrib_cli.engine.partial_choice import are, check_days, chosen, named
from attrib_cli.engine.partial_files import PartFile, read_parts, states_digest
from attrib_cli.engine.partial_sets import check_sets
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import SourceMap, TableName, TableSource
from attrib_cli.engine.sources.catalogue import ROW
from attrib_cli.engine.sources.table import SourceColumn, Table, TableHead
from attrib_cli.engine.sql.plan import Round
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import DrawnPeriod

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.estimate import Estimation
    from attrib_cli.engine.spec import ReportSpec


@dataclass(kw_only=True)
class StoredBackend:
    """Takes partials from files of `attrib partial`. `version` is that of this program, which must be theirs.

    The files may be those of several reports, which then are run one after the other.
    """

    paths: tuple[str, ...]
    version: str
    _parts: tuple[PartFile, ...] = ()
    _used: set[str] = field(default_factory=set)
    _source: TableSource | None = None
    _zone: str = "UTC"

    def check_request(self, spec: ReportSpec, report_type: ReportType) -> None:
        """Take all requests."""

    def begin(self, con: duckdb.DuckDBPyConnection, request: Request, clock: Clock) -> StoredGathering:
        """Begin with a request; raises SourceError for a file that is no partial."""
        return StoredGathering(con=con, clock=clock, parts=self._read(con), version=self.version, used=self._used)

    def localised(self, sources: SourceMap) -> SourceMap:
        """Return the sources with touchpoints among them, whose files need not be there: see `heads`."""
        self._source = sources.tables.get("touchpoints")
        unknown = TableSource(table="touchpoints", paths=("touchpoints",), format="parquet")
        return replace(sources, tables={**sources.tables, "touchpoints": self._source or unknown})

    def heads(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, TableHead]:
        """Return the head of touchpoints, which the files tell; raises SourceError for one that is no partial."""
        parts = self._read(con)
        if not parts:
            return {}
        found = parts[0].touchpoints
        source = TableSource(table="touchpoints", paths=found.paths, format="parquet")
        columns = {column.name: column for column in found.columns}
        rows = max((part.touchpoints.rows for part in parts if part.touchpoints.rows is not None), default=None)
        return {"touchpoints": TableHead(name="touchpoints", source=source, columns=columns, rows=rows)}

    def elsewhere(
        self, con: duckdb.DuckDBPyConnection, head: TableHead, names: Collection[str], zone: str
    ) -> Table | None:
        """Return touchpoints, of which the files tell what the finish asks."""
        if head.name != "touchpoints" or not self._parts:
            return None
        self._zone = zone
        opened = {column.name: column for part in self._parts for column in part.touchpoints.opened}
        columns = {name: opened[name] for name in head.columns if name in names and name in opened}
        notes = self._parts[0].touchpoints.notes

        def fetch(column: str, step: int) -> None:
            self._fetch(con, columns[column], step)

        return face(con, head.source, columns, rows=head.rows, fetch=fetch, notes=notes)

    def for_other_requests(self, con: duckdb.DuckDBPyConnection, request: Request) -> tuple[LocalBackend, Request]:
        """Return what reads the journeys themselves, with touchpoints from their files; raises what these raise."""
        touchpoints = self._from_files(con, request.tables["touchpoints"].columns)
        return LocalBackend(), replace(request, tables={**request.tables, "touchpoints": touchpoints})

    def _read(self, con: duckdb.DuckDBPyConnection) -> tuple[PartFile, ...]:
        self._parts = self._parts or read_parts(con, self.paths)
        return self._parts

    def _fetch(self, con: duckdb.DuckDBPyConnection, column: SourceColumn, step: int) -> None:
        """Bring the values of a column of touchpoints: from the files of one report, else from touchpoints' own."""
        forget(con, column.name)
        for parts in self._whole_sets():
            if all(column.name in part.touchpoints.asked for part in parts):
                for part in parts:
                    put(con, column.name, f"({part.values(column.name, column.type)})")
                return
        table = self._from_files(con, (column.name,))
        name = identifier(column.name)
        put(
            con,
            column.name,
            f"(SELECT {name} AS value, {ROW} % {step} = 0 AS sampled, count(*) AS rows FROM {table.relation} AS s"
            " GROUP BY ALL)",
        )

    def _whole_sets(self) -> Iterator[tuple[PartFile, ...]]:
        """Yield sets of files that tell of all touchpoints: all shards of a report, round and days."""
        sets: dict[tuple[object, ...], dict[int, PartFile]] = {}
        for part in self._parts:
            sets.setdefault((part.digest, part.round, part.days, part.count), {})[part.number] = part
        for (*_, count), found in sets.items():
            if len(found) == count:
                yield tuple(found.values())

    def _from_files(self, con: duckdb.DuckDBPyConnection, columns: Collection[str]) -> Table:
        """Return these columns of touchpoints, read from their files; raises SourceError where these are not there."""
        from attrib_cli.engine.sources import open_tables

        if self._source is None:
            raise SourceError("touchpoints are not at hand", hint="Finish where their files are.")
        sources = SourceMap(tables={"touchpoints": self._source})
        settings = Settings(timezone=self._zone)
        needed: tuple[TableName, ...] = ("touchpoints",)
        return open_tables(con, sources, settings, needed=needed, columns={"touchpoints": columns})["touchpoints"]

    def check_used(self) -> None:
        """Raise UsageError for files that were of no report, once all reports are computed."""
        left = [part for part in self._parts if part.path not in self._used]
        if left:
            raise UsageError(
                f"{named(left)} {are(left)} of none of the reports: other options, settings or columns",
                hint="Leave out what is of other reports.",
                place="--partials",
            )


@frozen
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

        check_sets(self.parts, digest(request), round_)
        found = chosen(self.parts, digest(request), round_, version=self.version, duckdb_version=duckdb.__version__)
        check_days(found, request.spec.dates)
        if round_ != "values" and request.data_driven is not None:
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
        """Return warnings about tables that do not join, by what the files tell of touchpoints."""
        try:
            return joins_from_sources(self.con, request, unattributed, self.clock)
        except SourceError:
            text = "ids of touchpoints were not compared with those of contacts and deals: touchpoints are not at hand"
            return [Note(code="joins-not-compared", text=text, hint="Finish where their files are.")]


def check_additive(request: Request) -> None:
    """Raise UsageError for what the partials of several days do not add up to."""
    hint = "Compute partials of the whole period, in shards."
    if request.compared:
        raise UsageError("partials of several days compare no periods", hint=hint, place="--compare")
    if request.data_driven is not None:
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
