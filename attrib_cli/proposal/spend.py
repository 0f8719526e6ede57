"""What days spend is of: one, or a period of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.engine.spend_periods import last_day
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import dictionary

if TYPE_CHECKING:
    import duckdb


def tell_of_periods(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
    """Note on spend of several days a row that it counts on the first of them: how it was spread nobody knows."""
    for plan in plans:
        starts = plan.header("spent_on")
        if (
            plan.table == "campaign_spend"
            and starts is not None
            and any(map(folded(starts).startswith, dictionary().periods))
        ):
            plan.notes.append(
                f"a row is the spend of a '{starts}', which counts on its first day: export it by day for reports by"
                " time and of periods"
            )
        ends = None if starts is None else last_day((starts,), plan.file.headers)
        if ends is None or starts is None or starts not in plan.file.headers:
            continue
        first, last = (f"trim({identifier(header)})" for header in (starts, ends))
        differ = f"NOT starts_with({first}, {last}) AND NOT starts_with({last}, {first})"  # one may have a clock
        query = f"SELECT count(*) FILTER ({differ}), count(*) FROM {plan.file.relation}"
        several, rows = con.execute(query).fetchall()[0]
        if several:
            plan.notes.append(
                f"{several:,} of {rows:,} rows are spend of several days, which counts on the first, '{starts}':"
                " export it by day for reports by time and of periods"
            )
