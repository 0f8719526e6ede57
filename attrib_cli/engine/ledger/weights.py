"""What each interaction of the ledger weighs under every model, and all interactions of its journey up to it."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.ledger import state_credits
from attrib_cli.engine.ledger.columns import OCCURRED_AT, ROW, TOUCHPOINT_ID
from attrib_cli.engine.models import Model
from attrib_cli.engine.sql import decay, journeys, key_positions, states
from attrib_cli.engine.sql.cte import Cte, comma, more
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import plain_names
from attrib_cli.engine.sql.whole_numbers import MICRO, PICO


def model_names(request: Request) -> list[str]:
    """What the columns of each model begin with."""
    return plain_names([model.name for model in request.models], "model")


def shapes(request: Request) -> Cte:
    """Each way to stand in a journey that there is, once."""
    keys = [*key_positions.columns(request), "length"]
    packed = [] if request.readable else key_positions.unpacked(request, "c")
    return Cte(
        name="shapes",
        grain="one row for each way to stand in a journey: key positions of interaction and journey, and its length",
        sql=f"""
SELECT DISTINCT
  {comma([*(f"c.{key}" for key in keys), *packed])}
FROM cube AS c
WHERE c.cell = 'credit'""",
    )


_SMALL = 1000
"""The sum of a model's weights up to which that of the longest journey, a million times, fits BIGINT."""


def _type_of_weights(request: Request, model: Model) -> str:
    """The type in which a model without kernel weighs: additions and divisions of BIGINT are quicker."""
    weights, rest = model.whole_weights()
    small = request.kernel_of(model) is None and sum(weights) + rest <= _SMALL
    return "BIGINT" if small and not request.readable and not request.splits else "HUGEINT"


def shape_weights(request: Request) -> Cte:
    """What each way to stand weighs under every model, in whole numbers that compare within a journey."""
    keys = [*key_positions.columns(request), "length"]
    columns = []
    for number, (name, model) in enumerate(zip(model_names(request), request.models, strict=True)):
        mine = f"FILTER (WHERE model_number = {number})"
        if request.kernel_of(model) is None:
            weight = (
                "CASE WHEN own_weight > 0 THEN own_weight * greatest(rest_count, 1)"
                " WHEN rest_count > 0 THEN rest_weight ELSE 0 END"
            )
            whole = "journey_weight * greatest(rest_count, 1)"
            type_ = _type_of_weights(request, model)
            columns.append(f"CAST(max({weight}) {mine} AS {type_}) AS {name}_weight")
            columns.append(f"CAST(max({whole}) {mine} AS {type_}) AS {name}_journey_weight")
        else:
            rest = "CASE WHEN own_weight > 0 THEN 0 ELSE rest_weight END"
            columns.append(f"CAST(max(own_weight) {mine} AS HUGEINT) * {PICO} AS {name}_weight")
            columns.append(f"CAST(max({rest}) {mine} AS HUGEINT) AS {name}_rest_weight")
    return Cte(
        name="shape_weights",
        grain="one row for each way to stand in a journey: its weight under every model",
        sql=f"""
SELECT
  {comma([*keys, *columns])}
FROM weighed
GROUP BY {", ".join(keys)}""",
        materialized=True,
    )


def earning(request: Request) -> Cte:
    """The interactions that may earn credit, with what each weighs under every model."""
    source, earned = decay.earned(request)
    shares = states.shares(request)
    keys = [*key_positions.columns(request), "length"]
    columns = [f"p.{name}" for name in key_positions.interaction_columns(request)]
    columns += [f"p.{request.value_column(i)}" for i, _ in _own(request)]
    columns += ["p.campaign_key"] if request.needs_campaign else []
    columns += ["p.shown" if request.carries_shown else "true AS shown"]
    columns.append(
        "CAST(p.amount * 1000000 AS HUGEINT) AS amount" if request.report_type.valued else f"{MICRO} AS amount"
    )
    for name, model in zip(model_names(request), request.models, strict=True):
        kernel = request.kernel_of(model)
        if kernel is None:
            columns += [f"w.{name}_weight", f"w.{name}_journey_weight"]
            continue
        place = request.kernels.index(kernel)
        share = f"({earned[place][0]} >> {decay.FINER})" if place in earned else ""
        if place in shares:
            share = f"CAST(round({shares[place][1 if request.report_type.valued else 0]} * 1e12) AS HUGEINT)"
        columns.append(f"w.{name}_weight + w.{name}_rest_weight * {share} AS {name}_weight")
    columns += state_credits.earned(request, shares)
    return Cte(
        name="earning",
        grain="one row for each eligible interaction and conversion: its weight under every model",
        sql=f"""
SELECT
  p.conversion,
  {comma(columns)}
FROM {source}
  JOIN shape_weights AS w ON {" AND ".join(f"w.{key} = p.{key}" for key in keys)}""",
    )


def cumulated(request: Request) -> Cte:
    """The journeys walked in order: what all interactions up to one weigh, and all of the journey."""
    numbers = {field.name: i for i, field in enumerate(request.dimensions)}
    row, moment = numbers[ROW.name], numbers[OCCURRED_AT]
    id_, place = request.value_column(numbers.get(TOUCHPOINT_ID, row)), request.value_column(row)
    order = ", ".join([request.value_column(moment), *journeys.tie_terms(request, id_, place)])
    columns = []
    for name, model in zip(model_names(request), request.models, strict=True):
        type_ = _type_of_weights(request, model)
        columns.append(f"CAST(sum({name}_weight) OVER so_far AS {type_}) AS {name}_weight_so_far")
        if request.kernel_of(model) is not None:
            columns.append(f"CAST(sum({name}_weight) OVER whole AS HUGEINT) AS {name}_journey_weight")
    return Cte(
        name="cumulated",
        grain="one row for each interaction and conversion: the weight of its journey up to it, and of all of it",
        sql=f"""
SELECT
  *,
  row_number() OVER so_far AS step{more(columns)}
FROM earning
WINDOW
  so_far AS (PARTITION BY conversion ORDER BY {order}
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
  whole AS (PARTITION BY conversion ORDER BY {order}
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)""",
    )


def _own(request: Request) -> tuple[tuple[int, Field], ...]:
    return tuple(sorted((*request.conversion_dimensions, *request.carried_dimensions), key=lambda pair: pair[0]))
