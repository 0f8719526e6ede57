"""The ledger of a report: a row for each interaction and conversion with what it earns, as a stream of Arrow batches.

A report says what a campaign is credited with; the ledger says why, interaction by interaction. It is as long as the
journeys are, so it is never held in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import choose_type
from attrib_cli.engine.dimensions import PREFIXES
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.models import choose_models
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.report import Column, Summary, Unit
from attrib_cli.engine.resolve import states
from attrib_cli.engine.session import Clock, Session
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.engine.sql.cube import counted
from attrib_cli.engine.sql.ledger import (
    OCCURRED_AT,
    ROW,
    TOUCHPOINT_ID,
    LedgerColumn,
    compile_ledger,
    crediting,
    earning_steps,
    gathering,
    model_columns,
    numbered,
    unheld_rows,
    walking,
)
from attrib_cli.engine.sql.ledger_states import gathered, nothing
from attrib_cli.engine.sql.plan import Plan, Step
from attrib_cli.engine.sql.request import Request
from attrib_cli.engine.sql.states import estimates
from attrib_cli.engine.sql.text import used_values

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH = 16_384
"""Rows of a batch."""

CHUNK = 100_000
"""Interactions whose journeys are walked at once."""

_CONTACT = "touchpoint.contact_id"
_KNOWN = ("channel", "interaction_type", "interaction_source", "asset_type", "asset_title", "content_type", "cost")


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The ledger of `spec`, to be read once.

    Grain: one row for each conversion and eligible interaction of its journey, in order of conversion and time; and
    one without interaction for each conversion that nothing is credited with. Columns: ``conversion_id``,
    ``converted_at``, ``value``, the interaction's own, ``position``, further dimensions asked for, then for each model
    ``<model>_share`` and ``<model>_credit``, which over a conversion sum to 1 and to its value to the sixth digit.
    Moments are local time of the configured zone. A null is what the data do not have.
    """

    spec: ReportSpec
    columns: tuple[Column, ...]
    summary: Summary
    warnings: tuple[str, ...]
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    timings: tuple[tuple[str, float], ...] = ()


@contextmanager
def open_ledger(session: Session, spec: ReportSpec) -> Iterator[Ledger]:
    """Gather the interactions of `spec` and yield their ledger, whose rows are computed while they are read.

    The journeys are walked in chunks of about `CHUNK` interactions, so that a ledger needs no more memory the longer
    it is. Measures, sort and limit of `spec` do not apply; a comparison raises UsageError, and so does what a report
    raises. The session serves nothing else meanwhile.
    """
    clock = Clock(session.progress)
    request, columns, warnings = _prepare(session, spec, clock)
    session.gather(gathering(compile_ledger(request.in_full(), columns)), request, clock)
    if request.fit is not None:
        request = session.estimated(request.in_full(), clock)
        for part in estimates(request):
            session.con.execute(Step(target=part).sql)
    with clock.step("counting the interactions"):
        session.con.execute(Step(target=counted(request)).sql)
        summary = session.summarize(spec, request)
    shown = _columns(request, columns)
    with tempfile.TemporaryDirectory(prefix="attrib-") as folder:
        walk = _Walk(con=session.con, request=request, columns=columns, folder=Path(folder))
        with clock.step("sorting the interactions"):
            chunks = walk.chunks()
        if request.estimated_kernels:
            with clock.step("adding up what states earn"):
                walk.add_up(chunks)
        yield Ledger(
            spec=spec,
            columns=shown,
            summary=summary,
            warnings=(*warnings, *request.doubts),
            schema=_schema(shown, columns, request),
            batches=walk.batches(chunks),
            timings=tuple(clock.timings),
        )


