"""What a file carries so that its reports can be made again: each request with its settings, and what it read.

xlsx, parquet and json-about have a place for it. It has no clock and nothing of the machine but the paths of the files.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.plain_data import NotPlainError, Plain, from_plain, to_plain
from attrib_cli.engine.spec import ReportSpec, Settings
from attrib_cli.output.about import About
from attrib_cli.output.named_report import Layout

if TYPE_CHECKING:
    from attrib_cli.output.named_report import NamedReport
    from attrib_cli.output.registry import WriteOptions

KEY = "attrib.origin"
"""The key of a Parquet schema's metadata."""

_MARK = "attrib-origin "
_CELL = 30_000
"""So many characters go into a cell of a workbook at most."""


@dataclass(frozen=True, kw_only=True)
class OfReport:
    """One report of a file: the name that it has there, how it is shown, and what it is made of beside the data."""

    name: str | None
    spec: ReportSpec
    settings: Settings
    chart: str | None = None
    layout: Layout | None = None


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a file's reports were made of. `about` has the day, the version, the files, and how the data were named."""

    format: str
    about: About
    reports: tuple[OfReport, ...]


def origin_of(format: str, reports: Sequence[NamedReport], options: WriteOptions) -> str | None:
    """Return what a file of `reports` carries, as one line of JSON; None where nobody knows what was read."""
    about = None if options.about is None else options.about()
    if about is None or about.data is None:
        return None
    of = tuple(
        OfReport(name=o.name or None, spec=o.report.spec, settings=o.report.settings, chart=o.chart, layout=o.layout)
        for o in reports
    )
    return json.dumps(to_plain(Origin(format=format, about=about, reports=of)), ensure_ascii=True)


def in_cells(text: str) -> Iterator[str]:
    """Yield what is written into cells of a workbook, to be found there again."""
    for number, start in enumerate(range(0, len(text), _CELL)):
        yield f"{_MARK}{number}:{text[start : start + _CELL]}"


def read_origin(path: str) -> Origin:
    """Return what a file carries of itself.

    Raises SourceError for a file that cannot be read, and UsageError, with its format, for one that carries nothing.
    """
    from attrib_cli.output.registry import CATALOGUE, format_of_file

    try:
        with Path(path).open("rb") as stream:
            head = stream.read(4)
        if head == b"PAR1":
            text = _of_parquet(path)
        elif head[:2] == b"PK":
            text = _of_workbook(path)
        else:
            text = _of_json(path) if head[:1] == b"{" else None
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", place=path) from error
    if text is None:
        format = format_of_file(path)
        carriers = ", ".join(entry.name for entry in CATALOGUE if entry.origin)
        what = "the file" if format is None else format.name if not format.origin else f"this {format.name}"
        raise UsageError(
            f"{what} does not carry what it was made of",
            hint=f"Reports exported as {carriers} do; ledgers, boards and partials do not.",
            place=path,
        )
    try:
        return from_plain(Origin, json.loads(text))
    except (NotPlainError, ValueError, TypeError) as error:
        hint = "It was changed, or made by another version."
        raise UsageError("what the file carries of its making cannot be read", hint=hint, place=path) from error


def _of_parquet(path: str) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_schema(path).metadata or {}
    except pa.ArrowInvalid as error:
        raise SourceError("this Parquet file is damaged", place=path) from error
    text = found.get(KEY.encode())
    return None if text is None else text.decode()


def _of_json(path: str) -> str | None:
    try:
        found = json.loads(Path(path).read_bytes())
    except ValueError:
        return None
    about = found.get("about") if isinstance(found, dict) else None
    made = about.get("origin") if isinstance(about, dict) else None
    return None if made is None else json.dumps(made)


def _of_workbook(path: str) -> str | None:
    pieces: dict[int, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.startswith("xl/") and name.endswith(".xml"):
                    with archive.open(name) as part:
                        for _, node in ElementTree.iterparse(part):  # noqa: S314 - entities are not expanded by expat
                            text = node.text or ""
                            if text.startswith(_MARK):
                                number, _, piece = text.removeprefix(_MARK).partition(":")
                                pieces[int(number)] = piece
                            node.clear()
    except (zipfile.BadZipFile, ElementTree.ParseError, ValueError) as error:
        raise SourceError("this is no workbook, or a damaged one", place=path) from error
    return "".join(pieces[number] for number in sorted(pieces)) or None


def as_json(text: str | None) -> Mapping[str, Plain]:
    """Return what a JSON file has of it beside all else that it says of itself."""
    return {} if text is None else {"origin": json.loads(text)}
