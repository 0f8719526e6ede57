"""The slow, exact reading of a CSV file with Python's csv module: line numbers, odd files, and what is wrong.

DuckDB reads the regular files. This reads what it cannot be trusted with, and everything that an error message needs.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

from attrib_cli.engine.errors import AttribError, SourceError, together
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.sources.bytestream import reading, utf8_file
from attrib_cli.engine.sources.table import CsvPart
from attrib_cli.engine.temporary import temporary_file

MOST_ERRORS = 10
_LARGEST_FIELD = 2**31 - 1
_DASHES = "-–— "
"""What stands in cells of totals that have no value, before the one that says what they are of too."""


@frozen
class Normalised:
    """A copy of a part with commas, quotes around every value and line feeds: `records` rows without the header.

    `left_out` rows are totals, or stand behind the end of the table. `filled` rows had fewer values than the header,
    the first of them on line `first_filled`.
    """

    path: Path
    records: int
    longest: int
    left_out: int = 0
    filled: int = 0
    first_filled: int | None = None


def plain_file(part: CsvPart) -> Path:
    """Return the part as a plain file, decompressed and in UTF-8."""
    return utf8_file(part.path, part.dialect.compression, part.dialect.encoding, part.label)


def records(part: CsvPart) -> Iterator[tuple[int, list[str]]]:
    """Yield the physical line that each record of the table begins on, and its fields; the header first.

    Neither blank lines nor totals are records, nor what stands behind the end of the table. Short ones are filled up
    where `Bounds.short_rows` says so. In a copy of another file the line is that of the file. Raises SourceError,
    with line and column, for bytes that are no UTF-8, for NUL and for broken quotes.
    """
    for record in _inside(part):
        if record is not None:
            line, fields = record
            yield line, fields + [""] * _lacking(part, fields)


def _lacking(part: CsvPart, fields: list[str]) -> int:
    """Return how many values a record is to be filled up with."""
    return max(0, len(part.header) - len(fields)) if part.bounds.short_rows == "fill" else 0


def _inside(part: CsvPart) -> Iterator[tuple[int, list[str]] | None]:
    """Yield the records of the table, and None for each row that is left out; those behind its end are not parsed."""
    csv.field_size_limit(_LARGEST_FIELD)
    bounds = part.bounds
    totals, footer = (tuple(text.strip().casefold() for text in texts) for texts in (bounds.total_rows, bounds.footer))
    lines = _Lines(part)
    reader = csv.reader(lines, delimiter=part.dialect.delimiter, strict=True)
    start = part.dialect.skip + 1
    number = 0
    while True:
        lines.pending.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _broken(part, lines, start, str(error)) from None
        if bounds.ends_early and number:
            first = next((stripped for field in fields if (stripped := field.strip())), "").casefold()
            named = next((stripped for field in fields if (stripped := field.strip()).strip(_DASHES)), "").casefold()
            if (footer and first.startswith(footer)) or (bounds.ends_at_blank and not first):
                yield from (None for line in itertools.chain([first], lines) if line.strip())
                return
            if totals and named.startswith(totals):
                yield None
                number += 1
                start = part.dialect.skip + reader.line_num + 1
                continue
        if fields:
            _check_text(part, start, fields)
            yield (start if part.numbers is None else part.numbers[number]), fields
            number += 1
        start = part.dialect.skip + reader.line_num + 1


def normalise(part: CsvPart) -> Normalised:
    """Copy a part record by record into a form that leaves DuckDB nothing to interpret.

    Raises SourceError, or an ErrorGroup of up to ten, for rows that are shorter or longer than the header.
    """
    target = temporary_file(".csv")
    width = len(part.header)
    count = longest = left_out = filled = 0
    first_filled: int | None = None
    errors: list[AttribError] = []
    more = 0
    with reading(part.path, part.label), target.open("w", encoding="utf-8", newline="") as out:
        # Quotes around everything: Python before 3.13 leaves a lone carriage return bare.
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for record in _inside(part):
            if record is None:
                left_out += 1
                continue
            line, fields = record
            if lacking := _lacking(part, fields):
                fields += [""] * lacking
                filled += 1
                first_filled = first_filled or line
            if len(fields) != width:
                if len(errors) < MOST_ERRORS:
                    errors.append(_ragged(part, line, fields))
                else:
                    more += 1
                continue
            writer.writerow(fields)
            count += 1
            longest = max(longest, 4 * sum(map(len, fields)) + 3 * width)
    raise_all(errors, more, "rows", part.label)
    return Normalised(
        path=target,
        records=count - 1,
        longest=longest,
        left_out=left_out,
        filled=filled,
        first_filled=first_filled,
    )


def lines_of(part: CsvPart, wanted: dict[int, str]) -> dict[int, tuple[int, str]]:
    """Return for record numbers (1 is the first after the header) their line, and `wanted`'s value unchanged."""
    found: dict[int, tuple[int, str]] = {}
    last = max(wanted, default=0)
    for number, (line, _) in enumerate(records(part)):
        if number in wanted:
            found[number] = (line, wanted[number])
        if number >= last:
            break
    return found


