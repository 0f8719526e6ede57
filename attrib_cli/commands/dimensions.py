"""``attrib dimensions``: what a report on the data at hand can be cut by."""

from __future__ import annotations

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import read_options
from attrib_cli.reporting.request import ReportRequest
from attrib_cli.reporting.workspace import Workspace


def dimensions(
    context: typer.Context,
    data: o.Data = None,
    config: o.ConfigPath = None,
    demo: o.Demo = False,
    type: o.Type = None,
    format: o.ListFormat = None,
) -> None:
    """List the dimensions, those of your data's own columns included."""
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records

    console = context.obj
    workspace = Workspace(console=console, data=data, config=config, demo=demo)
    found = workspace.data_of()
    request = ReportRequest.of_values(read_options({"type": type})).over(found.preferred)
    with workspace.open(found, stage=False) as session:
        fields = session.dimensions(request.type or "revenue")
    records = [
        {"dimension": field.name, "of": field.level, "table": field.table, "description": text}
        for field, text in fields
    ]
    chosen = o.list_format(console, format)
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )
