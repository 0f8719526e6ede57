"""Rows that are the sum of all others, and say so by what they lack: spend without a campaign, paths without steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.source_spec import PATHS
from attrib_cli.proposal.columns import hundredths
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import texts

if TYPE_CHECKING:
    import duckdb


def _count(header: str) -> str:
    return f"TRY_CAST(replace({identifier(header)}, ',', '') AS DECIMAL(38, 6))"


@frozen
class _Total:
    """What a row of all others lacks, in which column it has their sum, and how that is read; `what` in plain words."""

    lacks: str
    sums: str
    number: Callable[[str], str]
    what: str


_TOTALS = {
    "campaign_spend": _Total(lacks="campaign_id", sums="amount", number=hundredths, what="a campaign"),
    PATHS: _Total(lacks="path", sums="conversions", number=_count, what="a path"),
}


def leave_out_total_of_all(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Leave out rows that lack what rows are about, where one of them is the sum of all others: exports begin so."""
    total_row = _TOTALS.get(plan.table)
    if total_row is None or plan.sql is not None:
        return
    lacking, summed = plan.header(total_row.lacks), plan.header(total_row.sums)
    condition = f"{lacking}!="
    where = texts(plan.options.get("where", []))
    if lacking is None or summed is None or not {lacking, summed} <= {*plan.file.headers} or condition in where:
        return
    number = total_row.number(summed)
    empty = f"coalesce(trim({identifier(lacking)}), '') = ''"
    query = f"SELECT max({number}) FILTER ({empty}), sum({number}) FILTER (NOT {empty}) FROM {plan.file.relation}"
    total, others = con.execute(query).fetchall()[0]
    if total is not None and total == others:
        plan.options["where"] = [*where, condition]
        plan.notes.append(f"the row without {total_row.what} is the total of all others")
