"""``attrib convert``: the tables as Parquet files, for other programs and for quicker reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import DataOptions, RunOptions, flattened
from attrib_cli.reporting.converting import convert as write_tables

HELP = """Write the tables as Parquet files with our names and types, one for each, into the folder OUT.

Everything that attrib.yaml says of their sources is applied: mapped headers, rules for values, lists, unions. Reports
on the folder ([bold]--data OUT[/bold]) have the same figures; files that are there are only replaced with --force.

[bold]Examples[/bold]

\b
attrib convert tables --demo
attrib convert tables --data exports
attrib report --data tables
"""

Out = Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write to; made if need be.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]


@flattened
def convert(
    context: typer.Context, out: Out, where: DataOptions, how: RunOptions, force: Force = False
) -> None:  # fmt: skip
    """Write the tables as Parquet files with our names and types, one for each, into the folder OUT."""
    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    workspace = where.workspace(console, how)
    with console.progress("starting") as doing:
        written = write_tables(workspace, out, force=force, progress=doing)
    for path, rows in written:
        console.note(f"wrote {path}: {rows:,} rows")
