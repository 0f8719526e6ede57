"""Campaign attribution on your own files: contacts, deals and revenue, to the cent.

    import attrib_cli as attrib

    attrib.report("exports", type="revenue", models="linear", by="channel", period="last-quarter")

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrib_cli.engine.errors import AttribError
    from attrib_cli.library.reports import Answer, dashboard, report

__version__ = "0.1.0"

__all__ = ["Answer", "AttribError", "__version__", "dashboard", "report"]

_HOME = {
    "Answer": "attrib_cli.library.reports",
    "AttribError": "attrib_cli.engine.errors",
    "dashboard": "attrib_cli.library.reports",
    "report": "attrib_cli.library.reports",
}


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
