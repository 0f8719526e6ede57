"""From the credit cube to the rows of a report: every model at once, exact sums, whole millionths in the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from attrib_cli.engine.models import POSITIONS, SAME, SHOWN_POSITIONS
from attrib_cli.engine.row_names import UNATTRIBUTED
from attrib_cli.engine.sql import key_positions
from attrib_cli.engine.sql.campaigns import parts_of
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.labels import dimension_names, labels_of, shown_of
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.spend import with_spenders
from attrib_cli.engine.sql.whole_numbers import MICRO, PICO, remainder


def models(request: Request) -> Cte:
    """The models asked for as rows: whole-number weights of the positions and of the rest, and the decay kernel."""
    rows = []
    positions = POSITIONS if request.positions & SAME else SHOWN_POSITIONS
    for number, model in enumerate(request.models):
        every, rest = model.whole_weights()
        weights = every[: len(positions)]
        kernel = request.kernel_of(model)
        spread = "equal" if kernel is None else request.kernel_names[request.kernels.index(kernel)]
        listed = ", ".join(map(str, (*weights, rest)))
        rows.append(f"({number}, {request.binder.bind(model.name)}, {listed}, '{spread}')")
    names = ", ".join(["model_number", "model", *(f"{name}_weight" for name in positions), "rest_weight", "kernel"])
    return Cte(
        name="models",
        grain="one row for each model asked for: what it weighs, and how the rest is spread (kernel)",
        sql=f"""
SELECT *
FROM (VALUES
  {comma(rows)}
) AS v({names})""",
    )


def labelled(request: Request, *, source: str | None = None, keys: Sequence[str] = ()) -> Cte:
    """The cells of the cube with the text that a row shows, and whether the filters on credits let them be shown.

    `source` are other cells than those of the cube, under the alias c, which have further `keys`.
    """
    cells = source or ("cells AS c" if request.estimated_kernels else "cube AS c")
    if request.splits_cells:
        cells = f"(SELECT row_number() OVER () AS cell_number, c.* FROM {cells}) AS c"
    labels, source = labels_of(request, cells)
    source, of_spender = with_spenders(request, source)
    columns = [*labels, f"{shown_of(request)} AS shown", *of_spender, *key_positions.unpacked(request, "c")]
    columns += ["c.length", "c.interactions", "c.amount"]
    columns += ["c.state"] if request.states_drawn else []
    columns += [f"c.{key}" for key in keys]
    columns += [f"c.{name}" for n, _ in enumerate(request.kernels) for name in request.earned_columns(n)]
    columns += [f"{parts_of()} AS of_parts", "count(*) AS parts", "c.cell_number"] if request.splits_cells else []
    select = f"""
SELECT
  c.cell,
  c.period,
  {comma(columns)}
FROM {source}
WHERE c.cell <> 'excluded'"""
    grain = "one row for each cell of the cube, under the texts that rows show"
    if request.splits_cells:
        grain += ", and for each text that its campaigns have: `parts` of `of_parts` campaigns have it"
        select = _split(request, select)
    return Cte(name="labelled", grain=grain, materialized=True, sql=select)


def _split(request: Request, cells: str) -> str:
    """The SELECT of cells that are split between campaigns, from one of a row for each of these.

    An interaction counts once in a row (``once_in_row``) and once in all of them (``once_in_all``).
    """
    names = dimension_names(request)
    marks = _marks(request)[1:]
    in_row = ", ".join(["cell_number", *names, "shown"])
    in_all = ", ".join(["shown DESC", *names, *marks])
    once = f"row_number() OVER (PARTITION BY {in_row} ORDER BY {', '.join(marks)}) = 1" if marks else "true"
    return f"""
SELECT
  * EXCLUDE (cell_number),
  {once} AS once_in_row,
  row_number() OVER (PARTITION BY cell_number ORDER BY {in_all}) = 1 AS once_in_all
