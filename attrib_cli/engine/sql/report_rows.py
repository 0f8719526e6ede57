"""The rows of the report: measures of every combination and model, compared, sorted, cut, with totals."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.measures import RELATIVE, Measure, Sums
from attrib_cli.engine.row_names import OTHER, UNATTRIBUTED
from attrib_cli.engine.sql.buckets import bucket_order
from attrib_cli.engine.sql.changes import change_of, ratio_of
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.intervals import intervals, row_draws
from attrib_cli.engine.sql.labels import dimension_names, reserved_names
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.whole_numbers import MICRO


def lines(request: Request) -> tuple[Cte, ...]:
    """Everything that measures are made of, one row for each period, combination of dimensions and model."""
    names = dimension_names(request)
    keys = ["period", *names]
    sources = {measure.source for measure in request.measures}
    listed = ", ".join(keys)
    combinations = [
        f"""
SELECT {listed}
FROM apportioned
WHERE shown AND (interactions > 0 OR credited_conversions <> 0 OR credited_amount <> 0)"""
    ]
    combinations += [f"\nSELECT {listed}\nFROM spent"] if "spend" in sources else []
    combinations += [f"\nSELECT {listed}\nFROM performed"] if request.performed else []
    credited = ["credited_conversions", "credited_amount", *_counts(request)]
    credits = "apportioned"
    if request.tells_spenders:
        credited += ["conversions_of_spenders", "amount_of_spenders"]
        credits = "credits_of_rows"
    columns = [f"{_credited(request, name)} AS {name}" for name in credited]
    joins = ""
    if _differs(request):
        columns += [f"coalesce(o.{name}, 0) AS {of_first}" for name, of_first in _OF_FIRST.items()]
        joins += f"\n  LEFT JOIN {credits} AS o ON o.shown AND o.model_number = 0 AND {_same('o', keys)}"
    if "touched" in sources:
        columns += ["coalesce(t.conversions, 0) AS conversions_touched", "coalesce(t.amount, 0) AS amount_touched"]
    if request.models_of_rows:
        joins += f"\n  LEFT JOIN unattributed AS u ON {_same('u', keys)}"
    if request.counts_touched:
        joins += f"\n  LEFT JOIN touched AS t ON t.model_number = m.model_number AND {_same('t', keys)}"
    if "spend" in sources:
        columns += ["s.spend", "s.budget"]
        joins += f"\n  LEFT JOIN spent AS s ON {_same('s', keys)}"
    if request.performed:
        columns += [f"coalesce(f.{name}, 0) AS {name}" for name in request.performed]
        joins += f"\n  LEFT JOIN performed AS f ON {_same('f', keys)}"
    return (
        *(_credits_of_rows(request, keys) if request.tells_spenders else ()),
        *((_unattributed(keys),) if request.models_of_rows else ()),
        Cte(
            name="combinations",
            grain="one row for each period and dimensions that the report has a row for",
            sql=_distinct(listed, combinations),
        ),
        Cte(
            name="lines",
            grain="one row for each period, dimensions and model: what the measures are made of, in millionths",
            materialized=True,
            sql=f"""
SELECT
  {comma(f"b.{key}" for key in keys)},
  m.model_number,
  {comma(columns)}
FROM combinations AS b
  CROSS JOIN models AS m
  LEFT JOIN {credits} AS a ON a.shown AND a.model_number = m.model_number AND {_same("a", keys)}{joins}""",
        ),
    )


def _credited(request: Request, name: str) -> str:
    """The SQL of what a row b is credited with under model m: under one of rows, whole conversions, each once."""
    credit = f"coalesce(a.{name}, 0)"
    whole = {"credited_conversions": f"conversions * {MICRO}", "credited_amount": "amount"}.get(name)
    if whole is None or not request.models_of_rows:
        return credit
    touched = f"CAST(coalesce(t.{whole}, 0) + coalesce(u.{name}, 0) AS HUGEINT)"
    return f"CASE WHEN {_of_rows(request, 'm.model_number')} THEN {touched} ELSE {credit} END"


def _of_rows(request: Request, number: str) -> str:
    """The SQL of whether the model of this number credits rows with whole conversions, so that rows do not sum."""
    return f"{number} IN ({', '.join(map(str, request.models_of_rows))})"


def _unattributed(keys: list[str]) -> Cte:
    """The conversions in a row that no interaction leads to."""
    return Cte(
        name="unattributed",
        grain="one row for each period and dimensions: its conversions without interactions, in millionths",
        sql=f"""
