"""What a report has to say about campaigns: who was matched by name, which spend is of no campaign or of no day."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.sql.campaigns import campaign_parts
from attrib_cli.engine.sql.cte import with_clause

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sql.resolved import Request

SHOWN = 3
"""How many examples a message names."""


def campaign_notes(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return what there is to say about campaigns, the doubtful first; reads the staged credit cube."""
    return [*_doubts(con, request), *_ratios(request), *_matched_by_name(con, request)]


def _ratios(request: Request) -> list[Note]:
    """Return what the ratios of the report are of."""
    names = [measure.name for measure in request.measures if measure.of_spenders]
    if not names:
        return []
    text = f"{' and '.join(names)}: of campaigns with spend alone, in totals too; credit of others is left out"
    return [Note(code="ratios-of-spend", text=text, level="note")]


def _matched_by_name(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return how many interactions and rows of spend say their campaign by its name."""
    notes = []
    for what, source in _sources(request):
        rows = con.execute(
            f"{with_clause(campaign_parts(request))}SELECT k.own_name, CAST(sum(c.size) AS BIGINT)\n"
            f"FROM ({source}) AS c JOIN campaign_keys AS k ON k.campaign_key = c.campaign_key AND k.by_name\n"
            "GROUP BY 1 HAVING sum(c.size) > 0 ORDER BY 2 DESC, 1"
        ).fetchall()
        if rows:
            count = sum(size for _, size in rows)
            text = f"{_counted(count, what)} matched by the campaign's name, not its id ({_examples(rows)})"
            notes.append(Note(code="matched-by-name", text=text, level="note", counts=((what, count),)))
    return notes


def _doubts(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return warnings of what names no single campaign, and of spend without a day, an amount or a campaign."""
    notes = []
    for what, source in _sources(request):
        rows = con.execute(
            "SELECT c.campaign_key, CAST(sum(c.size) AS BIGINT) FROM (SELECT name FROM "
            f"{request.tables['campaigns'].relation} AS s GROUP BY name HAVING count(*) > 1) AS n\n"
            f"  JOIN ({source}) AS c ON c.campaign_key = n.name\n"
            f"WHERE c.campaign_key NOT IN (SELECT CAST(campaign_id AS VARCHAR) FROM "
            f"{request.tables['campaigns'].relation} AS s)\n"
            "GROUP BY 1 HAVING sum(c.size) > 0 ORDER BY 2 DESC, 1"
        ).fetchall()
        if rows:
            count = sum(size for _, size in rows)
            verb = "names" if count == 1 else "name"
            text = (
                f"{_counted(count, what)} {verb} a campaign by a name that several campaigns have"
                f" ({_examples(rows)}): it counts for none of them, and has a row of its own"
            )
            notes.append(Note(code="ambiguous-campaign", text=text, counts=((what, count),)))
    bounds = (*request.credit_filters, *request.conversion_filters)
    others = [str(filter_) for filter_, field in bounds if field.level != "campaign"]
    if request.needs_spend and others:
        text = f"spend is known by campaign and day alone: it is not narrowed by {' and '.join(others)}"
        notes.append(Note(code="spend-not-filtered", text=text))
    if "campaign_spend" in request.tables and request.needs_spend:
        notes += spend_notes(con, request)
    elif request.needs_spend and request.has("campaigns", "spend") and _dated(request):
        text = "campaigns say their spend for all time only: without campaign_spend a period shows none"
        notes.append(Note(code="no-spend-in-periods", text=text))
    return notes


def _dated(request: Request) -> bool:
    return any(period.first_day is not None or period.last_day is not None for period in request.periods)


def _sources(request: Request) -> list[tuple[str, str]]:
    """What names campaigns, with the SELECT of (campaign_key, size); empty without campaigns to be named."""
    if "campaigns" not in request.tables:
        return []
    found = []
    if request.needs_campaign:
        cells = "SELECT CAST(campaign_key AS VARCHAR) AS campaign_key, interactions AS size FROM cube"
        found.append(("interaction", f"{cells} WHERE cell = 'credit' AND period = 0"))
    if "campaign_spend" in request.tables and request.needs_spend:
        spend = f"{request.tables['campaign_spend'].relation} AS s"
        found.append(("row of spend", f"SELECT CAST(campaign_id AS VARCHAR) AS campaign_key, 1 AS size FROM {spend}"))
    return found


def spend_notes(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return warnings of rows of ``campaign_spend`` without a day, an amount or a campaign that is known."""
    return [*_spend_without(con, request), *_spend_of_no_campaign(con, request)]


def _spend_without(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    undated, amount, unknown = con.execute(
        "SELECT count(*) FILTER (WHERE spent_on IS NULL), coalesce(sum(amount) FILTER (WHERE spent_on IS NULL), 0),"
        f" count(*) FILTER (WHERE amount IS NULL) FROM {request.tables['campaign_spend'].relation} AS s"
    ).fetchall()[0]
    notes = []
    if undated:
        how = "counts in no period, and is left out" if _dated(request) else "counts for all time, and in no period"
        text = f"campaign_spend has {_counted(undated, 'row')} without spent_on: {_money(amount, request)} {how}"
        notes.append(Note(code="spend-without-day", text=text, counts=(("rows", undated),)))
    if unknown:
        text = f"campaign_spend has {_counted(unknown, 'row')} without amount: spend is too low by what is missing"
        notes.append(Note(code="spend-without-amount", text=text, counts=(("rows", unknown),)))
    return notes


def _spend_of_no_campaign(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Spend whose campaign is neither among the campaigns nor, where there is no such table, in the touchpoints."""
    if "campaigns" in request.tables:
        known = f"{with_clause(campaign_parts(request))}SELECT campaign_key FROM campaign_keys"
    else:
        request.tables["touchpoints"].bring("campaign_id")
        touchpoints = request.tables["touchpoints"].relation
        known = f"SELECT DISTINCT CAST(campaign_id AS VARCHAR) AS campaign_key FROM {touchpoints} AS s"
    rows = con.execute(
        "SELECT CAST(s.campaign_id AS VARCHAR), count(*), coalesce(sum(s.amount), 0)"
        f" FROM {request.tables['campaign_spend'].relation} AS s"
        f" ANTI JOIN ({known}) AS k ON k.campaign_key = CAST(s.campaign_id AS VARCHAR) GROUP BY 1 ORDER BY 3 DESC, 1"
    ).fetchall()
    if not rows:
        return []
    count, amount = sum(row[1] for row in rows), sum((row[2] for row in rows), Decimal(0))
    names = [row[0] for row in rows]
    totals = [name for name in names if name and name.strip(" :").casefold() in _TOTALS]
    where = "campaigns" if "campaigns" in request.tables else "touchpoints"
    told = (
        f"{_counted(count, 'row')} of campaign_spend with {_money(amount, request)} whose campaign is not among the"
        f" {where} ({_examples(rows)}): shown in a row of its own, and part of the total"
    )
    if totals:
        told += f"; {literal(totals[0])} looks like the total of other rows, which counts them twice: take it out"
    return [Note(code="spend-of-no-campaign", text=told, counts=(("rows", count),))]


_TOTALS = {"total", "totals", "grand total", "sum", "subtotal", "gesamt", "summe", "gesamtsumme", "total général"}


def _money(amount: Decimal, request: Request) -> str:
    return f"{amount:,.2f}" + (f" {request.currency}" if request.currency else "")


def _counted(number: int, noun: str) -> str:
    head, _, rest = noun.partition(" ")
    return f"{number:,} {head}{'' if number == 1 else 's'}{f' {rest}' if rest else ''}"


def _examples(rows: Sequence[tuple[object, ...]]) -> str:
    names = ["without one" if row[0] is None else f"'{row[0]}'" for row in rows[:SHOWN]]
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return ", ".join(names) + more
