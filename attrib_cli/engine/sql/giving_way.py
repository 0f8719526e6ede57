"""Interactions that give way to others of their journey: to preferred ones, and to those that they repeat."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.sql.campaigns import interaction_condition
from attrib_cli.engine.sql.cte import conjunction
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import Request

SESSION = "INTERVAL 30 MINUTE"
"""How long nothing happens between two sessions, as web analytics has it."""


def columns(request: Request, value: Callable[[Request, Field], str]) -> list[str]:
    """The columns of interactions t that `left` reads; `value` gives the SQL of a field of t or of its contact."""
    found = []
    if request.preferred:
        conditions = [interaction_condition(request, bound, value) for bound in request.preferred]
        found.append(f"coalesce({conjunction(conditions)}, false) AS is_preferred")
    if request.spec.collapse is not None:
        alike = [name for name in ("contact_id", "channel", "campaign_id") if request.has("touchpoints", name)]
        if request.campaign_rules is not None and "campaign_id" not in alike:
            alike.append("campaign_id")
        found.append(f"struct_pack({', '.join(f'{name} := t.{name}' for name in alike)}) AS alike")
        moment = local_time("t.occurred_at", request.settings.timezone, request.binder)
        found += ["t.occurred_at AS own_moment", f"CAST({moment} AS DATE) AS own_day"]
        found += ["t.touchpoint_id AS own_id"] if request.has("touchpoints", "touchpoint_id") else []
        found.append("t.source_row AS own_row")
    return found


def left(request: Request, select: str, ties: Sequence[str]) -> str:
    """The SELECT of interactions without those that give way; `ties` order those of one moment.

    Excluded interactions are no reason for others to give way, and stay to be counted.
    """
    kept = "excluded OR " if request.excludes else ""
    apart = ", excluded" if request.excludes else ""
    if request.preferred:
        counts = "is_preferred AND NOT excluded" if request.excludes else "is_preferred"
        any_of = f"bool_or({counts}) OVER (PARTITION BY conversion)"
        select = f"""
SELECT * EXCLUDE (is_preferred)
FROM ({select}
) AS i
QUALIFY {kept}is_preferred OR NOT {any_of}"""
    if request.spec.collapse is None:
        return select
    order = ", ".join(["own_moment", *ties])
    if request.spec.collapse == "repeats":
        before = f"lag(alike) OVER (PARTITION BY conversion, alike.contact_id{apart} ORDER BY {order})"
        first = f"alike IS DISTINCT FROM {before}"
    elif request.spec.collapse == "session":
        before = f"lag(own_moment) OVER (PARTITION BY conversion, alike{apart} ORDER BY {order})"
        first = f"{before} IS NULL OR own_moment - {before} > {SESSION}"
    else:
        first = f"row_number() OVER (PARTITION BY conversion, alike, own_day{apart} ORDER BY {order}) = 1"
    own = ["alike", "own_moment", "own_day", "own_row"]
    own += ["own_id"] if request.has("touchpoints", "touchpoint_id") else []
    return f"""
SELECT * EXCLUDE ({", ".join(own)})
FROM ({select}
) AS i
QUALIFY {kept}{first}"""
