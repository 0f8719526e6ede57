"""What a column is called, where more than its name stands in its header: ``Deal - Status``, ``Amount (EUR)``."""

from __future__ import annotations

import functools
import itertools
import re

from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.look import File
from attrib_cli.proposal.shapes import dictionary

_WORDS = re.compile(r"[\s_\-–/:.$]+|(?<=[a-z])(?=[A-Z])")
_BRACKETS = re.compile(r"\s*\((?:[A-Z]{3}|[€$£¥]|[Bb]illing)\)$")


def behind_nouns(file: File, table: str, wanted: str) -> str | None:
    """Return the header that is `wanted` behind words for a row of the table, or before a currency in brackets."""
    people = dictionary().nouns["contacts"] if "mail" in wanted else ()
    nouns = {folded(noun) for noun in (*dictionary().nouns.get(table, ()), *people)}
    for header in file.headers:
        words = words_of(header)
        rest = tuple(itertools.dropwhile(lambda word: folded(word) in nouns, words))
        if folded(wanted) in (folded("".join(words)), folded("".join(rest))):
            return header
    return None


@functools.lru_cache(maxsize=1024)
def words_of(header: str) -> tuple[str, ...]:
    """Return the words of a header, without a currency in brackets behind them."""
    return tuple(filter(None, _WORDS.split(_BRACKETS.sub("", header.strip()))))