SELECT
  {comma(keys)},
  CAST(sum(interactions) * {MICRO} AS HUGEINT) AS credited_conversions,
  CAST(sum(amount) AS HUGEINT) AS credited_amount
FROM labelled
WHERE cell = 'unattributed'
  AND shown
GROUP BY {", ".join(keys)}""",
    )


def _counts(request: Request) -> list[str]:
    """The columns of interactions: of a row, and of it those that no earlier row has, where some stand in several."""
    return ["interactions", *(["interactions_once"] if request.splits_cells else [])]


def _distinct(columns: str, selects: Sequence[str]) -> str:
    """The SELECT of the distinct rows of all `selects`."""
    union = textwrap.indent("\nUNION ALL".join(selects), "  ")
    return f"""
SELECT DISTINCT {columns}
FROM ({union}
) AS u"""


def _credits_of_rows(request: Request, keys: list[str]) -> tuple[Cte, ...]:
    """Credits by row and model, and those of campaigns with spend among them."""
    groups = [*keys, "model_number"]
    return (
        Cte(
            name="credits_of_rows",
            grain="one row for each period, dimensions and model: credits, and those of campaigns with spend",
            sql=f"""
SELECT
  {comma(groups)},
  true AS shown,
  {comma(f"sum({name}) AS {name}" for name in _counts(request))},
  CAST(sum(credited_conversions) AS HUGEINT) AS credited_conversions,
  CAST(sum(credited_amount) AS HUGEINT) AS credited_amount,
  CAST(sum(credited_conversions) FILTER (of_spender) AS HUGEINT) AS conversions_of_spenders,
  CAST(sum(credited_amount) FILTER (of_spender) AS HUGEINT) AS amount_of_spenders
