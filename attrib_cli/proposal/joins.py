"""Whose ids the tables have: the joins are tried, and e-mail addresses are looked up among the contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.answers import Doubt, column_answered
from attrib_cli.proposal.columns import describe, unique_columns
from attrib_cli.proposal.file import File
from attrib_cli.proposal.overlap import CHANCE, ENOUGH, mostly, overlap, values
from attrib_cli.proposal.plan import Join, Plan
from attrib_cli.proposal.shapes import dictionary

if TYPE_CHECKING:
    import duckdb


def known_by_ids_of_others(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
    """Let contacts be known by the column whose ids another table has, where it has none of those taken.

    An export of orders may know customers by a number, and that of the newsletter by their address.
    """
    contacts = [plan for plan in plans if plan.table == "contacts"]
    if len(contacts) != 1 or contacts[0].shape is not None or contacts[0].sql is not None:
        return
    (plan,) = contacts
    taken = [header for header in (plan.header("contact_id"), email_of(con, plan)) if header is not None]
    for other in plans:
        header = other.header("contact_id")
        if other.table == "contacts" or header is None or other.identified:
            continue
        ids = values(other.file, header, other.columns["contact_id"].get("split"))
        if any(mostly(con, ids, values(plan.file, known), least=CHANCE) for known in taken):
            continue
        others = (one for one in unique_columns(con, plan.file) if one not in taken)
        found = next((one for one in others if mostly(con, ids, values(plan.file, one), least=CHANCE)), None)
        if found is not None:
            plan.columns["contact_id"] = {"header": found}
            plan.looked[found] = describe(con, plan.file, found)
            plan.notes.append(f"contacts are known by '{found}', which {other.file.name} has")
            return


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
        name: " UNION ".join(values(plan.file, header) for plan, header in zip(contacts, headers, strict=True))
        for name, headers in keys.items()
    }
    joins, doubts = [], []
    for plan in others:
        header = plan.header("contact_id") or ""
        ids = values(plan.file, header, plan.columns["contact_id"].get("split"))
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
        matched, total = overlap(con, values(plan.file, lead), values(leads_of.file, own))
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


def known_by_id(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[tuple[Plan, str, str]]:
    """Return the files of contacts that are known by another id than their address, with the headers of both."""
    found = [
        (plan, email_of(con, plan) or "", plan.header("contact_id") or "") for plan in plans if plan.table == "contacts"
    ]
    return [one for one in found if one[1] and one[1] != one[2] and one[0].file.in_reach_of_queries]


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
    known = " UNION ".join(values(plan.file, plan.header("contact_id") or "") for plan in touched)
    joins = []
    for plan in others:
        if plan.table != "touchpoints" and touched:
            ids = values(plan.file, plan.header("contact_id") or "", plan.columns["contact_id"].get("split"))
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
