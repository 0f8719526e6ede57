"""The data that saved reports are computed on: which each of them has, each found once and loaded once."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.reporting.data_context import (
    DataContext,
    data_context_of,
    find_data,
    find_settings,
    library_of,
    reference_date,
    settings_of,
)

if TYPE_CHECKING:
    from attrib_cli.config.load import Config
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.console import Console
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec, Settings, SourceMap, TableSource
    from attrib_cli.saved.library import Library

_Key: TypeAlias = "tuple[str | None, bool]"


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """A session, what it reads and how, and what it has answered."""

    tables: Mapping[str, TableSource]
    settings: Settings
    session: Session
    answers: dict[ReportSpec, Report] = field(default_factory=dict)


@dataclass(kw_only=True)
class Workspace:
    """What was typed about data, and what came of it for each report that is run with it.

    What was typed holds for all reports; otherwise one that names data of its own, or a day of its own, has them. A
    saved folder is relative to that of the configuration, which holds for it too. Sessions are opened as they are
    needed, and closed with `held`.
    """

    console: Console
    data: list[str] | None = None
    config: Path | None = None
    demo: bool = False
    today: str | None = None
    held: ExitStack = field(default_factory=ExitStack)
    progress: Progress | None = None
    _worlds: dict[_Key, DataContext] = field(default_factory=dict)
    _loads: list[_Loaded] = field(default_factory=list)

    @cached_property
    def project(self) -> Config | None:
        """The configuration typed or found, read once."""
        return find_settings(self.console, self.config)[1]

    def settings(self) -> Settings:
        """Return what holds where no data are looked at: the settings of the configuration, or of the example data."""
        if self.demo:
            return find_settings(self.console, demo=True)[0]
        return settings_of(self.project)

    def library(self) -> Library:
        """Return the definitions that the user who runs this may see."""
        return library_of(self.console, self.project)

    def world(self, entry: ReportEntry | None = None) -> DataContext:
        """Return the data of a report and what holds for them; raises what finding them raises."""
        key = self._key(entry)
        if key not in self._worlds:
            self._worlds[key] = self._find(*key)
        return self._worlds[key]

    def day(self, entry: ReportEntry | None = None) -> dt.date:
        """Return the day that the periods of a report count from; without one, of a board as such."""
        settings = self.settings() if entry is None else self.world(entry).settings
        return reference_date(self.console, self.today or (entry.today if entry is not None else None), settings)

    def run(self, entry: ReportEntry, spec: ReportSpec) -> Report:
        """Return the answer to a request on the data of a report, computed once; raises what running it raises."""
        from attrib_cli.engine.backends.duckdb import translated

        loaded = self._load(self.world(entry))
        if spec not in loaded.answers:
            with translated():
                loaded.answers[spec] = loaded.session.run(spec)
        return loaded.answers[spec]

    def with_states(self, entry: ReportEntry, spec: ReportSpec) -> ReportSpec:
        """Return a request that says what data-driven models weigh on the data of a report."""
        from attrib_cli.engine.backends.duckdb import translated

        with translated():
            return self._load(self.world(entry)).session.with_states(spec)

    def _load(self, world: DataContext) -> _Loaded:
        """Return the session of what a world reads, that of another world where this reads the same files alike."""
        from attrib_cli.engine.session import open_session

        tables = _as_read(world.sources)
        for one in self._loads:
            if one.tables == tables and one.settings == world.settings:
                return one
        memory = self.console.environ.get("ATTRIB_MEMORY_LIMIT") or None
        opened = open_session(world.sources, world.settings, memory_limit=memory, progress=self.progress)
        loaded = _Loaded(tables=tables, settings=world.settings, session=self.held.enter_context(opened))
        self._loads.append(loaded)
        return loaded

    def _key(self, entry: ReportEntry | None) -> _Key:
        if entry is None or self.data or self.demo:
            return None, False
        return entry.data, bool(entry.demo)

    def _find(self, data: str | None, demo: bool) -> DataContext:
        if self.demo:
            return find_data(self.console, data=self.data, config=self.config, demo=True)
        if demo:
            return find_data(self.console, demo=True)
        folder = self.data
        if data is not None:
            above = Path() if self.project is None or data == "-" else self.project.path.parent
            folder = [data if data == "-" else str(above / data)]
        return data_context_of(self.console, self.project, folder)


def _as_read(sources: SourceMap) -> dict[str, TableSource]:
    """Return the tables without what is said of them in messages only, each file under its one real name."""
    return {
        name: replace(source, paths=tuple(map(os.path.realpath, source.paths)), place=None)
        for name, source in sources.tables.items()
    }
