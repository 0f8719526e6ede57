"""The ledger: what every single interaction earns of every conversion under every model.

Journeys, positions and weights are those of a report. What an interaction earns is found by walking its journey from
the first interaction to the last: the share of all up to and with it, less the share of all before it, each in whole
millionths. So the shares of a journey sum to 1, and its credits to the conversion's value, to the last digit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.ledger import state_credits
from attrib_cli.engine.ledger.columns import LedgerColumn, model_columns
from attrib_cli.engine.ledger.state_credits import stretch
from attrib_cli.engine.ledger.weights import cumulated, earning, model_names, shape_weights, shapes
from attrib_cli.engine.models import Model
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql import campaigns, credits, cube, decay, journeys, states
from attrib_cli.engine.sql.cte import Cte, comma, more, with_clause
from attrib_cli.engine.sql.labels import labels_of, raw_of, shown_of
from attrib_cli.engine.sql.plan import Plan, Step, gathered
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import EstimatedKernel
from attrib_cli.engine.sql.whole_numbers import MICRO

if TYPE_CHECKING:
    import pyarrow as pa

_PARTS = 1_000_000
"""Campaigns of an interaction are fewer."""

_ORDER = "order_converted_at, order_conversion, order_step"
"""The columns that order the rows of a ledger."""


def converting(plan: Plan) -> Step:
    """Return the first step of a ledger's plan: the conversions."""
    return plan.steps[0]


def gathering(plan: Plan) -> Plan:
    """Return the next steps, up to the interactions of the conversions at hand."""
    return replace(plan, steps=tuple(s for s in plan.steps if s.target.name in ("members", "interactions")))


def walking(plan: Plan) -> tuple[Step, ...]:
    """Return the further steps up to the cube, which need the interactions of the journeys at hand and no others."""
    return plan.steps[-3:-1]


def crediting(plan: Plan) -> Step:
    """Return the last step: the rows, which are sorted when they are all there, since either takes much memory."""
    return plan.steps[-1]


def ordered(plan: Plan) -> str:
    """The conversions in the order of the ledger, as a query."""
    step = converting(plan)
    return f"{with_clause(step.using)}{step.target.sql}\nORDER BY converted_at, conversion"


def numbered(rows: int) -> Cte:
    """The conversions at hand in chunks whose journeys have about `rows` interactions together."""
    return Cte(
        name="numbered",
        grain="one row for each conversion, in order: the chunk that it belongs to",
        sql=f"""
SELECT
  c.*,
  CAST((sum(coalesce(s.interactions, 0) + 1) OVER so_far - 1) // {rows} AS INTEGER) AS chunk
FROM conversions AS c
  LEFT JOIN (
    SELECT conversion, count(*) AS interactions
    FROM interactions
    GROUP BY conversion
  ) AS s ON s.conversion = c.conversion
WINDOW so_far AS (ORDER BY c.converted_at, c.conversion ROWS UNBOUNDED PRECEDING)""",
        materialized=True,
    )


def counts(request: Request) -> str:
    """A query of one row: conversions that interactions lead to, interactions excluded, and all interactions."""
    earning = "NOT excluded" if request.excludes else "true"
    excluded = "count(*) FILTER (WHERE excluded)" if request.excludes else "0"
    return f"SELECT count(DISTINCT conversion) FILTER ({earning}), {excluded}, count(*) FROM interactions"


def compile_ledger(request: Request, columns: tuple[LedgerColumn, ...]) -> Plan:
    """Turn a request into the plan of its ledger.

    The dimensions of `request` are what the rows show, `OCCURRED_AT` and `ROW` of `columns.py` among them; `columns`
    orders them.
    """
    steps = gathered(request, narrow=True)
    eligible = journeys.eligible_interactions(request)
    found = (
        *eligible,
        *decay.old_journeys(request),
        *journeys.journeys(request),
        *states.presences(request),
        journeys.placed(request),
    )
    bare = replace(request, models=(), dimensions=(), credit_filters=(), data_driven=None)
    steps.append(Step(target=journeys.journey_totals(request), using=eligible))
    steps.append(Step(target=cube.cube(bare, placed_by=request), using=found))
    parts = (
        *campaigns.campaign_parts(request),
        credits.models(request),
        *found,
        *decay.masked(request),
        shapes(request),
        *credits.weighed(request, "shapes"),
        shape_weights(request),
        earning(request),
        cumulated(request),
        *state_credits.running(request),
    )
    rows = Cte(
        name="credited",
        grain="one row for each interaction and conversion, and for each conversion without; order_... order them",
        sql=_rows(request, columns),
        materialized=True,
    )
    steps.append(Step(target=rows, using=parts))
    return Plan(
        steps=tuple(steps),
        parts=(),
        select=f"SELECT * EXCLUDE ({_ORDER})\nFROM credited\nORDER BY {_ORDER}",
        values=request.binder.values,
        ties=None if request.order_key in ("row", "full") or not request.positions else cube.ties(request),
    )


