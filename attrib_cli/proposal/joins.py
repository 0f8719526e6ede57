"""Whose ids the tables have: the joins are tried, and ids of another kind are led over the contacts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.plan import Doubt, Join, Plan
from attrib_cli.proposal.shapes import dictionary

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
    """Let all tables know contacts by one kind of id; return how they join, and what does not.

    Contacts may be known by their id and by their e-mail address. The kind that most touchpoints have is taken; tables
    with the other one are led over the contacts, by a query.
    """
    contacts = [plan for plan in plans if plan.table == "contacts"]
    others = [plan for plan in plans if plan.table != "contacts" and plan.header("contact_id") is not None]
    if not contacts:
        return _without_contacts(con, others), []
    keys = {"id": [plan.header("contact_id") or "" for plan in contacts]}
    emails = [_email(con, plan) for plan in contacts]
    if all(emails) and emails != keys["id"]:
        keys["email"] = [header or "" for header in emails]
    known = {
        name: " UNION ".join(values(plan, header) for plan, header in zip(contacts, headers, strict=True))
        for name, headers in keys.items()
    }
    found: dict[int, tuple[str, int, int]] = {}
    for number, plan in enumerate(others):
        ids = values(plan, plan.header("contact_id") or "", plan.columns["contact_id"].get("split"))
        tried = [(name, *overlap(con, ids, query)) for name, query in known.items()]
        found[number] = max(tried, key=lambda one: one[1])
    weights = dict.fromkeys(keys, 0)
    for number, (name, matched, total) in found.items():
        if total and Decimal(matched) / total >= ENOUGH:
            weights[name] += others[number].file.rows if others[number].table == "touchpoints" else 1
    chosen = max(weights, key=lambda name: (weights[name], name == "id"))
    joins, doubts = [], []
    for number, plan in enumerate(others):
        name, matched, total = found[number]
        right = f"contacts ({keys[name][0]})"
        joins.append(Join(left=f"{plan.table}: {plan.header('contact_id')}", right=right, matched=matched, total=total))
        if total and Decimal(matched) / total < ENOUGH:
            doubts.append(
                Doubt(
                    key=f"contact_id of {plan.file.name}",
                    question=f"'{plan.header('contact_id')}' of {plan.file.name} matches no contact: what does?",
                    taken=plan.header("contact_id") or "",
                    option=f"--column '{plan.table}.contact_id=HEADER'",
                    choices=plan.file.headers,
                )
            )
        elif name != chosen:
            _lead_over(plan, contacts[0], keys[name][0], keys[chosen][0])
    if chosen == "email":
        for plan, header in zip(contacts, keys["email"], strict=True):
            plan.columns["contact_id"] = {"header": header, "lower": True}
            plan.looked[header] = describe(con, plan.file, header)
            plan.notes.append(
                "contacts are known by their e-mail address, as touchpoints are; those without are left out"
            )
            plan.options["where"] = [f"{header}!="]
        for plan in others:
            if plan.sql is None or plan.shape is not None:
                plan.columns["contact_id"].setdefault("lower", True)
    return joins, doubts


def _lead_over(plan: Plan, contacts: Plan, own: str, wanted: str) -> None:
    """Replace the contacts of a plan by what the contacts' file has for them: a query over both files."""
    header = plan.header("contact_id") or ""
    split = plan.columns["contact_id"].get("split")
    mine = f"'{plan.file.path}'"
    if split:
        rest = [plan.header(name) for name in plan.columns if name != "contact_id"]
        kept = ", ".join(identifier(name) for name in rest if name)
        rows = (
            f"(\n  SELECT {kept}, unnest(string_split({identifier(header)}, {literal(str(split))})) AS their_id\n"
            f"  FROM {mine}\n)"
        )
        selected = ", ".join(f"s.{identifier(name)}" for name in rest if name)
        own_id = "s.their_id"
    else:
        rows, selected, own_id = mine, "s.*", f"s.{identifier(header)}"
    plan.sql = (
        f"SELECT {selected}, c.{identifier(wanted)} AS contact\nFROM {rows} AS s\n"
        f"JOIN '{contacts.file.path}' AS c ON trim(CAST(c.{identifier(own)} AS VARCHAR)) = trim({own_id})\n"
        f"WHERE c.{identifier(wanted)} <> ''"
    )
    plan.columns["contact_id"] = {"header": "contact", "lower": True}
    plan.notes.append(f"'{header}' is led over {contacts.file.path} to '{wanted}', by which contacts are known")


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


def _email(con: duckdb.DuckDBPyConnection, plan: Plan) -> str | None:
    """Return the column of a contacts' file with their e-mail addresses, by its name and its values."""
    names = [folded(name) for name in dictionary().headers["contacts"].get("email", ())]
    for wanted in names:
        for header in plan.file.headers:
            if folded(header) == wanted and describe(con, plan.file, header).emails >= Decimal("0.5"):
                return header
    return None


def campaigns(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Join]:
    """Choose the column by which touchpoints and spend name their campaign: the one that the campaigns have most of."""
    known = [plan for plan in plans if plan.table == "campaigns"]
    joins: list[Join] = []
    if not known:
        return joins
    names = [header for plan in known for column in ("campaign_id", "name") if (header := plan.header(column))]
    query = " UNION ".join(
        values(plan, header) for plan in known for column in ("campaign_id", "name") if (header := plan.header(column))
    )
    for plan in plans:
        if plan.table not in ("touchpoints", "campaign_spend") or "campaign_id" not in plan.columns:
            continue
        named = plan.columns["campaign_id"].get("header")
        tried = [str(one) for one in named] if isinstance(named, list) else [str(named)] if named else []
        if not tried:
            continue
        best = max(tried, key=lambda header: overlap(con, values(plan, header), query)[0])
        plan.columns["campaign_id"]["header"] = best
        matched, total = overlap(con, values(plan, best), query)
        right = f"campaigns ({' or '.join(dict.fromkeys(names))})"
        if total:
            joins.append(Join(left=f"{plan.table}: {best}", right=right, matched=matched, total=total))
    return joins