FROM ({cells}
GROUP BY ALL
) AS c"""


def weighed(request: Request, source: str) -> tuple[Cte, Cte]:
    """What the cells of `source` weigh under every model: the one place where the formula of the models stands."""
    wanted = key_positions.wanted(request)
    own = [f"CASE WHEN c.is_{POSITIONS[i]} THEN m.{POSITIONS[i]}_weight ELSE 0 END" for i in wanted]
    of_all, holders = [], []
    for i in wanted:
        name = POSITIONS[i]
        missing = name not in key_positions.ALWAYS
        of_all.append(f"CASE WHEN c.has_{name} THEN m.{name}_weight ELSE 0 END" if missing else f"m.{name}_weight")
        counted = [f"c.has_{name}"] if missing else []
        counted.append(f"m.{name}_weight > 0")
        counted += [
            f"NOT (c.{key_positions.coincide(j, i)} AND m.{POSITIONS[j]}_weight > 0)"
            for j, other in combinations(wanted, 2)
            if other == i
        ]
        holders.append(f"CASE WHEN {' AND '.join(counted)} THEN 1 ELSE 0 END")
    weights = Cte(
        name="weights",
        grain="one row for each cell and model: the weight of an interaction's own positions, of all of the journey's,"
        " and how many share the rest",
        sql=f"""
SELECT
  c.*,
  m.model_number,
  m.rest_weight,
  m.kernel,
  {plus(own)} AS own_weight,
  {plus(of_all)} AS positions_weight,
  c.length{minus(holders)} AS rest_count
FROM {source} AS c
  CROSS JOIN models AS m""",
    )
    totalled = Cte(
        name="weighed",
        grain="one row for each cell and model, with the weight of the whole journey",
        sql="""
SELECT
  *,
  CAST(positions_weight + CASE WHEN rest_count > 0 THEN rest_weight ELSE 0 END AS HUGEINT) AS journey_weight
FROM weights""",
    )
    return weights, totalled


def plus(terms: Sequence[str]) -> str:
    """The SQL of a sum, one term a line; 0 without any."""
    return "\n    + ".join(terms) or "0"


def minus(terms: Sequence[str]) -> str:
    """The SQL of what is taken off a number, one term a line; empty without any."""
    return "".join(f"\n    - {term}" for term in terms)


def fractions(request: Request, *, keys: Sequence[str] = ()) -> tuple[Cte, ...]:
    """What part of its conversions' value each cell earns under each model: `weight` of `whole`.

    The value is that of the interactions' conversions, or what they earn under the model's kernel. `keys` are further
    ones that the cells have.
    """
    source, unweighed = "weighed", _without_weight(request, keys)
    if unweighed:
        source = "weighed_and_not"
    columns = [request.earned_columns(n) for n, _ in enumerate(request.kernels)]
    conversions = _value_of(request, f"CAST(interactions AS HUGEINT) * {PICO}", [count for count, _ in columns])
    amount = _value_of(request, f"CAST(amount AS HUGEINT) * {PICO // MICRO}", [value for _, value in columns])
    return (
        *unweighed,
        Cte(
            name="fractions",
            grain="one row for each cell and model: what its interactions earn, as a fraction of these values",
            sql=f"""
SELECT
  *,
  {conversions} AS conversions_value,
  {amount} AS amount_value,
  CASE WHEN cell <> 'credit' THEN 1
    WHEN journey_weight = 0 THEN 0
    WHEN own_weight > 0 THEN own_weight
    WHEN rest_count = 0 THEN 0
    ELSE rest_weight END{" * parts" if request.splits_cells else ""} AS weight,
  CASE WHEN cell <> 'credit' OR journey_weight = 0 THEN 1
    WHEN own_weight > 0 OR kernel <> 'equal' THEN journey_weight
    ELSE journey_weight * greatest(rest_count, 1) END{" * of_parts" if request.splits_cells else ""} AS whole
FROM {source}""",
        ),
    )


def _value_of(request: Request, value: str, earned: Sequence[str]) -> str:
    """The SQL of what a cell earns a fraction of: its `value`, or what its interactions earned under the kernel."""
    if not earned:
        return value
    cases = "".join(
        f"\n      WHEN '{name}' THEN {column}" for name, column in zip(request.kernel_names, earned, strict=True)
    )
    return f"""CASE WHEN cell = 'unattributed' OR own_weight > 0 THEN {value}
    ELSE CASE kernel{cases}
      ELSE {value} END END"""


def _without_weight(request: Request, keys: Sequence[str]) -> tuple[Cte, ...]:
    """The weighed cells, and journeys to which a model gives no weight at all as unattributed; empty where none can."""
    if all(model.weighs_all for model in request.models):
        return ()
    own = {i for i, _ in request.conversion_dimensions}
    labels = [
        request.label_column(i) if i in own else f"'{UNATTRIBUTED}' AS {request.label_column(i)}"
        for i, _ in enumerate(request.dimensions)
    ]
    columns = [*labels, f"{'false' if request.filters_credits else 'true'} AS shown"]
    columns += ["false AS of_spender"] if request.tells_spenders else []
    once = ""
    if request.splits_cells:
        columns += ["1 AS of_parts", "1 AS parts", "true AS once_in_row", "true AS once_in_all"]
        once = " AND once_in_all"
    journey = [name for name in key_positions.plain_columns(request) if not name.startswith("is_")]
    grouped = ["period", *(request.label_column(i) for i in sorted(own)), *journey, "length", "model_number", *keys]
    return (
        Cte(
            name="weighed_and_not",
            grain="one row for each cell and model; journeys that a model gives no weight are unattributed under it",
            sql=f"""
