"""Run one report, print its query, list what it can be cut by. The library's front door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.clock import Clock, Progress
from attrib_cli.engine.models import chain_model
from attrib_cli.engine.session import open_session
from attrib_cli.engine.sql import compile_plan
from attrib_cli.engine.sql.paths import steps
from attrib_cli.engine.sql.printing import by_name, printed

if TYPE_CHECKING:
    from attrib_cli.engine.backends.interface import Backend
    from attrib_cli.engine.dimensions import Field
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.source_spec import SourceMap
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.engine.sql import Request
    from attrib_cli.engine.sql.weighing import StateWeights

_ESTIMATES = '-- "estimates" holds what attrib estimated from these journeys: print this again where they change.\n'
_INTERVALS = "-- Intervals of confidence are drawn outside of SQL, and left out here.\n"


def run(
    spec: ReportSpec,
    sources: SourceMap,
    settings: Settings | None = None,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
    backend: Backend | None = None,
) -> Report:
    """Run one report in a session of its own; see `Session.run` and, for several reports, `open_session`."""
    with open_session(
        sources,
        settings,
        shared=False,
        stage=backend is None,
        threads=threads,
        memory_limit=memory_limit,
        progress=progress,
        backend=backend,
    ) as session:
        return session.run(spec)


def explain(
    spec: ReportSpec,
    sources: SourceMap,
    settings: Settings | None = None,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> str:
    """Return the whole query of a report as one statement that runs as it stands in a DuckDB shell.

    What data-driven models weigh is estimated here and written into the statement. Intervals are drawn outside of SQL,
    and left out.
    """
    plain = replace(spec, estimation=replace(spec.estimation, confidence=None))
    said = [_INTERVALS] if spec.estimation.confidence is not None else []
    with open_session(sources, settings, shared=False, stage=False) as session:
        if spec.transitions:
            return _explain_transitions(session, spec)
        request = session.prepare(plain, Clock(None))
        if request.estimated_kernels:
            with open_session(sources, settings, shared=False, threads=threads, memory_limit=memory_limit) as staged:
                request = replace(request, estimates=estimates_of(staged, plain))
            said.append(_ESTIMATES)
        from attrib_cli.engine.data_driven.registry import estimator_of

        request = _unstaged(request)
        estimated = [model for model in request.models if model.estimated]
        said += [f"-- {estimator_of(model).explain(request, model)}.\n" for model in estimated]
        return "".join(said) + printed(compile_plan(request), request)


def estimates_of(session: Session, spec: ReportSpec) -> tuple[StateWeights, ...]:
    """Return what states weigh under the data-driven models of `spec`, without computing the report."""
    clock = Clock(session.progress)
    request = session.prepare(spec, clock)
    return session.estimated(request, session.backend.begin(session.con, request, clock), clock).estimates


def _explain_transitions(session: Session, spec: ReportSpec) -> str:
    from attrib_cli.engine.resolve import check_transitions
    from attrib_cli.engine.sql.transitions import transitions

    check_transitions(spec)
    request = _unstaged(session.prepare(replace(spec, models=(chain_model().name,)), Clock(None)))
    plan = compile_plan(request)
    parts, select = transitions(request, request.estimation)
    counted = (*steps(request, request.estimation), *parts)
    matrix = replace(plan, steps=plan.of("values", "states", "paths"), parts=counted, select=select)
    return printed(matrix, request)


def _unstaged(request: Request) -> Request:
    """Return the request with its tables read from their files, and interactions ordered in full."""
    return replace(request, tables=by_name(request.tables), readable=True).in_full()


def describe_dimensions(
    type_name: str, sources: SourceMap, settings: Settings | None = None
) -> tuple[tuple[Field, str], ...]:
    """Return every dimension that the data offer a report of this type, with a description each."""
    with open_session(sources, settings, stage=False) as session:
        return session.dimensions(type_name)
