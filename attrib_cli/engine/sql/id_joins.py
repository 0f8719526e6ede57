"""Ids of several tables compared: contacts of deals and of interactions."""

from __future__ import annotations

from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.resolved import Request


def pair_type(request: Request) -> str:
    """The type of contact ids among `contact_pairs`: text where the tables disagree."""
    types = {
        request.tables[table].columns["contact_id"].type
        for table in ("deal_contacts", "deals")
        if request.has(table, "contact_id")
    }
    return types.pop() if len(types) == 1 else "VARCHAR"


def contact_pairs(request: Request, *, among: str | None = None) -> str:
    """Each contact of each deal once: the deal's contacts are those of `deal_contacts` and of the deal itself.

    With `among`, a query of deals, those of these deals only.
    """
    contact = pair_type(request)
    selects = []
    for table in ("deal_contacts", "deals"):
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


def contacts_of_deals(request: Request) -> tuple[Cte, ...]:
    """The `contact_pairs` as a table of a printed query; a staged one has them where they are read."""
    if not request.readable:
        return ()
    return (Cte(name="contacts_of_deals", grain="one row for each contact of a deal", sql=contact_pairs(request)),)


def pairs_source(request: Request, *, among: str | None = None) -> str:
    """What to read `contact_pairs` from."""
    return "contacts_of_deals" if request.readable else f"({contact_pairs(request, among=among)})"


def deal_id(request: Request, table: str) -> str:
    """The SQL of the deal's id in a row of `table`, of the type that it has in deals."""
    types = {
        request.tables[name].columns["deal_id"].type for name in ("deal_contacts", "deals") if name in request.tables
    }
    own = request.tables["deals"].columns["deal_id"].type
    if len(types) == 1:
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
    """The join of two contact ids; a table of None stands for the pairs of deals and contacts."""
    types = [
        pair_type(request) if table is None else request.tables[table].columns["contact_id"].type
        for table in (left_table, right_table)
    ]
    return equal_ids(f"{left}.contact_id", types[0], f"{right}.contact_id", types[1])


def id_order(expression: str, type_: str) -> list[str]:
    """How ids order: whole numbers by value and before other texts, which compare by code point."""
    return [expression] if type_ == "BIGINT" else [f"TRY_CAST({expression} AS HUGEINT) NULLS LAST", expression]