def raise_all(errors: list[AttribError], more: int, noun: str, place: str) -> None:
    """Raise what was found, if anything: one error as it is, several as a group that says how many there are more."""
    if more > 0:
        words = f"and {more} more {noun}" if errors else f"{more} {noun}"
        errors = [*errors, SourceError(f"{words} that cannot be read", place=place)]
    if errors:
        raise together(errors)


class _Lines:
    """The lines of a part behind its lead-in, with their own ends; those of the current record are `pending`."""

    def __init__(self, part: CsvPart) -> None:
        self.part = part
        self.pending: list[str] = []
        self._lines = self._read()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.pending.append(line)
        return line

    def _read(self) -> Iterator[str]:
        path = plain_file(self.part)
        # Bytes that are no UTF-8 become lone surrogates here, so that the record around them is known.
        with (
            reading(str(path), self.part.label),
            path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file,
        ):
            for number, line in enumerate(file):
                if number >= self.part.dialect.skip:
                    yield line


def _check_text(part: CsvPart, start: int, fields: list[str]) -> None:
    joined = "".join(fields)
    if joined.isascii() and "\0" not in joined:
        return
    line = start
    for i, field in enumerate(fields):
        name = part.header[i] if i < len(part.header) else f"number {i + 1}"
        nul = field.find("\0")
        if nul >= 0:
            raise SourceError(
                f"a NUL character in column '{name}'",
                place=f"{part.label}:{line + _breaks(field[:nul])}",
                hint="this is not text, or UTF-16 without a byte order mark (set `encoding: utf-16-le`)",
            )
        try:
            field.encode("utf-8")
        except UnicodeEncodeError as error:
            byte = field[error.start].encode("utf-8", "surrogateescape")
            raise SourceError(
                f"the byte 0x{byte.hex()} in column '{name}' is not UTF-8 text",
                place=f"{part.label}:{line + _breaks(field[: error.start])}",
                hint="set `encoding: latin-1` (or cp1252) for this source, or save the file as UTF-8",
            ) from None
        line += _breaks(field)


def _breaks(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _ragged(part: CsvPart, line: int, fields: list[str]) -> SourceError:
    width = len(part.header)
    place = f"{part.label}:{line}"
    if len(fields) < width:
        below = "; totals and notes below a table: `total_rows`, `footer`, `ends_at_blank`" if len(fields) == 1 else ""
        return SourceError(
            f"{_values(len(fields))}, where the header has {width} columns: nothing for '{part.header[len(fields)]}'",
            place=place,
            hint="a separator is missing, or the line is cut off; where rows may end early: `short_rows: fill`" + below,
        )
    return SourceError(
        f"{_values(len(fields))}, where the header has {width} columns: "
        f"'{_short(fields[width])}' stands after the last column '{part.header[-1]}'",
        place=place,
        hint="put quotes around values that hold the separator"
        if any(fields[width:])
        else "the line ends in a separator too many: take it off, or give the header a column more",
    )


def _broken(part: CsvPart, lines: _Lines, start: int, message: str) -> SourceError:
    index, before = _fault("".join(lines.pending), part.dialect.delimiter)
    name = part.header[index] if index < len(part.header) else f"number {index + 1}"
    place = f"{part.label}:{start + before}"
    hint = 'write a quote inside a quoted value as ""'
    if "unexpected end" in message:
        return SourceError(f"the quote that opens in column '{name}' is never closed", place=place, hint=hint)
    return SourceError(f"text follows the closing quote of column '{name}'", place=place, hint=hint)


def _fault(text: str, delimiter: str) -> tuple[int, int]:
    """Return in which field (from 0) a broken record goes wrong, and on which of its lines (from 0)."""
    index = 0
    opened = 0
    state = "start"
    for i, character in enumerate(text):
        if state == "quoted":
            state = "quote" if character == '"' else "quoted"
        elif character == delimiter:
            index, state = index + 1, "start"
        elif state == "quote":
            if character != '"':
                return index, _breaks(text[:i])
            state = "quoted"
        elif state == "start" and character == '"':
            opened, state = i, "quoted"
        else:
            state = "bare"
    return index, _breaks(text[:opened])


def _short(text: str) -> str:
    line = text if len(text) <= 40 else text[:39] + "…"
    return line.replace("\n", "⏎").replace("\r", "")
