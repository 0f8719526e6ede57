"""How far estimates might be off: the same estimate from journeys that are drawn again, many times over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.estimate import Estimation
from attrib_cli.engine.data_driven.registry import estimator_of
from attrib_cli.engine.data_driven.replicates import BATCH, stage_drawn, weighted
from attrib_cli.engine.data_driven.weights import shared
from attrib_cli.engine.sql.credits import MICRO
from attrib_cli.engine.sql.draws import REPLICATES
from attrib_cli.engine.sql.paths import drawn_conversions
from attrib_cli.engine.sql.resolved import DrawnPeriod, Request

if TYPE_CHECKING:
    import duckdb

_WHOLE = MICRO**2
"""So many parts are what all states of a replicate share."""

_SHARES = ("period", "model_number", "state", "replicate", "counts", "amounts")
_TOTALS = ("period", "replicate", "conversions", "worth")


def draw(con: duckdb.DuckDBPyConnection, request: Request, found: Estimation) -> tuple[DrawnPeriod, ...]:
    """Stage ``draws``, the share of every state in every replicate of each period, and ``draw_totals``.

    Returns what is shared out in each period; none of a period without conversions. Totals are drawn only where two
    periods are compared. Reads what `estimate` reads and stages.
    """
    drawn = tuple(
        DrawnPeriod(period=period.number, conversions=total.conversions, worth=total.worth)
        for period in request.periods
        if (total := found.totals.get(period.number)) is not None and total.conversions
    )
    shares: list[tuple[int, ...]] = []
    totals: list[tuple[int, ...]] = []
    for one in drawn:
        shares += _shares(con, request, one.period, len(found.labels))
        if request.compared:
            totals += _totals(con, request, one.period)
    _stage(con, "draws", _SHARES, shares)
    _stage(con, "draw_totals", _TOTALS, totals)
    return drawn


def _shares(con: duckdb.DuckDBPyConnection, request: Request, period: int, states: int) -> list[tuple[int, ...]]:
    rows: list[tuple[int, ...]] = []
    for number, model in enumerate(request.models):
        if not model.estimated:
            continue
        estimator = estimator_of(model)
        for replicate, weights in enumerate(estimator.redraw(con, request, model, period, states), 1):
            counts, amounts = (shared(own, _WHOLE) for own in estimator.shares(request, model, weights))
            rows += [(period, number, state + 1, replicate, counts[state], amounts[state]) for state in range(states)]
    return rows


def _totals(con: duckdb.DuckDBPyConnection, request: Request, period: int) -> list[tuple[int, ...]]:
    """The conversions of a period that each replicate draws, and their value in millionths."""
    stage_drawn(con, request, (drawn_conversions(request),), period)
    rows: list[tuple[int, ...]] = []
    for first in range(0, REPLICATES, BATCH):
        sums = ", ".join(
            f"coalesce(sum(w{i}), 0), CAST(coalesce(sum(w{i} * worth), 0) * {MICRO} AS HUGEINT)" for i in range(BATCH)
        )
        (row,) = con.execute(f"SELECT {sums} FROM {weighted(request, first, 'drawn')}").fetchall()
        rows += [(period, first + i + 1, int(row[2 * i]), int(row[2 * i + 1])) for i in range(BATCH)]
    return rows


def _stage(con: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: list[tuple[int, ...]]) -> None:
    values = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in columns]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT "
        + ", ".join(f"unnest(CAST(${i} AS HUGEINT[])) AS {column}" for i, column in enumerate(columns, 1)),
        values,
    )
