"""Which campaigns an interaction belongs to, as one text in its column ``campaign_id``.

Of one campaign it is the id; of several all ids in order, with `SEPARATOR` between them. So the credit cube keeps one
key an interaction, and what it earns is split between its campaigns only where rows are made of cells: see
`sql.campaigns`.
"""

from __future__ import annotations

from attrib_cli.engine.campaign_rules import CampaignRules
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql.campaigns import SEPARATOR, campaign_keys
from attrib_cli.engine.sql.cte import Cte, comma, with_clause
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.won_deals import folded

STATED = "stated_campaign_id"
"""The column of what stands in the touchpoints themselves."""

_FINDING = ("asset_campaigns", "utm_campaigns")
"""The tables that campaigns are found in."""

_ALWAYS = "TIMESTAMP '-infinity'"
_NEVER = "TIMESTAMP 'infinity'"


def touchpoints(request: Request) -> str:
    """What to read touchpoints from, with the campaigns that they belong to where others than theirs may decide."""
    if request.campaign_rules is None:
        return request.tables["touchpoints"].relation
    *before, last = membership_parts(request)
    return last.name if request.readable else f"({with_clause(before)}{last.sql})"


def membership_parts(request: Request) -> tuple[Cte, ...]:
    """The tables behind `touchpoints` of a printed query, which come before all others; empty where none is needed."""
    rules = request.campaign_rules
    return () if rules is None else _parts(request, rules)


def several_campaigns(request: Request) -> str:
    """A query that returns a row if anything of a request with rules belongs to several campaigns at one time."""
    parts = membership_parts(request)[:-1]
    sources = " UNION ALL ".join(f"SELECT campaigns FROM {part.name}" for part in parts if part.name in _FINDING)
    return f"{with_clause(parts)}SELECT 1 FROM ({sources}) AS s WHERE contains(campaigns, {SEPARATOR}) LIMIT 1"


def _parts(request: Request, rules: CampaignRules) -> tuple[Cte, ...]:
    found: list[Cte] = []
    if "campaigns" in request.tables:
        found.append(
            Cte(
                name="campaigns_by_text",
                grain="one row for each text that stands for a campaign: its id, or a name that is nobody else's",
                sql=campaign_keys(request.tables["campaigns"].relation),
            )
        )
    if rules.assets:
        found += _of_assets(request, rules)
    if rules.utm:
        found.append(
            Cte(
                name="utm_campaigns",
                grain="one row for each utm: the campaigns that have it",
                sql=f"""
SELECT
  lower(trim(utm)) AS utm,
  {_all("CAST(campaign_id AS VARCHAR)")} AS campaigns
FROM {request.tables["campaigns"].relation} AS s
WHERE trim(utm) <> ''
GROUP BY lower(trim(utm))""",
            )
        )
    return (*found, _touchpoints(request, rules))


def _all(campaign: str) -> str:
    """The SQL aggregate of the campaigns of a group as one text."""
    return f"string_agg(DISTINCT {campaign}, {SEPARATOR} ORDER BY {campaign})"


def _of_assets(request: Request, rules: CampaignRules) -> tuple[Cte, ...]:
    source = f"{request.tables['campaign_assets'].relation} AS a"
    campaign = "CAST(a.campaign_id AS VARCHAR)"
    if "campaigns" in request.tables:
        source += f"\n  LEFT JOIN campaigns_by_text AS k ON k.campaign_key = {campaign}"
        campaign = f"coalesce(CAST(k.campaign_id AS VARCHAR), {campaign})"
    begins = [f"coalesce(a.{identifier(name)}, {_ALWAYS})" for name in rules.bounds]
    begin = f"greatest({', '.join(begins)})" if len(begins) > 1 else (begins or [_ALWAYS])[0]
    end = f"coalesce(a.{identifier('until')}, {_NEVER})" if rules.ends else _NEVER
    types = [f"{folded('a.asset_type')} AS asset_type"] if rules.asset_types else []
    keys = [*(["asset_type"] if rules.asset_types else []), "asset"]
    same = " AND ".join(f"n.{key} = m.{key}" for key in keys)
    listed = ", ".join(keys)
    return (
        Cte(
            name="assets_of_campaigns",
            grain="one row for each asset, campaign and time in which it belongs to it",
            sql=f"""
SELECT DISTINCT
  {comma([*types, "lower(trim(CAST(a.asset AS VARCHAR))) AS asset", f"{campaign} AS campaign"])},
  {begin} AS begins,
  {end} AS ends
FROM {source}
WHERE a.asset IS NOT NULL
  AND a.campaign_id IS NOT NULL""",
        ),
        Cte(
            name="asset_campaigns",
            grain="one row for each asset and moment since which it belongs to other campaigns: all of them",
            sql=f"""
SELECT
  {comma(f"m.{key}" for key in keys)},
  m.since,
  {_all("n.campaign")} AS campaigns
FROM (
  SELECT {listed}, begins AS since FROM assets_of_campaigns
  UNION
  SELECT {listed}, ends FROM assets_of_campaigns WHERE ends < {_NEVER}
) AS m
  LEFT JOIN assets_of_campaigns AS n ON {same} AND n.begins <= m.since AND m.since < n.ends
GROUP BY {", ".join([*(f"m.{key}" for key in keys), "m.since"])}""",
        ),
    )


def _touchpoints(request: Request, rules: CampaignRules) -> Cte:
    found = [f"replace(CAST(t.campaign_id AS VARCHAR), {SEPARATOR}, '')"] if rules.stated else []
    source = f"{request.tables['touchpoints'].relation} AS t"
    for name in rules.assets:
        same = [f"{name}s.asset = lower(trim(CAST(t.{name} AS VARCHAR)))"]
        if rules.asset_types:
            same.append(f"{name}s.asset_type = {folded('t.asset_type')}")
        same.append(f"t.occurred_at >= {name}s.since")
        source += f"\n  ASOF LEFT JOIN asset_campaigns AS {name}s ON {' AND '.join(same)}"
        found.append(f"{name}s.campaigns")
    if rules.utm:
        source += "\n  LEFT JOIN utm_campaigns AS u ON u.utm = lower(trim(t.utm_campaign))"
        found.append("u.campaigns")
    own = "t.* EXCLUDE (campaign_id)" if rules.stated else "t.*"
    stated = "t.campaign_id" if rules.stated else "CAST(NULL AS VARCHAR)"
    return Cte(
        name="campaign_touchpoints",
        grain="touchpoints: one row each, with all campaigns that it belongs to as one text",
        sql=f"""
SELECT
  {own},
  {stated} AS {STATED},
  coalesce({", ".join(found)}{", NULL" if len(found) == 1 else ""}) AS campaign_id
FROM {source}""",
    )
