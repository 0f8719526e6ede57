"""How far estimates might be off: the same estimate from journeys that are drawn again, many times over."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.estimate import Estimation
from attrib_cli.engine.data_driven.registry import estimator_of
from attrib_cli.engine.data_driven.replicates import REPLICATES, added_batches, staged_batches
from attrib_cli.engine.data_driven.weights import shared
from attrib_cli.engine.sql.credits import MICRO
from attrib_cli.engine.sql.resolved import BootstrapIntervals, Request

if TYPE_CHECKING:
    import duckdb

_WHOLE = MICRO**2
"""So many parts are what all states of a replicate share."""


def ranks(confidence: Decimal) -> tuple[int, int]:
    """Return the places, from 1, of the interval's ends among the sorted replicates (percentile bootstrap)."""
    cut = int(((1 - confidence) / 2 * REPLICATES).to_integral_value(ROUND_FLOOR))
    return cut + 1, REPLICATES - cut


def draw(
    con: duckdb.DuckDBPyConnection, request: Request, found: Estimation, *, counted: bool = False
) -> BootstrapIntervals | None:
    """Stage ``draws``, the share of every state in every replicate; None where there is nothing to share out.

    Reads what `estimate` reads and stages. Replicates are counted here, batch by batch, unless shards `counted` them
    with the round ``paths``.
    """
    total, states = found.totals.get(0), len(found.labels)
    if total is None or not total.conversions:
        return None
    columns: tuple[list[int], ...] = ([], [], [], [], [])
    for number, model in enumerate(request.models):
        if not model.estimated:
            continue
        estimator = estimator_of(model)
        batches = added_batches(request, number) if counted else staged_batches(con, request, number)
        redrawn = (weights for batch in batches for weights in estimator.redraw(con, request, model, states, batch))
        for replicate, weights in enumerate(redrawn):
            counts, amounts = (shared(own, _WHOLE) for own in estimator.shares(request, model, weights))
            for state in range(states):
                for column, value in zip(
                    columns, (number, state + 1, replicate, counts[state], amounts[state]), strict=True
                ):
                    column.append(value)
    names = ("model_number", "state", "replicate", "counts", "amounts")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE draws AS SELECT "
        + ", ".join(f"unnest(CAST(${i} AS BIGINT[])) AS {name}" for i, name in enumerate(names, 1)),
        list(columns),
    )
    low, high = ranks(request.estimation.confidence or Decimal())
    return BootstrapIntervals(low=low, high=high, conversions=total.conversions, worth=total.worth)
