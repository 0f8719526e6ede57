"""``attrib schedule``: lines of a crontab and units of systemd, the moments they mean, and the log of their runs."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import examples
from hypothesis import example, given
from hypothesis import strategies as st
from in_process import attrib_here

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.exports import run_log
from attrib_cli.exports.calendar import calendar_events, timer_lines
from attrib_cli.exports.crontab import crontab_line
from attrib_cli.exports.run_log import logged
from attrib_cli.exports.schedules import Command, check_cron
from attrib_cli.exports.systemd import stem_of, units
from attrib_cli.system.folders import lock_of
from attrib_cli.system.locks import locked
from attrib_cli.terminal.console import Console

ROOT = Path(__file__).parents[2]
NAME = """50% "off" 'x' 🎉"""
CONFIG = f"""\
version: 1
notifications:
  smtp: {{host: h, user: a@b.example}}
  targets: {{team: TEAM_CHAT}}
reports:
  {json.dumps(NAME, ensure_ascii=False)}: {{demo: true, by: channel}}
  weekly: {{demo: true, by: channel}}
  both: {{demo: true}}
dashboards:
  Board: {{reports: [weekly, both]}}
  both: {{reports: [weekly]}}
"""

MINE = b"""# my own: 100%
5 4 * * *\techo  'mine'   # attribution of blame  \t

MAILTO=x@y.example
@daily  echo "a\\%b%c" \xff\xe9
# 0 7 * * MON attrib export weekly # attrib: weekly
1 2 3 4 5 last line without end"""

CRONTAB = """#!/bin/sh
case "$1" in
-l) cat "$FAKE/crontab" ;;
*) for last; do :; done; cat "$last" > "$FAKE/crontab" ;;
esac
"""
SYSTEMCTL = '#!/bin/sh\necho "$@" >> "$FAKE/systemctl"\n'


class Place:
    """A folder with a configuration, with tools of its own that are found first."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.work, self.state, self.fake = folder / "100% sp a'ce 🎉", folder / "state", folder / "fake"
        for one in (self.work, self.state, self.fake):
            one.mkdir()
        (self.work / "attrib.yaml").write_text(CONFIG)
        monkeypatch.chdir(self.work)
        monkeypatch.setenv("FAKE", str(self.fake))
        monkeypatch.setenv("PATH", f"{self.fake}:{os.environ['PATH']}")
        self.environ = {
            "XDG_STATE_HOME": str(self.state),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PATH": os.environ["PATH"],
        }
        self.units = folder / "config" / "systemd" / "user"
        self.tool("crontab", CRONTAB)
        self.tool("systemctl", SYSTEMCTL)
        (self.fake / "crontab.txt").touch()

    def tool(self, name: str, text: str) -> None:
        path = self.fake / name
        path.write_text(text.replace("$FAKE/crontab", "$FAKE/crontab.txt").replace("$FAKE/systemctl", "$FAKE/told"))
        path.chmod(0o755)

    @property
    def crontab(self) -> Path:
        return self.fake / "crontab.txt"

    def schedule(self, *arguments: str, **environ: str):
        return attrib_here("schedule", *arguments, environ=self.environ | environ)

    def log(self, name: str) -> str:
        return (self.state / "attrib" / "logs" / f"{name}.log").read_text()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


# --- cron -----------------------------------------------------------------------------------------------------------


