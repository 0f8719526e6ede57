"""From the journeys that are staged to what every state weighs: counts by SQL, effects by linear algebra."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.data_driven.counting import FEW_JOURNEYS
from attrib_cli.engine.data_driven.registry import estimator_of
from attrib_cli.engine.data_driven.weights import ONE, shared
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Note
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.states import LIMIT
from attrib_cli.engine.sql.weighing import EstimatedKernel, StateWeights
from attrib_cli.engine.sql.whole_numbers import MICRO, PICO

if TYPE_CHECKING:
    import duckdb

FEW_CONVERSIONS = 100
_NAMED = 5
_BEFORE = {0: "", 1: " in the period compared with"}


@frozen
class Total:
    """What is shared out in a period: its journeys, its conversions with interactions and their value in millionths."""

    journeys: int
    conversions: int
    worth: int


@frozen
class Estimation:
    """What was estimated, and what there is to doubt about it. `labels` are the texts of the states, from state 1."""

    estimates: tuple[StateWeights, ...]
    labels: tuple[str, ...]
    totals: Mapping[int, Total]
    notes: tuple[Note, ...]


def estimate(con: duckdb.DuckDBPyConnection, request: Request) -> Estimation:
    """Return what every state weighs in every period under the data-driven models of `request`.

    Reads the tables of the round ``paths`` and the states of all journeys, which are staged.
    """
    labels = state_labels(con, request)
    totals = _totals(con)
    models = [kernel.model for kernel in request.kernels if isinstance(kernel, EstimatedKernel)]
    found: list[StateWeights] = []
    for period, total in totals.items():
        if not models:
            break
        weights = [estimator_of(model).estimate(con, request, period, len(labels)) for model in models]
        parts = [
            (shared(counts, total.conversions * PICO), shared(amounts, total.worth * (PICO // MICRO)))
            for counts, amounts in weights
        ]
        found += [
            StateWeights(
                period=period,
                state=state + 1,
                weights=tuple((counts[state], amounts[state]) for counts, amounts in weights),
                totals=tuple((counts[state], amounts[state]) for counts, amounts in parts),
            )
            for state in range(len(labels))
        ]
    asked = [model for model in request.models if model.estimated]
    own = [note for model in asked for note in estimator_of(model).doubts(request, model)]
    return Estimation(
        estimates=tuple(found), labels=labels, totals=totals, notes=(*_notes(con, request, labels, totals), *own)
    )


@frozen
class StateEffect:
    """What a state weighs, by the text of its row.

    `effect` is by model: under ``markov`` the part of the value (of the conversions, where they have none) that is lost
    without it, under ``shapley`` its part of the greatest value of any state. Models that split equally have none.
    """

    state: str
    effect: Mapping[str, Decimal]


def state_effects(con: duckdb.DuckDBPyConnection, request: Request) -> tuple[StateEffect, ...]:
    """Return what every state of the period reported weighs under the models that are estimated, the greatest first.

    Reads ``known_states``, and takes the estimates of `request`.
    """
    models = [kernel.model for kernel in request.kernels if isinstance(kernel, EstimatedKernel)]
    labels = state_labels(con, request)
    place = 1 if request.valued else 0
    found = [
        StateEffect(
            state=labels[one.state - 1],
            effect={
                model: (Decimal(weight[place]) / ONE).quantize(Decimal("0.000001"))
                for model, weight in zip(models, one.weights, strict=True)
            },
        )
        for one in request.estimates
        if one.period == 0
    ]
    return tuple(sorted(found, key=lambda one: (*(-effect for effect in one.effect.values()), one.state)))


def state_labels(con: duckdb.DuckDBPyConnection, request: Request) -> tuple[str, ...]:
    """Return the text of every state, that of state s at s - 1."""
    names = request.estimation.state_label
    found = con.execute(
        f"SELECT state, min({names}), count(DISTINCT {names}) FROM known_states GROUP BY state ORDER BY state"
    ).fetchall()
    return tuple(str(label) if n == 1 else f"({n} smaller)" for _, label, n in found)


def _totals(con: duckdb.DuckDBPyConnection) -> dict[int, Total]:
    found = con.execute("SELECT period, n, converted, worth FROM journey_counts ORDER BY period").fetchall()
    return {
        int(period): Total(journeys=int(n), conversions=int(converted), worth=int(worth))
        for period, n, converted, worth in found
    }


def _notes(
    con: duckdb.DuckDBPyConnection, request: Request, labels: tuple[str, ...], totals: dict[int, Total]
) -> list[Note]:
    """Return warnings: what was pooled, and what there is too little of to estimate from."""
    notes = []
    names = ", ".join(["state", *request.estimation.label_columns])
    pooled = con.execute(
        f"SELECT count(*) FROM (SELECT DISTINCT {names} FROM known_states) AS s WHERE state = {LIMIT}"
    ).fetchall()[0][0]
    if pooled > 1:
        text = f"{pooled:,} values with the fewest interactions are estimated together, as one"
        notes.append(Note(code="states-pooled", text=text, counts=(("states", pooled),)))
    for period in range(len(request.periods)):
        total = totals.get(period, Total(journeys=0, conversions=0, worth=0))
        where = _BEFORE[period]
        if total.conversions == 0:
            text = f"there are no conversions{where} to estimate data-driven models from"
            notes.append(Note(code="nothing-to-estimate", text=text))
            continue
        if total.conversions < FEW_CONVERSIONS:
            text = f"data-driven models are estimated from {total.conversions} conversions only{where}"
            notes.append(Note(code="few-conversions", text=text, counts=(("conversions", total.conversions),)))
        if total.conversions == total.journeys and request.takes_non_converting:
            text = f"every journey converts{where}: what is frequent cannot be told from what makes a difference"
            notes.append(Note(code="every-journey-converts", text=text))
    rows = con.execute(
        f"SELECT period, state, n FROM state_journeys WHERE n < {FEW_JOURNEYS} ORDER BY period, state"
    ).fetchall()
    if rows:
        few = [f"{labels[state - 1]} ({n}{_BEFORE[period]})" for period, state, n in rows]
        more = f" and {len(few) - _NAMED} more" if len(few) > _NAMED else ""
        text = (
            f"fewer than {FEW_JOURNEYS} journeys hold {', '.join(few[:_NAMED])}{more}: their credit is little more than"
            " a guess"
        )
        notes.append(Note(code="few-journeys", text=text, counts=(("states", len(few)),)))
    return notes
