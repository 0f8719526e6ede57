"""What a journey says of its conversion: its path, its length, its steps and how long it took.

They are columns of ``journey_values``, one row for each journey with interactions that may earn credit.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.journey_values import CATALOGUE
from attrib_cli.engine.sql.cte import comma
from attrib_cli.engine.sql.labels import label_of
from attrib_cli.engine.sql.resolved import Request


def channel(request: Request) -> Field:
    """The channel of an interaction, of which paths are made."""
    kind = request.tables["touchpoints"].columns["channel"].kind
    return Field(name="channel", level="interaction", table="touchpoints", column="channel", kind=kind)


def of_channels(request: Request) -> bool:
    """Whether the channels of interactions are looked at, and with them their order."""
    return any(field.of_channels for field in request.journey_fields)


def value(field: Field, alias: str) -> str:
    """The SQL of what a journey says, of a row of ``journey_values`` that may be missing: no path and no days then."""
    found = field.journey_value
    if found is not None and found.needs_interactions:
        return f"{alias}.{field.column}"
    return f"coalesce({alias}.{field.column}, 0)"


def of_age(field: Field, micros: str) -> str:
    """The SQL of what a journey says of an interaction, `micros` microseconds before the conversion."""
    found = field.journey_value
    if found is None or found.sql is None:
        raise LookupError(field.name)
    return found.sql("", micros)


def picked(request: Request, alias: str) -> list[str]:
    """The SQL conditions of the filters on journeys, of a row of ``journey_values`` that may be missing."""
    return [request.condition(bound, value(bound[1], alias)) for bound in request.journey_filters]


def measured(request: Request, source: str, key: str, order: Sequence[str], *, lag: str = "max(i.age)") -> str:
    """The SELECT of what journeys say: `key`, and a column for each of the request's fields of journeys.

    `source` has the interactions of journeys, with `key`, age and, for paths, channel_value and what they are ordered
    by from the first to the last. `lag` is how long a journey took, in microseconds.
    """
    asked = {field.column for field in request.journey_fields}
    values = [value for value in CATALOGUE if value.name in asked]
    ordered = f"ORDER BY {', '.join(order)}"
    if any(value.of_channels for value in values):
        label = label_of(request, channel(request), "i.channel_value")
        source = f"(SELECT i.*, {label} AS channel_label FROM {source} AS i)"
    if any(value.of_changes for value in values):
        before = f"lag(i.channel_label) OVER (PARTITION BY i.{key} {ordered})"
        source = f"(SELECT i.*, {before} AS channel_before FROM {source} AS i)"
    return f"""
SELECT
  {comma([f"i.{key}", *(f"{value.sql(ordered, lag)} AS {value.name}" for value in values if value.sql)])}
FROM {source} AS i
GROUP BY i.{key}"""
