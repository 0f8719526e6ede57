"""What is asked: the request, the sources and the settings, as frozen data.

Nothing here reads a clock, an environment or a file. A `ReportSpec` plus a `Settings` plus a `SourceMap` determine
every byte of a report.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

TABLES = ("touchpoints", "contacts", "deals", "deal_contacts", "campaigns", "campaign_spend")
TableName = Literal["touchpoints", "contacts", "deals", "deal_contacts", "campaigns", "campaign_spend"]
FilterOp = Literal["=", "!=", "~", "!~", "<", "<=", ">", ">="]
Comparison = Literal["previous-period", "previous-year"]
Game = Literal["conversions", "rate"]
GAMES: tuple[Game, ...] = ("conversions", "rate")
EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class DateRange:
    """Conversion days from `start` to `end`, both inclusive, in the configured time zone; None leaves a side open."""

    start: dt.date | None = None
    end: dt.date | None = None
    label: str = "all-time"

    @property
    def bounded(self) -> bool:
        """Whether both ends are known, so that a previous period exists."""
        return self.start is not None and self.end is not None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """``COLUMN OP VALUE``. Several `values` are alternatives (``=a|b``); an empty value means "is empty"."""

    column: str
    op: FilterOp
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.column}{self.op}{'|'.join(value.replace('|', chr(92) + '|') for value in self.values)}"


@dataclass(frozen=True, kw_only=True)
class TableSource:
    """Where a table's rows are: files of one format, read in the order of `paths`.

    `columns` maps canonical names onto the file's headers. The reading options are None where the file itself is
    to tell. `place` names the origin for messages (``attrib.yaml:12`` or the folder that was searched).
    """

    table: TableName
    paths: tuple[str, ...]
    format: Literal["csv", "parquet"]
    columns: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    delimiter: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    decimal: Literal[".", ","] | None = None
    place: str | None = None


@dataclass(frozen=True, kw_only=True)
class SourceMap:
    """The tables at hand, by canonical name."""

    tables: Mapping[str, TableSource]
    place: str | None = None


@dataclass(frozen=True, kw_only=True)
class CustomModel:
    """A model of the configuration: weights over the positions, the rest's weight and its kernel."""

    name: str
    weights: Mapping[str, Decimal]
    rest: Decimal = Decimal(0)
    kernel: Literal["equal", "decay"] = "equal"
    half_life: dt.timedelta | None = None
    description: str = ""
    place: str | None = None


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class PositionWeight:
    """What a position of a journey, or the ``rest`` of it, weighs in a model that was typed for one run."""

    position: str
    weight: Decimal

    def __str__(self) -> str:
        return f"{self.position}={self.weight.normalize():f}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What holds for every report on this data; each field is a key of the configuration.

    `exchange_rates` gives the value of one unit of a currency in `currency`, the one that reports are made in.
    `won_stages` are the stages of won deals, in place of what deals say by themselves; with `all_won` all are.
    """

    timezone: str = "UTC"
    week_starts_on: int = 0
    fiscal_year_starts_in: int = 1
    exclude_asset_types: tuple[str, ...] = ("static list", "workflow", "OBJECT_LIST", "AUTOMATION_PLATFORM_FLOW")
    exclude_interaction_types: tuple[str, ...] = ()
    currency: str | None = None
    exchange_rates: Mapping[str, Decimal] = field(default_factory=dict)
    models: tuple[CustomModel, ...] = ()
    warn_below: WarnBelow = WarnBelow()
    won_stages: tuple[str, ...] = ()
    all_won: bool = False


@dataclass(frozen=True, kw_only=True)
class FitSpec:
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


@dataclass(frozen=True, kw_only=True)
class ReportSpec:
    """One report, as asked: names as typed (any alias, any case), the date range already resolved to days.

    Empty `measures` and `sort` mean the defaults of the report type. `transitions` asks for the transition matrix of
    the Markov chain in place of what it credits. `own_models` are models that this report alone knows. Values of
    filters that occur nowhere in their columns are noted, or, unless `allow_empty`, refused.
    """

    type: str = "revenue"
    models: tuple[str, ...] = ("linear",)
    own_models: tuple[CustomModel, ...] = ()
    by: tuple[str, ...] = ("campaign",)
    dates: DateRange = DateRange()
    lookback: dt.timedelta | None = None
    half_life: dt.timedelta = dt.timedelta(days=7)
    campaigns: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    eligible: tuple[Filter, ...] = ()
    measures: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    limit: int | None = None
    fit: FitSpec = FitSpec()
    transitions: bool = False
    compare: Comparison | None = None
    compare_dates: DateRange | None = None
    allow_empty: bool = False

    def __post_init__(self) -> None:
        """Refuse one text where several are meant, which would be taken letter by letter."""
        for name in ("models", "by", "campaigns", "where", "eligible", "measures", "sort"):
            value: object = getattr(self, name)
            if isinstance(value, str | Filter):
                raise TypeError(f"{name} is a tuple: {name}=({value!r},)")
            if isinstance(value, list):
                object.__setattr__(self, name, tuple(value))
