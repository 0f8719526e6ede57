"""Whatever changes figures and is not the usual is said in every output: over all fields of requests and settings."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from attrib_cli.engine import CustomModel, DateRange, Filter, ReportSpec, Settings, discover, open_session
from attrib_cli.engine.report import Report
from attrib_cli.engine.session import Session
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.output.charts.image import chart_of
from attrib_cli.output.dashboard import board_json, page, terminal
from attrib_cli.output.dashboard.board import Board, Tile, tile_of
from attrib_cli.output.mail.html import html_of
from attrib_cli.output.mail.letter import letter_of, text_of
from attrib_cli.output.parquet import metadata
from attrib_cli.output.registry import FORMATS, WriteOptions

DATA = Path(__file__).parents[2] / "examples" / "data"
USUAL = ReportSpec(by=("channel",))
QUARTER = DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 3, 31), label="2026-Q1")
BEFORE = DateRange(start=dt.date(2025, 10, 1), end=dt.date(2025, 12, 31), label="previous-period")
OWN = CustomModel(
    name="opener",
    weights={"first": Decimal(60)},
    rest=Decimal(40),
    kernel="decay",
    half_life=dt.timedelta(days=3),
)


def estimated(model: str = "markov", **asked: object) -> ReportSpec:
    return replace(USUAL, models=(model,), estimation=EstimationSpec(**asked))  # type: ignore[arg-type]


ASKED: dict[str, tuple[ReportSpec, tuple[str, ...]]] = {
    "type": (replace(USUAL, type="deal-create"), ("Deals created",)),
    "models": (replace(USUAL, models=("u-shaped",)), ("u-shaped",)),
    "own_models": (
        replace(USUAL, models=("opener",), own_models=(OWN,)),
        ("opener: first 60, rest 40, decay with half-life 3 days",),
    ),
    "by": (replace(USUAL, by=("asset_type",)), ("asset type",)),
    "dates": (replace(USUAL, dates=QUARTER), ("2026-01-01 to 2026-03-31",)),
    "lookback": (replace(USUAL, lookback=dt.timedelta(days=30)), ("look-back 30 days",)),
    "half_life": (
        replace(USUAL, models=("time-decay",), half_life=dt.timedelta(hours=36)),
        ("half-life 1.5 days",),
    ),
    "campaigns": (replace(USUAL, campaigns=("Spring Launch",)), ("campaign Spring Launch",)),
    "where": (
        replace(
            USUAL,
            where=(
                Filter(column="country", op="=", values=("United States", "Germany")),
                Filter(column="channel", op="!=", values=("Email",)),
            ),
        ),
        ("where country=United States|Germany", "where channel!=Email"),
    ),
    "eligible": (
        replace(USUAL, eligible=(Filter(column="channel", op="!=", values=("Direct",)),)),
        ("eligible interactions: channel!=Direct",),
    ),
    "prefer": (
        replace(USUAL, prefer=(Filter(column="channel", op="!=", values=("Direct",)),)),
        ("preferred interactions: channel!=Direct",),
    ),
    "collapse": (replace(USUAL, collapse="session"), ("repeats within a session count once",)),
    "cycles": (replace(USUAL, cycles="separate"), ("repeat conversions: each begins after",)),
    "more_types": (replace(USUAL, more_types=("deal-create",)), ("Deals created",)),
    "limit": (replace(USUAL, limit=2), ("the first 2 rows, all others as (other)",)),
    "transitions": (replace(USUAL, transitions=True), ("transitions", "Markov chain")),
    "compare": (replace(USUAL, dates=QUARTER, compare="previous-period", compare_dates=BEFORE), ("2025-10-01",)),
    "compare_dates": (replace(USUAL, dates=QUARTER, compare="previous-period", compare_dates=BEFORE), ("2025-12-31",)),
    "states": (estimated(states=("asset_type",)), ("estimated by asset_type",)),
    "order": (estimated(order=2), ("Markov chain of order 2",)),
    "game": (estimated("shapley", game="rate"), ("game of Shapley: rate",)),
    "non_converting": (estimated(non_converting=False), ("journeys without conversion left out",)),
    "confidence": (estimated(confidence=Decimal("0.8"), seed=7), ("80% intervals",)),
    "seed": (estimated(confidence=Decimal("0.8"), seed=7), ("80% intervals, seed 7",)),
}
SHOWN = {
    "measures": "are the columns themselves",
    "sort": "is the order of the rows, not their figures",
    "estimation": "is looked into field by field",
    "allow_empty": "says what is refused, and changes no figure",
}
SET: dict[str, tuple[ReportSpec, Settings, tuple[str, ...]]] = {
    "timezone": (USUAL, Settings(timezone="Asia/Tokyo"), ("time zone Asia/Tokyo",)),
    "week_starts_on": (replace(USUAL, by=("week",)), Settings(week_starts_on=6), ("weeks start on Sunday",)),
    "from_association": (USUAL, Settings(from_association=True), ("campaigns of assets from their association on",)),
    "exclude_asset_types": (
        USUAL,
        Settings(exclude_asset_types=("workflow", "form")),
        ("excluded asset types: workflow, form",),
    ),
    "exclude_interaction_types": (
        USUAL,
        Settings(exclude_interaction_types=("Page view",)),
        ("excluded interaction types: Page view",),
    ),
    "currency": (
        USUAL,
        Settings(currency="CHF", exchange_rates={"USD": Decimal("0.9")}),
        ("converted to CHF at USD 0.9", "CHF"),
    ),
    "exchange_rates": (
        USUAL,
        Settings(currency="CHF", exchange_rates={"USD": Decimal("0.9")}),
        ("converted to CHF at USD 0.9",),
    ),
    "won_stages": (
        USUAL,
        Settings(won_stages=("Closed won", "Contract sent")),
        ("won stages: Closed won, Contract sent",),
    ),
    "all_won": (USUAL, Settings(all_won=True), ("all deals count as won",)),
    "models": (
        replace(USUAL, models=("opener",)),
        Settings(models=(OWN,)),
        ("opener: first 60, rest 40, decay with half-life 3 days",),
    ),
}
UNSAID = {
    "fiscal_year_starts_in": "says which days a period has, and a heading says the days",
    "conversions": "says which report types there are, and the heading says the type",
    "warn_below": "says when to warn, and changes no figure",
    "groups": "makes dimensions, and headings and conditions name those that a report is cut or filtered by",
}


def test_every_field_is_looked_at() -> None:
    spec = {field.name for kind in (ReportSpec, EstimationSpec) for field in dataclasses.fields(kind)}
    assert spec == ASKED.keys() | SHOWN.keys()
    assert {field.name for field in dataclasses.fields(Settings)} == SET.keys() | UNSAID.keys()


CASES = [(name, spec, Settings(), words) for name, (spec, words) in ASKED.items()]
CASES += [(name, spec, settings, words) for name, (spec, settings, words) in SET.items()]


@pytest.fixture(scope="module")
def sessions() -> Iterator[ExitStack]:
    """Keep the sessions open, one for each settings."""
    with ExitStack() as stack:
        yield stack
    _OPEN.clear()
    _WRITTEN.clear()


_OPEN: list[tuple[Settings, Session, Report]] = []
_WRITTEN: list[tuple[ReportSpec, Settings, Report, list[tuple[str, str]]]] = []


def written(sessions: ExitStack, spec: ReportSpec, settings: Settings) -> tuple[Report, list[tuple[str, str]]]:
    """Return a report with what `outputs` makes of it, once for all fields that are tried on the same request."""
    for asked, known, report, texts in _WRITTEN:
        if (asked, known) == (spec, settings):
            return report, texts
    if settings not in [known for known, *_ in _OPEN]:
        session = sessions.enter_context(open_session(discover(str(DATA)), settings))
        _OPEN.append((settings, session, session.run(USUAL)))
    session, usual = next((session, usual) for known, session, usual in _OPEN if known == settings)
    report = session.run(spec)
    _WRITTEN.append((spec, settings, report, list(outputs(report, usual))))
    return _WRITTEN[-1][2:]


@pytest.mark.parametrize(("spec", "settings", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_not_usual_is_said_everywhere(
    sessions: ExitStack, spec: ReportSpec, settings: Settings, words: tuple[str, ...]
) -> None:
    report, texts = written(sessions, spec, settings)
    assert report.rows, "the example has something to say it of"
    for name, text in texts:
        for one in words:
            assert flat(one) in flat(text), (name, one)
        for said in ("where", "look-back", "half-life", "excluded asset", "converted to", "(other)", "time zone"):
            assert any(said in one for one in words) or f"{said} " not in text or said in flat(str(spec.by)), name


def outputs(report: Report, usual: Report) -> Iterator[tuple[str, str]]:
    """Yield every output for people, and those for programs that have a place, each as text under a name."""
    options = WriteOptions(name="Mine")
    for name in ("table", "markdown"):
        yield name, b"".join(FORMATS[name].load()(report, options)).decode()
    yield "narrow table", b"".join(FORMATS["table"].load()(report, replace(options, width=60))).decode()
    mine, other = Tile(name="Mine", answer=report), Tile(name="Other", answer=usual)
    for several in (False, True):
        board = Board(name="Board", today=dt.date(2026, 11, 1), tiles=(mine, other) if several else (mine,))
        kind = "of several" if several else "of one"
        yield f"board {kind}", "\n".join(terminal.lines(board, options))
        narrow = Board(name="Board", today=dt.date(2026, 11, 1), tiles=(mine,))
        yield "narrow board", "\n".join(terminal.lines(narrow, replace(options, width=60)))
        drawn, _, figures = b"".join(page.write(board)).decode().partition("<script")
        yield f"page {kind}", drawn
        assert json.loads(b"".join(board_json.write(board)))["reports"][0]["conditions"] == about(report)["conditions"]
        assert figures
    sent = Board(name="Mine", today=dt.date(2026, 11, 1), tiles=(tile_of("Mine", report),))
    letter = letter_of(sent, pictures=False)
    yield "mail, plain", text_of(letter)
    yield "mail, html", html_of(letter, pictures={}, files=())
    book = openpyxl.load_workbook(io.BytesIO(b"".join(FORMATS["xlsx"].load()(report, options))))
    yield "workbook", " ".join(str(cell) for row in book["Mine"].values for cell in row if isinstance(cell, str))
    told = {row[0]: row[1] for row in book["About"].values if row[0]}
    assert {c["name"] for c in about(report)["conditions"]} <= told.keys()
    assert all(c["value"] in str(told[c["name"]]) for c in about(report)["conditions"])
    sheets = [book["Mine"]] + [book[name] for name in book.sheetnames if name == "Transitions"]
    for sheet in sheets:
        header = 1 if sheet.title == "Transitions" else sheet.auto_filter.ref[1:].partition(":")[0]
        assert sheet.print_title_rows == f"${header}:${header}"
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.print_title_cols == "$A:$A") == (sheet.title == "Transitions")
        yield f"heading on paper, {sheet.title}", str(sheet.oddHeader.left.text).replace("&&", "&")
    if not report.spec.transitions:
        yield "chart", json.dumps(chart_of(report)["title"], ensure_ascii=False)
    assert json.loads(metadata(report)["attrib.about"]) == about(report)
    pq.read_schema(io.BytesIO(b"".join(FORMATS["parquet"].load()(report, options))))


def about(report: Report) -> dict:
    return json.loads(b"".join(FORMATS["json-about"].load()(report, WriteOptions())))["about"]


def flat(text: str) -> str:
    """Return a text without markup, escapes and breaks of lines, in small letters."""
    plain = html.unescape(text).replace("\\", "").replace('<span class="day">', "").replace("</span>", "")
    return " ".join(plain.replace("·", " ").replace('", "', " ").split()).casefold()
