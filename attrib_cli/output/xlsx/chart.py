"""A chart for each report: its first figure by its dimensions, a series for each model.

The rows of a report have the models one below the other, and a chart wants them side by side, so the figures drawn
stand once more on a sheet of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.buckets import find_bucket
from attrib_cli.output.intervals import Ends, ends_of
from attrib_cli.output.scope import scope, words
from attrib_cli.output.values import plain
from attrib_cli.output.words import label, title
from attrib_cli.output.xlsx.cells import Formats, SheetNames, number_format, page, safe_text, shortened
from attrib_cli.output.xlsx.error_bars import ErrorBars

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.engine.report import Report

MOST = 25
"""Rows of a report that its chart shows: the first ones, and all of a line over time up to `MOST_TIMES`."""

MOST_TIMES = 400


@dataclass
class Charts:
    """The charts of a workbook, planned while its sheets are filled and drawn at the end."""

    _planned: list[tuple[Worksheet, Report, str]] = field(default_factory=list)

    def plan(self, sheet: Worksheet, report: Report, name: str) -> None:
        """Remember to draw `report` on `sheet`, unless there is nothing to draw, or nothing by model."""
        if report.rows and report.measures() and any(column.role == "model" for column in report.columns):
            self._planned.append((sheet, report, name))

    def draw(self, workbook: Workbook, names: SheetNames) -> None:
        """Draw the charts, and put the figures that they show onto a sheet of their own."""
        if not self._planned:
            return
        data_name = names.take("Chart data")
        data = workbook.add_worksheet(data_name)
        formats, at = Formats(workbook), 0
        for sheet, report, name in self._planned:
            series = side_by_side(report)
            measure = report.measures()[0]
            over_time = _over_time(report)
            data.write_string(at, 0, safe_text(name), formats.bold)
            for spot, model in enumerate(series.models, start=1):
                data.write_string(at, spot, safe_text(model), formats.bold)
            style = formats.of(measure, report.summary.currency)
            for line, (key, values) in enumerate(series.rows, start=at + 1):
                data.write_string(line, 0, safe_text(key))
                for spot, value in enumerate(values, start=1):
                    if value is not None:
                        data.write_number(line, spot, value, style)
            first, last = at + 1, at + len(series.rows)
            chart = workbook.add_chart({"type": "line" if over_time else "bar"})
            doubt = ErrorBars(sheet=data, name=data_name, at=at, column=len(series.models) + 1)
            for spot, model in enumerate(series.models, start=1):
                chart.add_series(
                    {
                        "name": [data_name, at, spot],
                        "categories": [data_name, first, 0, last, 0],
                        "values": [data_name, first, spot, last, spot],
                        **doubt.of(model, *series.drawn(model), formats, style),
                    }
                )
            said = ", ".join((title(report, series.models), *words(scope(report))))
            chart.set_title({"name": shortened(said), "name_font": {"size": 12}})
            axis = {"name": label(measure.name), "num_format": number_format(measure, report.summary.currency)}
            if over_time:
                chart.set_y_axis(axis)
            else:
                chart.set_y_axis({"reverse": True, "crossing": "max"})  # the first row on top, the figures below
                chart.set_x_axis(axis)
            if len(series.models) == 1:
                chart.set_legend({"none": True})
            else:
                chart.set_legend({"position": "bottom"})
            height = 320 if over_time else max(320, 60 + len(series.rows) * (14 + 10 * len(series.models)))
            chart.set_size({"width": 720, "height": min(height, 1600)})
            sheet.insert_chart(1, len(report.columns) + 1, chart)
            at = last + 2
        page(data)
        data.set_column(0, 0, 40)
        data.set_column(1, 20, 16)


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Rows of a chart: the texts of the dimensions, and a figure for each model; `ends` are those of its intervals."""

    models: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Decimal | int | None, ...]], ...]
    ends: Mapping[str, tuple[Ends | None, ...]] = field(default_factory=dict)

    def drawn(self, model: str) -> tuple[list[Decimal | int | None], Sequence[Ends | None]]:
        """Return the figures of a model, and the ends of their intervals; these are empty where it has none."""
        spot = self.models.index(model)
        return [values[spot] for _, values in self.rows], self.ends.get(model, ())


def side_by_side(report: Report) -> SideBySide:
    """Return the first measure of the first rows with the models side by side."""
    dimensions = [i for i, column in enumerate(report.columns) if column.role == "dimension"]
    model = next(i for i, column in enumerate(report.columns) if column.role == "model")
    figure = next(i for i, column in enumerate(report.columns) if column.role == "measure")
    most = MOST_TIMES if _over_time(report) else MOST
    spots = ends_of(report, report.columns[figure])
    models: dict[str, int] = {}
    ends: dict[tuple[str, str], Ends | None] = {}
    keys: dict[str, dict[str, Decimal | int | None]] = {}
    for row in report.rows:
        key = " · ".join(plain(row[i]) for i in dimensions) or "Total"
        if key not in keys and len(keys) == most:
            break
        name, value = plain(row[model]), row[figure]
        models.setdefault(name, len(models))
        keys.setdefault(key, {})[name] = value if isinstance(value, Decimal | int) else None
        ends[key, name] = None if spots is None else spots.of(row)
    rows = tuple((key, tuple(found.get(name) for name in models)) for key, found in keys.items())
    found_ends = {name: tuple(ends.get((key, name)) for key in keys) for name in models}
    return SideBySide(
        models=tuple(models), rows=rows, ends={name: pairs for name, pairs in found_ends.items() if any(pairs)}
    )


def _over_time(report: Report) -> bool:
    dimensions = report.dimensions()
    bucket = find_bucket(dimensions[0].name) if len(dimensions) == 1 else None
    return bucket is not None and bucket.over_time
