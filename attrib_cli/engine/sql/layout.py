"""SQL text laid out for reading: lines that are too long are broken where clauses and items of lists begin.

Nothing but the white space outside of quotes changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WIDTH = 110
"""Lines up to this width are left as they are."""

CLAUSE, ITEM, CONDITION = 3, 2, 1
"""How strongly a line may be broken before a clause, an item of a list or case, or a condition."""

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\w+|\s+|.", re.DOTALL)
_CLAUSES = {
    "from",
    "where",
    "group",
    "order",
    "having",
    "union",
    "join",
    "left",
    "anti",
    "cross",
    "asof",
    "qualify",
    "select",
}
_CASES = {"when", "else"}
_CONDITIONS = {"and", "or", "then"}
_BEFORE_JOIN = {"left": {"asof"}, "join": {"left", "anti", "cross"}}
"""What a word that begins a clause may follow, which then begins it."""

_BRACKETS = {"(", "[", "{"}
_OPENING = {*_BRACKETS, "case"}
_CLOSING = {")", "]", "}", "end"}


@dataclass(frozen=True)
class _Piece:
    """Some text of a line, how deep in brackets it begins, and how strongly a line may be broken before it."""

    text: str
    depth: int
    breaks: int


_QUOTED = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_BREAK = "\0"
"""Stands for a line break within quotes, which is none of the text's layout; no SQL has this character."""


def laid_out(sql: str) -> str:
    """Return `sql` with its long lines broken; comments and literals stay whole."""
    text = _QUOTED.sub(lambda match: match[0].replace("\n", _BREAK), sql)
    return "\n".join(line for long in text.split("\n") for line in _broken(long)).replace(_BREAK, "\n")


def _broken(line: str) -> Iterator[str]:
    bare = line.lstrip(" ")
    if len(line) <= WIDTH or bare.startswith("--"):
        yield line.rstrip()
        return
    indent = len(line) - len(bare)
    pieces = _pieces(bare)
    clauses = [piece for piece in pieces[1:] if piece.breaks == CLAUSE]
    breaking = clauses or [piece for piece in pieces[1:] if piece.breaks]
    if not breaking:
        yield line.rstrip()
        return
    depth = min(piece.depth for piece in breaking)
    rank = max(piece.breaks for piece in breaking if piece.depth == depth)
    yield from _split(pieces, depth, rank, indent)


def _split(pieces: list[_Piece], depth: int, rank: int, indent: int) -> Iterator[str]:
    """Break before each piece of a rank at one depth, and further where that leaves long lines."""
    lines = [""]
    for place, piece in enumerate(pieces):
        if place and piece.depth == depth and piece.breaks >= rank:
            lines.append("")
        lines[-1] += piece.text
    level = rank == CLAUSE and depth == 0 and lines[0].lower().startswith("select")
    for place, text in enumerate(lines):
        yield from _broken(" " * (indent if place == 0 or level else indent + 2) + text.strip())


def _pieces(line: str) -> list[_Piece]:
    """Cut a line into pieces at whose beginning it may be broken: clauses first, then items and conditions."""
    pieces: list[_Piece] = []
    depth, after_comma, blank = 0, False, ""
    for text in _TOKEN.findall(line):
        word = text.lower()
        if text.isspace():
            blank = " "
            continue
        breaks = (
            CLAUSE if word in _CLAUSES else ITEM if after_comma or word in _CASES else CONDITION * (word in _CONDITIONS)
        )
        if pieces and pieces[-1].text.strip().lower() in _BEFORE_JOIN.get(word, ()):
            breaks = 0
        if word in _CLOSING:
            depth, breaks = max(depth - 1, 0), 0
        pieces.append(_Piece(blank + text, depth, breaks))
        blank, after_comma = "", text == ","
        if word in _OPENING:
            depth += 1
        if text in _BRACKETS:
            pieces.append(_Piece("", depth, ITEM))
    return pieces[:-1] if pieces and not pieces[-1].text else pieces
