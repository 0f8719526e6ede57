"""From the credit cube to the rows of a report: every model at once, exact sums, whole millionths in the end."""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.models import POSITIONS
from attrib_cli.engine.row_names import UNATTRIBUTED
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.cube import PICO
from attrib_cli.engine.sql.labels import dimension_names, labels_of, shown_of
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.spend import with_spenders
from attrib_cli.engine.sql.whole_numbers import floor_quotient, remainder

MICRO = 10**6


def models(request: Request) -> Cte:
    """The models asked for as rows: whole-number weights of the positions and of the rest, and the decay kernel."""
    kernels = request.kernels
    rows = []
    for number, model in enumerate(request.models):
        weights, rest = model.whole_weights()
        kernel = request.kernel_of(model)
        rows.append(
            f"({number}, {request.binder.bind(model.name)}, {model.mask}, "
            + ", ".join(str(weight) for weight in (*weights, rest))
            + f", {-1 if kernel is None else kernels.index(kernel)})"
        )
    names = ", ".join(
        ["model_number", "model", "mask", *(f"{name}_weight" for name in POSITIONS), "rest_weight", "kernel"]
    )
    return Cte(
        name="models",
        grain="one row for each model asked for: what it weighs",
        sql=f"SELECT * FROM (VALUES\n  {comma(rows)}\n) AS v({names})",
    )


def labelled(request: Request) -> Cte:
    """The cells of the cube with the text that a row shows, and whether the filters on credits let them be shown."""
    labels, source = labels_of(request, "cells AS c" if request.estimated_kernels else "cube AS c")
    source, of_spender = with_spenders(request, source)
    columns = [
        "c.cell",
        "c.period",
        *labels,
        f"{shown_of(request)} AS shown",
        *of_spender,
        "c.positions_held",
        "c.pattern",
        "c.length",
    ]
    columns += ["c.interactions", "c.amount"]
    columns += ["c.state"] if request.intervals else []
    for n, _ in enumerate(request.kernels):
        columns += [f"c.earned_count{n}", f"c.earned_amount{n}"]
    return Cte(
        name="labelled",
        grain="one row for each cell of the cube, under the texts that rows show",
        materialized=True,
        sql=f"SELECT\n  {comma(columns)}\nFROM {source}\nWHERE c.cell <> 'excluded'",
    )


def weighed(request: Request, source: str) -> tuple[Cte, Cte]:
    """What the cells of `source` weigh under every model: the one place where the formula of the models stands."""
    wanted = [(i, name) for i, name in enumerate(POSITIONS) if request.positions & (1 << i)]
    holder = [f"((c.pattern // {16**i}) % 16)" for i in range(4)]
    filled = f"({' | '.join(holder)})"
    own = [f"CASE WHEN c.positions_held & {1 << i} <> 0 THEN m.{name}_weight ELSE 0 END" for i, name in wanted]
    all_of_them = [f"CASE WHEN {filled} & {1 << i} <> 0 THEN m.{name}_weight ELSE 0 END" for i, name in wanted]
    weighing = []
    for i, _ in wanted:
        earlier = [f"{holder[i]} <> {holder[j]}" for j, _ in wanted if j < i]
        weighing.append(f"CASE WHEN {' AND '.join([f'{holder[i]} & m.mask <> 0', *earlier])} THEN 1 ELSE 0 END")
    weights = Cte(
        name="weighed",
        grain="one row for each cell and model: what its interactions weigh, and how many share the rest",
        sql=f"""
SELECT c.*, m.model_number, m.rest_weight, m.kernel,
  {plus(own)} AS own_weight,
  {plus(all_of_them)} AS positions_weight,
  c.length{"".join(f" - {one}" for one in weighing)} AS rest_count
FROM {source} AS c CROSS JOIN models AS m""",
    )
    totalled = Cte(
        name="totalled",
        grain="one row for each cell and model, with the weight of the whole journey",
        sql="""
SELECT *,
  CAST(positions_weight + CASE WHEN rest_count > 0 THEN rest_weight ELSE 0 END AS HUGEINT) AS journey_weight
FROM weighed""",
    )
    return weights, totalled


def plus(terms: Sequence[str]) -> str:
    """The SQL of a sum, one term a line; 0 without any."""
    return "\n  + ".join(terms) or "0"