def earning_steps(plan: Plan, request: Request) -> tuple[Step, ...]:
    """Return the steps that tell what states earn in the journeys at hand, after `walking`."""
    parts = plan.steps[-1].using
    names = [part.name for part in parts]
    return (Step(target=state_credits.sums(request), using=parts[: names.index("earning") + 1]),)


def rows_without_conversions(request: Request, columns: tuple[LedgerColumn, ...]) -> str:
    """The SELECT of the rows of what states are credited with that no converting journey holds, in their order."""
    shown = ["NULL AS conversion_id", "NULL AS converted_at", "NULL AS value"]
    for column in columns:
        field = request.dimensions[column.number]
        shown.append(f"{_of_state(request, field)} AS {identifier(column.header)}")
    for model in request.models:
        share, credit = map(identifier, model_columns(model))
        kernel = request.kernel_of(model)
        earned = (
            state_credits.states_without_conversions(request, request.kernels.index(kernel))
            if isinstance(kernel, EstimatedKernel)
            else "0"
        )
        if request.splits and request.estimation.by_campaign:
            of_parts = campaigns.parts_of("s.campaign_key")
            earned = f"({earned}) * own.part // {of_parts} - ({earned}) * (own.part - 1) // {of_parts}"
        shown += [f"{_millionths(request, '0')} AS {share}", f"{_millionths(request, earned)} AS {credit}"]
    bare = " OR ".join(
        f"{state_credits.states_without_conversions(request, n)} <> 0" for n in request.estimated_kernels
    )
    split = request.splits and request.estimation.by_campaign
    named = campaigns.campaign_parts(request) if split else ()
    source = f"""targets AS t
  JOIN (
    SELECT DISTINCT ON (state) *
    FROM {"known_states" if split else "states"}
    ORDER BY state, interactions DESC, {", ".join(request.estimation.label_columns) if split else "value_number"}
  ) AS s ON s.state = t.state
  LEFT JOIN earned_in_all AS a ON a.state = t.state"""
    return f"""
{with_clause((state_credits.targets(request), *named))}SELECT
  {comma(shown)}
FROM {campaigns.with_campaigns(request, source, split, key="s.campaign_key")}
WHERE {bare}
ORDER BY t.state{", own.part" if split else ""}"""


def _of_state(request: Request, field: Field) -> str:
    """The SQL of what the state s, or one of its campaigns, says of a dimension, null where it does not know it."""
    for own, label in zip(request.estimation.states, request.estimation.label_columns, strict=True):
        if own.place == field.place and own.groups in (None, field.groups):
            if request.splits and field.level == "campaign":
                return request.grouped(field, campaigns.campaign_value(request, field, key="s.campaign_key"))
            text = f"nullif(s.{label}, {request.binder.bind(own.missing_label)})"
            return text if own.groups == field.groups else request.grouped(replace(field, grouped="text"), text)
    return "NULL"


def _millionths(request: Request, expression: str) -> str:
    """The SQL of so many millionths: a decimal in a query that is read, and else their number; see `as_decimals`."""
    if request.readable:
        return f"CAST({expression} AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6))"
    return f"CAST({expression} AS HUGEINT)"


