"""What a check finds: how bad it is, how much it is about, where it stands, and the line that mends it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

from attrib_cli.engine.frozen import frozen

Level = Literal["error", "warning", "info"]
LEVELS: tuple[Level, ...] = ("error", "warning", "info")
"""The levels, the worst first.

Errors keep reports from being made or leave them without a figure, warnings make figures wrong or incomplete, infos say
what figures are of.
"""

FindingJson: TypeAlias = "str | int | list[dict[str, str]] | None"


@frozen
class Example:
    """A value and the place where it stands: ``deals.csv:17``."""

    place: str
    value: str


@frozen
class Finding:
    """One thing found in the data.

    `check` is the name of its entry in the catalogue, `about` the table or ``table.column``. `text` is one sentence
    without a full stop. `count` of `total` rows or ids are concerned, and the part `value` of the amount of all won
    deals; None where that says nothing. `mend` is a line of YAML, or what to do where no line mends it.
    """

    check: str
    about: str
    text: str
    level: Level
    count: int
    total: int | None = None
    value: Decimal | None = None
    examples: tuple[Example, ...] = ()
    mend: str | None = None

    def as_json(self) -> dict[str, FindingJson]:
        """Return the finding as an object of JSON; the part of value as a text of six decimals."""
        return {
            "check": self.check,
            "level": self.level,
            "about": self.about,
            "text": self.text,
            "count": self.count,
            "total": self.total,
            "value_share": None if self.value is None else f"{self.value:.6f}",
            "examples": [{"place": one.place, "value": one.value} for one in self.examples],
            "mend": self.mend,
        }
