"""Charts that Excel draws and edits: the kind that suits each report, or that was asked for.

The rows of a report have the models one below the other, and a chart wants series side by side, so the figures drawn
stand once more on a sheet of their own. Maps of shades are sheets whose cells are coloured by rules, single figures are
texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.charts.native import NativeChart, NativeSeries, native_chart
from attrib_cli.output.text.glyphs import shown
from attrib_cli.output.words import label
from attrib_cli.output.xlsx import heat_map
from attrib_cli.output.xlsx.cells import Formats, SheetNames, number_format, page, safe_text, shortened
from attrib_cli.output.xlsx.table import Drawing

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.output.charts.data import ChartData
    from attrib_cli.output.named_report import NamedReport

WIDTH = 720
"""How wide a chart is, in pixels."""

_LEAST, _MOST = 360, 1600
_LABELLED = 25
"""So many bars have their figures beside them at most."""
_GREY = "#d9d9d9"
_BOX_WIDTH, _STEP = 300, 110
_BOX = {"width": _BOX_WIDTH, "height": _STEP - 14, "line": {"none": True}, "fill": {"color": "#f2f6fa"}}


@frozen
class _Planned:
    sheet: Worksheet
    row: int
    column: int
    name: str
    title: str
    data: ChartData
    native: NativeChart
    height: int


@dataclass
class Charts:
    """The charts of a workbook, planned while its sheets are filled and drawn at the end."""

    workbook: Workbook
    names: SheetNames
    formats: Formats
    _planned: list[_Planned] = field(default_factory=list)

    def plan(self, one: NamedReport, sheet: Worksheet, row: int, column: int, *, title: str, several: bool) -> Drawing:
        """Choose the chart of a report, to be drawn on `sheet` at a cell; return what there will be.

        Raises UsageError for one that cannot show the report.
        """
        data, chosen, refused = one.charted()
        left_out = f"{data.left_out:,} rows are in the table and not in the chart" if data.left_out else ""
        native = native_chart(data, chosen)
        if chosen.office == "single":
            return _single(sheet, row, column, data)
        if chosen.office == "shades":
            name = self.names.take(f"{one.name}, heat map" if several else "Heat map")
            heat_map.add(self.workbook.add_worksheet(name), data, self.formats, heading=title)
            return Drawing(said="; ".join(filter(None, (refused, f"the heat map is the sheet {name}", left_out))))
        if native is None:
            return Drawing(said=refused)
        height = _height(native)
        self._planned.append(
            _Planned(
                sheet=sheet,
                row=row,
                column=column,
                name=one.name,
                title=title,
                data=data,
                native=native,
                height=height,
            )
        )
        return Drawing(width=WIDTH, height=height, said="; ".join(filter(None, (refused, native.said, left_out))))

    def draw(self) -> None:
        """Draw the charts, and put the figures that they show onto a sheet of their own."""
        if not self._planned:
            return
        name = self.names.take("Chart data")
        sheet, at = self.workbook.add_worksheet(name), 0
        for one in self._planned:
            style = self.formats.of(one.data.measure, one.data.currency)
            block = _Block(
                sheet=sheet,
                name=name,
                at=at,
                formats=self.formats,
                style=style,
            )
            drawn = self._drawn(one, block)
            one.sheet.insert_chart(
                one.row, one.column, drawn, {"description": shown(one.title, "utf-8"), "object_position": 3}
            )
            at = block.end + 2
        page(sheet)
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 20, 16)

    def _drawn(self, one: _Planned, block: _Block) -> Chart:
        native, data = one.native, one.data
        block.fill(one.name, native)
        chart = self.workbook.add_chart(_xlsx_kind(native))
        for spot, series in enumerate(native.series, start=1):
            chart.add_series(
                {
                    "name": block.cell(spot),
                    "categories": block.cells(0),
                    "values": block.cells(spot),
                    **_look(native, series, data),
                    **block.error_bars(series),
                }
            )
        chart.set_title({"name": shortened(one.title), "name_font": {"size": 12}})
        unseen = [i for i, series in enumerate(native.series) if not series.seen]
        legend = {"position": "bottom", **({"delete_series": unseen} if unseen else {})}
        chart.set_legend(legend if native.legend else {"none": True})
        _axes(chart, native, data)
        chart.set_size({"width": WIDTH, "height": one.height})
        return chart


@dataclass(kw_only=True)
class _Block:
    """The figures of a chart: a row of headers at `at`, then one for each category, series side by side."""

    sheet: Worksheet
    name: str
    at: int
    formats: Formats
    style: Format | None
    end: int = 0
    _ends: dict[str, int] = field(default_factory=dict)

    def fill(self, name: str, native: NativeChart) -> None:
        """Write them row by row, lengths of error bars behind the figures."""
        columns: list[tuple[str, Sequence[Decimal | None]]] = [(one.name, one.values) for one in native.series]
        for series in native.series:
            if series.ends:
                self._ends[series.name] = len(columns) + 1
                columns.append((f"{series.name}, below", _lengths(series, 0)))
                columns.append((f"{series.name}, above", _lengths(series, 1)))
        self.sheet.write_string(self.at, 0, safe_text(name), self.formats.bold)
        for spot, (header, _) in enumerate(columns, start=1):
            self.sheet.write_string(self.at, spot, safe_text(header), self.formats.bold)
        for place, category in enumerate(native.categories):
            row = self.at + 1 + place
            self.sheet.write_string(row, 0, safe_text(category))
            for spot, (_, values) in enumerate(columns, start=1):
                value = values[place]
                if value is not None:
                    self.sheet.write_number(row, spot, value, self.style)
        self.end = self.at + len(native.categories)

    def cell(self, spot: int) -> list[str | int]:
        """Return where a header stands."""
        return [self.name, self.at, spot]

    def cells(self, spot: int) -> list[str | int]:
        """Return where the figures of a column stand."""
        return [self.name, self.at + 1, spot, self.end, spot]

    def error_bars(self, series: NativeSeries) -> dict[str, object]:
        """Return what a series needs to have its error bars; nothing for one without intervals."""
        if not series.ends:
            return {}
        spot = self._ends[series.name]
        return {
            "y_error_bars": {
                "type": "custom",
                "line": {"color": "#404040", "width": 1},
                "minus_values": self._reference(spot),
                "minus_data": [float(length) for length in _lengths(series, 0)],
                "plus_values": self._reference(spot + 1),
                "plus_data": [float(length) for length in _lengths(series, 1)],
            }
        }

    def _reference(self, spot: int) -> str:
        from xlsxwriter.utility import quote_sheetname, xl_range_abs

        return f"={quote_sheetname(self.name)}!{xl_range_abs(self.at + 1, spot, self.end, spot)}"


def _lengths(series: NativeSeries, end: int) -> list[Decimal]:
    """Return how long error bars are to one side, none of them negative."""
    found = []
    for value, ends in zip(series.values, series.ends, strict=True):
        length = Decimal(0) if value is None or ends is None else abs(ends[end] - value)
        outward = value is not None and ends is not None and (ends[end] >= value if end else ends[end] <= value)
        found.append(length if outward else Decimal(0))
    return found


def _xlsx_kind(native: NativeChart) -> dict[str, str]:
    """Return what XlsxWriter calls a chart: its type, and how its series stand to each other."""
    if native.kind == "stacked":
        return {"type": "column", "subtype": "stacked"}
    return {"type": "area", "subtype": "stacked"} if native.kind == "area" else {"type": native.kind}


def _look(native: NativeChart, series: NativeSeries, data: ChartData) -> dict[str, object]:
    """Return the colours of a series, and its figures beside its marks where there is room for them."""
    if not series.seen:
        return {"fill": {"none": True}, "border": {"none": True}, "gap": 40}
    if native.kind == "line":
        marker = {"type": "circle", "size": 5, "fill": {"color": series.color}, "border": {"color": series.color}}
        return {"line": {"color": series.color, "width": 2}, "marker": marker}
    look: dict[str, object] = {"fill": {"color": series.color}}
    if series.colors:
        look["points"] = [{"fill": {"color": color}} for color in series.colors]
    if native.kind in ("bar", "column", "stacked"):
        look["gap"] = 40
    code = number_format(data.measure, data.currency)
    if native.kind in ("pie", "doughnut"):
        look["data_labels"] = {"percentage": True, "num_format": "0.0%"}
    elif native.kind in ("bar", "column") and len(native.series) == 1 and len(native.categories) <= _LABELLED:
        look["data_labels"] = {"value": True, **({"num_format": code} if code else {})}
    return look


def _axes(chart: Chart, native: NativeChart, data: ChartData) -> None:
    if native.kind in ("pie", "doughnut"):
        return
    figures = {
        "name": label(data.measure.name),
        "num_format": number_format(data.measure, data.currency),
        "major_gridlines": {"visible": True, "line": {"color": _GREY}},
        "line": {"none": True},
    }
    names = {"label_position": "low"}
    if native.kind == "bar":  # the first row on top, the figures below
        chart.set_y_axis({"reverse": True, "crossing": "max", **names, "major_gridlines": {"visible": False}})
        chart.set_x_axis(figures)
    else:
        chart.set_x_axis(names)
        chart.set_y_axis(figures)


def _height(native: NativeChart) -> int:
    """Return how high a chart is, in pixels: one of bars by how many they are."""
    rows = len(native.categories) * (14 + 10 * len(native.series)) if native.kind == "bar" else 0
    return min(max(_LEAST, 80 + rows), _MOST)


def _single(sheet: Worksheet, row: int, column: int, data: ChartData) -> Drawing:
    """Put the totals onto the sheet as texts, one below the other, each with what changed."""
    several = len(data.totals) > 1
    for i, total in enumerate(data.totals):
        name = total.model if several else label(data.measure.name)
        text = "\n".join(filter(None, (total.text, name, total.since)))
        look = {**_BOX, "font": {"size": 16, "bold": True, "color": "#1d232b"}, "description": shown(text, "utf-8")}
        sheet.insert_textbox(row, column, safe_text(text), {**look, "y_offset": i * _STEP, "object_position": 3})
    return Drawing(width=_BOX_WIDTH, height=_STEP * len(data.totals))
