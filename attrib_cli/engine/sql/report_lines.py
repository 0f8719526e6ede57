"""The lines of a report: what its measures are made of, for each combination of dimensions and each model."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.labels import dimension_names
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
    if tells_differences(request):
        columns += [f"coalesce(o.{name}, 0) AS {of_first}" for name, of_first in OF_FIRST.items()]
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
    return f"CASE WHEN {credits_whole_conversions(request, 'm.model_number')} THEN {touched} ELSE {credit} END"


def credits_whole_conversions(request: Request, number: str) -> str:
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


OF_FIRST = {"credited_conversions": "conversions_of_first", "credited_amount": "amount_of_first"}
"""The credits of a row, and those of it under the first model asked for."""


def tells_differences(request: Request) -> bool:
    """Whether measures set a model against the first one asked for."""
    return any(measure.beyond_first for measure in request.measures)
