"""The report that shows that a new configuration works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.reporting.request import ReportRequest
from attrib_cli.reporting.workspace import Workspace

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.resources import Resources
    from attrib_cli.terminal.console import Console


def first_report(console: Console, config: Path, resources: Resources, *, today: str | None = None) -> Report:
    """Return revenue by campaign, by channel where no campaign is named.

    Where there are no deals, it is of the first kind of conversions of the configuration's own, else of contacts.

    Raises what finding, reading and attributing the data raises.
    """
    workspace = Workspace(console=console, config=config, today=today, resources=resources)
    data = workspace.data_of()
    with console.progress("computing the first report") as doing, workspace.open(data, progress=doing) as session:
        kinds = session.kinds()
        own = data.settings.conversions if "deals" not in kinds else ()
        type_ = (
            own[0].name
            if own
            else "revenue"
            if "amount" in kinds.get("deals", {})
            else "deals"
            if "deals" in kinds
            else "contacts"
        )
        touched = kinds.get("touchpoints", {})
        by = "campaign" if "campaign_id" in touched else "channel" if "channel" in touched else "month"
        if by == "channel" and any(by in kinds.get(one.table, {}) for one in own):
            by = f"touchpoint.{by}"
        request = ReportRequest.of_values({"type": type_, "by": (by,), "model": ("linear",)}).over(data.preferred)
        return session.run(request.spec(data.settings, workspace.day()))
