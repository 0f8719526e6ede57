"""The figures of dashboards against those of reports and of the data.

Dashboards answer many requests on one load; `attrib report` loads for one. So each checks the other.
"""

from __future__ import annotations

import contextlib
import csv
import ctypes
import datetime as dt
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from in_process import attrib_here
from program import clean_environment

from attrib_cli.output.dashboard.timeline import timeline

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"

DEFINITIONS: dict[str, dict[str, object]] = {
    "campaigns": {"by": ["campaign"], "model": ["first", "u-shaped"]},
    "channels": {"by": ["channel"], "period": "2026-Q2", "compare": "previous-period"},
    "a year before": {"by": ["channel", "position"], "period": "2026-Q1", "compare": "previous-year", "limit": "4"},
    "contacts": {"type": "contact-create", "by": ["lifecycle_stage"], "where": ["channel=Email|Webinar"]},
    "deals": {"type": "deal-create", "by": ["month"], "period": "2026", "display": "table", "sort": ["deals"]},
    "return": {"by": ["campaign"], "measure": ["revenue", "spend", "roi"], "period": "2026"},
    "mail": {"by": ["campaign"], "where": ["channel=Email"], "measure": ["all"], "lookback": "90d"},
}
"""Reports that are drawn as tables, whose rows on a board are those of the report itself."""

OPTIONS = {"by": "--by", "model": "--model", "measure": "--measure", "sort": "--sort"}  # lists with commas


def options_of(definition: dict[str, object]) -> list[str]:
    """The options of `attrib report` that ask for what a definition says."""
    found = []
    for key, value in definition.items():
        if key == "where":
            found += [part for text in value for part in ("--where", text)]
        elif key in OPTIONS:
            found += [OPTIONS[key], ",".join(value)]
        elif key != "display":
            found += [f"--{key}", str(value)]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path, DEFINITIONS)


def project(folder: Path, reports: dict[str, dict[str, object]], data: Path = DATA, **boards: Sequence[str]) -> Path:
    """Write a project, whose dashboard ``All`` has all of its reports. JSON is YAML as well."""
    tables = {path.stem: {"path": str(path)} for path in data.glob("*.csv")}
    named = {name: {"reports": list(found)} for name, found in {"All": list(reports), **boards}.items()}
    text = {"version": "1", "sources": tables, "currency": "USD", "reports": reports, "dashboards": named}
    (folder / "attrib.yaml").write_text(json.dumps(text))
    return folder


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in clean_environment().items() if not name.startswith("XDG_")}
    return kept | {"PYTHONPATH": str(ROOT), "HOME": str(folder), "ATTRIB_TODAY": "2026-09-30", "ATTRIB_USER": "ann"}


