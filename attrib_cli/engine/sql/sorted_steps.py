"""Steps of journeys, counted in one pass over interactions that are sorted as a whole: half the work of a window each.

SQL does not promise that a window without an order goes through rows as they were sorted. So each row is compared with
the one before and the one behind it in that same window: only where all follow each other is what was counted of use.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.sql import journeys
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.paths import BASE, JourneySource, counted_steps, journey_sources
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import EstimationSettings

IN_ORDER = "in_order"
"""The column that says whether rows came in order; what was counted is wrong where one says no."""


def sorted_steps(request: Request, estimation: EstimationSettings) -> tuple[Cte, ...]:
    """What `steps` counts, with `IN_ORDER`, after the tables that it reads; of journeys that all count once."""
    sources = journey_sources(request)
    return (
        *(source.table for source in sources),
        Cte(
            name="sorted_moves",
            grain="one row for each interaction of each journey: the window of states that it ends",
            sql="\nUNION ALL".join(_moves(request, estimation, source) for source in sources),
        ),
        Cte(
            name="sorted_steps",
            grain="one row for each period, window of states and whether it ended journeys: how many there were",
            sql=counted_steps(
                "sorted_moves", "count(*)", "count(*) FILTER (converted)", f"bool_and({IN_ORDER}) AS {IN_ORDER}"
            ),
            materialized=True,
        ),
    )


def _moves(request: Request, estimation: EstimationSettings, source: JourneySource) -> str:
    terms = journeys.tie_terms(request, "w.touchpoint_id", "w.source_row")
    if request.order_key == "id":
        terms = terms[:1]
    ties = [f"tie_{number}" for number, _ in enumerate(terms)]
    told_by, twice = "w.state", "false"
    if request.order_key == "id":
        told_by, twice = f"w.{ties[0]}", "coalesce(o.following = o.told_by, false)"
    code = " + ".join(f"CAST({_state(back)} AS BIGINT) * {BASE**back}" for back in range(estimation.order + 1))
    last = "o.following IS NULL"
    worth, conversions = "0", ""
    if source.converted and request.valued:
        worth = "coalesce(c.amount, 0)"
        conversions = f"\n  LEFT JOIN conversions AS c ON c.conversion = CASE WHEN {last} THEN o.journey END"
    keys = [("journey", "<"), ("age", ">"), *((tie, "<") for tie in ties)]
    # the last two order nothing: a sort whose rows are all key takes a tenth less
    order = ["w.journey", "w.age DESC", *ties, "w.period", "s.state"]
    after, before = _ordered("lag({}) OVER ()", "{}", keys), _ordered("{}", "lead({}) OVER ()", keys)
    return f"""
SELECT
  o.period,
  o.code,
  {last} AS last,
  {twice} AS twice,
  {last if source.converted else "false"} AS converted,
  {worth} AS worth,
  o.{IN_ORDER}
FROM (
  SELECT
    w.period,
    w.journey,
    {code} AS code,
    {told_by} AS told_by,
    CASE WHEN lead(w.journey) OVER () = w.journey THEN lead({told_by}) OVER () END AS following,
    w.journey IS NOT NULL
      AND coalesce({after}, lag(w.journey) OVER () IS NULL)
      AND coalesce({before}, lead(w.journey) OVER () IS NULL) AS {IN_ORDER}
  FROM (
    SELECT
      w.period,
      w.journey,
      w.age,
      s.state,
      {comma([f"{term} AS {tie}" for term, tie in zip(terms, ties, strict=True)])}
    FROM {source.table.name} AS w
      JOIN states AS s ON s.value_number = w.value_number
    ORDER BY {", ".join(order)}
  ) AS w
) AS o{conversions}"""


def _state(back: int) -> str:
    """The SQL of the state so many interactions before, 0 where the journey began later."""
    if back == 0:
        return "w.state"
    return f"CASE WHEN lag(w.journey, {back}) OVER () = w.journey THEN lag(w.state, {back}) OVER () ELSE 0 END"


def _ordered(first: str, second: str, keys: Sequence[tuple[str, str]]) -> str:
    """The SQL of whether of two rows, forms of a column each, one comes `first` by `keys`, or both are equal in all."""
    found = "true"
    for column, comes in reversed(keys):
        one, other = first.format(f"w.{column}"), second.format(f"w.{column}")
        found = f"({one} {comes} {other} OR ({one} = {other} AND {found}))"
    return found
