"""What data-driven models count in journeys before anything is estimated: the tables of the round ``paths``."""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING

from attrib_cli.engine.clock import Clock
from attrib_cli.engine.sql.cte import Cte, used_values
from attrib_cli.engine.sql.paths import at_least, coalitions, exactly, journey_counts, steps
from attrib_cli.engine.sql.plan import Step
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.sorted_steps import IN_ORDER, sorted_steps

if TYPE_CHECKING:
    import duckdb

FEW_JOURNEYS = 10
"""Fewer journeys than these are too few to estimate a state from."""


def stage_paths(con: duckdb.DuckDBPyConnection, request: Request, clock: Clock) -> bool:
    """Stage ``steps`` and ``coalitions``, as far as the models need them, ``journey_counts`` and ``state_journeys``.

    A shard counts its replicates for intervals of confidence too: who has all journeys does so when it draws them.

    Reads the staged ``conversions``, ``interactions``, ``states`` and the journeys without conversion. Returns whether
    the order of interactions tells all of a journey apart; if not, they must be gathered again in full order.
    """
    with clock.step("counting the journeys"):
        if request.needs_steps:
            threading.Thread(target=importlib.import_module, args=("numpy",)).start()  # while DuckDB counts
            _stage_steps(con, request)
            if con.execute("SELECT bool_or(twice) FROM steps").fetchall()[0][0]:
                return False
        if "coalitions" in request.counted:
            stage(con, request, *coalitions(request))
        stage(con, request, journey_counts(request))
        _stage_state_journeys(con, request)
    if request.states_drawn and request.shard is not None:
        from attrib_cli.engine.data_driven.replicates import stage_replicates

        with clock.step("drawing the journeys again"):
            stage_replicates(con, request)
    return True


def _stage_steps(con: duckdb.DuckDBPyConnection, request: Request) -> None:
    """Stage ``steps``, in one pass over sorted interactions; journey by journey where these did not come in order."""
    if not request.of_paths:
        stage(con, request, *sorted_steps(request, request.estimation))
        (disordered,) = con.execute(f"SELECT count(*) FROM sorted_steps WHERE NOT {IN_ORDER}").fetchall()[0]
        con.execute(f"CREATE OR REPLACE TEMP TABLE steps AS SELECT * EXCLUDE ({IN_ORDER}) FROM sorted_steps")
        con.execute("DROP TABLE sorted_steps")
        if not disordered:
            return
    stage(con, request, *steps(request, request.estimation))


def stage(con: duckdb.DuckDBPyConnection, request: Request, *parts: Cte) -> None:
    """Stage the last of `parts`, which reads the others."""
    step = Step(target=parts[-1], using=parts[:-1])
    con.execute(step.sql, used_values(step.sql, request.binder.values))


def _stage_state_journeys(con: duckdb.DuckDBPyConnection, request: Request) -> None:
    """Stage how many journeys hold each state: counted where there may be few, else so many at least.

    So the sum over shards is exact wherever it is less than `FEW_JOURNEYS`.
    """
    query = at_least(request)
    found = con.execute(query, used_values(query, request.binder.values)).fetchall()
    suspects = sorted({state for _, state, n in found if n < FEW_JOURNEYS})
    rows = [(period, state, int(n)) for period, state, n in found if state not in suspects]
    if suspects:
        query = exactly(request, suspects)
        rows += con.execute(query, used_values(query, request.binder.values)).fetchall()
    body = ", ".join(f"({period}, {state}, {n})" for period, state, n in rows)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE state_journeys AS SELECT CAST(period AS INTEGER) AS period,\n"
        "  CAST(state AS INTEGER) AS state, CAST(n AS BIGINT) AS n\n"
        f"FROM (VALUES {body or '(0, 0, 0)'}) AS v(period, state, n){'' if body else ' WHERE false'}"
    )
