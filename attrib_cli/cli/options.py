"""The options that several commands share, as they are typed; those of reports come from the list of their fields."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.models import OptionInfo

from attrib_cli.cli import completion
from attrib_cli.config.schema.report_fields import DATA, OUTPUT, RUN
from attrib_cli.config.schema.report_options import report_options
from attrib_cli.engine.comparisons import CATALOGUE as COMPARISONS
from attrib_cli.engine.conversions import CATALOGUE as REPORT_TYPES
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.models import CATALOGUE as MODELS
from attrib_cli.engine.resources import ENGINES
from attrib_cli.output.charts.catalogue import BY_NAME as CHARTS
from attrib_cli.output.chosen_format import resolve_format
from attrib_cli.output.registry import ACCOUNT_FORMATS, FORMATS, LAYOUT_FORMATS, LIST_FORMATS, PICTURES, Format, listing

if TYPE_CHECKING:
    from attrib_cli.terminal.console import Console


def filled_in(text: str) -> str:
    """Return a text of the help with the names of all that there are in the place of ``{formats}`` and the like."""
    for place, names in _LISTED.items():
        text = text.replace(f"{{{place}}}", names)
    return text


_LISTED = {
    "formats": ", ".join(FORMATS),
    "pictures": listing(PICTURES, "and"),
    "laid_out": listing(LAYOUT_FORMATS, "and"),
    "charts": ", ".join(CHARTS),
    "comparisons": listing([entry.name for entry in COMPARISONS]),
    "types": listing([entry.name for entry in REPORT_TYPES]),
    "estimated": ", ".join(model.name for model in MODELS if model.estimated),
}


@functools.cache
def report_option(name: str) -> OptionInfo:
    """Return the option of a report's field as Typer takes it."""
    given = report_options()[name].option
    flags = (given.flag,) if given.short is None else (given.flag, given.short)
    completed = None if given.completion is None else getattr(completion, given.completion)
    option: OptionInfo = typer.Option(
        *flags,
        metavar=given.metavar,
        help=filled_in(given.help),
        rich_help_panel=filled_in(given.panel),
        autocompletion=completed,
    )
    return option


Data = Annotated[list[str] | None, report_option("data")]
ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration; else $ATTRIB_CONFIG, else attrib.yaml here or in a folder above.",
        rich_help_panel=DATA,
    ),
]
Demo = Annotated[bool, report_option("demo")]
NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Read the files anew, and keep nothing of them.", rich_help_panel=DATA),
]
Type = Annotated[list[str] | None, report_option("type")]
OutputFormat = Annotated[str | None, report_option("format")]
Output = Annotated[str | None, report_option("output")]
ExcelSafe = Annotated[bool, report_option("excel_safe")]
Template = Annotated[str | None, report_option("template")]
FailOnEmpty = Annotated[
    bool, typer.Option("--fail-on-empty", help="End with exit code 4 where there are no rows.", rich_help_panel=RUN)
]
Partials = Annotated[
    list[str] | None,
    typer.Option(
        "--partials",
        metavar="FILES",
        help="Put together what attrib partial computed, such as 'parts/*.parquet', in place of reading the journeys; "
        "repeatable.",
        rich_help_panel=DATA,
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="NAME",
        help=f"Who computes: {' or '.join(ENGINES)}; else resources: engine: of the configuration, else duckdb, here.",
        rich_help_panel=RUN,
    ),
]
Master = Annotated[
    str | None,
    typer.Option(
        "--master",
        metavar="URL",
        help="Where Spark runs: local[*] (the default), spark://host:7077, yarn, k8s://...; or Ray: ray://host:10001.",
        rich_help_panel=RUN,
    ),
]
SparkRemote = Annotated[
    str | None,
    typer.Option("--spark-remote", metavar="URL", help="A Spark Connect server, sc://host:15002.", rich_help_panel=RUN),
]
Shards = Annotated[
    str | None,
    typer.Option(
        "--shards",
        metavar="N",
        help="Into how many parts a cluster cuts the journeys: more of them need less memory each.",
        rich_help_panel=RUN,
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Take warnings for errors: nothing is written where there is one, and the exit code is 4.",
        rich_help_panel=RUN,
    ),
]
ShowSql = Annotated[
    bool,
    typer.Option("--show-sql", help="Print the whole query, runnable in DuckDB, and stop.", rich_help_panel=OUTPUT),
]
Today = Annotated[str | None, report_option("today")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors.", rich_help_panel=RUN)]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Say dates, rows read at each step and timings.", rich_help_panel=RUN),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.", rich_help_panel=RUN)]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="Memory that the engine takes before it goes on in temporary files: 4GB; else $ATTRIB_MEMORY_LIMIT, else "
        "half of what the machine, or the container, has.",
        rich_help_panel=RUN,
    ),
]
Threads = Annotated[
    str | None,
    typer.Option(
        "--threads",
        metavar="N",
        help="How many threads work; else as many as the machine, or the container, has processors.",
        rich_help_panel=RUN,
    ),
]
TempDir = Annotated[
    str | None,
    typer.Option(
        "--temp-dir", metavar="DIR", help="Folder for temporary files; else that of $TMPDIR.", rich_help_panel=RUN
    ),
]
WithConversions = Annotated[
    bool,
    typer.Option(
        "--with-conversions",
        help="Let a page show the largest conversions behind each row, by id: whoever has the file can read them.",
        rich_help_panel=OUTPUT,
    ),
]
ListFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{listing(LIST_FORMATS)}.",
        autocompletion=completion.list_formats,
    ),
]
AccountFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{listing(ACCOUNT_FORMATS)}; else as --output ends.",
        autocompletion=completion.account_formats,
    ),
]


def run_console(console: Console, *, quiet: bool, verbose: bool) -> Console:
    """Return the console as loud as was asked for."""
    if quiet and verbose:
        raise UsageError("--quiet and --verbose were both given", hint="Give one or the other.", place="--quiet")
    return console.adjusted(quiet=quiet, verbose=verbose)


def list_format(console: Console, typed: str | None) -> Format:
    """Return the format of a list: as typed, else the usual one of terminals or of pipes; raises UsageError."""
    return resolve_format(typed, None, console.stdout_is_tty, content="list")