def explain_ledger(session: Session, spec: ReportSpec) -> str:
    """Return the whole query of a ledger as one statement; `session` must not stage, so that it reads the files."""
    request, columns, _ = _prepare(session, spec, Clock(None))
    tables = {name: replace(table, relation=f"({table.definition})") for name, table in request.tables.items()}
    return compile_ledger(replace(request, tables=tables).in_full(), columns).printed()


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """The way through the chunks: each has its conversions and interactions staged under the names of the whole."""

    con: duckdb.DuckDBPyConnection
    request: Request
    columns: tuple[LedgerColumn, ...]
    folder: Path

    def chunks(self) -> int:
        """Number the conversions, put the interactions of each chunk into files of its own, and count the chunks."""
        self.con.execute(Step(target=numbered(CHUNK)).sql)
        last = self.con.execute("SELECT max(chunk) FROM numbered").fetchall()[0][0]
        if not last:
            return 1
        self.con.execute(
            "COPY (SELECT i.*, n.chunk FROM interactions AS i JOIN numbered AS n ON n.conversion = i.conversion) "
            f"TO {literal(str(self.folder))} (FORMAT parquet, PARTITION_BY (chunk), OVERWRITE_OR_IGNORE)"
        )
        self.con.execute("CREATE OR REPLACE TEMP TABLE nothing AS SELECT * FROM interactions LIMIT 0")
        self.con.execute("DROP TABLE interactions")
        return int(last) + 1

    def batches(self, chunks: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows, chunk by chunk."""
        for chunk in range(chunks):
            if chunks > 1:
                self._stage(chunk)
            plan = self._walked()
            self._run((crediting(plan),), plan)
            relation = self.con.sql(plan.sql, params=plan.used(plan.sql))
            yield from _read(relation.to_arrow_reader(BATCH))
            if self.request.estimated_kernels:
                self._add("earned_before", plan)
        if self.request.estimated_kernels and not self.request.filters_credits:
            yield from self._unheld()

    def add_up(self, chunks: int) -> None:
        """Stage ``earned_in_all``, what the interactions of every state earn before scaling, chunk by chunk."""
        for name in ("earned_in_all", "earned_before"):
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {nothing(self.request)}")
        for chunk in range(chunks):
            if chunks > 1:
                self._stage(chunk)
            self._add("earned_in_all", self._walked())

    def _add(self, table: str, plan: Plan) -> None:
        """Add what states earn in the journeys at hand to a table of what they earned elsewhere."""
        self._run(earning_steps(plan, self.request), plan)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {gathered(self.request, (table, 'earned_now'))}")

    def _unheld(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows of what states are credited with that no converting journey holds."""
        sql = unheld_rows(self.request, self.columns)
        shown = _schema(_columns(self.request, self.columns), self.columns, self.request)
        found = self.con.sql(sql, params=used_values(sql, self.request.binder.values)).to_arrow_table()
        yield from found.cast(shown).to_batches()

    def _stage(self, chunk: int) -> None:
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE conversions AS SELECT * EXCLUDE (chunk) FROM numbered WHERE chunk = {chunk}"
        )
        files = ", ".join(literal(str(path)) for path in sorted(self.folder.glob(f"chunk={chunk}/*")))
        source = f"read_parquet([{files}], hive_partitioning = false)" if files else "nothing"
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE interactions AS SELECT * FROM {source}")

    def _walked(self) -> Plan:
        """Walk the journeys of the interactions that are staged; return the plan of their rows."""
        plan = compile_ledger(self.request, self.columns)
        self._run(walking(plan), plan)
        if plan.ties is not None and self.con.execute(plan.ties).fetchall():
            plan = compile_ledger(self.request.in_full(), self.columns)
            self._run(walking(plan), plan)
        return plan

    def _run(self, steps: Sequence[Step], plan: Plan) -> None:
        for step in steps:
            self.con.execute(step.sql, plan.used(step.sql))