FROM apportioned
WHERE shown
GROUP BY {", ".join(groups)}""",
        ),
    )


def _same(alias: str, keys: list[str]) -> str:
    return " AND ".join(f"{alias}.{key} = b.{key}" for key in keys)


_OF_FIRST = {"credited_conversions": "conversions_of_first", "credited_amount": "amount_of_first"}
"""The credits of a row, and those of it under the first model asked for."""


def _differs(request: Request) -> bool:
    return any(measure.beyond_first for measure in request.measures)


_PERIODS = ("", "_before")
"""What the columns of a period end in: that of the report, and the one it is compared with."""


def _sums(request: Request, *, of_all: bool) -> list[str]:
    """The columns of `sums`, over lines grouped to a row, or `of_all` lines: what figures are made of, by period."""
    credited = ["credited_conversions", "credited_amount"]
    added = [] if request.models_of_rows else credited
    added += ["interactions"] if not request.in_several_rows else []
    added += ["conversions_of_spenders", "amount_of_spenders"] if request.tells_spenders else []
    added += [*_OF_FIRST.values()] if _differs(request) else []
    kept = ["spend", "budget"] if any(measure.source == "spend" for measure in request.measures) else []
    own = [measure for measure in request.measures if measure.sql is None and measure.per is None]
    added += [measure.name for measure in own if is_additive(request, measure)]
    divisors = [measure.per for measure in request.measures if measure.per is not None]
    single = dict.fromkeys((*(measure.name for measure in own if not measure.additive), *divisors))
    shared = [measure.name for measure in own if measure.additive and not is_additive(request, measure)]
    if request.in_several_rows and not of_all:
        shared.append("interactions")
    found = []
    for period in request.periods:
        only = f" FILTER (WHERE period = {period.number})" if request.compared else ""
        suffix = _PERIODS[period.number]
        found += [f"coalesce(sum({name}){only}, 0) AS {name}{suffix}" for name in added]
        if request.models_of_rows:
            found += [f"{_once(request, name, period.number, of_all=of_all)} AS {name}{suffix}" for name in credited]
        found += [f"sum({name}){only} AS {name}{suffix}" for name in kept]
        if request.in_several_rows and of_all:
            found.append(f"coalesce(sum(interactions_once){only}, 0) AS interactions{suffix}")
        found += [f"CASE WHEN count(*){only} <= 1 THEN max({name}){only} END AS {name}{suffix}" for name in single]
        found += [
            f"CASE WHEN count(*){only} <= 1 THEN coalesce(max({name}){only}, 0) END AS {name}{suffix}"
            for name in shared
            if name not in single
        ]
    return found


def _once(request: Request, name: str, period: int, *, of_all: bool) -> str:
    """The SQL of a sum of credits of lines; under models of rows that of all counts each conversion once.

    It is unknown where conversions may stand in several lines, some of which filters leave out or a limit makes one.
    """
    only = f" FILTER (WHERE period = {period})" if request.compared else ""
    summed = f"coalesce(sum({name}){only}, 0)"
    whole = "NULL"
    if of_all and not request.filters_credits:
        value = {"credited_conversions": f"conversions * {MICRO}", "credited_amount": "amount"}[name]
        whole = f"(SELECT coalesce(CAST(sum({value}) AS HUGEINT), 0) FROM totals WHERE period = {period})"
    return f"CASE WHEN {_of_rows(request, 'model_number')} AND count(*){only} > 1 THEN {whole} ELSE {summed} END"


def is_additive(request: Request, measure: Measure) -> bool:
    """Say whether the rows of a report sum to its total, which no count does where campaigns share interactions.

    Nor does the credit of models that credit rows with whole conversions.
    """
    shared = request.in_several_rows and (measure.unit == "count" or measure.source == "performance")
    of_rows = bool(request.models_of_rows) and measure.source == "credit" and measure.name != "interactions"
    return measure.additive and not shared and not of_rows


def _values(request: Request, period: int) -> dict[str, str]:
    """The SQL of every measure for one period, from the columns of `sums`; whole millionths, counts as they are."""
    kind = request.report_type
    end = _PERIODS[period]

    sums = Sums(
        counted=f"credited_conversions{end}",
        valued=f"credited_amount{end}",
        primary=f"credited_{'amount' if kind.primary == kind.valued else 'conversions'}{end}",
        whole=f"whole{end}",
        interactions=f"interactions{end}",
        spend=f"spend{end}",
        budget=f"budget{end}",
        counted_of_spenders=f"conversions_of_spenders{end}",
        valued_of_spenders=f"amount_of_spenders{end}",
        counted_of_first=f"conversions_of_first{end}",
        valued_of_first=f"amount_of_first{end}",
        ratio=ratio_of,
    )
    values = {}
    for measure in request.measures:
        if measure.sql is not None:
            values[measure.name] = measure.sql(sums)
        elif measure.per is not None:
            values[measure.name] = ratio_of(sums.spend, f"{measure.per}{end} * {MICRO}")
        else:
            values[measure.name] = f"{measure.name}{end}"
    return values


@frozen
class Figure:
    """A column of figures: of a measure itself, of its comparison, or an `end` of the interval of confidence of either.

    A change is a part of what was, a difference is in the unit of the measure; that is shown beside intervals.
    """

    name: str
    measure: Measure
    kind: Literal["value", "previous", "change", "difference"] = "value"
    end: Literal["low", "high"] | None = None

    @property
    def of(self) -> str | None:
        """The column that it belongs to; None where it is a measure itself."""
        if self.end is not None:
            return self.name.removesuffix(f"_{self.end}")
        return None if self.kind == "value" else self.measure.name


def has_intervals(request: Request, measure: Measure) -> bool:
    """Whether a measure has intervals: they are drawn of what the report type credits."""
    credited = (request.report_type.counted, request.report_type.valued)
    return request.confidence is not None and measure.name in credited


DIFFERENCE = "_increase"
"""What the column of the difference to the compared period ends in; that of the change in per cent in ``_change``."""


def figures_of(request: Request) -> list[Figure]:
    """Return every figure of a row, in order."""
    found = []
    for measure in request.measures:
        drawn = has_intervals(request, measure)
        own = [Figure(name=measure.name, measure=measure)]
        if request.compared:
            own.append(Figure(name=f"{measure.name}_previous", measure=measure, kind="previous"))
            own.append(Figure(name=f"{measure.name}_change", measure=measure, kind="change"))
            if drawn:
                own.append(Figure(name=f"{measure.name}{DIFFERENCE}", measure=measure, kind="difference"))
        for figure in own:
            found.append(figure)
            if drawn and figure.kind != "previous":
                found.append(replace(figure, name=f"{figure.name}_low", end="low"))
                found.append(replace(figure, name=f"{figure.name}_high", end="high"))
    return found


def _columns(request: Request) -> dict[str, str]:
    """The SQL of every figure of a row but for intervals, by name; still in millionths."""
    now = _values(request, 0)
    before = _values(request, 1) if request.compared else {}
    columns = {}
    for measure in request.measures:
        columns[measure.name] = now[measure.name]
        if request.compared:
            old = before[measure.name]
            new = now[measure.name]
            columns[f"{measure.name}_previous"] = old
            columns[f"{measure.name}_change"] = _change(measure, new, old)
            if has_intervals(request, measure):
                columns[f"{measure.name}{DIFFERENCE}"] = f"CAST({new} AS HUGEINT) - {old}"
    return columns


def _change(measure: Measure, new: str, old: str) -> str:
    """The SQL of a change in millionths: of ratios their difference, else a part of what was, null unless above 0."""
    return change_of(new, old) if measure.change == RELATIVE else f"CAST({new} AS HUGEINT) - {old}"


def _wholes(request: Request) -> Cte:
    """What shares are of, for each period."""
    kind = request.report_type
    value = "amount" if kind.primary == kind.valued else f"conversions * {MICRO}"
    wholes = [
        f"sum({value}) FILTER (WHERE period = {period.number}) AS whole{_PERIODS[period.number]}"
        for period in request.periods
    ]
    return Cte(
        name="wholes",
        grain="one row for every conversion of each period together: what shares are of, in millionths",
        sql=f"""
