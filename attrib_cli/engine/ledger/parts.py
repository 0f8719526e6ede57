"""The ledger of journeys that are spread over the workers of a cluster: a part for each shard of them.

Every worker walks the conversions of its shard as one machine walks all. Under data-driven models what an interaction
earns depends on what its state earned before: the parts follow one another in the order of their shards, and each is
told what those before it earned. So the credits of all parts sum to the figures of the report.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine import checks
from attrib_cli.engine.backends.blocks import as_bytes, from_bytes
from attrib_cli.engine.backends.cluster import ClusterBackend, ClusterGathering
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.data_driven.estimate import StateEffect, state_effects
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.filter_checks import filter_notes
from attrib_cli.engine.finishing import Counted, summary, unusable
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.join_checks import ledger_join_notes
from attrib_cli.engine.ledger.columns import LedgerColumn
from attrib_cli.engine.ledger.reader import LedgerReader
from attrib_cli.engine.ledger.rows import compile_ledger, converting
from attrib_cli.engine.ledger.stream import Ledger, ledger_schema, prepare, shown_columns, split_notes
from attrib_cli.engine.notes import Note
from attrib_cli.engine.relations import portable
from attrib_cli.engine.report import Summary
from attrib_cli.engine.session import Session
from attrib_cli.engine.source_spec import SourceMap
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.engine.sql.plan import Step
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.states import states_of_all
from attrib_cli.engine.temporary import temporary_folder

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    Writer = Callable[[Ledger], Iterator[bytes]]

_PIECE = 8 << 20
"""Bytes of a part, about, that travel at once."""


@frozen
class LedgerParts:
    """The ledger of `spec` in parts, to be read once.

    `notes` are those of the whole. `pieces` yields the number of a part, from 1 to `count`, and the next bytes of it,
    part by part; one without rows is there too. `rows` and `summary` say what was counted, once the pieces have been
    read.
    """

    spec: ReportSpec
    notes: tuple[Note, ...]
    count: int
    pieces: Iterator[tuple[int, bytes]]
    rows: Callable[[], int]
    summary: Callable[[], Summary]


@contextmanager
def open_ledger_parts(session: Session, spec: ReportSpec, write: Writer) -> Iterator[LedgerParts]:
    """Yield the ledger of `spec` in parts, which `write` makes of ledgers where the journeys are.

    `write` must be something that pickle knows. Each part is a ledger of its own, whose summary counts its conversions.
    Raises what `open_ledger` raises, and UsageError where the session gathers on no cluster.
    """
    if not isinstance(session.backend, ClusterBackend):
        raise UsageError("a ledger in parts is written by a cluster", hint="Add --engine spark.", place="--engine")
    clock = Clock(session.progress)
    with session.translated():
        request, columns = prepare(session, spec, clock)
        request = request.in_full()
        if request.journey_fields:
            named = ", ".join(field.name for field in request.journey_fields)
            raise UsageError(
                f"a ledger in parts is made where the conversions are known first, before journeys say {named}",
                hint="Leave it out, or write the ledger on this machine: --engine duckdb.",
            )
        plan = compile_ledger(request, columns)
        first = converting(plan)
        with clock.step("finding the conversions"):
            session.con.execute(first.sql, plan.used(first.sql))
        notes = (*ledger_join_notes(session.con, request, "conversions"), *filter_notes(session.con, request))
        gathering = session.backend.begin(session.con, request, clock)
        effects: tuple[StateEffect, ...] = ()
        if request.data_driven is not None:
            request = session.estimated(request, gathering, clock)
            effects = state_effects(session.con, request) if request.estimates else ()
        shown = shown_columns(request, columns)
        ledger = Ledger(
            spec=spec,
            settings=session.settings,
            columns=shown,
            currency=request.currency,
            notes=notes,
            schema=ledger_schema(shown, columns, request),
            batches=iter(()),
            states=() if request.data_driven is None else tuple(field.name for field in request.data_driven.states),
            effects=effects,
            summary=Nothing(),
        )
        parts = _Parts(session=session, gathering=gathering, request=request, columns=columns, ledger=ledger)
        parts.look()
    try:
        yield LedgerParts(
            spec=spec,
            notes=parts.ledger.notes,
            count=parts.count,
            pieces=parts.pieces(write),
            rows=lambda: parts.rows,
            summary=parts.summary,
        )
    finally:
        gathering.close()


class Nothing:
    """Stands for the summary of a ledger that nobody has read; unlike a function, it travels."""

    def __call__(self) -> Summary:
        """Raise LookupError."""
        raise LookupError("the ledger was not read")


@dataclass(kw_only=True)
class _Parts:
    """What becomes of the parts, on the machine that asks for them."""

    session: Session
    gathering: ClusterGathering
    request: Request
    columns: tuple[LedgerColumn, ...]
    ledger: Ledger
    count: int = 0
    rows: int = 0
    _earned: dict[int, pa.Table] = field(default_factory=dict)
    _counted: list[Counted] = field(default_factory=list)
    _left_out: dict[str, int] = field(default_factory=dict)
    _rest: tuple[pa.RecordBatch, ...] = ()

    def look(self) -> None:
        """Find what has to be known before any row: what cannot be used, and what states earn in each shard."""
        unused = 0
        blocks = self.gathering.work(self.request, _Look(columns=self.columns), "reading the journeys on the cluster")
        for block in blocks:
            if block.name == "earned":
                self._earned[block.shard] = from_bytes(block.data)
                continue
            told = json.loads(block.data)
            unused += told["unusable"]
            for reason, n in told["left out"]:
                self._left_out[reason] = self._left_out.get(reason, 0) + n
        estimated = () if self.request.data_driven is None else self.request.estimation_notes
        notes = (*self.request.notes, *split_notes(self.request), *unusable(unused), *estimated, *self.ledger.notes)
        self.ledger = replace(self.ledger, notes=notes)
        if self._earned:
            self._rest = self._states_without_conversions()
        self.count = self.gathering.shards + bool(self._rest)

    def pieces(self, write: Writer) -> Iterator[tuple[int, bytes]]:
        """Yield the parts, those of the shards first, in pieces."""
        work = _Rows(
            columns=self.columns, ledger=replace(self.ledger, batches=iter(())), write=write, before=self._before()
        )
        for block in self.gathering.stream(self.request, work, "writing the ledger on the cluster"):
            if block.name == "part":
                yield block.shard + 1, block.data
                continue
            told = json.loads(block.data)
            self.rows += told["rows"]
            days = (None if day is None else _moment(day) for day in told["days"])
            self._counted.append(Counted(**told["counted"], first=next(days), last=next(days)))
        if self._rest:
            self.rows += sum(batch.num_rows for batch in self._rest)
            nothing = Counted(attributed=0, unattributed=0, excluded=0, first=None, last=None)
            last = replace(self.ledger, batches=iter(self._rest), summary=lambda: summary(self.request, nothing, {}))
            for chunk in write(last):
                yield self.count, chunk

    def summary(self) -> Summary:
        """Return what was counted in all parts."""
        found = self._counted
        firsts = [one.first for one in found if one.first is not None]
        lasts = [one.last for one in found if one.last is not None]
        counted = Counted(
            attributed=sum(one.attributed for one in found),
            unattributed=sum(one.unattributed for one in found),
            excluded=sum(one.excluded for one in found),
            first=min(firsts, default=None),
            last=max(lasts, default=None),
        )
        return summary(self.request, counted, self._left_out)

    def _before(self) -> dict[int, tuple[pa.Table, pa.Table]]:
        """Return for each shard what states earn in all of them, and in those before it."""
        import pyarrow as pa

        every = [self._earned[shard] for shard in sorted(self._earned)]
        return {
            shard: (pa.concat_tables(every), pa.concat_tables([every[0].slice(0, 0), *every[:place]]))
            for place, shard in enumerate(sorted(self._earned))
        }

    def _states_without_conversions(self) -> tuple[pa.RecordBatch, ...]:
        import pyarrow as pa

        self.session.con.execute(Step(target=states_of_all(self.request, self.request.estimation)).sql)
        reader = LedgerReader(session=self.session, request=self.request, columns=self.columns, file=Path())
        every = pa.concat_tables(list(self._earned.values()))
        reader.take_earned(every, every.slice(0, 0))
        return tuple(batch for batch in reader.states_without_conversions(self.ledger.schema) if batch.num_rows)


@frozen
class _Look:
    """Done to a shard first: what it leaves out, and what states earn in it."""

    columns: tuple[LedgerColumn, ...]

    def __call__(self, con: duckdb.DuckDBPyConnection, request: Request) -> Iterator[tuple[str, bytes]]:
        """Yield ``earned``, a table, where models are estimated, and ``look``, counts."""
        with _reader(con, request, self.columns) as reader:
            if request.estimated_kernels:
                reader.earn(Clock(None))
                yield "earned", as_bytes(con.sql(portable(con, "earned_in_all")).to_arrow_table())
            told = {"unusable": reader.unusable, "left out": checks.left_out(con, request)}
        yield "look", json.dumps(told).encode()


@frozen
class _Rows:
    """Done to a shard then: its part is written, as the bytes of a file."""

    columns: tuple[LedgerColumn, ...]
    ledger: Ledger
    write: Writer
    before: dict[int, tuple[pa.Table, pa.Table]]

    def __call__(self, con: duckdb.DuckDBPyConnection, request: Request) -> Iterator[tuple[str, bytes]]:
        """Yield the bytes of the file as ``part``, piece by piece, and ``rows``, counts."""
        rows = 0

        def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            nonlocal rows
            for batch in batches:
                rows += batch.num_rows
                yield batch

        with _reader(con, request, self.columns) as reader:
            if request.estimated_kernels and request.shard is not None:
                reader.take_earned(*self.before[request.shard.number])
            ledger = replace(
                self.ledger,
                batches=counted(reader.batches(self.ledger.schema)),
                summary=lambda: summary(request, reader.counted(), dict(checks.left_out(con, request))),
            )
            held = b""
            for chunk in self.write(ledger):
                held += chunk
                if len(held) >= _PIECE:
                    yield "part", held
                    held = b""
            yield "part", held
            found = reader.counted()
        days = [None if day is None else day.isoformat() for day in (found.first, found.last)]
        of = {"attributed": found.attributed, "unattributed": found.unattributed, "excluded": found.excluded}
        yield "rows", json.dumps({"rows": rows, "days": days, "counted": of}).encode()


@contextmanager
def _reader(
    con: duckdb.DuckDBPyConnection, request: Request, columns: tuple[LedgerColumn, ...]
) -> Iterator[LedgerReader]:
    """Yield what walks the journeys of a shard, with its conversions in order."""
    session = Session(con=con, sources=SourceMap(tables={}), settings=request.settings, shared=False, bounded=True)
    with temporary_folder() as folder:
        reader = LedgerReader(
            session=session, request=request, columns=columns, file=folder / "conversions.parquet", whole=False
        )
        reader.begin()
        if request.data_driven is not None:
            reader.take_states()
        yield reader


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
