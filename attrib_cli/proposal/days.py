"""Days without a time of day beside touchpoints that have one: what happened on the day of a closing came before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import headers_of

if TYPE_CHECKING:
    import duckdb

ENDS = {"contacts": ("created_at",), "deals": ("closed_at", "created_at")}
"""Moments up to which touchpoints count, by table; a deal's creation is one where its closing is."""


def ends_of_days(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
    """Let moments that are days alone be the ends of these days, where touchpoints have times of day."""
    touched = [plan for plan in plans if plan.table == "touchpoints"]
    if all(_are_days(con, plan, "occurred_at") for plan in touched):
        return
    for plan in plans:
        found: list[str] = []
        own = ("converted_at",) if plan.table.endswith(CONVERSIONS) else ()
        for column in ENDS.get(plan.table, own):
            if not _are_days(con, plan, column):
                break
            found.append(column)
        for column in found:
            plan.columns[column]["end_of_day"] = True
        if found:
            have = "have" if found[1:] else "has"
            plan.notes.append(f"{' and '.join(found)} {have} no time of day: what happened on that day came before")


def _are_days(con: duckdb.DuckDBPyConnection, plan: Plan, column: str) -> bool:
    """Whether a column is read from days without a time of day, in all headers that it may come from."""
    rules = plan.columns.get(column, {})
    headers = headers_of(rules)
    if not headers or "time" in rules:
        return False
    return all(header in plan.file.headers and describe(con, plan.file, header).days for header in headers)
