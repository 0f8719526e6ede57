"""Finishing: from the partials of all shards to a report. Small, exact and in one place, whoever gathered them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from attrib_cli.engine.campaign_checks import campaign_notes, interactions_name_others
from attrib_cli.engine.checks import left_out_reasons
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.doubt_notes import doubt_notes
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.gathering import stage, stage_known_states
from attrib_cli.engine.join_checks import campaign_join_notes
from attrib_cli.engine.notes import Note
from attrib_cli.engine.partial import Partial, combine
from attrib_cli.engine.report import Column, Report, Row, Summary
from attrib_cli.engine.spelling import spelling_notes
from attrib_cli.engine.sql.cube import counted_cells
from attrib_cli.engine.sql.draws import group_weights
from attrib_cli.engine.sql.figures import figures_of, is_additive
from attrib_cli.engine.sql.intervals import MOST_ROWS, rows_drawn
from attrib_cli.engine.sql.plan import Plan, Step, compile_plan
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.transitions import transitions
from attrib_cli.engine.zones import time_zone

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.estimate import Estimation


def with_states(
    con: duckdb.DuckDBPyConnection, request: Request, partials: Sequence[Partial], clock: Clock | None = None
) -> Request:
    """Return the request with the states of all journeys, from the partials of the round ``values``.

    `known_states` is staged on `con`: take it along, as a relation, to who gathers the next round elsewhere.
    """
    combine(con, request, "values", partials)
    plan = compile_plan(request)
    stage(con, plan.of("states"), plan, clock or Clock(None))
    return replace(request, known_states="known_states")


def with_estimates(
    con: duckdb.DuckDBPyConnection, request: Request, partials: Sequence[Partial], clock: Clock | None = None
) -> tuple[Request, Estimation]:
    """Return the request with what its data-driven models estimate, from the partials of the round ``paths``."""
    from attrib_cli.engine.data_driven.estimate import estimate

    combine(con, request, "paths", partials)
    stage_known_states(con, request)
    with (clock or Clock(None)).step("estimating the models"):
        found = estimate(con, request)
    return replace(request, estimates=found.estimates, estimation_notes=found.notes), found


def finish(
    con: duckdb.DuckDBPyConnection, request: Request, partials: Sequence[Partial], clock: Clock | None = None
) -> Report:
    """Return the report of `request` from the partials of the round ``credit``: one of each shard, in any order.

    The tables ``campaigns`` and ``campaign_spend`` of the request must be at hand, since they name and cost what the
    journeys do not know (and ``touchpoints``, where spend is asked for without ``campaigns``). Raises UsageError for
    partials that are not of this request.
    """
    clock = clock or Clock(None)
    combine(con, request, "credit", partials)
    if request.data_driven is not None:
        stage_known_states(con, request)
    plan = compile_plan(request)
    if plan.draws is not None:
        with clock.step("drawing the conversions again"):
            _stage_draws(con, request, plan, plan.draws)
    with clock.step("computing the models"):
        found = con.execute(plan.sql, plan.used(plan.sql)).fetchall()
    columns = [Column(name=f.name, role="dimension") for f in request.dimensions]
    columns.append(Column(name="model", role="model"))
    for figure in figures_of(request):
        measure = figure.measure
        columns.append(
            Column(
                name=figure.name,
                role="measure",
                unit=measure.change if figure.kind == "change" else measure.unit,
                additive=is_additive(request, measure) and figure.kind != "change" and figure.end is None,
                better=measure.better if figure.kind in ("change", "difference") and figure.end is None else None,
                of=figure.of,
            )
        )
    rows = tuple(cast(Row, row[1:]) for row in found if row[0] is not None)
    texts = [field.name for field in request.dimensions if field.kind == "text" and field.from_data]
    counts = _counts(con)
    cells = con.execute(counted_cells()).fetchall()
    staged = [step.target.name for step in plan.of("values", "paths", "credit")]
    sizes = [(f"rows of {name}", table.rows) for name, table in request.tables.items() if table.rows is not None]
    sizes += [(f"rows of {name}", counts["rows"][name]) for name in staged if name in counts["rows"]]
    counted = summary(request, _counted(con, dict(cells)), counts["left out"])
    others = interactions_name_others(con, request)
    return Report(
        spec=request.spec,
        settings=request.settings,
        columns=tuple(columns),
        rows=rows,
        totals=tuple(cast(Row, row[1:]) for row in found if row[0] is None),
        summary=counted,
        notes=(
            *request.notes,
            *unusable(counts["unusable"]["touchpoints"]),
            *request.estimation_notes,
            *doubt_notes(con, request, rows, counted),
            *(campaign_join_notes(con, request) if others else ()),
            *campaign_notes(con, request, others=others),
            *spelling_notes(columns, rows, texts),
        ),
        sql=plan.sql,
        timings=tuple(clock.timings),
        counts=tuple(sizes),
    )


def finish_transitions(
    con: duckdb.DuckDBPyConnection, request: Request, partials: Sequence[Partial], clock: Clock | None = None
) -> Report:
    """Return the transition matrix of the Markov chain of `request`, from the partials of the round ``paths``.

    Its rows are from, to, model, how often and how likely.
    """
    clock = clock or Clock(None)
    request, found = with_estimates(con, request, partials, clock)
    parts, select = transitions(request, request.estimation)
    plan = Plan(steps=(), parts=parts, select=select, values=request.binder.values, ties=None)
    rows = con.execute(plan.sql, plan.used(plan.sql)).fetchall()
    counts = _counts(con)
    return Report(
        spec=request.spec,
        settings=request.settings,
        columns=(
            Column(name="from", role="dimension"),
            Column(name="to", role="dimension"),
            Column(name="model", role="model"),
            Column(name="transitions", role="measure", unit="count", additive=True),
            Column(name="probability", role="measure", unit="share"),
        ),
        rows=tuple(cast(Row, row) for row in rows),
        totals=((None, None, request.models[0].name, sum(row[3] for row in rows), None),),
        summary=summary(request, _counted(con, counts["conversions"]), counts["left out"]),
        notes=(*request.notes, *unusable(counts["unusable"]["touchpoints"]), *found.notes),
        timings=tuple(clock.timings),
    )


def _stage_draws(con: duckdb.DuckDBPyConnection, request: Request, plan: Plan, draws: Step) -> None:
    """Stage ``row_draws``, what every row has in every replicate; raises UsageError for more rows than can be drawn."""
    if request.groups_drawn:
        found = con.execute(rows_drawn(request)).fetchall()[0][0]
        if found > MOST_ROWS and request.limit is None:
            raise UsageError(
                f"intervals of {found:,} rows are more than can be drawn, which is {MOST_ROWS:,}",
                hint="Give --limit, which makes one row of all others, or cut the report by less.",
                place="--confidence",
            )
        weights = group_weights(request)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {weights.name} AS\n{weights.sql}")
    con.execute(draws.sql, plan.used(draws.sql))


@frozen
class Counted:
    """Conversions with interactions and without, interactions excluded, and the first and last conversion (UTC)."""

    attributed: int
    unattributed: int
    excluded: int
    first: dt.datetime | None
    last: dt.datetime | None


def _counts(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Read what the partials counted, by kind and name."""
    found: dict[str, dict[str, int]] = {kind: {} for kind in ("left out", "unusable", "rows", "conversions")}
    for kind, name, n in con.execute("SELECT kind, name, n FROM counts").fetchall():
        found[kind][name] = int(n)
    return found


