"""Reports as they are asked for, piece by piece, and the way from there to a request of the engine."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.config.schema.report_fields import Defaults, ReportFields
from attrib_cli.config.schema.report_options import of_data_driven_models, with_companions
from attrib_cli.engine.errors import UsageError, at
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import CustomModel, Settings
from attrib_cli.engine.spec import DateRange, EstimationSpec, ReportSpec
from attrib_cli.output.charts.catalogue import find_chart

if TYPE_CHECKING:
    from attrib_cli.config.schema.report_sections import ReportEntry


@frozen
class ReportRequest(ReportFields, heading="reports.NAME", written=ReportFields.written):
    """A report as asked for in one place, on the command line or in the configuration: None where nothing is said.

    The list of its fields is `config.schema.report_fields`; here they become a request of the engine.
    """

    @classmethod
    def of_values(cls, values: Mapping[str, object]) -> ReportRequest:
        """Return the request with these values of its fields, each as its reader gives it; any other is a TypeError."""
        return cls(**values)  # type: ignore[arg-type]

    @classmethod
    def of(cls, written: Defaults) -> ReportRequest:
        """Return what `defaults:` or a saved report asks for; what else a saved report says is not about figures."""
        return cls.of_values({f.name: getattr(written, f.name, None) for f in dataclasses.fields(cls)})

    def over(self, other: ReportRequest) -> ReportRequest:
        """Return this request with what it leaves unsaid taken from `other`.

        Fields that go together, such as the dates, are taken as one. What either of the two is `without` is not taken
        from `other`, nor from what this is laid over next. Where this chooses models that are all rules, nothing that
        concerns data-driven models alone is taken from `other`.
        """
        said = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "without"}
        without = self.without or ()
        decided = {name for name, value in said.items() if value is not None}
        own = set(with_companions({*without, *(name for name in said if with_companions((name,)) & decided)}))
        if self._chooses_rules():
            own |= of_data_driven_models()
        filled = {name: getattr(other, name) for name, value in said.items() if value is None and name not in own}
        return ReportRequest.of_values({**said, **filled, "without": (*without, *(other.without or ())) or None})

    def cut(self, saved: ReportEntry) -> ReportEntry:
        """Return a saved report without what this request leaves out of it."""
        return dataclasses.replace(saved, **dict.fromkeys(with_companions(self.without or ())))

    def _chooses_rules(self) -> bool:
        """Return whether this says its models, or leaves out those said elsewhere, and none of them is data-driven."""
        from attrib_cli.engine.models import any_data_driven

        if self.model is None and self.weights is None and "model" not in (self.without or ()):
            return False
        return not any_data_driven(self.model or ReportSpec().models)

    def spec(self, settings: Settings, today: dt.date) -> ReportSpec:
        """Return the request with the program's defaults where nothing is said, and its dates resolved.

        Raises UsageError for what makes no sense, a chart that there is none of included, whatever the format.
        """
        if self.chart is not None:
            find_chart(self.chart)
        own = ReportSpec()
        dates = self.dates(settings, today)
        typed = self.typed_models()
        types = (self.type or own.type).split(",")
        return ReportSpec(
            type=types[0],
            more_types=tuple(types[1:]),
            models=(*(self.model or (() if typed else own.models)), *(model.name for model in typed)),
            own_models=typed,
            by=own.by if self.by is None else self.by,
            dates=dates,
            lookback=self.lookback,
            half_life=self._half_life() or own.half_life,
            campaigns=self.campaign or (),
            where=self.where or (),
            eligible=self.eligible or (),
            prefer=self.prefer or (),
            collapse=self.collapse,
            cycles=self.cycles or own.cycles,
            measures=self.measure or (),
            sort=self.sort or (),
            limit=self.limit,
            estimation=self._estimation(),
            transitions=bool(self.transitions),
            compare=self.compare,
            compare_dates=self.compared_dates(dates, settings),
            allow_empty=bool(self.allow_empty),
        )

    def _half_life(self) -> dt.timedelta | None:
        """Return the half-life as a length; raises UsageError for a part of a look-back window that there is not."""
        if not isinstance(self.half_life, Decimal):
            return self.half_life
        if self.lookback is None:
            hint = "Give --lookback, or a length such as 7d."
            raise UsageError("a half-life in per cent is of the look-back window", hint=hint, place="--half-life")
        micros = int(self.lookback // dt.timedelta(microseconds=1) * self.half_life)
        return max(dt.timedelta(microseconds=micros), dt.timedelta(microseconds=1))

    def typed_models(self) -> tuple[CustomModel, ...]:
        """Return the model that this report alone has, by its weights."""
        from attrib_cli.engine.models import typed_model

        return () if self.weights is None else (typed_model(self.weights),)

    def _estimation(self) -> EstimationSpec:
        own = EstimationSpec()
        return EstimationSpec(
            states=self.states or own.states,
            order=own.order if self.order is None else self.order,
            non_converting=own.non_converting if self.non_converting is None else self.non_converting,
            game=self.game or own.game,
            confidence=self.confidence,
            seed=own.seed if self.seed is None else self.seed,
        )

    def dates(self, settings: Settings, today: dt.date) -> DateRange:
        """Return the days of the conversions; raises UsageError for days beside a period, or that are none."""
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

    def compared_dates(self, dates: DateRange, settings: Settings) -> DateRange | None:
        """Return the days that `dates` are compared with, None without a comparison; raises UsageError."""
        from attrib_cli.engine.comparisons import previous

        if self.compare is None:
            return None
        with at("--compare"):
            return previous(
                dates,
                self.compare,
                week_starts_on=settings.week_starts_on,
                fiscal_year_starts_in=settings.fiscal_year_starts_in,
            )