def as_decimals(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return rows as `schema` has them: shares and credits, which come as numbers of millionths, are decimals there.

    Both are the same bytes, so that nothing is computed.
    """
    import pyarrow as pa

    def as_field(column: pa.Array, field: pa.Field) -> pa.Array:
        if pa.types.is_decimal(field.type) and pa.types.is_decimal(column.type) and column.type.scale == 0:
            whole = column.cast(pa.decimal128(38, 0))
            return pa.Array.from_buffers(field.type, len(whole), whole.buffers(), offset=whole.offset)
        return column.cast(field.type)

    columns = [as_field(column, field) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _part(request: Request, model: Model, name: str, whole: str) -> str:
    """The SQL of an interaction's part of `whole` millionths under a model; parts of a journey sum to it."""
    so_far, own, of_all = f"c.{name}_weight_so_far", f"c.{name}_weight", f"c.{name}_journey_weight"
    narrow = request.kernel_of(model) is None or whole == str(MICRO)
    return stretch(request, whole, so_far, own, of_all, narrow=narrow)


def _rows(request: Request, columns: tuple[LedgerColumn, ...]) -> str:
    """The rows in order: conversions by time and id, interactions of each by time and id, unattributed ones last."""
    selects = [_credited(request, columns)]
    if not request.filters_credits:
        everything = dict.fromkeys(range(len(request.models)), "{}")
        unattributed = "NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = v.conversion)"
        selects.append(_uncredited(request, columns, "0", everything, "conversions AS v", unattributed))
        unweighed = [n for n, model in enumerate(request.models) if not model.weighs_all]
        if unweighed:
            names = model_names(request)
            none = {n: f"CASE WHEN c.{names[n]}_journey_weight = 0 THEN {{}} ELSE 0 END" for n in unweighed}
            source = "cumulated AS c\n  JOIN conversions AS v ON v.conversion = c.conversion"
            weightless = " OR ".join(f"c.{names[n]}_journey_weight = 0" for n in unweighed)
            first = f"c.step = 1 AND ({weightless})"
            selects.append(_uncredited(request, columns, "c.step + 9000000000", none, source, first))
    return "\nUNION ALL".join(selects)


def _beginning(request: Request, step: str, *, part: str = "0") -> str:
    """The first columns of a row: what orders it, then its conversion v.

    An interaction of several campaigns has a row for each `part`.
    """
    if request.splits:
        step = f"CAST({step} AS HUGEINT) * {_PARTS} + {part}"
    return comma(
        [
            "v.converted_at AS order_converted_at",
            "v.conversion AS order_conversion",
            f"{step} AS order_step",
            "CAST(v.conversion AS VARCHAR) AS conversion_id",
            f"{local_time('v.converted_at', request.settings.timezone, request.binder)} AS converted_at",
            f"{_value_of_conversion(request)} AS value",
        ]
    )


def _value_of_conversion(request: Request) -> str:
    return f"CAST({'v.amount' if request.report_type.valued else '1'} AS DECIMAL(38, 6))"


def _credited(request: Request, columns: tuple[LedgerColumn, ...]) -> str:
    """The SELECT of the rows of interactions."""
    walked = "running" if request.estimated_kernels else "cumulated"
    _, source = labels_of(request, f"{walked} AS c\n  JOIN conversions AS v ON v.conversion = c.conversion")
    shown = [f"{_value(request, column.number)} AS {identifier(column.header)}" for column in columns]
    for name, model in zip(model_names(request), request.models, strict=True):
        share, credit = map(identifier, model_columns(model))
        shown.append(f"{_millionths(request, _part(request, model, name, str(MICRO)))} AS {share}")
        kernel = request.kernel_of(model)
        scaled = isinstance(kernel, EstimatedKernel)
        earned = state_credits.credit(request, request.kernels.index(kernel)) if kernel and scaled else None
        shown.append(f"{_millionths(request, earned or _part(request, model, name, 'c.amount'))} AS {credit}")
    return f"""
SELECT
  {_beginning(request, "c.step", part="own.part" if request.splits else "0")}{more(shown)}
FROM {source}
WHERE {shown_of(request)}"""


def _uncredited(
    request: Request, columns: tuple[LedgerColumn, ...], step: str, parts: dict[int, str], source: str, condition: str
) -> str:
    """The SELECT of rows without interaction, of conversions v; `parts` says, by model, what part they have of all."""
    shown = []
    for column in columns:
        field = request.dimensions[column.number]
        own = _value(request, column.number).replace("c.", "v.") if field.of_conversion else "NULL"
        shown.append(f"{own} AS {identifier(column.header)}")
    whole = f"CAST({_value_of_conversion(request)} * 1000000 AS HUGEINT)"
    for n, model in enumerate(request.models):
        share, credit = map(identifier, model_columns(model))
        part = parts.get(n, "0")
        shown.append(f"{_millionths(request, part.format(MICRO))} AS {share}")
        shown.append(f"{_millionths(request, part.format(whole))} AS {credit}")
    return f"""
SELECT
  {_beginning(request, step)}{more(shown)}
FROM {source}
WHERE {condition}"""


def _value(request: Request, number: int) -> str:
    """The SQL of what a row shows for a dimension: its text, a moment as local time, a number as a decimal."""
    field = request.dimensions[number]
    raw = raw_of(request, number, field)
    if field.groups is not None:
        return request.grouped(field, raw)
    if field.named_by_query:
        return raw
    if field.kind == "timestamp":
        return local_time(raw, request.settings.timezone, request.binder)
    if field.kind == "decimal":
        return f"CAST({raw} AS DECIMAL(38, 6))"
    return f"CAST({raw} AS VARCHAR)"
