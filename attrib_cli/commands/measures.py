"""``attrib measures``: which figures a report can show, and what each of them is."""

from __future__ import annotations

import typer

from attrib_cli.cli import options as o


def measures(context: typer.Context, format: o.ListFormat = None) -> None:
    """List the measures, with how each is computed and what it is in a total."""
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.measures_reference import records
    from attrib_cli.output.text.records import render_records

    console = context.obj
    chosen = o.list_format(console, format)
    deliver_bytes(
        [render_records(records(), chosen, write_options(path=None, console=console))], path=None, console=console
    )
