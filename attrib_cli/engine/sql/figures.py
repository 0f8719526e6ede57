"""The figures of a row: the sums of its lines, the measures made of them, and their comparison with another period."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.measure import RELATIVE, Measure, Sums
from attrib_cli.engine.sql.changes import change_of, ratio_of
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.report_lines import OF_FIRST, credits_whole_conversions, tells_differences
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.whole_numbers import MICRO

_PERIODS = ("", "_before")
"""What the columns of a period end in: that of the report, and the one it is compared with."""


def _sums(request: Request, *, of_all: bool) -> list[str]:
    """The columns of `sums`, over lines grouped to a row, or `of_all` lines: what figures are made of, by period."""
    credited = ["credited_conversions", "credited_amount"]
    added = [] if request.models_of_rows else credited
    added += ["interactions"] if not request.in_several_rows else []
    added += ["conversions_of_spenders", "amount_of_spenders"] if request.tells_spenders else []
    added += [*OF_FIRST.values()] if tells_differences(request) else []
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
    of_rows = credits_whole_conversions(request, "model_number")
    return f"CASE WHEN {of_rows} AND count(*){only} > 1 THEN {whole} ELSE {summed} END"


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


def figure_columns(request: Request) -> dict[str, str]:
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


def wholes(request: Request) -> Cte:
    """What shares are of, for each period."""
    kind = request.report_type
    value = "amount" if kind.primary == kind.valued else f"conversions * {MICRO}"
    columns = [
        f"sum({value}) FILTER (WHERE period = {period.number}) AS whole{_PERIODS[period.number]}"
        for period in request.periods
    ]
    return Cte(
        name="wholes",
        grain="one row for every conversion of each period together: what shares are of, in millionths",
        sql=f"""
SELECT
  {comma(columns)}
FROM totals""",
    )


def measured(request: Request, keys: list[str], source: str) -> str:
    """The SELECT of every figure beside `keys`, from the sums in `source`."""
    figures = [f'{sql} AS "{name}"' for name, sql in figure_columns(request).items()]
    return f"""
SELECT
  {comma([*keys, *figures])}
FROM {source}
  CROSS JOIN wholes"""


def summed(request: Request, keys: list[str], source: str) -> str:
    """The SELECT of the sums of lines by `keys`."""
    return f"""
SELECT
  {comma([*keys, *_sums(request, of_all=source == "lines" and keys == ["model_number"])])}
FROM {source}
GROUP BY {", ".join(keys)}"""
