"""What a file carries so that its reports can be made again: each request with its settings, and what it read.

Formats with a place for it have it there (see `carried`); beside a file of rows alone it stands in its json-about file.
It has no clock and nothing of the machine but the paths of the files.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree

from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.plain_data import NotPlainError, Plain, from_plain, to_plain
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.output.about import About
from attrib_cli.output.dashboard.board import Display
from attrib_cli.output.named_report import Layout
from attrib_cli.output.scope import Condition

if TYPE_CHECKING:
    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.named_report import NamedReport
    from attrib_cli.output.registry import WriteOptions

KEY = "attrib.origin"
"""The key of a Parquet schema's metadata."""

_MARK = "attrib-origin "
_CELL = 30_000
"""So many characters go into a cell of a workbook at most."""


@frozen
class OfReport:
    """One report of a file: the name that it has there, how it is shown, and what it is made of beside the data."""

    name: str | None
    spec: ReportSpec
    settings: Settings
    chart: str | None = None
    layout: Layout | None = None


@frozen
class OfTile:
    """How a report stands on a board: what the board says of it, how it is drawn there, and its chart on a page."""

    name: str
    description: str
    display: Display
    page_chart: str | None = None


@frozen
class OfBoard:
    """The board that the reports of a file are on, `tiles` in their order; `rows` is how many a tile shows.

    A page that answers is `live`, and has single conversions where it was asked to.
    """

    name: str
    description: str
    today: dt.date
    said: tuple[Condition, ...]
    tiles: tuple[OfTile, ...]
    rows: int | None = None
    live: bool = False
    with_conversions: bool = False


@frozen
class Origin:
    """What a file's reports were made of. `about` has the day, the version, the files, and how the data were named.

    `board` is the dashboard that they are on, if any; of a `ledger` the only report is that of its definition.
    """

    format: str
    about: About
    reports: tuple[OfReport, ...]
    board: OfBoard | None = None
    ledger: bool = False


def origin_of(format: str, reports: Sequence[NamedReport], options: WriteOptions) -> str | None:
    """Return what a file of `reports` carries, as one line of JSON; None where nobody knows what was read."""
    of = (
        OfReport(name=o.name or None, spec=o.report.spec, settings=o.report.settings, chart=o.chart, layout=o.layout)
        for o in reports
    )
    return _text(format, tuple(of), options)


def origin_of_ledger(format: str, ledger: Ledger, options: WriteOptions) -> str | None:
    """Return what a ledger carries; None where nobody knows what was read."""
    of = OfReport(name=options.name or None, spec=ledger.spec, settings=ledger.settings)
    return _text(format, (of,), options, ledger=True)


def origin_of_board(format: str, board: Board, options: WriteOptions) -> str | None:
    """Return what a board carries; None where nobody knows what was read, and where one of its reports failed."""
    reports = board.reports()
    if len(reports) < len(board.tiles) or not reports:
        return None
    live = board.live
    charts = [one.chart for one in live.reports] if live is not None else [None] * len(board.tiles)
    tiles = tuple(
        OfTile(name=tile.name, description=tile.description, display=tile.display, page_chart=chart)
        for tile, chart in zip(board.tiles, charts, strict=True)
    )
    of = OfBoard(
        name=board.name,
        description=board.description,
        today=board.today,
        said=board.said,
        tiles=tiles,
        rows=options.rows,
        live=live is not None,
        with_conversions=live is not None and live.with_conversions,
    )
    named = tuple(
        OfReport(name=tile.name, spec=one.spec, settings=one.settings, chart=tile.chart, layout=tile.layout)
        for tile, one in zip(board.tiles, reports, strict=True)
    )
    return _text(format, named, options, board=of)


def _text(
    format: str,
    reports: tuple[OfReport, ...],
    options: WriteOptions,
    *,
    board: OfBoard | None = None,
    ledger: bool = False,
) -> str | None:
    about = None if options.about is None else options.about()
    if about is None or about.data is None:
        return None
    made = Origin(format=format, about=about, reports=reports, board=board, ledger=ledger)
    return json.dumps(to_plain(made), ensure_ascii=True)


def in_cells(text: str) -> Iterator[str]:
    """Yield what is written into cells of a workbook, to be found there again."""
    for number, start in enumerate(range(0, len(text), _CELL)):
        yield f"{_MARK}{number}:{text[start : start + _CELL]}"


