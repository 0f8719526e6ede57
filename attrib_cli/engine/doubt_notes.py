"""What intervals say of a report as a whole: that its ranking is no more than chance, or conversions are too few."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.notes import Note
from attrib_cli.engine.report import Row, Summary
from attrib_cli.engine.row_names import NO_INTERACTION, OTHER, UNATTRIBUTED
from attrib_cli.engine.sql.cube import counted_cells
from attrib_cli.engine.sql.figures import has_intervals
from attrib_cli.engine.sql.intervals import first_rows, ranks
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    import duckdb

FEW_CONVERSIONS = 30
"""Fewer conversions than these say little of what others would have been."""

_NAMED = 5
_RESTS = {UNATTRIBUTED, OTHER, NO_INTERACTION}
_ROWS = 100
"""Rows whose ranks are looked at."""

_SHARE = "share"


def doubt_notes(con: duckdb.DuckDBPyConnection, request: Request, rows: Sequence[Row], counted: Summary) -> list[Note]:
    """Return what is to be said of the intervals of a report; nothing where it has none. Reads ``row_draws``."""
    if request.confidence is None or not rows:
        return []
    notes = _few_drawn(con, request, counted) if request.groups_drawn else []
    measure = _ranked_by(request)
    if measure is None:
        return notes
    width = len(request.dimensions)
    names = [rows[i][:width] for i in range(0, len(rows), len(request.models))]
    ranked = {place for place, texts in enumerate(names, 1) if not {*texts} & _RESTS}
    runs = _within_chance(con, request, "amount" if measure == request.report_type.valued else "conversions", ranked)
    if not runs:
        return notes
    said = [f"{first} to {last} ({_named(names[first - 1 : last])})" for first, last in runs]
    more = f"; and {len(runs) - _NAMED} more such" if len(runs) > _NAMED else ""
    under = f" under {request.models[0].name}" if len(request.models) > 1 else ""
    sure = f"{(request.confidence * 100).normalize():f}%"
    text = (
        f"the order of rows {'; of rows '.join(said[:_NAMED])}{more} is no more than chance{under}: none of them is"
        f" behind the first by more than what conversions drawn again leave in doubt ({sure})"
    )
    hint = "Take these rows for equals, or look at a longer period."
    counts = (("rows", len({row for first, last in runs for row in range(first, last + 1)})),)
    return [*notes, Note(code="ranking-within-chance", text=text, level="note", counts=counts, hint=hint)]


def _few_drawn(con: duckdb.DuckDBPyConnection, request: Request, counted: Summary) -> list[Note]:
    """Return a warning for each period with few conversions, from the staged ``cube``."""
    cells = dict(con.execute(counted_cells(period=1)).fetchall())
    before = cells.get("credit", 0) + cells.get("unattributed", 0)
    notes = []
    for period, number in enumerate((counted.conversions, int(before))[: len(request.periods)]):
        if number < FEW_CONVERSIONS:
            where = " in the period compared with" if period else ""
            drawn = "one conversion" if number == 1 else f"{number} conversions"
            text = f"intervals are drawn from {drawn} only{where}: they are likely to be too narrow"
            if number == 0:
                text = f"there are no conversions to draw intervals from{where}"
            hint = "Take a longer period."
            notes.append(Note(code="few-conversions-drawn", text=text, counts=(("conversions", number),), hint=hint))
    return notes


def _within_chance(
    con: duckdb.DuckDBPyConnection, request: Request, value: str, ranked: set[int]
) -> list[tuple[int, int]]:
    """Return the first and last row of each run of `ranked` rows that none of is behind the first by more than chance.

    Rows are compared by the differences of what they have in the same replicates, under the first model, which orders
    them: the interval of these holds 0. Runs within longer ones are left out, and rows after the first `_ROWS` are not
    looked at, nor those that nothing is drawn for.
    """
    found = con.execute(first_rows(value, _ROWS)).fetchall()
    draws = {place: values for place, values in found if place in ranked}
    low, high = ranks(request.confidence or Decimal())
    runs: list[tuple[int, int]] = []
    for first, own in sorted(draws.items()):
        end = first
        while (other := draws.get(end + 1)) is not None:
            less = sorted(a - b for a, b in zip(own, other, strict=True))
            if less[low - 1] > 0 or less[high - 1] < 0:
                break
            end += 1
        if end > first and (not runs or end > runs[-1][1]):
            runs.append((first, end))
    return runs


def _ranked_by(request: Request) -> str | None:
    """Return the measure with intervals that the rows fall by; None where they are in another order, or are few."""
    if not request.dimensions or not request.sort:
        return None
    column, falling = request.sort[0]
    column = request.report_type.primary if column == _SHARE else column
    drawn = {measure.name for measure in request.measures if has_intervals(request, measure)}
    own = column == request.report_type.primary and request.sort[0][0] == _SHARE
    return column if falling and (column in drawn or own) else None


def _named(rows: Sequence[Row]) -> str:
    texts = [" / ".join(str(text) for text in row) for row in rows]
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more
