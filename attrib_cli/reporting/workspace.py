"""The data that saved reports are computed on: which each of them has, each found once and loaded once."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.engine.errors import AttribError, UsageError, at
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.resources import EngineChoice, Resources, check_size
from attrib_cli.engine.temporary import choose_place
from attrib_cli.reporting.data_context import (
    DataContext,
    data_context_of,
    demo_folder,
    find_config,
    reference_date,
    settings_of,
)
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.config.load import Config
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.engine.backends.interface import Backend
    from attrib_cli.engine.backends.stored import StoredBackend
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.source_spec import SourceMap, TableSource
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.about import DataNames
    from attrib_cli.saved.library import Library
    from attrib_cli.system.table_cache import TableCache
    from attrib_cli.terminal.console import Console

_Key: TypeAlias = "tuple[str | None, bool]"


@frozen
class _Loaded:
    """A session, what it reads and how, and what it has answered."""

    tables: Mapping[str, TableSource]
    settings: Settings
    session: Session
    answers: dict[ReportSpec, Report] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False, repr=False)
class Workspace:
    """What was typed about data, and what came of it for each report that is run with it.

    What was typed holds for all reports; otherwise one that names data of its own, or a day of its own, has them. A
    saved folder is relative to that of the configuration, which holds for it too. Sessions are opened as they are
    needed, and closed with `held`. With `partials` reports are put together from these files;
    else `engine` says who gathers.
    """

    console: Console
    data: list[str] | None = None
    config: Path | None = None
    demo: bool = False
    today: str | None = None
    cached: bool = True
    resources: Resources = field(default_factory=Resources)
    partials: list[str] | None = None
    engine: EngineChoice = field(default_factory=EngineChoice)
    held: ExitStack = field(default_factory=ExitStack)
    progress: Progress | None = None
    _found: dict[_Key, DataContext] = field(default_factory=dict)
    _loads: list[_Loaded] = field(default_factory=list)

    @cached_property
    def project(self) -> Config | None:
        """The configuration typed or found, read once."""
        return find_config(self.console, self.config)

    @cached_property
    def example(self) -> Config | None:
        """The configuration of the example data."""
        return find_config(self.console, demo_folder() / "attrib.yaml")

    def settings(self) -> Settings:
        """Return what holds where no data are looked at: the settings of the configuration, or of the example data."""
        if self.demo and self.config is not None:
            raise UsageError("it was given beside --config", hint="Give one or the other.", place="--demo")
        return settings_of(self.example if self.demo else self.project)

    def preferred(self) -> ReportRequest:
        """Return what holds for reports where they say nothing: the configuration's `defaults:`, or the example's."""
        config = self.example if self.demo else self.project
        return ReportRequest() if config is None else ReportRequest.of(config.defaults)

    @cached_property
    def library(self) -> Library:
        """The definitions that the user who runs this may see."""
        from attrib_cli.saved.library import Library

        console = self.console
        return Library.open(self.project, user=console.user(), environ=console.environ, folder=Path.cwd())

    @cached_property
    def limits(self) -> Resources:
        """What the engine may take: as typed, else by $ATTRIB_MEMORY_LIMIT, else by the configuration.

        This is the one place that decides it; what nobody says follows from the machine. Raises UsageError.
        """
        memory = self.console.environ.get("ATTRIB_MEMORY_LIMIT") or None
        with at("ATTRIB_MEMORY_LIMIT"):
            given = self.resources.over(Resources(memory=None if memory is None else check_size(memory)))
        found = given if self.demo or self.project is None else given.over(self.project.resources)
        choose_place(found.temp_dir)
        return found

    def data_of(self, entry: ReportEntry | None = None) -> DataContext:
        """Return the data of a report and what holds for them; raises what finding them raises."""
        key = self._key(entry)
        if key not in self._found:
            choose_place(self.limits.temp_dir)
            self._found[key] = self._find(*key)
        return self._found[key]

    def data_names(self, entry: ReportEntry | None = None) -> DataNames:
        """Return how the data of a report were named, for a file to say by what it can be made again."""
        from attrib_cli.output.about import DataNames

        data, demo = self._key(entry)
        folders = tuple(self.data or ())
        if data is not None:
            above = Path() if self.project is None or data == "-" else self.project.path.parent
            folders = (data if data == "-" else str(above / data),)
        config = None if self.config is None else str(self.config)
        return DataNames(folders=folders, config=config, demo=self.demo or demo)

    def saved_report(self, name: str | None, typed: ReportRequest) -> ReportEntry | None:
        """Return a saved report without what was typed to be left out of it; None without a name.

        Raises UsageError where there is none that the user sees.
        """
        return None if name is None else typed.cut(self.library.report(name).definition)

    def merged(self, typed: ReportRequest, saved: ReportEntry | None = None) -> ReportRequest:
        """Return what was typed over what is saved, over the configuration's defaults for its data."""
        own = typed if saved is None else typed.over(ReportRequest.of(saved))
        return own.over(self.data_of(saved).preferred)

    @cached_property
    def stored(self) -> StoredBackend | None:
        """What gathers from the files typed with --partials; raises UsageError where a pattern matches none."""
        if self.partials is None:
            return None
        from attrib_cli.reporting.partials import stored_backend

        return stored_backend(self.partials)

    @cached_property
    def backend(self) -> Backend | None:
        """What gathers in place of the session itself; raises UsageError for an engine that cannot."""
        if self.stored is not None:
            return self.stored
        from attrib_cli.reporting.engines import chosen_backend

        written = EngineChoice() if self.demo or self.project is None else self.project.engine
        return chosen_backend(self.engine, written, self.limits, loud=self.console.verbose)

    def check_partials(self) -> None:
        """Raise UsageError for partials that were of none of the reports, once all are computed."""
        if self.stored is not None:
            self.stored.check_used()

    def open(
        self,
        data: DataContext,
        *,
        shared: bool = True,
        stage: bool = True,
        progress: Progress | None = None,
    ) -> AbstractContextManager[Session]:
        """Return a session on `data` with what the engine may take; see `open_session`.

        Where others gather, every report has a load of its own: it tells which columns a report needs, which is said
        in partials.
        """
        from attrib_cli.engine.session import open_session

        limits, backend = self.limits, self.backend
        return open_session(
            data.sources,
            data.settings,
            shared=shared and backend is None,
            stage=stage,
            threads=limits.threads,
            memory_limit=limits.memory,
            progress=progress or self.progress,
            backend=backend,
            store=self.cache,
        )

    @property
    def cache(self) -> TableCache | None:
        """What keeps tables that were read; None where that was not wanted, has no place, and for the example data."""
        if not self.cached or self.demo:
            return None
        from attrib_cli.system.table_cache import usual_cache

        try:
            return usual_cache(self.console.environ)
        except AttribError:
            return None

    def explain(self, data: DataContext, spec: ReportSpec) -> str:
        """Return the whole query of a report on `data` as one statement; see `runner.explain`."""
        from attrib_cli.engine.runner import explain

        return explain(spec, data.sources, data.settings, threads=self.limits.threads, memory_limit=self.limits.memory)

    def day(self, entry: ReportEntry | None = None) -> dt.date:
        """Return the day that the periods of a report count from; without one, of a board as such."""
        settings = self.settings() if entry is None else self.data_of(entry).settings
        return reference_date(self.console, self.today or (entry.today if entry is not None else None), settings)

    def session(self, entry: ReportEntry | None = None) -> Session:
        """Return the one session on the data of a report, which all that are computed here share."""
        return self._load(self.data_of(entry)).session

    def run(self, entry: ReportEntry | None, spec: ReportSpec) -> Report:
        """Return the answer to a request on the data of a report, computed once; raises what running it raises."""
        return self.answer(self.data_of(entry), spec)

    def answer(self, data: DataContext, spec: ReportSpec) -> Report:
        """Return the answer to a request on `data`, computed once; raises what running it raises."""
        from attrib_cli.engine.backends.duckdb import translated

        loaded = self._load(data)
        if spec not in loaded.answers:
            with translated():
                loaded.answers[spec] = loaded.session.run(spec)
        return loaded.answers[spec]

    def session_of(self, entry: ReportEntry) -> Session:
        """Return the session that the reports on the data of a report are computed in."""
        return self.session_on(self.data_of(entry))

    def session_on(self, data: DataContext) -> Session:
        """Return the session that all reports on `data` are computed in, open until what is `held` is closed."""
        return self._load(data).session

    def holding(self, held: ExitStack) -> Workspace:
        """Return the same workspace with no session open; those that it opens are closed with `held`."""
        return replace(self, held=held, _loads=[])

    def with_states(self, entry: ReportEntry, spec: ReportSpec) -> ReportSpec:
        """Return a request that says what data-driven models weigh on the data of a report."""
        from attrib_cli.engine.backends.duckdb import translated

        with translated():
            return self._load(self.data_of(entry)).session.with_states(spec)

    def _load(self, data: DataContext) -> _Loaded:
        """Return the session on `data`, that of other data where these are the same files, read alike."""
        tables = _as_read(data.sources)
        for one in self._loads:
            if one.tables == tables and one.settings == data.settings:
                return one
        session = self.held.enter_context(self.open(data))
        loaded = _Loaded(tables=tables, settings=data.settings, session=session)
        self._loads.append(loaded)
        return loaded

    def _key(self, entry: ReportEntry | None) -> _Key:
        if entry is None or self.data or self.demo:
            return None, False
        return entry.data, bool(entry.demo)

    def _find(self, data: str | None, demo: bool) -> DataContext:
        if self.demo and (self.data or self.config):
            raise UsageError("it was given beside --data or --config", hint="Give one or the other.", place="--demo")
        if self.demo or demo:
            return data_context_of(self.console, self.example)
        folder = self.data
        if data is not None:
            above = Path() if self.project is None or data == "-" else self.project.path.parent
            folder = [data if data == "-" else str(above / data)]
        return data_context_of(self.console, self.project, folder, touchpoints_needed=self.partials is None)


def warn_of_broken(console: Console, library: Library) -> None:
    """Say which definitions are left out of a list, and what is wrong with them."""
    for what, error in library.broken():
        console.warn(f"{what} is left out: {error}", hint=error.hint)


def _as_read(sources: SourceMap) -> dict[str, TableSource]:
    """Return the tables without what is said of them in messages only, each file under its one real name."""
    return {
        name: replace(source, paths=tuple(map(os.path.realpath, source.paths)), place=None)
        for name, source in sources.tables.items()
    }
