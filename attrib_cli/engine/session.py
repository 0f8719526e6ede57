"""A session: one connection and one load of the data, on which any number of reports run."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from attrib_cli.engine import checks, resolve
from attrib_cli.engine.backends.duckdb import WALKING_MEMORY, connection, translated
from attrib_cli.engine.campaign_checks import campaign_notes, campaign_warnings
from attrib_cli.engine.conversions import ReportType, choose_type
from attrib_cli.engine.dimensions import Field, Kinds, available_fields, resolve_dimensions
from attrib_cli.engine.errors import UsageError, at
from attrib_cli.engine.models import choose_models
from attrib_cli.engine.report import Column, Report, Row, Summary
from attrib_cli.engine.spec import ReportSpec, Settings, SourceMap, TableName
from attrib_cli.engine.spelling import spelling_warnings
from attrib_cli.engine.sql import Binder, Plan, Request, compile_plan
from attrib_cli.engine.sql.cube import counted
from attrib_cli.engine.sql.plan import Step
from attrib_cli.engine.sql.report_rows import figures_of
from attrib_cli.engine.sql.resolved import OrderKey

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.estimate import Estimation
    from attrib_cli.engine.sources import Table, TableHead

Progress = Callable[[str], None]


@dataclass
class Clock:
    """What took how long, in the order it was done; `progress` is told what is being done."""

    progress: Progress | None
    timings: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done within, under `name`."""
        if self.progress is not None:
            self.progress(name)
        started = time.perf_counter()
        yield
        self.timings.append((name, time.perf_counter() - started))


@contextmanager
def open_session(
    sources: SourceMap,
    settings: Settings | None = None,
    *,
    shared: bool = True,
    stage: bool = True,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Session]:
    """Yield a session on `sources`.

    A `shared` one loads each table once and whole, for all reports that will read it; otherwise every report loads
    what it needs and no more. Without `stage` CSV files are not loaded, only looked at. `threads` and `memory_limit`
    (such as ``2GB``) bound what the engine uses; neither changes a byte of a report.
    """
    with connection(threads=threads, memory_limit=memory_limit) as con:
        yield Session(
            con=con,
            sources=sources,
            settings=settings or Settings(),
            shared=shared,
            stage=stage,
            progress=progress,
            bounded=memory_limit is not None,
        )


