"""What rows are credited with by group of conversions, under models by rules: what their intervals are drawn from."""

from __future__ import annotations

from attrib_cli.engine.sql import credits
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.decay import FINER
from attrib_cli.engine.sql.labels import dimension_names
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import Kernel


def whole_cube(request: Request) -> Cte:
    """The credit cube as it is without groups of conversions, from the cells of each group."""
    kernels = [name for n, _ in enumerate(request.kernels) for name in request.earned_columns(n)]
    sums = [f"CAST(sum({name}) AS HUGEINT)" for name in kernels]
    cut = {name for n, _ in _decaying(request) for name in request.earned_columns(n)}
    earned = [f"{sql}{_cut(name, cut)} AS {name}" for name, sql in zip(kernels, sums, strict=True)]
    return Cte(
        name="cube",
        grain="one row for each kind of cell, dimensions, key positions and length of the journey: the credit cube",
        sql=f"""
SELECT
  * EXCLUDE ({", ".join(["sample_group", "interactions", "amount", *kernels])}),
  {comma(["CAST(sum(interactions) AS BIGINT) AS interactions", "CAST(sum(amount) AS HUGEINT) AS amount", *earned])}
FROM cells_of_groups
GROUP BY ALL""",
        materialized=True,
    )


def _decaying(request: Request) -> tuple[tuple[int, Kernel], ...]:
    return (*request.plain_kernels, *request.masked_kernels)


def _cut(name: str, cut: set[str]) -> str:
    return f" // {2**FINER}" if name in cut else ""


def sampled(request: Request) -> tuple[Cte, ...]:
    """Credits by rows, model and group of conversions, under the models by rules; before it what it is made of."""
    rules = ", ".join(str(number) for number, model in enumerate(request.models) if not model.estimated)
    cut = [name for n, _ in _decaying(request) for name in request.earned_columns(n)]
    replaced = f" REPLACE ({', '.join(f'{name} // {2**FINER} AS {name}' for name in cut)})" if cut else ""
    keys = ("sample_group",)
    groups = ", ".join(["period", *dimension_names(request), "shown", "model_number", *keys])
    return (
        credits.models(request),
        credits.labelled(request, source=f"(SELECT *{replaced} FROM cells_of_groups) AS c", keys=keys),
        *credits.weighed(request, "labelled"),
        *credits.fractions(request, keys=keys),
        Cte(
            name="sampled",
            grain="one row for each period, dimensions, shown, model and group of conversions: credits in 10^-12 parts",
            sql=f"""
SELECT
  {groups},
  CAST(sum(conversions_value * weight // whole) AS HUGEINT) AS conversions,
  CAST(sum(amount_value * weight // whole) AS HUGEINT) AS amount
FROM fractions
WHERE model_number IN ({rules})
GROUP BY {groups}""",
            materialized=True,
        ),
    )


def grouped_cells(cells: Cte) -> Cte:
    """The cells of the credit cube of each group of conversions, uncut: `cells` is the cube that has the groups."""
    return Cte(
        name="cells_of_groups",
        grain=f"{cells.grain}, by group of conversions",
        sql=cells.sql,
        materialized=True,
    )