def credits(request: Request) -> tuple[Cte, ...]:
    """Credits by dimensions and model, in whole 10^-12 parts, and what every period has to sum to."""
    names = dimension_names(request)
    period_names = ["period", *(request.label_column(i) for i, _ in request.conversion_dimensions)]
    credit = Cte(
        name="credit",
        grain="one row for each period, dimensions, model and shown: credits in 10^-12 parts",
        sql=(
            f"SELECT {', '.join(['period', *names, *_marks(request), 'model_number'])},\n"
            f"  CAST(sum({_cell_credit(request, 'count')}) AS HUGEINT) AS counted,\n"
            f"  CAST(sum({_cell_credit(request, 'amount')}) AS HUGEINT) AS valued,\n"
            "  CAST(sum(CASE WHEN cell = 'credit' AND journey_weight > 0 AND (own_weight > 0 OR rest_weight > 0)\n"
            "    THEN interactions ELSE 0 END) AS BIGINT) AS interactions\n"
            f"FROM ({_with_unweighed(request)}) AS w\n"
            f"GROUP BY {', '.join(['period', *names, *_marks(request), 'model_number'])}"
        ),
    )
    totals = Cte(
        name="totals",
        grain="one row for each period and dimensions of the conversion: its conversions and their value in millionths",
        materialized=True,
        sql=(
            f"SELECT {', '.join(period_names)},\n"
            "  CAST(sum(conversions) AS HUGEINT) AS conversions, CAST(sum(amount) AS HUGEINT) AS amount\n"
            "FROM (\n"
            f"  SELECT {', '.join(period_names)},\n"
            "    CAST(sum(interactions) // greatest(length, 1) AS HUGEINT) AS conversions,\n"
            "    CAST(sum(amount) // greatest(length, 1) AS HUGEINT) AS amount\n"
            f"  FROM labelled GROUP BY {', '.join([*period_names, 'length'])}\n"
            f") AS s\nGROUP BY {', '.join(period_names)}"
        ),
    )
    return *weighed(request, "labelled"), credit, totals


def apportioned(request: Request) -> tuple[Cte, ...]:
    """Credits in whole millionths that sum exactly to the value of their conversions.

    Within each combination of the conversion's own dimensions every credit is cut to whole millionths, and what is
    left goes, a millionth each, to the credits that lost most (largest remainder). Estimated models are apportioned
    over the whole report: their credits sum to the value of all conversions, not to that of each.
    """
    told_apart = [*dimension_names(request), *_marks(request)]
    keys = ", ".join(["period", *told_apart, "model_number", "interactions"])
    order = ", ".join(told_apart)
    source, targets, groups, same = _groups(request)
    group = ", ".join([*groups, "model_number"])
    floors = Cte(
        name="floors",
        grain="one row for each credit, cut to whole millionths: what was cut off, and what its group is short of",
        sql=f"""
SELECT c.*,
  {floor_quotient("c.counted", MICRO)} AS counted_floor,
  {remainder("c.counted", MICRO)} AS counted_rest,
  CAST(t.conversions * {MICRO} AS HUGEINT)
    - sum({floor_quotient("c.counted", MICRO)}) OVER credit_group AS counted_short,
  {floor_quotient("c.valued", MICRO)} AS valued_floor,
  {remainder("c.valued", MICRO)} AS valued_rest,
  t.amount - sum({floor_quotient("c.valued", MICRO)}) OVER credit_group AS valued_short
FROM {source} AS c
  JOIN {targets} AS t ON {same}
WINDOW credit_group AS (PARTITION BY {", ".join(f"c.{name}" for name in [*groups, "model_number"])})""",
    )
    # count(nullif()) and no FILTER: beside an ordered window that makes DuckDB go through all rows for every row
    ranked = Cte(
        name="remainders",
        grain="one row for each credit, ranked by what was cut off, and how many credits of its group are not 0",
        sql=f"""
SELECT *,
  row_number() OVER (PARTITION BY {group}
    ORDER BY counted <> 0 DESC, counted_rest DESC, {order}) AS counted_rank,
  greatest(count(nullif(counted, 0)) OVER (PARTITION BY {group}), 1) AS counted_rows,
  row_number() OVER (PARTITION BY {group}
    ORDER BY valued <> 0 DESC, valued_rest DESC, {order}) AS valued_rank,
  greatest(count(nullif(valued, 0)) OVER (PARTITION BY {group}), 1) AS valued_rows
FROM floors""",
    )
    final = Cte(
        name="apportioned",
        grain="one row for each period, dimensions, model and shown: credits in whole millionths that sum exactly",
        sql=f"""
SELECT {keys},
  {_with_remainder("counted")} AS counted,
  {_with_remainder("valued")} AS valued
FROM remainders""",
    )
    return floors, ranked, final


def _marks(request: Request) -> list[str]:
    """The columns beside dimensions that credits are split by: whether they are shown, whose campaign has spend."""
    return ["shown", "of_spender"] if request.tells_spenders else ["shown"]


