"""What is asked: the request, the sources and the settings, as frozen data.

Nothing here reads a clock, an environment or a file. A `ReportSpec` plus a `Settings` plus a `SourceMap` determine
every byte of a report.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias

from attrib_cli.engine.frozen import frozen

TABLES = ("touchpoints", "contacts", "deals", "deal_contacts", "campaigns", "campaign_assets", "campaign_spend")
TableName: TypeAlias = str
"""One of `TABLES`, or the `table` of a `ConversionTable`."""


PATHS: TableName = "paths"
"""Paths with counts, in place of touchpoints and deals."""

ALL_TABLES = (*TABLES, PATHS)
"""The tables that a source can be of, beside those of the configuration's own conversions."""

SEPARATOR = " > "
"""What stands between the steps of a path."""

TIMES = "times"
"""The column of touchpoints and deals of paths that says how many each row stands for."""


def in_order(tables: Iterable[TableName]) -> tuple[TableName, ...]:
    """Return tables in the order of the specification, those of the configuration's own conversions behind them."""
    return tuple(sorted(tables, key=lambda name: (TABLES.index(name) if name in TABLES else len(TABLES), name)))


FilterOp = Literal["=", "!=", "~", "!~", "<", "<=", ">", ">="]
Collapse = Literal["repeats", "session", "day"]
Cycles = Literal["whole", "separate"]
CYCLES: tuple[Cycles, ...] = ("whole", "separate")
COLLAPSES: tuple[Collapse, ...] = ("repeats", "session", "day")
Choice = Literal["latest", "earliest", "repeats"]
NumberForm = Literal["money", "percent"]
CurrencyScale = Literal["smallest unit", "stripe"]
"""Whose smallest units of the row's currency an amount counts: those of ISO 4217, or those of Stripe's API."""

CURRENCY_SCALES: tuple[CurrencyScale, ...] = ("smallest unit", "stripe")
Unmatched = Literal["keep", "empty"]
ShortRows = Literal["refuse", "fill"]
Game = Literal["conversions", "rate", "journeys", "ordered", "counterfactual"]
GAMES: tuple[Game, ...] = ("conversions", "rate", "journeys", "ordered", "counterfactual")
ORDERED_GAMES: tuple[Game, ...] = ("ordered", "counterfactual")
"""The games to which it matters in which order the states of a journey first stood in it."""

EMPTY: Mapping[str, str] = MappingProxyType({})


@frozen
class DateRange:
    """Conversion days from `start` to `end`, both inclusive, in the configured time zone; None leaves a side open."""

    start: dt.date | None = None
    end: dt.date | None = None
    label: str = "all-time"

    @property
    def bounded(self) -> bool:
        """Whether both ends are known, so that a previous period exists."""
        return self.start is not None and self.end is not None


@frozen
class Filter:
    """``COLUMN OP VALUE``. Several `values` are alternatives (``=a|b``); an empty value means "is empty"."""

    column: str
    op: FilterOp
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.column}{self.op}{'|'.join(value.replace('|', chr(92) + '|') for value in self.values)}"


@frozen
class Lookup:
    """Where the value of a column is looked up: the row of `source` whose `key` it is, without case and blanks.

    `value` is the header there of what takes its place. `also` maps headers there onto those of the rows, which have to
    agree. With `at`, the header of the moment of a row, that has to be at or after `first` and before `last`, headers
    there, empty ones of which do not bound. Values that are not found stay, unless `unmatched` is ``empty``.
    """

    source: TableSource
    key: str
    value: str
    also: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    at: str | None = None
    first: str | None = None
    last: str | None = None
    unmatched: Unmatched = "keep"


@frozen
class ChannelRule:
    """The channel of touchpoints whose fields (`CHANNEL_FIELDS`) all are like one of the `patterns` of each."""

    channel: str
    patterns: Mapping[str, tuple[str, ...]]


CHANNEL_FIELDS = ("source", "medium", "referrer", "campaign")
"""What a rule of channels can look at."""


@frozen
class Channels:
    """Which channel a touchpoint came by: that of the first of the `rules` that holds.

    `fields` has the column of each of `CHANNEL_FIELDS` that is there; of a referrer only the host counts. Without
    `otherwise`, touchpoints that no rule holds for have no channel.
    """

    fields: Mapping[str, str]
    rules: tuple[ChannelRule, ...]
    otherwise: str | None = None


