"""A report as a heat map: its first dimension down, its others and the models across, and the more the darker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.output.xlsx.cells import Formats, safe_text
from attrib_cli.output.xlsx.shading import finish, shade

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.output.charts.data import ChartData


def add(sheet: Worksheet, data: ChartData, formats: Formats, *, heading: str) -> None:
    """Fill the sheet, whose pages have the `heading`."""
    for spot, text in enumerate((data.category, *data.series)):
        sheet.write_string(0, spot, safe_text(text), formats.header)
    style, points = formats.of(data.measure, data.currency), data.values()
    for row, category in enumerate(data.categories, start=1):
        sheet.write_string(row, 0, safe_text(category))
        for spot, series in enumerate(data.series, start=1):
            point = points.get((category, series))
            if point is not None and point.value is not None:
                sheet.write_number(row, spot, point.value, style)
    negative = any(point.value is not None and point.value < 0 for point in data.points)
    shade(sheet, first=(1, 1), last=(len(data.categories), len(data.series)), negative=negative)
    finish(sheet, heading, (data.category, *data.categories), data.series, frozen=1)