def _with_remainder(name: str) -> str:
    """The SQL of a credit with its part of what the group is short of: an equal one, and a millionth by rank."""
    short, rows = f"{name}_short", f"{name}_rows"
    return (
        f"CASE WHEN {name} = 0 THEN 0 ELSE {name}_floor + {floor_quotient(short, rows)}\n"
        f"    + CASE WHEN {name}_rank <= {remainder(short, rows)} THEN 1 ELSE 0 END END"
    )


def _groups(request: Request) -> tuple[str, str, list[str], str]:
    """Credits and what they have to sum to: both sources, the columns of the groups, and the join of c and t."""
    own = [request.label_column(i) for i, _ in request.conversion_dimensions]
    if not (request.scaled_models and own):
        groups = ["period", *own]
        return "credit", "totals", groups, " AND ".join(f"t.{name} IS NOT DISTINCT FROM c.{name}" for name in groups)
    numbers = ", ".join(map(str, request.scaled_models))
    groups = ["period", *(f"{name}_group" for name in own)]
    of_credit = ", ".join(
        f"CASE WHEN model_number IN ({numbers}) THEN '' ELSE {name} END AS {name}_group" for name in own
    )
    of_each = ", ".join(f"{name} AS {name}_group" for name in own)
    of_all = ", ".join("''" for _ in own)
    targets = f"""(
    SELECT period, {of_each}, conversions, amount, false AS scaled FROM totals
    UNION ALL
    SELECT period, {of_all}, CAST(sum(conversions) AS HUGEINT), CAST(sum(amount) AS HUGEINT), true
    FROM totals GROUP BY period
  )"""
    same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM c.{name}" for name in groups)
    return (
        f"(SELECT *, {of_credit} FROM credit)",
        targets,
        groups,
        f"{same} AND t.scaled = (c.model_number IN ({numbers}))",
    )


def _cell_credit(request: Request, measure: str) -> str:
    unit = PICO if measure == "count" else PICO // MICRO
    value = f"CAST({'interactions' if measure == 'count' else 'amount'} AS HUGEINT) * {unit}"
    equal = f"{value} * rest_weight // (journey_weight * rest_count)"
    of_kernel = [f"earned_{measure}{n} * rest_weight // journey_weight" for n, _ in enumerate(request.kernels)]
    cases = " ".join(f"WHEN {n} THEN {earned}" for n, earned in enumerate(of_kernel))
    kernel = f"CASE kernel {cases} ELSE {equal} END" if cases else equal
    own = " ".join(f"WHEN {n} THEN earned_{measure}{n}" for n in request.estimated_kernels)
    modelled = f" WHEN cell = 'modelled' THEN CASE kernel {own} ELSE 0 END" if own else ""
    return (
        f"CASE WHEN cell = 'unattributed' THEN {value}{modelled} WHEN journey_weight = 0 THEN 0"
        f" WHEN own_weight > 0 THEN {value} * own_weight // journey_weight"
        f" WHEN rest_weight = 0 OR rest_count = 0 THEN 0 ELSE {kernel} END"
    )


def _with_unweighed(request: Request) -> str:
    """The weighed cells; journeys to which a model gives no weight at all join the unattributed conversions."""
    if all(model.rest or model.mask & 9 for model in request.models):
        return "SELECT * FROM totalled"
    own = {i for i, _ in request.conversion_dimensions}
    labels = [
        request.label_column(i) if i in own else f"'{UNATTRIBUTED}' AS {request.label_column(i)}"
        for i, _ in enumerate(request.dimensions)
    ]
    hidden = "false" if request.filters_credits else "true"
    zeros = [f"0 AS earned_{what}{n}" for n, _ in enumerate(request.kernels) for what in ("count", "amount")]
    grouped = ["period", *(request.label_column(i) for i in sorted(own)), "pattern", "length", "model_number"]
    columns = [
        "'unattributed' AS cell",
        "period",
        *labels,
        f"{hidden} AS shown",
        *(["false AS of_spender"] if request.tells_spenders else []),
        "0 AS positions_held",
        "pattern",
        "length",
    ]
    columns += ["CAST(sum(interactions) // length AS HUGEINT)", "CAST(sum(amount) // length AS HUGEINT)", *zeros]
    columns += [
        "model_number",
        "0 AS rest_weight",
        "-1 AS kernel",
        "0 AS own_weight",
        "0 AS positions_weight",
        "0 AS rest_count",
        "1 AS journey_weight",
    ]
    return (
        f"SELECT * FROM totalled\nUNION ALL\nSELECT {', '.join(columns)}\nFROM totalled\n"
        f"WHERE cell = 'credit' AND journey_weight = 0\nGROUP BY {', '.join(grouped)}"
    )
