"""Which deals are won: as the settings say, else as a column or the stage says."""

from __future__ import annotations

from attrib_cli.engine.quoting import literal
from attrib_cli.engine.sql.resolved import Request

WON_STAGES = ("closedwon", "won")
"""Stages that say won by themselves, as `folded`."""


def won(request: Request, alias: str) -> str:
    """The SQL condition of a won deal: as the settings say, else ``is_won``, else a stage that says won by itself."""
    settings = request.settings
    if settings.all_won:
        return "true"
    if not settings.won_stages and request.has("deals", "is_won"):
        return f"coalesce({alias}.is_won, false)"
    stages = sorted({fold_text(stage) for stage in settings.won_stages}) or WON_STAGES
    listed = ", ".join(map(literal, stages))
    return f"coalesce({folded(f'CAST({alias}.stage AS VARCHAR)')} IN ({listed}), false)"


def folded(expression: str) -> str:
    """The SQL of a text as asset types are compared: without case, ``_``, ``-`` and blanks."""
    return f"replace(replace(replace(lower({expression}), '_', ''), '-', ''), ' ', '')"


def fold_text(text: str) -> str:
    """`folded`, for a text at hand."""
    return text.lower().replace("_", "").replace("-", "").replace(" ", "")
