"""``attrib report``: compute a report and write it."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import ComputingOptions, DataOptions, OutputOptions, RequestOptions, flattened
from attrib_cli.console import Console
from attrib_cli.engine.errors import CheckError
from attrib_cli.engine.report import Report

HELP = """Attribute contacts, deals or revenue to campaigns, channels or whatever you cut by.

[bold]Examples[/bold]

\b
attrib report --demo
attrib report --data DIR --campaign "Spring Launch" --type revenue --model linear
attrib report --by channel --model first,last,linear --period last-quarter
attrib report --type contact-create --by month --output contacts.csv
attrib report --by channel --model markov,linear --confidence 90%
attrib report --where pipeline=Enterprise --compare previous-year
attrib report "Spring launch" --period last-month
"""


Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="A saved report; options typed beside it go over what it says, for this run.",
        autocompletion=completion.saved_reports,
        show_default=False,
    ),
]


@flattened
def report(
    context: typer.Context,
    where: DataOptions,
    what: RequestOptions,
    out: OutputOptions,
    how: ComputingOptions,
    name: Name = None,
) -> None:
    """Attribute contacts, deals or revenue to campaigns, channels or whatever you cut by."""
    from attrib_cli.engine.notes import refuse_warnings
    from attrib_cli.output.about import about
    from attrib_cli.output.deliver import deliver
    from attrib_cli.output.registry import is_stdout, may_hold, resolve_format

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = what.request(format=out.format)
    workspace = where.workspace(console, how)
    saved = workspace.saved_report(name, typed)
    data = workspace.data_of(saved)
    request = workspace.merged(typed, saved)
    path = out.output or (saved.output if saved else None)
    if typed.format and path and not out.output and not may_hold(path, resolve_format(typed.format, path, False)):
        path = None
    chosen = resolve_format(typed.format or (None if out.output else request.format), path, console.stdout_is_tty)
    day = workspace.day(saved)
    spec = request.spec(data.settings, day)
    if out.show_sql:
        console.write_text(workspace.explain(data, spec))
        return
    with console.progress("starting") as doing, workspace.open(data, shared=False, progress=doing) as session:
        answer = session.run(spec)
    workspace.check_partials()
    if how.strict:
        refuse_warnings(answer.notes)
    _tell(console, answer, shown=chosen.for_people and is_stdout(path) and console.stdout_is_tty)
    safe = out.excel_safe or bool(saved and saved.excel_safe)
    found = partial(about, data.sources, day=day)
    deliver(chosen, answer, path=path, console=console, excel_safe=safe, name=name, about=found, chart=request.chart)
    if not chosen.for_people:
        for text in (*answer.summary.omissions(), *(str(note) for note in answer.notes if note.level == "note")):
            console.note(f"note: {text}")
    if chosen.for_people and saved is None and typed.by is None and len(typed.campaign or ()) == 1:
        console.note(f"note: `attrib campaigns show {shlex.quote((typed.campaign or ('',))[0])}` shows all about it")
    if out.fail_on_empty and not answer.rows:
        raise CheckError("nothing to report", hint="What is written has no rows.")


def _tell(console: Console, answer: Report, *, shown: bool) -> None:
    """Say what there is to say of a report on standard error: warnings too, unless they are `shown` with it."""
    for warning in answer.warnings if not shown else ():
        console.warn(warning.text, hint=warning.hint)
    dates = answer.summary.dates
    console.detail(f"dates: {dates.label} ({dates.start or 'open'} to {dates.end or 'open'})")
    if answer.summary.compared_with is not None:
        before = answer.summary.compared_with
        console.detail(f"compared with: {before.label} ({before.start} to {before.end})")
    for what, count in answer.counts:
        console.detail(f"{what}: {count:,}")
    for what, seconds in answer.timings:
        console.detail(f"{what}: {seconds * 1000:,.0f} ms")
