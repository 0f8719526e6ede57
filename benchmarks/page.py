"""How long a page takes to open, and to answer another range of days or another model: in a real Chromium, from disk.

    python benchmarks/page.py

A dashboard of 20 reports on two years of data is made (under `.data/`, from a seed) and exported as html. Then the page
is opened `--rounds` times, each time anew, and each time asked for other days, another model, weights and a filter.
What is measured is what a reader waits for: from the start of loading to the page drawn, and from a choice to the page
drawn again. The middle and the least of all rounds are printed, and beside the clock what the page's own thread took of
the processor, since other programs on the machine can only add to the clock. Reports in sight are drawn at once, all
others right after, piece by piece: what the processor took until the last of them stands in a column of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession

CACHE = Path(__file__).parent / ".data" / "page"
DEALS, CHANNELS, CAMPAIGNS, ASSETS, DAYS = 4000, 12, 30, 60, 730
BY = (
    "channel", "campaign", "month", "week", "quarter", "asset_title", "interaction_type", "position", "channel,month",
    "campaign,month", "channel,position", "year", "asset_title,channel", "campaign,channel", "day",
    "interaction_type,month",
)  # fmt: skip
MODELS = ("linear", "u-shaped", "first,last", "linear,time-decay")
BOUNDS = {"opening": 1000, "other days": 100, "another model": 100, "weights": 100, "a filter": 100}


def make_data(folder: Path) -> None:
    """Write tables of two years: deals with five interactions each, of some campaigns, channels and assets."""
    dice, first = random.Random(20), datetime(2024, 11, 1, 8)
    touches = ["touchpoint_id,contact_id,occurred_at,interaction_type,channel,asset_title,campaign_id"]
    deals, links = ["deal_id,amount,currency,closed_at,created_at,is_won"], ["deal_id,contact_id"]
    for deal in range(DEALS):
        start = first + timedelta(days=dice.randrange(DAYS - 60), minutes=dice.randrange(600))
        for touch in range(dice.randint(2, 8)):
            at = start + timedelta(days=touch * 7, minutes=dice.randrange(600))
            asset, channel = min(int(dice.expovariate(1 / 12)), ASSETS - 1), dice.randrange(CHANNELS)
            what = f"{('visit', 'form', 'email')[channel % 3]},Channel {channel},Asset {asset},K{asset % CAMPAIGNS}"
            touches.append(f"{deal}-{touch},{deal},{at:%Y-%m-%dT%H:%M:%SZ},{what}")
        close = start + timedelta(days=60)
        deals.append(f"{deal},{dice.randint(500, 90000)},USD,{close:%Y-%m-%d},{start:%Y-%m-%d},true")
        links.append(f"{deal},{deal}")
    folder.mkdir(parents=True)
    campaigns = ["campaign_id,name", *(f"K{n},Campaign {n}" for n in range(CAMPAIGNS))]
    for name, lines in {"touchpoints": touches, "deals": deals, "deal_contacts": links, "campaigns": campaigns}.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")


def make_page(folder: Path) -> Path:
    """Export the dashboard of 20 reports as a page."""
    lines = ["version: 1", "sources:"]
    lines += [f"  {name}: {{path: {name}.csv}}" for name in ("touchpoints", "deals", "deal_contacts", "campaigns")]
    lines.append("reports:")
    names = [f"Report {i}" for i in range(20)]
    for i, name in enumerate(names):
        more = ", chart: heatmap" if i == 8 else ""
        lines.append(f"  {name}: {{by: '{BY[i % len(BY)]}', model: '{MODELS[i % len(MODELS)]}'{more}}}")
    lines.append(f"dashboards:\n  Board: {{reports: [{', '.join(names)}]}}")
    (folder / "attrib.yaml").write_text("\n".join(lines) + "\n")
    page = folder / "board.html"
    command = [
        sys.executable,
        "-m",
        "attrib_cli",
        "dashboard",
        "export",
        "Board",
        "--config",
        str(folder / "attrib.yaml"),
    ]
    subprocess.run([*command, "--today", "2026-11-01", "-f", "html", "-o", str(page), "-q"], check=True)
    return page


LOOKS = 1000
"""Milliseconds that a reader looks at a page at least before choosing anything; the page gets ready meanwhile."""

DRAWN = """change => new Promise(done => {
  const start = performance.now();
  change();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start), 0));
})"""
"""From a choice to the frame in which it is seen."""

CHOICES = {
    "other days": "() => { const s = document.getElementById('period'); s.value = 'last-quarter';"
    " s.dispatchEvent(new Event('change')) }",
    "another model": "() => { document.querySelector('input[name=model][value=w-shaped]').click() }",
    "weights": "() => { location.hash = 'weight=first%3D40&weight=last%3D40&weight=rest%3D20' }",
    "a filter": "() => { location.hash = 'only.channel=Channel+3' }",
}


ALL = """() => new Promise(done => {
  const look = () => document.querySelector('[aria-busy]') ? setTimeout(look, 5) : done();
  look();
})"""
"""Until reports out of sight have followed too."""


def measure(page: Path, rounds: int) -> dict[str, list[tuple[float, float, float]]]:
    """Open the page `rounds` times and return milliseconds by what was done: clock, processor, processor for all."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in BOUNDS}
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(rounds):
            context = browser.new_context(viewport={"width": 1200, "height": 900})
            shown = context.new_page()
            tools = context.new_cdp_session(shown)
            tools.send("Performance.enable", {"timeDomain": "threadTicks"})

            def busy(tools: CDPSession = tools) -> float:
                metrics = tools.send("Performance.getMetrics")["metrics"]
                return 1000 * next(one["value"] for one in metrics if one["name"] == "TaskDuration")

            shown.goto(page.resolve().as_uri())
            timing = "(() => { const t = performance.getEntriesByType('navigation')[0]; return t.loadEventEnd })()"
            clock, drawn = float(shown.evaluate(timing)), busy()
            shown.evaluate(ALL)
            found["opening"].append((clock, drawn, busy()))
            shown.wait_for_timeout(LOOKS)
            for name, change in CHOICES.items():
                before = busy()
                clock = float(shown.evaluate(f"({DRAWN})({change})"))
                drawn = busy() - before
                shown.evaluate(ALL)
                found[name].append((clock, drawn, busy() - before))
                shown.evaluate("() => { location.hash = ''; return new Promise(d => setTimeout(d, 50)) }")
                shown.evaluate(ALL)
            context.close()
        browser.close()
    return found


def main() -> None:
    """Make the page, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--page", type=Path, help="measure this page, which is there already")
    given = parser.parse_args()
    page = given.page
    if page is None:
        shutil.rmtree(CACHE, ignore_errors=True)
        make_data(CACHE)
        page = make_page(CACHE)
    print(f"{page}: {page.stat().st_size / 1e6:.1f} MB\n")
    print("| what | clock, middle | clock, least | processor, middle | processor, least | all reports, least | bound |")
    print("|---|---|---|---|---|---|---|")
    for name, times in measure(page, given.rounds).items():
        clock, busy, whole = zip(*times, strict=True)
        cells = (statistics.median(clock), min(clock), statistics.median(busy), min(busy), min(whole), BOUNDS[name])
        print(f"| {name} | {' | '.join(f'{cell:.0f} ms' for cell in cells)} |")


if __name__ == "__main__":
    main()
