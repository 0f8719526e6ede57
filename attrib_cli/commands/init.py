"""``attrib init``: from a folder of someone's own exports to a configuration and the first report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import RunOptions, flattened, listed
from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.engine.source_spec import PATHS

if TYPE_CHECKING:
    from attrib_cli.proposal.answers import Answers, Doubt
    from attrib_cli.terminal.console import Console

HELP = """Look at your exports, say what they are, write an attrib.yaml for them and run a first report.

FILES are CSV, TSV, Parquet and JSON lines, zips of them, or folders; without any, the folder you are in. What each
file is comes from its headers (exports of HubSpot, Salesforce, GA4, ad platforms and others are known) and from its
values: the joins are tried. Only what is unsure is asked, on a terminal; every question has an option that answers it.

[bold]Examples[/bold]

\b
attrib init exports
attrib init exports --yes
attrib init deals.csv clicks.csv --won-stages "6 - Signed,Paid"
attrib init events.csv --conversions "purchase,sign_up"
attrib init exports --table old.csv=skip --column touchpoints.contact_id=Email
"""

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILES]", help="Files or folders; the folder you are in if not given.")
]
Write = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration to write.", show_default=True)]
Tables = Annotated[
    list[str] | None,
    typer.Option("--table", metavar="FILE=TABLE", help="What a file is, or skip to leave it out; repeatable."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="TABLE.COLUMN=HEADER", help="Which header is a column of ours; repeatable."),
]
WonStages = Annotated[
    list[str] | None,
    typer.Option("--won-stages", metavar="STAGES", help="The stages of won deals; commas between them."),
]
Conversions = Annotated[
    list[str] | None,
    typer.Option("--conversions", metavar="EVENTS", help="Which types of interactions are conversions of their own."),
]
AllWon = Annotated[bool, typer.Option("--all-won", help="Every deal is won, as in a table of orders.")]
Currency = Annotated[str | None, typer.Option("--currency", metavar="CODE", help="What amounts are in: USD.")]
TimeZone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="The IANA time zone of times without one.")
]
DateFormat = Annotated[
    str | None, typer.Option("--date-format", metavar="FORMAT", help="How dates are written: '%d/%m/%Y'.")
]
Distinct = Annotated[
    list[str] | None,
    typer.Option("--distinct", metavar="TABLE", help="Rows in several files of a table count once; repeatable."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take what is likeliest.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a configuration that is there.")]
Print = Annotated[bool, typer.Option("--print", help="Print the configuration in place of writing it.")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Run no report.")]


@flattened
def init(
    context: typer.Context,
    how: RunOptions,
    files: Files = None,
    config: Write = Path("attrib.yaml"),
    table: Tables = None,
    column: Columns = None,
    won_stages: WonStages = None,
    conversions: Conversions = None,
    all_won: AllWon = False,
    currency: Currency = None,
    timezone: TimeZone = None,
    date_format: DateFormat = None,
    distinct: Distinct = None,
    yes: Yes = False,
    force: Force = False,
    print_: Print = False,
    no_report: NoReport = False,
) -> None:
    """Look at your exports, say what they are, write an attrib.yaml for them and run a first report."""
    from attrib_cli.config.schema.reference import schema_text
    from attrib_cli.output.chosen_format import resolve_format
    from attrib_cli.output.deliver import deliver
    from attrib_cli.proposal.answers import Answers
    from attrib_cli.proposal.propose import propose
    from attrib_cli.proposal.text import configuration, summary
    from attrib_cli.reporting.first_report import first_report
    from attrib_cli.saved.definitions_file import MODELINE, SCHEMA_FILE
    from attrib_cli.system.atomic_files import write_file

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    path = config.absolute()
    if path.exists() and not force and not print_:
        hint = "Give --force to replace it, --config to write another one, or --print to see what it would be."
        raise UsageError("there is a configuration already", hint=hint, place=str(config))
    answers = Answers(
        tables=_pairs(table, "--table", "FILE=TABLE"),
        columns=_pairs(column, "--column", "TABLE.COLUMN=HEADER"),
        won_stages=listed(won_stages),
        conversions=listed(conversions),
        all_won=all_won,
        currency=currency,
        timezone=timezone,
        date_format=date_format,
        distinct=listed(distinct) or (),
    )
    given = files or [Path()]
    with console.progress("looking at the files") as doing:
        proposal = propose(given, path.parent, answers, progress=doing)
    if console.stdin_is_tty and console.stderr_is_tty and not yes and proposal.doubts:
        console.note(summary(replace(proposal, doubts=())))
        typed: dict[str, str] = {}
        while True:
            try:
                asked = _asked(console, answers, proposal.doubts, typed)
                with console.progress("looking at the files") as doing:
                    proposal = propose(given, path.parent, asked, progress=doing)
                break
            except UsageError as error:
                console.note(f"\n{error.message}. {error.hint or ''}".rstrip())
                for doubt in proposal.doubts:  # of the option that cannot be so
                    if error.place and doubt.option.startswith(error.place):
                        typed.pop(doubt.question, None)
    else:
        console.note(summary(proposal))
    text = configuration(proposal)
    if print_:
        console.write_text(text)
        return
    write_file(str(path.with_name(SCHEMA_FILE)), [schema_text().encode()])
    write_file(str(path), [f"{MODELINE}\n{text}".encode()])
    console.note(f"wrote {config}")
    lacking = [name for name in ("touchpoints",) if name not in proposal.plans]
    own = any(table.endswith(CONVERSIONS) for table in proposal.plans)
    if not own and not {"deals", "contacts"} & proposal.plans.keys():
        lacking.append("deals or contacts")
    if lacking and PATHS not in proposal.plans:
        hint = "Say which file is: --table FILE=TABLE --column TABLE.COLUMN=HEADER --force."
        if any(doubt.option.startswith("--conversions") for doubt in proposal.doubts):
            hint = "Say which events are conversions: --conversions 'EVENT,EVENT' --force."
        raise SourceError(f"no file here is known as {' and '.join(lacking)}: there is no report yet", hint=hint)
    if not no_report:
        report = first_report(console, path, how.machine.resources(), today=how.today)
        if not console.stdout_is_tty:
            console.warn_of(report.notes)
        deliver(resolve_format(None, None, console.stdout_is_tty), report, path=None, console=console)


def _pairs(typed: list[str] | None, option: str, form: str) -> dict[str, str]:
    found = {}
    for one in typed or []:
        left, _, right = one.partition("=")
        if not left.strip() or not right.strip():
            raise UsageError(f"'{one}' is not {form}", hint=f"Write {option} {form}.", place=option)
        found[left.strip()] = right.strip()
    return found


def _asked(console: Console, answers: Answers, doubts: tuple[Doubt, ...], said: dict[str, str]) -> Answers:
    """Return the answers with those that somebody types on the terminal; an empty line takes what is likeliest.

    What is typed is kept in `said`, by its question, and is what an empty line takes the next time.
    """
    for doubt in doubts:
        console.note(f"\n{doubt.question}")
        if any(choice not in doubt.question for choice in doubt.choices):
            console.note(f"  {', '.join(doubt.choices)}")
        typed = said[doubt.question] = typer.prompt("answer", default=said.get(doubt.question, doubt.taken), err=True)
        answers = doubt.answered(answers, typed)
    return answers