def test_the_printed_line_runs_as_it_stands_and_is_logged(place: Place) -> None:
    options = ["-f", "csv,json", "-o", "{name}-{to:%Y-%m}.{ext}"]
    done = place.schedule(NAME, "--cron", " 0 7 * *  MON ", *options, ATTRIB_USER="ann", LANG="C.UTF-8")
    assert done.returncode == 0, done.stderr
    line = done.stdout.removesuffix("\n")
    assert line.startswith("0 7 * * MON cd ") and "\n" not in line
    assert not re.search(r"(?<!\\)%", line)
    for part in ("ATTRIB_USER=ann", "LANG=C.UTF-8", "ATTRIB_CONFIG=", " PATH=", "XDG_STATE_HOME=", " --quiet --log "):
        assert part in line
    command = line.removeprefix("0 7 * * MON ").replace("\\%", "%")  # what cron hands to the shell
    as_cron = ["env", "-i", f"PYTHONPATH={ROOT}", "/bin/sh", "-c", command]
    ran = subprocess.run(as_cron, cwd="/", capture_output=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    month = dt.datetime.now(dt.UTC).strftime("%Y-%m")
    assert sorted(path.name for path in place.work.iterdir()) == [
        f"{NAME}-{month}.csv", f"{NAME}-{month}.json", "attrib.yaml",
    ]  # fmt: skip
    began, *wrote, ended = place.log(NAME).splitlines()
    assert re.match(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 began: {re.escape(NAME)}", began)
    assert [re.search(r" wrote (.*) \(\d+ rows", text)[1] for text in wrote] == [
        f"{NAME}-{month}.csv", f"{NAME}-{month}.json",
    ]  # fmt: skip
    assert re.search(r" ended after \d+\.\d s with exit code 0$", ended)
    (place.work / "attrib.yaml").write_text("version: 1\n")
    assert subprocess.run(as_cron, cwd="/", capture_output=True).returncode == 2
    *_, ended, error, _ = place.log(NAME).splitlines()
    assert "with exit code 2: there is no report" in ended and error.startswith("error: there is no report")


def test_lines_are_installed_listed_replaced_and_removed_and_others_stay(place: Place) -> None:
    place.crontab.write_bytes(MINE)
    for cron in ("0 7 * * 1", "30 6 * * MON"):
        done = place.schedule("weekly", "--cron", cron, "--install")
        assert done.returncode == 0, done.stderr
    assert place.schedule(NAME, "--cron", "@daily", "-o", "{to:%Y}.{ext}", "--install").returncode == 0
    assert place.schedule("weekly", "--cron", "5 5 * * *", "--install").returncode == 0
    listed = json.loads(place.schedule("list", "-f", "json").stdout)
    assert [(one["name"], one["by"], one["cron"]) for one in listed] == [
        ("weekly", "cron", "5 5 * * *"), (NAME, "cron", "@daily"),
    ]  # fmt: skip
    assert "{to:%Y}" in listed[1]["command"]
    shown = place.schedule("list", "-f", "table").stdout
    assert "export weekly\n" in shown and "ATTRIB_CONFIG" not in shown
    [*_, first, second] = place.crontab.read_bytes().splitlines()
    assert place.crontab.read_bytes() == MINE + b"\n" + first + b"\n" + second + b"\n"
    assert second.replace(b"\\%", b"").count(b"%") == 0
    assert place.schedule("remove", "weekly", "weakly").returncode == 2
    assert place.schedule("remove", "weekly", NAME).returncode == 0
    assert place.crontab.read_bytes() == MINE + b"\n"


def test_a_crontab_that_may_not_be_read_is_not_taken_for_an_empty_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["weekly", "--cron", "@daily", "--install"]
    place.tool("crontab", "#!/bin/sh\necho 'You (x) are not allowed to use this program' >&2; exit 1\n")
    done = place.schedule(*options)
    assert done.returncode == 1 and "not allowed" in done.stderr
    place.tool(
        "crontab",
        '#!/bin/sh\ncase "$1" in -l) echo "no crontab for x" >&2; exit 1;; *) cat > "$FAKE/crontab";; esac\n',
    )
    assert place.schedule(*options).returncode == 0
    assert place.crontab.read_text().startswith("@daily cd ")
    monkeypatch.setenv("PATH", "/nowhere")
    assert "no crontab command" in place.schedule(*options).stderr


# --- what is scheduled ----------------------------------------------------------------------------------------------


def test_a_board_is_scheduled_by_its_name_in_every_format(place: Place) -> None:
    for formats in ("html,pdf,pptx,xlsx", "svg,png,csv,tsv,json,json-about,jsonl,markdown,parquet"):
        done = place.schedule("Board", "--cron", "@daily", "-f", formats)
        assert done.returncode == 0, done.stderr
        assert f"export --dashboard Board --format {formats} --quiet" in done.stdout
    done = place.schedule("both", "--cron", "@daily")
    assert "export both --quiet" in done.stdout and "--dashboard names the dashboard" in done.stderr
    assert "export --dashboard both" in place.schedule("x", "--cron", "@daily", "--dashboard", "both").stdout


def test_what_cannot_end_well_is_refused_when_it_is_scheduled(place: Place) -> None:
    for arguments, said in (
        (["weekly"], "when the export is to run"),
        (["wekly", "--cron", "@daily"], "Did you mean 'weekly'"),
        (["Bord", "--cron", "@daily"], "Did you mean 'Board'"),
        (["x", "--cron", "@daily", "--dashboard", "Bord"], "Did you mean 'Board'"),
        (["weekly", "--cron", "0 7 * * 1", "--frmat", "csv"], "--frmat"),
        (["weekly", "--cron", "@daily", "-f", "pfd"], "Did you mean 'pdf'"),
        (["weekly", "--cron", "@daily", "--by", "channel", "--notify-when", "revenue > 1"], "nothing is sent"),
        (["weekly", "--cron", "@daily", "--notify", "tem"], "Did you mean 'team'"),
        (["weekly", "--cron", "@daily", "--notify", "team", "--notify-when", "revenu > 1"], "Did you mean 'revenue'"),
        (["weekly", "--cron", "@daily", "--email", "a@b.c", "--attach", "pdf"], "no pdf file is written"),
        (["weekly", "--cron", "@daily", "-o", "a\nb"], "cannot stand in a schedule"),
    ):
        done = place.schedule(*arguments)
        assert done.returncode == 2 and said in done.stderr and not done.stdout, (arguments, done.stderr)
    done = place.schedule("weekly", "--cron", "@daily", "--notify", "team", "--email", "a@b.example")
    assert done.returncode == 0
    assert "TEAM_CHAT, which a run without you may not have" in done.stderr
    assert "password_file" in done.stderr


def test_cron_expressions_are_checked() -> None:
    assert check_cron("*/5 1-3,7 1 JAN-MAR mon") == "*/5 1-3,7 1 JAN-MAR mon"
    for wrong in ("", "0 7 * *", "60 7 * * *", "0 7 * * FOO", "0 7 * * * ; rm", "@dayly", "0 7 * * *\n* * * * * x"):
        with pytest.raises(UsageError):
            check_cron(wrong)


# --- systemd --------------------------------------------------------------------------------------------------------

COMMAND = Command(
    words=("/usr/bin/env", "x", 'a "b" $HOME %h \\ \' 🎉\t', "{to:%Y}", ";"),
    folder=Path('/tmp/w "x" %h 🎉'),
    environment={"E": 'v "q" $x %h \\'},
    log=Path('/tmp/l "o" %g.log'),
)


def read_words(text: str, *, variables: bool) -> list[str]:
    """The words of a line as systemd's manual says it reads them: quotes, C escapes, specifiers, variables."""
    words = [match[1] for match in re.finditer(r'"((?:\\.|[^"\\])*)"', text)]
    assert " ".join(f'"{word}"' for word in words) == text
    plain = [
        re.sub(r"\\(x[0-9a-f]{2}|.)", lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "x" else m[1], w) for w in words
    ]
    for word in plain:
        assert "%" not in word.replace("%%", "") and (not variables or "$" not in word.replace("$$", ""))
    return [word.replace("%%", "%").replace("$$", "$") if variables else word.replace("%%", "%") for word in plain]


def read_by_cron(command: str) -> str:
    """What cron hands to the shell: up to the first ``%`` that no backslash stands before, without those backslashes.

    A backslash before anything else stays, and takes from the next one what it would do.
    """
    found, escaped = "", False
    for char in command:
        if escaped:
            found, escaped = (found[:-1] + char if char == "%" else found + char), False
        elif char == "%":
            break
        else:
            found, escaped = found + char, char == "\\"
    return found


@given(st.lists(st.text(st.sampled_from("ab%\\'\"$` #\t🎉"), min_size=1), min_size=1, max_size=4))
@examples(40)
@example(["50\\%", "\\\\%", "%\\"])
def test_the_shell_gets_from_cron_the_words_of_the_command(words: list[str]) -> None:
    command = Command(
        words=("printf", "%s\\n", *words), folder=Path("/"), environment={"X": "%d\\%"}, log=Path("/a%\\%b")
    )
    line = crontab_line("@daily", command, "of 50%").removeprefix("@daily ")
    heard = shlex.split(read_by_cron(line), comments=True)
    assert heard == ["cd", "/", "&&", "X=%d\\%", *command.words, ">>", "/a%\\%b", "2>&1"]


def lines_of(unit: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))


def test_units_say_the_command_the_folder_and_the_environment_whatever_is_in_them() -> None:
    made = units(NAME, "0 7 1,15 * MON", COMMAND)
    service = lines_of(made.service)
    first, *rest = read_words(service["ExecStart"], variables=True)
    assert (first, *rest) == COMMAND.words
    assert read_words(service["Environment"], variables=False) == ['E=v "q" $x %h \\']
    assert service["WorkingDirectory"].replace("%%", "%") == str(COMMAND.folder)
    assert service["StandardOutput"].replace("%%", "%") == f"append:{COMMAND.log}"
    assert made.timer.count("OnCalendar=") == 2 and "WantedBy=timers.target" in made.timer
    with pytest.raises(UsageError):
        units("x", "@daily", Command(words=("x",), folder=Path("/tmp/x\\"), environment={}, log=Path("/l")))


def test_files_of_units_have_names_that_systemd_takes_and_no_two_the_same() -> None:
    names = ["weekly", NAME, "a b", "a-b", "a  b", "🎉", "é", "x" * 200, "x" * 199, ".x", "Weekly.2"]
    stems = [stem_of(name) for name in names]
    assert stems[0] == "attrib-weekly" and len({*stems}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", stem) for stem in stems)


def test_timers_are_installed_listed_and_removed(place: Place) -> None:
    for cron in ("@daily", "0 7 * * MON"):
        done = place.schedule(NAME, "--cron", cron, "--systemd", "--install", "-f", "csv")
        assert done.returncode == 0 and "enable-linger" in done.stderr, done.stderr
    assert place.schedule("weekly", "--cron", "@hourly", "--install").returncode == 0
    stem = stem_of(NAME)
    assert sorted(path.name for path in place.units.iterdir()) == [f"{stem}.service", f"{stem}.timer"]
    listed = json.loads(place.schedule("list", "-f", "json").stdout)
    assert [(one["name"], one["by"], one["cron"]) for one in listed] == [
        ("weekly", "cron", "@hourly"), (NAME, "systemd", "0 7 * * MON"),
    ]  # fmt: skip
    assert "export" in listed[1]["command"]
    assert place.schedule("remove", NAME, "weekly").returncode == 0
    assert not list(place.units.iterdir()) and "export" not in place.crontab.read_text()
    told = (place.fake / "told").read_text().splitlines()
    assert told[:2] == ["--user daemon-reload", f"--user enable --now {stem}.timer"]
    assert told[-2:] == [f"--user disable --now {stem}.timer", "--user daemon-reload"]


def test_a_unit_that_somebody_wrote_is_not_removed(place: Place) -> None:
    assert place.schedule(NAME, "--cron", "@daily", "--systemd", "--install", "-f", "csv").returncode == 0
    service = place.units / f"{stem_of(NAME)}.service"
    service.write_text("[Service]\nExecStart=/bin/true\n")
    done = place.schedule("remove", NAME)
    assert done.returncode == 1 and "this file is not ours" in done.stderr
    assert len(list(place.units.iterdir())) == 2 and "disable" not in (place.fake / "told").read_text()


def test_what_systemd_refuses_leaves_everything_as_it_was(place: Place) -> None:
    place.tool("systemctl", "#!/bin/sh\necho 'Failed to connect to bus' >&2; exit 1\n")
    done = place.schedule("weekly", "--cron", "@daily", "--systemd", "--install")
    assert done.returncode == 1 and "Failed to connect to bus" in done.stderr
    assert not list(place.units.iterdir())
    (place.units / "attrib-weekly.timer").write_text("[Timer]\n")
    done = place.schedule("weekly", "--cron", "@daily", "--systemd", "--install")
    assert done.returncode == 1 and "not ours" in done.stderr
    assert (place.units / "attrib-weekly.timer").read_text() == "[Timer]\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_itself_takes_the_units(tmp_path: Path) -> None:
    made = units(NAME, "0 7 1,15 * MON", COMMAND)
    for ending, text in ((".service", made.service), (".timer", made.timer)):
        (tmp_path / f"{made.stem}{ending}").write_text(text)
    command = ["systemd-analyze", "verify", "--user", tmp_path / f"{made.stem}.timer"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")


def moments(cron: str, start: dt.datetime, minutes: int) -> list[dt.datetime]:
    """When cron runs, by the rules of crontab(5), in steps of five minutes."""
    minute, hour, day, month, weekday = cron.split()
    names = {dt.date(2028, i, 1).strftime("%b").lower(): i for i in range(1, 13)}
    names |= {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}

    def meant(field: str, first: int, last: int) -> set[int]:
        found = set()
        for part in field.lower().split(","):
            span, _, step = part.partition("/")
            ends = [str(first), str(last)] if span == "*" else span.split("-")
            low, high = (int(names.get(end, end)) for end in (ends[0], ends[-1]))
            found |= {value for value in range(low, high + 1) if (value - low) % int(step or 1) == 0}
        return found

    of_minute, of_hour, of_day, of_month = (
        meant(field, *ends) for field, ends in ((minute, (0, 59)), (hour, (0, 23)), (day, (1, 31)), (month, (1, 12)))
    )
    of_week = {number % 7 for number in meant(weekday, 0, 7)}
    star = day.startswith("*") or weekday.startswith("*")
    found = []
    for moment in (start + dt.timedelta(minutes=i) for i in range(0, minutes, 5)):
        by_day, by_week = moment.day in of_day, moment.isoweekday() % 7 in of_week
        when = (by_day and by_week) if star else (by_day or by_week)
        if when and moment.month in of_month and moment.hour in of_hour and moment.minute in of_minute:
            found.append(moment)
    return found


def of_event(event: str, moment: dt.datetime) -> bool:
    """Whether a calendar event, as systemd.time(7) has it, is at a moment."""
    *names, date, clock = event.split()
    if names and moment.strftime("%a") not in names[0].split(","):
        return False
    year, month, day = date.split("-", 2)
    hour, minute, second = clock.split(":")
    assert (year, second) == ("*", "00")
    pairs = ((month, moment.month), (day, moment.day), (hour, moment.hour), (minute, moment.minute))
    return all(field == "*" or value in map(int, field.split(",")) for field, value in pairs)


def a_field(first: int, last: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    numbers = st.integers(first, last)
    spans = st.tuples(numbers, numbers).map(sorted).filter(lambda p: p[0] < p[1]).map(lambda p: f"{p[0]}-{p[1]}")
    stepped = st.tuples(st.sampled_from(["*"]) | spans, st.integers(1, 5)).map(lambda p: f"{p[0]}/{p[1]}")
    one = st.just("*") | numbers.map(str) | spans | stepped | (st.sampled_from(names) if names else st.nothing())
    return st.lists(one, min_size=1, max_size=3).map(",".join)


@examples(12)
@given(
    st.sampled_from(["0", "*/20", "5,35"]), a_field(0, 23), a_field(1, 31), a_field(1, 12, ("jan", "FEB")),
    a_field(0, 7, ("mon", "SUN")),
)  # fmt: skip
@example("0", "7", "1,15", "*", "MON")
@example("0", "7", "*/2", "*", "5-7")
@example("0", "7", "1,*", "*", "0")
def test_a_timer_runs_when_cron_would(minute: str, hour: str, day: str, month: str, weekday: str) -> None:
    cron = f"{minute} {hour} {day} {month} {weekday}"
    try:
        check_cron(cron)
    except UsageError:
        return  # such as a list with * in it
    start = dt.datetime(2028, 2, 26)
    minutes = 9 * 24 * 60
    expected = moments(cron, start, minutes)
    events = calendar_events(cron)
    times = (start + dt.timedelta(minutes=i) for i in range(0, minutes, 5))
    assert [moment for moment in times if any(of_event(event, moment) for event in events)] == expected


def test_names_of_moments_are_events_too() -> None:
    assert timer_lines("@weekly") == ("OnCalendar=Sun *-*-* 00:00:00",)
    assert timer_lines("@hourly") == ("OnCalendar=*-*-* *:00:00",)
    assert timer_lines("@yearly") == ("OnCalendar=*-1-1 00:00:00",)
    assert timer_lines("@reboot") == ("OnStartupSec=0",)
    assert calendar_events("0 7 * * 1-5") == ("Mon,Tue,Wed,Thu,Fri *-*-* 07:00:00",)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_itself_reads_the_events() -> None:
    events = [
        event for cron in ("0 7 1,15 * MON", "*/20 8-18 */2 JAN-MAR *", "@weekly") for event in calendar_events(cron)
    ]
    done = subprocess.run(["systemd-analyze", "calendar", *events], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("Next elapse") == len(events), done.stderr


# --- the log --------------------------------------------------------------------------------------------------------


def console(tmp_path: Path) -> Console:
    return Console.in_memory(environ={"XDG_STATE_HOME": str(tmp_path / "state")}).adjusted(quiet=True)


@pytest.mark.parametrize(
    ("error", "ending"),
    [(AttribError("no\nway"), "exit code 1: no\\nway"), (KeyboardInterrupt(), "exit code 130: stopped"),
     (MemoryError(), "exit code 1: there was not enough memory"), (ValueError("x"), "exit code 70: ValueError")],
)  # fmt: skip
def test_the_log_says_how_a_run_ended(tmp_path: Path, error: BaseException, ending: str) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(type(error)), logged(console(tmp_path), log, "weekly") as watched:
        watched.note("wrote x")
        watched.warn("look out")
        raise error
    began, wrote, warned, ended = log.read_text().splitlines()
    assert began.endswith(" began: weekly") and wrote.endswith(" wrote x") and warned.endswith(" warning: look out")
    assert ended.endswith(ending)
    assert log.stat().st_mode & 0o777 == 0o600


def test_two_runs_do_not_collide_and_other_runs_do_not_wait(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with (
        logged(console(tmp_path), log, "weekly"),
        logged(console(tmp_path), log, "monthly"),
        pytest.raises(AttribError, match="still going on"),
        logged(console(tmp_path), log, "weekly"),
    ):
        raise AssertionError
    assert log.read_text().count("left out: the run before is still going on") == 1
    assert log.read_text().count("exit code 0") == 2
    with logged(console(tmp_path), log, "weekly"):
        pass


def test_the_log_is_bounded_and_a_file_that_is_open_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "LONGEST", 2000)
    log = tmp_path / "a.log"
    log.write_text("".join(f"line {i}\n" for i in range(1000)))
    with log.open("a") as shell:  # as >> has it
        with logged(console(tmp_path), log, "weekly"):
            pass
        shell.write("error: said by the shell\n")
    lines = log.read_text().splitlines()
    assert log.stat().st_size < 1200 and lines[-1] == "error: said by the shell"
    assert re.fullmatch(r"line \d+", lines[0]) and lines[-4] == "line 999"


def test_a_run_that_was_killed_is_told_of_by_the_next(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("2026-01-01T00:00:00+00:00 began: weekly\n")
    for count in (1, 1):
        with logged(console(tmp_path), log, "weekly"):
            pass
        assert log.read_text().count("warning: the run before did not end: weekly") == count


def test_a_log_that_cannot_be_written_stops_no_run(tmp_path: Path) -> None:
    loud = Console.in_memory(environ={"XDG_STATE_HOME": str(tmp_path / "state")})
    with logged(loud, tmp_path / "none" / "a.log", "weekly"):
        pass
    assert "the log cannot be written" in loud.messages()
    with locked(lock_of(loud.environ, "x"), patience=0) as taken:
        assert taken


def test_the_example_can_be_scheduled_as_its_head_says(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ROOT / "examples" / "delivery"
    monkeypatch.chdir(folder)
    commands = [line for line in (folder / "attrib.yaml").read_text().splitlines() if line.startswith("#   attrib ")]
    assert len(commands) == 2
    for line in commands:
        done = place.schedule(*shlex.split(line.removeprefix("#   attrib schedule ")))
        assert (done.returncode, done.stdout) == (0, "") and "installed" in done.stderr, done.stderr
        assert "warning" not in done.stderr
    assert place.crontab.read_text().count("# attrib: ") == 2
