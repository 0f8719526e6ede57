"""What a journey says of its conversion or its interactions: its path, its length, how long it took, who converted.

A journey value is one entry here. Dimensions, filters, the query, checks, help and completion ask the entry; none of
them knows one by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.source_spec import SEPARATOR

DAY = 86_400_000_000
"""Microseconds of a day."""


@frozen
class JourneyValue:
    """One thing that a journey says: as a dimension ``path``, or ``journey.path`` where a column is called so too.

    It is said of the journey as a whole (`level` "journey"), of each of its interactions ("age"), or of what came
    before it ("history", found out by ``sql/conversions.py``). `sql` makes it from how the interactions i are ordered,
    and from microseconds: those that the journey took, or those from the interaction to the conversion.

    It is made of the channels of the interactions (`of_channels`), and of what stood before each (`of_changes`);
    where a journey has no interaction it is empty (`needs_interactions`) and else 0. `needs_times` says that paths
    with counts, which have no times, do not say it. `values` are all that there are, where they are few.
    """

    name: str
    kind: Literal["text", "number"]
    description: str
    level: Literal["journey", "age", "history"] = "journey"
    sql: Callable[[str, str], str] | None = None
    of_channels: bool = False
    of_changes: bool = False
    needs_interactions: bool = False
    needs_times: bool = False
    values: tuple[str, ...] = ()


CATALOGUE: tuple[JourneyValue, ...] = (
    JourneyValue(
        name="path",
        kind="text",
        description="Channels of the journey in order of time, such as Email > Direct",
        sql=lambda ordered, _: f"string_agg(i.channel_label, {literal(SEPARATOR)} {ordered})",
        of_channels=True,
        needs_interactions=True,
    ),
    JourneyValue(
        name="path_length",
        kind="number",
        description="Number of interactions of the journey that may earn credit",
        sql=lambda *_: "count(*)",
    ),
    JourneyValue(
        name="steps",
        kind="number",
        description="Number of channels in the path, those that follow themselves once",
        sql=lambda *_: "count(*) FILTER (i.channel_label IS DISTINCT FROM i.channel_before)",
        of_channels=True,
        of_changes=True,
    ),
    JourneyValue(
        name="lag_days",
        kind="number",
        description="Whole days from the first interaction of the journey to the conversion",
        sql=lambda _, micros: f"{micros} // {DAY}",
        needs_interactions=True,
        needs_times=True,
    ),
    JourneyValue(
        name="days_to_conversion",
        kind="number",
        description="Whole days from the interaction to the conversion",
        level="age",
        sql=lambda _, micros: f"({micros} // {DAY})",
        needs_times=True,
    ),
    JourneyValue(
        name="new_or_returning",
        kind="text",
        description="Whether one of its contacts had converted before: new, returning, or unknown",
        level="history",
        needs_times=True,
        values=("new", "returning", "unknown"),
    ),
)


def find_journey_value(name: str) -> JourneyValue | None:
    """Return the journey value called `name`, in lower case with ``_``; None for what is none."""
    return next((value for value in CATALOGUE if value.name == name), None)
