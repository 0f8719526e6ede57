"""``attrib dashboard`` from the command line to the file, the terminal, the pipe and the browser."""

import contextlib
import dataclasses
import json
import os
import pty
import re
import select
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from program import run_text

from attrib_cli.app import run
from attrib_cli.commands import dashboard
from attrib_cli.terminal.console import Console

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
PROGRAM = [sys.executable, "-m", "attrib_cli"]
CONFIG = f"""\
# Ours, by hand.
version: 1
sources:
  touchpoints: {DATA}/touchpoints.csv
  contacts: {DATA}/contacts.csv
  deals: {DATA}/deals.csv
  deal_contacts: {DATA}/deal_contacts.csv
  campaigns: {DATA}/campaigns.csv
currency: USD
reports:
  campaigns:
    by: campaign   # the usual one
  won:
    by: []
    period: 2026-Q2
    description: Won in the quarter
  months:
    type: contact-create
    by: month
    period: 2026
  email:
    by: campaign
    where: [channel=Email]
  won by channel:
    by: channel
    display: figure
    period: 2026-Q2
  broken:
    by: nothing_like_this
dashboards:
  Monday:   # what we look at
    description: The numbers of the week
    reports: [won, campaigns, months]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "attrib.yaml").write_text(CONFIG)
    return tmp_path


def environ(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ATTRIB_", "XDG_", "BROWSER"))}
    own = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "ATTRIB_TODAY": "2026-09-30", "ATTRIB_USER": "ann"}
    return kept | own | more


@dataclasses.dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


def attrib(folder: Path, *arguments: object, **more: str) -> Ended:
    """The command line in this process, with a world of its own; `process` is the real thing."""
    console = Console.in_memory(environ=environ(folder, **more))
    with contextlib.chdir(folder):
        code = run(list(map(str, arguments)), console)
    return Ended(code, console.output().decode(), console.messages())


def process(folder: Path, *arguments: object, **more: str) -> Ended:
    ended = run_text(arguments, cwd=folder, env=environ(folder, **more))
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def done(folder: Path, *arguments: object, **more: str) -> str:
    ended = attrib(folder, *arguments, **more)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def shown(folder: Path, *arguments: object) -> dict[str, dict]:
    found = json.loads(done(folder, "dashboard", "show", *arguments, "-f", "json"), parse_float=Decimal)
    return {entry["name"]: entry for entry in found["reports"]}


def report(folder: Path, *arguments: object) -> list[dict]:
    return json.loads(done(folder, "report", *arguments, "-f", "json"), parse_float=Decimal)


def boards(folder: Path) -> dict[str, list[str]]:
    return {b["dashboard"]: b["reports"] for b in json.loads(done(folder, "dashboard", "list", "-f", "json"))}


# --- show ------------------------------------------------------------------------------------------------------------


def test_every_report_has_the_figures_that_attrib_report_gives(folder: Path) -> None:
    found = shown(folder, "Monday")
    assert list(found) == ["won", "campaigns", "months"]
    assert found["campaigns"]["rows"] == report(folder, "--by", "campaign")
    months = report(folder, "-t", "contact-create", "--by", "month", "--period", "2026")
    assert found["months"]["rows"] == months
    [now] = report(folder, "--by", "", "--period", "2026-Q2")
    [before] = report(folder, "--by", "", "--period", "2026-Q1")
    [won] = found["won"]["rows"]
    assert (won["revenue"], won["revenue_previous"]) == (now["revenue"], before["revenue"])
    assert won["revenue_change"] == round((now["revenue"] - before["revenue"]) / before["revenue"], 6)


def test_a_pipe_gets_the_drawing_without_colours_and_whole(folder: Path) -> None:
    drawn = process(folder, "dashboard", "show", "Monday", COLUMNS="40").stdout
    assert "\x1b" not in drawn
    for needed in ("Monday\nThe numbers of the week\n", "─ won ─", "─ campaigns ─", "─ months ─", "Won in the quarter"):
        assert needed in drawn
    [now] = report(folder, "--by", "", "--period", "2026-Q2")
    assert f"${now['revenue']:,.2f} revenue\n" in drawn
    assert "2026-01" in drawn
    assert "█" in drawn
    assert not re.search("─ won ─.*─ campaigns ─", drawn)


def test_a_terminal_gets_a_grid_within_its_width(folder: Path) -> None:
    drawn = on_a_terminal(folder, "dashboard", "show", "Monday", COLUMNS="130")
    assert "\x1b[" in drawn
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn).replace("\r", "")
    assert re.search("─ won ─+ +── campaigns ─", plain)
    assert max(map(len, plain.splitlines())) <= 130


def on_a_terminal(folder: Path, *arguments: str, **more: str) -> str:
    leader, follower = pty.openpty()
    env = {k: v for k, v in environ(folder, TERM="xterm-256color", **more).items() if k != "NO_COLOR"}
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=env,
        stdout=follower,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    os.close(follower)
    found = b""
    while select.select([leader], [], [], 60)[0]:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        found += part
    os.close(leader)
    assert process.wait(60) == 0
    return found.decode()


def test_the_whole_board_is_cut_by_what_is_typed(folder: Path) -> None:
    done(folder, "dashboard", "add", "Monday", "email")
    typed = ["--period", "2026", "--model", "first", "--campaign", "Spring Launch"]
    found = shown(folder, "Monday", *typed)
    assert {entry["dates"]["from"] for entry in found.values()} == {"2026-01-01"}
    assert {row["model"] for entry in found.values() for row in entry["rows"]} == {"first"}
    assert found["campaigns"]["rows"] == report(folder, "--by", "campaign", *typed)
    assert found["email"]["rows"] == report(folder, "--by", "campaign", "--where", "channel=Email", *typed)
    assert found["won"]["rows"][0]["revenue"] == report(folder, "--by", "", *typed)[0]["revenue"]


def test_filters_of_the_board_come_on_top_of_those_of_the_report(folder: Path) -> None:
    done(folder, "dashboard", "add", "Monday", "email")
    added = shown(folder, "Monday", "--where", "asset_type=webinar|form")["email"]["rows"]
    both = ["--where", "channel=Email", "--where", "asset_type=webinar|form"]
    assert added == report(folder, "--by", "campaign", *both)
    replaced = shown(folder, "Monday", "--where", "Channel=Webinar")["email"]["rows"]
    assert replaced == report(folder, "--by", "campaign", "--where", "channel=Webinar")


def test_a_figure_of_a_report_that_is_cut_is_of_all_of_it(folder: Path) -> None:
    done(folder, "dashboard", "create", "One", "won by channel")
    [row] = shown(folder, "One")["won by channel"]["rows"]
    assert "channel" not in row
    assert row["revenue"] == report(folder, "--by", "", "--period", "2026-Q2")[0]["revenue"]


def test_tables_are_cut_in_the_drawing_and_whole_for_machines(folder: Path) -> None:
    drawn = done(folder, "dashboard", "show", "Monday", "--rows", "2")
    assert "(other)" in drawn
    [total] = report(folder, "--by", "")
    assert f"Total           ${total['revenue']:,.2f}" in re.sub(" +Total +", "Total           ", drawn)
    assert "(other)" not in done(folder, "dashboard", "show", "Monday", "--rows", "2", "-f", "json")


def test_one_bad_report_leaves_the_others_alone_and_the_exit_code_tells(folder: Path) -> None:
    done(folder, "dashboard", "create", "Bad", "broken", "campaigns")
    ended = process(folder, "dashboard", "show", "Bad")
    assert ended.returncode == 2
    assert "error: --by: the data have no column 'nothing_like_this'" in ended.stdout.replace("\n", " ")
    assert "Spring Launch" in ended.stdout
    assert ended.stderr.startswith("error: broken: ")
    ended = attrib(folder, "dashboard", "show", "Bad", "-f", "json")
    assert ended.returncode == 2
    bad, good = json.loads(ended.stdout)["reports"]
    assert "nothing_like_this" in bad["error"]["message"]
    assert good["rows"]


def test_the_code_is_that_of_the_first_error(folder: Path) -> None:
    text = (folder / "attrib.yaml").read_text()
    text = text.replace("  broken:", "  elsewhere:\n    data: nowhere\n  broken:")
    (folder / "attrib.yaml").write_text(text + "  Bad:\n    reports: [campaigns, elsewhere, broken]\n")
    ended = attrib(folder, "dashboard", "show", "Bad")
    assert ended.returncode == 3
    assert "Spring Launch" in ended.stdout


def test_what_all_reports_fail_with_is_said_once(folder: Path) -> None:
    ended = attrib(folder, "dashboard", "show", "Monday", "--model", "no-such-model")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("no-such-model") == 1
    ended = attrib(folder, "dashboard", "show", "Monday", "--data", folder / "nowhere")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.count("error:") == 1


def test_a_report_that_is_gone_is_an_error_in_its_place(folder: Path) -> None:
    text = (folder / "attrib.yaml").read_text()
    (folder / "attrib.yaml").write_text(text.replace("[won, campaigns", "[lost, campaigns"))
    ended = attrib(folder, "dashboard", "show", "Monday")
    assert ended.returncode == 2
    assert "error: there is no report 'lost'" in ended.stdout
    assert "Spring Launch" in ended.stdout


def test_reports_have_data_and_days_of_their_own_unless_typed(folder: Path) -> None:
    (folder / "own").mkdir()
    for name in ("touchpoints", "deals"):
        lines = (DATA / f"{name}.csv").read_text().splitlines()
        (folder / "own" / f"{name}.csv").write_text("\n".join(lines if name == "touchpoints" else lines[:40]) + "\n")
    entry = "  own:\n    by: []\n    data: own\n    period: last-quarter\n    today: 2026-05-05\n  broken:"
    text = (folder / "attrib.yaml").read_text().replace("  broken:", entry).replace("[won, campaigns", "[won, own")
    (folder / "attrib.yaml").write_text(text)
    own = report(folder, "--by", "", "--period", "2026-Q1", "--data", folder / "own")
    found = shown(folder, "Monday")
    assert found["own"]["dates"] == {"name": "last-quarter", "from": "2026-01-01", "to": "2026-03-31"}
    assert [row["revenue"] for row in found["own"]["rows"]] == [row["revenue"] for row in own]
    typed = shown(folder, "Monday", "--data", DATA, "--today", "2026-08-01")["own"]
    assert typed["dates"]["from"] == "2026-04-01"
    assert typed["rows"][0]["revenue"] == report(folder, "--by", "", "--period", "2026-Q2")[0]["revenue"]


def test_an_unknown_dashboard_is_named_with_the_nearest(folder: Path) -> None:
    for command in ("show", "delete", "open", "export"):
        ended = attrib(folder, "dashboard", command, "Mondy")
        assert ended.returncode == 2, command
        assert "Did you mean 'Monday'?" in ended.stderr


# --- definitions -----------------------------------------------------------------------------------------------------


def test_boards_are_made_changed_and_deleted_and_the_rest_of_the_file_stays(folder: Path) -> None:
    before = (folder / "attrib.yaml").read_text()
    done(folder, "dashboard", "create", "Ours", "won", "months", "--description", "Two of them")
    assert boards(folder)["Ours"] == ["won", "months"]
    done(folder, "dashboard", "add", "Ours", "email", "campaigns")
    done(folder, "dashboard", "add", "Ours", "won by channel", "--at", "1")
    assert boards(folder)["Ours"] == ["won by channel", "won", "months", "email", "campaigns"]
    done(folder, "dashboard", "reorder", "Ours", "campaigns", "months")
    assert boards(folder)["Ours"] == ["campaigns", "months", "won by channel", "won", "email"]
    done(folder, "dashboard", "remove", "Ours", "email", "won")
    done(folder, "dashboard", "clone", "Ours", "Theirs")
    done(folder, "dashboard", "rename", "Ours", "Hers")
    assert boards(folder) == {
        "Monday": ["won", "campaigns", "months"],
        "Hers": ["campaigns", "months", "won by channel"],
        "Theirs": ["campaigns", "months", "won by channel"],
    }
    done(folder, "dashboard", "delete", "Theirs")
    done(folder, "dashboard", "delete", "Hers")
    assert (folder / "attrib.yaml").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "Monday"], "--force"),
        (["create", "New", "wonn"], "Did you mean 'won'"),
        (["add", "Monday", "lost"], "lost"),
        (["add", "Monday", "won"], "already"),
        (["remove", "Monday", "wo"], "not on 'Monday'"),
        (["reorder", "Monday", "lost"], "not on 'Monday'"),
        (["rename", "Nowhere", "Else"], "Nowhere"),
        (["clone", "Monday", "Monday"], "Monday"),
        (["create", "../x"], "'/'"),
        (["create", "a/b"], "'/'"),
        (["create", "New", "--visibility", "nobody"], "nobody"),
        (["create", "New", "--access", "eat"], "eat"),
        (["show", "Monday", "-f", "csv"], "csv"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(folder: Path, arguments: list[str], said: str) -> None:
    ended = attrib(folder, "dashboard", *arguments)
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (folder / "attrib.yaml").read_text() == CONFIG


def test_the_51st_report_is_refused(folder: Path) -> None:
    reports = "".join(f"  r{i}:\n    by: channel\n" for i in range(51))
    names = [f"r{i}" for i in range(50)]
    text = CONFIG.replace("reports:\n", "reports:\n" + reports, 1) + f"  Full:\n    reports: [{', '.join(names)}]\n"
    (folder / "attrib.yaml").write_text(text)
    ended = attrib(folder, "dashboard", "add", "Full", "r50")
    assert ended.returncode == 2
    assert "at most 50 reports" in ended.stderr
    assert len(shown(folder, "Full")) == 50
    assert (folder / "attrib.yaml").read_text() == text


def test_processes_that_put_reports_on_a_board_at_once_all_do(folder: Path) -> None:
    names = ["email", "broken", "won by channel"]
    running = [
        subprocess.Popen(
            [*PROGRAM, "dashboard", "add", "Monday", name], cwd=folder, env=environ(folder), stderr=subprocess.DEVNULL
        )
        for name in names
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    found = boards(folder)["Monday"]
    assert found[:3] == ["won", "campaigns", "months"]
    assert sorted(found[3:]) == sorted(names)


def test_a_report_that_is_renamed_or_deleted_is_so_on_its_boards(folder: Path) -> None:
    done(folder, "saved", "rename", "campaigns", "all campaigns")
    done(folder, "saved", "delete", "won", "--force")
    assert boards(folder)["Monday"] == ["all campaigns", "months"]
    assert list(shown(folder, "Monday")) == ["all campaigns", "months"]


def test_a_board_that_is_wrong_is_missed_in_the_list_aloud(folder: Path) -> None:
    (folder / "attrib.yaml").write_text(CONFIG + "  Typo:\n    reprots: [won]\n")
    ended = attrib(folder, "dashboard", "list", "-f", "json")
    assert ended.returncode == 0
    assert [board["dashboard"] for board in json.loads(ended.stdout)] == ["Monday"]
    assert "dashboard 'Typo' is left out: " in ended.stderr
    assert "unknown key" in ended.stderr


def test_boards_of_others_are_as_if_they_were_not_there(folder: Path) -> None:
    done(folder, "dashboard", "create", "Ours", "won", "--visibility", "users:ann,bo")
    assert "Ours" in boards(folder)
    for command in ("show", "delete"):
        ended = attrib(folder, "dashboard", command, "Ours", ATTRIB_USER="eve")
        assert ended.returncode == 2
        assert "Ours" in ended.stderr
    assert "Ours" not in done(folder, "dashboard", "list", ATTRIB_USER="eve")


def test_a_private_board_is_in_the_users_own_folder(folder: Path) -> None:
    done(folder, "dashboard", "create", "Mine", "won", "--visibility", "private")
    assert (folder / "attrib.yaml").read_text() == CONFIG
    assert list(shown(folder, "Mine")) == ["won"]
    other = folder / "other"
    other.mkdir()
    assert "Mine" not in done(folder, "dashboard", "list", HOME=str(other))


def test_the_documentation_names_every_command() -> None:
    text = (ROOT / "docs" / "dashboards.md").read_text()
    names = {command.name for command in dashboard.app.registered_commands}
    assert set(re.findall(r"^\| `dashboard (\w+)", text, re.MULTILINE)) == names


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from attrib_cli.app import run; run(sys.argv[1:]);"
        "heavy = {'duckdb', 'pyarrow', 'yaml', 'xlsxwriter', 'webbrowser'} & set(sys.modules);"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code, "dashboard", "show", "--help"], capture_output=True, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr.decode()


# --- in the browser --------------------------------------------------------------------------------------------------


class _Script(HTMLParser):
    text, inside = "", False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.inside = tag == "script" and ("id", "figures") in attrs

    def handle_data(self, data: str) -> None:
        self.text += data if self.inside else ""


def test_open_writes_a_page_and_calls_the_browser(folder: Path) -> None:
    browser = folder / "browser"
    browser.write_text('#!/bin/sh\nprintf %s "$1" > "$HOME/opened"\n')
    browser.chmod(0o755)
    ended = process(folder, "dashboard", "open", "Monday", "-o", "board.html", BROWSER=str(browser))
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert (folder / "opened").read_text() == (folder / "board.html").as_uri()
    parser = _Script()
    parser.feed((folder / "board.html").read_text())
    assert [entry["name"] for entry in json.loads(parser.text)["reports"]] == ["won", "campaigns", "months"]


def test_without_a_browser_the_path_is_printed(folder: Path) -> None:
    (folder / "bin").mkdir()
    ended = process(folder, "dashboard", "open", "Monday", PATH=str(folder / "bin"), TMPDIR=str(folder), DISPLAY="")
    assert ended.returncode == 0, ended.stderr
    page = Path(ended.stdout.rstrip("\n"))
    assert page.suffix == ".html"
    assert page.read_text().startswith("<!doctype html>")


# --- export ----------------------------------------------------------------------------------------------------------


def test_export_writes_what_show_shows(folder: Path) -> None:
    (folder / "out").mkdir()
    done(folder, "dashboard", "export", "Monday", "-f", "json", "-o", "out/", "--period", "2026", "-m", "last")
    wanted = {name: entry["rows"] for name, entry in shown(folder, "Monday", "--period", "2026", "-m", "last").items()}
    files = {path.stem: json.loads(path.read_text(), parse_float=Decimal) for path in (folder / "out").glob("*.json")}
    assert set(files) == set(wanted)
    assert files["campaigns"] == wanted["campaigns"]
    assert files["months"] == wanted["months"]
    done(folder, "dashboard", "export", "Monday", "-f", "xlsx", "-o", "out/")
    assert (folder / "out" / "Monday.xlsx").stat().st_size > 0


def test_both_ways_to_export_a_dashboard_filter_alike(folder: Path) -> None:
    done(folder, "dashboard", "create", "Mail", "email")
    typed = ["-f", "json", "--where", "asset_type=webinar|form"]
    one = done(folder, "dashboard", "export", "Mail", *typed, "-o", "-")
    assert one == done(folder, "export", "--dashboard", "Mail", *typed, "-o", "-")
    assert json.loads(one, parse_float=Decimal) == report(folder, "--where", "channel=Email", *typed[2:])


def test_the_period_of_the_board_moves_a_comparison_or_ends_it(folder: Path) -> None:
    text = CONFIG.replace(
        "  won:\n", "  compared:\n    by: channel\n    period: 2026-Q1\n    compare: previous-year\n  won:\n"
    )
    (folder / "attrib.yaml").write_text(text.replace("[won, campaigns", "[compared, campaigns"))
    moved = shown(folder, "Monday", "--period", "2026-Q2")["compared"]
    assert moved["compared_with"] == {"name": "2025-Q2", "from": "2025-04-01", "to": "2025-06-30"}
    wanted = ["--by", "channel", "--period", "2026-Q2", "--compare", "previous-year"]
    assert moved["rows"] == report(folder, *wanted)
    ended = shown(folder, "Monday", "--period", "all-time")["compared"]
    assert ended["compared_with"] is None
    assert ended["rows"] == report(folder, "--by", "channel")


def test_the_error_of_the_only_report_stands_in_its_place(folder: Path) -> None:
    done(folder, "dashboard", "create", "Alone", "broken")
    ended = attrib(folder, "dashboard", "show", "Alone")
    assert ended.returncode == 2
    assert "── broken ─" in ended.stdout
    assert "error: --by: the data have no column 'nothing_like_this'" in ended.stdout
