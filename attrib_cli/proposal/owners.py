"""Whose deals are, where no table says so: by a column of ids of contacts, or by a file of pairs of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.joins import email_of, overlap, values
from attrib_cli.proposal.look import File
from attrib_cli.proposal.plan import Plan

if TYPE_CHECKING:
    import duckdb

_PEOPLE = (
    "contact",
    "person",
    "customer",
    "client",
    "buyer",
    "lead",
    "mail",
    "kontakt",
    "kunde",
    "cliente",
    "klant",
    "donor",
    "constituent",
    "supporter",
    "member",
    "guest",
    "patient",
    "student",
    "user",
)
"""Words for people in the headers of columns that say whose a deal is."""

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
    known = " UNION ".join(values(plan, header) for plan, header in headers)
    for plan in deals:
        own = plan.header("contact_id")
        if own is not None and overlap(con, values(plan, own), known)[0]:
            return [], set()
    of_deals = " UNION ".join(values(plan, plan.header("deal_id") or "") for plan in deals)
    pairs = _pairs(con, plans, files, of_deals, known)
    if pairs is not None:
        for plan in deals:
            plan.columns.pop("contact_id", None)
        return [pairs], {pairs.file.name}
    return [found for plan in deals if (found := _by_column(con, plan, known)) is not None], set()


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
        person = _holding(con, plan, people, [header for header in file.headers if header != deal[0]])
        if person is None:
            continue
        header, separator, matched, total = person
        rules: dict[str, object] = {"header": header, **({"split": separator} if separator else {})}
        plan.columns = {"deal_id": {"header": deal[0]}, "contact_id": rules}
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
                matched, total = overlap(con, values(plan, header, separator), known)
                if matched and 2 * matched >= total:
                    yield matched, header, separator, total

    matched, header, separator, total = max(tried(), key=lambda one: one[0], default=(0, "", None, 0))
    return (header, separator, matched, total) if matched else None


def of_people(header: str) -> bool:
    """Whether a header has a word for people."""
    return any(word in folded(header) for word in _PEOPLE)
