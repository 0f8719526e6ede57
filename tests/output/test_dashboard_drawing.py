"""How a board is drawn: lines over time, figures, errors in their place, and tiles beside each other at any width."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from output_reports import NASTY, QUARTER, empty, nasty, summary, uniform
from rich.cells import cell_len

from attrib_cli.engine.errors import ConfigError, ErrorGroup, SourceError, UsageError
from attrib_cli.engine.report import Column, Report
from attrib_cli.engine.spec import DateRange, ReportSpec
from attrib_cli.output.dashboard import board_json, page, terminal
from attrib_cli.output.dashboard.board import Board, Tile
from attrib_cli.output.dashboard.packing import Block, packed
from attrib_cli.output.dashboard.single import singles
from attrib_cli.output.dashboard.spark import chart
from attrib_cli.output.dashboard.timeline import timeline
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.scope import campaign_condition

TODAY = dt.date(2026, 4, 1)
LEVELS = " ▁▂▃▄▅▆▇█"
REVENUE = Column(name="revenue", role="measure", unit="currency", additive=True)
ROI = Column(name="roi", role="measure", unit="ratio")
MODEL = Column(name="model", role="model")


def over_time(
    bucket: str, rows: list[tuple], *, measure: Column = REVENUE, dates: DateRange = QUARTER, others: tuple = ()
) -> Report:
    names = (bucket, *others)
    return Report(
        spec=ReportSpec(by=names, dates=dates),
        columns=(*(Column(name=name, role="dimension") for name in names), MODEL, measure),
        rows=rows,
        totals=[(None,) * len(names) + ("linear", None)],
        summary=summary(dates=dates, left_out=()),
    )


def figure(*, now: str = "1500", before: str | None = "1000", change: str | None = "0.5", name: str = "revenue"):
    columns = (
        MODEL,
        Column(name=name, role="measure", unit="currency", additive=True),
        Column(name=f"{name}_previous", role="measure", unit="currency", additive=True, of=name),
        Column(
            name=f"{name}_change",
            role="measure",
            unit="ratio",
            of=name,
            better="down" if name.startswith("cost") else "up",
        ),
        Column(name="deals", role="measure", unit="deals", additive=True),
        Column(name="share", role="measure", unit="share"),
    )
    d = Decimal
    row = ("linear", d(now), before and d(before), change and d(change), d(3), d(1))
    return Report(
        spec=ReportSpec(by=(), dates=QUARTER),
        columns=columns,
        rows=[row],
        totals=[row],
        summary=summary(
            left_out=(), compared_with=DateRange(start=dt.date(2025, 10, 1), end=dt.date(2025, 12, 31), label="before")
        ),
    )


def board(*tiles: Tile, **changes: object) -> Board:
    return dataclasses.replace(Board(name="Monday", today=TODAY, tiles=tiles), **changes)


def text(shown: Board, width: int | None = None, **options: object) -> str:
    return b"".join(terminal.write(shown, WriteOptions(width=width, **options))).decode(
        str(options.get("encoding", "utf-8"))
    )


def nine() -> Board:
    """Tiles of every kind, some of which fail and some of which have nothing."""
    return board(
        Tile(name="One figure", display="figure", answer=figure()),
        Tile(name="Another", display="figure", answer=figure(change="-0.25")),
        Tile(name="Campaigns", answer=nasty(["linear"])),
        Tile(name="Two models", answer=nasty()),
        Tile(
            name="Months",
            display="line",
            answer=over_time("month", [("2026-01", "linear", Decimal(5)), ("2026-03", "linear", Decimal(10))]),
        ),
        Tile(
            name="Many lines",
            display="line",
            answer=over_time(
                "month",
                [("2026-02", f"channel {i}", "linear", Decimal(i)) for i in range(14)],
                others=("channel",),
            ),
        ),
        Tile(name="Broken", answer=UsageError("there is no column 'x'", hint="Look at the list.", place="--by")),
        Tile(name="Nothing", display="figure", answer=empty()),
        Tile(name="Nothing at all", answer=empty()),
    )


# --- lines over time -------------------------------------------------------------------------------------------------


@given(
    st.lists(st.one_of(st.none(), st.integers(-1000, 1000)), min_size=1, max_size=150),
    st.integers(1, 90),
    st.integers(1, 5),
)
def test_a_chart_keeps_its_width_and_height(values: list[int | None], width: int, height: int) -> None:
    drawn = chart([None if v is None else Decimal(v) for v in values], width=width, height=height)
    assert len(drawn) == height
    assert all(len(line) <= width and set(line) <= set(LEVELS) for line in drawn)


def test_the_heights_of_a_chart_are_proportions_from_zero() -> None:
    [line] = chart([Decimal(v) for v in (0, 100, 200, 400, 800)], width=5)
    assert [LEVELS.index(sign) for sign in line] == [1, 1, 2, 4, 8]
    rows = chart([Decimal(8), Decimal(16)], width=2, height=2)
    assert rows == [" █", "██"]


def test_an_unknown_value_is_a_gap_and_zero_is_the_base_line() -> None:
    assert chart([Decimal(4), None, Decimal(0)], width=3) == ["█ ▁"]


def test_more_points_than_cells_share_them_with_their_mean() -> None:
    [line] = chart([Decimal(v) for v in (0, 8, 8, 8, 0, 4)], width=3)
    assert [LEVELS.index(sign) for sign in line] == [4, 8, 2]


def test_an_encoding_without_blocks_gets_signs_it_has() -> None:
    drawn = chart([Decimal(1), Decimal(5)], width=2, encoding="ascii")
    assert "".join(drawn).isascii()


@pytest.mark.parametrize(
    ("bucket", "given", "dates", "expected"),
    [
        ("month", ["2025-11", "2026-02"], DateRange(), ["2025-11", "2025-12", "2026-01", "2026-02"]),
        ("month", ["2026-02"], QUARTER, ["2026-01", "2026-02", "2026-03"]),
        ("quarter", ["2025-Q3", "2026-Q1"], DateRange(), ["2025-Q3", "2025-Q4", "2026-Q1"]),
        ("year", ["2019", "2022"], DateRange(), ["2019", "2020", "2021", "2022"]),
        ("day", ["2026-02-27", "2026-03-02"], DateRange(), ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]),
        ("week", ["2025-W51", "2026-W02"], DateRange(), ["2025-W51", "2025-W52", "2026-W01", "2026-W02"]),
        ("week", ["2026-03-01", "2026-03-15"], DateRange(), ["2026-03-01", "2026-03-08", "2026-03-15"]),
    ],
)
def test_buckets_in_which_nothing_happened_are_there(
    bucket: str, given: list[str], dates: DateRange, expected: list[str]
) -> None:
    report = over_time(bucket, [(label, "linear", Decimal(7)) for label in reversed(given)], dates=dates)
    if given[0] == "2026-03-01":  # the first day of a week that begins on Sunday
        report = replace(report, settings=replace(report.settings, week_starts_on=6))
    found = timeline(report, today=TODAY)
    assert list(found.labels) == expected
    [line] = found.lines
    assert line.values == tuple(Decimal(7) if label in given else Decimal(0) for label in expected)


def test_a_period_that_goes_on_ends_today() -> None:
    year = DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), label="this-year")
    found = timeline(over_time("month", [("2026-02", "linear", Decimal(1))], dates=year), today=dt.date(2026, 4, 15))
    assert found.labels == ("2026-01", "2026-02", "2026-03", "2026-04")


def test_a_ratio_is_unknown_where_nothing_happened_and_has_no_total() -> None:
    rows = [("2026-01", "linear", Decimal("1.5")), ("2026-03", "linear", Decimal("2"))]
    [line] = timeline(over_time("month", rows, measure=ROI), today=TODAY).lines
    assert line.values == (Decimal("1.5"), None, Decimal(2))
    assert line.total == ""


def test_lines_stand_by_their_size_and_the_rest_is_counted() -> None:
    drawn = text(nine(), None)
    part = drawn[drawn.index("Many lines") : drawn.index("Broken")]
    assert re.findall(r"channel \d+", part) == [f"channel {i}" for i in range(13, 3, -1)]
    assert "4 lines more not shown" in part


def test_names_are_not_cut_for_a_line_that_needs_less_room() -> None:
    rows = [("2026-02", f"a rather long channel {i}", "linear", Decimal(i + 1)) for i in range(3)]
    lines = over_time("month", rows, others=("channel",))
    assert "a rather long channel 2" in text(board(Tile(name="Few", display="line", answer=lines)), 60)


# --- single figures --------------------------------------------------------------------------------------------------


def test_a_figure_says_what_it_was_and_what_changed() -> None:
    [single] = singles(figure())
    assert (single.text, single.before, single.change, single.tone) == ("€1,500.00", "€1,000.00", "+50.0%", "better")
    drawn = text(board(Tile(name="Revenue", display="figure", answer=figure())))
    assert "€1,500.00 revenue\n▲ +50.0% from €1,000.00 in 2025-10-01 to 2025-12-31\nDeals 3\n" in drawn


def test_a_figure_that_costs_more_is_bad_news() -> None:
    [single] = singles(figure(name="cost_per_deal"))
    assert single.tone == "worse"


def test_a_change_from_nothing_is_not_invented() -> None:
    drawn = text(board(Tile(name="Revenue", display="figure", answer=figure(before="0", change=None))))
    assert "from €0.00 in" in drawn
    assert "▲" not in drawn
    assert "%" not in drawn


# --- the grid --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 58, 80, 100, 120, 160, 240])
@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, color: bool) -> None:
    drawn = text(nine(), width, color=color)
    assert ("\x1b[" in drawn) is color
    for line in re.sub(r"\x1b\[[0-9;]*m", "", drawn).splitlines():
        assert cell_len(line) <= width, line


@pytest.mark.parametrize("width", [20, 40, 80, 120, 240, None])
def test_every_tile_and_every_figure_is_there_at_any_width(width: int | None) -> None:
    drawn = text(nine(), width)
    for tile in nine().tiles:
        assert f"─ {tile.name} ─" in drawn
    for needed in ("€1,500.00", "€10,000.00", "€2,500.00", "error: --by: there is", "Look at the list."):
        assert " ".join(needed.split()) in " ".join(drawn.split())


def test_tiles_stand_beside_each_other_where_there_is_room() -> None:
    tiles = [Tile(name=f"Tile {i}", display="figure", answer=figure()) for i in range(4)]
    beside = {
        width: [len(re.findall("Tile", line)) for line in text(board(*tiles), width).splitlines() if "Tile" in line]
        for width in (40, 80, 130)
    }
    assert beside == {40: [1, 1, 1, 1], 80: [2, 2], 130: [4]}


def test_tables_give_up_lesser_measures_before_their_bars() -> None:
    report = uniform(["linear"], ["Spring", "Autumn"])
    drawn = text(board(Tile(name="A", answer=report)), 56)
    assert "██████" in drawn
    assert "not shown at this width: interactions" in drawn


def test_in_a_pipe_every_tile_has_the_whole_width_and_nothing_is_cut() -> None:
    drawn = text(nine(), None)
    assert "not shown" not in drawn.replace("lines more not shown", "")
    assert not re.search("─ .+ ─.* ─ .+ ─", drawn)


def test_days_that_hold_for_all_are_said_once() -> None:
    same = board(Tile(name="A", answer=nasty(["linear"])), Tile(name="B", answer=nasty(["first"])))
    assert text(same).count("2026-01-01 to 2026-03-31") == 1
    other = dataclasses.replace(empty(), summary=summary(conversions=0, dates=DateRange()))
    assert text(board(*same.tiles, Tile(name="C", answer=other))).count("2026-01-01 to 2026-03-31") == 2


def test_errors_of_a_group_are_all_shown() -> None:
    group = ErrorGroup([ConfigError("one", place="attrib.yaml:3"), SourceError("two", hint="Do this.")])
    drawn = text(board(Tile(name="Bad", answer=group), Tile(name="Good", answer=nasty(["linear"]))), 60)
    assert "error: attrib.yaml:3: one" in drawn
    assert "error: two" in drawn
    assert "hint: Do this." in drawn
    assert "€10,000.00" in drawn


def test_a_long_path_in_an_error_is_broken_and_not_lost() -> None:
    path = "/data/" + "x" * 90 + ".csv"
    drawn = text(board(Tile(name="Bad", answer=SourceError("cannot be read", place=path))), 40)
    assert path in drawn.replace("\n", "")


def test_names_cannot_reach_the_terminal() -> None:
    evil = "\x1b[2J\nname"
    drawn = text(
        board(
            Tile(name=evil, description=evil, answer=nasty(["linear"])), name=evil, said=(campaign_condition((evil,)),)
        ),
        80,
    )
    assert "\x1b" not in drawn
    assert drawn.count("\\x1b[2J\\nname") == 4


def test_a_terminal_without_unicode_gets_a_board_too() -> None:
    assert text(nine(), 100, encoding="ascii").isascii()


def test_an_empty_board_says_so() -> None:
    assert "no reports yet" in text(board())


# --- for machines and browsers ---------------------------------------------------------------------------------------


def test_json_has_all_figures_and_errors() -> None:
    found = json.loads(b"".join(board_json.write(nine())), parse_float=Decimal)
    assert found["dashboard"] == "Monday"
    by_name = {entry["name"]: entry for entry in found["reports"]}
    assert list(by_name) == [tile.name for tile in nine().tiles]
    assert [row["campaign"] for row in by_name["Campaigns"]["rows"]] == list(NASTY)
    assert sum(Decimal(row["revenue"]) for row in by_name["Campaigns"]["rows"]) == 10000
    assert by_name["Campaigns"]["totals"][0]["revenue"] == 10000
    assert by_name["One figure"]["rows"][0]["revenue_change"] == Decimal("0.5")
    assert by_name["Broken"]["error"] == {
        "message": "there is no column 'x'",
        "place": "--by",
        "hint": "Look at the list.",
    }
    assert "rows" not in by_name["Broken"]
    assert by_name["Nothing"]["rows"] == []


class _Page(HTMLParser):
    """Collects what a browser would see: texts, tags with their attributes, and the data of the script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.script = ""
        self.inside = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.script += data
        elif self.inside != "style":
            self.texts.append(data)


