"""Tables of identities: files that say which person an anonymous id of the touchpoints is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.file import File
from attrib_cli.proposal.joins import ids_by_address, known_by_id, looked_up_in
from attrib_cli.proposal.overlap import ENOUGH, overlap, values
from attrib_cli.proposal.plan import Plan

if TYPE_CHECKING:
    import duckdb


def identified(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], files: Sequence[File]) -> set[str]:
    """Let touchpoints whose ids no other table has be of the people whom a file beside them names for these ids.

    Each id stands once in such a file, which is no table itself. Return the names of the files that are used.
    """
    people = [plan for plan in plans if plan.table in ("contacts", "deals", "deal_contacts")]
    owners = [(plan, header) for plan in people if (header := plan.header("contact_id")) is not None]
    taken = {plan.file.name for plan in plans}
    used: set[str] = set()
    if not owners:
        return used
    known = " UNION ".join(
        values(plan.file, header, plan.columns["contact_id"].get("split") if plan.sql is None else None)
        for plan, header in owners
    )
    addressed = known_by_id(con, plans)
    if addressed:
        known += " UNION " + _of_addresses(addressed)
    for plan in plans:
        own = plan.header("contact_id")
        if plan.table != "touchpoints" or own is None or "lookup" in plan.columns["contact_id"]:
            continue
        ids = values(plan.file, own)
        matched, total = overlap(con, ids, known)
        if not total or matched >= total * ENOUGH:
            continue
        for file in files:
            found = None if file.name in taken else _names(con, file, ids, known)
            if found is not None:
                lookup, how = _lookup(con, file, *found, addressed)
                plan.columns["contact_id"]["lookup"] = lookup
                plan.notes.append(f"whose '{own}' is stands in {file.name}: {found[1]}{how}")
                plan.identified = True
                used.add(file.name)
                break
    return used


def _of_addresses(addressed: Sequence[tuple[Plan, str, str]]) -> str:
    return " UNION ".join(values(plan.file, email) for plan, email, _ in addressed)


def _lookup(
    con: duckdb.DuckDBPyConnection, file: File, key: str, value: str, addressed: Sequence[tuple[Plan, str, str]]
) -> tuple[dict[str, object], str]:
    """Return the lookup of a person in a file, and what to say of it.

    E-mail addresses become the ids of the contacts that have them, where contacts are known by ids, else addresses in
    lower case, as all tables are to have them.
    """
    if describe(con, file, value).emails < ENOUGH or not file.in_reach_of_queries:
        return looked_up_in(file, key, value), ""
    path = file.in_queries.replace("'", "''")
    if addressed and overlap(con, values(file, value), _of_addresses(addressed))[0]:
        address = f"lower(trim(i.{identifier(value)}))"
        query = (
            f"SELECT i.{identifier(key)} AS known, coalesce(c.id, {address}) AS id FROM '{path}' AS i"
            f" LEFT JOIN ({ids_by_address(addressed)}) AS c ON c.email = {address}"
        )
        return {"sql": query, "key": "known", "value": "id"}, ", an e-mail address, of which the contacts have the id"
    address = f"lower(trim({identifier(value)})) AS {identifier(value)}"
    return {"sql": f"SELECT {identifier(key)}, {address} FROM '{path}'", "key": key, "value": value}, ""


def _names(con: duckdb.DuckDBPyConnection, file: File, ids: str, known: str) -> tuple[str, str] | None:
    """Return the headers of a file that have most of some ids, each once, and people who are known; None for none."""

    def best(query: str) -> tuple[int, str]:
        return max((overlap(con, query, values(file, header))[0], header) for header in file.headers)

    (matched, key), (people, value) = best(ids), best(known)
    once = describe(con, file, key).unique == 1
    return (key, value) if matched and people and once and key != value else None
