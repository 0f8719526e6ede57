"""How a CSV file is written, told from its first bytes and from the columns that it should have.

DuckDB's sniffer guesses from the shape of the rows alone and has read ragged files as one text column. Here the
delimiter is the one under which the headers are those of the table.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.bytestream import compression, detect_encoding, head_bytes
from attrib_cli.engine.sources.catalogue import known_table
from attrib_cli.engine.sources.header import distinct, familiar, match, trimmed
from attrib_cli.engine.sources.table import CsvPart, Dialect, label

DELIMITERS = (",", ";", "\t", "|")
_HEAD_SIZES = (1 << 17, 1 << 24)
_SAMPLE_ROWS = 1000
_MOST_PREAMBLE = 50
"""Lines in which a header is looked for, to say where it is."""


def read_head(source: TableSource, path: str, *, named: bool = True) -> CsvPart:
    """Read the start of a CSV file: dialect, headers and up to a thousand rows of text.

    Positions are those of the table's columns, or, unless they are `named`, of the headers as they are. Raises
    SourceError where the file cannot be read, is empty, is not text or has a header that is looked for twice.
    """
    place = label(source, path)
    packed = compression(path, place)
    for size in _HEAD_SIZES:
        data = head_bytes(path, packed, place, size)
        complete = len(data) < size
        encoding = detect_encoding(data, source.encoding, place, source.place)
        text = _decode(data, encoding, complete=complete, place=place)
        skip, body, marked = _above_header(source, text, place)
        if not body.strip():
            raise SourceError(
                "the file is empty: not even a header line", place=place, hint="the first line must name the columns"
            )
        delimiter = _delimiter(source, body, marked, complete=complete)
        if delimiter is not None:
            rows = _rows(body, delimiter, complete=complete)
            header, repeated = distinct(trimmed(next(rows)))
            if named:
                positions = match(source, header, label=place, line=skip + 1, repeated=repeated)
            else:
                positions = {name: i for i, name in enumerate(header)}
            return CsvPart(
                path=path,
                label=place,
                dialect=Dialect(delimiter=delimiter, encoding=encoding, compression=packed, skip=skip),
                header=header,
                repeated=repeated,
                positions=positions,
                bounds=source.bounds,
                numbers=source.origins[path].rows if path in source.origins else None,
                sample=tuple(tuple(row) for row in rows if len(row) == len(header)),
            )
        if complete:
            break
    raise SourceError(
        "the header line cannot be read: a quote is not closed, or text follows a closing quote",
        place=f"{place}:1",
        hint='write a quote inside a quoted value as ""',
    )


def _decode(data: bytes, encoding: str, *, complete: bool, place: str) -> str:
    if encoding == "utf-8" and data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data, complete)
    except UnicodeError as error:
        if encoding != "utf-8":
            line, what = 1, f"not {encoding} text: {error}"
            if isinstance(error, UnicodeDecodeError):
                line += data[: error.start].decode(encoding, "replace").count("\n")
                what = f"the bytes {data[error.start : error.end].hex(' ')} are not {encoding} text"
            hint = "the source's `encoding:` does not fit this file"
            raise SourceError(what, place=f"{place}:{line}", hint=hint) from None
        # Reading the rows finds the bad byte with its line and column; the head only has to be understood.
        text = data.decode("utf-8", "replace")
    first = text.find("\0")
    if first >= 0:
        line = len(text[:first].splitlines()) or 1
        raise SourceError(
            "a NUL character: this is not text, or UTF-16 without a byte order mark",
            place=f"{place}:{line}",
            hint="save the file as UTF-8, or set `encoding: utf-16-le` for the source",
        )
    return text


def _above_header(source: TableSource, text: str, place: str) -> tuple[int, str, str | None]:
    """Split off what stands before the header: by `header_line`, else what `_lead_in` knows."""
    line = source.bounds.header_line
    if line is None:
        return _lead_in(text)
    lines = text.splitlines(keepends=True)
    if line == 0:
        line = header_line(source, lines)
        if line is None:
            hint = "Say which line it is: `header_line: 4`."
            raise SourceError("no line has the headers looked for", place=place, hint=hint)
    if line > len(lines):
        raise SourceError(f"there is no line {line}, where the headers are to be", place=place)
    return line - 1, "".join(lines[line - 1 :]), None


def header_line(source: TableSource, lines: Sequence[str]) -> int | None:
    """Return the first of the lines at the start of a file that has the required columns; None where none has."""
    required = len(known_table(source.table).required)
    for number, line in enumerate(lines[: _MOST_PREAMBLE + 1], 1):
        for delimiter in (source.delimiter,) if source.delimiter else DELIMITERS:
            if familiar(source, trimmed(next(csv.reader([line], delimiter=delimiter), []))) >= required:
                return number
    return None


def _lead_in(text: str) -> tuple[int, str, str | None]:
    """Split off what stands before the header: blank lines, and the line ``sep=;`` that Excel understands."""
    skip, marked = 0, None
    lines = iter(text.splitlines(keepends=True))
    for line in lines:
        content = line.rstrip("\r\n")
        if skip == 0 and len(content) == 5 and content.casefold().startswith("sep="):
            marked = content[4]
        elif content:
            break
        skip += 1
        text = text[len(line) :]
    return skip, text, marked


def _delimiter(source: TableSource, body: str, marked: str | None, *, complete: bool) -> str | None:
    given = source.delimiter or marked
    best: tuple[int, int] = (-1, -1)
    chosen = None
    for delimiter in (given,) if given else DELIMITERS:
        header = next(_rows(body, delimiter, complete=complete), None)
        if header is not None:
            score = (familiar(source, trimmed(header)), len(header))
            if score > best:
                best, chosen = score, delimiter
    return chosen


def hint_of_preamble(source: TableSource, part: CsvPart) -> str | None:
    """Return what to do about a file whose first line names none of the table's columns; None where it may."""
    if familiar(source, part.header):
        return None
    if part.header[0].casefold().startswith(("<!doctype", "<html", "<?xml")):
        return "this looks like a web page, such as one to log in: download the file itself"
    if part.header[0].startswith(("{", "[")):
        return "this looks like JSON: give a file with an object on each line a name that ends in .jsonl"
    data = head_bytes(part.path, part.dialect.compression, part.label, _HEAD_SIZES[0])
    number = header_line(source, data.decode(part.dialect.encoding, "replace").splitlines())
    if number is not None:
        return f"line {number} looks like the header: write `header_line: {number}` for the source"
    if len(part.header) == 1:
        return "the first line must name the columns: remove what stands before them"
    return None


def _rows(body: str, delimiter: str, *, complete: bool) -> Iterator[list[str]]:
    """Yield the records at the start of a text; a last one that may be cut off, or is broken, is left out."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    previous: list[str] | None = None
    try:
        for count, row in enumerate(row for row in reader if row):
            if previous is not None:
                yield previous
            previous = row
            if count > _SAMPLE_ROWS:
                return
    except csv.Error:
        # What is broken, or cut off inside its quotes, is the record behind the last one.
        complete = True
    if previous is not None and complete:
        yield previous
