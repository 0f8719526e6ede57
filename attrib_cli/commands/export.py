"""``attrib export``: write reports to files, keep a message of it and mail them."""

from __future__ import annotations

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli.export_options import ExportArguments
from attrib_cli.cli.report_options import flattened

HELP = """Write saved reports, a dashboard's, or the one that options describe, to files.

[bold]Examples[/bold]

\b
attrib export weekly-revenue --output out/
attrib export weekly-revenue channels -f xlsx --name Board
attrib export --dashboard Management -f xlsx --email boss@example.com
attrib export --by channel -m all -f csv,parquet -o 'out/{name}-{to:%Y-%m-%d}.{ext}'
attrib export --ledger -m linear,u-shaped -f parquet --name credits
"""


@flattened
def export(context: typer.Context, given: ExportArguments) -> None:
    """Write saved reports, a dashboard's, or the one that options describe, to files."""
    console = o.run_console(context.obj, quiet=given.how.quiet, verbose=given.how.verbose)
    with given.files.logged(console, *(given.names or ()), *filter(None, (given.dashboard,))) as watched:
        given.files.deliver(given.job(watched))
