"""The options that several commands share, as they are typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.engine.errors import UsageError
from attrib_cli.output.registry import FORMATS

if TYPE_CHECKING:
    from attrib_cli.console import Console

_DATA, _WHAT, _CUT, _OUT, _RUN = "Data", "What is computed", "What is shown", "Output", "This run"
_FIT = "Data-driven models (markov, shapley)"

Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        "-d",
        metavar="DIR",
        help="Folder with touchpoints, contacts, deals, … as CSV or Parquet. - reads touchpoints from standard "
        "input; give it beside a folder for the other tables.",
        rich_help_panel=_DATA,
    ),
]
ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration; else $ATTRIB_CONFIG, else attrib.yaml here or in a folder above.",
        rich_help_panel=_DATA,
    ),
]
Demo = Annotated[
    bool, typer.Option("--demo", help="Use the example data that come with attrib.", rich_help_panel=_DATA)
]
Type = Annotated[
    str | None,
    typer.Option(
        "--type",
        "-t",
        metavar="TYPE",
        help="contact-create, deal-create or revenue (the default).",
        autocompletion=completion.report_types,
        rich_help_panel=_WHAT,
    ),
]
Model = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Attribution model, several separated by commas, or all (every rule); linear by default. "
        "[bold]attrib models[/bold] lists them.",
        autocompletion=completion.models,
        rich_help_panel=_WHAT,
    ),
]
Period = Annotated[
    str | None,
    typer.Option(
        "--period",
        "-p",
        metavar="PERIOD",
        help="Dates of the conversions: last-quarter, last-90-days, 2026-03, …; all-time by default. "
        "[bold]attrib periods[/bold] lists them.",
        autocompletion=completion.periods,
        rich_help_panel=_WHAT,
    ),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="DAY", help="First conversion day, such as 2026-01-01.", rich_help_panel=_WHAT),
]
To = Annotated[
    str | None, typer.Option("--to", metavar="DAY", help="Last conversion day, inclusive.", rich_help_panel=_WHAT)
]
Lookback = Annotated[
    str | None,
    typer.Option(
        "--lookback",
        metavar="90d",
        help="How long before the conversion interactions count; without limit by default.",
        rich_help_panel=_WHAT,
    ),
]
HalfLife = Annotated[
    str | None,
    typer.Option("--half-life", metavar="7d", help="Half-life of time decay.", rich_help_panel=_WHAT),
]
Eligible = Annotated[
    list[str] | None,
    typer.Option(
        "--eligible",
        metavar="COLUMN=VALUE",
        help="Which interactions take part in journeys at all, before weighting; repeatable, all must hold.",
        rich_help_panel=_WHAT,
    ),
]
Campaign = Annotated[
    list[str] | None,
    typer.Option(
        "--campaign",
        "-c",
        metavar="NAME",
        help="Show only this campaign's credit, by name or id; repeatable.",
        autocompletion=completion.campaigns,
        rich_help_panel=_CUT,
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        "-b",
        metavar="COLUMN",
        help="What rows are cut by: campaign (the default), channel, month, …; several separated by commas. "
        "[bold]attrib dimensions[/bold] lists them.",
        autocompletion=completion.dimensions,
        rich_help_panel=_CUT,
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        "-w",
        metavar="COLUMN=VALUE",
        help="Filter, also with != ~ !~ < <= > >= and =a|b; on a contact's or deal's column it picks conversions, on "
        "an interaction's or campaign's the credits shown. Repeatable, all must hold.",
        rich_help_panel=_CUT,
    ),
]
Measures = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="MEASURE",
        help="Figures to show, separated by commas: revenue, deals, share, roi, …; or all.",
        autocompletion=completion.measures,
        rich_help_panel=_CUT,
    ),
]
Sort = Annotated[
    list[str] | None,
    typer.Option(
        "--sort", metavar="COLUMN", help="Sort by a column, such as revenue:desc or campaign.", rich_help_panel=_CUT
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        "-n",
        metavar="N",
        min=1,
        help="Show so many rows; the rest is one row (other).",
        rich_help_panel=_CUT,
    ),
]
Compare = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="PERIOD",
        help="previous-period or previous-year.",
        autocompletion=completion.comparisons,
        rich_help_panel=_CUT,
    ),
]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--states",
        metavar="COLUMN",
        help="What data-driven models weigh; by default the columns of interactions in --by.",
        autocompletion=completion.dimensions,
        rich_help_panel=_FIT,
    ),
]
Order = Annotated[
    int | None,
    typer.Option(
        "--order", metavar="1..4", help="How many interactions the Markov chain remembers.", rich_help_panel=_FIT
    ),
]
Game = Annotated[
    str | None,
    typer.Option(
        "--game",
        metavar="GAME",
        help="What a coalition is worth to Shapley: conversions (the default) or rate.",
        autocompletion=completion.games,
        rich_help_panel=_FIT,
    ),
]
NonConverting = Annotated[
    str | None,
    typer.Option(
        "--non-converting",
        metavar="on|off",
        help="Whether journeys without conversion count; on by default.",
        autocompletion=completion.switches,
        rich_help_panel=_FIT,
    ),
]
Confidence = Annotated[
    str | None,
    typer.Option(
        "--confidence",
        metavar="90%",
        help="Show how far their figures might be off, as an interval.",
        rich_help_panel=_FIT,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=1, help="What the intervals are drawn from.", rich_help_panel=_FIT),
]
Transitions = Annotated[
    bool | None,
    typer.Option(
        "--transitions",
        help="Show the transition matrix of the Markov chain in place of its credits.",
        rich_help_panel=_FIT,
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="OPTION",
        help="Leave out what a saved report or the configuration's defaults say: limit, compare, where, …; several "
        "separated by commas.",
        autocompletion=completion.options_kept,
        rich_help_panel=_CUT,
    ),
]
OutputFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)}; by default the suffix of --output, else table on a terminal and csv in a pipe.",
        autocompletion=completion.formats,
        rich_help_panel=_OUT,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="PATH", help="File to write, or - for standard output.", rich_help_panel=_OUT
    ),
]
ExcelSafe = Annotated[
    bool,
    typer.Option(
        "--excel-safe", help="Neutralise text that a spreadsheet would run as a formula.", rich_help_panel=_OUT
    ),
]
FailOnEmpty = Annotated[
    bool, typer.Option("--fail-on-empty", help="End with exit code 4 where there are no rows.", rich_help_panel=_RUN)
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Take warnings for errors: nothing is written where there is one, and the exit code is 4.",
        rich_help_panel=_RUN,
    ),
]
ShowSql = Annotated[
    bool, typer.Option("--show-sql", help="Print the whole query, runnable in DuckDB, and stop.", rich_help_panel=_OUT)
]
Today = Annotated[
    str | None,
    typer.Option(
        "--today", metavar="DAY", help="The day that periods count from; else $ATTRIB_TODAY.", rich_help_panel=_RUN
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors.", rich_help_panel=_RUN)]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Say dates, rows read at each step and timings.", rich_help_panel=_RUN),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.", rich_help_panel=_RUN)]
ListFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="table, csv, tsv, json or jsonl.",
        autocompletion=completion.list_formats,
    ),
]


def run_console(console: Console, *, quiet: bool, verbose: bool) -> Console:
    """Return the console as loud as was asked for."""
    if quiet and verbose:
        raise UsageError("--quiet and --verbose were both given", hint="Give one or the other.", place="--quiet")
    return console.adjusted(quiet=quiet, verbose=verbose)


def list_format(console: Console, typed: str | None) -> str:
    """Return the format of a list: as typed, else a table on a terminal and csv in a pipe."""
    return typed or ("table" if console.stdout_is_tty else "csv")
