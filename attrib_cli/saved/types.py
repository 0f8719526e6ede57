"""A saved report and a saved dashboard as the program hands them on: what was saved, whose it is, who sees it."""

from __future__ import annotations

from attrib_cli.config.schema.sections import ReportEntry
from attrib_cli.engine.frozen import frozen


@frozen
class SavedReport:
    """A saved report: its definition, never figures.

    `visibility` and `access` are what holds: on dashboards of its file those of the dashboards, else its own. `private`
    is in the user's own configuration directory; `place` is ``attrib.yaml:31``.
    """

    name: str
    definition: ReportEntry
    owner: str | None = None
    visibility: str = "everyone"
    access: str = "edit"
    private: bool = False
    place: str = ""


@frozen
class SavedDashboard:
    """A dashboard: the names of its reports in order, and who sees them."""

    name: str
    reports: tuple[str, ...]
    description: str | None = None
    owner: str | None = None
    visibility: str = "everyone"
    access: str = "edit"
    private: bool = False
    place: str = ""
