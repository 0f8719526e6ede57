"""The program as a shell sees it: real processes, their streams and their exit codes."""

import csv
import functools
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from program import clean_environment, run_bytes

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
PROGRAM = [sys.executable, "-m", "attrib_cli"]


def attrib(*arguments: object, cwd: Path = ROOT, stdin: bytes | None = None, **environ: str):
    return run_bytes(arguments, cwd=cwd, stdin=stdin, env=clean_environment(**environ))


def rows(done) -> list[dict[str, str]]:
    assert done.returncode == 0, done.stderr.decode()
    return list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))


@functools.cache
def report(*arguments: object, **environ: str) -> list[dict[str, str]]:
    """The rows of a report on the example data; several tests compare the same ones, and change none."""
    return rows(attrib("report", "--data", DATA, *arguments, **environ))


def total(found: list[dict[str, str]], column: str = "revenue") -> Decimal:
    return sum((Decimal(row[column]) for row in found), Decimal(0))


def won_revenue() -> Decimal:
    with (DATA / "deals.csv").open(newline="") as file:
        deals = list(csv.DictReader(file))
    won = [d for d in deals if d["is_won"].lower() in ("true", "yes", "1") and d["amount"] and d["closed_at"]]
    return sum((Decimal(d["amount"]) for d in won), Decimal(0))


def test_rows_sum_to_the_won_revenue_in_the_file_under_every_model() -> None:
    found = report("--model", "all", "--by", "campaign,channel")
    models = {row["model"] for row in found}
    assert len(models) == 9
    for model in models:
        assert total([row for row in found if row["model"] == model]) == won_revenue()


def test_the_main_job_shows_one_campaign_and_the_figures_of_the_whole_report() -> None:
    whole = {row["campaign"]: row for row in report()}
    [one] = report("--campaign", "spring LAUNCH", "--type", "revenue", "--model", "linear")
    assert one == whole["Spring Launch"]
    assert Decimal(one["revenue"]) > 0


@pytest.mark.parametrize("by", ["month", "pipeline,channel", "deal_id,asset_title", "quarter,position"])
def test_groups_of_conversions_sum_to_their_values(by: str) -> None:
    first = by.split(",")[0]
    values = {row[first]: row["revenue"] for row in report("--by", first)}
    cut: dict[str, Decimal] = {}
    for row in report("--by", by, "--model", "u-shaped"):
        cut[row[first]] = cut.get(row[first], Decimal(0)) + Decimal(row["revenue"])
    assert cut == {key: Decimal(value) for key, value in values.items()}


def test_limit_puts_the_rest_into_one_row() -> None:
    whole, cut = report("--by", "channel"), report("--by", "channel", "--limit", "2")
    assert [row["channel"] for row in cut] == [*(row["channel"] for row in whole[:2]), "(other)", "(unattributed)"]
    assert total(cut) == total(whole)
    assert total(cut, "interactions") == total(whole, "interactions")


def test_comparison_equals_the_two_reports_it_is_made_of() -> None:
    both = report("--period", "2026-Q2", "--compare", "previous-period", "--by", "channel")
    now = {row["channel"]: row["revenue"] for row in report("--period", "2026-Q2", "--by", "channel")}
    before = {row["channel"]: row["revenue"] for row in report("--period", "2026-Q1", "--by", "channel")}
    for row in both:
        assert Decimal(row["revenue"]) == Decimal(now.get(row["channel"], "0"))
        old = Decimal(row["revenue_previous"])
        assert old == Decimal(before.get(row["channel"], "0"))
        if old:
            assert abs(Decimal(row["revenue_change"]) - (Decimal(row["revenue"]) - old) / old) < Decimal("0.000001")
        else:
            assert row["revenue_change"] == ""
    assert {row["channel"] for row in both} == {*now, *before}


def test_months_of_last_year_stand_beside_those_of_this_one() -> None:
    both = report("--period", "2026", "--compare", "previous-year", "--by", "month", "--measure", "deals")
    before = {row["month"]: row["deals"] for row in report("--period", "2025", "--by", "month", "--measure", "deals")}
    assert {
        r["month"].replace("2026", "2025"): r["deals_previous"] for r in both if r["deals_previous"] != "0"
    } == before


