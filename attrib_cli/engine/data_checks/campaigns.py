"""Checks of campaigns' spend: of no campaign, of no day, without an amount."""

from __future__ import annotations

from collections.abc import Iterator

from attrib_cli.engine.campaign_checks import spend_notes
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding

_WHERE = {
    "spend-without-day": "s.spent_on IS NULL",
    "spend-without-amount": "s.amount IS NULL",
    "spend-of-no-campaign": "s.campaign_id IS NULL",
}


def spend(data: CheckedData) -> Iterator[Finding]:
    """Yield what keeps spend from a campaign, from a period or from being a sum."""
    if not data.has("campaigns") and not data.has("touchpoints.campaign_id"):
        return
    total = data.count_of("campaign_spend")
    for note in spend_notes(data.con, data.request):
        yield Finding(
            check="spend",
            about="campaign_spend",
            text=note.text,
            level="warning",
            count=dict(note.counts).get("rows", 0),
            total=total,
            examples=data.examples("campaign_spend", _WHERE[note.code], "s.amount"),
            mend="sources: {campaign_spend: {columns: {campaign_id: <header>, spent_on: <header>, amount: <header>}}}",
        )
