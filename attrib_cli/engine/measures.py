"""What a report can show: one entry for each figure of the attribution spec, section 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from attrib_cli.engine.conversions import CATALOGUE as REPORT_TYPES
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.report import Unit

Source = Literal["credit", "touched", "spend", "performance"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure of a row.

    `source` says which part of the query it comes from: `credit` (the credit cube), `touched` (distinct conversions),
    `spend` (campaign spend and budget, which campaigns and time have) or `performance` (campaign performance beside
    attribution). `types` are the report types that have it. `additive` says whether rows may be summed.
    """

    name: str
    unit: Unit
    source: Source
    description: str
    types: tuple[str, ...]
    additive: bool = True


_ALL = tuple(report_type.name for report_type in REPORT_TYPES)
_DEALS = ("deal-create", "revenue")

CATALOGUE: tuple[Measure, ...] = (
    Measure(
        name="contacts",
        unit="contacts",
        source="credit",
        description="Contacts attributed to the row",
        types=("contact-create",),
    ),
    Measure(
        name="revenue",
        unit="currency",
        source="credit",
        description="Revenue attributed to the row",
        types=("revenue",),
    ),
    Measure(name="deals", unit="deals", source="credit", description="Deals attributed to the row", types=_DEALS),
    Measure(
        name="amount",
        unit="currency",
        source="credit",
        description="Amount of the deals attributed to the row",
        types=("deal-create",),
    ),
    Measure(
        name="interactions",
        unit="count",
        source="credit",
        description="Interactions that earned credit",
        types=_ALL,
    ),
    Measure(
        name="share",
        unit="share",
        source="credit",
        description="Credit of the row as a part of all credit of the model",
        types=_ALL,
    ),
    Measure(
        name="conversions_touched",
        unit="count",
        source="touched",
        description="Distinct conversions with at least one credited interaction in the row",
        types=_ALL,
        additive=False,
    ),
    Measure(
        name="amount_touched",
        unit="currency",
        source="touched",
        description="Whole amount of those conversions",
        types=_DEALS,
        additive=False,
    ),
    Measure(name="spend", unit="currency", source="spend", description="Campaign spend in the date range", types=_ALL),
    Measure(name="budget", unit="currency", source="spend", description="Campaign budget", types=_ALL),
    Measure(name="remaining_budget", unit="currency", source="spend", description="Budget less spend", types=_ALL),
    Measure(
        name="roi",
        unit="ratio",
        source="spend",
        description="(Revenue - spend) / spend; empty where spend is 0 or unknown",
        types=("revenue",),
        additive=False,
    ),
    Measure(
        name="roas",
        unit="ratio",
        source="spend",
        description="Revenue / spend; empty where spend is 0 or unknown",
        types=("revenue",),
        additive=False,
    ),
    Measure(
        name="cost_per_contact",
        unit="currency",
        source="spend",
        description="Spend / attributed contacts",
        types=("contact-create",),
        additive=False,
    ),
    Measure(
        name="cost_per_deal",
        unit="currency",
        source="spend",
        description="Spend / attributed deals",
        types=_DEALS,
        additive=False,
    ),
    Measure(
        name="new_contacts_first_touch",
        unit="count",
        source="performance",
        description="Contacts created in the date range whose first interaction is in the row",
        types=_ALL,
        additive=False,
    ),
    Measure(
        name="new_contacts_last_touch",
        unit="count",
        source="performance",
        description="Contacts created in the date range whose last interaction before creation is in the row",
        types=_ALL,
        additive=False,
    ),
    Measure(
        name="influenced_contacts",
        unit="count",
        source="performance",
        description="Contacts with any interaction of the row in the date range, static lists and workflows included",
        types=_ALL,
        additive=False,
    ),
    Measure(
        name="closed_deals",
        unit="count",
        source="performance",
        description="Won deals of influenced contacts, closed in the date range",
        types=_ALL,
        additive=False,
    ),
    Measure(
        name="influenced_revenue",
        unit="currency",
        source="performance",
        description="Amount of the won deals of influenced contacts, closed in the date range",
        types=_ALL,
        additive=False,
    ),
)

BY_NAME = {measure.name: measure for measure in CATALOGUE}


def default_measures(report_type: ReportType) -> tuple[Measure, ...]:
    """Return what a report shows unless told otherwise: what it attributes, interactions and share."""
    names = [report_type.primary, report_type.counted, report_type.valued, "interactions", "share"]
    return tuple(BY_NAME[name] for name in dict.fromkeys(name for name in names if name))


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
            chosen.update((m.name, m) for m in CATALOGUE if report_type.name in m.types)
            continue
        measure = BY_NAME.get(folded)
        offered = [m.name for m in CATALOGUE if report_type.name in m.types]
        if measure is None:
            raise UsageError(
                f"there is no measure '{name}'",
                hint=did_you_mean(folded, BY_NAME) or f"Measures of a {report_type.name} report: {', '.join(offered)}.",
            )
        if report_type.name not in measure.types:
            raise UsageError(
                f"a {report_type.name} report has no measure '{measure.name}'",
                hint=f"Its measures: {', '.join(offered)}. '{measure.name}' belongs to {' and '.join(measure.types)}.",
            )
        chosen.setdefault(measure.name, measure)
    return tuple(chosen.values())