@dataclass(kw_only=True)
class Session:
    """See `open_session`. `con` holds the staged tables of the last report, ``conversions`` and ``cube`` among them."""

    con: duckdb.DuckDBPyConnection
    sources: SourceMap
    settings: Settings
    shared: bool = True
    stage: bool = True
    progress: Progress | None = None
    bounded: bool = False
    _heads: dict[str, TableHead] | None = None
    _tables: dict[str, Table] = field(default_factory=dict)
    _unusable: int | None = None

    def run(self, spec: ReportSpec) -> Report:
        """Run one report and return its rows, in display order, with what was counted.

        Raises UsageError for a request that makes no sense, SourceError for data that cannot be read, CheckError for
        data that contradict themselves, and what `translated` raises; the session serves other reports after each.
        """
        clock = Clock(self.progress)
        with translated():
            if spec.transitions:
                return self._transitions(spec, clock)
            request, warnings = self.prepare(spec, clock)
            plan, request = self.stage_cube(request, clock)
            with clock.step("computing the models"):
                found = self.con.execute(plan.sql, plan.used(plan.sql)).fetchall()
            return _report(self.con, spec, request, plan, found, [*warnings, *request.warnings], clock)

    def heads(self) -> Mapping[str, TableHead]:
        """Return the columns of every table at hand, read once."""
        from attrib_cli.engine.sources import inspect

        if self._heads is None:
            self._heads = dict(inspect(self.con, self.sources, self.settings))
        return self._heads

    def kinds(self) -> Kinds:
        """Return the kind of every column of every table at hand."""
        return {name: {c.name: c.kind for c in head.columns.values()} for name, head in self.heads().items()}

    def dimensions(self, type_name: str) -> tuple[tuple[Field, str], ...]:
        """Return every dimension that the data offer a report of this type, with a description each."""
        return available_fields(choose_type(type_name), self.kinds())

    def with_states(self, spec: ReportSpec) -> ReportSpec:
        """Return `spec` with the states of data-driven models said, so that cutting it otherwise leaves them alone."""
        if spec.fit.states or not spec.by:
            return spec
        with at("--type"):
            report_type = choose_type(spec.type)
        with at("--model"):
            models = choose_models(spec.models, report_type, self.settings.models)
        if not any(model.estimated for model in models):
            return spec
        states = tuple(field.name for field in resolve.states(spec, report_type, self.kinds()))
        return replace(spec, fit=replace(spec.fit, states=states))

    def prepare(self, spec: ReportSpec, clock: Clock) -> tuple[Request, list[str]]:
        """Return the request with every name resolved and its tables open, and warnings about the data."""
        with at("--type"):
            report_type = choose_type(spec.type)
        with at("--model"):
            models = choose_models(spec.models, report_type, self.settings.models)
        with clock.step("looking at the sources"):
            kinds = self.kinds()
        with at("--by"):
            dimensions = resolve_dimensions(spec.by, report_type, kinds)
        credit, conversion, eligible = resolve.filters(spec, report_type, kinds)
        if spec.campaigns:
            with at("--campaign"):
                (campaign,) = resolve_dimensions(("campaign",), report_type, kinds)
        with at("--measure"):
            measures = resolve.measures(spec, report_type, dimensions, credit, conversion, kinds)
        fit = resolve.fit(spec, models, report_type, kinds)
        if fit is not None:
            asked = [*(field for _, field in credit), *((campaign,) if spec.campaigns else ())]
            resolve.check_intervals(fit, dimensions, asked)
        elif spec.fit.confidence is not None:
            raise UsageError(
                "only data-driven models have intervals of confidence",
                hint="Ask for --model markov or shapley.",
                place="--confidence",
            )
        fields = [*dimensions, *(bound_field for _, bound_field in (*credit, *conversion, *eligible))]
        fields += fit.states if fit is not None else ()
        lead = any("lead" in model.positions for model in models) or any(f.level == "position" for f in fields)
        needed, optional = resolve.tables_needed(report_type, fields, measures, self.sources.tables, lead)
        if spec.campaigns and "campaigns" in self.sources.tables:
            optional.add("campaigns")
        with clock.step("reading the sources"):
            tables = self._open(needed, optional, fields, clock)
        warnings = self._check(tables, report_type, lead=lead and report_type.pooled)
        if spec.campaigns:
            with at("--campaign"):
                credit = (*credit, resolve.campaign_filter(self.con, tables, spec.campaigns, campaign))
        with at("--compare"):
            periods = resolve.periods(spec.dates, spec.compare_dates, self.settings)
        request = Request(
            report_type=report_type,
            models=models,
            half_life=spec.half_life,
            dimensions=dimensions,
            measures=measures,
            periods=periods,
            lookback=spec.lookback,
            credit_filters=credit,
            conversion_filters=conversion,
            eligible=eligible,
            sort=(),
            limit=spec.limit,
            settings=self.settings,
            currency=None,
            tables=tables,
            order_key=_order_key(tables["touchpoints"]),
            binder=Binder(),
            fit=fit,
        )
        names = [figure.name for figure in figures_of(request) if figure.kind not in ("low", "high")]
        with at("--sort"):
            request = replace(request, sort=resolve.sort(spec, report_type, dimensions, names))
        return replace(request, currency=_currency(self.con, request)), warnings

    def stage_cube(self, request: Request, clock: Clock) -> tuple[Plan, Request]:
        """Stage the tables of a request, the credit cube last; return its plan, and the request as it was run."""
        plan = compile_plan(request)
        if request.fit is None:
            _stage(self.con, plan, clock, request)
        else:
            self.gather(plan.through("states"), request, clock)
            request = self.estimated(request, clock)
            plan = compile_plan(request)
            _stage(self.con, plan.after("states"), clock)
        if plan.ties is not None and self.con.execute(plan.ties).fetchall():
            request = request.in_full()
            plan = compile_plan(request)
            _stage(self.con, plan, clock)
        return plan, request

    def _transitions(self, spec: ReportSpec, clock: Clock) -> Report:
        """Return the transition matrix of the Markov chain of `spec`, as rows of from, to, how often and how likely."""
        from attrib_cli.engine.sql.transitions import transitions

        resolve.check_transitions(spec)
        request, warnings = self.prepare(replace(spec, models=("markov",)), clock)
        self.gather(compile_plan(request).through("states"), request, clock)
        request, found = self._estimate(request, clock)
        parts, select = transitions(request, request.estimation)
        steps = Plan(steps=(), parts=parts, select=select, values=request.binder.values, ties=None)
        rows = self.con.execute(steps.sql, steps.used(steps.sql)).fetchall()
        self.con.execute(Step(target=counted(request)).sql)
        model = request.models[0].name
        return Report(
            spec=spec,
            columns=(
                Column(name="from", role="dimension"),
                Column(name="to", role="dimension"),
                Column(name="model", role="model"),
                Column(name="transitions", role="measure", unit="count", additive=True),
                Column(name="probability", role="measure", unit="share"),
            ),
            rows=tuple(cast(Row, row) for row in rows),
            totals=((None, None, model, sum(row[3] for row in rows), None),),
            summary=self.summarize(spec, request, _counted(self.con)),
            warnings=(*warnings, *found.warnings),
            timings=tuple(clock.timings),
        )

    def estimated(self, request: Request, clock: Clock) -> Request:
        """Return the request with its data-driven models estimated from the journeys that are staged."""
        request, found = self._estimate(request, clock)
        request = replace(request, estimates=found.estimates, warnings=found.warnings)
        if request.intervals:
            from attrib_cli.engine.data_driven.bootstrap import draw

            with clock.step("drawing the journeys again"):
                request = replace(request, drawn=draw(self.con, request, found))
        return request

    def _estimate(self, request: Request, clock: Clock) -> tuple[Request, Estimation]:
        """Return what was estimated, and the request with its interactions in an order that tells them apart."""
        from attrib_cli.engine.data_driven.estimate import estimate

        with clock.step("estimating the models"):
            found = estimate(self.con, request)
        if found is not None:
            return request, found
        request = request.in_full()
        self.gather(compile_plan(request).through("states"), request, clock)
        return self._estimate(request, clock)

    def gather(self, plan: Plan, request: Request, clock: Clock) -> None:
        """Stage the tables of a plan for `request`, looking them over on the way."""
        if request.needs_steps and not self.bounded:
            self.con.execute(f"SET memory_limit = '{WALKING_MEMORY}'")
        _stage(self.con, plan, clock, request)

    def summarize(self, spec: ReportSpec, request: Request, counted: Counted) -> Summary:
        """Return the line under a report from what was `counted` on the way to it."""
        return _summary(self.con, spec, request, counted)

    def _open(
        self, needed: Collection[TableName], optional: Collection[TableName], fields: Collection[Field], clock: Clock
    ) -> dict[str, Table]:
        from attrib_cli.engine.sources import open_tables

        missing = [name for name in needed if name not in self._tables]
        others = [name for name in optional if name not in self._tables]
        wanted: dict[str, set[str]] = {
            name: {f.column for f in fields if f.table == name} | _engine_columns(name, self.settings)
            for name in (*needed, *optional)
        }
        opened = open_tables(
            self.con,
            self.sources,
            self.settings,
            needed=missing,
            optional=others,
            columns=None if self.shared else wanted,
            stage=self.stage,
            progress=clock.progress,
            heads=self.heads(),
        )
        known = self._tables | opened
        if self.shared:
            self._tables.update(opened)
        return {name: known[name] for name in (*needed, *optional)}

    def _check(self, tables: Mapping[str, Table], report_type: ReportType, *, lead: bool) -> list[str]:
        if report_type.won_only:
            checks.require_columns(tables, "deals", ("is_won", "stage"), "a revenue report")
            for column in ("closed_at", "amount"):
                checks.require_columns(tables, "deals", (column,), "a revenue report")
        if "campaigns" in tables:
            campaigns = tables["campaigns"]
            checks.unique(self.con, campaigns.relation, ("campaign_id",), campaigns, "campaign_id")
        if self._unusable is None:
            self._unusable = checks.unusable_touchpoints(self.con, tables["touchpoints"])
        warnings: list[str] = []
        if report_type.pooled and "deal_contacts" not in tables and "contact_id" not in tables["deals"].columns:
            warnings.append(
                "nothing says whose deals these are (no deal_contacts, no contact_id in deals): all are unattributed"
            )
        if lead and "contacts" not in tables:
            warnings.append(
                "without contacts the lead-creation position cannot be found: its weight goes to the others"
            )
        if self._unusable:
            warnings.append(f"{self._unusable:,} touchpoints without contact_id or occurred_at can be in no journey")
        return warnings


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
            from attrib_cli.engine.sql.resolved import won

            condition += f" AND {won(request, 's')}"
        amounts.append(("deals", condition))
    if request.needs_spend:
        amounts.append(("campaigns", "true"))
    return checks.report_currency(con, request.tables, request.settings, tuple(amounts))


