"""``attrib periods``: which date presets there are, and the days they mean today."""

from __future__ import annotations

import typer

from attrib_cli.cli import options as o
from attrib_cli.reporting.workspace import Workspace


def periods(
    context: typer.Context,
    config: o.ConfigPath = None,
    demo: o.Demo = False,
    today: o.Today = None,
    format: o.ListFormat = None,
) -> None:
    """List the periods that --period takes, with the days they stand for."""
    from attrib_cli.engine.periods import catalogue
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records

    console = context.obj
    workspace = Workspace(console=console, config=config, demo=demo, today=today)
    settings = workspace.settings()
    entries = catalogue(
        workspace.day(),
        week_starts_on=settings.week_starts_on,
        fiscal_year_starts_in=settings.fiscal_year_starts_in,
    )
    records = [
        {
            "period": entry.name,
            "from": None if entry.start is None else entry.start.isoformat(),
            "to": None if entry.end is None else entry.end.isoformat(),
            "description": entry.description,
        }
        for entry in entries
    ]
    chosen = o.list_format(console, format)
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )
