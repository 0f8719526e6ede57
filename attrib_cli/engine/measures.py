"""What a report can show: one entry for each figure of the attribution spec, section 5."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Sequence

from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.measure import Formula, Measure, Need
from attrib_cli.engine.report import Unit
from attrib_cli.engine.source_spec import TableName

_SPEND: tuple[TableName, ...] = ("campaigns", "campaign_spend")
_COST = Need(any_of=("campaign_spend.amount", "campaigns.spend"), lacking="nothing says what campaigns cost")
_BUDGET = Need(any_of=("campaigns.budget",), lacking="campaigns have no column budget")
_CLOSING = Need(any_of=("deals.closed_at",), lacking="deals have no column closed_at")
_SPENDERS = (
    "the same, of the campaigns with spend alone: credit of others, and of conversions without campaign or interaction,"
    " is in neither side"
)
_ONE_ROW = "none, unless the row is one: what is counted may be in several rows"


def _difference(name: str, unit: Unit, sql: Formula) -> Measure:
    return Measure(
        name=f"{name}_difference",
        unit=unit,
        source="credit",
        description=f"{name.capitalize()} under the model beyond those under the first model asked for",
        definition=f"{name} under the model − {name} of the row under the first model of the report",
        of=(name,),
        better=None,
        beyond_first=name,
        sql=sql,
    )


CATALOGUE: tuple[Measure, ...] = (
    Measure(
        name="contacts",
        unit="contacts",
        source="credit",
        description="Contacts attributed to the row",
        definition="sum of the shares of the row's interactions in the journeys of created contacts",
        of=("contacts",),
        sql=lambda one: one.counted,
        scripted=True,
    ),
    Measure(
        name="revenue",
        unit="currency",
        source="credit",
        description="Revenue attributed to the row",
        definition="sum of share × amount over the row's interactions in the journeys of won deals",
        of=("revenue",),
        sql=lambda one: one.valued,
        scripted=True,
    ),
    Measure(
        name="deals",
        unit="deals",
        source="credit",
        description="Deals attributed to the row",
        definition="sum of the shares of the row's interactions in the journeys of deals",
        of=("deals",),
        sql=lambda one: one.counted,
        scripted=True,
    ),
    Measure(
        name="amount",
        unit="currency",
        source="credit",
        description="Amount of the deals attributed to the row",
        definition="sum of share × amount over the row's interactions in the journeys of created deals",
        of=("amount",),
        sql=lambda one: one.valued,
        scripted=True,
    ),
    Measure(
        name="value",
        unit="currency",
        source="credit",
        description="Value of the conversions of your own attributed to the row",
        definition="sum of share × value over the row's interactions in the journeys of conversions of your own",
        of=("value",),
        sql=lambda one: one.valued,
        scripted=True,
    ),
    Measure(
        name="conversions",
        unit="conversions",
        source="credit",
        description="Conversions of your own attributed to the row",
        definition="sum of the shares of the row's interactions in the journeys of conversions of your own",
        of=("conversions",),
        sql=lambda one: one.counted,
        scripted=True,
    ),
    _difference("contacts", "contacts", lambda one: f"{one.counted} - {one.counted_of_first}"),
    _difference("revenue", "currency", lambda one: f"{one.valued} - {one.valued_of_first}"),
    _difference("deals", "deals", lambda one: f"{one.counted} - {one.counted_of_first}"),
    _difference("amount", "currency", lambda one: f"{one.valued} - {one.valued_of_first}"),
    _difference("value", "currency", lambda one: f"{one.valued} - {one.valued_of_first}"),
    _difference("conversions", "conversions", lambda one: f"{one.counted} - {one.counted_of_first}"),
    Measure(
        name="interactions",
        unit="count",
        source="credit",
        description="Interactions that earned credit",
        definition="interactions of the row whose weight under the model is above 0, once for each conversion",
        sql=lambda one: one.interactions,
        scripted=True,
    ),
    Measure(
        name="share",
        unit="share",
        source="credit",
        description="Credit of the row as a part of all credit of the model",
        definition="credit of the row / credit of all conversions of the period, unattributed ones included",
        total="credit of the rows shown / the same",
        additive=False,
        sql=lambda one: one.ratio(one.primary, one.whole),
        scripted=True,
    ),
    Measure(
        name="conversions_touched",
        unit="count",
        source="touched",
        description="Distinct conversions with at least one credited interaction in the row",
        definition="number of conversions with a credited interaction in the row",
        total=_ONE_ROW,
        additive=False,
    ),
    Measure(
        name="amount_touched",
        unit="currency",
        source="touched",
        description="Whole amount of those conversions",
        definition="sum of the whole amounts of the conversions with a credited interaction in the row",
        total=_ONE_ROW,
        of=("amount", "revenue", "value"),
        additive=False,
    ),
    Measure(
        name="spend",
        unit="currency",
        source="spend",
        description="Campaign spend in the date range",
        definition="sum of campaign_spend by its day; without that table campaigns.spend, for all time alone",
        uses=_SPEND,
        columns=(_COST,),
        better=None,
        sql=lambda one: one.spend,
    ),
    Measure(
        name="budget",
        unit="currency",
        source="spend",
        description="Campaign budget",
        definition="sum of campaigns.budget, whatever the date range",
        uses=_SPEND,
        columns=(_BUDGET,),
        better=None,
        by_day=False,
        sql=lambda one: one.budget,
    ),
    Measure(
        name="remaining_budget",
        unit="currency",
        source="spend",
        description="Budget less spend",
        definition="budget − spend in the date range; without a budget it is empty",
        total="budget − spend of all rows",
        uses=_SPEND,
        columns=(_BUDGET, _COST),
        better=None,
        by_day=False,
        sql=lambda one: f"{one.budget} - coalesce({one.spend}, 0)",
    ),
    Measure(
        name="roi",
        unit="percent",
        source="spend",
        description="(Revenue - spend) / spend; empty where spend is 0 or unknown",
        definition="(revenue − spend) / spend, revenue, or value, being that of campaigns with spend in the period;"
        " empty without",
        total=_SPENDERS,
        of=("revenue", "value"),
        uses=_SPEND,
        columns=(_COST,),
        additive=False,
        of_spenders=True,
        sql=lambda one: one.ratio(f"({one.valued_of_spenders} - {one.spend})", one.spend),
    ),
    Measure(
        name="roas",
        unit="ratio",
        source="spend",
        description="Revenue / spend; empty where spend is 0 or unknown",
        definition="revenue / spend, revenue, or value, being that of campaigns with spend in the period, else empty",
        total=_SPENDERS,
        of=("revenue", "value"),
        uses=_SPEND,
        columns=(_COST,),
        additive=False,
        of_spenders=True,
        sql=lambda one: one.ratio(one.valued_of_spenders, one.spend),
    ),
    Measure(
        name="cost_per_contact",
        unit="currency",
        source="spend",
        description="Spend / attributed contacts",
        definition="spend / contacts, contacts being those of campaigns with spend in the period; empty without either",
        total=_SPENDERS,
        of=("contacts",),
        uses=_SPEND,
        columns=(_COST,),
        additive=False,
        better="down",
        of_spenders=True,
        sql=lambda one: one.ratio(one.spend, one.counted_of_spenders),
    ),
    Measure(
        name="cost_per_deal",
        unit="currency",
        source="spend",
        description="Spend / attributed deals",
        definition="spend / deals, deals being those of campaigns with spend in the period; empty without either",
        total=_SPENDERS,
        of=("deals",),
        uses=_SPEND,
        columns=(_COST,),
        additive=False,
        better="down",
        of_spenders=True,
        sql=lambda one: one.ratio(one.spend, one.counted_of_spenders),
    ),
    Measure(
        name="cost_per_conversion",
        unit="currency",
        source="spend",
        description="Spend / attributed conversions of your own",
        definition="spend / conversions, conversions being those of campaigns with spend in the period; empty without"
        " either",
        total=_SPENDERS,
        of=("conversions",),
        uses=_SPEND,
        columns=(_COST,),
        additive=False,
        better="down",
        of_spenders=True,
        sql=lambda one: one.ratio(one.spend, one.counted_of_spenders),
    ),
    Measure(
        name="cost_per_new_contact",
        unit="currency",
        source="spend",
        description="Spend / new contacts by first touch",
        definition="spend / new_contacts_first_touch; empty without either",
        total=_ONE_ROW,
        needs=("contacts",),
        uses=_SPEND,
        columns=(_COST,),
        additive=False,
        better="down",
        by_day=False,
        per="new_contacts_first_touch",
    ),
    Measure(
        name="cost_per_influenced_contact",
        unit="currency",
        source="spend",
        description="Spend / influenced contacts",
        definition="spend / influenced_contacts; empty without either",
        total=_ONE_ROW,
        uses=_SPEND,
        columns=(_COST,),
        additive=False,
        better="down",
        by_day=False,
        per="influenced_contacts",
    ),
    Measure(
        name="touchpoints",
        unit="count",
        source="performance",
        description="Interactions in the date range, whether or not a conversion followed",
        definition="interactions of the row within the date range, without those of excluded types",
        uses=("campaigns",),
    ),
    Measure(
        name="contacts_touched",
        unit="count",
        source="performance",
        description="Contacts with such an interaction",
        definition="contacts with an interaction of the row within the date range, excluded types left out",
        total=_ONE_ROW,
        uses=("campaigns",),
        additive=False,
    ),
    Measure(
        name="new_contacts_first_touch",
        unit="count",
        source="performance",
        description="Contacts created in the date range whose first interaction is in the row",
        definition="contacts created in the date range whose first interaction up to then is in the row",
        total=_ONE_ROW,
        needs=("contacts",),
        uses=("campaigns",),
        additive=False,
    ),
    Measure(
        name="new_contacts_last_touch",
        unit="count",
        source="performance",
        description="Contacts created in the date range whose last interaction before creation is in the row",
        definition="contacts created in the date range whose last interaction up to then is in the row",
        total=_ONE_ROW,
        needs=("contacts",),
        uses=("campaigns",),
        additive=False,
    ),
    Measure(
        name="influenced_contacts",
        unit="count",
        source="performance",
        description="Contacts with any interaction of the row in the date range, static lists and workflows included",
        definition="contacts with an interaction of the row within the date range, excluded types included",
        total=_ONE_ROW,
        uses=("campaigns",),
        additive=False,
    ),
    Measure(
        name="closed_deals",
        unit="count",
        source="performance",
        description="Won deals of influenced contacts, closed in the date range",
        definition="won deals, closed in the date range, of the row's influenced contacts",
        total=_ONE_ROW,
        needs=("deals",),
        uses=("campaigns", "deal_contacts"),
        columns=(_CLOSING,),
        additive=False,
    ),
    Measure(
        name="influenced_revenue",
        unit="currency",
        source="performance",
        description="Amount of the won deals of influenced contacts, closed in the date range",
        definition="sum of the whole amounts of those closed deals",
        total=_ONE_ROW,
        needs=("deals",),
        uses=("campaigns", "deal_contacts"),
        columns=(_CLOSING,),
        additive=False,
    ),
)

BY_NAME = {measure.name: measure for measure in CATALOGUE}


def entry(name: str) -> Measure:
    """Return the measure of this name."""
    return BY_NAME[name]


def _by_name(measure: Measure) -> tuple[Callable[[str], Measure], tuple[str]]:
    return entry, (measure.name,)


copyreg.pickle(Measure, _by_name)  # entries travel to other processes by their names, as formulas cannot


def default_measures(report_type: ReportType) -> tuple[Measure, ...]:
    """Return what a report shows unless told otherwise: what it attributes, interactions and share."""
    names = [report_type.primary, report_type.counted, report_type.valued, "interactions", "share"]
    return tuple(BY_NAME[name] for name in dict.fromkeys(name for name in names if name))


def fits(name: str, report_type: ReportType) -> bool:
    """Say whether there is a measure, or are some, called `name` that reports of this type have."""
    try:
        return bool(choose_measures((name,), report_type))
    except UsageError:
        return False


def choose_measures(names: Sequence[str], report_type: ReportType) -> tuple[Measure, ...]:
    """Return the measures called `names`, each once, in order; none named means the defaults.

    ``default`` and ``all`` stand for the defaults and for every measure of the report type. Raises UsageError for an
    unknown name and for a measure that the report type does not have.
    """
    if not names:
        return default_measures(report_type)
    chosen: dict[str, Measure] = {}
    for name in names:
        folded = name.strip().casefold().replace("-", "_").replace(" ", "_")
        if folded == "default":
            chosen.update((measure.name, measure) for measure in default_measures(report_type))
            continue
        if folded == "all":
            chosen.update((m.name, m) for m in CATALOGUE if m.fits(report_type) and not m.beyond_first)
            continue
        measure = BY_NAME.get(folded)
        offered = [m.name for m in CATALOGUE if m.fits(report_type)]
        if measure is None:
            raise UsageError(
                f"there is no measure '{name}'",
                hint=did_you_mean(folded, BY_NAME) or f"Measures of a {report_type.name} report: {', '.join(offered)}.",
            )
        if not measure.fits(report_type):
            raise UsageError(
                f"a {report_type.name} report has no measure '{measure.name}'",
                hint=f"Its measures: {', '.join(offered)}. '{measure.name}' belongs to {' and '.join(measure.types)}.",
            )
        chosen.setdefault(measure.name, measure)
    return tuple(chosen.values())
