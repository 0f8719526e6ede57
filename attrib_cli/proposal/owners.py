"""Whose deals are, where no table says so: by a column of ids of contacts, or by a file of pairs of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.answers import Answers
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.file import File
from attrib_cli.proposal.headers import of_people, of_staff
from attrib_cli.proposal.joins import email_of, ids_by_address
from attrib_cli.proposal.overlap import mostly, overlap, values
from attrib_cli.proposal.plan import Plan

if TYPE_CHECKING:
    import duckdb

_SEPARATORS = (None, ";", "|", ",")
"""What may stand between the ids of several contacts in one cell."""


def whose_deals(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], files: Sequence[File]
) -> tuple[list[Plan], set[str]]:
    """Let deals be of the contacts whose ids a column about people holds, or a file has beside theirs.

    Only where nothing else says whose deals are: no table does, and no contact is known by what stands in the column
    that was taken. Half of the ids have to be those of contacts, or of touchpoints where there are no contacts.
    Return the tables of deals and contacts that were found, and the names of the files that are used.
    """
    deals = [plan for plan in plans if plan.table == "deals" and not plan.sql and plan.header("deal_id")]
    people = [plan for plan in plans if plan.table == "contacts"] or [
        plan for plan in plans if plan.table == "touchpoints" and not plan.sql
    ]
    headers = [(plan, one) for plan in people for one in (plan.header("contact_id"), email_of(con, plan)) if one]
    if not deals or not headers or any(plan.table == "deal_contacts" for plan in plans):
        return [], set()
    known = " UNION ".join(values(plan.file, header) for plan, header in headers)
    for plan in deals:
        own = plan.header("contact_id")
        if own is not None and overlap(con, values(plan.file, own), known)[0]:
            return [], set()
    of_deals = " UNION ".join(values(plan.file, plan.header("deal_id") or "") for plan in deals)
    pairs = _pairs(con, plans, files, of_deals, known)
    if pairs is not None:
        for plan in deals:
            plan.columns.pop("contact_id", None)
        return [pairs], {pairs.file.name}
    return [found for plan in deals if (found := _by_column(con, plan, known)) is not None], set()


def also_by_id(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], answers: Answers) -> None:
    """Let rows that name people by e-mail address be of the contact whose id stands beside it, where there is one.

    An order may have no address, or one that no contact has, and the id of its customer. The ids have to be those of
    contacts: where both are known, they have to agree.
    """
    contacts = [plan for plan in plans if plan.table == "contacts"]
    keys = [(plan, email_of(con, plan), plan.header("contact_id")) for plan in contacts]
    known = [(plan, email, own) for plan, email, own in keys if email and own]
    if not known or len(known) < len(keys):
        return
    addresses = " UNION ".join(
        f"SELECT lower(trim({identifier(email)})) AS v, lower(trim({identifier(own)})) AS id FROM {plan.file.relation}"
        for plan, email, own in known
    )
    for plan in plans:
        rules = plan.columns.get("contact_id", {})
        email = rules.get("header")
        typed = f"{plan.table}.contact_id" in answers.columns
        if plan.sql is not None or typed or "lookup" not in rules or not isinstance(email, str) or plan.identified:
            continue
        taken = {plan.header(name) for name in plan.columns}
        for header in plan.file.headers:
            if header in taken or not of_people(header) or "mail" in folded(header):
                continue
            more = _more_by_id(con, plan, header, email, addresses)
            if more:
                query = ids_by_address(known, also_by_id=True)
                plan.columns["contact_id"] = {
                    **rules,
                    "header": [header, email],
                    "lookup": {"sql": query, "key": "email", "value": "id"},
                }
                plan.notes.append(
                    f"'{header}' has ids of contacts too: they tell whose {more:,} rows are whose '{email}' does not"
                )
                break


def _more_by_id(con: duckdb.DuckDBPyConnection, plan: Plan, header: str, email: str, addresses: str) -> int:
    """Return how many rows are of a contact by its id alone; 0 where ids and addresses do not agree."""
    own, address = (f"lower(trim({identifier(name)}))" for name in (header, email))
    query = f"""
        WITH known AS ({addresses}), ids AS (SELECT DISTINCT id FROM known WHERE id <> ''),
          address AS (SELECT v, min(id) AS id, count(DISTINCT id) AS several FROM known WHERE v <> '' GROUP BY v)
        SELECT count(*) FILTER (a.several = 1 AND i.id IS NOT NULL),
          count(*) FILTER (a.several = 1 AND i.id = a.id),
          count(*) FILTER (a.v IS NULL AND i.id IS NOT NULL)
        FROM (SELECT {own} AS own, {address} AS address FROM {plan.file.relation}) AS s
        LEFT JOIN address AS a ON a.v = s.address LEFT JOIN ids AS i ON i.id = s.own
    """
    both, agree, more = con.execute(query).fetchall()[0]
    return int(more) if agree and 10 * agree >= 9 * both else 0


def _by_column(con: duckdb.DuckDBPyConnection, plan: Plan, known: str) -> Plan | None:
    """Let a file of deals say whose they are by one of its columns; return a table where a cell lists several."""
    taken = {plan.header(name) for name in plan.columns if name != "contact_id"}
    found = _holding(con, plan, known, [one for one in plan.file.headers if one not in taken and of_people(one)])
    if found is None:
        return None
    header, separator, matched, total = found
    said = f"whose a deal is stands in '{header}': {matched:,} of its {total:,} ids are contacts"
    if separator is None:
        plan.columns["contact_id"] = {"header": header}
        plan.notes.append(said)
        return None
    plan.columns.pop("contact_id", None)
    listed: dict[str, object] = {"header": header, "split": separator}
    return Plan(
        table="deal_contacts",
        file=plan.file,
        columns={"deal_id": dict(plan.columns["deal_id"]), "contact_id": listed},
        options=dict(plan.options),
        because=(said,),
    )


def _pairs(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], files: Sequence[File], deals: str, people: str
) -> Plan | None:
    """Return the first file that is no table yet and has ids of deals and of contacts beside each other."""
    taken = {plan.file.name for plan in plans}
    for file in files:
        if file.name in taken:
            continue
        plan = Plan(table="deal_contacts", file=file, columns={})
        deal = _holding(con, plan, deals, file.headers, (None,))
        if deal is None:
            continue
        others = [header for header in file.headers if header != deal[0] and not of_staff(header)]
        person = _holding(con, plan, people, others)
        if person is None:
            continue
        header, separator, matched, total = person
        rules: dict[str, object] = {"header": header, **({"split": separator} if separator else {})}
        plan.columns = {"deal_id": {"header": deal[0]}, "contact_id": rules}
        plan.doubtful = not all(describe(con, file, one).telling for one in (deal[0], header))
        plan.because = (
            f"'{deal[0]}' has ids of deals ({deal[2]:,} of {deal[3]:,})",
            f"'{header}' those of contacts ({matched:,} of {total:,})",
        )
        return plan
    return None


def _holding(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    known: str,
    headers: Sequence[str],
    separators: Sequence[str | None] = _SEPARATORS,
) -> tuple[str, str | None, int, int] | None:
    """Return the column of a file with most of the known ids, what separates them, how many match, and of how many.

    Half of what it holds has to be known ids; None where no column is so.
    """

    def tried() -> Iterator[tuple[int, str, str | None, int]]:
        for header in headers:
            for separator in separators:
                held = mostly(con, values(plan.file, header, separator), known)
                if held is not None:
                    yield held[0], header, separator, held[1]

    matched, header, separator, total = max(tried(), key=lambda one: one[0], default=(0, "", None, 0))
    return (header, separator, matched, total) if matched else None
