"""Checks of campaigns: what interactions belong to them by, and spend of no campaign, of no day, without an amount."""

from __future__ import annotations

from collections.abc import Iterator

from attrib_cli.engine.campaign_checks import asset_conditions, asset_notes, spend_notes
from attrib_cli.engine.campaign_rules import check_campaign_rules
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.sql.campaigns import SEPARATOR
from attrib_cli.engine.sql.memberships import STATED, touchpoints

_WHERE = {
    "spend-without-day": "s.spent_on IS NULL",
    "spend-without-amount": "s.amount IS NULL",
    "spend-of-no-campaign": "s.campaign_id IS NULL",
}


def spend(data: CheckedData) -> Iterator[Finding]:
    """Yield what keeps spend from a campaign, from a period or from being a sum."""
    if not data.has("campaigns") and not data.request.needs_campaign:
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


def assets(data: CheckedData) -> Iterator[Finding]:
    """Yield rows of ``campaign_assets`` that nothing can belong by, and assets that no touchpoint names."""
    columns = {name: table.columns for name, table in data.tables.items()}
    total = data.count_of("campaign_assets")
    try:
        check_campaign_rules(columns, data.settings)
    except AttribError as error:
        text = error.message.replace("`", "")
        yield Finding(
            check="campaign-assets", about="campaign_assets", text=text, level="error", count=total, mend=error.hint
        )
        return
    conditions = asset_conditions(data.request)
    for note in asset_notes(data.con, data.request):
        yield Finding(
            check="campaign-assets",
            about="campaign_assets",
            text=note.text,
            level="warning",
            count=dict(note.counts).get("rows", 0),
            total=total,
            examples=data.examples("campaign_assets", conditions[note.code], "coalesce(s.asset, s.campaign_id)"),
            mend="sources: {campaign_assets: {columns: {asset: <header>, campaign_id: <header>, from: <header>}}}",
        )
    rules = data.request.campaign_rules
    named = " UNION ".join(
        f"SELECT lower(trim(CAST(t.{name} AS VARCHAR))) AS asset FROM {data.tables['touchpoints'].relation} AS t"
        for name in (rules.assets if rules is not None else ())
    )
    idle = f"lower(trim(CAST(s.asset AS VARCHAR))) NOT IN (SELECT asset FROM ({named}) AS t WHERE asset IS NOT NULL)"
    count, known = data.counts(
        f"SELECT count(DISTINCT lower(trim(CAST(s.asset AS VARCHAR)))) FILTER (WHERE {idle}),"
        " count(DISTINCT lower(trim(CAST(s.asset AS VARCHAR))))"
        f" FROM {data.relation('campaign_assets')}"
    )
    yield Finding(
        check="assets-without-touchpoints",
        about="campaign_assets.asset",
        text=f"{known - count:,} of {known:,} assets of campaigns are named by a touchpoint",
        level="info" if count < known or not known else "error",
        count=count,
        total=known,
        examples=data.examples("campaign_assets", idle, "s.asset") if count else (),
        mend="sources: {touchpoints: {columns: {asset_title: <header>}}}" if count and count == known else None,
    )


def memberships(data: CheckedData) -> Iterator[Finding]:
    """Yield by what touchpoints belong to campaigns, where there is more than one way."""
    rules = data.request.campaign_rules
    if rules is None:
        return
    every, own, all_of_them, several = data.counts(
        f"SELECT count(*), count({STATED}), count(campaign_id),"
        f" count(*) FILTER (WHERE contains(campaign_id, {SEPARATOR})) FROM {touchpoints(data.request)} AS t"
    )
    ways = [name for name, there in (("asset", rules.assets), ("utm_campaign", rules.utm)) if there]
    text = (
        f"{all_of_them:,} of {every:,} touchpoints belong to a campaign: {own:,} by campaign_id,"
        f" {all_of_them - own:,} by {' or '.join(ways)}; {several:,} belong to several, which"
        " share their credit"
    )
    yield Finding(
        check="campaigns-of-touchpoints",
        about="touchpoints",
        text=text,
        level="warning" if all_of_them == own < every else "info",
        count=every - all_of_them,
        total=every,
    )
