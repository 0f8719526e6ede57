"""Reports as they are asked for, piece by piece, and the way from there to a request of the engine."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError, at, did_you_mean
from attrib_cli.engine.spec import Comparison, DateRange, FitSpec, ReportSpec, Settings

if TYPE_CHECKING:
    from attrib_cli.config.schema.sections import Defaults


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
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
    def of(cls, written: Defaults) -> ReportRequest:
        """Return what `defaults:` or a saved report asks for; what else a saved report says is not about figures."""
        known = {f.name for f in dataclasses.fields(cls)}
        values: Mapping[str, object] = {k: v for k, v in vars(written).items() if k in known}
        return dataclasses.replace(cls(), **values)  # type: ignore[arg-type]

    def over(self, other: ReportRequest) -> ReportRequest:
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
        return ReportRequest(**{**filled, "without": without or None})

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
