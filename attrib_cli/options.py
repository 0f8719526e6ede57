"""Options that several commands share, and the way from what was typed to a request."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from attrib_cli import completion
from attrib_cli.console import Console
from attrib_cli.engine.errors import UsageError, at, did_you_mean
from attrib_cli.engine.spec import Comparison, DateRange, FitSpec, ReportSpec, Settings, SourceMap

if TYPE_CHECKING:
    from attrib_cli.config.keys import Defaults
    from attrib_cli.config.library import Library
    from attrib_cli.config.load import Config

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
        help="table, csv, tsv, json, jsonl, markdown, parquet or xlsx; by default the suffix of --output, else table "
        "on a terminal and csv in a pipe.",
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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A report as asked for in one place, on the command line or in the configuration: None where nothing is said.

    Field names are those of the options and of `defaults:` in the configuration.
    """

    type: str | None = None
    model: tuple[str, ...] | None = None
    by: tuple[str, ...] | None = None
    campaign: tuple[str, ...] | None = None
    period: str | None = None
    first: str | None = None
    to: str | None = None
    lookback: str | dt.timedelta | None = None
    half_life: str | dt.timedelta | None = None
    where: tuple[str, ...] | None = None
    eligible: tuple[str, ...] | None = None
    measure: tuple[str, ...] | None = None
    sort: tuple[str, ...] | None = None
    limit: int | None = None
    compare: str | None = None
    states: tuple[str, ...] | None = None
    order: int | None = None
    game: str | None = None
    non_converting: str | bool | None = None
    confidence: str | Decimal | None = None
    seed: int | None = None
    transitions: bool | None = None
    format: str | None = None
    without: tuple[str, ...] | None = None

    @classmethod
    def of(cls, written: Defaults) -> Asked:
        """Return what `defaults:` or a saved report asks for; what else a saved report says is not about figures."""
        known = {f.name for f in dataclasses.fields(cls)}
        values: Mapping[str, object] = {k: v for k, v in vars(written).items() if k in known}
        return dataclasses.replace(cls(), **values)  # type: ignore[arg-type]

    def over(self, other: Asked) -> Asked:
        """Return this request with what it leaves unsaid taken from `other`; dates are taken as one.

        What either of the two is `without` is not taken from `other`, nor from what this is laid over next.
        """
        said = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        dates = ("period", "first", "to")
        own_dates = any(said[name] is not None for name in dates) or "period" in (self.without or ())
        filled = {
            name: value
            if value is not None or (own_dates and name in dates) or name in (self.without or ())
            else getattr(other, name)
            for name, value in said.items()
        }
        without = (*(self.without or ()), *(other.without or ()))
        return Asked(**{**filled, "without": without or None})

    def spec(self, settings: Settings, today: dt.date) -> ReportSpec:
        """Return the request with the program's defaults where nothing is said, and its dates resolved."""
        from attrib_cli.engine.filters import parse_filter

        own = ReportSpec()
        dates = self._dates(settings, today)
        comparison = _comparison(self.compare)
        with at("--where"):
            where = tuple(map(parse_filter, self.where or ()))
        with at("--eligible"):
            eligible = tuple(map(parse_filter, self.eligible or ()))
        return ReportSpec(
            type=self.type or own.type,
            models=self.model or own.models,
            by=own.by if self.by is None else self.by,
            dates=dates,
            lookback=_duration(self.lookback, "--lookback"),
            half_life=_duration(self.half_life, "--half-life") or own.half_life,
            campaigns=self.campaign or (),
            where=where,
            eligible=eligible,
            measures=self.measure or (),
            sort=self.sort or (),
            limit=self.limit,
            fit=self._fit(),
            transitions=bool(self.transitions),
            compare=comparison,
            compare_dates=None if comparison is None else _previous(dates, comparison, settings),
        )

    def _fit(self) -> FitSpec:
        from attrib_cli.engine.estimation import parse_confidence, parse_game, parse_order, parse_switch

        own = FitSpec()
        with at("--order"):
            order = own.order if self.order is None else parse_order(self.order)
        with at("--game"):
            game = own.game if self.game is None else parse_game(self.game)
        with at("--non-converting"):
            kept = parse_switch(self.non_converting) if isinstance(self.non_converting, str) else self.non_converting
        with at("--confidence"):
            sure = parse_confidence(self.confidence) if isinstance(self.confidence, str) else self.confidence
        return FitSpec(
            states=self.states or own.states,
            order=order,
            non_converting=own.non_converting if kept is None else kept,
            game=game,
            confidence=sure,
            seed=own.seed if self.seed is None else self.seed,
        )

    def _dates(self, settings: Settings, today: dt.date) -> DateRange:
        from attrib_cli.engine.periods import parse_day, resolve_period, resolve_range

        if self.first is not None or self.to is not None:
            if self.period is not None:
                hint = "Give one or the other."
                raise UsageError("--period and --from/--to were both given", hint=hint, place="--period")
            with at("--from"):
                first = None if self.first is None else parse_day(self.first, today=today)
            with at("--to"):
                return resolve_range(first, None if self.to is None else parse_day(self.to, today=today))
        with at("--period"):
            return resolve_period(
                self.period or "all-time",
                today=today,
                week_starts_on=settings.week_starts_on,
                fiscal_year_starts_in=settings.fiscal_year_starts_in,
            )


def listed(values: list[str] | None) -> tuple[str, ...] | None:
    """Return what was typed as a list: repeated, or separated by commas; None where it was not typed."""
    if values is None:
        return None
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def repeated(values: list[str] | None) -> tuple[str, ...] | None:
    """Return what was typed as a list by repeating the option only, since values may hold commas."""
    return None if values is None else tuple(values)


