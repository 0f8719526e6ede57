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
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.exports import dashboard_items, described_item, refuse_in_ledger, saved_items

    how, files = given.how, given.files
    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = given.what.request()
    if files.ledger:
        refuse_in_ledger(typed)
    if given.names and given.dashboard is not None:
        raise UsageError("reports and --dashboard were both given", hint="Give one or the other.")
    workspace = given.where.workspace(console, how)
    if not given.names and given.dashboard is None:
        item = described_item(workspace, typed)
        files.deliver(workspace, (item,), item.data.config, strict=how.strict)
        return
    if given.dashboard is not None:
        items = dashboard_items(given.dashboard, workspace, typed)
    else:
        items = saved_items(given.names or (), workspace, typed)
    files.deliver(workspace, items, workspace.project, board=given.dashboard, typed=typed, strict=how.strict)
