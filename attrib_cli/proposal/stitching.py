"""Which person a browser is, as all files of an export say it, and by which address others know that person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.file import File
from attrib_cli.proposal.joins import email_of, ids_by_address, known_by_id
from attrib_cli.proposal.overlap import ENOUGH, overlap, values
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import FILE, headers_of

if TYPE_CHECKING:
    import duckdb


def stitched(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], files: Sequence[File]) -> set[str]:
    """Let browsers be the persons that any file with both ids says, and persons be who deals and contacts know.

    Only for exports that are looked up in themselves, as Segment's are: by the only user of a browser. Where users are
    not known to deals and contacts, a file that has their e-mail addresses says who they are there. Return the names of
    the files that are used beside those of the plans.
    """
    asking = [plan for plan in plans if FILE in str(plan.columns.get("contact_id", {}).get("lookup", ""))]
    owners = [plan for plan in plans if plan.table in ("contacts", "deals") and plan not in asking]
    known = " UNION ".join(
        [values(plan.file, header) for plan in owners if (header := plan.header("contact_id")) and plan.sql is None]
        + [values(plan.file, header) for plan in owners if plan.table == "contacts" if (header := email_of(con, plan))]
    )
    used: set[str] = set()
    for plan in asking:
        ids = headers_of(plan.columns["contact_id"])
        if len(ids) < 2 or not plan.file.in_reach_of_queries:
            continue
        both = [file for file in files if file.in_reach_of_queries and all(map(file.header, ids))]
        addresses = _addresses(con, plan, files, known) if known else None
        if len(both) == 1 and addresses is None:
            continue
        rules = plan.columns["contact_id"]
        rules["lookup"] = {"sql": _query(con, plans, ids, both, addresses), "key": "id", "value": "person"}
        beside = {file.name for file in both} - {plan.file.name}
        if beside:
            plan.notes.append(f"which '{ids[0]}' a '{ids[1]}' is stands in {', '.join(sorted(beside))} too")
        if addresses is not None:
            file, key, address = addresses
            rules["lower"] = True
            plan.notes.append(f"people are known to deals by what '{address}' of {file.name} says of '{key}'")
            plan.identified = True
            beside.add(file.name)
        used |= beside
    return used


def _addresses(
    con: duckdb.DuckDBPyConnection, plan: Plan, files: Sequence[File], known: str
) -> tuple[File, str, str] | None:
    """Return a file with the addresses, known to others, of the users of a plan, and the headers of both; else None.

    None too where others know the users by their own id.
    """
    users = values(plan.file, plan.header("contact_id") or "")
    matched, total = overlap(con, users, known)
    if not total or matched >= total * ENOUGH:
        return None
    found = max(_candidates(con, files, users, known), key=lambda one: one[0], default=None)
    return None if found is None else found[1:]


def _candidates(
    con: duckdb.DuckDBPyConnection, files: Sequence[File], users: str, known: str
) -> Iterator[tuple[int, File, str, str]]:
    for file in files:
        if not file.in_reach_of_queries:
            continue
        for address in file.headers:
            if "mail" not in address.casefold() or describe(con, file, address).emails < ENOUGH:
                continue
            if not overlap(con, values(file, address), known)[0]:
                continue
            for key in file.headers:
                matched = overlap(con, values(file, key), users)[0] if key != address else 0
                if matched:
                    yield matched, file, key, address


def _query(
    con: duckdb.DuckDBPyConnection,
    plans: Sequence[Plan],
    ids: Sequence[str],
    both: Sequence[File],
    addresses: tuple[File, str, str] | None,
) -> str:
    """Return the query of (id, person): the person of each browser, and who a user is to others."""
    pairs = " UNION ALL ".join(
        f"SELECT {identifier(file.header(ids[1]) or '')} AS browser, {identifier(file.header(ids[0]) or '')} AS person"
        f" FROM {literal(file.in_queries)}"
        for file in both
    )
    browsers = (
        f"SELECT browser, max(person) AS person FROM ({pairs}) AS p WHERE browser <> '' AND person <> ''"
        " GROUP BY 1 HAVING count(DISTINCT person) = 1"
    )
    if addresses is None:
        return f"SELECT browser AS id, person FROM ({browsers}) AS b"
    file, key, address = addresses
    text = f"lower(trim({identifier(address)}))"
    people = (
        f"SELECT {identifier(key)} AS person, max({text}) AS address FROM {literal(file.in_queries)} WHERE {text} <> ''"
        f" AND {identifier(key)} <> '' GROUP BY 1 HAVING count(DISTINCT {text}) = 1"
    )
    if contacts := known_by_id(con, plans):
        people = (
            f"SELECT person, coalesce(c.id, address) AS address FROM ({people}) AS a"
            f" LEFT JOIN ({ids_by_address(contacts)}) AS c ON c.email = address"
        )
    return (
        f"WITH people AS ({people}) SELECT browser AS id, coalesce(address, person) AS person FROM ({browsers}) AS b"
        " LEFT JOIN people USING (person) UNION ALL SELECT person, address FROM people"
    )