def read_origin(path: str) -> Origin:
    """Return what a file carries of itself.

    Raises SourceError for a file that cannot be read, and UsageError, with its format, for one that carries nothing.
    """
    from attrib_cli.output.chosen_format import format_of_file
    from attrib_cli.output.registry import CATALOGUE, FORMATS

    format = format_of_file(path)
    beside = Path(path).with_suffix(FORMATS["json-about"].suffixes[0])
    text, rows_alone = None, False
    try:
        with Path(path).open("rb") as stream:
            head = stream.read(8)
        reader = next((read for start, read in _READERS.items() if head.startswith(start)), None)
        text = None if reader is None else reader(path)
        if text is None and format is not None and not format.origin and str(beside) != path and beside.exists():
            text, rows_alone = _of_json(str(beside)), True
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", place=path) from error
    if text is None:
        carriers = ", ".join(entry.name for entry in CATALOGUE if entry.origin)
        what = "the file" if format is None else format.name if not format.origin else f"this {format.name}"
        raise UsageError(
            f"{what} does not carry what it was made of",
            hint=f"Files of {carriers} do, but for boards with a report that failed; beside others it is taken from"
            f" {beside.name}, the same report as json-about.",
            place=path,
        )
    try:
        found = from_plain(Origin, json.loads(text))
        return replace(found, format=format.name) if rows_alone and format is not None else found
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


def _of_text(path: str) -> str | None:
    """Return what stands in a page or a picture that is text."""
    found = re.search(r'<(script|metadata)[^>]* id="attrib-origin">\s*(.*?)\s*</\1>', _whole(path), re.DOTALL)
    if found is None:
        return None
    return found[2] if found[1] == "script" else html.unescape(found[2])


def _whole(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace")


def in_markup(text: str | None, tag: Literal["script", "metadata"]) -> str:
    """Return what is written into a page, or into an SVG, to be found there again; empty where there is nothing."""
    if text is None:
        return ""
    if tag == "metadata":
        return f'<metadata id="attrib-origin">{html.escape(text)}</metadata>'
    harmless = text.replace("<", "\\u003c")
    return f'<script type="application/json" id="attrib-origin">{harmless}</script>\n'


def in_png(picture: bytes, text: str | None) -> bytes:
    """Return a PNG with a text chunk behind its header."""
    if text is None:
        return picture
    data = _PNG_KEY + b"\0" + text.encode("ascii")
    chunk = struct.pack(">I", len(data)) + b"tEXt" + data + struct.pack(">I", zlib.crc32(b"tEXt" + data))
    return picture[:_PNG_HEAD] + chunk + picture[_PNG_HEAD:]


_PNG_KEY = b"attrib-origin"
_PNG_HEAD = 8 + 25
"""The signature of a PNG and its first chunk."""


def _of_png(path: str) -> str | None:
    picture = Path(path).read_bytes()
    start = picture.find(b"tEXt" + _PNG_KEY + b"\0")
    if start < 4:
        return None
    (length,) = struct.unpack(">I", picture[start - 4 : start])
    return picture[start + 4 + len(_PNG_KEY) + 1 : start + 4 + length].decode("ascii", "replace")


PDF_KEY = "/AttribOrigin"
"""The entry of a PDF's document information."""


def _of_pdf(path: str) -> str | None:
    try:
        import pypdf
    except ImportError:
        raise UsageError(
            "a PDF is read by the package pypdf, which is not installed",
            hint="Install it with: pip install 'attrib-cli[pdf]'",
            place=path,
        ) from None
    try:
        information = pypdf.PdfReader(path).metadata
    except pypdf.errors.PyPdfError as error:
        raise SourceError("this PDF is damaged", place=path) from error
    return None if information is None or PDF_KEY not in information else str(information[PDF_KEY])


_READERS: Mapping[bytes, Callable[[str], str | None]] = {
    b"PAR1": _of_parquet,
    b"PK": _of_workbook,
    b"{": _of_json,
    b"<!doctyp": _of_text,
    b"<svg": _of_text,
    b"\x89PNG": _of_png,
    b"%PDF": _of_pdf,
}
"""How a file begins, and what reads what it carries."""


def as_json(text: str | None) -> Mapping[str, Plain]:
    """Return what a JSON file has of it beside all else that it says of itself."""
    return {} if text is None else {"origin": json.loads(text)}
