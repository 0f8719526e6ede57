"""What a report has to say about campaigns: who was matched by name, which spend is of no campaign or of no day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.sql.campaigns import SEPARATOR, campaign_keys, campaign_parts, each_campaign
from attrib_cli.engine.sql.cte import used_values, with_clause
from attrib_cli.engine.sql.spend import dated_spend
from attrib_cli.engine.sql.whole_numbers import MICRO

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sql.resolved import Request

_INTERACTION = "interaction"

SHOWN = 3
"""How many examples a message names."""


def campaign_notes(con: duckdb.DuckDBPyConnection, request: Request, *, others: bool) -> list[Note]:
    """Return what there is to say about campaigns, the doubtful first; reads the staged credit cube.

    `others` is what `interactions_name_others` says.
    """
    named = {
        what: source
        for what, source in _sources(request).items()
        if (others or what != _INTERACTION) and names_other_than_ids(con, request.tables["campaigns"].relation, source)
    }
    return [
        *_doubts(con, request, named),
        *asset_notes(con, request),
        *_ratios(request),
        *_split(con, request),
        *_matched_by_name(con, request, named),
    ]


def interactions_name_others(con: duckdb.DuckDBPyConnection, request: Request) -> bool:
    """Whether interactions in the cube name campaigns by texts that are no ids, where that says anything."""
    if not request.needs_campaign or "campaigns" not in request.tables:
        return False
    keys = (
        f"SELECT {each_campaign(request)} AS campaign_key FROM cube WHERE cell = 'credit' AND campaign_key IS NOT NULL"
    )
    return names_other_than_ids(con, request.tables["campaigns"].relation, keys)


def names_other_than_ids(con: duckdb.DuckDBPyConnection, campaigns: str, source: str) -> bool:
    """Whether a SELECT with a campaign_key has a text that is no id of the relation of campaigns.

    Where all are ids, as in most data, nothing more needs to be looked for in them.
    """
    ids = f"SELECT CAST(campaign_id AS VARCHAR) AS campaign_key FROM {campaigns} AS s"
    query = f"SELECT 1 FROM ({source}) AS c ANTI JOIN ({ids}) AS k USING (campaign_key)"
    return bool(con.execute(f"{query} WHERE c.campaign_key IS NOT NULL LIMIT 1").fetchall())


def _split(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return how many interactions belong to several campaigns."""
    if not request.splits_cells:
        return []
    several, every = con.execute(
        f"SELECT coalesce(sum(interactions) FILTER (WHERE contains(campaign_key, {SEPARATOR})), 0),"
        " coalesce(sum(interactions), 0) FROM cube WHERE cell = 'credit' AND period = 0"
    ).fetchall()[0]
    if not several:
        return []
    verb = "belongs" if several == 1 else "belong"
    text = (
        f"{several:,} of {_counted(every, 'interaction')} {verb} to several campaigns at once: the credit of each is"
        " split equally between them"
    )
    if request.in_several_rows:
        text += ", and it counts once in each of their rows"
    counts = (("interactions", int(every)), ("of_several_campaigns", int(several)))
    return [Note(code="several-campaigns", text=text, level="note", counts=counts)]


def asset_conditions(request: Request) -> dict[str, str]:
    """Return what can be wrong with rows s of ``campaign_assets``, by the code of its note, as SQL conditions."""
    rules = request.campaign_rules
    if rules is None or not rules.assets:
        return {}
    keys = ["asset", "campaign_id", *(["asset_type"] if rules.asset_types else [])]
    found = {"assets-incomplete": " OR ".join(f"s.{key} IS NULL" for key in keys)}
    if rules.ends and rules.bounds:
        found["assets-end-first"] = " OR ".join(f's."until" <= s.{identifier(name)}' for name in rules.bounds)
    if "campaigns" in request.tables:
        known = campaign_keys(request.tables["campaigns"].relation)
        found["assets-of-no-campaign"] = (
            f"CAST(s.campaign_id AS VARCHAR) NOT IN (SELECT campaign_key FROM ({known}) AS k)"
        )
    if request.settings.from_association:
        found["assets-without-association"] = "s.associated_at IS NULL"
    return found


