"""Amounts that files write larger than they are, with what was refunded in another column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.engine.sources.currency_units import DECIMALS
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.headers import words_of
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import headers_of

if TYPE_CHECKING:
    import duckdb

_OF_REFUNDS = ("refund", "erstatt", "rembours", "återbet", "återbäring", "reembolso", "rimbors", "返金")
"""What the headers of all that is about refunds have in them: their amounts, and their days, numbers and reasons."""

_REFUNDED = (
    r"refund(s|ed)?|(rück)?erstatt(ung(en)?|et)|rembours(é|ement|ements)?"
    r"|återbet(ald|alning)|återbäring|reembols(o|os|ado)|rimbors(o|i|ato)"
)
_AMOUNT = r"amount|amt|value|price|betrag|summe|wert|montant|belopp|importe|monto|valor|importo|valore"
_OF_AMOUNTS = re.compile(
    rf"(?P<refunded>({_REFUNDED})(?P<joined>s?({_AMOUNT}))?|返金額?)|(?P<amount>{_AMOUNT})"
    r"|total|sum|gesamt|of|in|de|del|di|order|deal|transaction|invoice|sale|sales",
    re.IGNORECASE,
)
_NET = re.compile(r"net(to|t)?|net(to)?(amount|betrag|price|revenue|sales|total|value)", re.IGNORECASE)
_MOST_COUNTED = 10
"""Whole numbers below this alone, under a header that names no amount, may as well be flags or counts of refunds."""


def take_off_refunds(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
    """Take what was refunded off the amount of its deal, and say so; files of known exports have rules of their own.

    An amount that is called net has them taken off already. Refunds that are written as negative amounts, and numbers
    that may be counts, flags or parts of refunds, are not taken off, which is said too.
    """
    for plan in plans:
        amount = plan.header("amount")
        if plan.table != "deals" or plan.shape is not None or amount is None:
            continue
        if any(_NET.fullmatch(word) for word in words_of(amount)):
            continue
        taken = {header for rules in plan.columns.values() for header in headers_of(rules)}
        left: list[str] = []
        for header in plan.file.headers:
            if header in taken or not any(word in folded(header) for word in _OF_REFUNDS):
                continue
            held = describe(con, plan.file, header)
            if not held.filled or not held.amounts or held.dated:
                continue
            if why := _doubtful(con, plan, header):
                left.append(f"'{header}' {why}, and is not taken off '{amount}'")
                continue
            plan.columns["amount"] |= {"minus": [header]} | ({"number": "money"} if held.signed else {})
            plan.notes.append(f"what stands in '{header}' is taken off '{amount}'")
            break
        else:
            plan.notes += left


def _doubtful(con: duckdb.DuckDBPyConnection, plan: Plan, header: str) -> str | None:
    """Return why numbers about refunds may be no amounts that were refunded; None for those that are."""
    words = [word for word in words_of(header) if word.upper() not in DECIMALS["smallest unit"]]
    found = [_OF_AMOUNTS.fullmatch(word) for word in words]
    if not all(found) or not any(one is not None and one["refunded"] for one in found):
        return "may be something else than what was refunded"
    text = f"trim({identifier(header)})"
    less = f"bool_or(starts_with({text}, '-') OR starts_with({text}, '('))"
    few = ", ".join(map(str, range(_MOST_COUNTED)))
    small = f"bool_and(coalesce(TRY_CAST({text} AS DECIMAL(38, 6)) IN ({few}), false))"
    query = f"SELECT {less}, {small} FROM {plan.file.relation} WHERE {text} <> ''"
    negative, counted = con.execute(query).fetchall()[0]
    if negative:
        return "has negative amounts"
    named = any(one is not None and (one["amount"] or one["joined"] or one[0].endswith("額")) for one in found)
    return "may be a flag or a count" if counted and not named else None
