"""The page in a real browser: what it shows for every choice is what the command line prints for the same."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdf
import pytest
from browser import SCREEN, Opened, chromium, opened
from conftest import ROOT
from in_process import attrib_here

NASTY = "<img src=x onerror=alert(1)></script><b>"
CONFIG = """
version: 1
sources:
  touchpoints: {path: data/touchpoints.csv}
  contacts: {path: data/contacts.csv}
  deals: {path: data/deals.csv}
  deal_contacts: {path: data/deal_contacts.csv}
  campaigns: {path: data/campaigns.csv}
  campaign_spend: {path: data/campaign_spend.csv}
currency: USD
models:
  opener: {weights: {first: 70}, rest: 30, kernel: decay, half_life: 30d}
reports:
  campaigns: {by: campaign, model: [linear, u-shaped]}
  channels: {by: channel, model: linear, period: last-quarter, compare: previous-period}
  months: {by: month, model: linear}
  contacts: {type: contact-create, by: channel, model: first}
  estimated: {by: channel, model: [markov, linear]}
  spend: {by: campaign, measure: [revenue, spend, roi]}
  won: {by: [], period: last-quarter}
  steps: {by: channel, transitions: true}
dashboards:
  Board: {reports: [campaigns, channels, months, contacts, estimated, spend, won, steps]}
