"""The table in a sheet of a workbook, as text: from its header on, with the number of each row in the sheet."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError, did_you_mean
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.bytestream import reading
from attrib_cli.engine.sources.catalogue import known_table
from attrib_cli.engine.sources.header import familiar, trimmed

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

Rows = Iterator[tuple[int, Sequence[str]]]
_MOST_ABOVE = 50
"""Rows in which a header is looked for."""


def sheet_rows(source: TableSource, path: str, place: str) -> tuple[str, Rows]:
    """Return the name of the sheet that is meant, and its rows as text from the header on.

    Dates are ISO 8601, whole numbers have no decimals, errors of formulas stay what they show (``#DIV/0!``). Raises
    SourceError where the file is no workbook, several sheets could be meant, or no row has the header looked for.
    """
    book = open_workbook(path, place)
    visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    name = _chosen(source.sheet, [sheet.title for sheet in book.worksheets], visible, place)
    sheet = book[name]
    sheet.reset_dimensions()
    rows = ((number, list(row)) for number, row in enumerate(cells(sheet, place), 1))
    return name, _table(source, rows, f"{place}/{name}")


def open_workbook(path: str, place: str) -> Workbook:
    """Return a workbook as it stands in a file, read row by row; raises SourceError where the file is none."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    with reading(path, place), Path(path).open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        hint = "Save it as .xlsx, without a password."
        raise SourceError("an old or an encrypted workbook, which is not read", place=place, hint=hint)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise SourceError(f"not a workbook that can be read: {error}", place=place, hint="Save it as .xlsx.") from None


def cells(sheet: ReadOnlyWorksheet, place: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a sheet as text; raises SourceError where it is damaged, which shows when it is read."""
    try:
        for row in sheet.iter_rows(values_only=True):
            yield tuple(map(_text, row))
    except (zipfile.BadZipFile, zlib.error, EOFError, SyntaxError, KeyError, ValueError) as error:
        message = f"the sheet '{sheet.title}' is damaged: {error}"
        raise SourceError(message, place=place, hint="Save the workbook again.") from None


def _chosen(wanted: str | None, every: Sequence[str], visible: Sequence[str], place: str) -> str:
    listed = ", ".join(f"'{name}'" for name in every)
    if wanted is not None:
        found = [name for name in every if name.strip().casefold() == wanted.strip().casefold()]
        if not found:
            hint = did_you_mean(wanted, every) or f"Its sheets: {listed}."
            raise SourceError(f"there is no sheet '{wanted}'", place=place, hint=hint)
        return found[0]
    if len(visible) != 1:
        raise SourceError(
            f"the workbook has {len(visible) or len(every)} sheets: {listed}",
            place=place,
            hint="Say which with `sheet`.",
        )
    return visible[0]


def _table(source: TableSource, rows: Iterator[tuple[int, list[str]]], place: str) -> Rows:
    number, header = _header(source, rows, place)
    while header and not header[-1].strip():
        header.pop()
    yield number, header
    width = len(header)
    for number, row in rows:
        while len(row) > width and not row[-1].strip():
            row.pop()
        if any(value.strip() for value in row):
            yield number, row + [""] * (width - len(row))
        elif source.bounds.ends_at_blank:
            return


def _header(source: TableSource, rows: Iterator[tuple[int, list[str]]], place: str) -> tuple[int, list[str]]:
    """Return the row with the headers: that of `header_line`, else the first that has something in it."""
    required = len(known_table(source.table).required)
    for number, row in rows:
        if source.bounds.header_line is None and any(value.strip() for value in row):
            return number, row
        if source.bounds.header_line and number == source.bounds.header_line:
            return number, row
        if source.bounds.header_line == 0:
            if familiar(source, trimmed(row)) >= required:
                return number, row
            if number >= _MOST_ABOVE:
                break
    if source.bounds.header_line:
        raise SourceError(f"there is no row {source.bounds.header_line}, where the headers are to be", place=place)
    if source.bounds.header_line == 0:
        raise SourceError("no row has the headers looked for", place=place, hint="Say which with `header_line`.")
    raise SourceError("the sheet is empty", place=place)


def _text(value: object) -> str:
    """Return a cell as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return str(value)
