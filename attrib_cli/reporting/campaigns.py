"""All campaigns at a glance, as one report: what they reached, what they were part of, what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.notes import Note
from attrib_cli.reporting.definition import asked_type
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.engine.conversions import ReportType
    from attrib_cli.engine.dimensions import Kinds
    from attrib_cli.reporting.workspace import Workspace

PERFORMANCE = (
    "touchpoints",
    "contacts_touched",
    "new_contacts_first_touch",
    "new_contacts_last_touch",
    "influenced_contacts",
    "closed_deals",
    "influenced_revenue",
    "contacts",
    "deals",
    "amount",
    "revenue",
    "conversions",
    "value",
    "budget",
    "spend",
    "remaining_budget",
    "roi",
    "cost_per_contact",
    "cost_per_conversion",
    "cost_per_new_contact",
    "cost_per_influenced_contact",
)
"""What the list of campaigns shows, as far as the report type and the data have it."""


def list_request(workspace: Workspace, typed: ReportRequest) -> tuple[ReportRequest, tuple[Note, ...]]:
    """Return the report of all campaigns that was asked for, and notes of the figures that the data do not have.

    Raises UsageError where the data have no campaigns, and SourceError.
    """
    data = workspace.data_of()
    session = workspace.session()
    kinds = session.kinds()
    own = ReportRequest(type=typed.type or usual_type(kinds), by=("campaign",), measure=typed.measure)
    whole = replace(own.over(typed).over(data.preferred), sort=typed.sort, limit=typed.limit, compare=typed.compare)
    if typed.measure is not None:
        return replace(whole, measure=typed.measure), ()
    chosen, missing = measures_at_hand(asked_type(whole, data.settings), kinds, whole.model or ())
    notes = [
        Note(code="figures-left-out", text=f"{', '.join(names)} left out: {why}", level="note")
        for why, names in missing.items()
    ]
    return replace(whole, measure=chosen), tuple(notes)


def usual_type(kinds: Kinds) -> str:
    """Return the report type of campaigns where none is asked for: revenue, or contacts where there are no deals."""
    return "revenue" if "deals" in kinds else "contact-create"


def measures_at_hand(
    report_type: ReportType, kinds: Kinds, models: Sequence[str]
) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Return the measures that there are data for and that all of the `models` have, and the others by why not."""
    from attrib_cli.engine.measures import BY_NAME
    from attrib_cli.engine.models import credits_rows

    shared = next((name for name in models if credits_rows(name)), None)
    chosen, missing = [], dict[str, list[str]]()
    for name in PERFORMANCE:
        measure = BY_NAME[name]
        if not measure.fits(report_type):
            continue
        why = measure.lacking(kinds)
        if shared is not None and measure.of_spenders:
            why = f"{shared} credits several campaigns with the same"
        if why is None:
            chosen.append(name)
        else:
            missing.setdefault(why, []).append(name)
    return tuple(chosen), missing