_DOING = {
    "conversions": "finding the conversions",
    "members": "finding whose interactions count",
    "state_values": "finding the states",
    "interactions": "gathering the interactions",
    "non_converting_contacts": "gathering journeys without conversion",
    "non_converting_contacts_end": "gathering journeys without conversion",
    "non_converting_deals": "gathering journeys without conversion",
    "non_converting_deals_end": "gathering journeys without conversion",
    "states": "finding the states",
    "estimates": "estimating the models",
    "journey_totals": "walking the journeys",
    "placed": "placing the interactions",
    "cube": "filling the credit cube",
}


def _stage(con: duckdb.DuckDBPyConnection, plan: Plan, clock: Clock, check: Request | None = None) -> None:
    """Stage the tables of a plan; those of `check`, a request not yet checked, are looked over on the way."""
    for step in plan.steps:
        with clock.step(_DOING[step.target.name]):
            con.execute(step.sql, plan.used(step.sql))
        if check is None:
            continue
        kind = check.report_type
        if step.target.name == "conversions":
            checks.unique(con, "conversions", ("conversion",), check.tables[kind.table], kind.key)
        elif step.target.name == "members" and "contacts" in check.tables:
            checks.unique(con, "members", ("conversion", "contact_id"), check.tables["contacts"], "contact_id")