"""
TODAY = {"ATTRIB_TODAY": "2026-06-20"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page")
    shutil.copytree(ROOT / "examples" / "data", made / "data")
    campaigns = made / "data" / "campaigns.csv"
    campaigns.write_text(campaigns.read_text().replace("Monthly Newsletter", NASTY))
    (made / "attrib.yaml").write_text(CONFIG)
    where = ("--config", made / "attrib.yaml")
    ended = attrib_here(
        "dashboard", "export", "Board", *where, "-f", "html", "-o", made / "board.html", "--with-conversions",
        environ=TODAY,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def board(folder: Path, browser: Any) -> Iterator[Opened]:
    """The board, opened once for all tests of it."""
    with opened(browser, folder / "board.html") as made:
        yield made


@pytest.fixture
def page(board: Opened) -> Iterator[Any]:
    """The board as it was saved, with nothing chosen; it has to be quiet until the test is done."""
    board.page.set_viewport_size(SCREEN)
    board.page.emulate_media(media="screen", color_scheme="light")
    board.page.evaluate("location.hash = ''; for (const one of document.querySelectorAll('details')) one.open = false")
    board.page.wait_for_function(
        "!document.querySelector('[aria-busy]') && !document.getElementById('status').textContent"
    )
    yield board.page
    board.quiet()


def printed(folder: Path, *arguments: str) -> str:
    """What the command line prints as JSON."""
    ended = attrib_here("report", *arguments, "--config", folder / "attrib.yaml", "-f", "json", environ=TODAY)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.rstrip("\n")


DAYS = ("--from", "2026-01-01", "--to", "2026-05-31")
ASKED = [
    ({"report": "campaigns"}, ("campaigns",)),
    ({"report": "estimated"}, ("estimated",)),
    (
        {"report": "channels", "models": ["time-decay", "opener"], "from": "2026-01-01", "to": "2026-05-31"},
        ("channels", "-m", "time-decay,opener", *DAYS),
    ),
    (
        {"report": "campaigns", "weights": {"first": 40, "last": 30, "rest": 30}, "from": "2026-01-01", "to": None},
        ("campaigns", "--weights", "first=40,last=30,rest=30", "--from", "2026-01-01"),
    ),
    (
        {"report": "campaigns", "type": "contact-create", "models": ["first", "linear"]},
        ("campaigns", "-t", "contact-create", "-m", "first,linear"),
    ),
    (
        {"report": "months", "only": {"channel": ["Email", "Social"]}},
        ("months", "--where", "channel=Email|Social"),
    ),
    (
        {"report": "channels", "only": {"campaign": [NASTY]}},
        ("channels", "--campaign", NASTY),
    ),
    (
        {"report": "won", "from": "2026-04-01", "to": "2026-06-20", "compare": "previous-year"},
        ("won", "--from", "2026-04-01", "--to", "2026-06-20", "--compare", "previous-year"),
    ),
    (
        {"report": "Channels", "type": "Revenue", "models": "First-Touch,linear", "period": "this-quarter"},
        ("channels", "-m", "first,linear", "--from", "2026-04-01", "--to", "2026-06-30"),
    ),
    (
        {"report": "channels", "weights": "first=40,rest=60", "only": {"channel": "Email"}},
        ("channels", "--weights", "first=40,rest=60", "--where", "channel=Email"),
    ),
]
REFUSED = {
    "no report 'nope'": {"report": "nope"},
    "no 'modles'": {"modles": ["first"]},
    "no model 'fist'": {"report": "months", "models": "fist"},
    "no position 'frist'": {"report": "months", "weights": {"frist": 3}},
    "-3 is not a weight": {"report": "months", "weights": {"first": -3}},
    "'2026-02-30' is not a day": {"report": "months", "from": "2026-02-30"},
    "is after the last one": {"report": "months", "from": "2026-05-01", "to": "2026-02-01"},
    "no period 'soon'": {"report": "months", "period": "soon"},
    "restricted by 'chanel'": {"report": "months", "only": {"chanel": "Email"}},
    "cannot be had as nope": {"report": "months", "type": "nope"},
}
"""What a page says to scripts that ask for what it does not have."""


def test_scripts_get_the_records_that_the_command_line_prints(folder: Path, page: Any) -> None:
    names = page.evaluate("attrib.reports")
    assert names == ["campaigns", "channels", "months", "contacts", "estimated", "spend", "won", "steps"]
    for asked, arguments in ASKED:
        text = page.evaluate("asked => attrib.json(asked)", asked)
        assert text == printed(folder, *arguments), asked
        rows = page.evaluate("asked => attrib.rows(asked)", asked)
        assert rows == json.loads(text), asked
    carried = {"report": "estimated", "from": "2026-01-01", "models": ["markov"]}
    for said, asked in {**REFUSED, "markov: carried as computed": carried}.items():
        refused = "asked => { try { return attrib.rows(asked) } catch (error) { return error.message } }"
        assert said in page.evaluate(refused, asked), asked


def figures(page: Any, report: str) -> dict[str, list[str]]:
    """The figures of a table as it is seen, by the names of its rows."""
    rows = page.locator(f"section:has(h2:text-is('{report}')) tbody tr")
    return {
        row.locator("th bdi").first.inner_text(): [cell.split("\n")[0] for cell in row.locator("td").all_inner_texts()]
        for row in rows.all()
    }


def money(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", ""))


def check_revenue(folder: Path, page: Any, report: str, *arguments: str) -> None:
    """The first column of a table is the revenue that the command line prints, to within a cent."""
    wanted = json.loads(printed(folder, *arguments), parse_float=Decimal)
    shown = figures(page, report)
    column = next(name for name in wanted[0] if name not in ("model", "revenue"))
    assert set(shown) == {row[column] for row in wanted}
    for row in wanted:
        assert abs(money(shown[row[column]][0]) - row["revenue"]) <= Decimal("0.01"), row


def test_choices_are_followed_and_kept_in_the_address(folder: Path, page: Any) -> None:
    check_revenue(folder, page, "campaigns", "campaigns", "-m", "linear")
    page.select_option("#period", "this-year-so-far")
    page.locator("#models summary").click()
    page.locator("input[name=model][value=linear]").uncheck()
    page.locator("input[name=model][value='u-shaped']").uncheck()
    page.locator("input[name=model][value=first]").uncheck()
    page.locator("input[name=model][value=last]").check()
    dates = ("--from", "2026-01-01", "--to", "2026-06-20")
    page.locator("input[name=model][value=markov]").uncheck()
    check_revenue(folder, page, "campaigns", "campaigns", "-m", "last", *dates)
    page.locator("#only-channel summary").click()
    page.locator("input[name=only-channel][value=Email]").check()
    check_revenue(folder, page, "campaigns", "campaigns", "-m", "last", *dates, "--where", "channel=Email")
    assert "only.channel=Email" in page.url
    before = figures(page, "campaigns")
    page.reload()
    assert figures(page, "campaigns") == before
    assert page.locator("#period").input_value() == "this-year-so-far"
    page.get_by_role("button", name="Reset").click()
    assert "#" not in page.url
    check_revenue(folder, page, "campaigns", "campaigns", "-m", "linear")


def test_what_is_out_of_sight_follows_right_after(folder: Path, browser: Any) -> None:
    with opened(browser, folder / "board.html", viewport={"width": 1200, "height": 700}) as found:
        found.page.evaluate("location.hash = 'model=linear&only.channel=Email'")
        found.page.get_by_text("Computed in this page").wait_for()
        found.page.locator("[aria-busy]").first.wait_for(state="detached")
        wanted = printed(folder, "months", "-m", "linear", "--where", "channel=Email")
        assert (
            found.page.evaluate("attrib.json({report: 'months', models: ['linear'], only: {channel: ['Email']}})")
            == wanted
        )
        lines = found.page.locator("section:has(h2:text-is('months')) svg.chart path.stroke").all()
        for line in lines:  # from left to right, and down to nothing in months without a row
            places = [float(x) for x in re.findall(r"[ML]([\d.]+),", line.get_attribute("d") or "")]
            assert len(places) > len({row["month"] for row in json.loads(wanted)}) - 1 and places == sorted(places)
        assert lines
        shown = figures(found.page, "months")
        assert {row["month"] for row in json.loads(wanted)} == set(shown)


def test_a_table_below_what_is_in_sight_follows_the_chart_above_it(folder: Path, browser: Any) -> None:
    """The first frame has what is seen of the new chart; its other bars follow, and so does the table, which waits."""
    seen = """() => { location.hash = 'model=linear&model=last&only.channel=Email'; return new Promise(done =>
        window.addEventListener('hashchange', () => requestAnimationFrame(() => {
            const rows = document.querySelector('#r0 .rows');
            done([document.querySelectorAll('#r0 svg.chart rect').length, rows.inert, rows.ariaBusy]);
        }), {once: true})) }"""
    with opened(browser, folder / "board.html", viewport={"width": 1200, "height": 420}) as found:
        wanted = json.loads(printed(folder, "campaigns", "-m", "linear,last", "--where", "channel=Email"))
        bars, *waits = found.page.evaluate(seen)
        assert 0 < bars < len(wanted) and waits == [True, "true"]
        found.page.locator("[aria-busy]").first.wait_for(state="detached")
        assert found.page.locator("#r0 svg.chart rect").count() == len(wanted)
        assert found.page.locator("[inert]").count() == 0
        assert set(figures(found.page, "campaigns")) == {row["campaign"] for row in wanted}


def test_what_is_in_a_closed_list_is_there_for_a_browser_to_find(folder: Path, page: Any) -> None:
    """Browsers search what is in a closed list, and open it, if only it is in the document."""
    channels = {row["channel"] for row in json.loads(printed(folder, "--by", "channel", "--period", "all-time"))}
    texts = page.locator("#only-channel").evaluate(
        "list => list.open || [...list.querySelectorAll('.list bdi')].map(one => one.textContent)"
    )
    assert set(texts) == channels - {"(unattributed)"}


def test_days_of_ones_own_weights_on_sliders_and_types_as_tabs(folder: Path, page: Any) -> None:
    page.fill("#from", "2026-02-01")
    page.fill("#to", "2026-05-31")
    page.locator("#models summary").click()
    page.locator("#weights").check()
    page.locator("input[name=weight-first]").fill("70")
    page.locator("input[name=weight-first]").dispatch_event("change")
    assert "weight=first%3D70" in page.url
    dates = ("--from", "2026-02-01", "--to", "2026-05-31")
    wanted = json.loads(
        printed(folder, "campaigns", "--weights", "first=70,lead=0,deal=0,last=40,rest=20", *dates),
        parse_float=Decimal,
    )
    wanted = {row["campaign"]: row["revenue"] for row in wanted if row["model"].startswith("first=70")}
    heads = page.locator("section:has(h2:text-is('campaigns')) thead th").all_inner_texts()
    at = next(i for i, head in enumerate(heads) if head.startswith("Revenue, first=70"))
    for name, cells in figures(page, "campaigns").items():
        assert abs(money(cells[at - 1]) - wanted[name]) <= Decimal("0.01")
    page.get_by_role("button", name="Contacts", exact=True).click()
    assert "Contacts created by campaign" in page.locator("#r0 .answer p").first.inner_text()
    note = page.locator("#r7 .note").inner_text()
    assert "As computed, whatever is chosen above" in note


def test_tables_sort_search_filter_and_drill_down(folder: Path, page: Any) -> None:
    section = page.locator("#r1")
    section.get_by_role("button", name="Channel", exact=True).click()
    names = list(figures(page, "channels"))
    assert names == sorted(names, key=str.casefold)
    assert section.locator("th[aria-sort=ascending]").inner_text().startswith("Channel")
    section.get_by_role("button", name="Revenue", exact=True).click()
    shown = [money(cells[0]) for cells in figures(page, "channels").values()]
    assert shown == sorted(shown, reverse=True)
    section.get_by_role("searchbox").fill("soc")
    assert section.locator("tbody tr:visible").count() == 1
    section.get_by_role("searchbox").fill("")
    section.get_by_role("button", name="Social", exact=True).click()
    assert list(figures(page, "channels")) == ["Social"]
    page.get_by_role("button", name="Reset").click()
    section.get_by_role("button", name="Largest conversions of Social").click()
    rows = page.locator("dialog tbody tr")
    arguments = ("--by", "channel,deal_id", "--where", "channel=Social", "--period", "last-quarter")
    wanted = json.loads(printed(folder, *arguments), parse_float=Decimal)
    found_rows = {row.locator("th").inner_text(): money(row.locator("td").first.inner_text()) for row in rows.all()}
    assert set(found_rows) == {row["deal_id"] for row in wanted}
    assert all(abs(found_rows[row["deal_id"]] - row["revenue"]) <= Decimal("0.01") for row in wanted)
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        section.get_by_role("button", name="Download CSV").click()
    ended = attrib_here("report", "channels", "--config", folder / "attrib.yaml", "-f", "csv", environ=TODAY)
    assert Path(download.value.path()).read_text() == ended.stdout


def test_nothing_serious_stands_in_the_way_of_anybody(page: Any) -> None:
    """All rules in light; what the dark colours change, contrast, once more in dark."""
    axe = pytest.importorskip("axe_playwright_python", reason="NOT TESTED: accessibility, which needs axe ('.[dev]')")
    source = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page.locator("#models summary").click()
    page.evaluate(source)
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme)
        asked = {**rules, "resultTypes": ["violations"]}
        violations = page.evaluate("async asked => (await axe.run(asked)).violations", asked)
        serious = [(one["id"], [n["html"][:120] for n in one["nodes"][:3]]) for one in violations
                   if one["impact"] in ("serious", "critical")]  # fmt: skip
        assert serious == [], scheme


def test_it_works_by_keyboard_alone(folder: Path, page: Any) -> None:
    page.locator("#period").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.locator("section#r1 button.sort").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.sort") == "channel"
    page.keyboard.press("Enter")
    assert page.locator("#r1 th[aria-sort=descending]").count() == 1


def test_it_fits_a_phone_and_prints_without_its_controls(page: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate("location.hash = 'model=last'")
    page.get_by_text("Computed in this page").wait_for()
    page.emulate_media(media="print")
    assert not page.locator("#choices").is_visible()
    for paper in ("A4", "Letter"):  # what is out of sight has followed before anything is printed
        assert page.pdf(format=paper).startswith(b"%PDF")
        assert page.locator("[aria-busy]").count() == 0
    assert page.locator("svg.chart").first.is_visible()
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(width="210mm", height="100mm"))).pages
    headed = sum("Interactions" in sheet.extract_text() for sheet in sheets)
    assert headed > page.locator("thead", has_text="Interactions").count()  # the head stands on each sheet of a table


def test_figures_are_in_the_language_of_the_reader(folder: Path, browser: Any) -> None:
    with opened(browser, folder / "board.html", locale="de-DE") as found:
        total = found.page.locator("#r2 tfoot td").first.inner_text()
        assert total == "1.133.227,32\u00a0$"


def test_texts_of_the_data_stay_texts(folder: Path, page: Any) -> None:
    assert page.locator("section img, section b").count() == 0
    assert NASTY in figures(page, "campaigns")


def test_a_report_alone_is_a_page_too(folder: Path, browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.html"
    where = ("--config", folder / "attrib.yaml")
    ended = attrib_here("report", "channels", *where, "-f", "html", "-o", file, environ=TODAY)
    assert ended.returncode == 0, ended.stderr
    assert '"deal_id"' not in file.read_text()
    with opened(browser, file) as found:
        assert found.page.evaluate("attrib.reports") == ["channels"]
        text = found.page.evaluate("attrib.json({models: ['first'], from: '2026-01-01', to: '2026-03-31'})")
        assert text == printed(folder, "channels", "-m", "first", "--from", "2026-01-01", "--to", "2026-03-31")
