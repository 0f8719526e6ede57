"""The journeys on a cluster: the embedded engine in the workers of another system, each with the rows of its shards.

One shuffle brings rows together: tasks that read pieces of the tables share them out in blocks, one for each shard, and
tasks that gather get all blocks of theirs. What they find out is small and is finished here. Where a report takes
several rounds, the blocks stay with the workers in between.

Tables but ``touchpoints`` are read here as well: ids are checked, currencies told, and conversions found, so that only
touchpoints of contacts that matter are shuffled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from attrib_cli.engine.backends import tasks
from attrib_cli.engine.backends.blocks import Block, from_bytes, packed, put_together, raise_errors, rows_read, unfit
from attrib_cli.engine.backends.faces import face, forget, put
from attrib_cli.engine.backends.pieces import Piece, lake_piece, pieces_of, pieces_of_rows, travels
from attrib_cli.engine.backends.shards import joins_from_sources, without_journeys
from attrib_cli.engine.clock import Clock, Progress
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.gathering import stage
from attrib_cli.engine.notes import Note
from attrib_cli.engine.partial import Partial, digest
from attrib_cli.engine.resources import Resources
from attrib_cli.engine.source_spec import UNUSABLE, Origin, SourceMap, TableSource
from attrib_cli.engine.sources.table import Table
from attrib_cli.engine.sources.uneven import uneven_notes
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.engine.sql.conversions import repeated
from attrib_cli.engine.sql.id_joins import contact_pairs, deal_pairs
from attrib_cli.engine.sql.plan import Round, compile_plan
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.shards import shard_of
from attrib_cli.engine.sql.weighing import DrawnPeriod

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from attrib_cli.engine.data_driven.estimate import Estimation
    from attrib_cli.engine.sources import TableHead

_CYCLES = "cycles_of_contacts"
_PieceKey = tuple[str, frozenset[str], tuple[str, ...]]

_ROWS = 2_000_000
"""Touchpoints of a shard, about, where nobody says how many shards there are."""


class Cluster(Protocol):
    """A system that runs the functions of `tasks` where its workers are; `packed` is what each of them is given."""

    def cores(self) -> int:
        """Return how many tasks run at once."""

    def localise(self, table: str, *, rows: bool) -> str:
        """Return a Parquet file with the columns, and the `rows`, of a table that the cluster reads by this name.

        Raises SourceError where it reads no such tables, or not this one.
        """

    def count(self, packed: bytes, pieces: Sequence[Piece]) -> list[Block]:
        """Return what `count_values` yields for each piece, by its number from 0."""

    def shuffle(self, packed: bytes, pieces: Sequence[Piece], shards: int, *, keep: bool) -> object:
        """Return the blocks that `read_piece` yields for each piece and for `BEGIN`, by shard.

        They need not be there before `gather`; `keep` them where they are read repeatedly.
        """

    def gather(self, held: object, packed: bytes, message: str, progress: Progress | None) -> list[Block]:
        """Return what `gather_shards` yields for all blocks of each shard; `progress` is told how far it is."""

    def stream(self, held: object, packed: bytes, message: str, progress: Progress | None) -> Iterator[Block]:
        """Yield the same where it is much: all tasks run first, and what they yielded comes shard by shard."""

    def forget(self, held: object) -> None:
        """Let the blocks of a shuffle go."""


@dataclass(kw_only=True)
class ClusterBackend:
    """Gathers on a `cluster`.

    `shards` is the number of parts that journeys are cut into; without it, it follows from the number of touchpoints
    and of the cluster's cores. `resources` are those of one worker's engine.
    """

    cluster: Cluster
    shards: int | None = None
    resources: Resources = field(default_factory=Resources)
    _heads: dict[str, tuple[TableHead, frozenset[str]]] = field(default_factory=dict)
    _pieces: dict[_PieceKey, tuple[Piece, ...]] = field(default_factory=dict)
    _by_all_rows: set[str] = field(default_factory=set)
    _lakes: dict[str, str] = field(default_factory=dict)
    _zone: str = "UTC"
    _last: ClusterGathering | None = None

    def localised(self, sources: SourceMap) -> SourceMap:
        """Return the sources with files in place of tables that the cluster reads, of touchpoints without rows."""
        tables = dict(sources.tables)
        self._lakes = {name: source.paths[0] for name, source in tables.items() if source.format == "spark"}
        for name, table in self._lakes.items():
            path = self.cluster.localise(table, rows=name != "touchpoints")
            tables[name] = replace(tables[name], paths=(path,), format="parquet", origins={path: Origin(label=table)})
        return replace(sources, tables=tables)

    def lakes(self) -> frozenset[str]:
        """Return the tables that the cluster itself reads, whose rows have no places."""
        return frozenset(self._lakes)

    def elsewhere(
        self, con: duckdb.DuckDBPyConnection, head: TableHead, names: Collection[str], zone: str
    ) -> Table | None:
        """Return touchpoints, which are read by workers alone where these can."""
        self._heads.pop(head.name, None)
        self._zone = zone
        if head.name not in self._lakes and not travels(head):
            return None
        self._heads[head.name] = (head, frozenset(names))
        if head.name != "touchpoints":
            return None
        columns = {name: head.columns[name] for name in head.columns if name in names}
        columns = {name: column for name, column in columns.items() if column.kind not in UNUSABLE}

        def fetch(column: str, step: int) -> None:
            self._fetch(con, column, step)

        rows = None if head.name in self._lakes else head.rows
        return face(con, head.source, columns, rows=rows, fetch=fetch, notes=uneven_notes(head, columns))

    def check_request(self, spec: ReportSpec, report_type: ReportType) -> None:
        """Take all requests."""

    def begin(self, con: duckdb.DuckDBPyConnection, request: Request, clock: Clock) -> ClusterGathering:
        """Begin with a request."""
        if self._last is not None:
            self._last.close()
        self._last = ClusterGathering(backend=self, con=con, clock=clock)
        return self._last

    def heads(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, TableHead]:
        """Return nothing: the heads of all files are read here."""
        return {}

    def for_other_requests(self, con: duckdb.DuckDBPyConnection, request: Request) -> tuple[ClusterBackend, Request]:
        """Return this: it reads the journeys for any request."""
        return self, request

    def pieces(self, con: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> tuple[Piece, ...]:
        """Return the pieces of these tables; raises SourceError for what cannot be read."""
        found: list[Piece] = []
        for table in tables:
            if table.name in self._heads:
                found += self._pieces_of_files(con, table.name)
            else:
                found += pieces_of_rows(con, table)
        return tuple(found)

    def _pieces_of_files(self, con: duckdb.DuckDBPyConnection, name: str) -> tuple[Piece, ...]:
        head, names = self._heads[name]
        if name in self._lakes:
            return (lake_piece(head, sorted(names), self._zone, self._lakes[name]),)
        key = (name, names, head.source.paths)
        if key not in self._pieces:
            whole = name in self._by_all_rows
            self._pieces[key] = pieces_of(con, head, names, self._zone, by_all_rows=whole)
        return self._pieces[key]

    def read_by_all_rows(self, tables: set[str]) -> None:
        """Decide how the text of these tables is read by all their rows, from now on."""
        self._by_all_rows |= tables
        self._pieces = {key: pieces for key, pieces in self._pieces.items() if key[0] not in tables}

    def _fetch(self, con: duckdb.DuckDBPyConnection, column: str, step: int) -> None:
        """Put the values of a column of touchpoints, and how many rows have each, where the session sees them."""
        while True:
            pieces = self._pieces_of_files(con, "touchpoints")
            counting = tasks.Counting(pieces=pieces, column=column, step=step, resources=self.resources)
            blocks = self.cluster.count(packed(counting), pieces)
            unread = unfit(blocks)
            if not unread:
                break
            self.read_by_all_rows(unread)
        raise_errors(blocks)
        forget(con, column)
        for block in blocks:
            con.register("counted_values", from_bytes(block.data))
            put(con, column, "counted_values")
            con.unregister("counted_values")


@dataclass(kw_only=True)
class ClusterGathering:
    """See `Gathering`: the partials of all shards, added up nowhere yet, as one of Arrow tables a round."""

    backend: ClusterBackend
    con: duckdb.DuckDBPyConnection
    clock: Clock
    _held: object = None
    _shards: int = 0
    _rows: dict[str, int] = field(default_factory=dict)

    def gather(self, request: Request, round_: Round) -> tuple[Partial]:
        """Return the partial of all shards in a round; raises what reading the sources raises."""
        message = f"gathering on the cluster ({round_})"
        blocks = self._gathered(request, round_, message)
        return (Partial(round=round_, digest=digest(request), tables=put_together(blocks)),)

    def work(self, request: Request, work: tasks.ShardWork, message: str) -> list[Block]:
        """Return what `work` yields for each shard, which then stays with the workers for more work."""
        blocks = self._gathered(request, "credit", message, work)
        return [block for block in blocks if block.name != "read"]

    def stream(self, request: Request, work: tasks.ShardWork, message: str) -> Iterator[Block]:
        """Yield what `work` yields, shard by shard, after other work was done; raises what it tells as an error."""
        job = packed(self._job(request, "credit", work))
        with self.clock.step(message):
            for block in self.backend.cluster.stream(self._held, job, message, self.clock.progress):
                raise_errors([block])
                if block.name != "read":
                    yield block

    @property
    def shards(self) -> int:
        """How many shards the journeys are cut into, once anything was gathered."""
        return self._shards

    def draw(self, request: Request, found: Estimation) -> tuple[DrawnPeriod, ...]:
        """Return what intervals are made of, from what the shards counted."""
        from attrib_cli.engine.data_driven.bootstrap import draw

        return draw(self.con, request, found, counted=True)

    def join_notes(self, request: Request, unattributed: int) -> list[Note]:
        """Return warnings about tables that do not join."""
        touchpoints = request.tables["touchpoints"]
        if touchpoints.rows is None:
            touchpoints = replace(touchpoints, rows=self._rows.get("touchpoints", 0))
        request = replace(request, tables={**request.tables, "touchpoints": touchpoints})
        return joins_from_sources(self.con, request, unattributed, self.clock)

    def close(self) -> None:
        """Let the workers forget the rows."""
        if self._held is not None:
            self.backend.cluster.forget(self._held)
            self._held = None

    def _gathered(
        self, request: Request, round_: Round, message: str, work: tasks.ShardWork | None = None
    ) -> list[Block]:
        """Return the blocks of a round, or of other work; raises what they tell as an error."""
        with self.clock.step(message):
            while True:
                if self._held is None:
                    self._held = self._shuffled(request, keep=request.data_driven is not None or work is not None)
                job = packed(self._job(request, round_, work))
                blocks = self.backend.cluster.gather(self._held, job, message, self.clock.progress)
                unread = unfit(blocks)
                if not unread:
                    break
                self.backend.read_by_all_rows(unread)
                self.close()
        raise_errors(blocks)
        self._rows = rows_read(blocks)
        return blocks

    def _job(self, request: Request, round_: Round, work: tasks.ShardWork | None = None) -> tasks.Gathering:
        whole = {
            name: self.con.sql(f"SELECT * FROM {table.relation} AS s").to_arrow_table()
            for name, table in request.tables.items()
            if name not in _shuffled(request)
        }
        asked = request
        if round_ != "values" and request.data_driven is not None:
            request = replace(request, known_states=self.con.sql("FROM known_states").to_arrow_table())
        request = _bare(request)
        if request.needs_cycles:
            whole[_CYCLES] = self.con.sql(repeated(asked)).to_arrow_table()
            request = replace(request, known_cycles=_CYCLES)
        return tasks.Gathering(
            request=request,
            round=round_,
            shards=self._shards,
            unordered=self.backend.lakes(),
            whole=whole,
            resources=self.backend.resources,
            work=work,
        )

    def _shuffled(self, request: Request, *, keep: bool) -> object:
        """Return the blocks of all pieces, those of a shard in one place, as the cluster calls them."""
        import duckdb

        pieces = self.backend.pieces(self.con, [request.tables[name] for name in _shuffled(request)])
        self._shards = self.backend.shards or _usual_shards(self.backend.cluster, request, pieces)
        pooled = request.report_type.pooled
        performed = any(measure.source == "performance" for measure in request.measures)
        owned = performed or not pooled or request.data_driven is not None
        job = tasks.Reading(
            pieces=pieces,
            request=_bare(request),
            shards=self._shards,
            contacts=self._contact_shards(request, of_all=owned) if pooled or "deals" in request.tables else None,
            deals=self._deal_shards(request, of_all=owned) if request.report_type.whose == "deal" else None,
            owned=owned,
            resources=self.backend.resources,
            duckdb=duckdb.__version__,
        )
        return self.backend.cluster.shuffle(packed(job), pieces, self._shards, keep=keep)

    def _contact_shards(self, request: Request, *, of_all: bool) -> pa.Table:
        """Return the shards of each contact's conversions and deals, or of the conversions in the report alone."""
        among = None
        if not of_all:
            plan = compile_plan(without_journeys(request))
            stage(self.con, plan.steps[:1], plan, self.clock)
            among = "SELECT conversion FROM conversions"
        kind = request.report_type
        pairs = [(kind.key if kind.configured else "deal_id", contact_pairs(request, among=among))]
        if kind.configured and of_all and "deals" in request.tables:
            pairs.append(("deal_id", deal_pairs(request)))
        return self._shards_by("contact", [(shard_of(key, self._shards), query) for key, query in pairs])

    def _deal_shards(self, request: Request, *, of_all: bool) -> pa.Table:
        """Return the shards of the conversions that name each deal, and of its contacts where those matter."""
        kind = request.report_type
        named = f"SELECT {kind.key}, deal_id FROM {request.tables[kind.table].relation} AS s WHERE deal_id IS NOT NULL"
        pairs = [(kind.key, named)]
        pairs += [("contact_id", deal_pairs(request))] if of_all else []
        return self._shards_by("deal", [(shard_of(key, self._shards), query) for key, query in pairs])

    def _shards_by(self, owner: str, pairs: Sequence[tuple[str, str]]) -> pa.Table:
        """Return a table of ``contact`` or ``deal``, a hash of its id, and shards; `pairs` are SQL: shard, query."""
        rows = " UNION ALL ".join(
            f"SELECT hash(CAST({owner}_id AS VARCHAR)) AS {owner}, {shard} AS shard FROM ({query}) AS p"
            for shard, query in pairs
        )
        return self.con.sql(
            f"SELECT {owner}, list(DISTINCT shard) AS shards FROM ({rows}) AS p GROUP BY 1"
        ).to_arrow_table()


def _shuffled(request: Request) -> tuple[str, ...]:
    """Return the tables whose rows go to the shards that need them: those of journeys."""
    names = dict.fromkeys(("contacts", "deals", "deal_contacts", "touchpoints", request.report_type.table))
    return tuple(name for name in names if name in request.tables)


def _bare(request: Request) -> Request:
    """Return a request that can travel: what its tables hold stays here."""
    return replace(
        request,
        tables={
            name: replace(table, source=_bare_source(table), relation="", fetch=None, notes=(), places=None)
            for name, table in request.tables.items()
        },
    )


def _bare_source(table: Table) -> TableSource:
    return TableSource(table=table.source.table, paths=table.source.paths, format=table.source.format)


def _usual_shards(cluster: Cluster, request: Request, pieces: Sequence[Piece]) -> int:
    """Return into how many parts journeys are cut: no larger ones than a worker holds, and one for each core."""
    rows = request.tables["touchpoints"].rows
    return max(cluster.cores(), -(-rows // _ROWS) if rows is not None else len(pieces), 1)