SELECT
  {comma(wholes)}
FROM totals""",
    )


def _measured(request: Request, keys: list[str], source: str) -> str:
    """The SELECT of every figure beside `keys`, from the sums in `source`."""
    figures = [f'{sql} AS "{name}"' for name, sql in _columns(request).items()]
    return f"""
SELECT
  {comma([*keys, *figures])}
FROM {source}
  CROSS JOIN wholes"""


def _summed(request: Request, keys: list[str], source: str) -> str:
    """The SELECT of the sums of lines by `keys`."""
    return f"""
SELECT
  {comma([*keys, *_sums(request, of_all=source == "lines" and keys == ["model_number"])])}
FROM {source}
GROUP BY {", ".join(keys)}"""


@frozen
class Result:
    """The last parts and the SELECT of the report: place, dimensions, model, figures; totals have no place.

    Rows come in display order: combinations by the sort, models in the order asked. `draws` are the parts of the table
    ``row_draws`` that intervals are read from, it being the last of them; empty without intervals.
    """

    parts: tuple[Cte, ...]
    select: str
    draws: tuple[Cte, ...] = ()


def result(request: Request) -> Result:
    """Return how the rows of the report come about; see `Result`."""
    names = dimension_names(request)
    place, limited = _limited(request, names)
    keys = ["row_place", *names, "model_number"]
    nothing = ["NULL AS row_place", *(f"NULL AS {name}" for name in names), "model_number"]
    order = _order(request)
    tables = (
        _wholes(request),
        Cte(
            name="sums",
            grain="one row for each dimensions and model: what the figures are made of, in millionths",
            sql=_summed(request, [*names, "model_number"], "lines"),
        ),
        Cte(
            name="figures",
            grain="one row for each dimensions and model: the measures, in millionths",
            sql=_measured(request, [*names, "model_number"], "sums"),
        ),
        Cte(
            name="places",
            grain="one row for each combination of dimensions: its place in the report, and if it comes last",
            sql=f"""
SELECT
  {comma([*names, f"row_number() OVER (ORDER BY {order}) AS row_place"])},
  {_comes_last(request, names)} AS comes_last
FROM figures
WHERE model_number = 0""",
        ),
        limited,
        Cte(
            name="row_sums",
            grain="one row for each place and model: what the figures are made of, in millionths",
            sql=_summed(request, keys, "limited"),
        ),
        Cte(
            name="total_sums",
            grain="one row for each model: what its totals are made of, in millionths",
            sql=_summed(request, ["model_number"], "lines"),
        ),
        Cte(
            name="report",
            grain="one row for each place and model, and one without place for each model's total",
            sql=f"{_measured(request, keys, 'row_sums')}\nUNION ALL{_measured(request, nothing, 'total_sums')}",
        ),
    )
    shown = [f'r.{name} AS "{_escape(field.name)}"' for name, field in zip(names, request.dimensions, strict=True)]
    decimals = [f'{_decimal(figure)} AS "{figure.name}"' for figure in figures_of(request)]
    beside = """
  LEFT JOIN intervals AS i ON i.row_place IS NOT DISTINCT FROM r.row_place AND i.model_number = r.model_number"""
    final = f"""SELECT
  {comma(["r.row_place", *shown, "m.model", *decimals])}
