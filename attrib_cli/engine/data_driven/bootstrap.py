"""How far estimates might be off: the same estimate from journeys that are drawn again, many times over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.estimate import Estimation
from attrib_cli.engine.data_driven.registry import estimator_of
from attrib_cli.engine.data_driven.replicates import (
    BATCH,
    TOTALS,
    added_batches,
    of_period,
    recounts,
    staged_batches,
)
from attrib_cli.engine.data_driven.weights import shared
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import DrawnPeriod
from attrib_cli.engine.sql.whole_numbers import MICRO

if TYPE_CHECKING:
    import duckdb

_WHOLE = MICRO**2
"""So many parts are what all states of a replicate share."""

_SHARES = ("period", "model_number", "state", "replicate", "counts", "amounts")
_TOTALS = ("period", "replicate", "conversions", "worth")

_Rows = list[tuple[int, ...]]


def draw(
    con: duckdb.DuckDBPyConnection, request: Request, found: Estimation, *, counted: bool = False
) -> tuple[DrawnPeriod, ...]:
    """Stage ``draws``, the share of every state in every replicate of each period, and ``draw_totals``.

    Returns what is shared out in each period; none of a period without conversions. Reads what `estimate` reads and
    stages. Replicates are counted here, batch by batch, unless shards `counted` them with the round ``paths``.
    """
    drawn = tuple(
        DrawnPeriod(period=period.number, conversions=total.conversions, worth=total.worth)
        for period in request.periods
        if (total := found.totals.get(period.number)) is not None and total.conversions
    )
    shares: _Rows = []
    totals: _Rows = []
    for name, recount in recounts(request).items() if drawn else ():
        batches = added_batches(name, recount) if counted else staged_batches(con, request, name, recount)
        for number, batch in enumerate(batches):
            for one in drawn:
                tables = of_period(batch, one.period)
                if name == TOTALS:
                    totals += _totals(con, one.period, number * BATCH + 1, tables[TOTALS])
                else:
                    shares += _shares(con, request, int(name), one.period, number * BATCH + 1, found, tables)
    _stage(con, "draws", _SHARES, shares)
    _stage(con, "draw_totals", _TOTALS, totals)
    return drawn


def _shares(
    con: duckdb.DuckDBPyConnection,
    request: Request,
    number: int,
    period: int,
    first: int,
    found: Estimation,
    tables: dict[str, str],
) -> Iterator[tuple[int, ...]]:
    """Yield the shares of all states in the replicates of a batch, the `first` one on, under the model `number`."""
    model, states = request.models[number], len(found.labels)
    estimator = estimator_of(model)
    for replicate, weights in enumerate(estimator.redraw(con, request, model, period, states, tables), first):
        counts, amounts = (shared(own, _WHOLE) for own in estimator.shares(request, model, weights))
        for state in range(states):
            yield period, number, state + 1, replicate, counts[state], amounts[state]


def _totals(con: duckdb.DuckDBPyConnection, period: int, first: int, table: str) -> Iterator[tuple[int, ...]]:
    """Yield the conversions of a period that each replicate of a batch draws, and their value in millionths."""
    sums = ", ".join(f"coalesce(sum(c{i}), 0), coalesce(sum(v{i}), 0)" for i in range(BATCH))
    (row,) = con.execute(f"SELECT {sums} FROM {table}").fetchall()
    for i in range(BATCH):
        yield period, first + i, int(row[2 * i]), int(row[2 * i + 1])


def _stage(con: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: _Rows) -> None:
    values = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in columns]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT "
        + ", ".join(f"unnest(CAST(${i} AS HUGEINT[])) AS {column}" for i, column in enumerate(columns, 1)),
        values,
    )
