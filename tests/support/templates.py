"""A company's workbook to be filled: a table with formulas and totals, a chart of it, named cells, other sheets."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

HEADERS = ("Channel", "Revenue", "Deals")


def company_book(
    path: Path,
    *,
    table: str = "attrib",
    rows: int = 3,
    headers: tuple[str, ...] = HEADERS,
    names: bool = True,
    sheet: str = "Board",
) -> Path:
    """Write it: the table begins in B6 of "Board", has a column of formulas, and totals below `rows` placeholders."""
    book = xlsxwriter.Workbook(str(path))
    board, own = book.add_worksheet(sheet), book.add_worksheet("Our rates")
    money = book.add_format({"num_format": "#,##0 [$€]", "font_color": "#1F3864"})
    bold = book.add_format({"bold": True, "font_size": 18, "font_color": "#1F3864"})
    board.set_column(0, 0, 3)
    board.set_column(1, 6, 18)
    board.write(0, 1, "PLACEHOLDER", bold)
    board.write(1, 1, "placeholder")
    board.write_formula("F2", f"=SUM({table}[Revenue])", money, 12345)
    own.write("A1", "Fee")
    own.write("B1", 0.12)
    last, summed = 5 + rows, {"format": money, "total_function": "sum"}
    board.add_table(5, 1, last + 1, 1 + len(headers), {
        "name": table, "total_row": True, "style": "Table Style Medium 4",
        "columns": [
            *({"header": header, **(summed if header == "Revenue" else {})} for header in headers),
            {"header": "Fee", "formula": f"={table}[[#This Row],[Revenue]]*'Our rates'!$B$1", **summed},
        ],
    })  # fmt: skip
    for row in range(6, last + 1):
        board.write(row, 1, f"sample {row}")
        board.write(row, 2, row, money)
    chart = book.add_chart({"type": "column"})
    chart.add_series({
        "name": f"='{sheet}'!$C$6", "categories": [sheet, 6, 1, last, 1], "values": [sheet, 6, 2, last, 2],
        "fill": {"color": "#C00000"},
    })  # fmt: skip
    board.insert_chart("H4", chart)
    board.conditional_format(6, 2, last, 2, {"type": "data_bar"})
    if not names:
        book.close()
        return path
    book.define_name("attrib_title", "=Board!$B$1")
    book.define_name("attrib_period", "=Board!$B$2")
    book.define_name("attrib_total_revenue", "=Board!$C$3")
    book.define_name("attrib_totl_deals", "=Board!$C$4")
    book.define_name("OurFee", "='Our rates'!$B$1")
    book.close()
    return path
