"""From what was asked to a request that the SQL can be built from: every name resolved against the data at hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from attrib_cli.engine import measures as measure_catalogue
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.dimensions import Field, Kinds, resolve_dimensions, resolve_field
from attrib_cli.engine.errors import UsageError, at
from attrib_cli.engine.estimation import parse_order
from attrib_cli.engine.measure import Measure
from attrib_cli.engine.models import Model
from attrib_cli.engine.notes import Note
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import Filter, TableName
from attrib_cli.engine.spec import DateRange, ReportSpec
from attrib_cli.engine.sql.performance import check_performance
from attrib_cli.engine.sql.report_rows import resolve_sort
from attrib_cli.engine.sql.resolved import Bound, Period
from attrib_cli.engine.sql.spend import check_spend
from attrib_cli.engine.sql.weighing import EstimationSettings
from attrib_cli.engine.zones import time_zone

FIRST_DAY, LAST_DAY = dt.date(1, 1, 2), dt.date(9999, 12, 30)
"""The days that have a midnight in every time zone."""


def periods(dates: DateRange, compared: DateRange | None, settings: Settings) -> tuple[Period, ...]:
    """Return the period reported and the one compared with, as instants; raises UsageError where they overlap."""
    first = _period(0, dates, settings)
    if compared is None:
        return (first,)
    if dates.start is None or dates.end is None or compared.start is None or compared.end is None:
        raise UsageError("a comparison needs a date range with both ends", hint="Give --period, or --from and --to.")
    if compared.end >= dates.start and compared.start <= dates.end:
        raise UsageError(
            f"the periods compared overlap: {compared.start} to {compared.end} and {dates.start} to {dates.end}",
            hint="Compare with previous-period, or choose a range of at most a year.",
        )
    months = days = 0
    if compared.start.day == dates.start.day:
        months = (dates.start.year - compared.start.year) * 12 + dates.start.month - compared.start.month
    else:
        days = (dates.start - compared.start).days
    return (first, _period(1, compared, settings, months, days))


def _period(number: int, dates: DateRange, settings: Settings, months: int = 0, days: int = 0) -> Period:
    zone = time_zone(settings.timezone)

    def midnight(day: dt.date) -> dt.datetime:
        """Return the instant; days at the ends of the calendar, which no data have, give way to those beside them."""
        day = min(max(day, FIRST_DAY), LAST_DAY)
        local = dt.datetime.combine(day, dt.time(), tzinfo=zone)
        return local.astimezone(dt.UTC).replace(tzinfo=None)

    return Period(
        number=number,
        start=None if dates.start is None else midnight(dates.start),
        end=None if dates.end is None else midnight(min(dates.end, LAST_DAY) + dt.timedelta(days=1)),
        first_day=dates.start,
        last_day=dates.end,
        shift_months=months,
        shift_days=days,
    )


def filters(spec: ReportSpec, report_type: ReportType, kinds: Kinds) -> tuple[tuple[Bound, ...], ...]:
    """Return the filters on credits, on conversions and on eligible interactions, each with its field."""
    credit: list[Bound] = []
    conversion: list[Bound] = []
    for filter_ in spec.where:
        with at("--where"):
            field = resolve_field(filter_.column, report_type, kinds)
        (credit if field.of_credit else conversion).append((filter_, field))
    hint = "--eligible decides which interactions take part in journeys; use --where to pick conversions."
    eligible = _of_interactions("--eligible", spec.eligible, hint, report_type, kinds)
    return tuple(credit), tuple(conversion), eligible


def preferred(spec: ReportSpec, report_type: ReportType, kinds: Kinds) -> tuple[Bound, ...]:
    """Return the filters of the interactions that go before others, each with its field; raises UsageError."""
    hint = "Prefer by columns of the touchpoints, their campaigns or their contacts."
    return _of_interactions("--prefer", spec.prefer, hint, report_type, kinds)


def _of_interactions(
    option: str, filters: Sequence[Filter], hint: str, report_type: ReportType, kinds: Kinds
) -> tuple[Bound, ...]:
    """Return filters that tell interactions apart, with their fields; raises UsageError, with `hint`, for others."""
    found: list[Bound] = []
    with at(option):
        for filter_ in filters:
            field = resolve_field(filter_.column, report_type, kinds)
            if not (field.of_interaction or field.level == "contact"):
                raise UsageError(f"'{filter_}' is about {field.name}, which is not the interaction's", hint=hint)
            found.append((filter_, field))
    return tuple(found)


def check_rules_only(spec: ReportSpec, models: Sequence[Model], kinds: Kinds) -> None:
    """Raise UsageError where interactions that give way to others are asked for and cannot be told.

    Data-driven models learn from journeys without conversion too, which are not cut that way.
    """
    for option, asked in (("--prefer", bool(spec.prefer)), ("--collapse", spec.collapse is not None)):
        if asked and any(model.estimated for model in models):
            raise UsageError(
                "data-driven models weigh whole journeys, of which no interaction gives way to others",
                hint="Leave it out, or ask for models by rules.",
                place=option,
            )
    if spec.collapse is not None and not {"channel", "campaign_id"} & set(kinds.get("touchpoints", {})):
        raise UsageError(
            "without a channel or a campaign nothing says which interactions repeat",
            hint="The touchpoints need a column channel or campaign_id.",
            place="--collapse",
        )


def estimation(
    spec: ReportSpec, models: Sequence[Model], report_type: ReportType, kinds: Kinds
) -> EstimationSettings | None:
    """Return how data-driven models are estimated, None where none is asked for; raises UsageError."""
    if not any(model.estimated for model in models):
        return None
    asked = spec.estimation
    with at("--order"):
        parse_order(asked.order)
    return EstimationSettings(
        states=states(spec, report_type, kinds),
        order=asked.order,
        non_converting=asked.non_converting,
        game=asked.game,
        seed=asked.seed,
    )


def states(spec: ReportSpec, report_type: ReportType, kinds: Kinds) -> tuple[Field, ...]:
    """Return what data-driven models weigh.

    It is the columns asked for, else those of the interaction and its campaign that the report is cut by, else the
    campaign, else the channel. Raises UsageError.
    """
    with at("--states"):
        asked = resolve_dimensions(spec.estimation.states, report_type, kinds)
        for field in asked:
            if not field.of_interaction:
                raise UsageError(
                    f"'{field.name}' is no state of a journey: it is not the interaction's",
                    hint="Use columns of the touchpoints or of the campaigns, such as channel.",
                )
    with at("--by"):
        cut = tuple(f for f in resolve_dimensions(spec.by, report_type, kinds) if f.of_interaction)
    if asked or cut:
        return asked or cut
    at_hand = kinds.get("touchpoints", {})
    for name, column in (("campaign", "campaign_id"), ("channel", "channel")):
        if column in at_hand:
            return resolve_dimensions((name,), report_type, kinds)
    raise UsageError(
        "nothing says what data-driven models are to weigh",
        hint="Give --states with a column of the touchpoints.",
        place="--model",
    )


def check_transitions(spec: ReportSpec) -> None:
    """Raise UsageError for what a transition matrix cannot do."""
    for option, given in (
        ("--campaign", spec.campaigns),
        ("--measure", spec.measures),
        ("--sort", spec.sort),
        ("--limit", spec.limit),
        ("--compare", spec.compare),
        ("--confidence", spec.estimation.confidence),
    ):
        if given:
            raise UsageError(
                "a transition matrix is of all journeys and steps: it cannot be cut, sorted or compared",
                hint="Leave it out, or leave out --transitions.",
                place=option,
            )


def check_intervals(estimation: EstimationSettings, dimensions: Sequence[Field], filtered: Sequence[Field]) -> None:
    """Raise UsageError where rows are not made up of whole states, so that no interval can be given for them."""
    odd = next((f for f in (*dimensions, *filtered) if not estimation.knows(f)), None)
    if odd is not None:
        names = ", ".join(field.name for field in estimation.states)
        other = f", or say --states {odd.name}" if odd.of_interaction else ""
        raise UsageError(
            f"there are no intervals by {odd.name}: the models are estimated by {names}",
            hint=f"Cut and filter the report by {names}{other}.",
            place="--confidence",
        )


def check_split_intervals(estimation: EstimationSettings) -> None:
    """Raise UsageError for intervals by states of which it is not known what parts of interactions they are."""
    names = [field.name for field in estimation.states if field.level == "campaign"]
    if names and not {"campaign", "campaign_id"} & {*names}:
        raise UsageError(
            f"there are no intervals by {names[0]} where interactions belong to several campaigns",
            hint="Say --states campaign, which they can be put together from.",
            place="--confidence",
        )


def measures(
    spec: ReportSpec,
    report_type: ReportType,
    dimensions: tuple[Field, ...],
    credit: tuple[Bound, ...],
    conversion: tuple[Bound, ...],
    kinds: Kinds,
) -> tuple[Measure, ...]:
    """Return the measures asked for; of ``all`` those that the tables at hand, dimensions and filters allow."""
    named = {name.strip().casefold().replace("-", "_") for name in spec.measures}
    chosen = []
    for measure in measure_catalogue.choose_measures(spec.measures, report_type):
        if "all" in named and measure.name not in named and not kinds.keys() >= {*measure.needs}:
            continue
        try:
            if measure.source == "spend":
                check_spend(measure, dimensions, joined="campaign_id" in kinds.get("touchpoints", {}))
            if measure.source == "performance" or measure.per is not None:
                check_performance(measure, dimensions, (*credit, *conversion))
        except UsageError:
            if "all" in named and measure.name not in named:
                continue
            raise
        chosen.append(measure)
    return tuple(chosen)


def measures_of_models(spec: ReportSpec, chosen: tuple[Measure, ...], models: Sequence[Model]) -> tuple[Measure, ...]:
    """Return the measures that all models have, where ``all`` are asked for; raises UsageError for others.

    Models that credit rows with whole conversions have no credit to set against spend, and no intervals.
    """
    of_rows = [model.name for model in models if model.of_rows]
    if not of_rows:
        return chosen
    if spec.estimation.confidence is not None:
        raise UsageError(
            f"there are no intervals under {of_rows[0]}, which shares nothing out",
            hint="Leave it out, or ask for other models.",
            place="--confidence",
        )
    named = {name.strip().casefold().replace("-", "_") for name in spec.measures}
    kept = []
    for measure in chosen:
        strange = measure.of_spenders or (measure.beyond_first is not None and models[0].of_rows)
        if strange and "all" in named and measure.name not in named:
            continue
        if measure.of_spenders:
            raise UsageError(
                f"'{measure.name}' sets credit against spend, and {of_rows[0]} credits several campaigns with the same",
                hint=f"Ask for it under another model, such as linear, in a report without {of_rows[0]}.",
            )
        if strange:
            raise UsageError(
                f"'{measure.name}' is what a model credits beyond the first one, which credits rows that do not sum",
                hint=f"Name {of_rows[0]} after another model.",
            )
        kept.append(measure)
    return tuple(kept)


def notes_of_models(models: Sequence[Model]) -> list[Note]:
    """Return what there is to say of models under which rows do not sum to the total."""
    return [
        Note(
            code="rows-do-not-sum",
            level="note",
            text=f"under {model.name} every row has the whole value of the conversions that it took part in:"
            " rows must not be summed, and where there is a total it counts each conversion once",
        )
        for model in models
        if model.of_rows
    ]


def check_differences(chosen: Sequence[Measure], models: Sequence[Model]) -> None:
    """Raise UsageError for the difference of two models where there is one model only."""
    for measure in chosen:
        if measure.beyond_first is not None and len(models) < 2:
            raise UsageError(
                f"'{measure.name}' is what a model credits beyond the first one, and there is one model only",
                hint="Ask for two or more, such as --model first,last.",
            )


def sort(
    spec: ReportSpec, report_type: ReportType, dimensions: tuple[Field, ...], figures: list[str]
) -> tuple[tuple[str, bool], ...]:
    """Return the sort keys: by default time buckets and numbers of journeys rising, then the first figure falling."""
    names = tuple(field.name for field in dimensions)
    primary = report_type.primary if report_type.primary in figures else figures[0]
    if dimensions and (dimensions[0].of_time or dimensions[0].counts):
        buckets = tuple((field.name, False) for field in dimensions if field.of_time or field.counts)
        return resolve_sort(names, figures, spec.sort, (*buckets, (primary, True)))
    return resolve_sort(names, figures, spec.sort, ((primary, True),))


def tables_needed(
    report_type: ReportType,
    fields: Sequence[Field],
    chosen: Sequence[Measure],
    at_hand: Mapping[str, object],
    lead: bool,
) -> tuple[set[TableName], set[TableName]]:
    """Return the tables that the report cannot do without, and those that it uses where they are at hand."""
    needed: set[TableName] = {"touchpoints", report_type.table}
    optional: set[TableName] = set()
    if report_type.through_deals:
        optional.update(("deal_contacts", "deals"))
    if report_type.pooled and (lead or any(field.table == "contacts" for field in fields)):
        optional.add("contacts")
    if any(field.level == "campaign" for field in fields):
        optional.add("campaigns")
    for measure in chosen:
        needed.update(measure.needs)
        optional.update(measure.uses)
    return needed, {table for table in optional if table in at_hand} - needed
