"""Run one report, print its query, list what it can be cut by. The library's front door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.session import Clock, Progress, open_session
from attrib_cli.engine.sql import compile_plan

if TYPE_CHECKING:
    from attrib_cli.engine.dimensions import Field
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.spec import ReportSpec, Settings, SourceMap


def run(
    spec: ReportSpec,
    sources: SourceMap,
    settings: Settings | None = None,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Run one report in a session of its own; see `Session.run` and, for several reports, `open_session`."""
    with open_session(
        sources, settings, shared=False, threads=threads, memory_limit=memory_limit, progress=progress
    ) as session:
        return session.run(spec)


def explain(spec: ReportSpec, sources: SourceMap, settings: Settings | None = None) -> str:
    """Return the whole query of a report as one statement that runs as it stands in a DuckDB shell."""
    with open_session(sources, settings, shared=False, stage=False) as session:
        request, _ = session.prepare(spec, Clock(None))
        tables = {name: replace(table, relation=f"({table.definition})") for name, table in request.tables.items()}
        return compile_plan(replace(request, tables=tables).in_full()).printed()


def describe_dimensions(
    type_name: str, sources: SourceMap, settings: Settings | None = None
) -> tuple[tuple[Field, str], ...]:
    """Return every dimension that the data offer a report of this type, with a description each."""
    with open_session(sources, settings, stage=False) as session:
        return session.dimensions(type_name)
