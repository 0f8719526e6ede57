"""Names of rows that stand for no value of their dimension, such as ``(unattributed)``.

No value of the data is shown under such a name: one that is called so is shown in quotes, ``"(unattributed)"``, and one
that is called that, in one more pair of them. So a row's text says which of both it is, in every format.
"""

from __future__ import annotations

UNATTRIBUTED = "(unattributed)"
OTHER = "(other)"
NO_INTERACTION = "(no interaction)"
_FIXED = (UNATTRIBUTED, OTHER, NO_INTERACTION)


def missing(dimension: str) -> str:
    """Return what a row shows where its dimension has no value: ``(no campaign)``, ``(no asset type)``."""
    return f"(no {dimension.rpartition('.')[2].replace('_', ' ')})"


def reserved(dimension: str) -> tuple[str, ...]:
    """Return the names of rows of `dimension` that stand for no value of it."""
    return (*_FIXED, missing(dimension))


def quoted(text: str, dimension: str) -> str:
    """Return what a row shows for the value `text` of `dimension`."""
    return f'"{text}"' if text.strip('"').lower() in reserved(dimension) else text


def unquoted(text: str, dimension: str) -> str:
    """Return the value of `dimension` that a row shows as `text`."""
    inner = text.removeprefix('"').removesuffix('"')
    return inner if inner != text and text == quoted(inner, dimension) else text
