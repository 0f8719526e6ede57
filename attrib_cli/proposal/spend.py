"""What amounts are of: periods of several days, and units of currencies that have no cents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.proposal.plan import Plan

if TYPE_CHECKING:
    import duckdb


def tell_of_periods(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
    """Note on spend of several days a row that it counts on the first of them: how it was spread nobody knows."""
    for plan in plans:
        table = next((one for one in plan.shape.tables if one.table == plan.table), None) if plan.shape else None
        ends = plan.file.header(table.until) if table is not None and table.until is not None else None
        starts = plan.header("spent_on")
        if ends is None or starts is None or starts not in plan.file.headers:
            continue
        differ = f"trim({identifier(starts)}) <> trim({identifier(ends)})"
        query = f"SELECT count(*) FILTER ({differ}), count(*) FROM {plan.file.relation}"
        several, rows = con.execute(query).fetchall()[0]
        if several:
            plan.notes.append(
                f"{several:,} of {rows:,} rows are spend of several days, which counts on the first, '{starts}':"
                " export it by day for reports by time and of periods"
            )


def by_units(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Plan]:
    """Return plans with those of amounts in the smallest unit of currencies as one for each scale of their units."""
    made: list[Plan] = []
    for plan in plans:
        table = next((one for one in plan.shape.tables if one.table == plan.table), None) if plan.shape else None
        header = plan.header("currency")
        if table is None or not table.units or header is None or "amount" not in plan.columns:
            made.append(plan)
            continue
        query = f"SELECT DISTINCT upper(trim({identifier(header)})) FROM {plan.file.relation}"
        seen = {str(code) for (code,) in con.execute(query).fetchall() if code}
        others = {scale: codes for scale, codes in table.units.items() if seen & {*codes}}
        where = plan.options.get("where", [])
        conditions = [*where] if isinstance(where, list) else []
        made.append(plan)
        if not others:
            plan.notes.append(
                "amounts are in cents; when currencies come that have none, such as JPY, init has to run again"
            )
            continue
        listed = "|".join(code for codes in others.values() for code in codes)
        plan.options["where"] = [*conditions, f"{header}!={listed}"]
        for scale, codes in others.items():
            columns = {name: dict(rules) for name, rules in plan.columns.items()}
            columns["amount"] |= {"scale": scale}
            options = {**plan.options, "where": [*conditions, f"{header}={'|'.join(codes)}"]}
            note = f"one unit of these currencies' amounts is {scale}"
            made.append(replace(plan, columns=columns, options=options, notes=[*plan.notes, note]))
    return made
