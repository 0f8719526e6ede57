"""Whose ids the tables have: the joins are tried, and e-mail addresses are looked up among the contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.answers import Doubt, column_answered
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.headers import called
from attrib_cli.proposal.look import File
from attrib_cli.proposal.plan import Join, Plan
from attrib_cli.proposal.shapes import dictionary, headers_of

if TYPE_CHECKING:
    import duckdb

ENOUGH = Decimal("0.05")
"""Less overlap than this is no join."""


def values(plan: Plan, header: str, split: object = None) -> str:
    """Return a SELECT of the distinct ids v in a column of a plan's file, in lower case."""
    text = f"lower(trim({identifier(header)}))"
    if split:
        pieces = f"unnest(string_split({identifier(header)}, {literal(str(split))}))"
        return (
            f"SELECT DISTINCT lower(trim(p)) AS v FROM (SELECT {pieces} AS p FROM {plan.file.relation}) WHERE p <> ''"
        )
    return f"SELECT DISTINCT {text} AS v FROM {plan.file.relation} WHERE {text} <> ''"


def overlap(con: duckdb.DuckDBPyConnection, one: str, other: str) -> tuple[int, int]:
    """Return how many ids of one SELECT the other has, and how many there are."""
    row = con.execute(f"SELECT count(o.v), count(*) FROM ({one}) AS s LEFT JOIN ({other}) AS o USING (v)").fetchall()[0]
    return int(row[0]), int(row[1])


