"""The ledger: what every single interaction earns of every conversion under every model.

Journeys, positions and weights are those of a report. What an interaction earns is found by walking its journey from
the first interaction to the last: the share of all up to and with it, less the share of all before it, each in whole
millionths. So the shares of a journey sum to 1, and its credits to the conversion's value, to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.ledger import state_credits
from attrib_cli.engine.models import Model, fold
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql import campaigns, credits, cube, decay, journeys, states
from attrib_cli.engine.sql.credits import MICRO
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.cube import PICO
from attrib_cli.engine.sql.labels import labels_of, raw_of, shown_of
from attrib_cli.engine.sql.plan import Plan, Step, gathered
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import EstimatedKernel, Request

OCCURRED_AT = "touchpoint.occurred_at"
TOUCHPOINT_ID = "touchpoint.touchpoint_id"
ROW = Field(name="source_row", level="interaction", table="touchpoints", column="source_row", kind="number")
"""The place of an interaction in its source, which orders those of equal time and id."""


@dataclass(frozen=True, kw_only=True)
class LedgerColumn:
    """A column of the ledger beside those of the models: its header, and which dimension of the request it shows."""

    header: str
    number: int


def model_columns(model: Model) -> tuple[str, str]:
    """Return the headers of a model's share and credit: ``u_shaped_share`` and ``u_shaped_credit``."""
    name = fold(model.name).replace("-", "_")
    return f"{name}_share", f"{name}_credit"


def credit_column(model: str) -> str:
    """Return the header of the credit under the model of this name."""
    return f"{fold(model).replace('-', '_')}_credit"


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
    return f"{converting(plan).target.sql}\nORDER BY converted_at, conversion"


def numbered(rows: int) -> Cte:
    """The conversions at hand in chunks whose journeys have about `rows` interactions together."""
    return Cte(
        name="numbered",
        grain="one row for each conversion, in order: the chunk that it belongs to",
        sql=(
            "SELECT c.*, CAST((sum(coalesce(s.n, 0) + 1) OVER (ORDER BY c.converted_at, c.conversion\n"
            f"    ROWS UNBOUNDED PRECEDING) - 1) // {rows} AS INTEGER) AS chunk\n"
            "FROM conversions AS c LEFT JOIN (\n"
            "  SELECT conversion, count(*) AS n FROM interactions GROUP BY conversion\n"
            ") AS s ON s.conversion = c.conversion"
        ),
        materialized=True,
    )


def counts(request: Request) -> str:
    """A query of one row: conversions that interactions lead to, interactions excluded, and all interactions."""
    earning = "NOT excluded" if request.excludes else "true"
    excluded = "count(*) FILTER (WHERE excluded)" if request.excludes else "0"
    return f"SELECT count(DISTINCT conversion) FILTER ({earning}), {excluded}, count(*) FROM interactions"


