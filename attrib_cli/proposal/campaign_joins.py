"""By which column touchpoints, spend and assets name their campaign: that which the campaigns have most of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.headers import called
from attrib_cli.proposal.overlap import CHANCE, mostly, overlap, values
from attrib_cli.proposal.plan import Join, Plan
from attrib_cli.proposal.shapes import dictionary, headers_of

if TYPE_CHECKING:
    import duckdb


def campaigns_of_touchpoints(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
    """Let touchpoints that say no campaign name it by the column that holds the names of campaigns or of spend."""
    if any(plan.table == "campaign_assets" for plan in plans):
        return
    of_tables = {"campaigns": ("campaign_id", "name"), "campaign_spend": ("campaign_id",)}
    named = [
        values(plan.file, header)
        for plan in plans
        for column in of_tables.get(plan.table, ())
        if (header := plan.header(column)) in plan.file.headers and "url" not in plan.columns[column]
    ]
    if not named:
        return
    for plan in plans:
        of_campaigns = {"campaign_id", "utm_campaign"} & plan.columns.keys()
        if plan.table != "touchpoints" or of_campaigns or plan.sql is not None:
            continue
        taken = {header for rules in plan.columns.values() for header in headers_of(rules)}
        for header in plan.file.headers:
            held = describe(con, plan.file, header) if header not in taken else None
            if held is None or held.dated or held.amounts:
                continue
            if mostly(con, values(plan.file, header), " UNION ".join(named), least=CHANCE):
                plan.columns["campaign_id"], plan.looked[header] = {"header": header}, held
                plan.notes.append(f"'{header}' holds names of campaigns")
                break


def campaigns(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Join]:
    """Choose the column by which touchpoints, spend and assets name their campaign: that which campaigns have most of.

    Touchpoints that name the `utm` of campaigns rather than their id or name get a column ``utm_campaign``. Where there
    are no campaigns, spend names them as touchpoints do.
    """
    known = [plan for plan in plans if plan.table == "campaigns"]
    joins: list[Join] = []
    if not known:
        return _spend_as_touched(con, plans)
    names, query = _of_campaigns(known, ("campaign_id", "name"))
    utms, of_utm = _of_campaigns(known, ("utm",))
    for plan in plans:
        if plan.table not in ("touchpoints", "campaign_spend", "campaign_assets") or "campaign_id" not in plan.columns:
            continue
        tried = _names_of_campaigns(plan)
        if not tried:
            continue
        best, matched, total = _best(con, plan, tried, query)
        if plan.table == "touchpoints" and of_utm:
            by_utm = max(tried, key=lambda header: overlap(con, values(plan.file, header), of_utm)[0])
            of_url = plan.columns["campaign_id"].get("url") == "utm_campaign" and not matched
            if overlap(con, values(plan.file, by_utm), of_utm)[0] > matched or of_url:
                rules = plan.columns.pop("campaign_id")
                plan.columns["utm_campaign"] = rules if of_url else {**rules, "header": by_utm}
                if not of_url:
                    matched, total = overlap(con, values(plan.file, by_utm), of_utm)
                    right = f"campaigns ({' or '.join(utms)})"
                    joins.append(Join(left=f"{plan.table}: {by_utm}", right=right, matched=matched, total=total))
                continue
        named = headers_of(plan.columns["campaign_id"])
        plan.columns["campaign_id"]["header"] = best if matched or len(named) == 1 else [*named]
        right = f"campaigns ({' or '.join(names)})"
        if total:
            joins.append(Join(left=f"{plan.table}: {best}", right=right, matched=matched, total=total))
    return joins


def _spend_as_touched(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Join]:
    """Let spend name its campaigns by the column, id or name, that touchpoints have most of."""
    touched = [
        (plan, header)
        for plan in plans
        if plan.table == "touchpoints" and "url" not in (rules := plan.columns.get("campaign_id", {}))
        for header in headers_of(rules)
        if header in plan.file.headers
    ]
    joins: list[Join] = []
    if not touched:
        return joins
    query = " UNION ".join(values(plan.file, header) for plan, header in touched)
    right = f"touchpoints ({' or '.join(dict.fromkeys(header for _, header in touched))})"
    for plan in plans:
        tried = _names_of_campaigns(plan) if plan.table == "campaign_spend" else ()
        if not tried:
            continue
        best, matched, total = _best(con, plan, tried, query)
        if matched:
            plan.columns["campaign_id"]["header"] = best
        if total:
            joins.append(Join(left=f"{plan.table}: {best}", right=right, matched=matched, total=total))
    return joins


def _names_of_campaigns(plan: Plan) -> tuple[str, ...]:
    """Return the headers that may say the campaign of a row: those of its rules, then others that are called so."""
    rules = plan.columns.get("campaign_id", {})
    named = headers_of(rules)
    if plan.shape is not None or "url" in rules or not named:
        return named
    taken = {header for name, other in plan.columns.items() if name != "campaign_id" for header in headers_of(other)}
    wanted = ("campaign_id", *dictionary().headers[plan.table]["campaign_id"])
    others = (header for header in called(plan.file, plan.table, wanted) if header not in taken)
    return tuple(dict.fromkeys((*named, *others)))


def _best(con: duckdb.DuckDBPyConnection, plan: Plan, tried: Sequence[str], query: str) -> tuple[str, int, int]:
    """Return the header of which a SELECT has most values, how many these are, and how many there are."""
    best = max(tried, key=lambda header: overlap(con, values(plan.file, header), query)[0])
    return best, *overlap(con, values(plan.file, best), query)


def _of_campaigns(known: Sequence[Plan], columns: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return the headers of some columns of campaigns, and the SELECT of their values; empty where they have none."""
    found = [(plan, header) for plan in known for column in columns if (header := plan.header(column))]
    return tuple(dict.fromkeys(header for _, header in found)), " UNION ".join(
        values(plan.file, header) for plan, header in found
    )


def assets(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> tuple[list[Join], list[Plan]]:
    """Return how assets of campaigns join with touchpoints, and the plans of assets that no touchpoint could name."""
    touched = [
        (plan, header)
        for plan in plans
        if plan.table == "touchpoints"
        for column in ("asset_id", "asset_title")
        if (header := plan.header(column)) is not None
    ]
    owned = [plan for plan in plans if plan.table == "campaign_assets"]
    if not touched:
        return [], owned if any(plan.table == "touchpoints" for plan in plans) else []
    joins = []
    query = " UNION ".join(values(plan.file, header) for plan, header in touched)
    right = f"touchpoints ({' or '.join(dict.fromkeys(header for _, header in touched))})"
    for plan in owned:
        header = plan.header("asset") or ""
        matched, total = overlap(con, values(plan.file, header), query)
        joins.append(Join(left=f"campaign_assets: {header}", right=right, matched=matched, total=total))
    return joins, []
