"""What a file says about itself: what was asked, of which files, when and by which version.

Only what a report depends on stands here, no clock: the day is the one that the report's periods count from, so that
the same request on the same files makes the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.words import range_words

if TYPE_CHECKING:
    from attrib_cli.engine.report import Summary
    from attrib_cli.engine.source_spec import SourceMap
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.scope import Condition

_PIECE = 1024 * 1024


@frozen
class SourceFile:
    """One file that was read: `size` in bytes, `sha256` of its bytes as they are on the disk."""

    table: str
    path: str
    size: int
    sha256: str


@frozen
class DataNames:
    """How the data were named when the program was called: folders, the configuration, or the example data.

    `reading` tells ways to read them apart: columns, formats and rules, but neither paths nor what messages say.
    """

    folders: tuple[str, ...] = ()
    config: str | None = None
    demo: bool = False
    reading: str = ""


@frozen
class About:
    """Where figures come from: the day that periods count from, the version of the program, and the files.

    `data` says how they were named, None where not all reports are of the same.
    """

    day: dt.date
    version: str
    sources: tuple[SourceFile, ...] = ()
    data: DataNames | None = None


def about(*sources: SourceMap, day: dt.date, data: DataNames | None = None) -> About:
    """Return what a file should say of all `sources`; reads every file once, for its hash."""
    from attrib_cli import __version__

    found = dict.fromkeys(file for one in sources for file in _files(one))
    named = None if data is None or len(sources) != 1 else replace(data, reading=reading(sources[0]))
    return About(day=day, version=__version__, sources=tuple(found), data=named)


def reading(sources: SourceMap) -> str:
    """Return what tells one way to read the tables from another, wherever their files lie."""
    whole = sorted((name, repr(_bare(source))) for name, source in sources.tables.items())
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _bare(value: object) -> object:
    """Return a source without paths and what messages say of it, at any depth."""
    if is_dataclass(value) and not isinstance(value, type):
        told = ("paths", "place", "origins", "config", "first_line")
        return {f.name: _bare(getattr(value, f.name)) for f in fields(value) if f.name not in told}
    if isinstance(value, Mapping):
        return {str(key): _bare(one) for key, one in sorted(value.items())}
    return [_bare(one) for one in value] if isinstance(value, tuple) else value


def _files(sources: SourceMap) -> Iterator[SourceFile]:
    for table, source in sources.tables.items():
        for path in source.paths:
            if source.format == "spark":
                yield SourceFile(table=table, path=f"spark:{path}", size=0, sha256="")
                continue
            digest, size = hashlib.sha256(), 0
            with Path(path).open("rb") as stream:
                while piece := stream.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
            named = source.place if source.place == "standard input" else path
            yield SourceFile(table=table, path=named or path, size=size, sha256=digest.hexdigest())


def definition(spec: ReportSpec, summary: Summary, conditions: Sequence[Condition]) -> Iterator[tuple[str, str]]:
    """Yield what was asked and counted as pairs of a name and a text: what was asked, its conditions, the counts."""
    yield "Report type", summary.type
    yield "Models", ", ".join(spec.models)
    yield "By", ", ".join(spec.by)
    dates = summary.dates
    yield "Period", dates.label
    yield "Conversion dates", range_words(dates)
    if summary.first_conversion and summary.last_conversion:
        yield "Conversions found", f"{summary.first_conversion} to {summary.last_conversion}"
    if summary.compared_with is not None:
        yield "Compared with", range_words(summary.compared_with)
    for name in dict.fromkeys(condition.name for condition in conditions):
        yield name, "; ".join(condition.value for condition in conditions if condition.name == name)
    for name, texts in (("Measures", spec.measures), ("Sorted by", spec.sort)):
        if texts:
            yield name, "; ".join(texts)
    if summary.currency:
        yield "Currency", summary.currency
    for part in summary.parts:
        yield f"Conversions of {part.type}", f"{part.conversions:,}, {part.without_interactions:,} without interactions"
    yield "Conversions", f"{summary.conversions:,}"
    yield "With interactions", f"{summary.with_interactions:,}"
    yield "Without interactions", f"{summary.without_interactions:,}"
    yield "Interactions excluded", f"{summary.excluded_interactions:,}"
    for reason, count in summary.left_out:
        if count:
            yield "Left out", f"{count:,} {reason}"
