"""``attrib dimensions``: what a report on the data at hand can be cut by."""

from __future__ import annotations

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import read_options
from attrib_cli.reporting.data_context import find_data
from attrib_cli.reporting.request import ReportRequest


def dimensions(
    context: typer.Context,
    data: o.Data = None,
    config: o.ConfigPath = None,
    demo: o.Demo = False,
    type: o.Type = None,
    format: o.ListFormat = None,
) -> None:
    """List the dimensions, those of your data's own columns included."""
    from attrib_cli.engine.runner import describe_dimensions
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records

    console = context.obj
    world = find_data(console, data=data, config=config, demo=demo)
    request = ReportRequest.of_values(read_options({"type": type})).over(world.preferred)
    fields = describe_dimensions(request.type or "revenue", world.sources, world.settings)
    records = [
        {"dimension": field.name, "of": field.level, "table": field.table, "description": text}
        for field, text in fields
    ]
    chosen = o.list_format(console, format)
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )
