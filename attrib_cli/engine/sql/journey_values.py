"""What a journey says of its conversion: its path, its length, its steps and how long it took.

They are columns of ``journey_values``, one row for each journey with interactions that may earn credit.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.dimensions import OF_CHANNELS, Field
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.sql.cte import comma
from attrib_cli.engine.sql.labels import label_of
from attrib_cli.engine.sql.resolved import Request

ARROW = " > "
"""What stands between the steps of a path."""

DAY = 86_400_000_000
"""Microseconds of a day."""


def channel(request: Request) -> Field:
    """The channel of an interaction, of which paths are made."""
    kind = request.tables["touchpoints"].columns["channel"].kind
    return Field(name="channel", level="interaction", table="touchpoints", column="channel", kind=kind)


def of_channels(request: Request) -> bool:
    """Whether the channels of interactions are looked at, and with them their order."""
    return any(field.column in OF_CHANNELS for field in request.journey_fields)


def value(field: Field, alias: str) -> str:
    """The SQL of what a journey says, of a row of ``journey_values`` that may be missing: no path and no days then."""
    if field.column in ("path", "lag_days"):
        return f"{alias}.{field.column}"
    return f"coalesce({alias}.{field.column}, 0)"


def picked(request: Request, alias: str) -> list[str]:
    """The SQL conditions of the filters on journeys, of a row of ``journey_values`` that may be missing."""
    return [request.condition(bound, value(bound[1], alias)) for bound in request.journey_filters]


def measured(request: Request, source: str, key: str, order: Sequence[str], *, lag: str = "max(i.age)") -> str:
    """The SELECT of what journeys say: `key`, and a column for each of the request's fields of journeys.

    `source` has the interactions of journeys, with `key`, age and, for paths, channel_value and what they are ordered
    by from the first to the last. `lag` is how long a journey took, in microseconds.
    """
    named = {field.column for field in request.journey_fields}
    ordered = f"ORDER BY {', '.join(order)}"
    columns = {
        "path": f"string_agg(i.channel_label, {literal(ARROW)} {ordered})",
        "path_length": "count(*)",
        "steps": "count(*) FILTER (i.channel_label IS DISTINCT FROM i.channel_before)",
        "lag_days": f"{lag} // {DAY}",
    }
    if named & {*OF_CHANNELS}:
        label = label_of(request, channel(request), "i.channel_value")
        source = f"(SELECT i.*, {label} AS channel_label FROM {source} AS i)"
    if "steps" in named:
        before = f"lag(i.channel_label) OVER (PARTITION BY i.{key} {ordered})"
        source = f"(SELECT i.*, {before} AS channel_before FROM {source} AS i)"
    return f"""
SELECT
  {comma([f"i.{key}", *(f"{sql} AS {name}" for name, sql in columns.items() if name in named)])}
FROM {source} AS i
GROUP BY i.{key}"""
