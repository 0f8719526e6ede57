"""``attrib report``: compute a report and write it."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import ComputingOptions, DataOptions, OutputOptions, RequestOptions, flattened
from attrib_cli.config.schema.report_fields import RUN
from attrib_cli.engine.errors import CheckError, UsageError
from attrib_cli.engine.report import Report
from attrib_cli.reporting.request import ReportRequest
from attrib_cli.terminal.console import Console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.exports.conditions import Condition
    from attrib_cli.reporting.data_context import DataContext

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


Rerun = Annotated[
    str | None,
    typer.Option(
        "--rerun",
        metavar="FILE",
        help="Make the reports, board or ledger of a file again, and say which sources changed.",
        rich_help_panel=RUN,
    ),
]
Ledger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="FILE",
        help="With --rerun: a ledger of the same report from then, to name the conversions that changed.",
        rich_help_panel=RUN,
    ),
]


NotifyWhen = Annotated[
    str | None,
    typer.Option(
        "--notify-when",
        metavar="CONDITION",
        help="Write the report only if this holds, such as 'revenue change < -20%'; with --quiet, cron mails nothing.",
        rich_help_panel=RUN,
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
    rerun: Rerun = None,
    ledger: Ledger = None,
    notify_when: NotifyWhen = None,
) -> None:
    """Attribute contacts, deals or revenue to campaigns, channels or whatever you cut by."""
    from attrib_cli.engine.notes import refuse_warnings
    from attrib_cli.output.about import about
    from attrib_cli.output.chosen_format import is_stdout, may_hold, refuse_template, resolve_format
    from attrib_cli.output.deliver import deliver

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = what.request(format=out.format)
    if rerun is not None:
        _refuse_beside_rerun(typed, name, out, how, notify_when)
        _rerun(rerun, ledger, where, out, how, console)
        return
    if ledger is not None:
        raise UsageError("there is nothing to hold a ledger against", hint="Give --rerun FILE.", place="--ledger")
    workspace = where.workspace(console, how)
    saved = workspace.saved_report(name, typed)
    data = workspace.data_of(saved)
    request = workspace.merged(typed, saved)
    path = out.output or (saved.output if saved else None)
    if typed.format and path and not out.output and not may_hold(path, resolve_format(typed.format, path, False)):
        path = None
    chosen = resolve_format(typed.format or (None if out.output else request.format), path, console.stdout_is_tty)
    template = out.template or (saved.template if saved else None)
    if out.template is not None:
        refuse_template((chosen,))
    day = workspace.day(saved)
    spec = request.spec(data.settings, day)
    if out.show_sql:
        console.write_text(workspace.explain(data, spec))
        return
    condition = _condition(notify_when, name, spec, data)
    with console.progress("starting") as doing, workspace.open(data, shared=False, progress=doing) as session:
        answer = session.run(spec)
        live = None
        if chosen.live and workspace.partials is None:
            from attrib_cli.reporting.live_boards import PageReport, carry

            page = PageReport(session=session, report=answer, chart=request.chart)
            live = carry((page,), data.settings, day, with_conversions=out.with_conversions)
    workspace.check_partials()
    if how.strict:
        refuse_warnings(answer.notes)
    if condition is not None and not _is_met(condition, name, answer, console):
        return
    _tell(console, answer, shown=chosen.for_people and is_stdout(path) and console.stdout_is_tty)
    safe = out.excel_safe or bool(saved and saved.excel_safe)
    found = cache(partial(about, data.sources, day=day, data=workspace.data_names(saved)))
    deliver(
        chosen,
        answer,
        path=path,
        console=console,
        excel_safe=safe,
        name=name,
        about=found,
        chart=request.chart,
        layout=request.layout,
        template=template if chosen.templates else None,
        live=live,
    )
    if request.layout == "long" and not chosen.layouts:
        console.note(f"note: {chosen.name} has the models side by side, whatever --layout says")
    if not chosen.for_people:
        _note(console, answer.summary.omissions(), answer.notes)
    if chosen.for_people and saved is None and typed.by is None and len(typed.campaign or ()) == 1:
        import shlex

        console.note(f"note: `attrib campaigns show {shlex.quote((typed.campaign or ('',))[0])}` shows all about it")
    if out.fail_on_empty:
        _refuse_empty((answer,))


def _condition(text: str | None, name: str | None, spec: ReportSpec, data: DataContext) -> Condition | None:
    """Return the condition typed, which the report can answer; raises UsageError."""
    if text is None:
        return None
    from attrib_cli.exports.conditions import check_condition, read_condition

    found = read_condition(text)
    check_condition(found, [(name or "report", spec, data.settings)])
    return found


def _is_met(condition: Condition, name: str | None, answer: Report, console: Console) -> bool:
    """Say whether a report meets the condition, and if not, why nothing is written."""
    from attrib_cli.exports.verdict import judge

    verdict = judge(condition, {name or "report": answer})
    console.note(f"{'written because' if verdict.met else 'not written:'} {verdict.reason}")
    return verdict.met


def _refuse_beside_rerun(
    typed: ReportRequest, name: str | None, out: OutputOptions, how: ComputingOptions, notify_when: str | None
) -> None:
    asked = [field.name for field in fields(typed) if field.name != "format" and getattr(typed, field.name) is not None]
    asked += ["today"] * (how.today is not None) + ["partials"] * (how.gathering.partials is not None)
    asked += ["show-sql"] * out.show_sql + ["NAME"] * (name is not None)
    asked += ["template"] * (out.template is not None) + ["notify-when"] * (notify_when is not None)
    asked += ["with-conversions"] * out.with_conversions
    if asked:
        hint = "Leave it out: the file says what is asked."
        raise UsageError(f"{asked[0].replace('_', '-')} was given beside it", hint=hint, place="--rerun")


def _rerun(
    file: str, ledger: str | None, where: DataOptions, out: OutputOptions, how: ComputingOptions, console: Console
) -> None:
    """Make the reports of a file again, and say what has changed since."""
    from attrib_cli.engine.notes import refuse_warnings
    from attrib_cli.output.chosen_format import is_stdout, refuse_on_terminal, resolve_format
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.origin import read_origin
    from attrib_cli.output.registry import FORMATS
    from attrib_cli.reporting.rerunning import made_again, rerun

    origin = read_origin(file)
    named = origin.about.data
    if not (where.data or where.config or where.demo) and named is not None:
        config = None if named.config is None else Path(named.config)
        where = replace(where, data=list(named.folders) or None, config=config, demo=named.demo)
    chosen = FORMATS[origin.format]
    if out.format is not None or (out.output is not None and not is_stdout(out.output)):
        chosen = resolve_format(out.format, out.output, console.stdout_is_tty)
    if is_stdout(out.output) and console.stdout_is_tty:
        refuse_on_terminal(chosen)
    known = ledger or (file if origin.ledger and FORMATS[origin.format].ledger_rows else None)
    with (
        console.progress("starting") as doing,
        rerun(where.workspace(console, how), origin, known, progress=doing) as found,
    ):
        if how.strict:
            refuse_warnings(found.notes)
        for change in found.changes:
            console.warn(change)
        if not (chosen.for_people and is_stdout(out.output) and console.stdout_is_tty):
            console.warn_of(found.notes)
        options = write_options(path=out.output, console=console, excel_safe=out.excel_safe)
        deliver_bytes(made_again(found, origin, chosen, options), path=out.output, console=console)
    if not found.changes:
        console.note("nothing has changed: the data, the settings and the version are those of the file")
    if not chosen.for_people:
        _note(console, found.omissions, found.notes)
    if out.fail_on_empty:
        _refuse_empty([one.report for one in found.reports])


def _note(console: Console, omissions: Sequence[str], notes: Sequence[Note]) -> None:
    """Say what was left out and what else is to be known, each once, beside a format that has no place for it."""
    for text in dict.fromkeys((*omissions, *(str(note) for note in notes if note.level == "note"))):
        console.note(f"note: {text}")


def _refuse_empty(answers: Sequence[Report]) -> None:
    """Raise CheckError where some report has no rows."""
    if any(not answer.rows for answer in answers):
        raise CheckError("nothing to report", hint="What is written has no rows.")


def _tell(console: Console, answer: Report, *, shown: bool) -> None:
    """Say what there is to say of a report on standard error: warnings too, unless they are `shown` with it."""
    if not shown:
        console.warn_of(answer.notes)
    dates = answer.summary.dates
    console.detail(f"dates: {dates.label} ({dates.start or 'open'} to {dates.end or 'open'})")
    if answer.summary.compared_with is not None:
        before = answer.summary.compared_with
        console.detail(f"compared with: {before.label} ({before.start} to {before.end})")
    for what, count in answer.counts:
        console.detail(f"{what}: {count:,}")
    for what, seconds in answer.timings:
        console.detail(f"{what}: {seconds * 1000:,.0f} ms")
