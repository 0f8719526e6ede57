"""The whole query of a report: steps that stage what several later ones read, and the SELECT of the report_rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from attrib_cli.engine.sql import (
    campaigns,
    credits,
    cube,
    decay,
    journeys,
    paths,
    performance,
    report_rows,
    spend,
    states,
)
from attrib_cli.engine.sql.cte import Part, Value, used_values, with_clause, with_literals
from attrib_cli.engine.sql.resolved import Request


@dataclass(frozen=True, kw_only=True)
class Step:
    """One table to stage, and the parts that only it reads."""

    target: Part
    using: tuple[Part, ...] = ()

    @property
    def sql(self) -> str:
        """The statement that stages the table, with placeholders."""
        return f"CREATE OR REPLACE TEMP TABLE {self.target.name} AS\n{with_clause(self.using)}{self.target.sql}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A compiled report. `figures` names the columns after ``place``, the dimensions and ``model``."""

    steps: tuple[Step, ...]
    parts: tuple[Part, ...]
    select: str
    values: Mapping[str, Value]
    ties: str | None

    def through(self, name: str) -> Plan:
        """The plan up to and with the step that stages `name`."""
        return replace(self, steps=self.steps[: self._place(name) + 1])

    def after(self, name: str) -> Plan:
        """The plan without the steps up to and with the one that stages `name`."""
        return replace(self, steps=self.steps[self._place(name) + 1 :])

    def _place(self, name: str) -> int:
        return next(place for place, step in enumerate(self.steps) if step.target.name == name)

    @property
    def sql(self) -> str:
        """The statement of the rows, over the staged tables, with placeholders."""
        return with_clause(self.parts) + self.select

    def printed(self) -> str:
        """The report as one statement that runs as it stands in a DuckDB shell."""
        parts: list[Part] = []
        for step in self.steps:
            known = {part.name for part in parts}
            parts += [part for part in step.using if part.name not in known]
            parts.append(replace(step.target, materialized=True))
        known = {part.name for part in parts}
        parts += [part for part in self.parts if part.name not in known]
        return with_literals(with_clause(parts) + self.select, self.values) + ";\n"

    def used(self, sql: str) -> dict[str, Value]:
        """The values that `sql`, one of the plan's statements, has placeholders for."""
        return used_values(sql, self.values)


def gathered(request: Request, *, narrow: bool = False) -> list[Step]:
    """The steps up to the interactions of all journeys, and what data-driven models are to weigh in them.

    `narrow` is for few conversions among all that there are.
    """
    steps = [Step(target=journeys.conversions(request))]
    if request.report_type.pooled:
        steps.append(Step(target=journeys.members(request, narrow=narrow)))
    named = campaigns.campaign_parts(request) if request.eligible_by_campaign else ()
    if request.fit is None:
        return [*steps, Step(target=journeys.interactions(request), using=named)]
    steps.append(Step(target=states.values(request, request.fit)))
    steps.append(Step(target=journeys.interactions(request), using=named))
    steps += [Step(target=part, using=named) for part in paths.non_converting_journeys(request)]
    steps.append(Step(target=paths.found_states(request), using=campaigns.campaign_parts(request)))
    return [*steps, *(Step(target=part) for part in states.estimates(request))]


def compile_plan(request: Request) -> Plan:
    """Turn a request into its plan: conversions, members, journeys, the credit cube, then every model at once."""
    steps = gathered(request)
    eligible = journeys.eligible_interactions(request)
    placed = journeys.placed(request)
    masked = decay.masked(request)
    touched = performance.touched(request)
    steps.append(Step(target=journeys.journey_totals(request), using=(eligible,)))
    found = (eligible, *decay.old_journeys(request), journeys.journeys(request), *states.presences(request))
    if touched:
        steps.append(Step(target=placed, using=found))
    steps.append(Step(target=cube.cube(request), using=masked if touched else (*found, placed, *masked)))
    final, select = report_rows.result(request)
    parts = (
        *campaigns.campaign_parts(request),
        *spend.spend(request),
        *states.cells(request),
        credits.models(request),
        credits.labelled(request),
        *credits.credits(request),
        *credits.apportioned(request),
        *touched,
        *performance.performance(request),
        report_rows.lines(request),
        *final,
    )
    unique = request.order_key in ("row", "full") or not request.positions
    return Plan(
        steps=tuple(steps),
        parts=parts,
        select=select,
        values=request.binder.values,
        ties=None if unique else cube.ties(request),
    )
