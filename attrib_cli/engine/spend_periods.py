"""Spend that a row has of several days: the header of the last of them, told by what the first is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrib_cli.engine.sources.catalogue import folded

_LAST = {
    "start": ("end", "stop"),
    "starts": ("ends", "stops"),
    "starting": ("ending",),
    "started": ("ended",),
    "begin": ("end",),
    "begins": ("ends",),
    "beginning": ("ending", "end"),
    "from": ("to", "until", "till"),
    "since": ("until", "till"),
    "first": ("last",),
    "on": ("until",),
}
"""By the word of the header of a first day, the words that stand in its place in the header of the last."""

_ALONE = ("reporting ends", "date stop", "period end", "period ends", "spent until")
"""Headers that are of the last day of a row whatever the first is called.

``Ends`` and ``End date`` alone are none: beside a day they are mostly those of the campaign itself.
"""


def last_day(starts: Sequence[str], headers: Sequence[str]) -> str | None:
    """Return which of `headers` is the last day that a row is about, `starts` being those of its first; None for none.

    ``Reporting starts`` has ``Reporting ends``, ``date_start`` has ``date_stop``, ``from`` has ``until``.
    """
    there = {folded(header): header for header in headers}
    wanted = (*(name for start in starts for name in _partners(start)), *_ALONE)
    found = (there.get(folded(name)) for name in wanted)
    return next((header for header in found if header is not None and header not in starts), None)


def _partners(start: str) -> Iterator[str]:
    words = re.findall(r"[a-z]+|[0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", start).lower())
    for i, word in enumerate(words):
        for other in _LAST.get(word, ()):
            yield "".join((*words[:i], other, *words[i + 1 :]))
