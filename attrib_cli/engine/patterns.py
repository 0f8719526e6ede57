"""Patterns of values, as the configuration has them, and the regular expression that they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence


def regular_expression(patterns: Sequence[str]) -> str:
    """Return the regular expression of alternatives: ``*`` stands for anything, ``/.../`` is one already."""
    found = []
    for pattern in patterns:
        text = pattern.strip().lower()
        if len(text) > 1 and text.startswith("/") and text.endswith("/"):
            found.append(text[1:-1])
        else:
            found.append(".*".join(re.escape(part) for part in text.split("*")))
    return "|".join(f"(?:{one})" for one in found)
