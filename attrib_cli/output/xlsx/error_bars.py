"""Error bars of a chart: how far figures might be off, from cells beside those that the chart draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.output.xlsx.cells import Formats, safe_text

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.output.intervals import Ends

Number = Decimal | int | None


@dataclass
class ErrorBars:
    """Writes the lengths of error bars into a block of the sheet of a chart's data, from `column` on.

    `at` is the row of the headers, `name` that of the sheet.
    """

    sheet: Worksheet
    name: str
    at: int
    column: int

    def of(
        self, model: str, figures: Sequence[Number], ends: Sequence[Ends | None], formats: Formats, style: Format | None
    ) -> dict[str, object]:
        """Return what a series needs to have its error bars; nothing for a model without intervals."""
        if not any(ends):
            return {}
        lengths = [
            (figure - pair[0], pair[1] - figure) if figure is not None and pair is not None else None
            for figure, pair in zip(figures, ends, strict=True)
        ]
        return {
            "y_error_bars": {
                "type": "custom",
                "line": {"color": "#404040", "width": 1},
                **self._written("minus", f"{model}, below", [pair and pair[0] for pair in lengths], formats, style),
                **self._written("plus", f"{model}, above", [pair and pair[1] for pair in lengths], formats, style),
            }
        }

    def _written(
        self, side: str, header: str, lengths: Sequence[Decimal | None], formats: Formats, style: Format | None
    ) -> dict[str, object]:
        """Write a column of lengths, none of them negative, and return where it is and what it holds."""
        from xlsxwriter.utility import quote_sheetname, xl_range_abs

        self.sheet.write_string(self.at, self.column, safe_text(header), formats.bold)
        found = [max(length or Decimal(0), Decimal(0)) for length in lengths]
        first, last = self.at + 1, self.at + len(found)
        for row, length in enumerate(found, start=first):
            self.sheet.write_number(row, self.column, length, style)
        place = f"={quote_sheetname(self.name)}!{xl_range_abs(first, self.column, last, self.column)}"
        self.column += 1
        return {f"{side}_values": place, f"{side}_data": [float(length) for length in found]}