def read_page(shown: Board) -> _Page:
    parser = _Page()
    parser.feed(b"".join(page.write(shown)).decode())
    parser.close()
    assert not parser.open
    return parser


def test_a_page_shows_what_the_terminal_does() -> None:
    seen = read_page(nine())
    joined = "\n".join(seen.texts)
    for needed in ("Monday", "€10,000.00", "€1,500.00", "+50.0%", "--by: there is no column 'x'", "2026-01"):
        assert needed in joined
    assert [tag for tag, _ in seen.tags].count("section") == 9
    assert [found.get("role") for tag, found in seen.tags if tag == "svg"].count("img") == 2


def test_a_page_can_be_read_without_seeing_it() -> None:
    """Every table and picture has a name, every head and figure its place, and what scrolls is reached with keys."""
    seen = read_page(nine())
    found: dict[str, list[dict[str, str | None]]] = {}
    for tag, attributes in seen.tags:
        found.setdefault(tag, []).append(attributes)
    ids = {attributes.get("id") for attributes in found["h2"]}
    assert [section["aria-labelledby"] for section in found["section"]] == [f"t{i}" for i in range(9)]
    assert ids == {f"t{i}" for i in range(9)}
    assert len(found["caption"]) == len(found["table"]) > 3
    assert all(attributes.get("scope") for attributes in found["th"])
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in found["svg"])
    scrolling = [attributes for attributes in found["div"] if attributes.get("class") == "scroll"]
    assert all(one["tabindex"] == "0" and one["aria-label"] for one in scrolling)
    rows = "\n".join(seen.texts)
    assert "▲ +50.0%" in rows  # news are not told by their colour alone
    assert "▼ -25.0%" in rows


