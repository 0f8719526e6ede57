"""Run a report: request in, figures out. The library's front door."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from attrib_cli.engine import checks, resolve
from attrib_cli.engine.backends.duckdb import connection
from attrib_cli.engine.conversions import ReportType, choose_type
from attrib_cli.engine.dimensions import Field, Kinds, available_fields, resolve_dimensions
from attrib_cli.engine.models import choose_models
from attrib_cli.engine.report import Column, Report, Row, Summary
from attrib_cli.engine.spec import ReportSpec, Settings, SourceMap
from attrib_cli.engine.sql import Binder, Plan, Request, compile_plan
from attrib_cli.engine.sql.request import OrderKey
from attrib_cli.engine.sql.rows import figure_names

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources import Table

Progress = Callable[[str], None]


@dataclass
class _Clock:
    """What took how long, in the order it was done."""

    progress: Progress | None
    timings: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        if self.progress is not None:
            self.progress(name)
        started = time.perf_counter()
        yield
        self.timings.append((name, time.perf_counter() - started))


def run(
    spec: ReportSpec,
    sources: SourceMap,
    settings: Settings | None = None,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Run one report and return its rows, in display order, with what was counted.

    `threads` and `memory_limit` (such as ``2GB``) bound what the engine uses; neither changes a byte of the report.
    `progress` is told what is being done. Raises UsageError for a request that makes no sense, SourceError for data
    that cannot be read, CheckError for data that contradict themselves.
    """
    settings = settings or Settings()
    clock = _Clock(progress)
    with connection(threads=threads, memory_limit=memory_limit) as con:
        request, warnings = _prepare(con, spec, sources, settings, clock, stage=True)
        plan, request = _compute(con, request, warnings, clock)
        with clock.step("computing the models"):
            found = con.execute(plan.sql, plan.used(plan.sql)).fetchall()
        return _report(con, spec, request, plan, found, warnings, clock)


def explain(spec: ReportSpec, sources: SourceMap, settings: Settings | None = None) -> str:
    """Return the whole query of a report as one statement that runs as it stands in a DuckDB shell."""
    with connection() as con:
        request, _ = _prepare(con, spec, sources, settings or Settings(), _Clock(None), stage=False)
        tables = {name: _defined(table) for name, table in request.tables.items()}
        from dataclasses import replace

        return compile_plan(replace(request, tables=tables).in_full()).printed()


def describe_dimensions(
    type_name: str, sources: SourceMap, settings: Settings | None = None
) -> tuple[tuple[Field, str], ...]:
    """Return every dimension that the data offer a report of this type, with a description each."""
    from attrib_cli.engine.sources import inspect

    report_type = choose_type(type_name)
    with connection() as con:
        heads = inspect(con, sources, settings or Settings())
    kinds: Kinds = {name: {c.name: c.kind for c in head.columns.values()} for name, head in heads.items()}
    return available_fields(report_type, kinds)


def _defined(table: Table) -> Table:
    from dataclasses import replace

    return replace(table, relation=f"({table.definition})")