FROM report AS r
  JOIN models AS m ON m.model_number = r.model_number{beside if request.confidence is not None else ""}
ORDER BY r.row_place NULLS LAST, r.model_number"""
    if request.confidence is None:
        return Result(parts=tables, select=final)
    return Result(parts=(*tables, *intervals(request)), select=final, draws=(*tables[:-3], *row_draws(request, place)))


def _limited(request: Request, names: list[str]) -> tuple[str, Cte]:
    """The SQL of the place of a line l beside its row p, and the lines with it; those past the limit have one name."""
    place, columns = "p.row_place", "l.*"
    if request.limit is not None:
        cut = f"p.row_place > {request.limit} AND NOT p.comes_last"
        place = f"CASE WHEN {cut} THEN {request.limit + 1} WHEN p.comes_last THEN p.row_place + 1 ELSE p.row_place END"
        renamed = ", ".join(f"CASE WHEN {cut} THEN '{OTHER}' ELSE l.{name} END AS {name}" for name in names)
        columns = f"l.* REPLACE ({renamed})" if names else "l.*"
    limited = Cte(
        name="limited",
        grain="one row for each of the lines, with the place of its row"
        + ("" if request.limit is None else "; those past the limit have one name"),
        sql=f"""
SELECT
  {columns},
  {place} AS row_place
FROM lines AS l
  JOIN places AS p ON {" AND ".join(f"p.{name} = l.{name}" for name in names) or "true"}""",
    )
    return place, limited


def _escape(name: str) -> str:
    return name.replace('"', '""')


def _decimal(figure: Figure) -> str:
    column = f'r."{figure.name}"'
    if figure.end is not None:
        source = "amount" if figure.measure.unit == "currency" else "conversions"
        kind = "" if figure.kind == "value" else f"_{figure.kind}"
        column = f"i.{source}{kind}_{figure.end}"
        if figure.kind == "change":
            column = f'CASE WHEN r."{figure.of}" IS NOT NULL THEN {column} END'
        elif figure.kind == "value":
            column = f"CASE WHEN r.row_place IS NOT NULL THEN {column} END"
    if figure.measure.unit == "count" and figure.kind != "change":
        return f"CAST({column} AS BIGINT)"
    return f"CAST({column} AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6))"


def _comes_last(request: Request, names: list[str]) -> str:
    """The SQL of whether a row is the one of all unattributed conversions: it comes last, and no limit cuts it."""
    if not names or not all(field.says_unattributed for field in request.dimensions):
        return "false"
    return f"{names[0]} = '{UNATTRIBUTED}'"


def _order(request: Request) -> str:
    names = dimension_names(request)
    by_name = {field.name: (name, field) for name, field in zip(names, request.dimensions, strict=True)}
    figures = _columns(request)
    keys = [_comes_last(request, names)]
    for key, descending in request.sort:
        if key in by_name:
            label, field = by_name[key]
            place = bucket_order(request, field, label) if field.level == "bucket" else label
            place = f"TRY_CAST({label} AS BIGINT)" if field.counts else place
            keys += [f"{label} IN ({reserved_names(field)})", f"{place} {'DESC' if descending else 'ASC'}"]
        elif key in figures:
            keys.append(f'"{key}" {"DESC" if descending else "ASC"} NULLS LAST')
    return ", ".join([*keys, *names])


def resolve_sort(
    request_names: tuple[str, ...], figures: list[str], asked: tuple[str, ...], default: tuple[tuple[str, bool], ...]
) -> tuple[tuple[str, bool], ...]:
    """Return sort keys as (column, descending): figures fall and dimensions rise unless ``:asc``/``:desc`` say so.

    A leading ``-`` turns the order to falling. Raises UsageError for a column that the report does not have.
    """
    if not asked:
        return default
    keys = []
    folded = {name.casefold().replace("-", "_"): name for name in (*request_names, *figures)}
    for text in asked:
        name, _, way = text.strip().partition(":")
        falling = name.startswith("-")
        name = name.removeprefix("-").removeprefix("+").strip()
        column = folded.get(name.casefold().replace("-", "_"))
        if column is None or way.casefold() not in ("", "asc", "desc"):
            raise UsageError(
                f"cannot sort by '{text}'",
                hint=did_you_mean(name, folded.values())
                or f"Sort by a column of the report: {', '.join(folded.values())}; add :asc or :desc.",
            )
        descending = column in figures if not way else way.casefold() == "desc"
        keys.append((column, descending or falling))
    return tuple(keys)