def test_an_empty_board_says_so_in_the_browser_too() -> None:
    assert any("no reports yet" in text for text in read_page(board()).texts)


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=12), st.integers(4, 8))
def test_tiles_keep_their_order_and_fill_their_rows(given_: list[tuple[int, bool]], units: int) -> None:
    blocks = [Block(span=span, grows=grows) for span, grows in given_]
    rows = list(packed(blocks, units))
    assert [i for row in rows for i, _ in row] == list(range(len(blocks)))
    for row, following in zip(rows, [*rows[1:], []], strict=bool(rows)):
        taken = sum(span for _, span in row)
        assert taken == units if any(blocks[i].grows for i, _ in row) else taken <= units
        assert all(span >= blocks[i].span for i, span in row)
        assert not following or sum(blocks[i].span for i, _ in row) + blocks[following[0][0]].span > units


def test_a_line_that_is_compared_says_what_it_was() -> None:
    columns = (
        Column(name="month", role="dimension"),
        MODEL,
        REVENUE,
        Column(name="revenue_previous", role="measure", unit="currency", additive=True, of="revenue"),
        Column(name="revenue_change", role="measure", unit="ratio", of="revenue", better="up"),
    )
    d = Decimal
    rows = [("2026-01", "linear", d(30), d(40), d("-0.25")), ("2026-03", "linear", d(70), d(10), d(6))]
    before = DateRange(start=dt.date(2025, 10, 1), end=dt.date(2025, 12, 31), label="before")
    found = Report(
        spec=ReportSpec(by=("month",), dates=QUARTER),
        columns=columns,
        rows=rows,
        totals=[(None, "linear", d(100), d(50), d(1))],
        summary=summary(left_out=(), compared_with=before),
    )
    shown = board(Tile(name="Months", display="line", answer=found))
    assert "total €100.00, +100.0% from €50.00" in text(shown)
    assert "against 2025-10-01 to 2025-12-31" in text(shown)
    assert "▲ +100.0%" in "".join(read_page(shown).texts)


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\" onload='alert(1)"
    rows = [(evil, "linear", *(nasty(["linear"]).rows[0][2:]))]
    lines = over_time("month", [("2026-01", evil, "linear", Decimal(5))], others=("channel",))
    seen = read_page(
        board(
            Tile(name=evil, description=evil, answer=dataclasses.replace(nasty(["linear"]), rows=rows)),
            Tile(name="Line", display="line", answer=lines),
            Tile(name="Bad", answer=UsageError(evil, hint=evil, place=evil)),
            name=evil,
            description=evil,
            said=(campaign_condition((evil,)),),
        )
    )
    tags = [tag for tag, _ in seen.tags]
    assert tags.count("script") == 1
    assert not {"img", "link", "iframe", "a"} & set(tags)
    assert not [name for _, found in seen.tags for name in found if name.startswith("on") or name in ("src", "href")]
    assert seen.texts.count(evil) >= 8
    assert json.loads(seen.script)["dashboard"] == evil
    raw = b"".join(page.write(nine())).decode()
    assert "http:" not in raw
    assert "https:" not in raw
    assert "<" not in raw[raw.index('id="figures">') + 13 : raw.index("</script>")]
