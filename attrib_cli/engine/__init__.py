"""The attribution engine as a library: request, sources and settings in, report out.

    from attrib_cli.engine import ReportSpec, discover, run

    report = run(ReportSpec(type="revenue", models=("linear",), by=("campaign",)), discover("data"))
    for row in report.rows:
        ...

Where the journeys are in several places, each gathers a `Partial` and one place finishes:

    request = session.prepare(spec)
    partials = [gather(session.con, sharded(request, k, n)).to_arrow(session.con) for k in range(n)]
    report = finish(session.con, request, partials)

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrib_cli.engine.errors import AttribError, CheckError, ConfigError, ErrorGroup, SourceError, UsageError
    from attrib_cli.engine.finishing import finish, with_estimates, with_states
    from attrib_cli.engine.gathering import gather
    from attrib_cli.engine.partial import Partial, read_partial
    from attrib_cli.engine.report import Column, Report, Summary
    from attrib_cli.engine.runner import explain, run
    from attrib_cli.engine.session import open_session
    from attrib_cli.engine.settings import CustomModel, Settings
    from attrib_cli.engine.sharding import restricted, sharded
    from attrib_cli.engine.source_spec import Filter, SourceMap, TableSource
    from attrib_cli.engine.sources import discover
    from attrib_cli.engine.spec import DateRange, ReportSpec

_HOMES = {
    "errors": ("AttribError", "CheckError", "ConfigError", "ErrorGroup", "SourceError", "UsageError"),
    "finishing": ("finish", "with_estimates", "with_states"),
    "gathering": ("gather",),
    "partial": ("Partial", "read_partial"),
    "report": ("Column", "Report", "Summary"),
    "runner": ("explain", "run"),
    "session": ("open_session",),
    "settings": ("CustomModel", "Settings"),
    "sharding": ("restricted", "sharded"),
    "source_spec": ("Filter", "SourceMap", "TableSource"),
    "sources": ("discover",),
    "spec": ("DateRange", "ReportSpec"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AttribError",
    "CheckError",
    "Column",
    "ConfigError",
    "CustomModel",
    "DateRange",
    "ErrorGroup",
    "Filter",
    "Partial",
    "Report",
    "ReportSpec",
    "Settings",
    "SourceError",
    "SourceMap",
    "Summary",
    "TableSource",
    "UsageError",
    "discover",
    "explain",
    "finish",
    "gather",
    "open_session",
    "read_partial",
    "restricted",
    "run",
    "sharded",
    "with_estimates",
    "with_states",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