def _report(
    con: duckdb.DuckDBPyConnection,
    spec: ReportSpec,
    request: Request,
    plan: Plan,
    found: list[tuple[object, ...]],
    warnings: list[str],
    clock: Clock,
) -> Report:
    columns = [Column(name=f.name, role="dimension") for f in request.dimensions]
    columns.append(Column(name="model", role="model"))
    for figure in figures_of(request):
        measure = figure.measure
        columns.append(
            Column(
                name=figure.name,
                role="measure",
                unit=measure.change if figure.kind == "change" else measure.unit,
                additive=measure.additive and figure.kind in ("value", "previous"),
                better=measure.better if figure.kind == "change" else None,
                of=None if figure.kind == "value" else measure.name,
            )
        )
    rows = tuple(cast(Row, row[1:]) for row in found if row[0] is not None)
    totals = tuple(cast(Row, row[1:]) for row in found if row[0] is None)
    summary = replace(_summary(con, spec, request, _counted(con)), notes=campaign_notes(con, request))
    texts = [f.name for f in request.dimensions if f.kind == "text" and f.level not in ("bucket", "position")]
    warnings = [*warnings, *campaign_warnings(con, request), *spelling_warnings(columns, rows, texts)]
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


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Conversions with interactions and without, interactions excluded, and the first and last conversion (UTC)."""

    attributed: int
    unattributed: int
    excluded: int
    first: dt.datetime | None
    last: dt.datetime | None


def _counted(con: duckdb.DuckDBPyConnection) -> Counted:
    """Count in the credit cube and the conversions that are staged now."""
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
    return Counted(
        attributed=int(attributed), unattributed=int(unattributed), excluded=int(excluded), first=first, last=last
    )


def _summary(con: duckdb.DuckDBPyConnection, spec: ReportSpec, request: Request, counted: Counted) -> Summary:
    return Summary(
        type=request.report_type.name,
        conversions=counted.attributed + counted.unattributed,
        with_interactions=counted.attributed,
        without_interactions=counted.unattributed,
        excluded_interactions=counted.excluded,
        left_out=checks.left_out(con, request, request.report_type),
        dates=spec.dates,
        compared_with=spec.compare_dates,
        currency=request.currency,
        first_conversion=_local_day(counted.first, request.settings),
        last_conversion=_local_day(counted.last, request.settings),
    )


def _local_day(moment: dt.datetime | None, settings: Settings) -> dt.date | None:
    from zoneinfo import ZoneInfo

    if moment is None:
        return None
    return moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(settings.timezone)).date()
