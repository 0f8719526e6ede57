"""The list of a report's fields: what a report can be asked for, each field once, with all that is known of it.

A field has its type, which reads the text that was written; the text below it, which documentation, editors and
`attrib edit` show; and its `Option`, which is how it is typed. Everything else follows from this list: the options of
report, save and export with their help and completion, the keys of `attrib.yaml` and of saved reports, how what was
typed goes over what was saved and that over `defaults`, and `--without`. A new field is one entry here, and its use in
`reporting.request`, where a request of the engine is made of it.
"""

from typing import Annotated

from attrib_cli.config.schema.markers import Option
from attrib_cli.config.schema.types import (
    Collapse,
    Compare,
    Confidence,
    Cycles,
    Day,
    Duration,
    Filters,
    Game,
    HalfLife,
    Keys,
    Layout,
    LeftOut,
    Limit,
    Measures,
    Name,
    Names,
    Order,
    Period,
    PositionWeights,
    ReportType,
    Seed,
    Texts,
    YesNo,
)
from attrib_cli.engine.frozen import frozen

DATA, COMPUTED, SHOWN, OUTPUT, RUN = "Data", "What is computed", "What is shown", "Output", "This run"
SAVED = "What is saved"
DATA_DRIVEN = "Data-driven models ({estimated})"
SURE = "How sure"
"""Panels of `--help`. Those of `SAVED` are about a definition itself, those of `DATA_DRIVEN` about such models only."""


