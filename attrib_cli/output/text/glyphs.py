"""The signs that tables are drawn with, and their stand-ins where the reader's encoding lacks them."""

from __future__ import annotations

from functools import lru_cache

from attrib_cli.engine.frozen import frozen
from attrib_cli.terminal.console import printable


@frozen
class Glyphs:
    """One set of signs. `blocks` fill a cell from empty to full, in equal steps; `nothing` marks an unknown figure,
    `empty` a cell without one.
    """

    rule: str
    ellipsis: str
    nothing: str
    empty: str
    dot: str
    blocks: str


UNICODE = Glyphs(rule="─", ellipsis="…", nothing="–", empty="·", dot=" · ", blocks=" ▏▎▍▌▋▊▉█")
ASCII = Glyphs(rule="-", ellipsis="..", nothing="-", empty=".", dot=", ", blocks=" #")


def encodes(text: str, encoding: str) -> bool:
    """Say whether `encoding` has every character of `text`."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@lru_cache
def glyphs_for(encoding: str) -> Glyphs:
    """Return the finest signs that `encoding` has."""
    every = "".join((UNICODE.rule, UNICODE.ellipsis, UNICODE.nothing, UNICODE.empty, UNICODE.dot, UNICODE.blocks))
    return UNICODE if encodes(every, encoding) else ASCII


def shown(text: str, encoding: str) -> str:
    """Return `text` as it can be shown: control characters as escapes, what `encoding` lacks as ``?``."""
    safe = printable(text)
    if safe.isascii() or encodes(safe, encoding):
        return safe
    try:
        return safe.encode(encoding, "replace").decode(encoding)
    except LookupError:
        return safe.encode("ascii", "replace").decode("ascii")


def bar(part: float, width: int, glyphs: Glyphs) -> str:
    """Return a bar of `width` cells of which `part` (0 to 1) is filled, to the fraction of a cell that there is."""
    steps = len(glyphs.blocks) - 1
    filled = round(min(max(part, 0.0), 1.0) * width * steps)
    if part > 0 and filled == 0 and steps > 1:
        filled = 1
    full, rest = divmod(filled, steps)
    return glyphs.blocks[-1] * full + (glyphs.blocks[rest] if rest else "")
