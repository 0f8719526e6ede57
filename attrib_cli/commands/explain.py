"""``attrib explain``: what is behind a figure, down to what people did."""

from __future__ import annotations

from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import DataOptions, RequestOptions, RunOptions, flattened_but, refuse_unused
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.reporting.explaining import SUBJECTS, explain_subject, explainable
from attrib_cli.reporting.request import ReportRequest

HELP = """Show what is behind a figure: one journey, or the conversions of a campaign or of a report's row.

[bold]Examples[/bold]

\b
attrib explain deal D-1042
attrib explain deal D-1042 --model linear,u-shaped --lookback 90d
attrib explain contact C-7 --format json
attrib explain campaign "Spring Launch" --period last-quarter
attrib explain report "Channels" --row Email
attrib explain report --by month,channel --row 2026-01 --row Email
"""

Subject = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help=f"{', '.join(SUBJECTS)}, or a kind of conversion of the configuration.",
        autocompletion=completion.explained_subjects,
    ),
]
Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="The id of the deal, contact or conversion, the campaign, the saved report."),
]
Row = Annotated[
    list[str] | None,
    typer.Option("--row", metavar="TEXT", help="Which row of the report: what it shows, once for each column."),
]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="PATH", help="File to write, or - for stdout.")]


_OF_TABLES = ("measure", "sort", "compare", "confidence", "seed", "transitions", "chart", "layout")


def _unused(subject: str, typed: ReportRequest) -> tuple[str, ...]:
    """Return the fields that the explanation of a subject makes no use of.

    Filters say from which journeys data-driven models are estimated; rules need no journey but the one.
    """
    from attrib_cli.engine.models import any_data_driven

    if subject == "report":
        return _OF_TABLES
    if subject == "campaign":
        return (*_OF_TABLES, "by", "campaign")
    filters = () if any_data_driven(typed.model or ()) else ("where",)
    return (*_OF_TABLES, "by", "campaign", "limit", *filters)


@flattened_but(hidden=_OF_TABLES)
def explain(
    context: typer.Context,
    subject: Subject,
    where: DataOptions,
    what: RequestOptions,
    how: RunOptions,
    name: Name = None,
    row: Row = None,
    format: o.AccountFormat = None,
    output: Output = None,
) -> None:
    """Show what is behind a figure: one journey, or the conversions of a campaign or of a report's row."""
    from attrib_cli.output.chosen_format import resolve_format
    from attrib_cli.output.deliver import deliver_bytes, write_options

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    workspace = where.workspace(console, how)
    own = () if subject in SUBJECTS else workspace.settings().conversions
    known = explainable(subject, own)
    if known is None:
        names = (*SUBJECTS, *(one.name for one in own))
        hint = did_you_mean(subject, names) or f"Explain {', '.join(names[:-1])} or {names[-1]}."
        raise UsageError(f"nothing is called '{subject}' that could be explained", hint=hint, place="WHAT")
    subject = known
    if name is None and subject != "report":
        raise UsageError(
            f"which {subject}?", hint=f"Give its {'name' if subject == 'campaign' else 'id'}.", place="NAME"
        )
    typed = what.request()
    refuse_unused(typed, _unused(subject, typed), f"the explanation of a {subject}")
    if row and subject not in ("campaign", "report"):
        raise UsageError("a journey has no rows", hint="Leave it out.", place="--row")
    chosen = resolve_format(format, output, console.stdout_is_tty, content="account")
    saved = typed.cut(workspace.library.report(name).definition) if subject == "report" and name else None
    request = typed if saved is None else typed.over(ReportRequest.of(saved))
    with console.progress("starting") as doing:
        account = explain_subject(workspace, subject, name or "", request, saved, tuple(row or ()), progress=doing)
    for warning in account.warnings:
        console.warn(warning)
    if chosen.bare:
        for text in filter(None, (account.said, *account.notes)):
            console.note(f"note: {text}")
    options = write_options(path=output, console=console)
    deliver_bytes(chosen.load_account()(account, options), path=output, console=console)