def test_spend_and_roi_follow_from_the_files() -> None:
    with (DATA / "campaigns.csv").open(newline="") as file:
        names = {row["campaign_id"]: row["name"] for row in csv.DictReader(file)}
    spend: dict[str, Decimal] = {}
    with (DATA / "campaign_spend.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if "2026-01-01" <= row["spent_on"] <= "2026-06-30":
                name = names[row["campaign_id"]]
                spend[name] = spend.get(name, Decimal(0)) + Decimal(row["amount"])
    found = report("--from", "2026-01-01", "--to", "2026-06-30", "--measure", "revenue,spend,roi,roas")
    shown = {row["campaign"]: row for row in found}
    assert {name for name, row in shown.items() if row["spend"]} == set(spend)
    for name, amount in spend.items():
        row = shown[name]
        assert Decimal(row["spend"]) == amount
        revenue = Decimal(row["revenue"])
        assert abs(Decimal(row["roi"]) - (revenue - amount) / amount) <= Decimal("0.000001")
        assert abs(Decimal(row["roas"]) - revenue / amount) <= Decimal("0.000001")


def test_campaign_performance_follows_from_the_files() -> None:
    def table(name: str) -> list[dict[str, str]]:
        with (DATA / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    names = {row["campaign_id"]: row["name"] for row in table("campaigns")}
    influenced: dict[str, set[str]] = {}
    for touch in table("touchpoints"):
        if touch["campaign_id"]:
            influenced.setdefault(names[touch["campaign_id"]], set()).add(touch["contact_id"])
    contacts_of: dict[str, set[str]] = {}
    for pair in table("deal_contacts"):
        contacts_of.setdefault(pair["deal_id"], set()).add(pair["contact_id"])
    won = [d for d in table("deals") if d["is_won"].lower() == "true" and d["closed_at"]]
    measures = "influenced_contacts,closed_deals,influenced_revenue"
    found = {row["campaign"]: row for row in report("--measure", measures) if row["campaign"] in influenced}
    assert set(found) == set(influenced)
    for name, contacts in influenced.items():
        deals = [d for d in won if contacts_of.get(d["deal_id"], set()) & contacts]
        assert int(found[name]["influenced_contacts"]) == len(contacts)
        assert int(found[name]["closed_deals"]) == len(deals)
        assert Decimal(found[name]["influenced_revenue"]) == sum(Decimal(d["amount"] or 0) for d in deals)


def test_first_touches_are_those_of_first_model_contact_reports() -> None:
    arguments = ("--type", "contact-create", "--by", "channel", "--period", "2026")
    by_model = {r["channel"]: r["contacts"] for r in report(*arguments, "--model", "first") if r["contacts"] != "0"}
    touches = report(*arguments, "--measure", "new_contacts_first_touch")
    counted = {r["channel"]: r["new_contacts_first_touch"] for r in touches if r["new_contacts_first_touch"] != "0"}
    by_model.pop("(unattributed)", None)
    assert counted == by_model


def test_the_same_request_gives_the_same_bytes() -> None:
    arguments = ("report", "--data", DATA, "--model", "all", "--by", "campaign,position", "--measure", "all")
    outputs = {attrib(*arguments, PYTHONHASHSEED=str(seed)).stdout for seed in range(3)}
    assert len(outputs) == 1


def test_show_sql_runs_as_it_stands_and_gives_the_report() -> None:
    import duckdb

    arguments = (
        "--model",
        "all",
        "--by",
        "campaign,month",
        "--where",
        "channel!=Email",
        "--where",
        "pipeline=Sales|Customer success",
    )
    query = attrib("report", "--data", DATA, *arguments, "--show-sql")
    assert query.returncode == 0, query.stderr
    found = duckdb.connect().execute("SET TimeZone = 'UTC'").execute(query.stdout.decode()).fetchall()
    printed = [tuple(row.values()) for row in report(*arguments)]
    plain = [tuple("" if cell is None else cell for cell in row[1:]) for row in found if row[0] is not None]
    assert len(plain) == len(printed)
    for ours, theirs in zip(printed, plain, strict=True):
        assert ours[:3] == theirs[:3]
        assert [Decimal(cell) for cell in ours[3:]] == [Decimal(cell) for cell in theirs[3:]]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "md", "parquet", "txt"])
