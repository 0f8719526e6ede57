"""The checks of the data of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.data_checks import Checked
    from attrib_cli.reporting.workspace import Workspace


def check_all(workspace: Workspace, *, progress: Progress | None = None) -> Checked:
    """Return what the checks find in the data of a command, without what its configuration passes over."""
    from attrib_cli.engine.data_checks import check_data

    data, limits = workspace.data_of(), workspace.limits
    return check_data(
        data.sources,
        data.settings,
        day=workspace.day(),
        ignore=data.config.ignored_findings if data.config else (),
        threads=limits.threads,
        memory_limit=limits.memory,
        progress=progress,
        store=workspace.cache,
    )