def _duration(value: str | dt.timedelta | None, option: str) -> dt.timedelta | None:
    from attrib_cli.engine.periods import parse_duration

    if value is None or isinstance(value, dt.timedelta):
        return value
    try:
        return parse_duration(value)
    except UsageError as error:
        raise UsageError(error.message, hint=error.hint, place=option) from error


COMPARISONS: tuple[Comparison, ...] = ("previous-period", "previous-year")


def _comparison(value: str | None) -> Comparison | None:
    if value is None:
        return None
    folded = value.strip().casefold().replace("_", "-").replace(" ", "-")
    for name in COMPARISONS:
        if folded in (name, name.removeprefix("previous-")):
            return name
    raise UsageError(
        f"there is no comparison '{value}'",
        hint=did_you_mean(folded, COMPARISONS) or f"Compare with {' or '.join(COMPARISONS)}.",
        place="--compare",
    )


def _previous(dates: DateRange, comparison: Comparison, settings: Settings) -> DateRange:
    from attrib_cli.engine.periods import previous

    with at("--compare"):
        return previous(
            dates,
            comparison,
            week_starts_on=settings.week_starts_on,
            fiscal_year_starts_in=settings.fiscal_year_starts_in,
        )


@dataclass(frozen=True, kw_only=True)
class World:
    """What a command works on: the tables, the settings that hold for them, and what the configuration prefers."""

    sources: SourceMap
    settings: Settings
    preferred: Asked
    config: Config | None


def demo_folder() -> Path:
    """The folder of the example data: packaged with the program, or beside it in a checkout."""
    packaged = Path(__file__).parent / "demo"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "examples"


def find_world(
    console: Console, *, data: list[str] | None = None, config: Path | None = None, demo: bool = False
) -> World:
    """Find the configuration and the tables. Folders typed replace the sources of the configuration.

    Raises UsageError where nothing says where the data are, ConfigError and SourceError.
    """
    if demo and (data or config):
        raise UsageError("it was given beside --data or --config", hint="Give one or the other.", place="--demo")
    found = _find_config(console, demo_folder() / "attrib.yaml" if demo else config)
    return world_of(console, found, data)


def world_of(console: Console, config: Config | None, data: list[str] | None = None) -> World:
    """Return the tables and what holds for them, by a configuration that was read; raises as `find_world` does."""
    sources = _find_sources(console, data or [], config)
    preferred = Asked.of(config.defaults) if config else Asked()
    return World(sources=sources, settings=settings_of(config), preferred=preferred, config=config)


def settings_of(config: Config | None) -> Settings:
    """Return the settings of a configuration, the program's own without one."""
    return config.settings if config else Settings()


def find_settings(console: Console, config: Path | None = None) -> tuple[Settings, Config | None]:
    """Return the settings and the configuration they come from, for commands that need no data."""
    found = _find_config(console, config)
    return settings_of(found), found


def open_library(console: Console, config: Path | None = None) -> Library:
    """Return what the user who runs may see of the saved definitions, those of the configuration given or found."""
    return library_of(console, _find_config(console, config))


def library_of(console: Console, config: Config | None) -> Library:
    """Return what the user who runs may see of the saved definitions, those of a configuration that was read."""
    from attrib_cli.config.library import Library

    return Library.open(config, user=console.user(), environ=console.environ, folder=Path.cwd())


def warn_of_broken(console: Console, library: Library) -> None:
    """Say which definitions are left out of a list, and what is wrong with them."""
    for what, error in library.broken():
        console.warn(f"{what} is left out: {error}", hint=error.hint)


def _find_config(console: Console, given: Path | None) -> Config | None:
    from attrib_cli.config.find import find_config

    path = given if given is not None else find_config(Path.cwd(), console.environ)
    if path is None:
        return None
    from attrib_cli.config.load import load_config

    return load_config(path)


def _find_sources(console: Console, data: list[str], config: Config | None) -> SourceMap:
    from attrib_cli.engine.sources import discover, spool_stdin

    folders = [name for name in data if name != "-"]
    if len(folders) > 1:
        raise UsageError(
            f"{len(folders)} folders were given",
            hint="Give one; a configuration can name many files.",
            place="--data",
        )
    piped = "-" in data
    if folders:
        found = discover(Path(folders[0]), touchpoints=not piped)
    elif config is not None and config.sources:
        from attrib_cli.config.load import config_sources

        found = config_sources(config)
    elif piped:
        found = SourceMap(tables={})
    else:
        raise UsageError(
            "nothing says where the data are",
            hint="Give --data DIR, write an attrib.yaml, or try `attrib report --demo`.",
        )
    if not piped:
        return found
    if console.stdin is None:
        raise UsageError("standard input is closed, but --data - reads it", hint="Pipe touchpoints in.")
    piped_in = spool_stdin(cast(BinaryIO, console.stdin.buffer))
    return dataclasses.replace(found, tables={**found.tables, "touchpoints": piped_in})


def run_console(console: Console, *, quiet: bool, verbose: bool) -> Console:
    """Return the console as loud as was asked for."""
    if quiet and verbose:
        raise UsageError("--quiet and --verbose were both given", hint="Give one or the other.", place="--quiet")
    return console.adjusted(quiet=quiet, verbose=verbose)


def the_day(console: Console, typed: str | None, settings: Settings) -> dt.date:
    """Return the day that periods count from: as typed, else $ATTRIB_TODAY, else today in the data's time zone."""
    from attrib_cli.engine.periods import parse_day

    return console.today(settings.timezone) if typed is None else parse_day(typed)


def list_format(console: Console, typed: str | None) -> str:
    """Return the format of a list: as typed, else a table on a terminal and csv in a pipe."""
    return typed or ("table" if console.stdout_is_tty else "csv")
