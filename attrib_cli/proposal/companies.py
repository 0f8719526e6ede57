"""Whose deals are, where deals and contacts name a company, and nothing names the contacts of a deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.id_comparison import counted
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.proposal.answers import Doubt, column_answered
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.headers import names_companies
from attrib_cli.proposal.overlap import mostly, values
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import headers_of

if TYPE_CHECKING:
    import duckdb

_LIST = ";"
_NOTHING = ("", "-", "--", "n/a", "na", "none", "null", "unknown", "unbekannt", "(none)", "(not set)")
"""What stands where there is no company."""
_MOST_CONTACTS = 20
"""A company has no more contacts than this, on average: what more of them have in common is a country, say."""


def of_companies(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> tuple[list[Plan], list[Doubt]]:
    """Return deals as those of all contacts of their company, and the question whether they are.

    Only where no column and no table says whose deals are, one file has the deals and one the contacts, and half of the
    companies of deals are those of contacts.
    """
    deals = [plan for plan in plans if plan.table == "deals"]
    contacts = [plan for plan in plans if plan.table == "contacts"]
    if len(deals) != 1 or len(contacts) != 1 or any(plan.table == "deal_contacts" for plan in plans):
        return [], []
    (deal,), (contact,) = deals, contacts
    keys = deal.header("deal_id"), contact.header("contact_id")
    in_reach = all(plan.sql is None and plan.file.in_reach_of_queries for plan in (deal, contact))
    if None in keys or "contact_id" in deal.columns or not in_reach:
        return [], []
    found = max(_alike(con, deal, contact), key=lambda one: one[:2], default=None)
    if found is None:
        return [], []
    matched, total, of_deal, of_contact = found
    query = _query(con, deal, contact, of_deal, of_contact)
    relation = f"{deal.file.relation}_companies"
    rows = query.replace("'{file}'", deal.file.relation).replace(
        literal(contact.file.in_queries), contact.file.relation
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {rows}")
    plan = Plan(
        table="deal_contacts",
        file=replace(deal.file, relation=relation, headers=("deal_id", "contact_id")),
        columns={
            "deal_id": _rules(deal.columns["deal_id"], "deal_id"),
            "contact_id": _rules(contact.columns["contact_id"], "contact_id"),
        },
        sql=query,
        because=(f"{matched:,} of {total:,} '{of_deal}' of deals are '{of_contact}' of contacts",),
    )
    taken = f"of all contacts of that company ('{of_contact}' of {contact.file.name})"
    doubt = Doubt(
        question=f"whose are the deals? Nothing says it but their company, '{of_deal}'",
        taken=taken,
        option="--column 'deals.contact_id=HEADER'",
        answered=column_answered("deals.contact_id", taken),
    )
    return [plan], [doubt]


def _alike(con: duckdb.DuckDBPyConnection, deal: Plan, contact: Plan) -> list[tuple[int, int, str, str]]:
    """Return the pairs of columns of companies of which half of the values are alike: how many are, of how many."""
    found = []
    for of_deal in _companies(deal):
        ids = values(deal.file, of_deal, _separator(con, deal, of_deal))
        for of_contact in _companies(contact):
            known = values(contact.file, of_contact, _separator(con, contact, of_contact))
            alike = mostly(con, ids, known)
            if alike is not None and _are_companies(con, contact, of_contact, known):
                found.append((*alike, of_deal, of_contact))
    return found


def _are_companies(con: duckdb.DuckDBPyConnection, contact: Plan, header: str, known: str) -> bool:
    """Whether the `known` values of a column of contacts are so many that they may be companies."""
    number = counted(con, f"SELECT count(*) FROM ({known}) AS s")
    return _MOST_CONTACTS * number >= contact.file.rows * describe(con, contact.file, header).filled


def _companies(plan: Plan) -> list[str]:
    """Return the headers of a file that have a word for companies, and are nothing else that is taken."""
    taken = {header for rules in plan.columns.values() for header in headers_of(rules)}
    return [header for header in plan.file.headers if header not in taken and names_companies(header)]


def _separator(con: duckdb.DuckDBPyConnection, plan: Plan, header: str) -> str | None:
    """Return what stands between several companies in one cell, None where each cell has one."""
    return _LIST if describe(con, plan.file, header).lists else None


def _query(con: duckdb.DuckDBPyConnection, deal: Plan, contact: Plan, of_deal: str, of_contact: str) -> str:
    """Return the query of the ids of deals and contacts of the same company, each pair once."""
    sides = (
        (deal, "deal_id", of_deal, "'{file}'"),
        (contact, "contact_id", of_contact, literal(contact.file.in_queries)),
    )
    parts = []
    for plan, key, header, place in sides:
        named = f"CAST({identifier(header)} AS VARCHAR)"
        each = f"unnest(string_split({named}, '{_LIST}'))" if _separator(con, plan, header) else named
        own = identifier(plan.header(key) or "")
        parts.append(f"(SELECT {own} AS {key}, {each} AS company FROM {place})")
    nothing = ", ".join(map(literal, _NOTHING))
    return (
        f"SELECT DISTINCT deal_id, contact_id\nFROM {parts[0]} AS d\n  JOIN {parts[1]} AS c"
        f" ON lower(trim(c.company)) = lower(trim(d.company))\nWHERE lower(trim(d.company)) NOT IN ({nothing})\n"
    )


def _rules(rules: Mapping[str, object], header: str) -> dict[str, object]:
    return {**rules, "header": header}
