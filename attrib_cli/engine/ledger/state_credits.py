"""Estimated credit in the ledger: what every interaction earns of its state's total, in whole millionths.

The interactions of a state are walked in the order of the ledger, over all journeys: the state's total times the part
that all up to and with an interaction earned, less that of all before it. So the credits of a state sum to its total.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrib_cli.engine.sql.campaigns import parts_of
from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.states import at_least_one
from attrib_cli.engine.sql.whole_numbers import LARGEST, MICRO, NEAR, near_quotient

_NANO = 10**9
"""Parts of a conversion in which earned shares are counted; amounts are in millionths of the currency unit."""


def columns_of(request: Request) -> list[str]:
    """What interactions earn before scaling: the names of the columns, one for each estimated kernel."""
    return [_name(request, n, "earned") for n in request.estimated_kernels]


def _name(request: Request, kernel: int, what: str) -> str:
    """A column of an estimated kernel: ``markov_earned``."""
    return f"{request.kernel_names[kernel]}_{what}"


def earned(request: Request, shares: dict[int, tuple[str, str]]) -> list[str]:
    """The columns of what placed interactions p earn before scaling, and of their state; empty without estimates."""
    if not request.estimated_kernels:
        return []
    found = ["p.state"]
    for n in request.estimated_kernels:
        count, amount = shares[n]
        whole = f"CAST(round({_NANO} * {count}) AS HUGEINT)"
        if request.report_type.valued is not None:
            whole = at_least_one(f"CAST(round(CAST(p.amount AS DOUBLE) * {MICRO} * {amount}) AS HUGEINT)", "p.amount")
        found.append(f"{whole} AS {_name(request, n, 'earned')}")
    return found


def sums(request: Request) -> Cte:
    """What the interactions of every state earn in the journeys that are staged."""
    return Cte(
        name="earned_now",
        grain="one row for each state: what its interactions earned in the journeys at hand",
        sql=f"""
SELECT
  state,
  {comma(_added(request))}
FROM earning
GROUP BY state""",
        materialized=True,
    )


def _added(request: Request) -> list[str]:
    return [f"CAST(sum({name}) AS HUGEINT) AS {name}" for name in columns_of(request)]


def gathered(request: Request, sources: Sequence[str]) -> str:
    """The SELECT that adds up tables such as `sums` makes."""
    union = " UNION ALL ".join(f"SELECT * FROM {source}" for source in sources)
    return f"""
SELECT
  state,
  {comma(_added(request))}
FROM ({union}) AS s
GROUP BY state"""


def nothing(request: Request) -> str:
    """The SELECT of no state at all, in the shape of `sums`."""
    columns = ", ".join(f"CAST(0 AS HUGEINT) AS {name}" for name in columns_of(request))
    return f"SELECT 0 AS state, {columns} WHERE false"


def targets(request: Request) -> Cte:
    """What every state is credited with, in whole millionths that sum to what is shared out."""
    kernels = request.estimated_kernels
    place = 1 if request.report_type.valued else 0
    parts = [_whole([estimate.totals[i][place] for estimate in request.estimates]) for i, _ in enumerate(kernels)]
    rows = [
        f"({estimate.state}, {', '.join(str(parts[i][row]) for i, _ in enumerate(kernels))})"
        for row, estimate in enumerate(request.estimates)
    ]
    names = [_name(request, n, "target") for n in kernels]
    none = f"({', '.join('0' for _ in ['state', *names])})"
    return Cte(
        name="targets",
        grain="one row for each state: what it is credited with, in millionths",
        sql=f"""
SELECT
  state,
  {comma(f"CAST({name} AS HUGEINT) AS {name}" for name in names)}
