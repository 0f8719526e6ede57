"""A session: one connection and one load of the data, on which any number of reports run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from attrib_cli.engine import checks, resolve
from attrib_cli.engine.backends.duckdb import connection, translated
from attrib_cli.engine.backends.interface import Backend, Gathering
from attrib_cli.engine.backends.local import LocalBackend
from attrib_cli.engine.campaign_names import campaign_filter, refuse_two_campaigns
from attrib_cli.engine.campaign_rules import CampaignRules, campaign_rules, check_campaign_rules
from attrib_cli.engine.clock import Clock, Progress
from attrib_cli.engine.conversions import ReportType, choose_type, type_of, types_of
from attrib_cli.engine.dimensions import Field, Kinds, Offered, available_fields, resolve_dimensions
from attrib_cli.engine.errors import at
from attrib_cli.engine.filter_checks import filter_notes
from attrib_cli.engine.finishing import finish, finish_transitions, with_estimates, with_states
from attrib_cli.engine.measure import Measure
from attrib_cli.engine.models import chain_model, choose_for_types, models_of
from attrib_cli.engine.notes import Note, hints_once
from attrib_cli.engine.path_checks import check_paths, check_steps
from attrib_cli.engine.report import Report
from attrib_cli.engine.request_data import currency_of, engine_columns, often_alike, order_key_of
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import ALL_TABLES, TIMES, SourceMap, TableName, in_order
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.engine.sql import Binder, Request
from attrib_cli.engine.sql.figures import figures_of
from attrib_cli.engine.sql.memberships import several_campaigns

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources import SourceColumn, Table, TableHead
    from attrib_cli.engine.sources.heads import Heads
    from attrib_cli.engine.sources.stored import TableStore


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
    backend: Backend | None = None,
    store: TableStore | None = None,
) -> Iterator[Session]:
    """Yield a session on `sources`.

    A `shared` one loads each table once and whole, for all reports that will read it; otherwise a report loads what
    it needs and no earlier one loaded. Without `stage` CSV files are not loaded, only looked at. `threads` and
    `memory_limit` (such as ``2GB``) bound what the engine uses; neither changes a byte of a report. `backend` gathers
    the journeys; without one, the connection of the session does. A `store` keeps tables that were read.
    """
    backend = backend or LocalBackend()
    with connection(threads=threads, memory_limit=memory_limit) as con:
        yield Session(
            con=con,
            sources=backend.localised(sources),
            settings=settings or Settings(),
            shared=shared,
            stage=stage,
            progress=progress,
            bounded=memory_limit is not None,
            backend=backend,
            store=store,
        )


@dataclass(kw_only=True, eq=False, repr=False)
class Session:
    """See `open_session`. `con` holds the staged tables of the last report, ``conversions`` and ``cube`` among them."""

    con: duckdb.DuckDBPyConnection
    sources: SourceMap
    settings: Settings
    shared: bool = True
    stage: bool = True
    progress: Progress | None = None
    bounded: bool = False
    backend: Backend = field(default_factory=LocalBackend)
    store: TableStore | None = None
    _heads: Heads | None = None
    _tables: dict[str, Table] = field(default_factory=dict)
    _opened: dict[str, Table] = field(default_factory=dict)
    _judged: set[str] = field(default_factory=set)

    def run(self, spec: ReportSpec) -> Report:
        """Run one report and return its rows, in display order, with what was counted.

        Raises UsageError for a request that makes no sense, SourceError for data that cannot be read, CheckError for
        data that contradict themselves, and what `translated` raises; the session serves other reports after each.
        """
        if spec.more_types:
            from attrib_cli.engine.several_types import run_several

            return run_several(self, spec)
        clock = Clock(self.progress)
        with self.translated():
            if spec.transitions:
                resolve.check_transitions(spec)
                request = self.prepare(replace(spec, models=(chain_model().name,)), clock, of=spec)
                gathering = self.backend.begin(self.con, request, clock)
                request = with_states(self.con, request, gathering.gather(request, "values"), clock)
                report = finish_transitions(self.con, request, gathering.gather(request, "paths"), clock)
                return self._explained(self._looked_over(report, request, gathering), request, clock)
            request = self.prepare(spec, clock)
            gathering = self.backend.begin(self.con, request, clock)
            if request.data_driven is not None:
                request = self.estimated(request, gathering, clock)
            report = finish(self.con, request, gathering.gather(request, "credit"), clock)
            return self._explained(self._looked_over(report, request, gathering), request, clock)

    def _explained(self, report: Report, request: Request, clock: Clock) -> Report:
        """Return a report with the reason why it has no rows, where it has none, and each hint once."""
        if report.rows:
            return replace(report, notes=hints_once(report.notes))
        from attrib_cli.engine.emptiness import why_empty

        with clock.step("finding out why there are no rows"):
            reason = why_empty(self.con, self.backend, request, clock)
        return replace(report, notes=hints_once((reason, *report.notes)))

    @contextmanager
    def translated(self) -> Iterator[None]:
        """As `translated`, and name the file and column where a query fails because a Parquet file cannot be read."""
        import duckdb

        with translated():
            try:
                yield
            except duckdb.Error as error:
                from attrib_cli.engine.sources.parquet_damage import unreadable_file

                for name, table in self._opened.items():
                    found = unreadable_file(self.con, self.heads()[name], table.columns, error)
                    if found is not None and found is not error:
                        raise found from error
                raise

    def _looked_over(self, report: Report, request: Request, gathering: Gathering) -> Report:
        """Return the report with what is to be said of tables that do not join and filters that match nothing."""
        rows = 0 if request.spec.transitions else len(report.rows)
        found = filter_notes(self.con, request, summary=report.summary, rows=rows)
        joins = gathering.join_notes(request, report.summary.without_interactions)
        return replace(report, notes=(*report.notes, *joins, *found))

    @property
    def of_paths(self) -> bool:
        """Whether journeys come from paths with counts."""
        source = self.sources.tables.get("touchpoints")
        return source is not None and source.of_paths

    def heads(self) -> Heads:
        """Return the columns of every table at hand, each read once, when it is asked for."""
        from attrib_cli.engine.sources.heads import Heads

        if self._heads is None:
            self._heads = Heads(tuple(self.sources.tables), self._look)
        return self._heads

    def _look(self, names: Collection[TableName]) -> Mapping[TableName, TableHead]:
        """Return the columns of some tables; raises SourceError, or an ErrorGroup with one error a table."""
        from attrib_cli.engine.sources import inspect

        known = self.backend.heads(self.con)
        tables = {name: self.sources.tables[name] for name in names if name not in known}
        found = {**inspect(self.con, replace(self.sources, tables=tables), self.settings), **known}
        return {name: found[name] for name in names}

    def _columns(self) -> dict[TableName, Mapping[str, SourceColumn]]:
        """Return the columns of the tables of the specification that are at hand."""
        heads = self.heads()
        return {name: heads[name].columns for name in heads if name in ALL_TABLES}

    def kinds(self, report_type: ReportType | None = None) -> Kinds:
        """Return the kind of every column of every table at hand, and the groups of their values.

        Touchpoints whose campaign others than a column of theirs tell have a ``campaign_id`` all the same. Where the
        `report_type` is known, its table is read at once, with those of the specification.
        """
        heads = self.heads()
        heads.read(() if report_type is None else (report_type.table,))
        rules = campaign_rules(self._columns(), self.settings) is not None or "campaign_assets" in heads
        return Offered(heads=heads, groups=self.settings.groups, campaigns_told=rules)

    def table(self, name: TableName) -> Table:
        """Return a table that is at hand, opened; raises SourceError where it cannot be read."""
        with self.translated():
            return self._open((name,), (), (), Clock(self.progress))[name]

    def dimensions(self, type_name: str) -> tuple[tuple[Field, str], ...]:
        """Return every dimension that the data offer a report of this type, with a description each."""
        return available_fields(choose_type(type_name, self.settings.conversions), self.kinds())

    def with_states(self, spec: ReportSpec) -> ReportSpec:
        """Return `spec` with the states of data-driven models said, so that cutting it otherwise leaves them alone."""
        if spec.estimation.states or not spec.by:
            return spec
        with at("--type"):
            types = types_of(spec, self.settings)
        with at("--model"):
            models = choose_for_types(spec.models, types, (*self.settings.models, *spec.own_models))
        if not any(model.estimated for model in models):
            return spec
        states = tuple(field.name for field in resolve.states(spec, types[0], self.kinds()))
        return replace(spec, estimation=replace(spec.estimation, states=states))

    def prepare(self, spec: ReportSpec, clock: Clock | None = None, *, of: ReportSpec | None = None) -> Request:
        """Return the request with every name resolved and its tables open.

        `of` is what was asked, where `spec` is not it but what is computed for it.
        """
        clock = clock or Clock(self.progress)
        with at("--type"):
            report_type = type_of(spec, self.settings)
        self.backend.check_request(spec, report_type)
        with at("--model"):
            models = models_of(spec, report_type, self.settings)
        with clock.step("looking at the sources"):
            kinds = self.kinds(report_type)
        if self.of_paths:
            check_steps(spec)
        with at("--by"):
            dimensions = resolve_dimensions(spec.by, report_type, kinds)
        credit, conversion, eligible = resolve.filters(spec, report_type, kinds)
        preferred = resolve.preferred(spec, report_type, kinds)
        resolve.check_rules_only(spec, models, kinds)
        if spec.campaigns:
            with at("--campaign"):
                (campaign,) = resolve_dimensions(("campaign",), report_type, kinds)
        with at("--measure"):
            measures = resolve.measures(spec, report_type, dimensions, credit, conversion, kinds)
            measures = resolve.measures_of_models(spec, measures, models)
            resolve.check_differences(measures, models)
        estimation = resolve.estimation(spec, models, report_type, kinds)
        if estimation is not None and spec.estimation.confidence is not None:
            asked = [*(field for _, field in credit), *((campaign,) if spec.campaigns else ())]
            resolve.check_intervals(estimation, dimensions, asked)
        fields = [*dimensions, *(bound_field for _, bound_field in (*credit, *conversion, *eligible, *preferred))]
        fields += estimation.states if estimation is not None else ()
        if spec.collapse is not None and "channel" in kinds.get("touchpoints", {}):
            fields += resolve_dimensions(("touchpoint.channel",), report_type, kinds)
        if any(field.of_channels for field in fields):
            fields += resolve_dimensions(("touchpoint.channel",), report_type, kinds)
        if self.of_paths:
            check_paths(spec, models, report_type, fields, kinds["deals"])
        rules = self._campaign_rules(spec, fields, measures)
        lead = any("lead" in model.positions for model in models) or any(f.level == "position" for f in fields)
        needed, optional = resolve.tables_needed(report_type, fields, measures, self.sources.tables, lead)
        if (spec.campaigns or rules is not None) and "campaigns" in self.sources.tables:
            optional.add("campaigns")
        if rules is not None and rules.assets:
            optional.add("campaign_assets")
        with clock.step("reading the sources"):
            tables = self._open(needed, optional, fields, clock, rules)
        notes = self._check(tables, report_type, lead=lead and report_type.pooled)
        notes += resolve.notes_of_models(models)
        for option, bounds in (("--where", credit), ("--eligible", eligible), ("--prefer", preferred)):
            with at(option):
                refuse_two_campaigns(self.con, tables, bounds)
        if spec.campaigns:
            with at("--campaign"):
                named = campaign_filter(self.con, tables, spec.campaigns, campaign, allow_empty=spec.allow_empty)
                refuse_two_campaigns(self.con, tables, (named,))
                credit = (*credit, named)
        with at("--compare"):
            periods = resolve.periods(spec.dates, spec.compare_dates, self.settings)
        request = Request(
            spec=of or spec,
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
            preferred=preferred,
            sort=(),
            limit=spec.limit,
            settings=self.settings,
            currency=None,
            tables=tables,
            order_key=order_key_of(tables["touchpoints"]),
            binder=Binder(),
            notes=tuple(notes),
            data_driven=estimation,
            campaign_rules=rules,
        )
        request = self._splitting(request)
        names = [figure.name for figure in figures_of(request) if figure.end is None]
        with at("--sort"):
            request = replace(request, sort=resolve.sort(spec, report_type, dimensions, names))
        request = replace(request, currency=currency_of(self.con, request))
        whole = request.ordered_sets or request.picks_paths or (self.stage and often_alike(self.con, request))
        return request.in_full() if whole else request

    def _campaign_rules(
        self, spec: ReportSpec, fields: Collection[Field], measures: Collection[Measure]
    ) -> CampaignRules | None:
        """Return how campaigns are found where a request looks at them; None where their own column says it."""
        looks = any(field.level == "campaign" or field.place == ("touchpoints", "campaign_id") for field in fields)
        looks = looks or any(measure.of_spenders for measure in measures)
        if not looks and not spec.campaigns and spec.collapse is None:
            return None
        columns = self._columns()
        check_campaign_rules(columns, self.settings)
        return campaign_rules(columns, self.settings)

    def _splitting(self, request: Request) -> Request:
        """Return a request that knows whether interactions may belong to several campaigns; raises UsageError."""
        if request.campaign_rules is None or not self.con.execute(several_campaigns(request)).fetchall():
            return request
        if request.data_driven is not None and request.states_drawn:
            resolve.check_split_intervals(request.data_driven)
        return replace(request, splits=True)

    def estimated(self, request: Request, gathering: Gathering, clock: Clock) -> Request:
        """Return the request with its data-driven models estimated from all journeys."""
        request = with_states(self.con, request, gathering.gather(request, "values"), clock)
        request, found = with_estimates(self.con, request, gathering.gather(request, "paths"), clock)
        if request.states_drawn:
            with clock.step("drawing the journeys again"):
                request = replace(request, drawn=gathering.draw(request, found))
        return request

    def _open(
        self,
        needed: Collection[TableName],
        optional: Collection[TableName],
        fields: Collection[Field],
        clock: Clock,
        rules: CampaignRules | None = None,
    ) -> dict[str, Table]:
        from attrib_cli.engine.sources import open_tables

        wanted: dict[str, set[str]] = {
            name: {f.column for f in fields if f.table == name} | engine_columns(name, self.settings)
            for name in (*needed, *optional)
        }
        for name in ("touchpoints", "deals") if self.of_paths else ():
            wanted[name].add(TIMES)
        if rules is not None:
            wanted["touchpoints"] |= rules.touchpoint_columns
            if rules.utm:
                wanted["campaigns"].add("utm")
        elsewhere = self._elsewhere(wanted)
        known = {name: table for name, table in self._tables.items() if self._suffices(name, table, wanted)}
        missing = [name for name in needed if name not in known and name not in elsewhere]
        others = [name for name in optional if name not in known and name not in elsewhere]
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
            store=self.store,
        )
        self._tables.update(opened)
        known = {**known, **opened, **elsewhere}
        self._opened = {name: known[name] for name in in_order({*needed, *optional})}
        return self._opened

    def _suffices(self, name: str, table: Table, wanted: dict[str, set[str]]) -> bool:
        """Whether a table that an earlier report loaded has all that is wanted; otherwise what it has is wanted too."""
        if self.shared or name not in wanted:
            return True
        if wanted[name] & self.heads()[name].columns.keys() <= table.columns.keys():
            return True
        wanted[name] |= table.columns.keys()
        return False

    def _elsewhere(self, wanted: Mapping[str, Collection[str]]) -> dict[str, Table]:
        """Return those of the tables wanted whose rows the backend reads elsewhere."""
        from attrib_cli.engine.sources import known_table

        found: dict[str, Table] = {}
        for name, columns in wanted.items():
            head = self.heads().get(name)
            if head is not None:
                names = head.columns.keys() & {*columns, *known_table(name).required}
                table = self.backend.elsewhere(self.con, head, names, self.settings.timezone)
                if table is not None:
                    found[name] = table
        return found

    def _check(self, tables: Mapping[str, Table], report_type: ReportType, *, lead: bool) -> list[Note]:
        if report_type.won_only:
            head, purpose = self.heads()["deals"], "a revenue report"
            if self.settings.won_stages:
                checks.require_columns(tables, "deals", ("stage",), "won_stages", head)
            elif not self.settings.all_won:
                more = " Where every row is a won deal, as in a table of orders, say so: won: all."
                checks.require_columns(tables, "deals", ("is_won", "stage"), purpose, head, more)
            for column in ("closed_at", "amount"):
                checks.require_columns(tables, "deals", (column,), purpose, head)
        keys = checks.keys_of(self.settings)
        for name in [name for name in keys if name in tables and name not in self._judged]:
            checks.unique(self.con, tables[name], keys[name])
            self._judged.add(name)
        notes = [note for table in tables.values() for note in table.notes]
        if report_type.configured:
            notes += checks.incomplete_conversions(self.con, tables[report_type.table], report_type)
        named = any("contact_id" in tables[name].columns for name in ("deal_contacts", "deals") if name in tables)
        if report_type.through_deals and not named:
            text = "nothing says whose deals these are (no deal_contacts, no contact_id in deals): all are unattributed"
            notes.append(Note(code="deals-without-contacts", text=text))
        if lead and "contacts" not in tables:
            text = "without contacts the lead-creation position cannot be found: its weight goes to the others"
            notes.append(Note(code="no-lead-creation", text=text))
        return notes