def agree_on_contacts(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> tuple[list[Join], list[Doubt]]:
    """Let all tables know contacts by their id; return how the tables join, and what does not.

    Contacts may be known by their id and by their e-mail address. Tables with the address look the id up in the
    contacts' files.
    """
    contacts = [plan for plan in plans if plan.table == "contacts"]
    others = [
        plan
        for plan in plans
        if plan.table != "contacts" and plan.header("contact_id") is not None and not plan.identified
    ]
    if not contacts:
        return _without_contacts(con, others), []
    keys = {"id": [plan.header("contact_id") or "" for plan in contacts]}
    emails = [email_of(con, plan) for plan in contacts]
    if all(emails) and emails != keys["id"]:
        keys["email"] = [header or "" for header in emails]
    known = {
        name: " UNION ".join(values(plan, header) for plan, header in zip(contacts, headers, strict=True))
        for name, headers in keys.items()
    }
    joins, doubts = [], []
    for plan in others:
        header = plan.header("contact_id") or ""
        ids = values(plan, header, plan.columns["contact_id"].get("split"))
        tried = [(name, *overlap(con, ids, query)) for name, query in known.items()]
        name, matched, total = max(tried, key=lambda one: one[1])
        right = f"contacts ({' or '.join(dict.fromkeys(keys[name]))})"
        joins.append(Join(left=f"{plan.table}: {header}", right=right, matched=matched, total=total))
        if total and Decimal(matched) / total < ENOUGH:
            doubts.append(
                Doubt(
                    question=f"'{header}' of {plan.file.name} matches no contact: what does?",
                    taken=header,
                    option=f"--column '{plan.table}.contact_id=HEADER'",
                    answered=column_answered(f"{plan.table}.contact_id", header),
                    choices=plan.file.headers,
                )
            )
        elif name == "email":
            lookup = plan.columns["contact_id"]["lookup"] = _lookup(con, contacts, keys)
            several = " (an address of several contacts counts as that of the smallest id)" if "sql" in lookup else ""
            plan.notes.append(f"contacts are known here by their e-mail address: their id is looked up{several}")
    return joins, doubts


_CONVERTED, _LEAD = "convertedcontactid", "leadid"
"""What the columns are called that say which contact a lead became, and whose lead something is of."""


def leads(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Join]:
    """Let touchpoints of leads be those of the contacts that the leads became; return how many ids of leads are known.

    An id of a lead is looked up in the file of leads, where a converted one has its contact; all other ids stay.
    """
    known = [
        (plan, own, converted)
        for plan in plans
        if plan.table == "contacts"
        if (own := plan.header("contact_id")) and (converted := _called(plan, _CONVERTED))
    ]
    joins: list[Join] = []
    if len(known) != 1:
        return joins
    leads_of, own, converted = known[0]
    for plan in plans:
        lead = _called(plan, _LEAD)
        named = plan.columns.get("contact_id", {}).get("header")
        if plan.table != "touchpoints" or lead is None or "lookup" in plan.columns["contact_id"]:
            continue
        if lead not in (named if isinstance(named, list) else [named]):
            continue
        plan.columns["contact_id"]["lookup"] = looked_up_in(leads_of.file, own, converted)
        plan.notes.append("a converted lead is the contact that it became, which is looked up")
        matched, total = overlap(con, values(plan, lead), values(leads_of, own))
        joins.append(Join(left=f"touchpoints: {lead}", right=f"leads ({own})", matched=matched, total=total))
    return joins


def _called(plan: Plan, name: str) -> str | None:
    """Return the header of a plan's file that is called so, without case, blanks, ``_`` and ``-``."""
    return next((header for header in plan.file.headers if folded(header) == name), None)


def _lookup(
    con: duckdb.DuckDBPyConnection, contacts: Sequence[Plan], keys: Mapping[str, Sequence[str]]
) -> dict[str, object]:
    """Return where the id of an e-mail address is looked up: the contacts' file, a query where one is not enough."""
    pairs = list(zip(contacts, keys["email"], keys["id"], strict=True))
    plan, email, own = pairs[0]
    address = f"lower(trim({identifier(email)}))"
    count = f"SELECT count({address}) - count(DISTINCT {address}) FROM {plan.file.relation} WHERE {address} <> ''"
    if len(pairs) == 1 and con.execute(count).fetchall()[0][0] == 0:
        return looked_up_in(plan.file, email, own)
    return {"sql": ids_by_address(pairs), "key": "email", "value": "id"}


def ids_by_address(contacts: Sequence[tuple[Plan, str, str]], *, also_by_id: bool = False) -> str:
    """Return the query of the id of each e-mail address, the smallest of several: (email, id).

    `contacts` are plans with the headers of addresses and ids. With `also_by_id` each id stands there for itself too.
    """
    rows = " UNION ALL ".join(
        f"SELECT {identifier(email)} AS email, {identifier(own)} AS id FROM {literal(plan.file.in_queries)}"
        for plan, email, own in contacts
    )
    if also_by_id:
        rows += "".join(
            f" UNION ALL SELECT CAST({identifier(own)} AS VARCHAR), {identifier(own)} FROM"
            f" {literal(plan.file.in_queries)}"
            for plan, _, own in contacts
        )
    return f"SELECT lower(trim(email)) AS email, min(id) AS id FROM ({rows}) AS s WHERE email <> '' GROUP BY 1"


def looked_up_in(file: File, key: str, value: str) -> dict[str, object]:
    """Return the lookup of a value in a file, with what has to be said of how the file is read."""
    read = {"member": file.member, "sheet": file.sheet, "encoding": file.encoding}
    found: dict[str, object] = {"path": file.path, "key": key, "value": value}
    found |= {"header_line": file.header_line} if file.header_line > 1 else {}
    return found | {name: one for name, one in read.items() if one is not None}


def _without_contacts(con: duckdb.DuckDBPyConnection, others: Sequence[Plan]) -> list[Join]:
    touched = [plan for plan in others if plan.table == "touchpoints"]
    known = " UNION ".join(values(plan, plan.header("contact_id") or "") for plan in touched)
    joins = []
    for plan in others:
        if plan.table != "touchpoints" and touched:
            ids = values(plan, plan.header("contact_id") or "", plan.columns["contact_id"].get("split"))
            matched, total = overlap(con, ids, known)
            left = f"{plan.table}: {plan.header('contact_id')}"
            joins.append(Join(left=left, right="touchpoints", matched=matched, total=total))
    return joins


def email_of(con: duckdb.DuckDBPyConnection, plan: Plan) -> str | None:
    """Return the column of a contacts' file with their e-mail addresses, by its name and its values."""
    names = [folded(name) for name in dictionary().headers["contacts"].get("email", ())]
    for wanted in names:
        for header in plan.file.headers:
            if folded(header) == wanted and describe(con, plan.file, header).emails >= Decimal("0.5"):
                return header
    # `Person - Email - Work` before what is called otherwise, but no address of owners, who have many contacts
    for header in sorted(plan.file.headers, key=lambda header: "mail" not in folded(header)):
        held = describe(con, plan.file, header)
        if held.emails >= Decimal("0.5") and held.unique >= Decimal("0.9"):
            return header
    return None


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
            by_utm = max(tried, key=lambda header: overlap(con, values(plan, header), of_utm)[0])
            of_url = plan.columns["campaign_id"].get("url") == "utm_campaign" and not matched
            if overlap(con, values(plan, by_utm), of_utm)[0] > matched or of_url:
                rules = plan.columns.pop("campaign_id")
                plan.columns["utm_campaign"] = rules if of_url else {**rules, "header": by_utm}
                if not of_url:
                    matched, total = overlap(con, values(plan, by_utm), of_utm)
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
    query = " UNION ".join(values(plan, header) for plan, header in touched)
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
    best = max(tried, key=lambda header: overlap(con, values(plan, header), query)[0])
    return best, *overlap(con, values(plan, best), query)


def _of_campaigns(known: Sequence[Plan], columns: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return the headers of some columns of campaigns, and the SELECT of their values; empty where they have none."""
    found = [(plan, header) for plan in known for column in columns if (header := plan.header(column))]
    return tuple(dict.fromkeys(header for _, header in found)), " UNION ".join(values(*one) for one in found)


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
    query = " UNION ".join(values(*one) for one in touched)
    right = f"touchpoints ({' or '.join(dict.fromkeys(header for _, header in touched))})"
    for plan in owned:
        header = plan.header("asset") or ""
        matched, total = overlap(con, values(plan, header), query)
        joins.append(Join(left=f"campaign_assets: {header}", right=right, matched=matched, total=total))
    return joins, []
