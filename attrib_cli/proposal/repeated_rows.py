"""Rows that stand in files twice: of exports that overlap, or without an id that would tell whether they are one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.checks import KEYS
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.id_comparison import counted
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.answers import Answers, Doubt, column_answered
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.overlap import ENOUGH
from attrib_cli.proposal.plan import Merge, Plan
from attrib_cli.proposal.shapes import dictionary, headers_of

if TYPE_CHECKING:
    import duckdb

_KEYS = {"touchpoints": "touchpoint_id", **KEYS}
_MOMENTS = {"touchpoints": "occurred_at", "campaign_spend": "spent_on"}
"""Tables whose rows may be counted twice without a word: reports refuse ids of the others that stand twice."""

_YES = "yes"
_NO_ID = "none, so that each row counts"


def overlapping(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], answers: Answers
) -> tuple[list[Doubt], dict[str, Merge]]:
    """Return a doubt for each table whose files have rows in common, as exports of periods that overlap do.

    With it comes what leaves one of each row. Rows are the same whose id is, else where all columns that mean something
    are; a twentieth of the smallest file is no accident. Raises UsageError for an answer about another table.
    """
    doubts: list[Doubt] = []
    merges: dict[str, Merge] = {}
    for table in (*_KEYS, "campaign_spend"):
        for same in _alike([plan for plan in plans if plan.table == table]):
            found = _in_common(con, table, same)
            if found is None:
                continue
            several, merge = found
            whole = len(same) == sum(plan.table == table for plan in plans)
            taken = table in answers.distinct
            if whole:
                merges[table] = Merge(count=merge.count, total=merge.total, rule=merge.rule, taken=taken)
            if not taken or not whole:
                doubts.append(_doubt(table, same, several, merge if whole else None))
    for table in answers.distinct:
        if table not in merges or merges[table].rule is None:
            known = ", ".join(name for name, merge in merges.items() if merge.rule is not None) or "none here"
            raise UsageError(
                f"no files of {table} have rows in common that can be told to be one",
                hint=f"Tables with such files: {known}.",
                place="--distinct",
            )
    return doubts, merges


def _alike(plans: Sequence[Plan]) -> list[list[Plan]]:
    """Return plans that have the same columns together, where there are several."""
    groups: dict[tuple[str, ...], list[Plan]] = {}
    for plan in plans:
        if plan.sql is None:
            groups.setdefault(tuple(sorted(plan.columns)), []).append(plan)
    return [same for same in groups.values() if len(same) > 1]


def _in_common(con: duckdb.DuckDBPyConnection, table: str, same: Sequence[Plan]) -> tuple[int, Merge] | None:
    """Return how many rows, or ids, stand in several files, and what leaves one of each; None for too few."""
    key = _KEYS.get(table)
    known = tuple(same[0].columns)
    names = (key,) if key in known and all(_unique(plan, key) for plan in same) else known
    rows = [_values(plan, names) for plan in same]
    if None in rows or (table not in _MOMENTS and names != (key,)):
        return None
    together = " UNION ALL ".join(filter(None, rows))
    distinct = " UNION ALL ".join(f"SELECT DISTINCT * FROM ({one})" for one in rows)
    again = f"SELECT * FROM ({distinct}) AS s GROUP BY ALL HAVING count(*) > 1"
    several = counted(con, f"SELECT count(*) FROM ({again}) AS s")
    if not several or several < ENOUGH * min(plan.file.rows for plan in same):
        return None
    total = counted(con, f"SELECT count(*) FROM ({together}) AS s")
    left = counted(con, f"SELECT count(*) FROM (SELECT DISTINCT * FROM ({together}) AS s) AS s")
    by = _MOMENTS.get(table) or _changed(con, same) or (known[0] if _equal(con, same, names, known) else None)
    rule = None if by is None else {"of": list(names) if len(names) > 1 else names[0], "by": by}
    return several, Merge(count=total - left, total=total, rule=rule)


def _unique(plan: Plan, key: str) -> bool:
    header = plan.header(key)
    return header in plan.looked and plan.looked[str(header)].unique == 1


def _values(plan: Plan, names: Collection[str]) -> str | None:
    """Return a SELECT of the text of columns; None where one is not a header of the file."""
    headers = [plan.header(name) for name in names]
    if any(header not in plan.file.headers for header in headers):
        return None
    listed = ", ".join(f"trim({identifier(str(header))}) AS c{n}" for n, header in enumerate(headers))
    return f"SELECT {listed} FROM {plan.file.relation}"


def _changed(con: duckdb.DuckDBPyConnection, same: Sequence[Plan]) -> str | None:
    """Return the header of the moment of the last change that all files have, and no column of ours takes."""
    taken = {header for plan in same for rules in plan.columns.values() for header in headers_of(rules)}
    for header in same[0].file.headers:
        there = all(header in plan.file.headers for plan in same)
        named = any(word in folded(header) for word in dictionary().changed)
        if there and named and header not in taken and describe(con, same[0].file, header).dated:
            return header
    return None


def _equal(con: duckdb.DuckDBPyConnection, same: Sequence[Plan], key: Sequence[str], names: Sequence[str]) -> bool:
    """Whether rows of one key are equal in all columns, so that it does not matter which of them counts."""
    every, keys = ([_values(plan, columns) for plan in same] for columns in (names, key))
    if None in every:
        return False
    distinct = (
        counted(con, f"SELECT count(*) FROM (SELECT DISTINCT * FROM ({' UNION ALL '.join(filter(None, one))}) AS s)")
        for one in (every, keys)
    )
    return len({*distinct}) == 1


def _doubt(table: str, same: Sequence[Plan], several: int, merge: Merge | None) -> Doubt:
    listed = " and ".join(plan.file.name for plan in same)
    ready = merge is not None and merge.rule is not None
    meant = "each counts as often as it stands there" if table in _MOMENTS else "reports refuse ids that stand twice"
    what = f"rows of {table}" if table == "campaign_spend" else table

    def answered(answers: Answers, typed: str) -> Answers:
        said = typed.strip().casefold() in (_YES, "y")
        return replace(answers, distinct=(*answers.distinct, table)) if said else answers

    return Doubt(
        question=f"{several:,} {what} stand in several of {listed}: do these exports overlap?",
        taken=f"no, {meant}",
        option=f"--distinct {table}" if ready else "--table 'FILE=skip', or `latest` beside `union`,",
        answered=answered,
        choices=(_YES,) if ready else (),
    )


def twice(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> list[Doubt]:
    """Return a doubt for each file whose rows are numbered for want of an id, and some are alike in all columns."""
    doubts = []
    for plan in plans:
        key = next((name for name, rules in plan.columns.items() if rules.get("row_number")), None)
        if key is None or plan.sql is not None:
            continue
        distinct = f"SELECT count(*) FROM (SELECT DISTINCT * FROM {plan.file.relation})"
        again = plan.file.rows - counted(con, distinct)
        if again > 0:
            doubts.append(
                Doubt(
                    question=f"{again:,} rows of {plan.file.name} are like others in all columns: which is their id?",
                    taken=_NO_ID,
                    option=f"--column '{plan.table}.{key}=HEADER'",
                    answered=column_answered(f"{plan.table}.{key}", _NO_ID),
                    choices=plan.file.headers,
                )
            )
    return doubts
