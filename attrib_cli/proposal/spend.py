"""What amounts are of: periods of several days, and units of currencies that have no cents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.spend_periods import last_day
from attrib_cli.proposal.plan import Plan

if TYPE_CHECKING:
    import duckdb


def tell_of_periods(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
    """Note on spend of several days a row that it counts on the first of them: how it was spread nobody knows."""
    for plan in plans:
        starts = plan.header("spent_on")
        ends = None if starts is None else last_day((starts,), plan.file.headers)
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


def by_units(plans: Sequence[Plan]) -> list[Plan]:
    """Return plans with those of amounts in the smallest unit of currencies as one for each scale of their units.

    A currency that is not in the file may come with the next export: every scale has its plan.
    """
    return [part for plan in plans for part in _by_unit(plan)]


def _by_unit(plan: Plan) -> Iterator[Plan]:
    units = plan.shape_table.units if plan.shape_table is not None else {}
    header = plan.header("currency")
    if not units or header is None or "amount" not in plan.columns:
        yield plan
        return
    where = plan.options.get("where", [])
    conditions = [*where] if isinstance(where, list) else []
    others = "|".join(code for codes in units.values() for code in codes)
    yield replace(plan, options={**plan.options, "where": [*conditions, f"{header}!={others}"]})
    for scale, codes in units.items():
        columns = {name: dict(rules) for name, rules in plan.columns.items()}
        columns["amount"] |= {"scale": scale}
        options = {**plan.options, "where": [*conditions, f"{header}={'|'.join(codes)}"]}
        note = f"one unit of these currencies' amounts is {scale}"
        yield replace(plan, columns=columns, options=options, notes=[*plan.notes, note])
