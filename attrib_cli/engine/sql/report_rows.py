"""The rows of the report: measures of every combination and model, compared, sorted, cut, with totals."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.measures import RELATIVE, Measure
from attrib_cli.engine.row_names import OTHER, UNATTRIBUTED
from attrib_cli.engine.sql.buckets import bucket_order
from attrib_cli.engine.sql.credits import MICRO
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.labels import dimension_names, reserved_names
from attrib_cli.engine.sql.resolved import BootstrapIntervals, Request


def lines(request: Request) -> Cte:
    """Everything that measures are made of, one row for each period, combination of dimensions and model."""
    names = dimension_names(request)
    keys = ["period", *names]
    sources = {measure.source for measure in request.measures}
    combos = [
        f"SELECT DISTINCT {', '.join(keys)} FROM apportioned\n"
        "    WHERE shown AND (interactions > 0 OR counted <> 0 OR valued <> 0)"
    ]
    if "spend" in sources:
        combos.append(f"SELECT {', '.join(keys)} FROM spent")
    if request.performed:
        combos.append(f"SELECT {', '.join(keys)} FROM performed")
    columns = [f"b.{key}" for key in keys] + ["m.model_number"]
    columns += [f"coalesce(a.{name}, 0) AS {name}" for name in ("counted", "valued", "interactions")]
    credits = "apportioned"
    if request.tells_spenders:
        columns += [f"coalesce(a.{name}, 0) AS {name}" for name in ("counted_of_spenders", "valued_of_spenders")]
        credits = _of_spenders(keys)
    joins = [f"LEFT JOIN {credits} AS a ON a.shown AND a.model_number = m.model_number AND {_same('a', keys)}"]
    if any(measure.beyond_first for measure in request.measures):
        columns += [f"coalesce(o.{name}, 0) AS {name}_of_first" for name in ("counted", "valued")]
        joins.append(f"LEFT JOIN {credits} AS o ON o.shown AND o.model_number = 0 AND {_same('o', keys)}")
    if "touched" in sources:
        columns += ["coalesce(t.conversions, 0) AS conversions_touched", "coalesce(t.amount, 0) AS amount_touched"]
        joins.append(f"LEFT JOIN touched AS t ON t.model_number = m.model_number AND {_same('t', keys)}")
    if "spend" in sources:
        columns += ["s.spend", "s.budget"]
        joins.append(f"LEFT JOIN spent AS s ON {_same('s', keys)}")
    if request.performed:
        columns += [f"coalesce(f.{name}, 0) AS {name}" for name in request.performed]
        joins.append(f"LEFT JOIN performed AS f ON {_same('f', keys)}")
    union = "\n  UNION\n  ".join(combos)
    return Cte(
        name="lines",
        grain="one row for each period, dimensions and model: what the measures are made of, in millionths",
        materialized=True,
        sql=(f"SELECT\n  {comma(columns)}\nFROM (\n  {union}\n) AS b CROSS JOIN models AS m\n  " + "\n  ".join(joins)),
    )


def _of_spenders(keys: list[str]) -> str:
    """Credits by row and model, and those of campaigns with spend among them."""
    groups = ", ".join([*keys, "model_number"])
    return f"""(
    SELECT {groups}, true AS shown, sum(interactions) AS interactions,
      CAST(sum(counted) AS HUGEINT) AS counted,
      CAST(sum(valued) AS HUGEINT) AS valued,
      CAST(sum(counted) FILTER (of_spender) AS HUGEINT) AS counted_of_spenders,
      CAST(sum(valued) FILTER (of_spender) AS HUGEINT) AS valued_of_spenders
    FROM apportioned
    WHERE shown
    GROUP BY {groups}
  )"""


def _same(alias: str, keys: list[str]) -> str:
    return " AND ".join(f"{alias}.{key} = b.{key}" for key in keys)


def _values(request: Request, period: int) -> dict[str, str]:
    """The SQL of every measure for one period, over lines grouped to a row; whole millionths, counts as they are."""
    filter_ = f" FILTER (WHERE period = {period})" if request.compared else ""
    kind = request.report_type

    def total(column: str) -> str:
        return f"sum({column}){filter_}"

    def single(column: str) -> str:
        return f"CASE WHEN count(*){filter_} <= 1 THEN max({column}){filter_} END"

    def ratio(numerator: str, denominator: str) -> str:
        number, other = f"CAST({numerator} AS HUGEINT) * {2 * MICRO}", f"nullif(CAST({denominator} AS HUGEINT), 0)"
        return f"({number} + sign({numerator}) * abs({other})) // (2 * {other})"

    counted, valued = f"coalesce({total('counted')}, 0)", f"coalesce({total('valued')}, 0)"
    spend, budget = total("spend"), total("budget")
    primary = valued if kind.primary == kind.valued else counted
    value = "amount" if kind.primary == kind.valued else f"conversions * {MICRO}"
    whole = f"(SELECT sum({value}) FROM totals WHERE period = {period})"
    values = {
        kind.counted: counted,
        "interactions": f"coalesce({total('interactions')}, 0)",
        "share": ratio(primary, whole),
        "spend": spend,
        "budget": budget,
        "remaining_budget": f"{budget} - coalesce({spend}, 0)",
    }
    if request.tells_spenders:
        of_money, of_count = (f"coalesce({total(f'{name}_of_spenders')}, 0)" for name in ("valued", "counted"))
        values |= {
            "roi": ratio(f"({of_money} - {spend})", spend),
            "roas": ratio(of_money, spend),
            "cost_per_contact": ratio(spend, of_count),
            "cost_per_deal": ratio(spend, of_count),
        }
    if kind.valued is not None:
        values[kind.valued] = valued
    for measure in request.measures:
        if measure.source in ("touched", "performance"):
            values[measure.name] = f"coalesce({total(measure.name)}, 0)" if measure.additive else single(measure.name)
        if measure.beyond_first is not None:
            of = "counted" if measure.beyond_first == kind.counted else "valued"
            values[measure.name] = f"coalesce({total(of)}, 0) - coalesce({total(f'{of}_of_first')}, 0)"
        if measure.per is not None:
            values[measure.name] = ratio(spend, f"{single(measure.per)} * {MICRO}")
    return values


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A column of figures: of a measure itself, of its comparison, or an end of its interval of confidence."""

    name: str
    measure: Measure
    kind: Literal["value", "previous", "change", "low", "high"] = "value"


