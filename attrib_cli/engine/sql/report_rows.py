"""The rows of the report: the figures of every combination and model, sorted, cut, with totals."""

from __future__ import annotations

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.row_names import OTHER, UNATTRIBUTED
from attrib_cli.engine.sql.buckets import bucket_order
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.figures import Figure, figure_columns, figures_of, measured, summed, wholes
from attrib_cli.engine.sql.intervals import intervals, row_draws
from attrib_cli.engine.sql.labels import dimension_names, reserved_names
from attrib_cli.engine.sql.resolved import Request


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
        wholes(request),
        Cte(
            name="sums",
            grain="one row for each dimensions and model: what the figures are made of, in millionths",
            sql=summed(request, [*names, "model_number"], "lines"),
        ),
        Cte(
            name="figures",
            grain="one row for each dimensions and model: the measures, in millionths",
            sql=measured(request, [*names, "model_number"], "sums"),
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
            sql=summed(request, keys, "limited"),
        ),
        Cte(
            name="total_sums",
            grain="one row for each model: what its totals are made of, in millionths",
            sql=summed(request, ["model_number"], "lines"),
        ),
        Cte(
            name="report",
            grain="one row for each place and model, and one without place for each model's total",
            sql=f"{measured(request, keys, 'row_sums')}\nUNION ALL{measured(request, nothing, 'total_sums')}",
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
    figures = figure_columns(request)
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
