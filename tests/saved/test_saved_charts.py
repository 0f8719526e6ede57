"""A kind of chart that cannot show a report is refused when it is saved, and never one that can."""

from __future__ import annotations

import datetime as dt

import pytest
from conftest import ROOT

from attrib_cli.engine import ReportSpec, discover
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.session import open_session
from attrib_cli.engine.settings import Settings
from attrib_cli.output.charts.catalogue import CATALOGUE, choose_chart
from attrib_cli.output.charts.data import chart_data
from attrib_cli.reporting.definition import defined
from attrib_cli.reporting.request import ReportRequest

DAY = dt.date(2026, 6, 20)
CUT = [
    ((), ("linear",), None),
    (("channel",), ("linear",), None),
    (("channel",), ("first", "last"), None),
    (("month",), ("linear",), None),
    (("month", "channel"), ("linear",), None),
    (("channel", "interaction_type"), ("linear",), ("share",)),
    (("channel", "position"), ("linear", "first"), None),
]


@pytest.mark.parametrize(("by", "models", "measures"), CUT)
def test_what_is_refused_in_saving_could_not_be_drawn(
    by: tuple[str, ...], models: tuple[str, ...], measures: tuple[str, ...] | None
) -> None:
    """Every kind of chart: a refusal gives the reason that the report itself would; the others save."""
    with open_session(discover(ROOT / "examples" / "data")) as session:
        report = session.run(ReportSpec(by=by, models=models, measures=measures or ()))
    for kind in CATALOGUE:
        values = {"by": by, "model": models, "measure": measures, "chart": kind.name}
        try:
            defined(values, settings=Settings(), day=DAY)
        except UsageError as refused:
            with pytest.raises(UsageError) as drawn:
                choose_chart(kind.name, chart_data(report))
            assert refused.message == drawn.value.message
            assert refused.place == "--chart"
    refused_kinds = {"line", "area"} if not by or by[0] != "month" else {"sankey"} if len(by) == 1 else {"pie"}
    for name in refused_kinds:
        with pytest.raises(UsageError, match=f"an? {name} chart cannot show this report"):
            defined({"by": by, "model": models, "measure": measures, "chart": name}, settings=Settings(), day=DAY)


def test_what_the_configuration_prefers_counts() -> None:
    preferred = ReportRequest(by=("month",))
    assert defined({"chart": "line"}, settings=Settings(), day=DAY, preferred=preferred).chart == "line"
    with pytest.raises(UsageError, match="not cut by time first"):
        defined({"chart": "line"}, settings=Settings(), day=DAY)


def test_a_chart_that_there_is_none_of_is_refused_whatever_the_format() -> None:
    """A format without pictures would leave out what was typed without a word."""
    with pytest.raises(UsageError, match="there is no chart 'pei'"):
        ReportRequest.of_values({"chart": "pei"}).spec(Settings(), DAY)
