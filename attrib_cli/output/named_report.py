"""One of the reports that a file holds, with how it is to be shown there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.charts.catalogue import MOST_SERIES, choose_chart, find_chart, usual_chart
from attrib_cli.output.charts.data import chart_data

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report
    from attrib_cli.output.charts.catalogue import ChartType
    from attrib_cli.output.charts.data import ChartData
    from attrib_cli.output.registry import WriteOptions

Layout: TypeAlias = Literal["long", "wide"]
"""Whether the models of a table stand one below the other, a row each, or side by side, a column each."""


@frozen
class NamedReport:
    """A report under the name that it has in a file; `chart` and `layout` are those asked for, None for the usual.

    One that is `alone` in its file must have the chart that was asked for.
    """

    name: str
    report: Report
    chart: str | None = None
    layout: Layout | None = None
    alone: bool = False

    @classmethod
    def of(cls, report: Report, options: WriteOptions) -> Self:
        """Return the only report of a file."""
        return cls(name=options.name or "", report=report, chart=options.chart, layout=options.layout, alone=True)

    def charted(self) -> tuple[ChartData, ChartType, str]:
        """Return what its chart shows, as much as it has room for, its kind, and why it is not the one asked for.

        Raises UsageError as `choose` does.
        """
        data = chart_data(self.report)
        chart, refused = self.choose(data)
        if chart.most_series > MOST_SERIES:
            data = chart_data(self.report, most_series=chart.most_series)
        return data, chart, refused

    def choose(self, data: ChartData) -> tuple[ChartType, str]:
        """Return the chart that shows `data`, and why it is not the one asked for, empty if it is.

        Raises UsageError for one that cannot show it where the report is alone.
        """
        if self.alone or self.chart is None:
            return choose_chart(self.chart, data), ""
        reason = find_chart(self.chart).refusal(data)
        if reason is None:
            return find_chart(self.chart), ""
        return usual_chart(data), f"a {self.chart} chart cannot show this report: {reason}"
