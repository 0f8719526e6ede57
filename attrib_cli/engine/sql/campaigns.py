"""Which campaign an interaction, or a row of spend, belongs to: the one rule for all that names campaigns.

What stands in a column ``campaign_id`` names the campaign that has it for its id, else the only campaign that has it
for its name. What names none is a campaign of its own, known by this text alone.
"""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.resolved import Bound, Request

CAMPAIGN_ID = Field(name="campaign_id", level="campaign", table="campaigns", column="campaign_id", kind="id")
"""What a campaign is known by."""


def campaign_parts(request: Request) -> tuple[Cte, ...]:
    """Campaigns under the names that rows show, and the texts that stand for a campaign; empty where none is needed."""
    if not request.names_campaigns or "campaigns" not in request.tables:
        return ()
    relation = request.tables["campaigns"].relation
    alike = "count(*) OVER (PARTITION BY name) > 1"
    told_apart = f"CASE WHEN {alike}\n    THEN name || ' (' || campaign_id || ')' ELSE name END"
    key = "CASE WHEN by_name THEN name ELSE CAST(campaign_id AS VARCHAR) END"
    return (
        Cte(
            name="campaigns_told_apart",
            grain="one row for each campaign; a name that several share is told apart by the id",
            sql=f"""
SELECT * REPLACE ({told_apart} AS name)
FROM {relation} AS s""",
        ),
        Cte(
            name="campaign_names",
            grain="one row for each campaign; what now is another's name is told apart as well",
            sql=f"""
SELECT * REPLACE ({told_apart} AS name)
FROM campaigns_told_apart AS s""",
        ),
        Cte(
            name="campaign_keys",
            grain="one row for each text that stands for a campaign: its id, or a name that is nobody else's",
            sql=f"""
SELECT
  {key} AS campaign_key,
  campaign_id,
  name AS own_name,
  by_name
FROM (
  SELECT campaign_id, name, count(*) OVER (PARTITION BY name) AS namesakes
  FROM {relation} AS s
) AS c
  CROSS JOIN (VALUES (false), (true)) AS v(by_name)
WHERE NOT by_name OR (name IS NOT NULL AND namesakes = 1)
QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY by_name) = 1""",
        ),
    )


def with_campaigns(request: Request, source: str, needed: bool, *, key: str = "c.campaign_key") -> str:
    """The `source` with the campaign n that `key` stands for beside each row, where campaigns are `needed`."""
    if not needed or "campaigns" not in request.tables:
        return source
    return (
        f"{source}\n  LEFT JOIN campaign_keys AS named ON named.campaign_key = CAST({key} AS VARCHAR)"
        "\n  LEFT JOIN campaign_names AS n ON n.campaign_id = named.campaign_id"
    )


def campaign_value(request: Request, field: Field, *, key: str = "c.campaign_key") -> str:
    """The SQL of a campaign's column beside `with_campaigns`; `key` stands in for a name or id that is not known."""
    if field.column not in ("name", "campaign_id"):
        return f"n.{identifier(field.column)}"
    own = f"CAST({key} AS VARCHAR)"
    if "campaigns" not in request.tables:
        return own
    return f"coalesce({'n.name' if field.column == 'name' else 'CAST(n.campaign_id AS VARCHAR)'}, {own})"


def campaign_condition(request: Request, bound: Bound, *, key: str = "c.campaign_key") -> str:
    """The SQL of a filter on a campaign's column, beside `with_campaigns`.

    A campaign is called by what rows show for it, by its name and by its id alike.
    """
    filter_, field = bound
    calls = [campaign_value(request, field, key=key)]
    if field.name == "campaign" and filter_.op in ("=", "!=") and "campaigns" in request.tables:
        own = f"CAST({key} AS VARCHAR)"
        calls += [f"coalesce(named.own_name, {own})", f"coalesce(CAST(n.campaign_id AS VARCHAR), {own})"]
    either = " AND " if filter_.op == "!=" else " OR "
    conditions = either.join(dict.fromkeys(request.condition(bound, call) for call in calls))
    return f"({conditions})" if len(calls) > 1 else conditions
