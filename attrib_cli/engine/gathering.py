"""Gathering: from the tables to a partial. It is heavy, and done where the journeys are: all of them, or one shard."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attrib_cli.engine import checks
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.partial import Partial, digest, shapes
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.relations import as_sql
from attrib_cli.engine.sources.loading import telling_how_far
from attrib_cli.engine.sql.cube import attributed
from attrib_cli.engine.sql.plan import Plan, Round, Step, compile_plan
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    import duckdb

_DOING = {
    "conversions": "finding the conversions",
    "members": "finding whose interactions count",
    "state_values": "finding the states",
    "interactions": "gathering the interactions",
    "non_converting_contacts": "gathering journeys without conversion",
    "non_converting_contacts_end": "gathering journeys without conversion",
    "non_converting_deals": "gathering journeys without conversion",
    "non_converting_deals_end": "gathering journeys without conversion",
    "value_counts": "finding the states",
    "known_states": "finding the states",
    "states": "finding the states",
    "estimates": "estimating the models",
    "journey_totals": "walking the journeys",
    "journeys": "joining journeys with their conversions",
    "placed": "placing the interactions",
    "cube": "filling the credit cube",
    "cells_of_groups": "filling the credit cube",
    "sampled": "crediting groups of conversions",
    "touched": "counting the conversions touched",
    "performed": "measuring campaign performance",
}


def stage(con: duckdb.DuckDBPyConnection, steps: Iterable[Step], plan: Plan, clock: Clock) -> None:
    """Stage the tables of some steps of a plan."""
    for step in steps:
        doing = _DOING[step.target.name]
        with clock.step(doing), telling_how_far(con, doing, clock.progress):
            con.execute(step.sql, plan.used(step.sql))


def gather(
    con: duckdb.DuckDBPyConnection, request: Request, round_: Round = "credit", clock: Clock | None = None
) -> Partial:
    """Return the partial of one round of `request`, of all journeys or of its shard; see `Gatherer.gather`.

    Where several rounds are gathered on one connection, a `Gatherer` does not stage again what earlier ones have.
    """
    return Gatherer(con=con, request=request, clock=clock or Clock(None)).gather(round_)


@dataclass(kw_only=True, eq=False, repr=False)
class Gatherer:
    """Gathers the partials of one request on a connection, round by round; what a round staged serves the next.

    `request` says by its `shard` which part of the journeys is meant. Its tables must be at hand, whole or as
    `sharding.restricted` says. `staged` names the tables that are staged already.
    """

    con: duckdb.DuckDBPyConnection
    request: Request
    clock: Clock
    unusable: dict[str, int] = field(default_factory=dict)
    staged: set[str] = field(default_factory=set)

    def gather(self, round_: Round) -> Partial:
        """Return the partial of a round, whose tables are staged under their own names.

        ``paths`` takes `request.known_states`, and ``credit`` besides `request.estimates`: set `request` to one that
        has them. Raises CheckError for data that contradict themselves.
        """
        request, plan = self.request, compile_plan(self.request)
        if request.data_driven is not None:
            self._run(plan, "values")
        if request.data_driven is not None and round_ != "values":
            stage_known_states(self.con, request)
            self._run(plan, "paths")
        if round_ == "paths":
            from attrib_cli.engine.data_driven.counting import stage_paths

            if not stage_paths(self.con, request, self.clock):
                return self._again(round_)
        if round_ == "credit":
            self._run(plan, "credit", until="cube")
            if plan.ties is not None and self.con.execute(plan.ties).fetchall():
                return self._again(round_)
            self._run(plan, "credit")
        self._count(round_)
        shard = request.shard is not None
        tables = {name: name for name, shape in shapes(request, round_).items() if shard or not shape.of_shards}
        return Partial(round=round_, digest=digest(request), tables=tables)

    def stage_round(self, round_: Round) -> None:
        """Stage what a round reads the journeys from, without counting anything in them."""
        if self.request.data_driven is not None and round_ != "values":
            stage_known_states(self.con, self.request)
        self._run(compile_plan(self.request), round_)

    def _again(self, round_: Round) -> Partial:
        """Gather with interactions ordered in full: two of one journey were taken for one another.

        What is staged before the first table that this changes stands.
        """
        before, self.request = compile_plan(self.request), self.request.in_full()
        after = {step.target.name: step.sql for step in compile_plan(self.request).steps}
        same = itertools.takewhile(lambda step: after.get(step.target.name) == step.sql, before.steps)
        self.staged &= {step.target.name for step in same}
        return self.gather(round_)

    def _run(self, plan: Plan, round_: Round, until: str | None = None) -> None:
        """Stage what a round stages and is not staged yet, up to the table `until`."""
        for step in plan.of(round_):
            name = step.target.name
            if name not in self.staged:
                stage(self.con, (step,), plan, self.clock)
                self.staged.add(name)
            if name == until:
                return

    def _count(self, round_: Round) -> None:
        """Stage what the line under a report counts, beside what the cube does."""
        request, con = self.request, self.con
        rows = [("left out", name, n) for name, n in checks.left_out(con, request)]
        rows.append(("unusable", "touchpoints", self._unusable()))
        if round_ == "paths" and request.spec.transitions:
            rows += [("conversions", *row) for row in con.execute(attributed(request)).fetchall()]
        values = ", ".join(f"({literal(kind)}, {literal(name)}, {n})" for kind, name, n in rows)
        sizes = "".join(
            f"\nUNION ALL SELECT 'rows', {literal(name)}, count(*) FROM {name}" for name in sorted(self.staged)
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE counts AS SELECT kind, name, CAST(n AS BIGINT) AS n\n"
            f"FROM (VALUES {values}) AS v(kind, name, n){sizes}"
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE moments AS\n"
            "SELECT min(converted_at) AS first, max(converted_at) AS last FROM conversions WHERE period = 0"
        )

    def _unusable(self) -> int:
        """Count touchpoints that can be in no journey, once for each relation: `unusable` remembers them."""
        relation = self.request.tables["touchpoints"].relation
        if relation not in self.unusable:
            self.unusable[relation] = checks.unusable_touchpoints(self.con, self.request)
        return self.unusable[relation]


def stage_known_states(con: duckdb.DuckDBPyConnection, request: Request) -> None:
    """Stage the states of all journeys under their own name, unless they are."""
    if request.known_states != "known_states":
        source = as_sql(con, "known_states", request.known_states)
        con.execute(f"CREATE OR REPLACE TEMP TABLE known_states AS SELECT * FROM {source}")
