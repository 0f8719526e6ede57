"""``attrib models``: which attribution models there are."""

from __future__ import annotations

import typer

from attrib_cli.cli import options as o
from attrib_cli.reporting.workspace import Workspace


def models(
    context: typer.Context, config: o.ConfigPath = None, demo: o.Demo = False, format: o.ListFormat = None
) -> None:
    """List the attribution models, those of the configuration included."""
    from attrib_cli.engine.conversions import known_types
    from attrib_cli.engine.models import known_models
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records

    console = context.obj
    settings = Workspace(console=console, config=config, demo=demo).settings()
    records = [
        {
            "model": model.name,
            "kind": model.kind,
            "aliases": model.aliases,
            "report_types": [kind.name for kind in known_types(settings.conversions) if model.misfit(kind) is None],
            "description": model.description,
        }
        for model in known_models(settings.models)
    ]
    chosen = o.list_format(console, format)
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )
