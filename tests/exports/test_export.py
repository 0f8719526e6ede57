"""``attrib export`` and ``notifications`` as processes: files, names, locks, full disks."""

from __future__ import annotations

import csv
import datetime as dt
import fcntl
import json
import os
import resource
import stat
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pytest
from program import run_text

from attrib_cli.engine.errors import UsageError
from attrib_cli.exports.file_names import Target, check_name, file_name
from attrib_cli.exports.messages import Message, MessageCentre
from attrib_cli.system.folders import lock_of, state_folder
from attrib_cli.system.locks import locked

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "attrib_cli"]


class Place:
    """A folder in which commands run, with a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder / "work", folder / "state"
        self.folder.mkdir()
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("ATTRIB_")} | {
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(self.state),
            "ATTRIB_TODAY": "2026-10-01",
        }

    def attrib(self, *arguments: str, before=None, **environ: str) -> subprocess.CompletedProcess[str]:
        if before is None:
            return run_text(arguments, cwd=self.folder, env=self.environ | environ)
        compiled = {"PYTHONDONTWRITEBYTECODE": "1"}  # which a limit on files would cut off, for all runs to come
        return subprocess.run(
            [*PROGRAM, *arguments], cwd=self.folder, env=self.environ | environ | compiled, capture_output=True,
            text=True, timeout=60, preexec_fn=before,
        )  # fmt: skip

    def export(self, *arguments: str, before=None, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.attrib("export", "--demo", *arguments, before=before, **environ)

    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def messages(self) -> list[dict]:
        done = self.attrib("notifications", "list", "-f", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_several_formats_by_a_pattern_hold_what_the_report_says(place: Place) -> None:
    (place.folder / "out").mkdir()
    options = ["--by", "channel", "--to", "2026-06-30"]
    done = place.export(*options, "-f", "csv,json", "-f", "xlsx", "-o", "out/{name}-{to:%Y-%m}.{ext}", "--name", "a b")
    assert done.returncode == 0, done.stderr
    assert place.names() == ["out/a b-2026-06.csv", "out/a b-2026-06.json", "out/a b-2026-06.xlsx"]
    for format in ("csv", "json"):
        report = place.attrib("report", "--demo", *options, "-f", format).stdout
        assert (place.folder / f"out/a b-2026-06.{format}").read_text() == report
    rows = list(csv.reader((place.folder / "out/a b-2026-06.csv").open(newline="")))
    book = openpyxl.load_workbook(place.folder / "out/a b-2026-06.xlsx")
    cells = [[cell.value for cell in row] for row in book["a b"][book["a b"].auto_filter.ref]]
    assert cells[0] == ["Channel", "Model", "Revenue", "Deals", "Interactions", "Share"]
    for row, wanted in zip(cells[1:], rows[1:], strict=True):
        assert row[:2] == wanted[:2]
        assert row[2:] == pytest.approx([float(text) for text in wanted[2:]], abs=1e-6)


def test_folders_that_a_field_names_are_made_and_others_are_not(place: Place) -> None:
    for output, folder in (("{to:%Y}/{name}.csv", "2026"), ("a/{to:%Y}/{name}/{type}.csv", "a")):
        done = place.export("--to", "2026-06-30", "-o", output)
        assert (done.returncode, (place.folder / folder).is_dir()) == ((2, False) if folder == "a" else (0, True))
    (place.folder / "a").mkdir()
    assert place.export("--to", "2026-06-30", "-o", "a/{to:%Y}/{name}/{type}.csv").returncode == 0
    assert place.names() == ["2026/report.csv", "a/2026/report/revenue.csv"]
    (place.folder / "b").write_text("a file")
    done = place.export("-o", "b/{name}/{type}.csv")
    assert done.returncode == 2 and "there is no folder" in done.stderr


def test_every_export_is_a_message_and_clear_forgets_them(place: Place) -> None:
    assert place.export("--by", "channel", "-q").returncode == 0
    assert place.export("-o", "missing/x.csv").returncode == 2
    failed, done = place.messages()
    path = place.folder / "report.csv"
    assert (done["what"], done["where"], done["size"]) == ("report", str(path), path.stat().st_size)
    assert done["rows"] == len(path.read_text().splitlines()) - 1 and done["error"] is None
    assert "no folder" in failed["error"] and failed["size"] is None
    file = place.state / "attrib" / "messages.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert place.attrib("notifications", "clear").stderr == "cleared 2 messages\n"
    assert place.messages() == []


def test_messages_of_many_processes_all_stay(place: Place) -> None:
    code = (
        "import os, sys; from attrib_cli.exports.messages import Message, MessageCentre\n"
        "for i in range(20): MessageCentre(os.environ).add(Message(when=sys.argv[1], what=str(i), format='', where=''))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(n)], env=place.environ) for n in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    found = MessageCentre(place.environ).messages()
    assert sorted((m.when, int(m.what)) for m in found) == [(str(n), i) for n in range(4) for i in range(20)]


def test_lines_that_are_no_messages_are_passed_over(place: Place) -> None:
    centre = MessageCentre(place.environ)
    centre.add(Message(when="1", what="a", format="csv", where="x"))
    with (state_folder(place.environ) / "messages.jsonl").open("a") as stream:
        stream.write('{"when": 1}\nnot json\n[]\n')
    assert [message.what for message in centre.messages()] == ["a"]


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "..", ".hidden", "", "a\x07b", "x" * 201])
def test_names_that_would_lead_elsewhere_are_refused(place: Place, name: str) -> None:
    done = place.export("--name", name)
    assert done.returncode == 2 and "cannot be that of a file" in done.stderr
    assert place.names() == []


def test_nul_in_names_and_paths_is_refused() -> None:
    with pytest.raises(UsageError):
        check_name("a\0b")
    with pytest.raises(UsageError, match="NUL"):
        file_name("a\0b", target(), several=False)


def target(**changes) -> Target:
    day = dt.date(2026, 3, 31)
    own = {"name": "n", "format": "jsonl", "ext": "jsonl", "type": "revenue", "models": ("first", "linear"),
           "start": None, "end": day, "period": "2026-Q1", "today": day}  # fmt: skip
    return Target(**{**own, **changes})


def test_patterns_are_filled(tmp_path: Path) -> None:
    pattern = "{name}/{{{model}}}-{to:%d.%m.%y}-{today}-{type}-{period}.{ext}"
    assert file_name(pattern, target(), several=True) == "n/{first+linear}-31.03.26-2026-03-31-revenue-2026-Q1.jsonl"
    assert file_name(None, target(), several=True) == "n.jsonl"
    assert file_name(str(tmp_path), target(), several=True) == f"{tmp_path}/n.jsonl"
    assert file_name("out/", target(), several=True) == "out/n.jsonl"
    assert file_name("x.csv", target(), several=False) == "x.csv"
    for wrong in ("{nam}", "{name:%Y}", "{from}", "a{b", "a}b", "{to:%Y/%m}"):
        with pytest.raises(UsageError):
            file_name(wrong, target(), several=False)


def test_files_that_would_get_one_name_are_refused(place: Place) -> None:
    for output, said in (("x.csv", "several files cannot have one name"), ("{name}", "the same name")):
        done = place.export("-f", "csv,json", "-o", output)
        assert done.returncode == 2 and said in done.stderr
    assert place.export("-f", "csv,json", "-o", "-").returncode == 2
    assert place.names() == []


def test_a_full_disk_and_a_folder_without_permission_leave_the_old_file(place: Place) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    for format in ("csv", "parquet"):
        file = place.folder / f"report.{format}"
        file.write_text("old")
        done = place.export("--ledger", "-f", format, before=small, PYTHONDONTWRITEBYTECODE="1")
        assert done.returncode == 1, done.stderr
        assert "File too large" in done.stderr and "exception" not in done.stderr
        assert file.read_text() == "old"
    assert place.names() == ["report.csv", "report.parquet"]
    if os.geteuid():
        place.folder.chmod(0o500)
        done = place.export("-f", "csv")
        place.folder.chmod(0o700)
        assert done.returncode == 1 and "cannot be written" in done.stderr
        assert (place.folder / "report.csv").read_text() == "old"


def test_an_export_of_a_file_that_another_writes_waits_or_gives_up(place: Place) -> None:
    lock = lock_of(place.environ, str(place.folder / "report.csv"))
    with locked(lock):
        done = place.export("--no-wait")
        assert done.returncode == 1 and "another export of this file is running" in done.stderr
        assert place.export("--no-wait", "-o", "other.csv").returncode == 0
        waiting = subprocess.Popen(
            [*PROGRAM, "export", "--demo"], cwd=place.folder, env=place.environ, stderr=subprocess.PIPE, text=True
        )
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == "waiting for another export of report.csv\n"
        assert not (place.folder / "report.csv").exists()
    assert waiting.wait() == 0
    waiting.stderr.close()
    assert (place.folder / "report.csv").exists()
    assert list(lock.parent.iterdir()) == [], "a lock file is there as long as it is held"


def test_lock_files_of_killed_processes_are_removed_a_day_later(place: Place) -> None:
    locks = lock_of(place.environ, "report.csv").parent
    for name, hours in (("old.lock", 25), ("new.lock", 1), ("held.lock", 25), ("notes.txt", 25)):
        (locks / name).touch()
        os.utime(locks / name, (time.time() - hours * 3600,) * 2)
    with (locks / "held.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert place.export("--no-wait").returncode == 0
    assert sorted(path.name for path in locks.iterdir()) == ["held.lock", "new.lock", "notes.txt"]


def test_an_empty_report_fails_only_where_it_is_asked_to(place: Place) -> None:
    nothing = ["--period", "2001", "-q"]
    assert place.export(*nothing).returncode == 0
    done = place.export(*nothing, "--fail-on-empty")
    assert done.returncode == 4 and "nothing to report" in done.stderr
    assert place.export(*nothing, "--fail-on-empty", "--ledger").returncode == 4


def test_the_ledger_goes_to_standard_output_and_refuses_what_it_cannot_do(place: Place) -> None:
    done = place.export("--ledger", "-o", "-", "-m", "linear")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert len(rows) == 647 and {"conversion_id", "position", "linear_share", "linear_credit"} <= rows[0].keys()
    for wrong in (["--limit", "3"], ["--sort", "revenue"], ["-f", "markdown"], ["--compare", "previous-year"]):
        assert place.export("--ledger", *wrong).returncode == 2
    assert "cumulated" in place.export("--ledger", "--show-sql").stdout


# --- what is saved --------------------------------------------------------------------------------------------------

SAVED = """\
version: 1
reports:
  weekly: {by: channel, to: 2026-06-30, demo: true}
  by month: {by: month, model: [first, last], demo: true}
dashboards:
  Board: {reports: [weekly, by month]}
"""


def test_saved_reports_and_dashboards_are_a_workbook_or_a_file_each(place: Place) -> None:
    (place.folder / "attrib.yaml").write_text(SAVED)
    done = place.attrib("export", "--dashboard", "Board", "-f", "xlsx,csv")
    assert done.returncode == 0, done.stderr
    assert place.names() == ["Board.xlsx", "attrib.yaml", "by month.csv", "weekly.csv"]
    assert openpyxl.load_workbook(place.folder / "Board.xlsx").sheetnames[:2] == ["weekly", "by month"]
    assert (place.folder / "weekly.csv").read_text() == place.attrib("report", "weekly", "-f", "csv").stdout
    assert place.attrib("export", "weekly", "--by", "position", "-o", "{name}.csv").returncode == 0
    assert (place.folder / "weekly.csv").read_text().startswith("position,")
    for wrong, said in ((["wekly"], "Did you mean 'weekly'"), (["--dashboard", "Bord"], "Did you mean 'Board'")):
        done = place.attrib("export", *wrong)
        assert done.returncode == 2 and said in done.stderr


def test_one_bad_report_leaves_the_others_alone(place: Place) -> None:
    (place.folder / "attrib.yaml").write_text(SAVED.replace("by: channel", "by: nowhere"))
    done = place.attrib("export", "weekly", "by month")
    assert done.returncode == 2 and "nowhere" in done.stderr
    assert place.names() == ["attrib.yaml", "by month.csv"]
    assert [bool(message["error"]) for message in place.messages()] == [False, True]


def copied(place: Place, name: str, *, won: int) -> None:
    """Put a data set into a folder, with one deal of so much and one interaction."""
    folder = place.folder / name
    folder.mkdir()
    (folder / "touchpoints.csv").write_text("contact_id,occurred_at,channel\n1,2026-01-01,=Mail\n")
    (folder / "deals.csv").write_text(
        f"deal_id,contact_id,created_at,closed_at,amount,is_won\n1,1,2026-02-01,2026-03-01,{won},true\n"
    )


OWN = """\
version: 1
reports:
  a: {data: a, by: channel, measure: revenue, output: own/a.json}
  b: {data: b, by: channel, measure: revenue, format: tsv, excel_safe: true, compare: previous-year, period: 2026}
  shown: {demo: true, by: channel, format: table}
dashboards:
  Board: {reports: [a, b, shown]}
"""


@pytest.fixture
def own(place: Place) -> Place:
    """A project whose reports have data, formats and files of their own."""
    copied(place, "a", won=11)
    copied(place, "b", won=22)
    (place.folder / "own").mkdir()
    (place.folder / "attrib.yaml").write_text(OWN)
    return place


@pytest.mark.parametrize("words", [["export", "a", "b", "shown"], ["dashboard", "export", "Board"]])
def test_reports_keep_their_own_data_formats_and_files(own: Place, words: list[str]) -> None:
    before = set(own.names())
    done = own.attrib(*words)
    assert done.returncode == 0, done.stderr
    assert set(own.names()) - before == {"own/a.json", "b.tsv", "shown.csv"}
    assert json.loads((own.folder / "own/a.json").read_text())[0]["revenue"] == 11
    tsv = (own.folder / "b.tsv").read_text()
    assert "\t22\t" in tsv.splitlines()[1] and "'=Mail" in tsv
    own.attrib("report", "b", "-o", "by-report.tsv", "-f", "tsv")
    assert (own.folder / "by-report.tsv").read_text() == tsv
    (own.folder / "own/a.json").unlink()
    assert own.attrib("report", "a").returncode == 0 and (own.folder / "own/a.json").exists()


@pytest.mark.parametrize("words", [["export", "a", "b", "shown"], ["dashboard", "export", "Board"]])
def test_what_is_typed_goes_over_their_own_formats_and_files(own: Place, words: list[str]) -> None:
    before = set(own.names())
    assert own.attrib(*words, "-f", "xlsx", "--name", "All").returncode == 0
    assert own.attrib(*words, "-o", "own/{name}.jsonl").returncode == 0
    assert own.attrib(*words, "--ledger", "-m", "linear").returncode == 0
    made = {"All.xlsx", *(f"own/{n}.jsonl" for n in ("a", "b", "shown")), "a.csv", "b.csv", "shown.csv"}
    assert set(own.names()) - before == made
    credits = {name: list(csv.DictReader((own.folder / f"{name}.csv").open())) for name in ("a", "b")}
    assert [(row["value"], row["linear_credit"]) for name in "ab" for row in credits[name]] == [
        ("11", "11"), ("22", "22"),
    ]  # fmt: skip
    book = openpyxl.load_workbook(own.folder / "All.xlsx")
    assert book.sheetnames[:3] == ["a", "b", "shown"]
    assert [book[name][book[name].auto_filter.ref][1][2].value for name in "ab"] == [11, 22]
    sources = {Path(str(row[1])).parent.name for row in book["About"].iter_rows(values_only=True) if row[2] and row[3]}
    assert {"a", "b"} < sources
    assert own.attrib("report", "a", "-f", "csv").stdout.startswith("channel,")


def test_formats_are_those_of_the_command(place: Place) -> None:
    for words, said in (
        (["-f", "xlxs"], "Did you mean 'xlsx'"),
        (["-f", "table"], "an export cannot be written as table"),
        (["-o", "x.cvs"], "Did you mean '.csv'"),
        (["--ledger", "-o", "x.md"], "a ledger cannot be written as markdown"),
    ):
        done = place.export(*words)
        assert done.returncode == 2 and said in done.stderr, done.stderr
    from attrib_cli.output.registry import FORMATS

    said = " ".join(place.attrib("report", "-h", COLUMNS="200").stdout.split())
    assert f"{', '.join(FORMATS)}; by default the suffix" in said


def test_an_export_that_breaks_off_is_no_message_of_success(own: Place) -> None:
    (own.folder / "a" / "touchpoints.csv").write_text("contact_id,occurred_at,channel\n1,yesterday-ish,x\n")
    done = own.attrib("export", "a", "b", "--ledger", "-m", "linear")
    assert done.returncode != 0 and "wrote a.csv" not in done.stderr
    assert (own.folder / "b.csv").exists() and not (own.folder / "a.csv").exists()
    assert [bool(m["error"]) for m in own.messages()] == [False, True]
    done = own.attrib("export", "b", "--ledger", ATTRIB_MEMORY_LIMIT="1MB")
    assert done.returncode == 1 and "memory" in done.stderr and "wrote" not in done.stderr
