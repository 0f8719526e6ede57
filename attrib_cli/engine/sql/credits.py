"""From the credit cube to the rows of a report: every model at once, exact sums, whole millionths in the end."""

from __future__ import annotations

from attrib_cli.engine.models import POSITIONS
from attrib_cli.engine.row_names import UNATTRIBUTED
from attrib_cli.engine.sql import spend
from attrib_cli.engine.sql.cte import Part, comma
from attrib_cli.engine.sql.cube import PICO
from attrib_cli.engine.sql.labels import dimension_names, labels_of, shown_of
from attrib_cli.engine.sql.resolved import Request

MICRO = 10**6


def models(request: Request) -> Part:
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
    names = ", ".join(["number", "model", "mask", *(f"w_{name}" for name in POSITIONS), "rest", "kernel"])
    return Part(
        name="models",
        grain="one row for each model asked for: what it weighs",
        sql=f"SELECT * FROM (VALUES\n  {comma(rows)}\n) AS v({names})",
    )


def labelled(request: Request) -> Part:
    """The cells of the cube with the text that a row shows, and whether the filters on credits let them be shown."""
    labels, source = labels_of(request, "cells AS c" if request.estimated_kernels else "cube AS c")
    source, of_spender = spend.with_spenders(request, source)
    columns = ["c.cell", "c.period", *labels, f"{shown_of(request)} AS shown", *of_spender]
    columns += ["c.held", "c.pattern", "c.length"]
    columns += ["c.interactions", "c.amount"]
    columns += ["c.state"] if request.intervals else []
    for n, _ in enumerate(request.kernels):
        columns += [f"c.earned_count{n}", f"c.earned_amount{n}"]
    return Part(
        name="labelled",
        grain="the cells of the cube under the texts that rows show",
        materialized=True,
        sql=f"SELECT\n  {comma(columns)}\nFROM {source}\nWHERE c.cell <> 'excluded'",
    )


def weighed(request: Request, source: str) -> tuple[Part, Part]:
    """What the cells of `source` weigh under every model: the one place where the formula of the models stands."""
    present = [
        "CASE WHEN {bits} & {bit} <> 0 THEN m.w_{name} ELSE 0 END".format(
            bits="(c.pattern | (c.pattern // 16) | (c.pattern // 256) | (c.pattern // 4096))", bit=1 << i, name=name
        )
        for i, name in enumerate(POSITIONS)
        if request.positions & (1 << i)
    ]
    holder = [f"((c.pattern // {16**i}) % 16)" for i in range(4)]
    keyed = []
    for i in range(4):
        if not request.positions & (1 << i):
            continue
        earlier = [f"{holder[i]} <> {holder[j]}" for j in range(i) if request.positions & (1 << j)]
        keyed.append(f"CASE WHEN {' AND '.join([f'{holder[i]} & m.mask <> 0', *earlier])} THEN 1 ELSE 0 END")
    held = [
        f"CASE WHEN c.held & {1 << i} <> 0 THEN m.w_{name} ELSE 0 END"
        for i, name in enumerate(POSITIONS)
        if request.positions & (1 << i)
    ]
    weights = Part(
        name="weighed",
        grain="one row for each cell and model: the cell's own weight, its journey's weight, how many share the rest",
        sql=(
            "SELECT c.*, m.number, m.rest, m.kernel,\n"
            f"  {' + '.join(held) or '0'} AS own,\n"
            f"  {' + '.join(present) or '0'} AS keys_weight,\n"
            f"  c.length - ({' + '.join(keyed) or '0'}) AS others\n"
            f"FROM {source} AS c CROSS JOIN models AS m"
        ),
    )
    totalled = Part(
        name="totalled",
        grain="the same with the weight of the whole journey",
        sql=(
            "SELECT *, CAST(keys_weight + CASE WHEN others > 0 THEN rest ELSE 0 END AS HUGEINT) AS whole\nFROM weighed"
        ),
    )
    return weights, totalled