def figures_of(request: Request) -> list[Figure]:
    """Return every figure of a row, in order."""
    kind = request.report_type
    found = []
    for measure in request.measures:
        found.append(Figure(name=measure.name, measure=measure))
        if request.intervals and measure.name in (kind.counted, kind.valued):
            found.append(Figure(name=f"{measure.name}_low", measure=measure, kind="low"))
            found.append(Figure(name=f"{measure.name}_high", measure=measure, kind="high"))
        if request.compared:
            found.append(Figure(name=f"{measure.name}_previous", measure=measure, kind="previous"))
            found.append(Figure(name=f"{measure.name}_change", measure=measure, kind="change"))
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
    return columns


def _change(measure: Measure, new: str, old: str) -> str:
    """The SQL of a change in millionths: of ratios their difference, else a part of what was, null unless above 0."""
    change = f"CAST({new} AS HUGEINT) - {old}"
    if measure.change != RELATIVE:
        return change
    base = f"nullif(greatest(CAST({old} AS HUGEINT), 0), 0)"
    return f"(({change}) * {2 * MICRO} + sign({change}) * {base}) // (2 * {base})"


def _grouped(request: Request, source: str, keys: list[str]) -> str:
    figures = [f'{sql} AS "{name}"' for name, sql in _columns(request).items()]
    return f"""SELECT
  {comma([*keys, *figures])}
FROM {source}
GROUP BY {", ".join(keys)}"""


def result(request: Request) -> tuple[tuple[Cte, ...], str]:
    """The last parts and the SELECT of the report: place, dimensions, model, figures; totals have no place.

    Rows come in display order: combinations by the sort, models in the order asked.
    """
    names = dimension_names(request)
    place, limited = _limited(request, names)
    figures = Cte(
        name="figures",
        grain="one row for each dimensions and model: the measures, in millionths",
        sql=_grouped(request, "lines", [*names, "model_number"]),
    )
    places = Cte(
        name="places",
        grain="one row for each combination of dimensions: its place in the report, and if it comes after all others",
        sql=f"""
SELECT {"".join(f"{name}, " for name in names)}row_number() OVER (ORDER BY {_order(request)}) AS row_place,
  {_comes_last(request, names)} AS comes_last
FROM figures
WHERE model_number = 0""",
    )
    report = Cte(
        name="report",
        grain="one row for each place and model, and one without place for each model's total",
        sql=f"""
{_grouped(request, "limited", ["row_place", *names, "model_number"])}
UNION ALL
SELECT NULL AS row_place, {"".join(f"NULL AS {name}, " for name in names)}*
FROM (
{textwrap.indent(_grouped(request, "lines", ["model_number"]), "  ")}
) AS t""",
    )
    shown = [f'r.{name} AS "{_escape(field.name)}"' for name, field in zip(names, request.dimensions, strict=True)]
    drawn = request.drawn
    decimals = [f'{_decimal(figure, drawn=drawn is not None)} AS "{figure.name}"' for figure in figures_of(request)]
    beside = "\n  LEFT JOIN intervals AS i ON i.row_place = r.row_place AND i.model_number = r.model_number"
    final = f"""SELECT
  {comma(["r.row_place", *shown, "m.model", *decimals])}
FROM report AS r
  JOIN models AS m ON m.model_number = r.model_number{beside if drawn else ""}
ORDER BY r.row_place NULLS LAST, r.model_number"""
    return (figures, places, limited, report, *(_intervals(request, drawn, place) if drawn else ())), final


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
SELECT {columns},
  {place} AS row_place