def _prepare(
    con: duckdb.DuckDBPyConnection,
    spec: ReportSpec,
    sources: SourceMap,
    settings: Settings,
    clock: _Clock,
    *,
    stage: bool,
) -> tuple[Request, list[str]]:
    from attrib_cli.engine.sources import inspect, open_tables

    report_type = choose_type(spec.type)
    models = choose_models(spec.models, report_type, settings.models)
    with clock.step("looking at the sources"):
        heads = inspect(con, sources, settings)
    kinds: Kinds = {name: {c.name: c.kind for c in head.columns.values()} for name, head in heads.items()}
    dimensions = resolve_dimensions(spec.by, report_type, kinds)
    credit, conversion, eligible = resolve.filters(spec, report_type, kinds)
    if spec.campaigns:
        resolve_dimensions(("campaign",), report_type, kinds)
    measures = resolve.measures(spec, report_type, dimensions, credit, conversion)
    fields = [*dimensions, *(bound_field for _, bound_field in (*credit, *conversion, *eligible))]
    lead = any("lead" in model.positions for model in models) or any(f.level == "position" for f in fields)
    needed, optional = resolve.tables_needed(report_type, fields, measures, sources.tables, lead)
    if spec.campaigns and "campaigns" in sources.tables:
        optional.add("campaigns")
    wanted: dict[str, set[str]] = {
        name: {f.column for f in fields if f.table == name} | _engine_columns(name, settings)
        for name in needed | optional
    }
    with clock.step("reading the sources"):
        tables = open_tables(
            con,
            sources,
            settings,
            needed=needed,
            heads=heads,
            optional=optional,
            columns=wanted,
            stage=stage,
            progress=clock.progress,
        )
    warnings: list[str] = []
    _check(con, tables, report_type, warnings, lead=lead and report_type.pooled)
    binder = Binder()
    ranges = resolve.periods(spec.dates, spec.compare_dates, settings)
    request = Request(
        report_type=report_type,
        models=models,
        half_life=spec.half_life,
        dimensions=dimensions,
        measures=measures,
        periods=ranges,
        lookback=spec.lookback,
        campaign_ids=resolve.campaign_ids(con, tables, spec.campaigns),
        credit_filters=credit,
        conversion_filters=conversion,
        eligible=eligible,
        sort=(),
        limit=spec.limit,
        settings=settings,
        currency=None,
        tables=tables,
        order_key=_order_key(tables["touchpoints"]),
        binder=binder,
    )
    from dataclasses import replace

    names = [name for name, _, _ in figure_names(request)]
    request = replace(request, sort=resolve.sort(spec, report_type, dimensions, names))
    return replace(request, currency=_currency(con, request)), warnings


def _engine_columns(table: str, settings: Settings) -> set[str]:
    """The columns that the engine itself may read, beside those of dimensions and filters."""
    own = {
        "touchpoints": {"touchpoint_id", "contact_id", "occurred_at", "campaign_id"},
        "contacts": {"contact_id", "created_at"},
        "deals": {"deal_id", "created_at", "closed_at", "amount", "is_won", "stage", "currency", "contact_id"},
        "deal_contacts": {"deal_id", "contact_id"},
        "campaigns": {"campaign_id", "name", "budget", "spend", "currency"},
        "campaign_spend": {"campaign_id", "spent_on", "amount"},
    }[table]
    if table == "touchpoints":
        own |= {"asset_type"} if settings.exclude_asset_types else set()
        own |= {"interaction_type"} if settings.exclude_interaction_types else set()
    return own


def _check(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    report_type: ReportType,
    warnings: list[str],
    *,
    lead: bool,
) -> None:
    if report_type.won_only:
        checks.require_columns(tables, "deals", ("is_won", "stage"), "a revenue report")
        for column in ("closed_at", "amount"):
            checks.require_columns(tables, "deals", (column,), "a revenue report")
    checks.unique_keys(con, tables, ("contacts", "deals", "campaigns"))
    if report_type.pooled and "deal_contacts" not in tables and "contact_id" not in tables["deals"].columns:
        warnings.append(
            "nothing says whose deals these are (no deal_contacts, no contact_id in deals): all are unattributed"
        )
    if lead and "contacts" not in tables:
        warnings.append("without contacts the lead-creation position cannot be found: its weight goes to the others")
    unusable = checks.unusable_touchpoints(con, tables["touchpoints"])
    if unusable:
        warnings.append(f"{unusable:,} touchpoints without contact_id or occurred_at can be in no journey")


def _order_key(touchpoints: Table) -> OrderKey:
    column = touchpoints.columns.get("touchpoint_id")
    if column is None:
        return "row"
    return "id" if column.type == "BIGINT" else "time"


