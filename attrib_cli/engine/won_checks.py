"""Which deals count as won, where that leaves a revenue report with none or few of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import did_you_mean
from attrib_cli.engine.notes import Note
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.won_deals import fold_text, folded, won

if TYPE_CHECKING:
    import duckdb

SHOWN = 8
"""How many stages are named."""

FEW = Decimal("0.05")
"""Fewer than this part of the deals won is told, of at least `ENOUGH` deals."""

ENOUGH = 20


def won_notes(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return what a revenue report says where no deal counts as won, or few do, and of won stages that no deal has.

    All deals are counted, whatever the period and filters of the report.
    """
    settings = request.settings
    if not request.report_type.won_only or settings.all_won:
        return []
    relation = f"{request.tables['deals'].relation} AS s"
    total, count = map(
        int, con.execute(f"SELECT count(*), count(*) FILTER (WHERE {won(request, 's')}) FROM {relation}").fetchall()[0]
    )
    if not total:
        return [Note(code="no-deals", text="deals has no rows", counts=(("deals", 0),), hint="Was the export cut off?")]
    by_flag = request.has("deals", "is_won") and not settings.won_stages
    few = count < FEW * total and total >= ENOUGH and not by_flag
    if count and not few and not settings.won_stages:
        return []
    stages = stages_of(con, request)
    counts = (("deals", total), ("won", count))
    notes = [] if not settings.won_stages else _strange(settings.won_stages, stages, counts)
    if count and not few:
        return notes
    if by_flag:
        why = "is_won is true in none of them"
    elif settings.won_stages:
        why = f"won_stages: {', '.join(map(_quoted, settings.won_stages))}"
    else:
        why = "deals has no is_won, and only the stages won and closedwon say so by themselves"
    listed = ", ".join(f"{_quoted(stage)} ({n:,})" for stage, n in stages[:SHOWN])
    more = f" and {len(stages) - SHOWN} more" if len(stages) > SHOWN else ""
    text = f"{count:,} of {total:,} deals count as won ({why})" + (f"; their stages: {listed}{more}" if listed else "")
    example = next((stage for stage, _ in stages if stage), "Paid")
    hint = (
        f"Say in attrib.yaml what is won: won_stages: [{_quoted(example)}], or won: all where every row is a won deal."
    )
    notes.append(
        Note(
            code="none-won" if not count else "few-won",
            level="warning" if not count else "note",
            text=text,
            counts=counts,
            hint=hint,
        )
    )
    return notes


def stages_of(con: duckdb.DuckDBPyConnection, request: Request) -> list[tuple[str | None, int]]:
    """Return the stages of all deals with how many are in each, the most frequent first; none without the column."""
    if not request.has("deals", "stage"):
        return []
    stage = "CAST(s.stage AS VARCHAR)"
    query = f"SELECT any_value({stage}), count(*) FROM {request.tables['deals'].relation} AS s GROUP BY {folded(stage)}"
    found = [(stage, int(n)) for stage, n in con.execute(query).fetchall()]
    return sorted(found, key=lambda row: (-row[1], row[0] or ""))


def _strange(
    asked: tuple[str, ...], stages: list[tuple[str | None, int]], counts: tuple[tuple[str, int], ...]
) -> list[Note]:
    """Return a warning for each won stage that no deal is in."""
    known = [stage for stage, _ in stages if stage is not None]
    there = set(map(fold_text, known))
    return [
        Note(
            code="won-stage-unknown",
            text=f"won_stages has {_quoted(stage)}, a stage that no deal is in",
            counts=counts,
            hint=did_you_mean(stage, known) or f"Stages: {', '.join(map(_quoted, known[:SHOWN]))}.",
        )
        for stage in asked
        if fold_text(stage) not in there
    ]


def _quoted(stage: str | None) -> str:
    return "none" if stage is None else f"'{stage}'"