@frozen
class ColumnRule:
    """How the value of one column comes about: the steps are taken in the order of these fields.

    The text is that of the first of `headers` that is filled, or the number of the row with `row_number`; `split`
    makes a row of each item of a list in it. `join` makes one text of a list in brackets. `missing` are texts that
    mean nothing is there. Of a URL only a part counts: ``host``, ``path``, or the parameter of that name. `values`
    replaces one text by another (without case and blanks around it), `otherwise` all filled ones that `values` does
    not have. `value` stands where nothing else does. The time of day of the header `time` is put behind a date;
    with `end_of_day` a day without one, which reads as the midnight of the column's zone, is its last moment. What is
    found by `lookup` takes its place. `number` reads ``money`` ($, EUR, brackets for negative) or ``percent``;
    `scale` is what one unit of the file is worth, a number or by the row's currency; the numbers of the headers `minus`
    are taken off, where they are filled. With `channels` the value is a channel, by other columns of the table. The
    rest says how dates and numbers are written, where that differs from the source. `place` is where the rule is
    written.
    """

    headers: tuple[str, ...] = ()
    row_number: bool = False
    split: str | None = None
    join: str | None = None
    missing: tuple[str, ...] = ()
    url: str | None = None
    trim: bool = False
    lower: bool = False
    values: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    otherwise: str | None = None
    value: str | None = None
    time: str | None = None
    end_of_day: bool = False
    lookup: Lookup | None = None
    number: NumberForm | None = None
    scale: Decimal | CurrencyScale | None = None
    minus: tuple[str, ...] = ()
    date_format: str | None = None
    timezone: str | None = None
    zone_names: bool = False
    channels: Channels | None = None
    decimal: Literal[".", ","] | None = None
    place: str | None = None


@frozen
class RowChoice:
    """One row of those that agree in the columns `of`: the ``latest`` or ``earliest`` by the column `by`.

    ``repeats`` are all but the earliest. Of rows with the same moment the one further down in the file is later.
    """

    which: Choice
    of: tuple[str, ...]
    by: str
    place: str | None = None


@frozen
class Query:
    """One SELECT over `files`, each under the name that the query has for it; `first_line` is that of its text."""

    text: str
    files: Mapping[str, TableSource]
    config: str
    first_line: int


@frozen
class Preparation:
    """What is done to rows between the files and the table, in this order.

    Rows come from `inputs`, one below the other, or from `query`; `where`, written at `where_place`, says which stay,
    `choice` leaves one of each; then `columns` has the rules of values, by the names of the table's columns.
    """

    inputs: tuple[TableSource, ...] = ()
    query: Query | None = None
    where: tuple[Filter, ...] = ()
    where_place: str | None = None
    choice: RowChoice | None = None
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)


@frozen
class Bounds:
    """Where the table in a file begins and ends.

    The header is on line `header_line` (0: the first line that has the table's columns). Rows whose first filled value
    begins with one of `total_rows` are left out; the table ends before one that begins with one of `footer`, or, with
    `ends_at_blank`, before the first blank line. Rows with fewer values than the header are refused, or, with
    `short_rows` ``fill``, have nothing in the columns at the end.
    """

    header_line: int | None = None
    total_rows: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    ends_at_blank: bool = False
    short_rows: ShortRows = "refuse"

    @property
    def ends_early(self) -> bool:
        """Whether some of the rows behind the header are none of the table."""
        return bool(self.total_rows or self.footer or self.ends_at_blank)

    @property
    def of_rows(self) -> bool:
        """Whether rows are left out, or filled up, so that a copy of the file may have to stand in its place."""
        return self.ends_early or self.short_rows == "fill"


WHOLE = Bounds()
"""The bounds of a file that is all table, its header on the first line that has something in it."""

SourceFormat = Literal["csv", "parquet", "jsonl", "workbook", "zip", "prepared", "spark", "paths"]


@frozen
class Origin:
    """What a file is a copy of: its `label` in messages, and the number of each record there, the header's first."""

    label: str
    rows: Sequence[int] | None = None


UNUSABLE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "other": (
            "holds lists, records or numbers of too many digits: nothing can be cut or filtered by it",
            "Write the column of {table} as one text, number or date a row.",
        ),
        "twice": (
            "is the header of several columns: which of them is meant cannot be known",
            "Give the columns of {table} different headers; of the second one it is '{column}_1' till then.",
        ),
    }
)
"""The kinds of columns that no report can use: what is said of such a column, and what to do."""


