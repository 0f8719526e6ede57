"""Which campaign an interaction, or a row of spend, belongs to: the one rule for all that names campaigns.

What stands in a column ``campaign_id`` names the campaign that has it for its id, else the only campaign that has it
for its name. What names none is a campaign of its own, known by this text alone. Interactions may belong to several
campaigns: then their text has all ids (see `sql.memberships`), and rows that stand beside them are there for each.
"""

from __future__ import annotations

from collections.abc import Callable

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.resolved import Bound, Request

SEPARATOR = "chr(31)"
"""What stands between the ids of several campaigns, as SQL: the unit separator, which no id has."""

CAMPAIGN_ID = Field(name="campaign_id", level="campaign", table="campaigns", column="campaign_id", kind="id")
"""What a campaign is known by."""


def campaign_parts(request: Request) -> tuple[Cte, ...]:
    """Campaigns under the names that rows show, and the texts that stand for a campaign; empty where none is needed."""
    if not request.names_campaigns or "campaigns" not in request.tables:
        return ()
    relation = request.tables["campaigns"].relation
    alike = "count(*) OVER (PARTITION BY name) > 1"
    told_apart = f"CASE WHEN {alike}\n    THEN name || ' (' || campaign_id || ')' ELSE name END"
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
            sql=campaign_keys(relation),
        ),
    )


def campaign_keys(campaigns: str) -> str:
    """The SELECT of the texts that stand for a campaign in a relation of `campaigns`."""
    key = "CASE WHEN by_name THEN name ELSE CAST(campaign_id AS VARCHAR) END"
    return f"""
SELECT
  {key} AS campaign_key,
  campaign_id,
  name AS own_name,
  by_name
FROM (
  SELECT campaign_id, name, count(*) OVER (PARTITION BY name) AS namesakes
  FROM {campaigns} AS s
) AS c
  CROSS JOIN (VALUES (false), (true)) AS v(by_name)
WHERE NOT by_name OR (name IS NOT NULL AND namesakes = 1)
QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY by_name) = 1"""


def with_campaigns(request: Request, source: str, needed: bool, *, key: str = "c.campaign_key") -> str:
    """The `source` with the campaign n that `key` stands for beside each row, where campaigns are `needed`.

    A row whose `key` stands for several campaigns is there once for each, `own.part` of `parts_of`.
    """
    if not needed:
        return source
    if request.splits:
        source += f"\n  CROSS JOIN unnest({_listed(key)}) WITH ORDINALITY AS own(campaign, part)"
    if "campaigns" not in request.tables:
        return source
    own = _one(request, key)
    return (
        f"{source}\n  LEFT JOIN campaign_keys AS named ON named.campaign_key = {own}"
        "\n  LEFT JOIN campaign_names AS n ON n.campaign_id = named.campaign_id"
    )


def parts_of(key: str = "c.campaign_key") -> str:
    """The SQL of how many campaigns `key` stands for, at least 1."""
    return f"len({_listed(key)})"


def each_campaign(request: Request) -> str:
    """The SQL of the text of each campaign of a cell, whose row is there once for each; null cells have none."""
    return f"unnest(string_split(campaign_key, {SEPARATOR}))" if request.splits else "CAST(campaign_key AS VARCHAR)"


def _listed(key: str) -> str:
    return f"coalesce(string_split(CAST({key} AS VARCHAR), {SEPARATOR}), [NULL])"


def _one(request: Request, key: str) -> str:
    """The SQL of the text that stands for one campaign, beside `with_campaigns`."""
    return "own.campaign" if request.splits else f"CAST({key} AS VARCHAR)"


def campaign_value(request: Request, field: Field, *, key: str = "c.campaign_key") -> str:
    """The SQL of a campaign's column beside `with_campaigns`; `key` stands in for a name or id that is not known."""
    if field.column not in ("name", "campaign_id"):
        return f"n.{identifier(field.column)}"
    own = _one(request, key)
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
        own = _one(request, key)
        calls += [f"coalesce(named.own_name, {own})", f"coalesce(CAST(n.campaign_id AS VARCHAR), {own})"]
    either = " AND " if filter_.op == "!=" else " OR "
    conditions = either.join(dict.fromkeys(request.condition(bound, call) for call in calls))
    return f"({conditions})" if len(calls) > 1 else conditions


def _own_value(request: Request, field: Field) -> str:
    return request.column(field, "k" if field.level == "contact" else "t")


def with_own_campaigns(request: Request, source: str, needed: bool) -> str:
    """The `source` of touchpoints t with what `own_condition` reads, one row each."""
    return source if request.splits else with_campaigns(request, source, needed, key="t.campaign_id")


def interaction_condition(request: Request, bound: Bound, value: Callable[[Request, Field], str] = _own_value) -> str:
    """The SQL of whether a touchpoint t of `with_own_campaigns` passes a filter on what an interaction says.

    `value` is the SQL of a field that is no campaign's: a column of t, or of its contact k, if not given.
    """
    _, field = bound
    if field.level == "campaign":
        return own_condition(request, bound)
    return request.condition(bound, value(request, field))


def own_condition(request: Request, bound: Bound) -> str:
    """The SQL of whether a touchpoint t of `with_own_campaigns` passes a filter on a campaign's column.

    Of several campaigns one has to pass; none must be one that the filter takes out (``!=``, ``!~``).
    """
    condition = campaign_condition(request, bound, key="t.campaign_id")
    if not request.splits:
        return condition
    campaigns = _each_of(request)
    if bound[0].op in ("!=", "!~"):
        return f"NOT EXISTS (SELECT 1 FROM {campaigns} WHERE NOT {condition})"
    return f"EXISTS (SELECT 1 FROM {campaigns} WHERE {condition})"


def campaigns_text(request: Request, field: Field) -> str:
    """The SQL of a column of all campaigns of a touchpoint t of `with_own_campaigns`: ``Spring + Summer``."""
    value = campaign_value(request, field, key="t.campaign_id")
    if not request.splits:
        return value
    return f"(SELECT string_agg(DISTINCT {value}, ' + ' ORDER BY {value}) FROM {_each_of(request)})"


def _each_of(request: Request) -> str:
    """What to read the campaigns of a touchpoint t from, in a query of its own for each."""
    found = f"unnest({_listed('t.campaign_id')}) AS own(campaign)"
    if "campaigns" in request.tables:
        found += (
            " LEFT JOIN campaign_keys AS named ON named.campaign_key = own.campaign"
            " LEFT JOIN campaign_names AS n ON n.campaign_id = named.campaign_id"
        )
    return found
