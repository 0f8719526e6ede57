"""Sales that two systems record: orders of a shop, and the payments of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.proposal.answers import Answers, Doubt
from attrib_cli.proposal.columns import hundredths
from attrib_cli.proposal.overlap import overlap
from attrib_cli.proposal.plan import Plan

if TYPE_CHECKING:
    import duckdb

_EACH = "neither, so that both count"
_FEWEST = 2
"""So many sales of one person and amount in both files are no accident, where they are half of those of the smaller."""


def recorded_twice(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Doubt]:
    """Return a doubt for each two files of deals, of different exports, that have the same people with equal sums."""
    sales = [(plan, query) for plan in plans if (query := _sales(plan)) is not None]
    doubts = []
    for (one, sold), (other, paid) in itertools.combinations(sales, 2):
        if one.file.name == other.file.name or one.file.headers == other.file.headers:
            continue
        (matched, total), (_, others) = overlap(con, sold, paid), overlap(con, paid, sold)
        if matched >= _FEWEST and 2 * matched >= min(total, others):
            doubts.append(_doubt(one.file.name, other.file.name, matched))
    return doubts


def _sales(plan: Plan) -> str | None:
    """Return a SELECT of the distinct pairs v of a person and an amount; None for what is no table of sales."""
    person, amount = plan.header("contact_id"), plan.header("amount")
    if plan.table != "deals" or plan.sql is not None or person is None or amount is None:
        return None
    number = hundredths(amount)
    pair = f"lower(trim({identifier(person)})) || ' ' || {number}"
    sold = f"trim({identifier(person)}) <> '' AND {number} <> 0"
    return f"SELECT DISTINCT {pair} AS v FROM {plan.file.relation} WHERE {sold}"


def _doubt(one: str, other: str, matched: int) -> Doubt:
    def answered(answers: Answers, typed: str) -> Answers:
        said = typed.strip()
        return replace(answers, tables={**answers.tables, said: "skip"}) if said in (one, other) else answers

    return Doubt(
        question=f"{matched:,} people with the same amounts stand in {one} and in {other}, as orders and their payments"
        " do: which is to be left out?",
        taken=_EACH,
        option=f"--table '{other}=skip'",
        answered=answered,
        choices=(one, other),
    )