def credits(request: Request) -> tuple[Part, ...]:
    """Credits by dimensions and model, in whole 10^-12 parts, and what every period has to sum to."""
    names = dimension_names(request)
    period_names = ["period", *(f"x{i}" for i, _ in request.conversion_dimensions)]
    credit = Part(
        name="credit",
        grain="one row for each period, dimensions, model and shown: credits in 10^-12 parts",
        sql=(
            f"SELECT {', '.join(['period', *names, *_marks(request), 'number'])},\n"
            f"  CAST(sum({_cell_credit(request, 'count')}) AS HUGEINT) AS counted,\n"
            f"  CAST(sum({_cell_credit(request, 'amount')}) AS HUGEINT) AS valued,\n"
            "  CAST(sum(CASE WHEN cell = 'credit' AND whole > 0 AND (own > 0 OR rest > 0)\n"
            "    THEN interactions ELSE 0 END) AS BIGINT) AS interactions\n"
            f"FROM ({_with_unweighed(request)}) AS w\n"
            f"GROUP BY {', '.join(['period', *names, *_marks(request), 'number'])}"
        ),
    )
    totals = Part(
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


def apportioned(request: Request) -> tuple[Part, ...]:
    """Credits in whole millionths that sum exactly to the value of their conversions.

    Within each combination of the conversion's own dimensions every credit is cut to whole millionths, and what is
    left goes, a millionth each, to the credits that lost most (largest remainder).
    """
    names = dimension_names(request)
    own = [f"x{i}" for i, _ in request.conversion_dimensions]
    groups = ["period", *(f"g{name}" if request.scaled_models else name for name in own)]
    cut = "({0} - (({0} % {1}) + {1}) % {1}) // {1}"
    rest = "(({0} % {1}) + {1}) % {1}"
    join = " AND ".join(f"t.{name} IS NOT DISTINCT FROM c.{name}" for name in groups)
    source, targets = "credit", "totals"
    if request.scaled_models and own:
        numbers = ", ".join(map(str, request.scaled_models))
        whole = [f"CASE WHEN number IN ({numbers}) THEN '' ELSE {name} END AS g{name}" for name in own]
        source = f"(SELECT *, {', '.join(whole)} FROM credit)"
        of_each = ", ".join(f"{name} AS g{name}" for name in own)
        of_all = ", ".join("''" for _ in own)
        targets = (
            f"(SELECT period, {of_each}, conversions, amount, false AS scaled FROM totals\n  UNION ALL"
            f" SELECT period, {of_all}, CAST(sum(conversions) AS HUGEINT), CAST(sum(amount) AS HUGEINT), true\n"
            "  FROM totals GROUP BY period)"
        )
        join += f" AND t.scaled = (c.number IN ({numbers}))"
    floors = Part(
        name="floors",
        grain="the same cut to whole millionths, with what was cut off and what the group is short of",
        sql=(
            f"SELECT c.*, {', '.join(_floor(name, target, cut, rest, groups) for name, target in _VALUES)}\n"
            f"FROM {source} AS c JOIN {targets} AS t ON {join}"
        ),
    )
    marks = _marks(request)
    order = ", ".join([*names, *marks])
    # count(nullif()) and no FILTER: beside an ordered window that makes DuckDB go through all rows for every row
    ranks = ",\n  ".join(
        f"row_number() OVER (PARTITION BY {', '.join([*groups, 'number'])}\n"
        f"    ORDER BY {name} <> 0 DESC, {name}_rest DESC, {order}) AS {name}_rank,\n"
        f"  greatest(count(nullif({name}, 0)) OVER (PARTITION BY {', '.join([*groups, 'number'])}), 1)"
        f" AS {name}_rows"
        for name, _ in _VALUES
    )
    ranked = Part(
        name="remainders", grain="the same in order of what was cut off", sql=f"SELECT *,\n  {ranks}\nFROM floors"
    )
    columns = ", ".join(
        f"CASE WHEN {name} = 0 THEN 0 ELSE {name}_floor"
        f" + {cut.format(f'{name}_short', f'{name}_rows')}"
        f" + CASE WHEN {name}_rank <= {rest.format(f'{name}_short', f'{name}_rows')} THEN 1 ELSE 0 END END AS {name}"
        for name, _ in _VALUES
    )
    final = Part(
        name="apportioned",
        grain="one row for each period, dimensions, model and shown: credits in whole millionths that sum exactly",
        sql=f"SELECT {', '.join(['period', *names, *marks, 'number', 'interactions'])},\n  {columns}\nFROM remainders",
    )
    return floors, ranked, final


def _marks(request: Request) -> list[str]:
    """The columns beside dimensions that credits are split by: whether they are shown, whose campaign has spend."""
    return ["shown", "of_spender"] if request.tells_spenders else ["shown"]


_VALUES = (("counted", "conversions"), ("valued", "amount"))


def _floor(name: str, target: str, cut: str, rest: str, groups: list[str]) -> str:
    partition = ", ".join(f"c.{group}" for group in [*groups, "number"])
    column = f"c.{name}"
    micros = f"CAST(t.conversions * {MICRO} AS HUGEINT)" if target == "conversions" else "t.amount"
    return (
        f"\n  {cut.format(column, MICRO)} AS {name}_floor,\n  {rest.format(column, MICRO)} AS {name}_rest,\n"
        f"  CAST({micros} - sum({cut.format(column, MICRO)}) OVER (PARTITION BY {partition})"
        f" AS HUGEINT) AS {name}_short"
    )


def _cell_credit(request: Request, measure: str) -> str:
    unit = PICO if measure == "count" else PICO // MICRO
    value = f"CAST({'interactions' if measure == 'count' else 'amount'} AS HUGEINT) * {unit}"
    by_kernel = " ".join(f"WHEN {n} THEN earned_{measure}{n} * rest // whole" for n, _ in enumerate(request.kernels))
    kernel = (
        f"CASE kernel {by_kernel} ELSE {value} * rest // (whole * others) END"
        if by_kernel
        else (f"{value} * rest // (whole * others)")
    )
    own = " ".join(f"WHEN {n} THEN earned_{measure}{n}" for n in request.estimated_kernels)
    modelled = f" WHEN cell = 'modelled' THEN CASE kernel {own} ELSE 0 END" if own else ""
    return (
        f"CASE WHEN cell = 'unattributed' THEN {value}{modelled} WHEN whole = 0 THEN 0"
        f" WHEN own > 0 THEN {value} * own // whole WHEN rest = 0 OR others = 0 THEN 0 ELSE {kernel} END"
    )


def _with_unweighed(request: Request) -> str:
    """The weighed cells; journeys to which a model gives no weight at all join the unattributed conversions."""
    if all(model.rest or model.mask & 9 for model in request.models):
        return "SELECT * FROM totalled"
    own = {i for i, _ in request.conversion_dimensions}
    labels = [f"x{i}" if i in own else f"'{UNATTRIBUTED}' AS x{i}" for i, _ in enumerate(request.dimensions)]
    hidden = "false" if request.filters_credits else "true"
    zeros = [f"0 AS earned_{what}{n}" for n, _ in enumerate(request.kernels) for what in ("count", "amount")]
    grouped = ["period", *(f"x{i}" for i in sorted(own)), "pattern", "length", "number"]
    columns = ["'unattributed' AS cell", "period", *labels, f"{hidden} AS shown"]
    columns += ["false AS of_spender"] if request.tells_spenders else []
    columns += ["0 AS held", "pattern", "length"]
    columns += ["CAST(sum(interactions) // length AS HUGEINT)", "CAST(sum(amount) // length AS HUGEINT)", *zeros]
    columns += ["number", "0 AS rest", "-1 AS kernel", "0 AS own", "0 AS keys_weight", "0 AS others", "1 AS whole"]
    return (
        f"SELECT * FROM totalled\nUNION ALL\nSELECT {', '.join(columns)}\nFROM totalled\n"
        f"WHERE cell = 'credit' AND whole = 0\nGROUP BY {', '.join(grouped)}"
    )