def test_files_appear_whole_in_the_format_of_their_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    done = attrib("report", "--data", DATA, "-o", path)
    assert (done.returncode, done.stdout) == (0, b"")
    if suffix == "parquet":
        import pyarrow.parquet as pq

        found = pq.read_table(path).to_pylist()
        assert [row["revenue"] for row in found] == [Decimal(row["revenue"]) for row in report()]
    else:
        assert "Spring Launch" in path.read_text()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_json_in_a_pipe_holds_the_figures_of_the_csv() -> None:
    done = attrib("report", "--data", DATA, "-f", "json", "-m", "first,linear")
    objects = json.loads(done.stdout, parse_float=Decimal, parse_int=Decimal)
    expected = report("-m", "first,linear")
    assert [{k: str(v) for k, v in o.items()} for o in objects] == expected


BAD = {
    "unknown campaign": (2, ["--campaign", "Sprng Launch"], "Did you mean 'Spring Launch'?"),
    "unknown model": (2, ["--model", "linaer"], "Did you mean 'linear'"),
    "model that does not fit": (2, ["--type", "contact-create", "--model", "w-shaped"], "Models that fit"),
    "unknown type": (2, ["--type", "revenu"], "Did you mean 'revenue'?"),
    "unknown dimension": (2, ["--by", "chanel"], "Did you mean 'channel'"),
    "unknown measure": (2, ["--measure", "revenu"], "Did you mean 'revenue'"),
    "unknown period": (2, ["--period", "last-quater"], "last-quarter"),
    "unknown option": (2, ["--modle", "linear"], "--model"),
    "bad filter": (2, ["--where", "channel"], "COLUMN=VALUE"),
    "number wanted": (2, ["--where", "amount>lots"], "not a number"),
    "period and from": (2, ["--period", "2026", "--from", "2026-01-01"], "one or the other"),
    "backward dates": (2, ["--from", "2026-02-01", "--to", "2026-01-01"], "Swap them"),
    "no previous period": (2, ["--compare", "previous-period"], "last-quarter"),
    "spend by channel": (2, ["--by", "channel", "--measure", "spend"], "campaign"),
    "sort by nothing": (2, ["--sort", "revenu"], "'revenue'"),
    "unknown format": (2, ["--format", "exel"], "Formats"),
    "lookback of months": (2, ["--lookback", "3months"], "d"),
    "limit of nothing": (2, ["--limit", "0"], "limit"),
    "no such folder": (2, ["--output", "/no/such/folder/x.csv"], "folder"),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_are_one_message_with_a_hint_that_says_where_they_stand(case: str) -> None:
    code, arguments, hint = BAD[case]
    done = attrib("report", "--data", DATA, *arguments)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (code, b""), said
    assert said.startswith("error: ")
    assert hint in said
    assert "Traceback" not in said
    place = said.removeprefix("error: ").partition(":")[0]
    if case != "unknown option":
        assert place in (arguments[0], arguments[-2], arguments[1], "Invalid value for '--limit' / '-n'"), said


def test_a_missing_source_is_exit_3_and_no_source_at_all_exit_2(tmp_path: Path) -> None:
    assert attrib("report", "--data", tmp_path / "none").returncode == 3
    assert attrib("report", "--data", tmp_path).returncode == 3
    nothing = attrib("report", cwd=tmp_path)
    assert nothing.returncode == 2
    assert b"--demo" in nothing.stderr


def test_ids_given_twice_are_exit_4_with_both_places(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    deals = tmp_path / "data" / "deals.csv"
    lines = deals.read_text().splitlines()
    won = csv.DictReader(lines)
    number = next(i for i, deal in enumerate(won, 2) if deal["is_won"] == "true" and deal["amount"])
    deals.write_text("\n".join([*lines, lines[number - 1]]) + "\n")
    done = attrib("report", "--data", tmp_path / "data")
    said = done.stderr.decode()
    assert done.returncode == 4, said
    assert f"deals.csv:{len(lines) + 1}" in said
    assert f"deals.csv:{number})" in said


def test_an_empty_report_is_done() -> None:
    done = attrib("report", "--data", DATA, "--period", "1999")
    assert (done.returncode, done.stdout.decode()) == (0, "campaign,model,revenue,deals,interactions,share\n")
    table = attrib("report", "--data", DATA, "--period", "1999", "-f", "table")
    assert table.returncode == 0


def test_touchpoints_come_from_a_pipe_beside_the_folder_of_the_other_tables(tmp_path: Path) -> None:
    piped = attrib("report", "--data", "-", "--data", DATA, stdin=(DATA / "touchpoints.csv").read_bytes())
    assert rows(piped) == report()
    shutil.copytree(DATA, tmp_path / "rest")
    (tmp_path / "rest" / "touchpoints.csv").unlink()
    without = attrib(
        "report", "--data", tmp_path / "rest", "--data", "-", stdin=(DATA / "touchpoints.csv").read_bytes()
    )
    assert without.stdout == piped.stdout


def test_only_data_on_stdout_and_the_rest_on_stderr() -> None:
    loud = attrib("report", "--data", DATA, "--verbose")
    assert b"rows of touchpoints: 2," in loud.stderr
    assert b"all-time" in loud.stderr
    quiet = attrib("report", "--data", DATA, "--quiet")
    assert quiet.stderr == b""
    assert loud.stdout == quiet.stdout


def test_a_closed_pipe_is_quiet() -> None:
    command = " ".join([*PROGRAM, "report", "--data", str(DATA), "--by", "deal_id,asset_title,day", "-m", "all"])
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stderr == ""
    assert done.stdout.startswith("deal_id,asset_title,day,model,")
    assert done.stdout.splitlines()[-1] == "0"


def test_full_disk_leaves_the_old_file() -> None:
    done = attrib("report", "--data", DATA, "-f", "csv", "-o", "/dev/full")
    assert done.returncode == 1
    assert b"/dev/full" in done.stderr


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many interactions that a report on them is at work for a while."""
    import duckdb

    folder = tmp_path_factory.mktemp("big")
    con = duckdb.connect()
    con.execute(
        f"COPY (SELECT i AS touchpoint_id, i % 500000 AS contact_id, TIMESTAMP '2026-01-01' + to_seconds(i) AS"
        f" occurred_at, 'c' || (i % 1000) AS channel FROM range(6000000) t(i)) TO '{folder}/touchpoints.parquet'"
    )
    con.execute(
        f"COPY (SELECT i AS contact_id, TIMESTAMP '2026-12-01' AS created_at FROM range(500000) t(i))"
        f" TO '{folder}/contacts.parquet'"
    )
    return folder


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_signals_stop_the_work_and_leave_nothing(big: Path, tmp_path: Path, number: int, code: int) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()
    output = tmp_path / "out" / "report.csv"
    output.parent.mkdir()
    process = subprocess.Popen(
        [
            *PROGRAM,
            "report",
            "--data",
            big,
            "-t",
            "contact-create",
            "--by",
            "channel,day",
            "-m",
            "all",
            "-o",
            output,
        ],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(spill)},
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not any(spill.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert b"Traceback" not in said
    assert list(output.parent.iterdir()) == []
    assert list(spill.iterdir()) == []


def test_lists_of_what_can_be_asked_for() -> None:
    models = json.loads(attrib("models", "--format", "json").stdout)
    assert [m["model"] for m in models][:3] == ["first", "last", "linear"]
    assert len(models) == 13
    found = json.loads(attrib("dimensions", "--data", DATA, "--format", "json").stdout)
    names = {d["dimension"] for d in found}
    with (DATA / "deals.csv").open() as file:
        own = set(next(csv.reader(file)))
    assert {"campaign", "position", "month"} <= names
    assert all(name in names or f"deal.{name}" in names for name in own - {"contact_id"})
    periods = json.loads(attrib("periods", "--format", "json", "--today", "2026-11-23").stdout)
    by_name = {p["period"]: p for p in periods}
    assert (by_name["last-quarter"]["from"], by_name["last-quarter"]["to"]) == ("2026-07-01", "2026-09-30")


DIMENSIONS = [d["dimension"] for d in json.loads(attrib("dimensions", "--data", DATA, "-f", "json").stdout)]


@pytest.fixture(scope="module")
def by_dimension(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict]]:
    """The rows by each dimension, from two boards, which read the data once each; one may have fifty reports."""
    folder = tmp_path_factory.mktemp("board")
    reports = {name: {"by": [name]} for name in DIMENSIONS}
    sources = {path.stem: {"path": str(path)} for path in DATA.glob("*.csv")}
    boards = {"Some": {"reports": DIMENSIONS[::2]}, "Others": {"reports": DIMENSIONS[1::2]}}
    text = {"version": "1", "sources": sources, "reports": reports, "dashboards": boards}
    (folder / "attrib.yaml").write_text(json.dumps(text))
    found = {}
    for name in boards:
        done = attrib("dashboard", "show", name, "-f", "json", cwd=folder)
        assert done.returncode == 0, done.stderr.decode()
        board = json.loads(done.stdout, parse_float=Decimal, parse_int=Decimal)
        found |= {entry["name"]: entry["rows"] for entry in board["reports"]}
    return found


@pytest.mark.parametrize("name", DIMENSIONS)
def test_every_dimension_of_the_example_data_sums_to_the_whole(name: str, by_dimension: dict[str, list[dict]]) -> None:
    rows = by_dimension[name]
    assert all(name in row for row in rows)
    assert sum(row["revenue"] for row in rows) == won_revenue()


def test_today_comes_from_the_option_or_the_environment() -> None:
    typed = report("--period", "last-quarter", "--today", "2026-04-10")
    assert typed == report("--period", "last-quarter", ATTRIB_TODAY="2026-04-10") == report("--period", "2026-Q1")


def test_the_configuration_is_found_upwards_and_its_defaults_give_way(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "data", tmp_path / "data")
    (tmp_path / "attrib.yaml").write_text(
        "version: 1\n"
        "sources:\n  touchpoints: {path: data/touchpoints.csv}\n  contacts: {path: data/contacts.csv}\n"
        "  deals: {path: data/deals.csv}\n  deal_contacts: {path: data/deal_contacts.csv}\n"
        "  campaigns: {path: data/campaigns.csv}\n"
        "models:\n  mine: {weights: {first: 1}, rest: 1}\n"
        "defaults: {by: channel, model: mine, period: 2026}\n"
    )
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert rows(attrib("report", cwd=below))[0].keys() >= {"channel"}
    assert {row["model"] for row in rows(attrib("report", cwd=below))} == {"mine"}
    assert rows(attrib("report", "--by", "campaign", "-m", "linear", "-p", "all-time", cwd=below)) == report()
    assert any(m["model"] == "mine" for m in json.loads(attrib("models", "-f", "json", cwd=below).stdout))


def test_mistakes_in_the_configuration_name_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "attrib.yaml"
    path.write_text("version: 1\ntimezon: UTC\nmodels:\n  m: {weights: {frist: 3}}\n")
    done = attrib("report", "--config", path, "--data", DATA)
    said = done.stderr.decode()
    assert done.returncode == 2
    assert "attrib.yaml:2" in said
    assert "attrib.yaml:4" in said


def test_excel_safe_changes_text_only_when_asked(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    campaigns = tmp_path / "data" / "campaigns.csv"
    campaigns.write_text(campaigns.read_text().replace("Spring Launch", "=1+1"))
    plain = attrib("report", "--data", tmp_path / "data").stdout
    safe = attrib("report", "--data", tmp_path / "data", "--excel-safe").stdout
    assert b"\n=1+1,linear," in plain
    assert b"\n'=1+1,linear," in safe


def test_no_color_and_pipes_have_no_escapes() -> None:
    assert b"\x1b" not in attrib("report", "--data", DATA, "-f", "table").stdout
    assert b"\x1b" in attrib("report", "--data", DATA, "-f", "table", FORCE_COLOR="1").stdout
    assert b"\x1b" not in attrib("report", "--data", DATA, "-f", "table", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_demo_needs_no_files(tmp_path: Path) -> None:
    assert rows(attrib("report", "--demo", "-f", "csv", cwd=tmp_path))[0]["revenue"]
