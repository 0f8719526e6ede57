"""What a column is called, where more than its name stands in its header: ``Deal - Status``, ``Amount (EUR)``."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence

from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.file import File
from attrib_cli.proposal.shapes import dictionary

_WORDS = re.compile(r"[\s_\-–/:.$]+|(?<=[a-z])(?=[A-Z])")
_SCALES = {"micros": re.compile(r"micros?(?![a-z])"), "cents": re.compile(r"(?<![a-z])cents(?![a-z])")}
"""How headers say what a unit of their amounts is: ``cost_micros``, ``amount_cents``, but no ``Microsoft cost``."""

_BRACKETS = re.compile(r"\s*\((?:[A-Z]{3}|[€$£¥]|[Bb]illing)\)$")


def exactly(file: File, table: str, wanted: str) -> str | None:
    """Return the header that is `wanted` itself, in any table."""
    return file.header(wanted)


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


WAYS = (exactly, behind_nouns)
"""How a header may be called as is wanted, the surest first."""


def called(
    file: File, table: str, names: Sequence[str], ways: Sequence[Callable[[File, str, str], str | None]] = WAYS
) -> Iterator[str]:
    """Yield the headers that are called by one of `names`, those of the first of the `ways` before others."""
    for way in ways:
        yield from filter(None, (way(file, table, name) for name in names))


@functools.lru_cache(maxsize=1024)
def words_of(header: str) -> tuple[str, ...]:
    """Return the words of a header, without a currency in brackets behind them."""
    return tuple(filter(None, _WORDS.split(_BRACKETS.sub("", header.strip()))))


def scale_of(header: str) -> str | None:
    """Return the `scale` of amounts that a header says, None where it says none."""
    return next((scale for scale, pattern in _SCALES.items() if pattern.search(header.casefold())), None)


def of_people(header: str) -> bool:
    """Whether a header has a word for people who buy."""
    return not of_staff(header) and any(word in folded(header) for word in dictionary().people)


def names_companies(header: str) -> bool:
    """Whether a header has a word for companies, as those have whose deals are."""
    return not of_staff(header) and any(word in folded(header) for word in dictionary().companies)


def of_staff(header: str) -> bool:
    """Whether a header says which colleague something is of, such as the owner of a lead."""
    return any(folded(word) in folded(header) for word in dictionary().staff)


def of_changes(header: str) -> bool:
    """Whether a header says when a row was changed, or copied from one program to another."""
    words = (*dictionary().changed, *dictionary().copied)
    return any(word in folded(header) for word in words)
