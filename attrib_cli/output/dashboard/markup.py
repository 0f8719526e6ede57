"""Text as HTML: escaped, with what cannot be seen made visible, and days kept in one piece."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from attrib_cli.output.figures import arrow, is_known
from attrib_cli.output.text.glyphs import shown

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def escaped(text: str) -> str:
    """Return a text as it may stand anywhere in a page, in an attribute too."""
    return html.escape(shown(text, "utf-8"))


def prose(text: str) -> str:
    """Return a text in which no day is broken at the end of a line."""
    return _DAY.sub(lambda day: f'<span class="day">{day.group()}</span>', escaped(text))


def name(text: str) -> str:
    """Return a name out of the data, which may be written from right to left without turning what is around it."""
    return f"<bdi>{escaped(text)}</bdi>"


def figure_class(text: str) -> str:
    """Return the class of a single figure: a long one is smaller, so that it stands in one line of its tile."""
    return "figure" + (" longer" if len(text) > 14 else " long" if len(text) > 10 else "")


def since(change: str, tone: str | None, before: str) -> str:
    """Return what a figure was, after the change since with an arrow in the colour of good or bad news, where known."""
    was = f"from {prose(before)}"
    return f'<span class="{tone or ""}">{arrow(change)}{escaped(change)}</span> {was}' if is_known(change) else was


def table(caption: str, inside: str, *, kinds: Sequence[str] = ()) -> str:
    """Return a table that can be scrolled by itself, with keys too, where it is wider than its place."""
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(caption)}">'
        f"<table{kind}><caption>{escaped(caption)}</caption>{inside}</table></div>"
    )