SELECT * FROM weighed
UNION ALL BY NAME
SELECT
  'unattributed' AS cell,
  period,
  {comma(columns)},
  length,
  CAST(sum(interactions) // length AS HUGEINT) AS interactions,
  CAST(sum(amount) // length AS HUGEINT) AS amount,
  {comma(["model_number", *keys])}
FROM weighed
WHERE cell = 'credit' AND journey_weight = 0{once}
GROUP BY {", ".join(grouped)}""",
        ),
    )


def credits(request: Request) -> tuple[Cte, ...]:
    """Credits by dimensions and model, in whole 10^-12 parts, and what every period has to sum to."""
    names = dimension_names(request)
    groups = ", ".join(["period", *names, *_marks(request), "model_number"])
    periods = ", ".join(["period", *(request.label_column(i) for i, _ in request.conversion_dimensions)])
    interactions = [_interactions(request, "once_in_row") + " AS interactions"]
    if request.splits_cells:
        interactions.append(_interactions(request, "once_in_all") + " AS interactions_once")
    once = "\nWHERE once_in_all" if request.splits_cells else ""
    credit = Cte(
        name="credit",
        grain="one row for each period, dimensions, model and shown: credits in 10^-12 parts",
        sql=f"""
SELECT
  {groups},
  CAST(sum(conversions_value * weight // whole) AS HUGEINT) AS credited_conversions,
  CAST(sum(amount_value * weight // whole) AS HUGEINT) AS credited_amount,
  {comma(interactions)}
FROM fractions
GROUP BY {groups}""",
    )
    by_length = Cte(
        name="totals_by_length",
        grain="one row for each period, dimensions of the conversion and length of journeys: each journey once",
        sql=f"""
SELECT
  {periods},
  CAST(sum(interactions) // greatest(length, 1) AS HUGEINT) AS conversions,
  CAST(sum(amount) // greatest(length, 1) AS HUGEINT) AS amount
FROM labelled{once}
GROUP BY {periods}, length""",
    )
    totals = Cte(
        name="totals",
        grain="one row for each period and dimensions of the conversion: its conversions and their value in millionths",
        materialized=True,
        sql=f"""
SELECT
  {periods},
  CAST(sum(conversions) AS HUGEINT) AS conversions,
  CAST(sum(amount) AS HUGEINT) AS amount
FROM totals_by_length
GROUP BY {periods}""",
    )
    return *weighed(request, "labelled"), *fractions(request), credit, by_length, totals


def _interactions(request: Request, once: str) -> str:
    """The SQL of how many interactions earn credit, of cells that are split `once` each."""
    condition = "cell = 'credit' AND weight > 0" + (f" AND {once}" if request.splits_cells else "")
    return f"CAST(sum(CASE WHEN {condition} THEN interactions ELSE 0 END) AS BIGINT)"


def apportioned(request: Request) -> tuple[Cte, ...]:
    """Credits in whole millionths that sum exactly to the value of their conversions.

    Within each combination of the conversion's own dimensions every credit is cut to whole millionths, and what is
    left goes, a millionth each, to the credits that lost most (largest remainder). Estimated models are apportioned
    over the whole report: their credits sum to the value of all conversions, not to that of each.
    """
    told_apart = [*dimension_names(request), *_marks(request)]
    order = ", ".join(told_apart)
    grouped, source, targets, groups, same = _groups(request)
    group = ", ".join([*groups, "model_number"])
    own_group = ", ".join(f"c.{name}" for name in [*groups, "model_number"])
    floors = Cte(
        name="floors",
        grain="one row for each credit, cut to whole millionths: what was cut off, and what its group is short of",
        sql=f"""
SELECT
  c.*,
  {remainder("c.credited_conversions", MICRO)} AS conversions_rest,
  (c.credited_conversions - conversions_rest) // {MICRO} AS conversions_floor,
  CAST(t.conversions * {MICRO} AS HUGEINT) - sum(conversions_floor) OVER credit_group AS conversions_short,
  {remainder("c.credited_amount", MICRO)} AS amount_rest,
  (c.credited_amount - amount_rest) // {MICRO} AS amount_floor,
  t.amount - sum(amount_floor) OVER credit_group AS amount_short
FROM {source} AS c
  JOIN {targets} AS t ON {same}
WINDOW credit_group AS (PARTITION BY {own_group})""",
    )
    # count(nullif()) and no FILTER: beside an ordered window that makes DuckDB go through all rows for every row
    ranked = Cte(
        name="remainders",
        grain="one row for each credit, ranked by what was cut off, and how many credits of its group are not 0",
        sql=f"""
SELECT
  *,
  row_number() OVER (PARTITION BY {group}
    ORDER BY credited_conversions <> 0 DESC, conversions_rest DESC, {order}) AS conversions_rank,
  greatest(count(nullif(credited_conversions, 0)) OVER (PARTITION BY {group}), 1) AS conversions_rows,
  row_number() OVER (PARTITION BY {group}
    ORDER BY credited_amount <> 0 DESC, amount_rest DESC, {order}) AS amount_rank,
  greatest(count(nullif(credited_amount, 0)) OVER (PARTITION BY {group}), 1) AS amount_rows
FROM floors""",
    )
    left = Cte(
        name="leftovers",
        grain="one row for each credit: how many of its group get a millionth more than an equal part of what is short",
        sql=f"""
SELECT
  *,
  {remainder("conversions_short", "conversions_rows")} AS conversions_left,
  {remainder("amount_short", "amount_rows")} AS amount_left
FROM remainders""",
    )
    counts = ["interactions", *(["interactions_once"] if request.splits_cells else [])]
    final = Cte(
        name="apportioned",
        materialized=True,
        grain="one row for each period, dimensions, model and shown: credits in whole millionths that sum exactly",
        sql=f"""
SELECT
  {comma(["period", *told_apart, "model_number", *counts])},
  {_with_remainder("conversions")} AS credited_conversions,
  {_with_remainder("amount")} AS credited_amount
FROM leftovers""",
    )
    return *grouped, floors, ranked, left, final


def _marks(request: Request) -> list[str]:
    """The columns beside dimensions that credits are split by: whether they are shown, whose campaign has spend."""
    return ["shown", "of_spender"] if request.tells_spenders else ["shown"]


def _with_remainder(name: str) -> str:
    """The SQL of a credit with its part of what the group is short of: an equal one, and a millionth by rank."""
    return f"""CASE WHEN credited_{name} = 0 THEN 0
    ELSE {name}_floor + ({name}_short - {name}_left) // {name}_rows
      + CASE WHEN {name}_rank <= {name}_left THEN 1 ELSE 0 END END"""


def _groups(request: Request) -> tuple[tuple[Cte, ...], str, str, list[str], str]:
    """Credits and what they have to sum to: further tables, the names of both, the groups, and the join of c and t."""
    own = [request.label_column(i) for i, _ in request.conversion_dimensions]
    if not (request.scaled_models and own):
        groups = ["period", *own]
        same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM c.{name}" for name in groups)
        return (), "credit", "totals", groups, same
    scaled = f"model_number IN ({', '.join(map(str, request.scaled_models))})"
    groups = ["period", *(f"{name}_group" for name in own), "scaled"]
    credit = Cte(
        name="grouped_credit",
        grain="one row for each credit, with its group: estimated models are apportioned over the whole report",
        sql=f"""
SELECT
  *,
  {comma(f"CASE WHEN {scaled} THEN '' ELSE {name} END AS {name}_group" for name in own)},
  {scaled} AS scaled
FROM credit""",
    )
    totals = Cte(
        name="group_totals",
        grain="one row for each group of credits: what they have to sum to",
        sql=f"""
SELECT
  period,
  {comma(f"{name} AS {name}_group" for name in own)},
  false AS scaled,
  conversions,
  amount
FROM totals
UNION ALL
SELECT
  period,
  {comma(f"'' AS {name}_group" for name in own)},
  true AS scaled,
  CAST(sum(conversions) AS HUGEINT) AS conversions,
  CAST(sum(amount) AS HUGEINT) AS amount
FROM totals
GROUP BY period""",
    )
    same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM c.{name}" for name in groups)
    return (credit, totals), "grouped_credit", "group_totals", groups, same