def _read(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Yield the batches; what goes wrong in the query while they are made is no error of the file they go to."""
    import pyarrow as pa

    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except (pa.ArrowException, OSError, RuntimeError) as error:
            if "interrupt" in str(error).lower():
                raise KeyboardInterrupt from error
            raise AttribError(
                f"the ledger could not be computed to its end: {str(error).strip().splitlines()[0]}",
                hint="Raise the memory limit (ATTRIB_MEMORY_LIMIT=4GB), or choose a shorter period.",
            ) from error
        yield batch


def _prepare(session: Session, spec: ReportSpec, clock: Clock) -> tuple[Request, tuple[LedgerColumn, ...], list[str]]:
    if spec.compare is not None:
        raise UsageError("a ledger compares no periods", hint="Leave out --compare, or export one ledger for each.")
    if spec.transitions or spec.fit.confidence is not None:
        raise UsageError(
            "a ledger has neither a transition matrix nor intervals",
            hint="Leave out --ledger, or --transitions and --confidence.",
        )
    at_hand = session.kinds().get("touchpoints", {})
    known = [TOUCHPOINT_ID] if "touchpoint_id" in at_hand else []
    known += [_CONTACT, OCCURRED_AT]
    known += ["campaign"] if "campaign_id" in at_hand else []
    known += [f"touchpoint.{name}" for name in _KNOWN if name in at_hand]
    more = [name for name in spec.by if name != "campaign"]
    kind = choose_type(spec.type)
    fit = spec.fit
    if any(model.estimated for model in choose_models(spec.models, kind, session.settings.models)):
        fit = replace(fit, states=tuple(field.name for field in states(spec, kind, session.kinds())))
    plain = replace(spec, by=(*known, "position", *more), measures=(), sort=(), limit=None, fit=fit)
    request, warnings = session.prepare(plain, clock)
    columns = _headers(request, len(known) + 1)
    return replace(request, dimensions=(*request.dimensions, ROW)), columns, warnings


def _headers(request: Request, own: int) -> tuple[LedgerColumn, ...]:
    """Return the columns in order: who and when, the interaction's own, then what else was asked for."""
    taken = {"conversion_id", "converted_at", "value", *(name for m in request.models for name in model_columns(m))}
    columns: list[LedgerColumn] = []
    seen: set[tuple[str, str]] = set()
    for number, field in enumerate(request.dimensions):
        if (field.table, field.column) in seen:
            continue
        seen.add((field.table, field.column))
        header = field.column if number < own and field.level == "interaction" else field.name
        if header in taken:
            header = f"{PREFIXES[field.table]}.{field.column}"
        taken.add(header)
        columns.append(LedgerColumn(header=header, number=number))
    first = {"contact_id": 0, "touchpoint_id": 1, "occurred_at": 2}
    return tuple(sorted(columns, key=lambda column: first.get(column.header, 3) if column.number < own else 4))


def _columns(request: Request, columns: tuple[LedgerColumn, ...]) -> tuple[Column, ...]:
    kind = request.report_type
    value: Unit = "currency" if kind.valued else "contacts"
    found = [Column(name="conversion_id", role="dimension"), Column(name="converted_at", role="dimension")]
    found.append(Column(name="value", role="measure", unit=value))
    for column in columns:
        money = request.dimensions[column.number].kind == "decimal"
        found.append(
            Column(name=column.header, role="measure" if money else "dimension", unit="currency" if money else "text")
        )
    for model in request.models:
        share, credit = model_columns(model)
        found.append(Column(name=share, role="measure", unit="share", additive=True))
        found.append(Column(name=credit, role="measure", unit=value, additive=True))
    return tuple(found)


def _schema(shown: tuple[Column, ...], columns: tuple[LedgerColumn, ...], request: Request) -> pa.Schema:
    import pyarrow as pa

    moments = {"converted_at", *(c.header for c in columns if request.dimensions[c.number].kind == "timestamp")}

    def type_of(column: Column) -> pa.DataType:
        if column.name in moments:
            return pa.timestamp("us")
        return pa.string() if column.unit == "text" else pa.decimal128(38, 6)

    return pa.schema([pa.field(column.name, type_of(column)) for column in shown])