FROM (VALUES
  {comma(rows) or none}
) AS v(state, {", ".join(names)}){"" if rows else " WHERE false"}""",
    )


def _whole(totals: list[int]) -> list[int]:
    """Return totals in 10^-12 as whole millionths that sum to the rounded sum, by the largest remainder."""
    floors = [total // MICRO for total in totals]
    short = (sum(totals) + MICRO // 2) // MICRO - sum(floors)
    order = sorted(range(len(totals)), key=lambda i: (-(totals[i] % MICRO), i))
    for i in order[:short]:
        floors[i] += 1
    return floors


def running(request: Request) -> tuple[Cte, ...]:
    """The rows of the ledger with what their state has earned up to them; empty without estimates.

    Reads the staged tables ``earned_before`` (by the journeys walked so far) and ``earned_in_all``.
    """
    if not request.estimated_kernels:
        return ()
    columns = []
    for n in request.estimated_kernels:
        own, so_far, in_all, target = (_name(request, n, what) for what in ("earned", "so_far", "in_all", "target"))
        columns.append(f"coalesce(b.{own}, 0) + CAST(sum(c.{own}) OVER so_far AS HUGEINT) AS {so_far}")
        columns += [f"a.{own} AS {in_all}", f"t.{target}"]
    return (
        targets(request),
        Cte(
            name="running",
            grain="one row for each interaction and conversion: what its state earned until then and in all",
            sql=f"""
SELECT
  c.*,
  {comma(columns)}
FROM cumulated AS c
  JOIN conversions AS v ON v.conversion = c.conversion
  JOIN targets AS t ON t.state = c.state
  JOIN earned_in_all AS a ON a.state = c.state
  LEFT JOIN earned_before AS b ON b.state = c.state
WINDOW so_far AS (PARTITION BY c.state ORDER BY v.converted_at, v.conversion, c.step ROWS UNBOUNDED PRECEDING)""",
        ),
    )


def credit(request: Request, kernel: int) -> str:
    """The SQL of the credit of a row c of `running`, in millionths."""
    own, so_far, in_all, target = (
        f"c.{_name(request, kernel, what)}" for what in ("earned", "so_far", "in_all", "target")
    )
    return stretch(request, target, so_far, own, in_all)


def stretch(request: Request, whole: str, so_far: str, own: str, of_all: str, *, narrow: bool = False) -> str:
    """The SQL of the part of `whole` that lies between what is earned `so_far`, of `of_all`, and that without `own`.

    Of an interaction of several campaigns it is that of one of these, which share its part equally: the rows of all sum
    to it. Nothing is part of nothing. `narrow` says that products mostly fit BIGINT.
    """
    if request.splits:
        parts = parts_of()
        after = f"({so_far} * {parts} - {own} * ({parts} - own.part))"
        exact = f"{whole} * {after} // ({of_all} * {parts}) - {whole} * ({after} - {own}) // ({of_all} * {parts})"
    else:
        exact = _between(_divided, whole, so_far, own, of_all)
    quick = ""
    if not request.splits and not request.readable:
        if narrow:
            small = (f"CAST({column} AS BIGINT)" for column in (whole, so_far, own, of_all))
            found, fits = _between(_divided, *small), f"{whole} >= 0 AND {whole} * {of_all} <= {LARGEST}"
        else:
            found, fits = _between(near_quotient, whole, so_far, own, of_all), f"{whole} BETWEEN 0 AND {NEAR}"
        quick = f"""
    WHEN {own} = 0 THEN 0
    WHEN {fits} THEN {found}"""
    return f"""CASE WHEN {of_all} = 0 THEN 0{quick}
    ELSE {exact} END"""


def _between(divided: Callable[[str, str], str], whole: str, so_far: str, own: str, of_all: str) -> str:
    return f"{divided(f'{whole} * {so_far}', of_all)} - {divided(f'{whole} * ({so_far} - {own})', of_all)}"


def _divided(dividend: str, divisor: str) -> str:
    return f"{dividend} // {divisor}"


def states_without_conversions(request: Request, kernel: int) -> str:
    """The SQL of the credit, in millionths, of a state t that no converting journey holds, beside a earned_in_all."""
    own, target = _name(request, kernel, "earned"), _name(request, kernel, "target")
    return f"CASE WHEN coalesce(a.{own}, 0) = 0 THEN t.{target} ELSE 0 END"
