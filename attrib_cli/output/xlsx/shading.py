"""Sheets whose cells are coloured by rules, so that the colours follow edits."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from attrib_cli.output.text.grid import cells_of
from attrib_cli.output.xlsx.cells import page

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_NONE, _MUCH, _BELOW = "#FFFFFF", "#5FB8B2", "#E0A08A"
_WIDEST, _WIDTH = 60, 14
_LINE, _DEEPEST = 15, 8  # points of a line of a header, and its lines at most


def shade(sheet: Worksheet, *, first: tuple[int, int], last: tuple[int, int], negative: bool = False) -> None:
    """Colour the cells from `first` to `last`, a row and a column each: the more the darker, below nothing in red."""
    low: dict[str, object] = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": _NONE}
    if negative:
        low = {"type": "3_color_scale", "min_color": _BELOW, "mid_type": "num", "mid_value": 0, "mid_color": _NONE}
    sheet.conditional_format(*first, *last, {**low, "max_color": _MUCH})


def finish(sheet: Worksheet, heading: str, names: Sequence[str], headers: Sequence[str], *, frozen: int) -> None:
    """Set widths, the height of the headers, what stays in sight, and what is printed on every page.

    `names` are the texts of the first column, `headers` those of the row above the other ones; `frozen` columns stay.
    """
    deepest = max((len(wrap(text, _WIDTH - 1)) for text in headers), default=1)
    sheet.set_row(0, _LINE * min(deepest, _DEEPEST))
    sheet.freeze_panes(1, frozen)
    page(sheet, heading)
    sheet.repeat_rows(0)
    sheet.repeat_columns(0)
    sheet.set_column(0, 0, min(max(map(cells_of, names), default=8) + 2, _WIDEST))
    sheet.set_column(1, frozen + len(headers) - 1, _WIDTH)
