"""The attribution engine as a library: request, sources and settings in, report out.

    from attrib_cli.engine import ReportSpec, discover, run

    report = run(ReportSpec(type="revenue", models=("linear",), by=("campaign",)), discover("data"))
    for row in report.rows:
        ...

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrib_cli.engine.errors import AttribError, CheckError, ConfigError, ErrorGroup, SourceError, UsageError
    from attrib_cli.engine.report import Column, Report, Summary
    from attrib_cli.engine.runner import explain, run
    from attrib_cli.engine.session import open_session
    from attrib_cli.engine.sources import discover
    from attrib_cli.engine.spec import (
        CustomModel,
        DateRange,
        Filter,
        ReportSpec,
        Settings,
        SourceMap,
        TableSource,
    )

_HOMES = {
    "errors": ("AttribError", "CheckError", "ConfigError", "ErrorGroup", "SourceError", "UsageError"),
    "report": ("Column", "Report", "Summary"),
    "runner": ("explain", "run"),
    "session": ("open_session",),
    "sources": ("discover",),
    "spec": ("CustomModel", "DateRange", "Filter", "ReportSpec", "Settings", "SourceMap", "TableSource"),
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
    "open_session",
    "run",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
