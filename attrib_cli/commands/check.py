"""``attrib check``: what the data mean for the figures, before any figure is made."""

from __future__ import annotations

from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import DataOptions, RunOptions, flattened
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.output.registry import FINDINGS_FORMATS, listing
from attrib_cli.terminal.exit_codes import ExitCode

HELP = """Read all data once and say what they mean for the figures: joins, dates, deals, doubtful rows.

Each finding has a level: an [bold]error[/bold] keeps reports from being made or leaves them without a figure, a
[bold]warning[/bold] makes figures wrong or incomplete, an [bold]info[/bold] says what figures are of. The exit code is
4 where there are errors. What is known and meant is listed in attrib.yaml, under check: ignore:.

[bold]Examples[/bold]

\b
attrib check --demo
attrib check --data exports
attrib check --data exports --fail-on warning
attrib check --format json
"""

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{listing(FINDINGS_FORMATS)}; else as --output ends, else a table.",
        autocompletion=completion.findings_formats,
    ),
]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="PATH", help="File to write, or - for stdout.")]
FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", metavar="LEVEL", help="End with exit code 4 from this level on: error, warning or info."),
]
ListChecks = Annotated[bool, typer.Option("--list", help="List the checks, with what each means, and stop.")]


@flattened
def check(
    context: typer.Context,
    where: DataOptions,
    how: RunOptions,
    format: Format = None,
    output: Output = None,
    fail_on: FailOn = None,
    list_checks: ListChecks = False,
) -> None:
    """Read all data once and say what they mean for the figures: joins, dates, deals, doubtful rows."""
    from attrib_cli.engine.data_checks import CHECKS, LEVELS
    from attrib_cli.output.chosen_format import format_of_file, is_stdout, resolve_format, usual_format
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import render_records
    from attrib_cli.reporting.checking import check_all

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    level = (fail_on or "error").strip().casefold()
    if level not in LEVELS:
        hint = did_you_mean(level, LEVELS) or f"Levels: {', '.join(LEVELS)}."
        raise UsageError(f"there is no level '{fail_on}'", hint=hint, place="--fail-on")
    options = write_options(path=output, console=console)
    if list_checks:
        records = [{"check": one.name, "what": one.about, "meaning": one.means} for one in CHECKS]
        deliver_bytes([render_records(records, o.list_format(console, format), options)], path=output, console=console)
        return
    by_ending = None if output is None or is_stdout(output) else format_of_file(output, FINDINGS_FORMATS)
    chosen = by_ending or usual_format("terminal")  # people read it in a pipe too
    if format is not None:
        chosen = resolve_format(format, output, console.stdout_is_tty, content="findings")
    workspace = where.workspace(console, how)
    with console.progress("starting") as doing:
        checked = check_all(workspace, progress=doing)
    deliver_bytes(chosen.load_findings()(checked, options), path=output, console=console)
    for entry in checked.idle:
        console.note(f"note: check: ignore: has '{entry}', and nothing of that kind was found")
    if any(LEVELS.index(one.level) <= LEVELS.index(level) for one in checked.findings):
        raise typer.Exit(ExitCode.CHECK)