@frozen
class Defaults(Keys, heading="defaults"):
    """What `attrib report` does where the command line does not say otherwise; each key is an option of it."""

    type: Annotated[
        ReportType | None,
        Option(
            "--type",
            "-t",
            metavar="TYPE",
            panel=COMPUTED,
            several="commas",
            help="{types}, or one of the configuration; revenue by default. Several, separated by commas, have "
            "columns each.",
            completion="report_types",
        ),
    ] = None
    """The report type, such as `contact-create`, or several, side by side; `revenue` if not written."""

    model: Annotated[
        Names | None,
        Option(
            "--model",
            "-m",
            metavar="MODEL",
            panel=COMPUTED,
            several="commas",
            help="Attribution model, several separated by commas, or all (every rule); linear by default. "
            "[bold]attrib models[/bold] lists them.",
            completion="models",
        ),
    ] = None
    """The models, built-in or of `models`: `linear`, `[first, last]`, `all`."""

    weights: Annotated[
        PositionWeights | None,
        Option(
            "--weights",
            metavar="POSITION=N",
            panel=COMPUTED,
            several="commas",
            help="A model for this report alone, by what first, lead, deal, last and the rest weigh: first=30,last=70. "
            "Beside --model it is one more.",
            completion="positions",
            goes_with="model",
        ),
    ] = None
    """A model for this report alone, by what positions weigh: `first=30,last=70,rest=20`; one more beside `model`."""

    by: Annotated[
        Names | None,
        Option(
            "--by",
            "-b",
            metavar="COLUMN",
            panel=SHOWN,
            several="commas",
            help="What rows are cut by: campaign (the default), channel, month, …; several separated by commas. "
            "[bold]attrib dimensions[/bold] lists them.",
            completion="dimensions",
        ),
    ] = None
    """The dimensions: `campaign`, `[channel, month]`."""

    campaign: Annotated[
        Texts | None,
        Option(
            "--campaign",
            "-c",
            metavar="NAME",
            panel=SHOWN,
            several="repeated",
            help="Show only this campaign's credit, by name or id; repeatable.",
            completion="campaigns",
        ),
    ] = None
    """The campaigns whose credit is shown, by name or id."""

    period: Annotated[
        Period | None,
        Option(
            "--period",
            "-p",
            metavar="PERIOD",
            panel=COMPUTED,
            help="Dates of the conversions: last-quarter, last-90-days, 2026-03, …; all-time by default. "
            "[bold]attrib periods[/bold] lists them.",
            completion="periods",
        ),
    ] = None
    """The period of the conversions: `last-quarter`, `2026-03`; see periods.md."""

    lookback: Annotated[
        Duration | None,
        Option(
            "--lookback",
            metavar="90d",
            panel=COMPUTED,
            help="How long before the conversion interactions count; without limit by default.",
        ),
    ] = None
    """How long before the conversion interactions count: `90d`; without limit if not written."""

    half_life: Annotated[
        HalfLife | None,
        Option(
            "--half-life",
            metavar="7d",
            panel=COMPUTED,
            help="Half-life of time decay: a length, or a part of the look-back window, 50%.",
        ),
    ] = None
    """The half-life of decay: `14d`, or `50%` of `lookback`; 7 days if not written."""

    where: Annotated[
        Filters | None,
        Option(
            "--where",
            "-w",
            metavar="COLUMN=VALUE",
            panel=SHOWN,
            several="repeated",
            help="Filter, also with != ~ !~ < <= > >= and =a|b; on a contact's or deal's column it picks conversions, "
            "on an interaction's or campaign's the credits shown. Repeatable, all must hold.",
        ),
    ] = None
    """Filters, all of which must hold: `region=EMEA`, `channel=email|paid`."""

    eligible: Annotated[
        Filters | None,
        Option(
            "--eligible",
            metavar="COLUMN=VALUE",
            panel=COMPUTED,
            several="repeated",
            help="Which interactions take part in journeys at all, before weighting; repeatable, all must hold.",
        ),
    ] = None
    """Filters of the interactions that take part in journeys at all."""

    prefer: Annotated[
        Filters | None,
        Option(
            "--prefer",
            metavar="COLUMN=VALUE",
            panel=COMPUTED,
            several="repeated",
            help="In journeys with interactions for which this holds, these alone take part; others keep all. "
            "With -m last and channel!=Direct it is last non-direct. Repeatable, all must hold.",
        ),
    ] = None
    """Filters of the interactions that go before all others of their journey: `channel!=Direct`."""

    collapse: Annotated[
        Collapse | None,
        Option(
            "--collapse",
            metavar="HOW",
            panel=COMPUTED,
            help="Take interactions of a contact that repeat in channel and campaign as one: repeats (one after "
            "the other), session (within 30 minutes), day.",
            completion="collapses",
        ),
    ] = None
    """How interactions that repeat count as one: `repeats`, `session` or `day`; each counts if not written."""

    cycles: Annotated[
        Cycles | None,
        Option(
            "--cycles",
            metavar="HOW",
            panel=COMPUTED,
            help="What leads to repeat conversions of a contact: whole, everything before (the default), or separate, "
            "only what comes after the contact's previous conversion.",
            completion="cycles",
        ),
    ] = None
    """What leads to repeat conversions: `whole`, everything before, or `separate`; `whole` if not written."""

    allow_empty: Annotated[
        YesNo | None,
        Option(
            "--allow-empty",
            panel=SHOWN,
            help="Take filters on values, and campaigns, that occur nowhere in the data, which are mistyped otherwise.",
        ),
    ] = None
    """`true` to take filters on values, and campaigns, that occur nowhere in the data, which are refused otherwise."""

    measure: Annotated[
        Measures | None,
        Option(
            "--measure",
            metavar="MEASURE",
            panel=SHOWN,
            several="commas",
            help="Figures to show, separated by commas: revenue, deals, share, roi, …; or all.",
            completion="measures",
        ),
    ] = None
    """The measures: `[revenue, deals, share]`."""

    sort: Annotated[
        Names | None,
        Option(
            "--sort",
            metavar="COLUMN",
            panel=SHOWN,
            several="commas",
            help="Sort by a column, such as revenue:desc or campaign.",
        ),
    ] = None
    """What rows are sorted by."""

    limit: Annotated[
        Limit | None,
        Option("--limit", "-n", metavar="N", panel=SHOWN, help="Show so many rows; the rest is one row (other)."),
    ] = None
    """How many rows are shown; the rest becomes one row `(other)`."""

    compare: Annotated[
        Compare | None,
        Option(
            "--compare",
            metavar="PERIOD",
            panel=SHOWN,
            help="{comparisons}.",
            completion="comparisons",
        ),
    ] = None
    """What figures are compared with, such as `previous-year`; see periods.md."""

    states: Annotated[
        Names | None,
        Option(
            "--states",
            metavar="COLUMN",
            panel=DATA_DRIVEN,
            several="commas",
            help="What data-driven models weigh; by default the columns of interactions in --by.",
            completion="dimensions",
        ),
    ] = None
    """What data-driven models weigh: `channel`; the columns of interactions in `by` if not written."""

    order: Annotated[
        Order | None,
        Option("--order", metavar="1..4", panel=DATA_DRIVEN, help="How many interactions the Markov chain remembers."),
    ] = None
    """How many interactions the Markov chain remembers, 1 to 4; 1 if not written."""

    game: Annotated[
        Game | None,
        Option(
            "--game",
            metavar="GAME",
            panel=DATA_DRIVEN,
            help="Which game Shapley plays: conversions (the default), rate, journeys, ordered or counterfactual.",
            completion="games",
        ),
    ] = None
    """Which game Shapley plays: `conversions` (if not written), `rate`, `journeys`, `ordered`, `counterfactual`."""

    non_converting: Annotated[
        YesNo | None,
        Option(
            "--non-converting",
            metavar="on|off",
            panel=DATA_DRIVEN,
            help="Whether journeys without conversion count; on by default.",
            completion="switches",
        ),
    ] = None
    """`false` to leave journeys without conversion out of data-driven models."""

    confidence: Annotated[
        Confidence | None,
        Option(
            "--confidence",
            metavar="90%",
            panel=SURE,
            help="Show how far figures, and changes against a compared period, might be off by chance, as intervals.",
        ),
    ] = None
    """Intervals beside figures, and beside changes against a compared period: `90%`; none if not written."""

    seed: Annotated[
        Seed | None,
        Option("--seed", metavar="N", panel=SURE, help="What the intervals are drawn from."),
    ] = None
    """What the intervals are drawn from; 1 if not written."""

    transitions: Annotated[
        YesNo | None,
        Option(
            "--transitions",
            panel=DATA_DRIVEN,
            help="Show the transition matrix of the Markov chain in place of its credits.",
        ),
    ] = None
    """`true` for the transition matrix of the Markov chain in place of its credits."""

    format: Annotated[
        Name | None,
        Option(
            "--format",
            "-f",
            metavar="FORMAT",
            panel=OUTPUT,
            help="{formats}; by default the suffix of --output, else table on a terminal and csv in a pipe.",
            completion="formats",
        ),
    ] = None
    """The output format: `table`, `csv`, `json` and so on."""

    chart: Annotated[
        Name | None,
        Option(
            "--chart",
            metavar="TYPE",
            panel=SHOWN,
            help="How it is drawn: {charts}. Above the table on a terminal; as the picture of {pictures}, which have "
            "the one that suits by default.",
            completion="charts",
        ),
    ] = None
    """The kind of chart: `bar`, `line`, `pie` and so on."""

    layout: Annotated[
        Layout | None,
        Option(
            "--layout",
            metavar="LAYOUT",
            panel=SHOWN,
            help="How the models stand in {laid_out}: long (the default), a row each, or wide, side by side.",
            completion="layouts",
        ),
    ] = None
    """How the models stand in files of figures: `long`, a row each, or `wide`, a column each."""


@frozen
class ReportFields(Defaults, heading="reports.NAME", written={"first": "from"}):
    """What a report can be asked for: every key of `defaults`, and what only one report can say."""

    first: Annotated[
        Day | None,
        Option(
            "--from",
            metavar="DAY",
            panel=COMPUTED,
            help="First conversion day, such as 2026-01-01.",
            goes_with="period",
        ),
    ] = None
    """The first day of the conversions, `2026-01-31`, `today` or `yesterday`; with `to` in place of a period."""

    to: Annotated[
        Day | None,
        Option("--to", metavar="DAY", panel=COMPUTED, help="Last conversion day, inclusive.", goes_with="period"),
    ] = None
    """The last day of the conversions, inclusive."""

    without: Annotated[
        LeftOut | None,
        Option(
            "--without",
            metavar="OPTION",
            panel=SHOWN,
            several="commas",
            help="Leave out what a saved report or the configuration's defaults say: limit, compare, where, …; several "
            "separated by commas.",
            completion="left_out",
        ),
    ] = None
    """Keys of `defaults` that do not hold for it: `[limit, compare]`."""
