"""``attrib paths``: the ways that journeys take, with and without conversion."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import DataOptions, RequestOptions, RunOptions, flattened_but, refuse_unused
from attrib_cli.engine.errors import UsageError
from attrib_cli.reporting.request import ReportRequest

HELP = """Show the paths of journeys: the ways they take, their steps and days, and who opens and closes them.

WHAT is [bold]top[/bold] (paths, the default), [bold]length[/bold] (steps), [bold]lag[/bold] (days to conversion),
[bold]assists[/bold], [bold]overlaps[/bold] (what stands together) or [bold]flow[/bold] (what follows what).

[bold]Examples[/bold]

\b
attrib paths --demo
attrib paths top --by channel --collapse repeats --limit 10
attrib paths lag --period last-year --where pipeline=Enterprise
attrib paths assists --by campaign
attrib paths flow --first-steps 3 --format csv
"""

What = Annotated[
    str, typer.Argument(metavar="[WHAT]", help="What is asked of them.", autocompletion=completion.path_questions)
]
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]", help="A saved report whose journeys are meant.", autocompletion=completion.saved_reports
    ),
]
_PANEL = "Paths"
LeaveOut = Annotated[
    list[str] | None,
    typer.Option(
        "--leave-out", metavar="STEP", help="Leave a step out of paths that have others.", rich_help_panel=_PANEL
    ),
]
LeaveOutLast = Annotated[
    list[str] | None,
    typer.Option(
        "--leave-out-last",
        metavar="STEP",
        help="Leave a step out where it ends a path that has others.",
        rich_help_panel=_PANEL,
    ),
]
Distinct = Annotated[
    bool, typer.Option("--distinct", help="Keep each step where it stands first.", rich_help_panel=_PANEL)
]
FirstSteps = Annotated[
    int | None,
    typer.Option("--first-steps", metavar="N", min=1, help="Keep the first N steps.", rich_help_panel=_PANEL),
]
LastSteps = Annotated[
    int | None, typer.Option("--last-steps", metavar="N", min=1, help="Keep the last N steps.", rich_help_panel=_PANEL)
]
MinShare = Annotated[
    str | None,
    typer.Option(
        "--min-share",
        metavar="1%",
        help="Make one row of paths with a smaller part of the conversions.",
        rich_help_panel=_PANEL,
    ),
]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="PATH", help="File to write, or - for stdout.")]


_UNUSED = (
    "model",
    "weights",
    "half_life",
    "measure",
    "sort",
    "compare",
    "order",
    "game",
    "confidence",
    "seed",
    "transitions",
    "chart",
    "layout",
)


@flattened_but(
    hidden=_UNUSED,
    helps={"by": "What steps are: channel (the default), campaign, asset_type, … of interactions."},
)
def paths(
    context: typer.Context,
    where: DataOptions,
    request: RequestOptions,
    how: RunOptions,
    what: What = "top",
    name: Name = None,
    leave_out: LeaveOut = None,
    leave_out_last: LeaveOutLast = None,
    distinct: Distinct = False,
    first_steps: FirstSteps = None,
    last_steps: LastSteps = None,
    min_share: MinShare = None,
    format: o.AccountFormat = None,
    output: Output = None,
) -> None:
    """Show the paths of journeys: the ways they take, their steps and days, and who opens and closes them."""
    from attrib_cli.engine.journey_paths import find_paths
    from attrib_cli.engine.path_answers import Transform
    from attrib_cli.output.chosen_format import resolve_format
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.explained.account import with_scope
    from attrib_cli.output.explained.paths import MOST, account_of, bare_account_of, conditions_of

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = request.request()
    refuse_unused(typed, _UNUSED, "a table of paths")
    if typed.collapse not in (None, "repeats"):
        hint = "Write --collapse repeats, which makes one of neighbours that are alike."
        raise UsageError(f"steps cannot be collapsed by {typed.collapse}", hint=hint, place="--collapse")
    transform = Transform(
        without=tuple(leave_out or ()),
        without_last=tuple(leave_out_last or ()),
        collapse=typed.collapse is not None,
        distinct=distinct,
        first=first_steps,
        last=last_steps,
        share=None if min_share is None else _share(min_share),
    )
    workspace = where.workspace(console, how)
    saved = workspace.saved_report(name, typed)
    data = workspace.data_of(saved)
    merged = workspace.merged(typed, saved)
    if typed.collapse is not None:
        merged = replace(merged, collapse=None)  # of steps, not of what leads to them
    if merged.by is None:
        merged = ReportRequest(by=("channel",)).over(merged)
    spec = merged.spec(data.settings, workspace.day(saved))
    chosen = resolve_format(format, output, console.stdout_is_tty, content="account")
    most = (spec.limit or MOST) if chosen.for_people else None
    options = write_options(path=output, console=console)
    with workspace.open(data, shared=False, progress=None) as session:
        with console.progress("starting") as doing:
            session.progress = doing
            found = find_paths(session, spec, what, transform, most=most, stream=chosen.bare)
        account = bare_account_of(found) if chosen.bare else account_of(found, most=spec.limit or MOST)
        done = conditions_of(transform, non_converting=spec.estimation.non_converting)
        account = with_scope(account, replace(spec, models=("linear",)), data.settings, done)
        for warning in account.warnings:
            console.warn(warning)
        if chosen.bare:
            for text in filter(None, (account.said, *account.notes)):
                console.note(f"note: {text}")
        deliver_bytes(chosen.load_account()(account, options), path=output, console=console)


def _share(text: str) -> Decimal:
    number = text.strip().removesuffix("%")
    try:
        share = Decimal(number) / (100 if text.strip().endswith("%") else 1)
    except ArithmeticError:
        share = Decimal(-1)
    if not 0 <= share <= 1:
        raise UsageError(f"'{text}' is no share", hint="Write a share such as 1% or 0.01.", place="--min-share")
    return share