FROM lines AS l
  JOIN places AS p ON {" AND ".join(f"p.{name} = l.{name}" for name in names) or "true"}""",
    )
    return place, limited


def _escape(name: str) -> str:
    return name.replace('"', '""')


def _intervals(request: Request, drawn: BootstrapIntervals, place: str) -> list[Cte]:
    """The ends of the interval of every row that states make up, from the replicates of these states."""
    names = dimension_names(request)
    texts = ", ".join([*names, "state"])
    same = " AND ".join(f"p.{name} = t.{name}" for name in names) or "true"
    measures = (
        ("counted", f"CAST(sum(d.counts) AS HUGEINT) * {drawn.conversions} // {MICRO}"),
        ("valued", f"CAST(sum(d.amounts) AS HUGEINT) * {drawn.worth} // {MICRO**2}"),
    )
    drawn_rows = Cte(
        name="drawn_rows",
        grain="one row for each place, model and replicate: what the states of the row are credited with there",
        sql=(
            f"SELECT {place} AS row_place, d.model_number, d.replicate,\n"
            f"  {', '.join(f'{sql} AS {name}' for name, sql in measures)}\n"
            f"FROM (SELECT DISTINCT {texts} FROM labelled WHERE shown AND period = 0 AND state IS NOT NULL) AS t\n"
            f"  JOIN places AS p ON {same}\n  JOIN draws AS d ON d.state = t.state\nGROUP BY 1, 2, 3"
        ),
    )
    window = "PARTITION BY row_place, model_number ORDER BY"
    ends = ", ".join(
        f"max(s.{name}) FILTER ({name}_rank = {rank}) + coalesce(max(u.{name}), 0) AS {name}_{end}"
        for name, _ in measures
        for end, rank in (("low", drawn.low), ("high", drawn.high))
    )
    ranked = ", ".join(f"row_number() OVER ({window} {name}, replicate) AS {name}_rank" for name, _ in measures)
    return [
        drawn_rows,
        Cte(
            name="undoubted",
            grain="one row for each place: the conversions in it that no state is credited with, and their value",
            sql=(
                f"SELECT {place} AS row_place, sum(t.interactions) * {MICRO} AS counted, sum(t.amount) AS valued\n"
                f"FROM labelled AS t JOIN places AS p ON {same}\n"
                "WHERE t.cell = 'unattributed' AND t.shown AND t.period = 0\nGROUP BY 1"
            ),
        ),
        Cte(
            name="intervals",
            grain="one row for each place and model: the ends of the interval, in millionths",
            sql=(
                f"SELECT s.row_place, s.model_number, {ends}\n"
                f"FROM (SELECT *, {ranked} FROM drawn_rows) AS s\n"
                "  LEFT JOIN undoubted AS u ON u.row_place = s.row_place\n"
                "GROUP BY s.row_place, s.model_number"
            ),
        ),
    ]


def _decimal(figure: Figure, *, drawn: bool) -> str:
    if figure.kind in ("low", "high") and not drawn:
        return "CAST(NULL AS DECIMAL(38, 6))"
    if figure.kind in ("low", "high"):
        source = "valued" if figure.measure.unit == "currency" else "counted"
        column = f"i.{source}_{figure.kind}"
    else:
        column = f'r."{figure.name}"'
    if figure.measure.unit == "count" and figure.kind != "change":
        return f"CAST({column} AS BIGINT)"
    return f"CAST({column} AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6))"


def _comes_last(request: Request, names: list[str]) -> str:
    """The SQL of whether a row is the one of all unattributed conversions: it comes last, and no limit cuts it."""
    carried = [name for name, field in zip(names, request.dimensions, strict=True) if not field.of_conversion]
    if not names or len(carried) < len(names):
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
