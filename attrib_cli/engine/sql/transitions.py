"""The transition matrix of a Markov chain: how often each state was followed by which, as rows for reading.

States of an order above 1 are the last interactions, oldest first: ``Email > Direct``.
"""

from __future__ import annotations

from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.paths import BASE
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import EstimationSettings

_START, _CONVERSION, _NULL = -1, -2, -3
_NAMES = {_START: "(start)", _CONVERSION: "(conversion)", _NULL: "(null)"}


def transitions(request: Request, estimation: EstimationSettings) -> tuple[tuple[Cte, ...], str]:
    """The last parts and the SELECT of the transitions: from, to, model, how often, and what part of all from there.

    Reads ``known_states`` and ``steps``. The start comes first, then states by how many steps leave them.
    """
    span, whole = BASE**estimation.order, BASE ** (estimation.order - 1)
    labels = estimation.state_label
    gram = f"code % {span}"
    before = f"CASE WHEN {gram} >= {whole} AND code >= {span} THEN code // {BASE} ELSE {_START} END"
    names = Cte(
        name="state_names",
        grain="one row for each state: how it reads",
        sql=f"""
SELECT
  state,
  CASE WHEN count(DISTINCT {labels}) = 1 THEN min({labels})
    ELSE '(' || count(DISTINCT {labels}) || ' smaller)' END AS name
FROM known_states
GROUP BY state""",
    )
    hops = Cte(
        name="hops",
        grain="one row for each state of the chain and the one after it: how often; the start and the ends below 0",
        materialized=True,
        sql=f"""
SELECT source, target, CAST(sum(n) AS BIGINT) AS n
FROM (
  SELECT {before} AS source, {gram} AS target, n
  FROM steps
  WHERE period = 0 AND ({gram} >= {whole} OR last)
  UNION ALL
  SELECT {gram}, {_CONVERSION}, converted
  FROM steps
  WHERE period = 0 AND last
  UNION ALL
  SELECT {gram}, {_NULL}, n - converted
  FROM steps
  WHERE period = 0 AND last
) AS h
GROUP BY source, target
HAVING sum(n) > 0""",
    )
    departures = Cte(
        name="departures",
        grain="one row for each state of the chain: how many steps leave it",
        sql="""
SELECT source, CAST(sum(n) AS BIGINT) AS n
FROM hops
GROUP BY source""",
    )
    part = "(2 * CAST(h.n AS HUGEINT) * 1000000 + d.n) // (2 * d.n)"
    select = f"""SELECT
  {_text("h.source", estimation)} AS "from",
  {_text("h.target", estimation)} AS "to",
  {request.binder.bind(request.models[0].name)} AS model,
  h.n AS transitions,
  CAST({part} AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS probability
FROM hops AS h
  JOIN departures AS d ON d.source = h.source
ORDER BY h.source <> {_START}, d.n DESC, h.source, h.target < 0,
  CASE WHEN h.target < 0 THEN h.target ELSE -h.n END, h.target"""
    return (names, hops, departures), select


def _text(column: str, estimation: EstimationSettings) -> str:
    """The SQL of how a state of the chain reads."""
    named = " ".join(f"WHEN {column} = {number} THEN '{name}'" for number, name in _NAMES.items())
    states = ", ".join(
        f"(SELECT s.name FROM state_names AS s WHERE s.state = {column} // {BASE**back} % {BASE})"
        for back in range(estimation.order - 1, -1, -1)
    )
    return f"CASE {named}\n    ELSE concat_ws(' > ', {states}) END"
