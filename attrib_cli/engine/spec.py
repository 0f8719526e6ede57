"""What is asked: a report, as frozen data.

Nothing here, in `source_spec` and in `settings` reads a clock, an environment or a file. A `ReportSpec` plus a
`Settings` plus a `SourceMap` determine every byte of a report.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import CustomModel
from attrib_cli.engine.source_spec import Filter

Collapse = Literal["repeats", "session", "day"]
Cycles = Literal["whole", "separate"]
CYCLES: tuple[Cycles, ...] = ("whole", "separate")
COLLAPSES: tuple[Collapse, ...] = ("repeats", "session", "day")
Game = Literal["conversions", "rate", "journeys", "ordered", "counterfactual"]
GAMES: tuple[Game, ...] = ("conversions", "rate", "journeys", "ordered", "counterfactual")
ORDERED_GAMES: tuple[Game, ...] = ("ordered", "counterfactual")
"""The games to which it matters in which order the states of a journey first stood in it."""


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
class PositionWeight:
    """What a position of a journey, or the ``rest`` of it, weighs in a model that was typed for one run."""

    position: str
    weight: Decimal

    def __str__(self) -> str:
        return f"{self.position}={self.weight.normalize():f}"


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
