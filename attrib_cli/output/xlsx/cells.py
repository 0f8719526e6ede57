"""What a worksheet needs of names, widths and formats of cells."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.output.figures import currency_symbol, is_change
from attrib_cli.output.text.grid import cells_of
from attrib_cli.output.values import plain

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.engine.report import Cell, Column

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
_NAME, _TEXT, _WIDEST, _LOOKED_AT = 31, 32767, 60, 1000
_CODES = {
    "contacts": "#,##0.00",
    "deals": "#,##0.00",
    "conversions": "#,##0.00",
    "count": "#,##0",
    "share": "0.0%",
    "percent": "0.0%",
    "ratio": "0.00",
}
_CHANGES = {
    "ratio": "+0.0%;-0.0%;0.0%",
    "points": '+0.0%" points";-0.0%" points";0.0%" points"',
    "difference": "+0.00;-0.00;0.00",
}
_FIRST_YEAR = 1900
_SHORT = 20
_HEADING, _MORE = 250, "… (more in About)"


def safe_text(text: str) -> str:
    """Return `text` as a cell can hold it: valid Unicode, and no longer than Excel allows."""
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return whole if len(whole) <= _TEXT else whole[: _TEXT - 1] + "…"


class SheetNames:
    """Hands out the names of sheets: as Excel allows them, each once, whatever their case."""

    def __init__(self) -> None:
        self._taken = {"history"}

    def take(self, wanted: str) -> str:
        """Return `wanted` without what Excel forbids, cut to 31 characters, with a number where it is taken."""
        clean = _FORBIDDEN.sub(" ", safe_text(wanted)).strip().strip("'").strip() or "Report"
        number = 1
        while True:
            ending = "" if number == 1 else f" ({number})"
            name = _cut(clean, _NAME - len(ending)).rstrip(" '") + ending
            if name.casefold() not in self._taken:
                self._taken.add(name.casefold())
                return name
            number += 1


def _cut(text: str, units: int) -> str:
    """Return as much of `text` as fits into `units` of UTF-16, which Excel counts in."""
    while len(text.encode("utf-16-le")) // 2 > units:
        text = text[:-1]
    return text


class Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[str, Format] = {}
        header = {"bold": True, "bottom": 1, "valign": "top", "text_wrap": True}
        self.header: Format = workbook.add_format(header)
        self.figure_header: Format = workbook.add_format({**header, "align": "right"})
        self.bold: Format = workbook.add_format({"bold": True})
        self.title: Format = workbook.add_format({"bold": True, "font_size": 14})
        self.wrapped: Format = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.clipped: Format = workbook.add_format({"align": "fill"})
        self.quiet: Format = workbook.add_format({"font_color": "#5a6270"})
        self.moment = self._number("yyyy-mm-dd hh:mm:ss")
        self.day = self._number("yyyy-mm-dd")
        self.count = self._number(_CODES["count"])
        self.share = self._number(_CODES["share"])

    def of(self, column: Column, currency: str | None) -> Format | None:
        """Return the format of a column's figures; None for texts."""
        code = number_format(column, currency)
        return None if code is None else self._number(code)

    def total(self, column: Column, currency: str | None, *, first: bool) -> Format:
        """Return the format of a column's total: that of its figures, bold, and under a line if it is the first."""
        code = f"total {number_format(column, currency)} {first}"
        if code not in self._made:
            found = number_format(column, currency)
            look = {"bold": True, "top": int(first), **({} if found is None else {"num_format": found})}
            self._made[code] = self._workbook.add_format(look)
        return self._made[code]

    def _number(self, code: str) -> Format:
        if code not in self._made:
            self._made[code] = self._workbook.add_format({"num_format": code})
        return self._made[code]


def number_format(column: Column, currency: str | None) -> str | None:
    """Return how Excel is to show a column's figures: by its unit, money with its sign or its code."""
    if is_change(column):
        return _CHANGES[column.unit]
    if column.unit == "currency":
        symbol = currency_symbol(currency)
        if symbol:
            return f'"{symbol}"#,##0.00'
        return f'#,##0.00 "{currency}"' if currency and currency.isalpha() else "#,##0.00"
    return _CODES.get(column.unit)


def page(sheet: Worksheet, heading: str = "") -> None:
    """Let a sheet be printed on pages as wide as it is, each with the `heading` and its number."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    if heading:
        sheet.set_header("&L" + shortened(heading).replace("&", "&&"))
        sheet.set_footer("&L&A&R&P / &N")


def shortened(text: str) -> str:
    """Return `text` as a heading can hold it, which says where the rest is if it is cut."""
    whole = " ".join(safe_text(text).split())
    room = _HEADING - len(_MORE) - whole.count("&")
    return whole if len(whole) <= room else whole[:room] + _MORE


def write_cell(
    sheet: Worksheet, row: int, spot: int, cell: Cell | dt.datetime, style: Format | None, formats: Formats
) -> None:
    """Write one value: a number as a number, a moment as a moment, and every text as a text."""
    if cell is None:
        return
    if isinstance(cell, Decimal | int):
        sheet.write_number(row, spot, cell, style)
    elif isinstance(cell, dt.date) and cell.year >= _FIRST_YEAR:
        known = formats.moment if isinstance(cell, dt.datetime) else formats.day
        sheet.write_datetime(row, spot, cell, known)
    else:
        sheet.write_string(row, spot, safe_text(plain(cell)), style)


class Widths:
    """How wide the columns of a sheet are to be: as their widest text among the first rows, within reason."""

    def __init__(self, columns: Sequence[Column], headers: Sequence[str]) -> None:
        """Begin with the headers: on one line unless they are long, which break at blanks."""
        self._money = [column.unit == "currency" for column in columns]
        self._found = [
            max(max(map(len, text.split()), default=1) + 4, len(text) + 2 if len(text) <= _SHORT else 0)
            for text in headers
        ]
        self._rows = 0

    def see(self, row: Sequence[Cell | dt.datetime]) -> None:
        """Take a row into account."""
        self._rows += 1
        if self._rows > _LOOKED_AT:
            return
        for spot, cell in enumerate(row):
            if isinstance(cell, Decimal):
                width = len(f"{cell:,.2f}") + (4 if self._money[spot] else 1)
            else:
                width = 19 if isinstance(cell, dt.datetime) else max(map(cells_of, plain(cell).split("\n")))
            self._found[spot] = max(self._found[spot], min(width + 2, _WIDEST))

    def found(self) -> tuple[int, ...]:
        """Return the widths, in characters."""
        return tuple(self._found)