def asset_notes(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return warnings about rows of ``campaign_assets`` that nothing can belong by, or to no campaign that is known."""
    notes = []
    for code, condition in asset_conditions(request).items():
        rows = con.execute(
            f"SELECT CAST(s.campaign_id AS VARCHAR), count(*) FROM {request.tables['campaign_assets'].relation} AS s"
            f" WHERE {condition} GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        if rows:
            count = sum(row[1] for row in rows)
            notes.append(Note(code=code, text=_about_assets(code, count, rows), counts=(("rows", count),)))
    return notes


def _about_assets(code: str, count: int, rows: Sequence[tuple[object, ...]]) -> str:
    """Return what a note says of so many rows of ``campaign_assets``, which name these campaigns."""
    several = count > 1
    them = "them" if several else "it"
    with_rows = f"campaign_assets has {_counted(count, 'row')}"
    return {
        "assets-incomplete": f"{with_rows} without asset, type or campaign: no interaction belongs by {them}",
        "assets-end-first": f"{with_rows} that {'end before they begin' if several else 'ends before it begins'}:"
        f" no interaction belongs by {them}",
        "assets-of-no-campaign": f"{_counted(count, 'row')} of campaign_assets {'name' if several else 'names'} a"
        f" campaign that campaigns does not have ({_examples(rows)}): rows show the text itself",
        "assets-without-association": f"{with_rows} without associated_at: `from_association` does not bound {them}",
    }[code]


def _ratios(request: Request) -> list[Note]:
    """Return what the ratios of the report are of."""
    names = [measure.name for measure in request.measures if measure.of_spenders]
    if not names:
        return []
    text = f"{' and '.join(names)}: of campaigns with spend alone, in totals too; credit of others is left out"
    return [Note(code="ratios-of-spend", text=text, level="note")]


def _matched_by_name(con: duckdb.DuckDBPyConnection, request: Request, named: Mapping[str, str]) -> list[Note]:
    """Return how many interactions and rows of spend say their campaign by its name."""
    notes = []
    for what, source in named.items():
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


def _doubts(con: duckdb.DuckDBPyConnection, request: Request, named: Mapping[str, str]) -> list[Note]:
    """Return warnings of what names no single campaign, and of spend without a day, an amount or a campaign."""
    notes = []
    for what, source in named.items():
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


def _sources(request: Request) -> dict[str, str]:
    """What names campaigns, by word, with the SELECT of (campaign_key, size); empty without campaigns to be named."""
    if "campaigns" not in request.tables:
        return {}
    found = {}
    if request.needs_campaign:
        cells = f"SELECT {each_campaign(request)} AS campaign_key, interactions AS size FROM cube"
        found[_INTERACTION] = f"{cells} WHERE cell = 'credit' AND period = 0"
    if "campaign_spend" in request.tables and request.needs_spend:
        spend = f"{request.tables['campaign_spend'].relation} AS s"
        found["row of spend"] = f"SELECT CAST(campaign_id AS VARCHAR) AS campaign_key, 1 AS size FROM {spend}"
    return found


def spend_notes(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return warnings of rows of ``campaign_spend`` without a day, an amount or a campaign that is known."""
    return [*_spend_without(con, request), *_spend_of_no_campaign(con, request)]


def _spend_without(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    source, spent = dated_spend(request)
    query = (
        f"{with_clause(campaign_parts(request))}SELECT count(*) FILTER (WHERE c.spent_on IS NULL),"
        f" coalesce(sum({spent}) FILTER (WHERE c.spent_on IS NULL), 0),"
        f" count(*) FILTER (WHERE c.amount IS NULL) FROM {source}"
    )
    undated, millionths, unknown = con.execute(query, used_values(query, request.binder.values)).fetchall()[0]
    amount = Decimal(millionths) / MICRO
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
        touchpoints = request.tables["touchpoints"]
        if "campaign_id" in touchpoints.columns:
            touchpoints.bring("campaign_id")
        known = " UNION ".join(
            f"SELECT CAST(campaign_id AS VARCHAR) AS campaign_key FROM {request.tables[name].relation} AS s"
            for name in ("touchpoints", "campaign_assets")
            if request.has(name, "campaign_id")
        )
    own = request.rate("s.currency", "s.amount") if request.has("campaign_spend", "currency") else "s.amount"
    query = (
        f"SELECT CAST(s.campaign_id AS VARCHAR), count(*), coalesce(sum({own}), 0)"
        f" FROM {request.tables['campaign_spend'].relation} AS s"
        f" ANTI JOIN ({known}) AS k ON k.campaign_key = CAST(s.campaign_id AS VARCHAR) GROUP BY 1 ORDER BY 3 DESC, 1"
    )
    rows = con.execute(query, used_values(query, request.binder.values)).fetchall()
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