@frozen
class TableSource:
    """Where a table's rows are: files of one format, read in the order of `paths`.

    `columns` maps canonical names onto the file's headers. The reading options are None where the file itself is
    to tell. `place` names the origin for messages (``attrib.yaml:12`` or the folder that was searched).

    `member` are the files of a zip, by name or glob, `sheet` is that of a workbook, `bounds` say where the table in
    them begins and ends. A ``paths`` source is made of the table `inner`, whose paths have their steps between
    `separator`. A ``prepared`` source has all that is done to rows in `preparation`. `origins` has what paths
    are copies of.
    """

    table: TableName
    paths: tuple[str, ...]
    format: SourceFormat
    columns: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    delimiter: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    decimal: Literal[".", ","] | None = None
    place: str | None = None
    member: str | None = None
    sheet: str | None = None
    bounds: Bounds = WHOLE
    timezone: str | None = None
    missing: tuple[str, ...] = ()
    preparation: Preparation | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)
    separator: str = SEPARATOR
    inner: TableSource | None = None

    @property
    def of_paths(self) -> bool:
        """Whether the rows come from paths with counts: each stands for many, and times are made up."""
        return self.format == "paths"


@frozen
class SourceMap:
    """The tables at hand, by canonical name."""

    tables: Mapping[str, TableSource]
    place: str | None = None


@frozen
class CustomModel:
    """A model of the configuration: weights over the positions, the rest's weight and its kernel."""

    name: str
    weights: Mapping[str, Decimal]
    rest: Decimal = Decimal(0)
    kernel: Literal["equal", "decay"] = "equal"
    half_life: dt.timedelta | None = None
    description: str = ""
    place: str | None = None


CONVERSIONS = "_conversions"
"""How the names of tables of the configuration's own conversions end."""


CONVERSION_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "conversion_id": "key",
        "converted_at": "moment",
        "contact_id": "contact",
        "deal_id": "deal",
        "conversion_value": "value",
    }
)
"""What columns of these tables are called in a configuration, where that is another name."""


@frozen
class ConversionTable:
    """A kind of conversion of the configuration, such as demos booked: a table with a row for each.

    Its columns are ``conversion_id``, ``converted_at``, and ``contact_id``, or ``deal_id`` where they are `of` a deal
    and so of all its contacts; `valued` ones have an amount, ``conversion_value``.
    """

    name: str
    of: Literal["contact", "deal"]
    valued: bool = False
    description: str = ""
    place: str | None = None

    @property
    def table(self) -> TableName:
        """The name of the table: ``demo_booked_conversions``."""
        return f"{self.name.replace('-', '_')}{CONVERSIONS}"


@frozen
class WarnBelow:
    """The parts, between 0 and 1, below which tables that do not join are warned of; 0 for never.

    `contacts` is of the conversions' contacts that have a touchpoint, `touchpoints` of the touchpoints whose contact is
    known (in reports of contacts), `deals` of the deals that have contacts, `campaigns` of the interactions with a
    campaign whose campaign is known.
    """

    contacts: Decimal = Decimal("0.85")
    touchpoints: Decimal = Decimal("0.5")
    deals: Decimal = Decimal("0.85")
    campaigns: Decimal = Decimal("0.9")


@frozen
class ValueGroup:
    """One group: its name, and the patterns of the values that are in it."""

    name: str
    patterns: tuple[str, ...]


