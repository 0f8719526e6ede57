"""Rows that stand in files twice: of exports that overlap, or without an id that would tell whether they are one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.proposal.joins import ENOUGH
from attrib_cli.proposal.plan import TWICE, Doubt, Plan

if TYPE_CHECKING:
    import duckdb


def overlapping(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Doubt]:
    """Return a doubt where files of touchpoints have rows in common, as exports of periods that overlap do.

    Rows are the same where all columns that mean something are; a twentieth of the smallest file is no accident.
    """
    alike: dict[tuple[str, ...], list[Plan]] = {}
    for plan in plans:
        if plan.table == "touchpoints" and plan.sql is None:
            alike.setdefault(tuple(sorted(plan.columns)), []).append(plan)
    doubts = []
    for names, same in alike.items():
        rows = [
            f"SELECT DISTINCT {', '.join(identifier(header) + f' AS c{n}' for n, header in enumerate(headers))}"
            f" FROM {plan.file.relation}"
            for plan in same
            if (headers := [header for name in names if (header := plan.header(name)) in plan.file.headers])
            and len(headers) == len(names)
        ]
        if len(rows) < len(same) or len(same) == 1:
            continue
        again = f"SELECT * FROM ({' UNION ALL '.join(rows)}) AS s GROUP BY ALL HAVING count(*) > 1"
        several = int(con.execute(f"SELECT count(*) FROM ({again}) AS s").fetchall()[0][0])
        if several and several >= ENOUGH * min(plan.file.rows for plan in same):
            listed = " and ".join(plan.file.name for plan in same)
            doubts.append(
                Doubt(
                    key=f"rows in common of {listed}",
                    question=f"{several:,} touchpoints stand in several of {listed}: do these exports overlap?",
                    taken="no, each counts as often as it stands there",
                    option="--table 'FILE=skip', or `latest` beside `union`,",
                )
            )
    return doubts


def twice(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Doubt]:
    """Return a doubt for each file whose rows are numbered for want of an id, and some are alike in all columns."""
    doubts = []
    for plan in plans:
        key = next((name for name, rules in plan.columns.items() if rules.get("row_number")), None)
        if key is None or plan.sql is not None:
            continue
        distinct = f"SELECT count(*) FROM (SELECT DISTINCT * FROM {plan.file.relation})"
        again = plan.file.rows - int(con.execute(distinct).fetchall()[0][0])
        if again > 0:
            doubts.append(
                Doubt(
                    key=f"{TWICE}{plan.file.name}",
                    question=f"{again:,} rows of {plan.file.name} are like others in all columns: which is their id?",
                    taken="none, so that each row counts",
                    option=f"--column '{plan.table}.{key}=HEADER'",
                    choices=plan.file.headers,
                )
            )
    return doubts