def _currency(con: duckdb.DuckDBPyConnection, request: Request) -> str | None:
    if not any(measure.unit == "currency" for measure in request.measures) and request.report_type.valued is None:
        return None
    amounts: list[tuple[str, str]] = []
    if request.has("deals", "amount"):
        condition = "s.amount IS NOT NULL"
        if request.report_type.won_only:
            from attrib_cli.engine.sql.request import won

            condition += f" AND {won(request, 's')}"
        amounts.append(("deals", condition))
    if request.needs_spend:
        amounts.append(("campaigns", "true"))
    return checks.report_currency(con, request.tables, request.settings, tuple(amounts))


def _compute(
    con: duckdb.DuckDBPyConnection, request: Request, warnings: list[str], clock: _Clock
) -> tuple[Plan, Request]:
    plan = compile_plan(request)
    _stage(con, plan, clock)
    if plan.ties is not None and con.execute(plan.ties).fetchall():
        request = request.in_full()
        plan = compile_plan(request)
        _stage(con, plan, clock)
    return plan, request


_DOING = {
    "conversions": "finding the conversions",
    "members": "finding whose interactions count",
    "interactions": "gathering the interactions",
    "journeys": "measuring the journeys",
    "placed": "placing the interactions",
    "cube": "walking the journeys",
}


def _stage(con: duckdb.DuckDBPyConnection, plan: Plan, clock: _Clock) -> None:
    for step in plan.steps:
        with clock.step(_DOING[step.target.name]):
            con.execute(step.sql, plan.used(step.sql))


def _report(
    con: duckdb.DuckDBPyConnection,
    spec: ReportSpec,
    request: Request,
    plan: Plan,
    found: list[tuple[object, ...]],
    warnings: list[str],
    clock: _Clock,
) -> Report:
    columns = [Column(name=f.name, role="dimension") for f in request.dimensions]
    columns.append(Column(name="model", role="model"))
    for name, measure, change in figure_names(request):
        columns.append(
            Column(
                name=name,
                role="measure",
                unit="ratio" if change else measure.unit,
                additive=measure.additive and not change and measure.name != "share",
                of=measure.name if name != measure.name else None,
            )
        )
    rows = tuple(cast(Row, row[1:]) for row in found if row[0] is not None)
    totals = tuple(cast(Row, row[1:]) for row in found if row[0] is None)
    summary = _summary(con, spec, request)
    counts = [(f"rows of {name}", table.rows) for name, table in request.tables.items() if table.rows is not None]
    counts += [(f"rows of {step.target.name}", _count(con, step.target.name)) for step in plan.steps]
    return Report(
        spec=spec,
        columns=tuple(columns),
        rows=rows,
        totals=totals,
        summary=summary,
        warnings=tuple(warnings),
        sql=plan.sql,
        timings=tuple(clock.timings),
        counts=tuple(counts),
    )


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _summary(con: duckdb.DuckDBPyConnection, spec: ReportSpec, request: Request) -> Summary:
    attributed, unattributed, excluded = con.execute(
        "SELECT coalesce(sum(n) FILTER (WHERE cell = 'credit'), 0),"
        " coalesce(sum(n) FILTER (WHERE cell = 'unattributed'), 0),"
        " coalesce(sum(n) FILTER (WHERE cell = 'excluded'), 0)"
        " FROM (SELECT cell, sum(interactions) // greatest(length, 1) AS n"
        " FROM cube WHERE period = 0 GROUP BY cell, length) AS s"
    ).fetchall()[0]
    first, last = con.execute(
        "SELECT min(converted_at), max(converted_at) FROM conversions WHERE period = 0"
    ).fetchall()[0]
    return Summary(
        type=request.report_type.name,
        conversions=int(attributed + unattributed),
        with_interactions=int(attributed),
        without_interactions=int(unattributed),
        excluded_interactions=int(excluded),
        left_out=checks.left_out(con, request, request.report_type),
        dates=spec.dates,
        compared_with=spec.compare_dates,
        currency=request.currency,
        first_conversion=_local_day(first, request.settings),
        last_conversion=_local_day(last, request.settings),
    )


def _local_day(moment: dt.datetime | None, settings: Settings) -> dt.date | None:
    from zoneinfo import ZoneInfo

    if moment is None:
        return None
    return moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(settings.timezone)).date()
