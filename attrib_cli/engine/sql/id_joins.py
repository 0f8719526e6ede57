"""Ids of several tables compared: contacts of deals and of interactions."""

from __future__ import annotations

from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.resolved import Request

_OF_DEALS = ("deal_contacts", "deals")
"""The tables that say whose a deal is."""


def deal_pair_type(request: Request) -> str:
    """The type of contact ids among `deal_pairs`: text where the tables disagree."""
    types = {
        request.tables[table].columns["contact_id"].type for table in _OF_DEALS if request.has(table, "contact_id")
    }
    return types.pop() if len(types) == 1 else "VARCHAR"


def pair_type(request: Request) -> str:
    """The type of contact ids among `contact_pairs`."""
    kind = request.report_type
    if kind.whose == "contact":
        return request.tables[kind.table].columns["contact_id"].type
    return deal_pair_type(request)


def deal_pairs(request: Request, *, among: str | None = None) -> str:
    """Each contact of each deal once: the deal's contacts are those of `deal_contacts` and of the deal itself.

    With `among`, a query of deals, those of these deals only.
    """
    contact = deal_pair_type(request)
    selects = []
    for table in _OF_DEALS:
        if request.has(table, "contact_id"):
            deal = deal_id(request, table)
            selects.append(
                f"SELECT {deal} AS deal_id, {_as('contact_id', contact)} AS contact_id\n"
                f"  FROM {request.tables[table].relation} AS s\n"
                "  WHERE contact_id IS NOT NULL AND deal_id IS NOT NULL"
                + (f" AND {deal} IN ({among})" if among else "")
            )
    if not selects:
        return "SELECT NULL AS deal_id, NULL AS contact_id WHERE false"
    pairs = "\n  UNION ALL\n  ".join(selects)
    return f"SELECT DISTINCT deal_id, contact_id\nFROM (\n  {pairs}\n) AS s"


def contact_pairs(request: Request, *, among: str | None = None) -> str:
    """Each contact of each conversion once, under the name of the conversion's key and ``contact_id``.

    With `among`, a query of conversions, those of these only. Of reports of deals they are `deal_pairs`; conversions of
    the configuration name a contact, or a deal whose contacts are theirs.
    """
    kind = request.report_type
    if not kind.configured:
        return deal_pairs(request, among=among)
    own = request.tables[kind.table]
    narrowed = f" AND s.{kind.key} IN ({among})" if among else ""
    if kind.whose == "contact":
        return (
            f"SELECT DISTINCT s.{kind.key}, s.contact_id\nFROM {own.relation} AS s\n"
            f"WHERE s.contact_id IS NOT NULL{narrowed}"
        )
    same = equal_ids("q.deal_id", _deal_type(request), "s.deal_id", own.columns["deal_id"].type)
    deals = "contacts_of_deals" if request.readable else f"({deal_pairs(request)})"
    return (
        f"SELECT DISTINCT s.{kind.key}, q.contact_id\nFROM {own.relation} AS s\n"
        f"  JOIN {deals} AS q ON {same}\nWHERE s.deal_id IS NOT NULL{narrowed}"
    )


def contacts_of_deals(request: Request) -> tuple[Cte, ...]:
    """The `deal_pairs` as a table of a printed query; a staged one has them where they are read."""
    if not request.readable:
        return ()
    return (Cte(name="contacts_of_deals", grain="one row for each contact of a deal", sql=deal_pairs(request)),)


def contacts_of_conversions(request: Request) -> tuple[Cte, ...]:
    """The `contact_pairs` as a table of a printed query, after the one that it reads."""
    kind = request.report_type
    deals = contacts_of_deals(request) if kind.through_deals else ()
    if not (request.readable and kind.configured):
        return deals
    grain = "one row for each contact of a conversion"
    return (*deals, Cte(name="contacts_of_conversions", grain=grain, sql=contact_pairs(request)))


def pairs_source(request: Request, *, among: str | None = None) -> str:
    """What to read `contact_pairs` from."""
    if not request.readable:
        return f"({contact_pairs(request, among=among)})"
    return "contacts_of_conversions" if request.report_type.configured else "contacts_of_deals"


def deal_pairs_source(request: Request) -> str:
    """What to read `deal_pairs` from."""
    return "contacts_of_deals" if request.readable else f"({deal_pairs(request)})"


def _deal_types(request: Request) -> set[str]:
    return {request.tables[name].columns["deal_id"].type for name in _OF_DEALS if request.has(name, "deal_id")}


def _deal_type(request: Request) -> str:
    """The type of the deals' ids among `deal_pairs`: that of deals where the tables disagree."""
    types = _deal_types(request)
    return types.pop() if len(types) == 1 else request.tables["deals"].columns["deal_id"].type if types else "VARCHAR"


def deal_id(request: Request, table: str) -> str:
    """The SQL of the deal's id in a row of `table`, of the type that it has in deals."""
    own = _deal_type(request)
    if len(_deal_types(request)) == 1:
        return "deal_id"
    return "TRY_CAST(deal_id AS BIGINT)" if own == "BIGINT" and table != "deals" else _as("deal_id", own)


def _as(expression: str, type_: str) -> str:
    return expression if type_ == "BIGINT" else f"CAST({expression} AS VARCHAR)"


def equal_ids(left: str, left_type: str, right: str, right_type: str) -> str:
    """Two ids compared: as they are where their types agree, else as text."""
    if left_type == right_type:
        return f"{left} = {right}"
    return f"CAST({left} AS VARCHAR) = CAST({right} AS VARCHAR)"


def same_contact(request: Request, left: str, left_table: str | None, right: str, right_table: str | None) -> str:
    """The join of two contact ids; a table of None stands for the pairs of conversions and contacts."""
    types = [
        pair_type(request) if table is None else request.tables[table].columns["contact_id"].type
        for table in (left_table, right_table)
    ]
    return equal_ids(f"{left}.contact_id", types[0], f"{right}.contact_id", types[1])


def id_order(expression: str, type_: str) -> list[str]:
    """How ids order: whole numbers by value and before other texts, which compare by code point."""
    return [expression] if type_ == "BIGINT" else [f"TRY_CAST({expression} AS HUGEINT) NULLS LAST", expression]
