"""The whole query of a report: steps that stage what several later ones read, and the SELECT of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.sql import (
    campaigns,
    conversions,
    credits,
    cube,
    decay,
    journeys,
    paths,
    performance,
    report_lines,
    report_rows,
    resampling,
    spend,
    states,
)
from attrib_cli.engine.sql.candidates import journey_parts
from attrib_cli.engine.sql.cte import Cte, Value, each_once, used_values, with_clause
from attrib_cli.engine.sql.id_joins import contacts_of_conversions
from attrib_cli.engine.sql.non_converting import non_converting_journeys
from attrib_cli.engine.sql.resolved import Request

Round = Literal["values", "states", "paths", "credit"]
"""What a step is part of: `values`, `paths` and `credit` are gathered where the journeys are, one after the other;
`states` follows from the values of all journeys."""


@frozen
class Step:
    """One table to stage, the parts that only it reads, and the round that it is part of."""

    target: Cte
    using: tuple[Cte, ...] = ()
    round: Round = "credit"

    @property
    def sql(self) -> str:
        """The statement that stages the table, with placeholders."""
        return f"CREATE OR REPLACE TEMP TABLE {self.target.name} AS\n{with_clause(self.using)}{self.target.sql}"


@frozen
class Plan:
    """A compiled report, cut at the credit cube.

    `steps` lead to it: they are heavy, and what they stage for the report adds up over shards of the journeys. `parts`
    and `select` follow: they are small and exact, and read what the steps of all shards add up to. `ties` is a query
    of the cube that returns a row where the order of interactions left two of a journey alike. `draws` stages what the
    intervals of rows are read from, before `select`.
    """

    steps: tuple[Step, ...]
    parts: tuple[Cte, ...]
    select: str
    values: Mapping[str, Value]
    ties: str | None
    draws: Step | None = None

    def of(self, *rounds: Round) -> tuple[Step, ...]:
        """The steps of some rounds, in order."""
        return tuple(step for step in self.steps if step.round in rounds)

    @property
    def sql(self) -> str:
        """The statement of the rows, over the staged tables, with placeholders."""
        return with_clause(self.parts) + self.select

    def all_parts(self) -> list[Cte]:
        """Every part of the plan once, each after those that it reads; what is staged is computed once."""
        parts: dict[str, Cte] = {}
        for step in self.steps:
            for part in step.using:
                parts.setdefault(part.name, part)
            parts.setdefault(step.target.name, replace(step.target, materialized=True))
        for part in self.parts:
            parts.setdefault(part.name, part)
        return list(parts.values())

    def used(self, sql: str) -> dict[str, Value]:
        """The values that `sql`, one of the plan's statements, has placeholders for."""
        return used_values(sql, self.values)


def gathered(request: Request, *, narrow: bool = False) -> list[Step]:
    """The steps up to the interactions of all journeys, and what data-driven models are to weigh in them.

    `narrow` is for few conversions among all that there are.
    """
    first: Round = "credit" if request.data_driven is None else "values"
    pairs = contacts_of_conversions(request) if request.report_type.pooled else ()
    before = each_once((*pairs, *conversions.histories(request), *journey_parts(request, narrow=narrow)))
    steps = [Step(target=conversions.conversions(request), using=before, round=first)]
    if request.report_type.pooled:
        members = conversions.members(request, narrow=narrow)
        steps.append(Step(target=members, using=conversions.cycles(request), round=first))
    named = campaigns.campaign_parts(request) if request.eligible_by_campaign else ()
    if request.data_driven is None:
        return [*steps, Step(target=journeys.interactions(request), using=named)]
    steps.append(Step(target=states.values(request, request.data_driven), round=first))
    steps.append(Step(target=journeys.interactions(request), using=named, round=first))
    steps += [Step(target=part, using=named, round=first) for part in non_converting_journeys(request)]
    *sources, counts = paths.value_counts(request)
    steps.append(Step(target=counts, using=tuple(sources), round=first))
    *texts, known = states.known_states(request, request.data_driven)
    steps.append(Step(target=known, using=(*campaigns.campaign_parts(request), *texts), round="states"))
    steps.append(Step(target=states.states(request, request.data_driven), round="paths"))
    return [*steps, *(Step(target=part) for part in states.estimates(request))]


def compile_plan(request: Request) -> Plan:
    """Turn a request into its plan: conversions, members, journeys, the credit cube, then every model at once."""
    steps = gathered(request)
    eligible = journeys.eligible_interactions(request)
    placed = journeys.placed(request)
    masked = decay.masked(request)
    touched = performance.touched(request)
    performed = performance.performance(request)
    steps.append(Step(target=journeys.journey_totals(request), using=eligible))
    walked = (*decay.old_journeys(request), *journeys.journeys(request))
    if not request.plain_conversions:
        # staged, since DuckDB joins what has statistics quicker: ids close to each other are looked up without hashing
        steps.append(Step(target=walked[-1], using=(*eligible, *walked[:-1])))
        walked = ()
    found = (*eligible, *walked, *states.presences(request))
    if touched:
        steps.append(Step(target=placed, using=found))
    names = campaigns.campaign_parts(request)
    sources = masked if touched else (*found, placed, *masked)
    if request.groups_drawn:
        uncut = replace(request, uncut=True)
        steps.append(Step(target=resampling.grouped_cells(cube.cube(uncut)), using=sources))
        steps.append(Step(target=resampling.whole_cube(request)))
        *credited, last = resampling.sampled(request)
        steps.append(Step(target=last, using=(*names, *spend.spend(request), *credited)))
    else:
        steps.append(Step(target=cube.cube(request), using=sources))
    if touched:
        steps.append(Step(target=touched[-1], using=(*names, credits.models(request), *touched[:-1])))
    if performed:
        steps.append(Step(target=performed[-1], using=(*names, *performed[:-1])))
    result = report_rows.result(request)
    before = (
        *names,
        *spend.spend(request),
        *states.estimates(request),
        *states.cells(request),
        credits.models(request),
        credits.labelled(request),
        *credits.credits(request),
        *credits.apportioned(request),
        *report_lines.lines(request),
    )
    draws = None
    if result.draws:
        draws = Step(target=result.draws[-1], using=(*before, *result.draws[:-1]))
    unique = request.order_key in ("row", "full") or not request.positions
    return Plan(
        steps=tuple(steps),
        parts=(*before, *result.parts),
        select=result.select,
        draws=draws,
        values=request.binder.values,
        ties=None if unique else cube.ties(request),
    )
