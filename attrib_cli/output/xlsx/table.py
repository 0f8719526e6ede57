"""A table on a sheet: its title and what was asked above it, totals and what was counted below it, ready for paper."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.xlsx.cells import Formats, SheetNames, Widths, page, safe_text, write_cell

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.engine.report import Cell, Column, Row

ROWS = 1_048_576
"""The rows of a sheet."""

BELOW = 200
"""Rows that are kept free on every sheet for what stands below a table."""

HEADER = 4
"""The row of the headers, from 0, unless what stands above it needs more room."""

_LINE = 130
_MORE = "… (more in About)"
_WIDE = 100
_LETTER, _DEFAULT, _HIGH = 7, 64, 20
"""Pixels of a character, and the width and height of a cell that nobody set."""


@frozen
class Table:
    """What a sheet holds: `title` and `said` above, then `headers`, `rows` and `totals`, each as long as `columns`."""

    columns: Sequence[Column]
    headers: tuple[str, ...]
    rows: Iterable[Sequence[Cell | dt.datetime]]
    currency: str | None
    title: str
    said: tuple[str, ...] = ()
    totals: Sequence[Row] = ()


@frozen
class Drawing:
    """What a sheet has beside its table, in pixels, and what readers must know of it."""

    width: int = 0
    height: int = 0
    said: str = ""


@frozen
class Written:
    """A table as it was written: the first and the last of its sheets, the row of its headers, and the one below it."""

    first: Worksheet
    last: Worksheet
    header: int
    end: int
    widths: tuple[int, ...]

    def place(self, below: int) -> tuple[int, int]:
        """Return the cell of a chart: right of the table, or under the `below` lines below one that is wide."""
        if self.first is self.last and sum(self.widths) > _WIDE:
            return self.end + below + 2, 0
        return self.header + 1, len(self.widths) + 1  # the header itself is printed on every page

    def close(self, said: Sequence[str], formats: Formats, drawing: Drawing | None = None, row: int = 0) -> None:
        """Write `said` below the table and set what is printed, with a `drawing` that begins in `row`."""
        lines = lines_of(said)
        if len(lines) > BELOW - 2:
            lines = [*lines[: BELOW - 3], _MORE]
        for at, text in enumerate(lines, start=self.end + 1):
            self.last.write_string(at, 0, text, formats.quiet)
        right = self._columns(max(map(len, lines), default=0) * (_LETTER - 1))
        bottom = max(self.end + len(lines), self.header)
        if drawing is not None and drawing.width and self.first is self.last:
            beside = row == self.header + 1
            table = sum(map(_pixels, self.widths)) + _DEFAULT if beside else 0
            right = max(right, self._columns(table + drawing.width))
            bottom = max(bottom, row + -(-drawing.height // _HIGH))
        self.last.print_area(0, 0, bottom, right - 1)

    def _columns(self, pixels: int) -> int:
        """Return how many columns are as wide as so many pixels, those of the table at least."""
        rest = pixels - sum(map(_pixels, self.widths))
        return len(self.widths) + max(0, -(-rest // _DEFAULT))


def lines_of(said: Iterable[str]) -> list[str]:
    """Return texts as lines that are short enough to be read."""
    return [part for text in said for part in textwrap.wrap(safe_text(text), _LINE)]


def write_table(
    workbook: Workbook, names: SheetNames, name: str, table: Table, formats: Formats, *, heading: str
) -> Written:
    """Write a table on as many sheets as it needs; `heading` stands on each printed page.

    `Written.close` must be called afterwards, when all that stands below it is known.
    """
    styles = [formats.of(column, table.currency) for column in table.columns]
    first, header = _begin(workbook, names.take(name), table, formats, heading)
    sheet, at, widths = first, header + 1, Widths(table.columns, table.headers)
    for row in table.rows:
        if at == ROWS - BELOW:
            _end(sheet, header, at, widths)
            sheet.print_area(0, 0, at - 1, len(table.columns) - 1)
            sheet, header = _begin(workbook, names.take(name), table, formats, heading)
            widths, at = Widths(table.columns, table.headers), header + 1
        for spot, cell in enumerate(row):
            write_cell(sheet, at, spot, cell, styles[spot], formats)
        widths.see(row)
        at += 1
    last = at
    for total in table.totals:
        if any(cell is not None for cell, column in zip(total, table.columns, strict=True) if column.role == "measure"):
            _write_total(sheet, at, total, table, formats, first=at == last)
            widths.see(total)
            at += 1
    _end(sheet, header, last, widths)
    return Written(first=first, last=sheet, header=header, end=at, widths=widths.found())


def _write_total(sheet: Worksheet, at: int, total: Row, table: Table, formats: Formats, *, first: bool) -> None:
    for spot, (column, cell) in enumerate(zip(table.columns, total, strict=True)):
        style = formats.total(column, table.currency, first=first)
        named = "Total" if spot == 0 and column.role != "measure" and cell is None else cell
        if named is None:
            sheet.write_blank(at, spot, None, style)
        else:
            write_cell(sheet, at, spot, named, style, formats)


def _begin(workbook: Workbook, name: str, table: Table, formats: Formats, heading: str) -> tuple[Worksheet, int]:
    sheet = workbook.add_worksheet(name)
    sheet.write_string(0, 0, safe_text(" ".join(table.title.split())), formats.title)
    above = lines_of(table.said)
    for at, text in enumerate(above, start=1):
        sheet.write_string(at, 0, text, formats.quiet)
    header = max(HEADER, len(above) + 2)
    for spot, (column, text) in enumerate(zip(table.columns, table.headers, strict=True)):
        style = formats.figure_header if column.role == "measure" else formats.header
        sheet.write_string(header, spot, safe_text(text), style)
    sheet.freeze_panes(header + 1, 0)
    sheet.repeat_rows(header)
    page(sheet, heading)
    return sheet, header


def _end(sheet: Worksheet, header: int, rows: int, widths: Widths) -> None:
    for spot, width in enumerate(widths.found()):
        sheet.set_column(spot, spot, width)
    sheet.autofilter(header, 0, rows - 1, len(widths.found()) - 1)


def _pixels(width: int) -> int:
    return width * _LETTER + 5