def start(folder: Path, *arguments: object, **streams: object) -> subprocess.Popen[bytes]:
    """Start the program in a process of its own."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | streams
    program = [sys.executable, "-m", "attrib_cli", *map(str, arguments)]
    return subprocess.Popen(program, cwd=folder, env=environment(folder), **streams)


def attrib(folder: Path, *arguments: object) -> str:
    """What one command line writes; it must end well."""
    with contextlib.chdir(folder):
        done = attrib_here(*map(str, arguments), environ=environment(folder))
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(text: str) -> dict[str, dict]:
    return {entry["name"]: entry for entry in json.loads(text, parse_float=Decimal)["reports"]}


def rows_of(folder: Path, *options: str) -> list[dict]:
    """The rows of a report of its own."""
    return json.loads(attrib(folder, "report", "-f", "json", *options), parse_float=Decimal)


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"period": "2026-08", "model": ["last", "time-decay"]},
        {"campaign": "Spring Launch", "where": ["asset_type=webinar|form"], "period": "2026"},
        {"period": "all-time"},
    ],
    ids=["as saved", "period and models", "campaign and filter", "no period before"],
)
def test_rows_are_those_of_attrib_report(folder: Path, over: dict[str, object]) -> None:
    asked = {}
    for name, saved in DEFINITIONS.items():
        asked[name] = saved | over | {"where": [*saved.get("where", ()), *over.get("where", ())]}
        if over.get("period") == "all-time":
            asked[name].pop("compare", None)
    found = read(attrib(folder, "dashboard", "show", "All", "-f", "json", *options_of(over)))
    wanted = [rows_of(folder, *options_of(one)) for one in asked.values()]
    assert list(found) == list(DEFINITIONS)
    assert {name: entry["rows"] for name, entry in found.items()} == dict(zip(asked, wanted, strict=True))
    assert sum(map(bool, wanted)) >= 5


def test_figures_are_those_of_the_whole_report_and_the_period_before(tmp_path: Path) -> None:
    reports = {
        "revenue": {"by": [], "period": "2026-Q2"},
        "cut": {"by": ["channel"], "display": "figure", "period": "2026-Q2"},
        "against a year ago": {"by": [], "period": "2026-Q2", "compare": "previous-year"},
        "always": {"by": []},
    }
    found = read(attrib(project(tmp_path, reports), "dashboard", "show", "All", "-f", "json"))
    periods = ["2026-Q2", "2026-Q1", "2025-Q2", "all-time"]
    [now], [before], [then], [always] = (rows_of(tmp_path, "--by", "", "-p", period) for period in periods)
    for name, earlier in (("revenue", before), ("cut", before), ("against a year ago", then)):
        [row] = found[name]["rows"]
        for measure in ("revenue", "deals", "interactions"):
            assert (row[measure], row[f"{measure}_previous"]) == (now[measure], earlier[measure])
            change = (Decimal(now[measure]) - earlier[measure]) / earlier[measure]
            assert row[f"{measure}_change"] == round(change, 6)
    assert found["always"]["rows"] == [always]
    assert found["always"]["compared_with"] is None


CHANGES = [
    ("200", "500", "1.5", "▲ +150.0% from $200.00"),
    ("-200", "100", None, "from -$200.00"),
    ("100", "-50", "-1.5", "▼ -150.0% from $100.00"),
    ("-100", "-300", None, "from -$100.00"),
    ("0", "100", None, "from $0.00"),
    (None, "100", None, "from $0.00"),
    ("100", None, "-1", "▼ -100.0% from $100.00"),
    ("80", "80", "0", "0.0% from $80.00"),
]
"""What was won in the first quarter and in the second (None is no deal at all), and the change."""


def test_changes_from_and_to_nothing_and_below_it(tmp_path: Path) -> None:
    reports: dict[str, dict[str, object]] = {}
    data = tmp_path / "data"
    data.mkdir()
    (data / "touchpoints.csv").write_text("contact_id,occurred_at,campaign_id\nC1,2025-01-05,A\n")
    lines = ["deal_id,contact_id,created_at,closed_at,amount,is_won,currency,story"]
    for case, (before, now, _, _) in enumerate(CHANGES):
        for day, amount in (("2026-02-15", before), ("2026-05-15", now)):
            if amount is not None:
                lines.append(f"{case}{day},C1,2026-01-02,{day},{amount},true,USD,story {case}")
        common = {"where": [f"story=story {case}"], "period": "2026-Q2"}
        reports[f"figure {case}"] = {"by": [], **common}
        reports[f"months {case}"] = {"by": ["month"], "compare": "previous-period", **common}
    (data / "deals.csv").write_text("\n".join(lines) + "\n")
    project(tmp_path, reports, data)
    text, found = (attrib(tmp_path, "dashboard", "show", "All", *more) for more in ((), ("-f", "json")))
    tiles = dict(re.findall(r"── (\w+ \d) ─+\n(.*?)(?=\n── |\Z)", text, re.DOTALL))
    for case, (before, now, change, drawn) in enumerate(CHANGES):
        [row] = read(found)[f"figure {case}"]["rows"]
        assert row["revenue"] == Decimal(now or 0)
        assert row["revenue_previous"] == Decimal(before or 0)
        assert row["revenue_change"] == (None if change is None else Decimal(change))
        assert f"\n{drawn} in 2026-01-01 to 2026-03-31" in tiles[f"figure {case}"]
        total = f"total ${int(now or 0):,}.00".replace("$-", "-$")
        assert f"{total}, {drawn.strip('▲▼ ')}\n" in tiles[f"months {case}"]


@pytest.mark.parametrize("by", [("month",), ("week", "channel"), ("quarter", "campaign", "position")])
def test_the_buckets_of_lines_sum_to_the_total(by: tuple[str, ...]) -> None:
    from attrib_cli.engine import ReportSpec, discover, run
    from attrib_cli.engine.periods import resolve_period

    day = dt.date(2026, 9, 30)
    dates = resolve_period("2026", today=day)
    for models in (("linear",), ("first", "time-decay")):
        report = run(ReportSpec(by=by, models=models, dates=dates), discover(DATA))
        found = timeline(report, today=day)
        for model, total in zip(models, report.totals, strict=True):
            mine = [line for line in found.lines if len(models) == 1 or line.name[-1] == model]
            assert sum(sum(line.values) for line in mine) == total[len(by) + 1]
        assert all(len(line.values) == len(found.labels) for line in found.lines)
    with (DATA / "deals.csv").open(newline="") as file:
        won = [deal for deal in csv.DictReader(file) if deal["is_won"] == "true" and deal["amount"]]
    expected = sum(Decimal(deal["amount"]) for deal in won if deal["closed_at"].startswith("2026"))
    assert sum(sum(line.values) for line in found.lines) == 2 * expected


# --- one load --------------------------------------------------------------------------------------------------------

libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
IN_OPEN = 0x20


def opened(folder: Path, board: str, *watched: Path) -> list[Counter[str]]:
    """Show a dashboard; return how often the files of each folder were opened meanwhile, as the kernel says."""
    assert libc is not None
    watch, events = libc.inotify_init1(os.O_NONBLOCK), b""
    try:
        numbers = [libc.inotify_add_watch(watch, os.fsencode(data), IN_OPEN) for data in watched]
        attrib(folder, "dashboard", "show", board)
        with contextlib.suppress(BlockingIOError):  # nothing was opened
            events = os.read(watch, 1 << 20)
    finally:
        os.close(watch)
    found: dict[int, Counter[str]] = {number: Counter() for number in numbers}
    while events:
        number, _, _, length = struct.unpack_from("iIII", events)
        if name := events[16 : 16 + length].rstrip(b"\0").decode():  # else it is the folder itself
            found[number][name] += 1
        events = events[16 + length :]
    return list(found.values())


@pytest.mark.skipif(libc is None, reason="counts what is opened with inotify")
def test_reports_on_the_same_data_share_one_load_of_it(tmp_path: Path) -> None:
    """Five reports open each file as often as one, under another name of their folder too; one on a copy opens that."""
    data, copy = shutil.copytree(DATA, tmp_path / "data"), shutil.copytree(DATA, tmp_path / "copy")
    shapes: dict[str, dict[str, object]] = {
        "campaigns": {"by": ["campaign"]},
        "channels": {"by": ["channel"], "model": ["first", "last"]},
        "months": {"by": ["month"], "period": "2026"},
        "figure": {"by": [], "period": "2026-Q2"},
        "same folder": {"by": ["campaign", "channel"], "data": "./copy/../data"},
        "copied": {"by": ["campaign"], "data": "copy"},
    }
    same = list(shapes)[:-1]
    project(tmp_path, shapes, data, One=same[:1], Same=same)
    [one, nothing] = opened(tmp_path, "One", data, copy)
    assert one["touchpoints.csv"] > 0
    assert one["deals.csv"] > 0
    assert opened(tmp_path, "Same", data, copy) == [one, nothing] == [one, Counter()]
    assert opened(tmp_path, "All", data, copy) == [one, one]


# --- endings ---------------------------------------------------------------------------------------------------------


def test_ctrl_c_in_the_middle_draws_nothing(folder: Path) -> None:
    """Touchpoints from a pipe that stays open keep the command busy; what it has read shows that it has begun."""
    running = start(folder, "dashboard", "show", "All", "--data", "-", stdin=subprocess.PIPE)
    lines = (DATA / "touchpoints.csv").read_bytes() * 8
    running.stdin.write(lines)  # more than a pipe holds
    running.stdin.flush()
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=60)
    assert (running.returncode, stdout) == (130, b"")
    assert stderr in (b"", b"stopped\n")


@pytest.mark.parametrize("format", ["table", "json"])
def test_a_reader_that_has_had_enough_is_no_failure(folder: Path, format: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    running = start(folder, "dashboard", "show", "All", "-f", format, stdout=writer)
    os.close(writer)
    assert running.communicate(timeout=60)[1] == b""
    assert running.returncode == 0