def compile_ledger(request: Request, columns: tuple[LedgerColumn, ...]) -> Plan:
    """Turn a request into the plan of its ledger.

    The dimensions of `request` are what the rows show, `OCCURRED_AT` and `ROW` among them; `columns` orders them.
    """
    steps = gathered(request, narrow=True)
    powers = decay.powers(request)
    eligible = journeys.eligible_interactions(request)
    found = (
        *powers,
        eligible,
        *decay.old_journeys(request),
        journeys.journeys(request),
        *states.presences(request),
        journeys.placed(request),
    )
    bare = replace(request, models=(), dimensions=(), credit_filters=(), fit=None)
    steps.append(Step(target=journeys.journey_totals(request), using=(*powers, eligible)))
    steps.append(Step(target=cube.cube(bare), using=found))
    parts = (
        *campaigns.campaign_parts(request),
        credits.models(request),
        *found,
        *decay.masked(request),
        _shapes(),
        *credits.weighed(request, "shapes"),
        _weights(request),
        _earning(request),
        _cumulated(request),
        *state_credits.running(request),
    )
    rows = Cte(
        name="credited",
        grain="one row for each interaction and conversion, and for each conversion without; o0, o1 and o2 order them",
        sql=_rows(request, columns),
        materialized=True,
    )
    steps.append(Step(target=rows, using=parts))
    return Plan(
        steps=tuple(steps),
        parts=(),
        select="SELECT * EXCLUDE (o0, o1, o2)\nFROM credited\nORDER BY o0, o1, o2",
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
    places = [field.place for field in request.estimation.states]
    shown = ["NULL AS conversion_id", "NULL AS converted_at", "NULL AS value"]
    for column in columns:
        field = request.dimensions[column.number]
        label = f"s.label{places.index(field.place)}" if field.place in places else "NULL"
        missing = request.binder.bind(field.missing_label)
        shown.append(f"nullif({label}, {missing}) AS {identifier(column.header)}")
    for model in request.models:
        share, credit = map(identifier, model_columns(model))
        kernel = request.kernel_of(model)
        earned = (
            state_credits.states_without_conversions(request, request.kernels.index(kernel))
            if isinstance(kernel, EstimatedKernel)
            else "0"
        )
        shown += [f"{_millionths('0')} AS {share}", f"{_millionths(earned)} AS {credit}"]
    bare = " OR ".join(
        f"{state_credits.states_without_conversions(request, n)} <> 0" for n in request.estimated_kernels
    )
    targets = state_credits.targets(request)
    return (
        f"WITH {targets.name} AS ({targets.sql})\nSELECT\n  {comma(shown)}\nFROM targets AS t\n"
        "  JOIN (SELECT DISTINCT ON (state) * FROM states ORDER BY state, interactions DESC, value) AS s"
        " ON s.state = t.state\n"
        f"  LEFT JOIN earned_in_all AS a ON a.state = t.state\nWHERE {bare}\nORDER BY t.state"
    )


def _shapes() -> Cte:
    return Cte(
        name="shapes",
        grain="one row for each way to stand in a journey: positions held, pattern of the journey and its length",
        sql="SELECT DISTINCT positions_held, pattern, length\nFROM cube WHERE cell = 'credit'",
    )


def _weights(request: Request) -> Cte:
    """What each way to stand weighs under every model, in whole numbers that compare within a journey."""
    columns = ["positions_held", "pattern", "length"]
    for n, model in enumerate(request.models):
        mine = f"FILTER (WHERE model_number = {n})"
        if request.kernel_of(model) is None:
            raw = (
                "CASE WHEN own_weight > 0 THEN own_weight * greatest(rest_count, 1)"
                " WHEN rest_count > 0 THEN rest_weight ELSE 0 END"
            )
            columns.append(f"CAST(max({raw}) {mine} AS HUGEINT) AS raw{n}")
            columns.append(f"CAST(max(journey_weight * greatest(rest_count, 1)) {mine} AS HUGEINT) AS whole{n}")
        else:
            columns.append(f"CAST(max(own_weight) {mine} AS HUGEINT) * {PICO} AS raw{n}")
            columns.append(
                f"CAST(max(CASE WHEN own_weight > 0 THEN 0 ELSE rest_weight END) {mine} AS HUGEINT) AS rest{n}"
            )
    return Cte(
        name="weights",
        grain="one row for each way to stand in a journey: its weight under every model",
        sql=f"SELECT\n  {comma(columns)}\nFROM totalled\nGROUP BY positions_held, pattern, length",
        materialized=True,
    )


def _earning(request: Request) -> Cte:
    source, earned = decay.earned(request)
    shares = states.shares(request)
    columns = ["p.conversion", "p.positions_held", *(f"p.{request.value_column(i)}" for i, _ in _own(request))]
    columns += ["p.campaign_key"] if request.needs_campaign else []
    columns += ["p.shown" if request.carries_shown else "true AS shown"]
    columns.append(
        "CAST(p.amount * 1000000 AS HUGEINT) AS amount" if request.report_type.valued else f"{MICRO} AS amount"
    )
    for n, model in enumerate(request.models):
        kernel = request.kernel_of(model)
        if kernel is None:
            columns += [f"w.raw{n}", f"w.whole{n}"]
            continue
        place = request.kernels.index(kernel)
        share = f"({earned[place][0]} >> {decay.FINER})" if place in earned else ""
        if place in shares:
            share = f"CAST(round({shares[place][1 if request.report_type.valued else 0]} * 1e12) AS HUGEINT)"
        columns.append(f"w.raw{n} + w.rest{n} * {share} AS raw{n}")
    columns += state_credits.earned(request, shares)
    return Cte(
        name="earning",
        grain="one row for each eligible interaction and conversion: its weight under every model",
        sql=(
            f"SELECT\n  {comma(columns)}\nFROM {source}\n"
            "  JOIN weights AS w ON w.positions_held = p.positions_held\n"
            "    AND w.pattern = p.pattern AND w.length = p.length"
        ),
    )


def _cumulated(request: Request) -> Cte:
    """The journeys walked in order: what all interactions up to one weigh, and all of the journey."""
    numbers = {field.name: i for i, field in enumerate(request.dimensions)}
    row, moment = numbers[ROW.name], numbers[OCCURRED_AT]
    id_, place = request.value_column(numbers.get(TOUCHPOINT_ID, row)), request.value_column(row)
    order = [request.value_column(moment), *journeys.tie_terms(request, id_, place)]
    window = f"PARTITION BY conversion ORDER BY {', '.join(order)} ROWS BETWEEN UNBOUNDED PRECEDING AND"
    columns = ["row_number() OVER upto AS step"]
    for n, model in enumerate(request.models):
        columns.append(f"CAST(sum(raw{n}) OVER upto AS HUGEINT) AS upto{n}")
        if request.kernel_of(model) is not None:
            columns.append(f"CAST(sum(raw{n}) OVER whole AS HUGEINT) AS whole{n}")
    return Cte(
        name="cumulated",
        grain="one row for each interaction and conversion: the weight of its journey up to it, and of all of it",
        sql=(
            f"SELECT *,\n  {comma(columns)}\nFROM earning\n"
            f"WINDOW upto AS ({window} CURRENT ROW),\n  whole AS ({window} UNBOUNDED FOLLOWING)"
        ),
    )


def _own(request: Request) -> tuple[tuple[int, Field], ...]:
    return tuple(sorted((*request.conversion_dimensions, *request.carried_dimensions), key=lambda pair: pair[0]))


def _millionths(expression: str) -> str:
    return f"CAST({expression} AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6))"


def _part(number: int, whole: str) -> str:
    """The SQL of an interaction's part of `whole` millionths; parts of a journey sum to it."""
    before = f"(c.upto{number} - c.raw{number})"
    return (
        f"CASE WHEN c.whole{number} = 0 THEN 0 ELSE"
        f" {whole} * c.upto{number} // c.whole{number} - {whole} * {before} // c.whole{number} END"
    )


def _rows(request: Request, columns: tuple[LedgerColumn, ...]) -> str:
    """The rows in order: conversions by time and id, interactions of each by time and id, unattributed ones last."""
    walked = "running" if request.estimated_kernels else "cumulated"
    _, source = labels_of(request, f"{walked} AS c\n  JOIN conversions AS v ON v.conversion = c.conversion")
    value = "v.amount" if request.report_type.valued else "CAST(1 AS DECIMAL(38, 6))"
    whole = f"CAST({value} * 1000000 AS HUGEINT)"
    zone, binder = request.settings.timezone, request.binder
    first = [
        "CAST(v.conversion AS VARCHAR) AS conversion_id",
        f"{local_time('v.converted_at', zone, binder)} AS converted_at",
    ]
    first.append(f"CAST({value} AS DECIMAL(38, 6)) AS value")
    keys = ["v.converted_at AS o0", "v.conversion AS o1"]

    def shown(column: LedgerColumn, expression: str) -> str:
        return f"{expression} AS {identifier(column.header)}"

    credited = [*keys, "c.step AS o2", *first]
    credited += [shown(column, _value(request, column.number)) for column in columns]
    for n, model in enumerate(request.models):
        share, credit = map(identifier, model_columns(model))
        credited.append(f"{_millionths(_part(n, str(MICRO)))} AS {share}")
        kernel = request.kernel_of(model)
        scaled = isinstance(kernel, EstimatedKernel)
        earned = state_credits.credit(request.kernels.index(kernel)) if kernel and scaled else _part(n, "c.amount")
        credited.append(f"{_millionths(earned)} AS {credit}")
    sql = f"SELECT\n  {comma(credited)}\nFROM {source}\nWHERE {shown_of(request)}"

    def empty(order: str, whole_of: dict[int, str]) -> str:
        selected = [*keys, f"{order} AS o2", *first]
        for column in columns:
            field = request.dimensions[column.number]
            own = _value(request, column.number).replace("c.", "v.") if field.of_conversion else "NULL"
            selected.append(shown(column, own))
        for n, model in enumerate(request.models):
            share, credit = map(identifier, model_columns(model))
            selected.append(f"{_millionths(whole_of.get(n, '0').format(MICRO))} AS {share}")
            selected.append(f"{_millionths(whole_of.get(n, '0').format(whole))} AS {credit}")
        return f"SELECT\n  {comma(selected)}\nFROM "

    if not request.filters_credits:
        everything = {n: "{}" for n, _ in enumerate(request.models)}
        sql += (
            f"\nUNION ALL\n{empty('0', everything)}conversions AS v\n"
            "WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = v.conversion)"
        )
        unweighed = [n for n, model in enumerate(request.models) if not (model.rest or model.mask & 9)]
        if unweighed:
            none = {n: f"CASE WHEN c.whole{n} = 0 THEN {{}} ELSE 0 END" for n in unweighed}
            sql += (
                f"\nUNION ALL\n{empty('c.step + 9000000000', none)}cumulated AS c\n"
                "  JOIN conversions AS v ON v.conversion = c.conversion\n"
                f"WHERE c.step = 1 AND ({' OR '.join(f'c.whole{n} = 0' for n in unweighed)})"
            )
    return sql


def _value(request: Request, number: int) -> str:
    """The SQL of what a row shows for a dimension: its text, a moment as local time, a number as a decimal."""
    field = request.dimensions[number]
    raw = raw_of(request, number, field)
    if field.level in ("bucket", "position"):
        return raw
    if field.kind == "timestamp":
        return local_time(raw, request.settings.timezone, request.binder)
    if field.kind == "decimal":
        return f"CAST({raw} AS DECIMAL(38, 6))"
    return f"CAST({raw} AS VARCHAR)"
