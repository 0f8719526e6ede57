"""A transition matrix as a heat map: each state a row, where it leads a column, and the likelier the darker."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from attrib_cli.output.text.grid import cells_of
from attrib_cli.output.xlsx.cells import Formats, page, safe_text

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.output.matrix import Matrix

_NONE, _LIKELY = "#FFFFFF", "#5FB8B2"
_WIDEST, _WIDTH = 60, 12
_LINE, _DEEPEST = 15, 8  # points of a line of a header, and its lines at most


def add(sheet: Worksheet, found: Matrix, formats: Formats, *, heading: str) -> None:
    """Fill the sheet, whose pages have the `heading`, the names above and the states at the left.

    Names are written as texts; the colours are rules of the sheet, so that they follow edits.
    """
    heads = ["From", "Steps", *(["Begin"] if found.begins is not None else [])]
    first = len(heads)
    for spot, text in enumerate((*heads, *found.targets)):
        sheet.write_string(0, spot, safe_text(text), formats.header)
    for row, source in enumerate(found.sources, start=1):
        sheet.write_string(row, 0, safe_text(source))
        sheet.write_number(row, 1, found.steps[row - 1], formats.count)
        if found.begins is not None and found.begins[row - 1]:
            sheet.write_number(row, 2, found.begins[row - 1], formats.share)
        for column, _ in enumerate(found.targets):
            value = found.cells.get((row - 1, column))
            if value is not None:
                sheet.write_number(row, first + column, value, formats.share)
    last = len(found.sources), first + len(found.targets) - 1
    sheet.conditional_format(
        1, first, *last, {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": _NONE,
                          "max_color": _LIKELY},
    )  # fmt: skip
    deepest = max((len(wrap(text, _WIDTH - 1)) for text in found.targets), default=1)
    sheet.set_row(0, _LINE * min(deepest, _DEEPEST))
    sheet.freeze_panes(1, first)
    page(sheet, heading)
    sheet.repeat_rows(0)
    sheet.repeat_columns(0)
    sheet.set_column(0, 0, min(max(map(cells_of, ("From", *found.sources))) + 2, _WIDEST))
    sheet.set_column(1, last[1], _WIDTH)
