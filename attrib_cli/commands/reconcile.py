"""``attrib reconcile``: why two figures differ, in steps that sum to the difference."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import DataOptions, RequestOptions, RunOptions, flattened
from attrib_cli.engine.errors import UsageError
from attrib_cli.reporting.reconciling import reconcile as account_between

HELP = """Show why two figures differ: the steps from one to the other, which sum to the difference exactly.

A and B are [bold]attributed[/bold] (the revenue that a report credits to interactions), [bold]closed[/bold] (the
amounts of all won deals, as they stand in the table), [bold]influenced[/bold] (whole deals of the contacts that were
touched), a model, a period, a saved report, or the file of an earlier ledger. --against takes the place
of B.

[bold]Examples[/bold]

\b
attrib reconcile attributed closed --demo
attrib reconcile attributed closed --period last-quarter --campaign "Spring Launch"
attrib reconcile attributed influenced --campaign "Spring Launch"
attrib reconcile first linear --campaign "Spring Launch"
attrib reconcile ledger-of-june.parquet attributed
attrib reconcile 2026-q1 2026-q2 --model u-shaped
attrib reconcile attributed --against 128000 --period 2026
attrib reconcile attributed closed --format json
"""

A = Annotated[
    str, typer.Argument(metavar="[A]", help="The figure to start from.", autocompletion=completion.reconciled_figures)
]
B = Annotated[
    str | None,
    typer.Argument(metavar="[B]", help="The figure to get to.", autocompletion=completion.reconciled_figures),
]
Against = Annotated[
    str | None, typer.Option("--against", metavar="NUMBER", help="A total from elsewhere to get to, in place of B.")
]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="PATH", help="File to write, or - for stdout.")]


@flattened
def reconcile(
    context: typer.Context,
    where: DataOptions,
    what: RequestOptions,
    how: RunOptions,
    first_figure: A = "attributed",
    second_figure: B = None,
    against: Against = None,
    format: o.AccountFormat = None,
    output: Output = None,
) -> None:
    """Show why two figures differ: the steps from one to the other, which sum to the difference exactly."""
    from attrib_cli.output.chosen_format import resolve_format
    from attrib_cli.output.deliver import deliver_bytes, write_options

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    chosen = resolve_format(format, output, console.stdout_is_tty, content="account")
    total = None if against is None else _total(against)
    workspace = where.workspace(console, how)
    with console.progress("starting") as doing:
        account = account_between(workspace, first_figure, second_figure, what.request(), total, progress=doing)
    for warning in account.warnings:
        console.warn(warning)
    options = write_options(path=output, console=console)
    deliver_bytes(chosen.load_account()(account, options), path=output, console=console)


def _total(text: str) -> Decimal:
    try:
        total = Decimal(text.strip())
    except InvalidOperation:
        total = Decimal("NaN")
    if not total.is_finite():
        raise UsageError(
            f"'{text}' is no total", hint="Write digits and a point, such as 128000.50.", place="--against"
        )
    return total
