"""The way through a ledger's journeys: conversions in order, a few of them at a time, so that memory stays what it is.

The conversions go to a file, sorted. Then as many of them as `RANGE` interactions lead to are taken from it, their
interactions are gathered from the source, and their journeys walked in chunks. What is in memory is a range and a
chunk, whatever the number of rows; the price is that each range reads the touchpoints once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine import checks
from attrib_cli.engine.backends.local import LocalBackend
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.finishing import Counted
from attrib_cli.engine.gathering import stage, stage_known_states
from attrib_cli.engine.ledger.columns import LedgerColumn
from attrib_cli.engine.ledger.rows import (
    as_decimals,
    compile_ledger,
    converting,
    counts,
    crediting,
    earning_steps,
    gathering,
    numbered,
    ordered,
    rows_without_conversions,
    walking,
)
from attrib_cli.engine.ledger.state_credits import gathered, nothing
from attrib_cli.engine.quoting import literal, path_literal
from attrib_cli.engine.resources import usual_memory
from attrib_cli.engine.session import Session
from attrib_cli.engine.sql.cte import used_values
from attrib_cli.engine.sql.plan import Plan, Step
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.states import estimates

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 16_384
"""Rows of a batch."""

CHUNK = 200_000
"""Interactions whose journeys are walked at once."""

RANGE = 1_000_000
"""Interactions that are gathered at once."""

FIRST = 20_000
"""Conversions of the first range, which shows how many interactions lead to one."""

_MEMORY = 320
"""Megabytes that DuckDB has for the walk, however long it is: it would gain nothing by more."""

_GIANT = 2 * CHUNK
"""Interactions of a chunk, which must then be one journey, beyond which it gets `_EACH` bytes more for each."""

_EACH = 300


@dataclass(kw_only=True)
class LedgerReader:
    """The journeys of `request`, whose conversions stand in `file` in the order of the ledger.

    `whole` says that there are no other journeys: then states that no converting journey holds have rows here.
    """

    session: Session
    request: Request
    columns: tuple[LedgerColumn, ...]
    file: Path
    whole: bool = True
    unusable: int = 0
    _conversions: int = 0
    _attributed: int = 0
    _excluded: int = 0
    _days: tuple[dt.datetime | None, dt.datetime | None] = (None, None)

    def begin(self) -> None:
        """Put the conversions into the file."""
        con = self.session.con
        self.unusable = checks.unusable_touchpoints(con, self.request)
        self._give(0)
        plan = self._plan()
        query = ordered(plan)
        con.execute(f"COPY (\n{query}\n) TO {literal(str(self.file))} (FORMAT parquet)", plan.used(query))
        source = f"read_parquet({path_literal(str(self.file))})"
        self._conversions, *days = con.execute(
            f"SELECT count(*), min(converted_at), max(converted_at) FROM {source}"
        ).fetchall()[0]
        self._days = (days[0], days[1])

    def end(self) -> None:
        """Give the session its memory back."""
        if not self.session.bounded:
            self.session.con.execute(f"SET memory_limit = '{usual_memory()}'")

    def estimate(self, clock: Clock) -> None:
        """Estimate the data-driven models from all journeys, and add up what states earn in them, range by range.

        This alone needs memory for all journeys; they are let go of before the ledger is walked.
        """
        con, plan = self.session.con, self._plan()
        self.end()
        whole = converting(plan)
        con.execute(whole.sql, plan.used(whole.sql))
        self.request = self.request.in_full()
        backend = LocalBackend()
        gathering = backend.begin(con, self.request, clock, staged=("conversions",))
        self.request = self.session.estimated(self.request, gathering, clock)
        for table in ("non_converting_contacts", "non_converting_deals", "steps", "coalitions", "interactions"):
            con.execute(f"DROP TABLE IF EXISTS {table}")
        self._give(0)
        self.earn(clock)

    def take_states(self) -> None:
        """Stage the states of all journeys, which the request brings, as far as they are at hand here."""
        con, plan = self.session.con, self._plan()
        stage_known_states(con, self.request)
        self._run([step for step in plan.steps if step.target.name in ("state_values", "states")], plan)

    def earn(self, clock: Clock) -> None:
        """Add up what states earn in these journeys as ``earned_in_all``, range by range; the walk begins anew then."""
        con = self.session.con
        for part in estimates(self.request):
            con.execute(Step(target=part).sql)
        if not self.request.estimated_kernels:
            return
        for name in ("earned_in_all", "earned_before"):
            con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {nothing(self.request)}")
        with clock.step("adding up what states earn"):
            for plan in self._plans():
                self._add("earned_in_all", plan)
        self._attributed = self._excluded = 0

    def take_earned(self, in_all: pa.Table, before: pa.Table) -> None:
        """Stage what states earn in all journeys, and in those whose rows come before these; see `earn`."""
        con = self.session.con
        for part in estimates(self.request):
            con.execute(Step(target=part).sql)
        for name, table in (("earned_in_all", in_all), ("earned_before", before)):
            con.register("earned_elsewhere", table)
            con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {gathered(self.request, ('earned_elsewhere',))}")
            con.unregister("earned_elsewhere")

    def _add(self, table: str, plan: Plan) -> None:
        """Add what states earn in the journeys at hand to a table of what they earned elsewhere."""
        self._run(earning_steps(plan, self.request), plan)
        both = gathered(self.request, (table, "earned_now"))
        self.session.con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {both}")

    def states_without_conversions(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield the rows of what states are credited with that no converting journey holds; none for some credits."""
        if not self.request.estimated_kernels or self.request.filters_credits:
            return
        sql = rows_without_conversions(self.request, self.columns)
        found = self.session.con.sql(sql, params=used_values(sql, self.request.binder.values)).to_arrow_table()
        yield from (as_decimals(batch, schema) for batch in found.to_batches())

    def counted(self) -> Counted:
        """Return what was counted on the way, which is all of it once the batches have been read."""
        return Counted(
            attributed=self._attributed,
            unattributed=self._conversions - self._attributed,
            excluded=self._excluded,
            first=self._days[0],
            last=self._days[1],
        )

    def batches(self, schema: pa.Schema) -> Generator[pa.RecordBatch, None, None]:
        """Yield the rows in order, as `schema` has them; raises what a report raises.

        The session can be asked nothing else until they have been read to the end, or closed.
        """
        for plan in self._plans():
            with self.session.translated():
                self._run((crediting(plan),), plan)
                reader = self.session.con.sql(plan.sql, params=plan.used(plan.sql)).to_arrow_reader(BATCH)
            with reader:
                yield from (as_decimals(batch, schema) for batch in _read(reader))
            if self.request.estimated_kernels:
                with self.session.translated():
                    self._add("earned_before", plan)
        if self.whole:
            yield from self.states_without_conversions(schema)

    def _plans(self) -> Iterator[Plan]:
        """Yield the plan of the journeys at hand, when they have been walked, a few at a time and in order."""
        at, size = 0, FIRST
        while at < self._conversions:
            with self.session.translated():
                found = self._gather(at, at + size)
                chunks = self._number() if found > CHUNK else 1
            for chunk in range(chunks):
                with self.session.translated():
                    self._give(self._stage(chunk) if chunks > 1 else found)
                    plan = self._compute()
                yield plan
            at += size
            size = max(1, min(4 * size, size * RANGE // max(found, 1)))

    def _plan(self) -> Plan:
        return compile_ledger(self.request.in_full(), self.columns)

    def _gather(self, start: int, end: int) -> int:
        """Stage the conversions from `start` up to, not including, `end`, and their interactions; count these."""
        con = self.session.con
        con.execute(
            "CREATE OR REPLACE TEMP TABLE conversions AS SELECT * EXCLUDE (file_row_number) "
            f"FROM read_parquet({path_literal(str(self.file))}, file_row_number = true) "
            f"WHERE file_row_number >= {start} AND file_row_number < {end}"
        )
        plan = gathering(self._plan())
        for step in plan.steps:
            stage(con, (step,), plan, Clock(self.session.progress))
        attributed, excluded, found = con.execute(counts(self.request)).fetchall()[0]
        self._attributed += attributed
        self._excluded += excluded
        return int(found)

    def _number(self) -> int:
        """Share the conversions at hand out among chunks, and count the chunks."""
        con = self.session.con
        con.execute(Step(target=numbered(CHUNK)).sql)
        con.execute("DROP TABLE IF EXISTS gathered")
        con.execute("ALTER TABLE interactions RENAME TO gathered")
        return int(con.execute("SELECT max(chunk) FROM numbered").fetchall()[0][0]) + 1

    def _give(self, rows: int) -> None:
        """Give DuckDB the memory to walk so many interactions at once, unless the session was given one limit."""
        if not self.session.bounded:
            more = max(0, rows - _GIANT) * _EACH // 1_000_000
            self.session.con.execute(f"SET memory_limit = '{_MEMORY + more}MB'")

    def _stage(self, chunk: int) -> int:
        """Stage a chunk's conversions and interactions under the names of the whole; count the interactions."""
        con = self.session.con
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE conversions AS SELECT * EXCLUDE (chunk) FROM numbered WHERE chunk = {chunk}"
        )
        (rows,) = con.execute(
            "CREATE OR REPLACE TEMP TABLE interactions AS SELECT * FROM gathered AS i "
            "WHERE i.conversion IN (SELECT conversion FROM conversions)"
        ).fetchall()[0]
        return int(rows)

    def _compute(self) -> Plan:
        """Walk the journeys of the interactions that are staged; return the plan of their rows."""
        plan = compile_ledger(self.request, self.columns)
        self._run(walking(plan), plan)
        if plan.ties is not None and self.session.con.execute(plan.ties).fetchall():
            plan = self._plan()
            self._run(walking(plan), plan)
        return plan

    def _run(self, steps: Sequence[Step], plan: Plan) -> None:
        for step in steps:
            self.session.con.execute(step.sql, plan.used(step.sql))


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
                hint="Raise the memory limit (--memory 4GB), or choose a shorter period.",
            ) from error
        yield batch
