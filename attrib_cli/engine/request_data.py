"""What a request has to know of the data: the columns it reads, what orders touchpoints, the currency of amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine import checks
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.sql import Request
from attrib_cli.engine.sql.resolved import OrderKey

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources import Table


def engine_columns(table: str, settings: Settings) -> set[str]:
    """The columns that the engine itself may read, beside those of dimensions and filters."""
    from attrib_cli.engine.sources import known_table

    own = {
        "touchpoints": {"touchpoint_id", "contact_id", "occurred_at", "campaign_id"},
        "contacts": {"contact_id", "created_at"},
        "deals": {"deal_id", "created_at", "closed_at", "amount", "is_won", "stage", "currency", "contact_id"},
        "deal_contacts": {"deal_id", "contact_id"},
        "campaigns": {"campaign_id", "name", "budget", "spend", "currency"},
        "campaign_assets": {"asset_type", "asset", "campaign_id", "from", "until", "associated_at"},
        "campaign_spend": {"campaign_id", "spent_on", "amount", "currency"},
    }.get(table, {*known_table(table).kinds})
    if table == "touchpoints":
        own |= {"asset_type"} if settings.exclude_asset_types else set()
        own |= {"interaction_type"} if settings.exclude_interaction_types else set()
    return own


def order_key_of(touchpoints: Table) -> OrderKey:
    """Return what orders touchpoints: ids that are whole numbers, else times; rows where there are no ids."""
    column = touchpoints.columns.get("touchpoint_id")
    if column is None:
        return "row"
    return "id" if column.type == "BIGINT" else "time"


_SAMPLE = 50_000
"""Touchpoints from the first on that are looked at for moments that several of a contact share."""


_SPREAD = 250_000
"""Touchpoints, about, that are looked at then: all of some contacts."""


def often_alike(con: duckdb.DuckDBPyConnection, request: Request) -> bool:
    """Whether time alone does not order the touchpoints of contacts, where text ids would have to.

    The first rows are looked at, then all rows of as many contacts as have `_SPREAD`. Interactions are then ordered in
    full from the start. Where only few others are alike, the cube shows it, and they are gathered a second time; either
    way the report is the same.
    """
    if request.order_key != "time" or not request.positions:
        return False
    touchpoints = request.tables["touchpoints"].relation
    some = [f"LIMIT {_SAMPLE}"]
    rows = request.tables["touchpoints"].rows or 0
    if rows > _SAMPLE:
        some.append(f"AND hash(contact_id) % {max(rows // _SPREAD, 1)} = 0")
    return any(
        con.execute(
            "SELECT count(*) > count(DISTINCT (contact_id, occurred_at))\n"
            f"FROM (SELECT contact_id, occurred_at FROM {touchpoints} AS t\n"
            f"  WHERE contact_id IS NOT NULL AND occurred_at IS NOT NULL {part}) AS s"
        ).fetchall()[0][0]
        for part in some
    )


def currency_of(con: duckdb.DuckDBPyConnection, request: Request) -> str | None:
    """Return the currency of the figures of a request, None where it has no amounts; raises as `report_currency`.

    That of spend says nothing of what conversions are worth, where these have none of their own.
    """
    if not any(measure.unit == "currency" for measure in request.measures) and request.report_type.valued is None:
        return None
    amounts: list[tuple[str, str]] = []
    kind = request.report_type
    if kind.configured and request.valued:
        amounts.append((kind.table, f"s.{kind.value} IS NOT NULL"))
    elif request.has("deals", "amount"):
        condition = "s.amount IS NOT NULL"
        if kind.won_only:
            from attrib_cli.engine.sql.won_deals import won

            condition += f" AND {won(request, 's')}"
        amounts.append(("deals", condition))
    if request.needs_spend:
        amounts += checks.amounts_of_spend(request)
    found = checks.report_currency(con, request.tables, request.settings, tuple(amounts))
    told = not request.valued or request.has(kind.table, "currency") or request.settings.currency is not None
    return found if told else None
