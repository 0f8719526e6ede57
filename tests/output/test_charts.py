"""Charts: every kind draws what it may, refuses what it cannot with one that can, and its figures are the report's."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
from conftest import Attrib

from attrib_cli.engine import ReportSpec, discover, run
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.report import Report
from attrib_cli.output.charts import image, terminal
from attrib_cli.output.charts.catalogue import CATALOGUE, MOST_SERIES, choose_chart, find_chart
from attrib_cli.output.charts.data import MOST_CATEGORIES, ChartData, chart_data
from attrib_cli.output.charts.native import native_chart
from attrib_cli.output.charts.specification import specification
from attrib_cli.output.documents.content import content_of
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.registry import FORMATS, WriteOptions

DATA = Path(__file__).parents[2] / "examples" / "data"
REQUESTS = {
    "campaigns": ReportSpec(),
    "total": ReportSpec(by=()),
    "months": ReportSpec(by=("month",)),
    "months by channel": ReportSpec(by=("month", "channel"), models=("u-shaped",)),
    "limited months": ReportSpec(by=("month",), limit=3),
    "models": ReportSpec(by=("channel",), models=("first", "linear", "last")),
    "channel and campaign": ReportSpec(by=("channel", "campaign")),
    "channels by month": ReportSpec(by=("channel", "month")),
    "ratio": ReportSpec(measures=("roi", "spend")),
    "many": ReportSpec(by=("deal_id",), models=("linear",)),
    "transitions": ReportSpec(by=("channel",), models=("markov",), transitions=True),
    "nothing": ReportSpec(type="contact-create", campaigns=("Year-End Upgrade Offer",), by=("day",), models=("first",)),
}
KINDS = [entry.name for entry in CATALOGUE]


@cache
def report_of(name: str) -> Report:
    return run(REQUESTS[name], discover(str(DATA)))


@cache
def data_of(name: str) -> ChartData:
    return chart_data(report_of(name))


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_drawn_or_refused_with_one_that_can_be(kind: str, name: str) -> None:
    data = data_of(name)
    try:
        chart = choose_chart(kind, data)
    except UsageError as error:
        named = (error.hint or "").split()[1]
        assert choose_chart(named, data).name == named
        return
    if chart.drawing is None:
        return
    converter = pytest.importorskip("vl_convert")
    svg = converter.vegalite_to_svg(json.dumps(specification(data, chart, title="A title")))
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "NaN" not in svg
    for encoding in ("utf-8", "ascii"):
        data = chart_data(report_of(name), encoding=encoding)
        drawn = list(terminal.lines(data, chart, WriteOptions(width=70, encoding=encoding)))
        assert drawn
        assert all(len(line) <= 70 + 16 for line in drawn)
        "\n".join(drawn).encode(encoding)


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "transitions"])
def test_what_is_drawn_sums_to_the_report(name: str) -> None:
    data, report = data_of(name), report_of(name)
    if not data.measure.additive:
        return
    assert len(data.series) <= max(MOST_SERIES, 1)
    assert data.over_time or len(data.categories) <= MOST_CATEGORIES
    at = [column.name for column in report.columns]
    whole: dict[str, Decimal] = defaultdict(Decimal)
    for row in report.rows:
        value = row[at.index(data.measure.name)]
        assert isinstance(value, Decimal | int)
        whole[str(row[at.index("model")])] += Decimal(value)
    if not data.limited:
        assert sum((point.value or Decimal(0) for point in data.points), Decimal(0)) == sum(whole.values(), Decimal(0))


def test_series_that_are_buckets_of_time_stand_in_their_order_and_a_heat_map_has_all_of_them() -> None:
    report = report_of("channels by month")
    found = sorted({str(row[1]) for row in report.rows if not str(row[1]).startswith("(")})
    first, last = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (found[0], found[-1]))
    every = [f"{at // 12}-{at % 12 + 1:02d}" for at in range(first, last + 1)]
    assert len(every) > MOST_SERIES, "the example has months enough"
    few = [name for name in data_of("channels by month").series if not name.startswith("(")]
    assert few == sorted(few)
    across = image.chart_of(report, "heatmap")["layer"][0]["encoding"]["x"]["sort"]  # type: ignore[index,call-overload]
    assert [name for name in across if not name.startswith("(")] == every


@pytest.mark.parametrize("kind", ["column", "waterfall"])
def test_figures_above_columns_stand_upright_where_they_would_run_into_each_other(kind: str) -> None:
    for name in ("many", "total"):
        data = data_of(name)
        if find_chart(kind).refusal(data) is None:
            mark = specification(data, find_chart(kind), title="x")["layer"][-1]["mark"]  # type: ignore[index,call-overload]
            wide = max(len(point.text) for point in data.points) * 6
            assert ("angle" in mark) is (wide > 640 / len(data.points)), name


def test_names_of_a_sankey_chart_are_never_written_over_each_other() -> None:
    """Whatever is huge and whatever is tiny: as far apart as a line is high, and inside the picture."""
    data = data_of("channel and campaign")
    for shares in ([10**6, *[1] * 400], [1] * 400, [*[1] * 200, 10**6, *[1] * 200]):
        points = tuple(replace(p, value=Decimal(n)) for p, n in zip(data.points, shares, strict=False))
        drawn = json.loads(json.dumps(specification(replace(data, points=points), find_chart("sankey"), title="x")))
        blocks = drawn["layer"][1]["data"]["values"]
        scale = drawn["height"] / max(block["high"] for block in blocks)
        for side in ("left", "right"):
            places = [block["text at"] * scale for block in blocks if block["side"] == side]
            assert all(later - earlier > 12.9 for earlier, later in pairwise(places))
            assert places[0] > -0.1 and places[-1] < drawn["height"] + 0.1


def test_a_waterfall_of_two_periods_goes_from_the_one_to_the_other() -> None:
    import datetime as dt

    from attrib_cli.engine.comparisons import previous
    from attrib_cli.engine.periods import resolve_range

    dates = resolve_range(dt.date(2026, 1, 1), dt.date(2026, 6, 30))
    before = previous(dates, "previous-period", week_starts_on=0, fiscal_year_starts_in=1)
    spec = ReportSpec(by=("channel",), dates=dates, compare="previous-period", compare_dates=before)
    data = chart_data(run(spec, discover(str(DATA))))
    rows = specification(data, find_chart("waterfall"), title="x")["data"]["values"]  # type: ignore[index,call-overload]
    assert rows[0]["category"] == "Before"
    assert rows[-1]["category"] == "Total"
    for earlier, later in pairwise(rows[:-1]):
        assert later["start"] == pytest.approx(earlier["end"])
    assert rows[-2]["end"] == pytest.approx(rows[-1]["end"])
    alone = run(ReportSpec(by=("channel",), dates=before), discover(str(DATA)))
    assert rows[0]["end"] == pytest.approx(float(alone.totals[0][2]))  # type: ignore[arg-type]


def test_names_stay_text_in_pictures(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    nasty = "<script>alert(1)</script> & \"quotes\" 🎉 'x'"
    (tmp_path / "touchpoints.csv").write_text(
        f'contact_id,occurred_at,channel\n1,2026-01-01,"{nasty.replace(chr(34), chr(34) * 2)}"\n', encoding="utf-8"
    )
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\n1,2026-01-02\n", encoding="utf-8")
    report = run(ReportSpec(type="contact-create", by=("channel",)), discover(str(tmp_path)))
    svg = b"".join(image.write_svg(report, WriteOptions())).decode("utf-8")
    assert "<script" not in svg
    texts = ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]
    assert nasty in texts


def test_names_of_emoji_that_have_no_room_are_cut_between_characters_and_differ(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    names = ["🎉" * 30 + end for end in ("", "🎉", "b")]
    rows = [f"{n},2026-01-0{n + 1},{names[n]}" for n in range(3)]
    (tmp_path / "touchpoints.csv").write_text("\n".join(["contact_id,occurred_at,channel", *rows]), encoding="utf-8")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\n0,2026-01-09\n1,2026-01-09\n2,2026-01-09\n")
    report = run(ReportSpec(type="contact-create", by=("channel",)), discover(str(tmp_path)))
    svg = b"".join(image.write_svg(report, WriteOptions())).decode("utf-8")
    texts = ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]
    assert len({text for text in texts if text.startswith("🎉🎉🎉")}) == 3


def test_pictures_are_the_same_bytes_every_time() -> None:
    pytest.importorskip("vl_convert")
    for name in ("svg", "png"):
        first, second = (b"".join(FORMATS[name].load()(report_of("campaigns"), WriteOptions())) for _ in range(2))
        assert first == second


def test_an_unknown_chart_is_guessed() -> None:
    with pytest.raises(UsageError) as caught:
        find_chart("dougnut")
    assert "doughnut" in str(caught.value.hint)


def test_a_saved_report_keeps_its_chart(attrib: Attrib, tmp_path: Path) -> None:
    config = tmp_path / "attrib.yaml"
    tables = (f"  {path.stem}: {{path: {json.dumps(str(path))}}}\n" for path in sorted(DATA.glob("*.csv")))
    config.write_text("sources:\n" + "".join(tables))
    asked = ("--config", config)
    saved = attrib("save", "Months", "--by", "month", "--chart", "line", *asked)
    assert saved.returncode == 0, saved.stderr
    assert "chart: line" in config.read_text()
    shown = attrib("report", "Months", *asked, "--format", "table")
    assert "⣀" in shown.stdout
    assert "⣀" not in attrib("report", "Months", *asked, "--format", "table", "--chart", "table").stdout
    wrong = attrib("report", "Months", *asked, "--by", "channel", "--format", "table")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "--chart bar shows it" in wrong.stderr
    pytest.importorskip("vl_convert")
    drawn = attrib("export", "Months", *asked, "--format", "svg", "--output", tmp_path / "months.svg")
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "months.svg").read_text().startswith("<svg")


def test_categories_in_parts_fall_by_their_sum_and_have_room_on_paper() -> None:
    """A slide's colours tell eight series apart; a heat map has them all, also in a PDF."""
    data = data_of("channel and campaign")
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for point in data.points:
        sums[point.category] += point.value or Decimal(0)
    names = [name for name in data.categories if not data.is_rest(name)]
    assert names == sorted(names, key=lambda name: -sums[name])
    one = NamedReport(name="", report=report_of("channel and campaign"), chart="heatmap")
    content = content_of(one, WriteOptions(), columns=6)
    assert len(content.data.series) > MOST_SERIES
    native = native_chart(content.data, content.chart)
    assert native is not None
    assert len(native.series) == MOST_SERIES
    assert native.left_out == 0
    ratios = replace(content.data, measure=replace(content.data.measure, additive=False), left_out=3)
    native = native_chart(ratios, content.chart)
    assert native is not None
    drawn = sum(value is not None for series in native.series for value in series.values)
    assert native.left_out == 3 + len(ratios.points) - drawn


def test_what_is_less_than_nothing_has_its_text_at_zero_and_a_shade_of_its_own() -> None:
    data = data_of("channel and campaign")
    first, *others = data.points
    below = replace(first, value=Decimal(-5), before=Decimal(3))
    changed = replace(data, points=(below, *others))
    drawn = specification(changed, find_chart("bar"), title="")
    values = cast("dict[str, list[dict[str, object]]]", drawn["data"])["values"]
    assert values[0] == values[0] | {"value": -5.0, "top": 0.0, "before": 3.0}
    assert "the period compared with" in json.dumps(drawn) and "tick" in json.dumps(drawn)
    shades = json.dumps(specification(changed, find_chart("heatmap"), title=""))
    assert "#f7f8fa" in shades and "#f7f8fa" not in json.dumps(specification(data, find_chart("heatmap"), title=""))