@frozen
class ValueGroups:
    """The values of the dimension `of`, grouped, as a dimension called `name`.

    A value is in the first of `groups` that it is like, else in the group `otherwise`; without one it stays what it is.
    `place` is where that is written.
    """

    name: str
    of: str
    groups: tuple[ValueGroup, ...]
    otherwise: str | None = None
    place: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all groups."""
        return (*(group.name for group in self.groups), *((self.otherwise,) if self.otherwise else ()))


@frozen
class PositionWeight:
    """What a position of a journey, or the ``rest`` of it, weighs in a model that was typed for one run."""

    position: str
    weight: Decimal

    def __str__(self) -> str:
        return f"{self.position}={self.weight.normalize():f}"


class ConfigKey:
    """Marks a setting that `attrib.yaml` has a key for, called the same; the text below the setting documents it.

    `kind` names the type of `config.schema.types` that reads it and that editors are told about.
    """

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


@frozen
class Settings:
    """What holds for every report on this data.

    Those marked with a `ConfigKey` are keys of the configuration as they stand; others are written in another form,
    which is a key of `File` in `config.schema.sections`, and made in `config.load`. `exchange_rates` gives the value
    of one unit of a currency in `currency`. `won_stages` are the stages of won deals, in place of what deals say by
    themselves; with `all_won` all are.
    """

    timezone: Annotated[str, ConfigKey("TimeZone")] = "UTC"
    """The IANA time zone that days begin and end in, and of timestamps without one; UTC if not written."""

    week_starts_on: Annotated[int, ConfigKey("Weekday")] = 0
    """The first day of the week, `monday` to `sunday`; Monday if not written."""

    fiscal_year_starts_in: Annotated[int, ConfigKey("Month")] = 1
    """The first month of the fiscal year, 1 to 12 or its name; January if not written."""

    currency: Annotated[str | None, ConfigKey("CurrencyCode")] = None
    """The currency that reports are made in: `USD`; if not written, the only one in the data."""

    from_association: Annotated[bool, ConfigKey("YesNo")] = False
    """Whether interactions belong to a campaign of their asset only from its association on (`associated_at`)."""

    exclude_asset_types: tuple[str, ...] = ("static list", "workflow", "OBJECT_LIST", "AUTOMATION_PLATFORM_FLOW")
    exclude_interaction_types: tuple[str, ...] = ()
    exchange_rates: Mapping[str, Decimal] = field(default_factory=dict)
    models: tuple[CustomModel, ...] = ()
    groups: tuple[ValueGroups, ...] = ()
    conversions: tuple[ConversionTable, ...] = ()
    warn_below: WarnBelow = WarnBelow()
    won_stages: tuple[str, ...] = ()
    all_won: bool = False


@frozen
class EstimationSpec:
    """How data-driven models are estimated, as asked.

    `states` are the columns whose values they weigh, by default those of the interaction that the report is cut by.
    `order` is that of the Markov chain. `non_converting` says whether journeys without conversion count. `game` is what
    a coalition is worth to Shapley. `confidence`, such as 0.9, asks for intervals, drawn from `seed`.
    """

    states: tuple[str, ...] = ()
    order: int = 1
    non_converting: bool = True
    game: Game = "conversions"
    confidence: Decimal | None = None
    seed: int = 1


@frozen
class ReportSpec:
    """One report, as asked: names as typed (any alias, any case), the date range already resolved to days.

    `more_types` stand beside `type`, with columns of their own. Empty `measures` and `sort` mean the defaults of
    the report type. `transitions` asks for the transition matrix of the Markov chain in place of what it credits.
    `own_models` are models that this report alone knows. Values of filters that occur nowhere in their columns are
    noted, or, unless `allow_empty`, refused. In a journey that has interactions which `prefer` holds for, these
    alone take part; of those that repeat, `collapse` leaves the first. With ``separate`` `cycles` an interaction of a
    contact leads to no conversion after the next one of that contact.
    """

    type: str = "revenue"
    more_types: tuple[str, ...] = ()
    models: tuple[str, ...] = ("linear",)
    own_models: tuple[CustomModel, ...] = ()
    by: tuple[str, ...] = ("campaign",)
    dates: DateRange = DateRange()
    lookback: dt.timedelta | None = None
    half_life: dt.timedelta = dt.timedelta(days=7)
    campaigns: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    eligible: tuple[Filter, ...] = ()
    prefer: tuple[Filter, ...] = ()
    collapse: Collapse | None = None
    cycles: Cycles = "whole"
    measures: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    limit: int | None = None
    estimation: EstimationSpec = EstimationSpec()
    transitions: bool = False
    compare: str | None = None
    compare_dates: DateRange | None = None
    allow_empty: bool = False

    def __post_init__(self) -> None:
        """Refuse one text where several are meant, which would be taken letter by letter."""
        for name in ("more_types", "models", "by", "campaigns", "where", "eligible", "prefer", "measures", "sort"):
            value: object = getattr(self, name)
            if isinstance(value, str | Filter):
                raise TypeError(f"{name} is a tuple: {name}=({value!r},)")
            if isinstance(value, list):
                object.__setattr__(self, name, tuple(value))