def _counted(con: duckdb.DuckDBPyConnection, cells: dict[str, int]) -> Counted:
    first, last = con.execute("SELECT first, last FROM moments").fetchall()[0]
    return Counted(
        attributed=int(cells.get("credit", 0)),
        unattributed=int(cells.get("unattributed", 0)),
        excluded=int(cells.get("excluded", 0)),
        first=first,
        last=last,
    )


def unusable(touchpoints: int) -> tuple[Note, ...]:
    """Return the warning about touchpoints that can be in no journey; none without them."""
    if not touchpoints:
        return ()
    text = f"{touchpoints:,} touchpoints without contact_id or occurred_at can be in no journey"
    return (Note(code="unusable-touchpoints", text=text, counts=(("touchpoints", touchpoints),)),)


def summary(request: Request, counted: Counted, left_out: dict[str, int]) -> Summary:
    """Return the line under a report from what was counted on the way to it; `left_out` by reason, zeros too."""
    spec, kind = request.spec, request.report_type
    return Summary(
        type=kind.name,
        conversions=counted.attributed + counted.unattributed,
        with_interactions=counted.attributed,
        without_interactions=counted.unattributed,
        excluded_interactions=counted.excluded,
        left_out=tuple((reason, left_out[reason]) for reason in left_out_reasons(kind) if left_out.get(reason)),
        dates=spec.dates,
        compared_with=spec.compare_dates,
        currency=request.currency,
        first_conversion=None if request.of_paths else _local_day(counted.first, request),
        last_conversion=None if request.of_paths else _local_day(counted.last, request),
    )


def _local_day(moment: dt.datetime | None, request: Request) -> dt.date | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=dt.UTC).astimezone(time_zone(request.settings.timezone)).date()
