"""``attrib types``: which report types there are."""

from __future__ import annotations

import typer

from attrib_cli.cli import options as o
from attrib_cli.reporting.workspace import Workspace


def types(
    context: typer.Context, config: o.ConfigPath = None, demo: o.Demo = False, format: o.ListFormat = None
) -> None:
    """List the report types: what converts, when, and what it is worth; those of the configuration included."""
    from attrib_cli.engine.conversions import known_types
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records

    console = context.obj
    settings = Workspace(console=console, config=config, demo=demo).settings()
    records = [
        {
            "type": kind.name,
            "aliases": kind.aliases,
            "kind": "configuration" if kind.configured else "built in",
            "converts": f"{kind.table}.{kind.moment}",
            "measures": tuple(dict.fromkeys(name for name in (kind.primary, kind.counted, kind.valued) if name)),
            "positions": kind.positions,
            "description": kind.description,
        }
        for kind in known_types(settings.conversions)
    ]
    chosen = o.list_format(console, format)
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )
