"""What a report is of, in plain words: every condition that its figures stand under, from what was asked and set.

All that is passed on says these words, whatever its format: headings, boards, pages, mails, workbooks, and the formats
for programs that have a place for them. What a heading says anyway (type, dimensions, models, days) is no condition.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine import models
from attrib_cli.engine.buckets import WEEKDAYS, find_bucket
from attrib_cli.engine.conversions import types_of
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.models import POSITIONS, Model
from attrib_cli.engine.row_names import OTHER
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.output.intervals import percent
from attrib_cli.output.values import plain_number
from attrib_cli.output.words import named_range

if TYPE_CHECKING:
    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.source_spec import Filter
    from attrib_cli.engine.spec import ReportSpec


@frozen
class Condition:
    """One condition: `key` is that of the option or setting, `name` and `value` stand in lists, `words` in headings.

    Where `words` are empty, headings need not say it.
    """

    key: str
    name: str
    value: str
    words: str


NON_CONVERTING = Condition(
    key="non-converting",
    name="Journeys without conversion",
    value="left out",
    words="journeys without conversion left out",
)
"""The condition of what is made from journeys with conversion alone."""


def scope(report: Report) -> tuple[Condition, ...]:
    """Return what a report is of."""
    return (*of_options(report.spec, report.settings, is_cut=_is_cut(report)), *_set(report.spec, report.settings))


def scope_of_ledger(ledger: Ledger) -> tuple[Condition, ...]:
    """Return what a ledger is of."""
    return (*of_options(ledger.spec, ledger.settings), *_set(ledger.spec, ledger.settings))


def line(spec: ReportSpec, settings: Settings) -> str:
    """Return the days of a request and what it is of as one line, for what is no report; empty where it is of all."""
    days = named_range(spec.dates) if spec.dates.start or spec.dates.end else ""
    return " · ".join(filter(None, (days, *words(of_options(spec, settings)))))


def of_request(spec: ReportSpec, settings: Settings) -> tuple[Condition, ...]:
    """Return what a request is of, for what is no report."""
    return (*of_options(spec, settings), *_set(spec, settings))


def words(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Return what a heading says of `conditions`."""
    return tuple(condition.words for condition in conditions if condition.words)


def of_options(spec: ReportSpec, settings: Settings, *, is_cut: bool = False) -> tuple[Condition, ...]:
    """Return the conditions that the options of a request set; `is_cut` says that its limit left rows out."""
    return tuple(_of_options(spec, settings, is_cut))


def filter_condition(one: Filter) -> Condition:
    """Return the condition of a filter on what is reported."""
    return Condition(key="where", name="Filters", value=str(one), words=f"where {one}")


def campaign_condition(campaigns: Sequence[str]) -> Condition:
    """Return the condition of a report on certain campaigns."""
    named = " or ".join(campaigns)
    return Condition(key="campaign", name="Campaigns", value="; ".join(campaigns), words=f"campaign {named}")


def model_condition(models: Sequence[str]) -> Condition:
    """Return the condition of a board whose reports all have the same models."""
    named = ", ".join(models)
    return Condition(key="model", name="Models", value=named, words=f"model {named}")


def _of_options(spec: ReportSpec, settings: Settings, is_cut: bool) -> Iterator[Condition]:
    shown = models_of(spec, settings)
    if spec.campaigns:
        yield campaign_condition(spec.campaigns)
    yield from map(filter_condition, spec.where)
    for one in spec.eligible:
        yield Condition(
            key="eligible", name="Eligible interactions", value=str(one), words=f"eligible interactions: {one}"
        )
    for one in spec.prefer:
        yield Condition(
            key="prefer", name="Preferred interactions", value=str(one), words=f"preferred interactions: {one}"
        )
    if spec.collapse is not None:
        alone = {"repeats": "repeats", "session": "repeats within a session", "day": "repeats within a day"}
        value = f"{alone[spec.collapse]} count once"
        yield Condition(key="collapse", name="Repeated interactions", value=value, words=value)
    if spec.cycles == "separate":
        value = "each begins after the contact's previous conversion"
        yield Condition(key="cycles", name="Repeat conversions", value=value, words=f"repeat conversions: {value}")
    if spec.lookback is not None:
        long = _duration(spec.lookback)
        yield Condition(key="lookback", name="Look-back", value=long, words=f"look-back {long}")
    if any(model.kernel == "decay" and model.half_life is None for model in shown):
        long = _duration(spec.half_life)
        yield Condition(key="half-life", name="Half-life of decay", value=long, words=f"half-life {long}")
    yield from _estimation(spec, shown)
    if is_cut and spec.limit is not None:
        value = f"{spec.limit:,}"
        yield Condition(key="limit", name="Limit", value=value, words=f"the first {value} rows, all others as {OTHER}")


def _estimation(spec: ReportSpec, shown: Sequence[Model]) -> Iterator[Condition]:
    """Yield how data-driven models were estimated, as far as it matters for those shown, and how sure intervals are."""
    how, usual = spec.estimation, EstimationSpec()
    if how.confidence is not None:
        value = f"{percent(spec)}, seed {how.seed}"
        told = f"{percent(spec)} intervals" + (f", seed {how.seed}" if how.seed != usual.seed else "")
        yield Condition(key="confidence", name="Confidence of the intervals", value=value, words=told)
    asked = {option for model in shown for option in model.asks}
    if not any(model.estimated for model in shown):
        return
    if how.states:
        named = ", ".join(how.states)
        yield Condition(key="states", name="States", value=named, words=f"estimated by {named}")
    if "order" in asked and how.order != usual.order:
        value = str(how.order)
        told = "" if spec.transitions else f"Markov chain of order {value}"  # which the title of a matrix says
        yield Condition(key="order", name="Order of the Markov chain", value=value, words=told)
    if "game" in asked and how.game != usual.game:
        yield Condition(key="game", name="Game of Shapley", value=how.game, words=f"game of Shapley: {how.game}")
    if not how.non_converting:
        yield NON_CONVERTING


def _set(spec: ReportSpec, settings: Settings) -> Iterator[Condition]:
    """Yield the settings that figures depend on, where they are not the usual ones."""
    usual = Settings()
    if settings.timezone != usual.timezone:
        zone = settings.timezone
        yield Condition(key="timezone", name="Time zone", value=zone, words=f"time zone {zone}")
    moved = {setting for name in spec.by if (bucket := find_bucket(name)) for setting in bucket.depends_on}
    if settings.week_starts_on != usual.week_starts_on and "week_starts_on" in moved:
        day = WEEKDAYS[settings.week_starts_on]
        yield Condition(key="week_starts_on", name="Weeks start on", value=day, words=f"weeks start on {day}")
    if settings.fiscal_year_starts_in != usual.fiscal_year_starts_in and "fiscal_year_starts_in" in moved:
        month = calendar.month_name[settings.fiscal_year_starts_in]
        yield Condition(
            key="fiscal_year_starts_in",
            name="Fiscal years start in",
            value=month,
            words=f"fiscal years start in {month}",
        )
    for kind, types, usual_types in (
        ("asset", settings.exclude_asset_types, usual.exclude_asset_types),
        ("interaction", settings.exclude_interaction_types, usual.exclude_interaction_types),
    ):
        if types != usual_types:
            name, named = f"xcluded {kind} types", ", ".join(types) or "none"
            key = f"exclude_{kind}_types"
            yield Condition(key=key, name=f"E{name}", value=named, words=f"e{name}: {named}")
    if settings.all_won:
        yield Condition(key="won", name="Won deals", value="all", words="all deals count as won")
    elif settings.won_stages:
        named = ", ".join(settings.won_stages)
        yield Condition(key="won_stages", name="Won stages", value=named, words=f"won stages: {named}")
    if settings.from_association:
        words = "campaigns of assets from their association on"
        yield Condition(key="from_association", name="Campaigns of assets", value="from association on", words=words)
    if settings.exchange_rates and settings.currency:
        rates = ", ".join(f"{code} {plain_number(rate)}" for code, rate in sorted(settings.exchange_rates.items()))
        words_ = f"converted to {settings.currency} at {rates}"
        yield Condition(key="exchange_rates", name="Exchange rates", value=rates, words=words_)
    for model in models_of(spec, settings):
        if model.custom:
            yield Condition(
                key=f"models.{model.name}",
                name=f"Model {model.name}",
                value=_weights(model),
                words=f"{model.name}: {_weights(model)}",
            )


def models_of(spec: ReportSpec, settings: Settings) -> tuple[Model, ...]:
    """Return the models of a request, each once; for a transition matrix the one that it is of."""
    asked_for = replace(spec, models=(models.chain_model().name,)) if spec.transitions else spec
    own = (*settings.models, *asked_for.own_models)
    return models.choose_for_types(asked_for.models, types_of(spec, settings), own)


def _weights(model: Model) -> str:
    """Return what a model of the configuration weighs: ``first 40, last 40, rest 20 (half-life 3 days)``."""
    parts = [f"{name} {plain_number(model.weights[name])}" for name in POSITIONS if model.weights.get(name)]
    if model.rest:
        parts.append(f"rest {plain_number(model.rest)}")
    if model.kernel == "decay":
        parts.append("decay" + (f" with half-life {_duration(model.half_life)}" if model.half_life else ""))
    return ", ".join(parts)


def _is_cut(report: Report) -> bool:
    """Say whether the limit of a report left rows out, which then stand in one row together."""
    if report.spec.limit is None:
        return False
    spots = [i for i, column in enumerate(report.columns) if column.role == "dimension"]
    return any(all(row[spot] == OTHER for spot in spots) for row in report.rows)


def _duration(value: dt.timedelta) -> str:
    unit, seconds = ("day", 86_400) if value >= dt.timedelta(days=1) else ("hour", 3_600)
    number = Decimal(value // dt.timedelta(microseconds=1)) / (seconds * 1_000_000)
    return f"{plain_number(round(number, 6))} {unit}{'' if number == 1 else 's'}"
