"""A transition matrix as a heat map: each state a row, where it leads a column, and the likelier the darker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.output.xlsx.cells import Formats, safe_text
from attrib_cli.output.xlsx.shading import finish, shade

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.output.matrix import Matrix


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
    shade(sheet, first=(1, first), last=last)
    finish(sheet, heading, ("From", *found.sources), found.targets, frozen=first)
