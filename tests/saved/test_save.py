"""Saved reports as a shell sees them: real processes, several users, several at once, and some that are killed."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from program import run_text

from attrib_cli.app import run
from attrib_cli.config.schema.report_options import left_out_options
from attrib_cli.terminal.console import Console

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
Done = subprocess.CompletedProcess[str]
Shell = Callable[..., Done]


def environment(home: Path, user: str = "ann", **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ATTRIB_", "XDG_"))}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "ATTRIB_USER": user,
        "XDG_CONFIG_HOME": str(home / f".{user}"),
        "ATTRIB_TODAY": "2026-07-01",
        **more,
    }


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run the program in a project's folder, as `user`."""

    def run_process(*arguments: object, user: str = "ann", cwd: Path | None = None, **more: str) -> Done:
        folder = cwd or tmp_path / "project"
        folder.mkdir(exist_ok=True)
        return run_text(arguments, cwd=folder, env=environment(tmp_path, user, **more))

    return run_process


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project" / "attrib.yaml"


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Run the program in a project's folder within this process, where only its words and exit code count."""

    def run_inside(*arguments: object, user: str = "ann", **more: str) -> Done:
        (tmp_path / "project").mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / "project")
        console = Console.in_memory(environ=environment(tmp_path, user, **more))
        code = run(list(map(str, arguments)), console)
        return subprocess.CompletedProcess(arguments, code, console.output().decode(), console.messages())

    return run_inside


def fine(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(done: Done, *words: str, code: int = 2) -> None:
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


# --- save and run ---------------------------------------------------------------------------------------------------


def test_a_saved_report_runs_as_it_was_asked_for_and_typed_options_go_over_it(shell: Shell, file: Path) -> None:
    asked = ["--data", DATA, "--by", "channel", "--model", "first,last", "--from", "2026-01-01"]
    asked += ["--limit", "2", "--sort", "revenue:desc"]
    fine(shell("save", "NO", *asked))
    assert fine(shell("report", "NO")) == fine(shell("report", *asked))
    over = ["--model", "linear", "--period", "2026-Q1", "--format", "jsonl"]
    typed = ["--data", DATA, "--by", "channel", "--limit", "2", "--sort", "revenue:desc", *over]
    assert fine(shell("report", "NO", *over)) == fine(shell("report", *typed))
    written = yaml.safe_load(file.read_text())
    assert written["version"] == 1
    assert written["reports"]["NO"]["model"] == ["first", "last"]
    assert "revenue\n" not in file.read_text()


KEPT = {
    **{"type": "contact-create", "model": "first", "by": "month", "campaign": "Autumn Roadshow", "period": "2026-Q1"},
    **{"lookback": "9d", "half_life": "36h", "where": "channel=Email", "eligible": "channel!=Email", "limit": "2"},
    **{"prefer": "channel!=Direct", "collapse": "day", "cycles": "separate"},
    **{"measure": "share", "sort": "campaign", "compare": "previous-year", "format": "jsonl", "output": "x.csv"},
    **{"excel_safe": "true", "today": "2026-02-01", "data": ".", "chart": "bar"},
    **{"layout": "wide", "template": "book.xlsx"},
    **{"states": "channel", "order": "2", "game": "rate", "non_converting": "off", "confidence": "80%", "seed": "7"},
    **{"transitions": "true", "allow_empty": "true"},
}
"""A value of everything that can be left out."""

DATA_DRIVEN = ("states", "order", "game", "non_converting", "transitions")
UNSEEN = ("output", "excel_safe", "today", "data", "chart", "layout", "template", "seed", "confidence", "allow_empty")
"""What neither the query nor the bytes of this report tell."""

GOES_WITH = {"period": ("period", "compare"), **{key: (key, "compare", "campaign") for key in DATA_DRIVEN}}
"""What makes no sense without it, or beside it."""


def test_everything_that_can_be_left_out_is_tried() -> None:
    assert set(KEPT) == set(left_out_options())


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example data with every twentieth touchpoint alone: what is compared are queries, hardly any figures."""
    folder = shutil.copytree(DATA, tmp_path_factory.mktemp("few") / "data")
    header, *lines = (folder / "touchpoints.csv").read_text().splitlines(keepends=True)
    (folder / "touchpoints.csv").write_text("".join([header, *lines[::20]]))
    return folder


NEVER: dict[tuple[str | int, ...], str] = {}
"""What reports print that never had what is left out, by what they have and how long paths are: lines break by it."""


@pytest.mark.parametrize("key", KEPT)
def test_what_is_saved_or_a_default_can_be_left_out(key: str, inside: Shell, file: Path, few: Path) -> None:
    """A report without it is one that never had it: in its query, or in what it writes."""

    def printed(*arguments: str) -> str:
        return fine(inside("report", *arguments)).replace(str(file.parent), "")

    rest = {"data": "data", "period": "2026", "compare": "previous-period", "campaign": "[Spring Launch]"}
    if key in DATA_DRIVEN or key == "half_life":
        rest["model"] = {"game": "shapley", "half_life": "time-decay"}.get(key, "markov")
    kept = ", ".join(f"{name}: {value}" for name, value in rest.items() if name not in GOES_WITH.get(key, (key,)))
    (file.parent / "data").symlink_to(few)
    sources = "sources: {" + ", ".join(f"{path.stem}: data/{path.name}" for path in DATA.glob("*.csv")) + "}\n"
    file.write_text(f"{sources}reports:\n  r: {{{kept}, {key}: '{KEPT[key]}'}}\n  never: {{{kept}}}\n")
    query = [] if key in ("format", "output", "excel_safe") else ["--show-sql"]
    left_out = printed("r", *query, "--without", key.replace("_", "-"))
    told = (kept, len(str(file.parent)), *query)
    if told not in NEVER:
        NEVER[told] = printed("never", *query)
    assert left_out == NEVER[told]
    assert left_out
    if key not in UNSEEN:
        assert left_out != printed("r", *query)
    if key not in ("output", "excel_safe", "template", "today", "data"):
        file.write_text(f"{sources}defaults: {{{key}: '{KEPT[key]}'}}\nreports:\n  r: {{{kept}, without: {key}}}\n")
        assert left_out == printed("r", *query)


def test_what_cannot_be_left_out_is_said(inside: Shell, file: Path) -> None:
    refused(inside("report", "--demo", "--without", "limt"), "--without: there is no option 'limt'", "'limit'?")
    refused(inside("report", "--demo", "--without", "period", "--from", "2026-01-01"), "period is typed beside it")
    refused(inside("save", "x", "--without", "limit", "--limit", "2"), "limit is typed beside it")


def test_every_option_of_report_is_one_of_save() -> None:
    import inspect
    from dataclasses import fields

    from attrib_cli.cli.report_options import EngineOptions
    from attrib_cli.commands.report import report
    from attrib_cli.commands.save import save

    of_one_run = {"name", "strict", "rerun", "ledger", "notify_when", *(field.name for field in fields(EngineOptions))}
    own, more = inspect.signature(report).parameters, inspect.signature(save).parameters
    assert {name: own[name].annotation for name in own if name not in of_one_run}.items() <= {
        name: parameter.annotation for name, parameter in more.items()
    }.items()


def test_all_options_are_kept(shell: Shell, file: Path) -> None:
    fine(
        shell(
            *(
                "save",
                "all",
                "--demo",
                "--type",
                "deal-create",
                "--model",
                "u-shaped",
                "--period",
                "2026",
                "--by",
                "month",
            ),
            *("--campaign", "a, b", "--campaign", "12:30", "--where", "channel=Email|x", "--eligible", "channel!=y"),
            *("--measure", "deals,share", "--sort", "month", "--limit", "9", "--compare", "previous-year"),
            *("--lookback", "90d", "--half-life", "36h", "--output", "x.json", "--excel-safe"),
            *(
                "--without",
                "format",
                "--today",
                "2026-02-01",
                "--description",
                "no: #1",
                "--display",
                "line",
                "--access",
                "view",
            ),
        )
    )
    assert yaml.load(file.read_text(), yaml.BaseLoader)["reports"]["all"] == {
        **{"type": "deal-create", "model": "u-shaped", "by": "month", "period": "2026", "limit": "9"},
        **{"campaign": ["a, b", "12:30"], "where": "channel=Email|x", "eligible": "channel!=y"},
        **{"measure": ["deals", "share"], "sort": "month", "compare": "previous-year", "lookback": "90d"},
        **{"half_life": "36h", "without": "format", "output": "x.json", "excel_safe": "true", "today": "2026-02-01"},
        **{"description": "no: #1", "display": "line", "access": "view", "owner": "ann", "demo": "true"},
    }
    fine(shell("config", "validate"))


@pytest.mark.parametrize(
    ("options", "place"),
    [
        (["--model", "lineer"], "--model"),
        (["--period", "last-quartr"], "--period"),
        (["--from", "31.01.2026"], "--from"),
        (["--period", "2026", "--from", "2026-01-01"], "--period"),
        (["--measure", "revenu"], "--measure"),
        (["--half-life", "2 months"], "--half-life"),
        (["--where", "region"], "--where"),
        (["--type", "lead"], "--type"),
        (["--display", "pie"], "--display"),
        (["--visibility", "nobody"], "--visibility"),
        (["--visibility", "users:"], "--visibility"),
        (["--access", "all"], "--access"),
        (["--dashboard", "none"], "no dashboard"),
        (["--demo", "--data", "x"], "--demo"),
    ],
)
def test_a_wrong_request_is_not_saved(inside: Shell, file: Path, options: list[str], place: str) -> None:
    refused(inside("save", "x", *options), place)
    assert not file.exists()


@pytest.mark.parametrize("name", ["../x", "a/b", ".x", "", "a\x07b"])
def test_wrong_names_are_refused(inside: Shell, file: Path, name: str) -> None:
    refused(inside("save", "--", name), "name")
    assert not file.exists()


def test_saving_over_needs_force_and_changes_nothing_else(shell: Shell, file: Path) -> None:
    file.write_text("# mine\nversion: 1\nreports:\n  # first\n  a: {by: 'x'} # a\n\n  b:\n    by: channel # b\n# end\n")
    before = file.read_bytes()
    refused(shell("save", "b", "--by", "month"), "already", "--force", "attrib.yaml:7")
    assert file.read_bytes() == before
    fine(shell("save", "b", "--by", "month", "--force"))
    assert file.read_text() == (
        "# mine\nversion: 1\nreports:\n  # first\n  a: {by: 'x'} # a\n\n"
        "  b:\n    by: month # b\n    owner: ann\n# end\n"
    )
    assert not file.with_name("attrib.schema.json").exists()


def test_dashboards_on_saving(inside: Shell, file: Path) -> None:
    fine(inside("save", "a", "--new-dashboard", "NO: 1", "--visibility", "users:ann,bo"))
    fine(inside("save", "b", "--dashboard", "NO: 1"))
    refused(inside("save", "c", "--dashboard", "NO: 2"), "NO: 1")
    refused(inside("save", "c", "--new-dashboard", "NO: 1"), "already")
    refused(inside("save", "c", "--dashboard", "NO: 1", "--new-dashboard", "x"), "both")
    refused(inside("save", "c", "--dashboard", "NO: 1", "--visibility", "everyone"), "--visibility")
    written = yaml.safe_load(file.read_text())
    assert written["dashboards"]["NO: 1"]["reports"] == ["a", "b"]
    assert list(written["reports"]) == ["a", "b"]
    assert "c" not in written["reports"]
    refused(inside("report", "b", "--demo", user="cleo"), "no report 'b'")
    fine(inside("report", "b", "--demo", user="bo"))


# --- the list -------------------------------------------------------------------------------------------------------


def test_list_show_rename_clone_delete(inside: Shell, file: Path) -> None:
    fine(inside("save", "a", "--by", "channel", "--new-dashboard", "board"))
    fine(inside("saved", "clone", "a", "b: c"))
    fine(inside("saved", "rename", "a", "1e3"))
    listed = list(csv.DictReader(io.StringIO(fine(inside("saved", "list")))))
    assert [(row["report"], row["by"], row["dashboards"]) for row in listed] == [
        ("1e3", "channel", "board"),
        ("b: c", "channel", ""),
    ]
    assert yaml.safe_load(fine(inside("saved", "show", "b: c"))) == {"b: c": {"by": "channel", "owner": "ann"}}
    assert json.loads(fine(inside("saved", "show", "1e3", "-f", "json")))["by"] == "channel"
    refused(inside("saved", "rename", "1e3", "b: c"), "already")
    refused(inside("saved", "delete", "1e3"), "board", "--force")
    fine(inside("saved", "delete", "1e3", "b: c", "--force"))
    assert yaml.safe_load(file.read_text())["dashboards"]["board"]["reports"] == []
    refused(inside("report", "1e3"), "no report '1e3'")


def test_a_broken_report_leaves_the_others_alone(inside: Shell, file: Path) -> None:
    file.write_text("reports:\n  good: {by: channel, demo: true}\n  bad: {by: channel, perid: 2026}\n")
    fine(inside("report", "good"))
    refused(inside("report", "bad"), "attrib.yaml:3: reports.bad.perid: unknown key", "period")
    done = inside("saved", "list")
    assert fine(done).count("\n") == 2
    assert "bad" in done.stderr
    refused(inside("config", "validate"), "attrib.yaml:3")
    refused(inside("report", "godo"), "Did you mean 'good'?")


# --- visibility -----------------------------------------------------------------------------------------------------


def test_private_definitions_are_those_of_one_user_of_a_login(inside: Shell, file: Path, tmp_path: Path) -> None:
    """One HOME, two values of ATTRIB_USER: what is private to one is not there for the other, who has a name less."""
    home = {"XDG_CONFIG_HOME": str(tmp_path / "shared")}

    def ann(*arguments: object) -> Done:
        return inside(*arguments, user="ann", **home)

    def bo(*arguments: object) -> Done:
        return inside(*arguments, user="bo", **home)

    private = ["--visibility", "private"]
    fine(ann("save", "of ann", "--demo", "--by", "channel", *private))
    fine(ann("save", "common", "--demo", "--by", "month"))
    fine(ann("dashboard", "create", "ann's board", "of ann", *private))
    for arguments in (
        *(["report", "of ann"], ["export", "of ann"], ["saved", "show", "of ann"], ["saved", "delete", "of ann"]),
        *(["saved", "rename", "of ann", "x"], ["saved", "clone", "of ann", "x"], ["edit", "of ann"]),
        *(["dashboard", "create", "x", "of ann"], ["save", "x", "--dashboard", "ann's board"]),
        *(
            ["dashboard", "show", "ann's board"],
            ["dashboard", "delete", "ann's board"],
            ["dashboard", "rename", "ann's board", "x"],
        ),
    ):
        refused(bo(*arguments), "there is no ")
    refused(bo("save", "of ann", "--demo", *private, "--force"), "the name 'of ann' is taken")
    for listed in (bo("saved", "list"), bo("dashboard", "list"), bo("config", "show")):
        assert "of ann" not in fine(listed) and "ann's board" not in listed.stdout
    fine(bo("save", "his", "--demo", "--by", "month", *private))
    fine(bo("dashboard", "create", "own", "common", "his", *private))
    fine(ann("saved", "rename", "common", "shared"))
    assert "channel" in fine(ann("report", "of ann"))
    assert '"shared, his"' in fine(bo("dashboard", "list", "-f", "csv"))
    fine(ann("saved", "delete", "of ann", "--force"))
    assert "his" in fine(bo("saved", "list", "-f", "csv"))


def test_private_reports_are_in_the_users_own_folder(inside: Shell, shell: Shell, file: Path, tmp_path: Path) -> None:
    fine(inside("save", "mine", "--demo", "--by", "channel", "--visibility", "private"))
    assert not file.exists()
    [own] = (tmp_path / ".ann").rglob("*.yaml")
    assert own.stat().st_mode & 0o777 == 0o600
    assert own.parent.stat().st_mode & 0o077 == 0
    fine(inside("report", "mine"))
    refused(inside("report", "mine", user="bo"), "no report")
    refused(shell("report", "mine", cwd=tmp_path / "elsewhere"), "no report")
    fine(inside("save", "all", "--demo"))
    fine(inside("report", "mine"))
    assert "mine" not in file.read_text()
    fine(inside("save", "mine", "--demo", "--visibility", "everyone", "--force"))
    assert "mine:" in file.read_text()
    assert "mine:" not in own.read_text()
    assert own.stat().st_mode & 0o777 == 0o600
    fine(inside("report", "mine", user="bo"))
    refused(inside("save", "mine", "--visibility", "private", "--force", user="bo"), "only ann")


def test_who_is_not_on_the_list_sees_nothing(inside: Shell, file: Path) -> None:
    file.write_text("teams: {sales: [bo, dan]}\n")
    fine(inside("save", "r", "--demo", "--visibility", "teams:sales", "--access", "view"))
    fine(inside("save", "u", "--demo", "--visibility", "users:cleo"))
    before = file.read_bytes()
    for user, seen in (("ann", "ru"), ("bo", "r"), ("cleo", "u"), ("eve", "")):
        rows = list(csv.DictReader(io.StringIO(fine(inside("saved", "list", user=user)))))
        assert "".join(row["report"] for row in rows) == seen
    for command in (["report", "r"], ["saved", "show", "r"], ["saved", "delete", "r"], ["saved", "clone", "r", "x"]):
        refused(inside(*command, user="eve"), "no report 'r'")
    assert "reports.r" not in fine(inside("config", "show", user="eve"))
    refused(inside("save", "r", "--force", user="eve"), "taken")
    refused(inside("edit", "r", user="eve", EDITOR="true"), "no report 'r'")
    for command in (["saved", "rename", "r", "x"], ["saved", "delete", "r"], ["save", "r", "--force"], ["edit", "r"]):
        refused(inside(*command, user="bo", EDITOR="true"), "may view")
    assert file.read_bytes() == before
    fine(inside("report", "r", user="bo"))
    fine(inside("saved", "delete", "r"))


def test_a_folder_that_cannot_be_made_is_said(inside: Shell, file: Path) -> None:
    refused(inside("save", "x", "--visibility", "private", XDG_CONFIG_HOME="/dev/null/x"), "XDG_CONFIG_HOME", code=1)
    assert not file.exists()


def test_the_login_name_counts_where_nothing_else_is_said(shell: Shell, file: Path) -> None:
    fine(shell("save", "r", ATTRIB_USER="", LOGNAME="login", USER="login"))
    assert yaml.safe_load(file.read_text())["reports"]["r"]["owner"] == "login"


# --- edit -----------------------------------------------------------------------------------------------------------


def editor(tmp_path: Path, code: str) -> str:
    script = tmp_path / "editor.py"
    head = "import sys, pathlib; path = pathlib.Path(sys.argv[1]); text = path.read_text()\n"
    script.write_text(head + textwrap.dedent(code))
    return f"'{sys.executable}' '{script}'"


def test_edit_explains_every_key_and_keeps_a_wrong_text(shell: Shell, file: Path, tmp_path: Path) -> None:
    from attrib_cli.config.schema.reference import field_names
    from attrib_cli.config.schema.sections import ReportEntry

    file.write_text("# mine\nreports:\n  r:\n    by: channel  # c\n    limit: 5\n# end\n")
    before = file.read_bytes()
    look = editor(tmp_path, f"pathlib.Path({str(tmp_path / 'seen')!r}).write_text(text)")
    fine(shell("edit", "r", EDITOR=look))
    assert file.read_bytes() == before
    seen = (tmp_path / "seen").read_text()
    for key in field_names(ReportEntry):
        assert f"\n{key}: " in seen or f"\n# {key}:" in seen
    wrong = editor(tmp_path, "path.write_text(text.replace('limit: 5', 'limit: many\\nmodle: x'))")
    done = shell("edit", "r", EDITOR=wrong)
    refused_twice = done.stderr
    assert done.returncode == 2
    assert "limit: expected a whole number" in refused_twice
    assert "modle: unknown key" in refused_twice
    assert "kept" in refused_twice
    assert file.read_bytes() == before
    again = editor(tmp_path, "path.write_text(text.replace('limit: many\\nmodle: x', 'limit: 7\\nmodel: linear'))")
    fine(shell("edit", "r", VISUAL=again, EDITOR="false"))
    assert file.read_text() == "# mine\nreports:\n  r:\n    by: channel  # c\n    limit: 7\n    model: linear\n# end\n"
    look = editor(tmp_path, f"pathlib.Path({str(tmp_path / 'seen')!r}).write_text(text)")
    fine(shell("edit", "r", EDITOR=look))
    assert "limit: 7" in (tmp_path / "seen").read_text()
    refused(shell("edit", "r", EDITOR="false"), "editor", code=1)
    refused(shell("edit", "r", EDITOR="/no/such/editor"), "EDITOR")


def test_on_a_terminal_one_goes_on_editing_at_once(file: Path, tmp_path: Path) -> None:
    import pty

    file.write_text("reports:\n  r: {limit: 5}\n")
    code = "path.write_text(text.replace('limit: 5', 'limit: x') if 'limit: 5' in text else text.replace(': x', ': 7'))"
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "attrib_cli", "edit", "r"],
        cwd=file.parent,
        env=environment(tmp_path, EDITOR=editor(tmp_path, code)),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    os.write(master, b"\n")  # yes, go on
    assert process.wait() == 0
    said = os.read(master, 100_000).decode()
    os.close(master)
    assert "expected a whole number" in said
    assert "saved 'r'" in said
    assert file.read_text() == "reports:\n  r: {limit: 7}\n"


def test_two_edits_at_once_keep_both_texts(shell: Shell, file: Path, tmp_path: Path) -> None:
    file.write_text("reports:\n  r: {limit: 5}\n")
    code = """
        import os, subprocess
        path.write_text(text.replace('limit: 5', 'limit: outer'))
        if 'INNER' not in os.environ:
            subprocess.run([sys.executable, '-m', 'attrib_cli', 'edit', 'r'], env={**os.environ, 'INNER': '1'})
        else:
            path.write_text(text.replace('limit: 5', 'limit: inner'))
    """
    assert shell("edit", "r", EDITOR=editor(tmp_path, code)).returncode == 2
    kept = [path.read_text() for path in (tmp_path / ".ann").rglob("unfinished/*.yaml")]
    assert sorted("inner" in text for text in kept) == [False, True]
    assert sorted("outer" in text for text in kept) == [False, True]


def test_editors_have_arguments_and_vi_is_one(shell: Shell, file: Path, tmp_path: Path) -> None:
    file.write_text("reports:\n  r: {limit: 5}\n")
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "vi").write_text("#!/bin/sh\nsed -i 's/limit: 5/limit: 6/' \"$1\"\n")
    (bin / "vi").chmod(0o755)
    path = f"{bin}:{os.environ['PATH']}"
    fine(shell("edit", "r", VISUAL="", EDITOR="", PATH=path))
    fine(shell("edit", "r", VISUAL="", EDITOR="sed -i -e 's/limit: 6/limit: 8/'", PATH=path))
    assert file.read_text() == "reports:\n  r: {limit: 8}\n"
    for wrong in ("/no/such/editor", "'unclosed", " "):
        refused(shell("edit", "r", VISUAL="", EDITOR=wrong), "EDITOR")


def test_a_change_of_somebody_else_meanwhile_is_not_lost(shell: Shell, file: Path, tmp_path: Path) -> None:
    file.write_text("reports:\n  r: {limit: 5}\n")
    code = f"""
        path.write_text(text.replace('limit: 5', 'limit: 6'))
        other = pathlib.Path({str(file)!r})
        other.write_text(other.read_text().replace('limit: 5', 'limit: 9'))
    """
    refused_done = shell("edit", "r", EDITOR=editor(tmp_path, code))
    assert refused_done.returncode == 2
    assert "meanwhile" in refused_done.stderr
    assert file.read_text() == "reports:\n  r: {limit: 9}\n"


# --- config ---------------------------------------------------------------------------------------------------------


def test_config_says_where_values_come_from(shell: Shell, file: Path) -> None:
    file.write_text("timezone: Europe/Rome\nexclude:\n  asset_types: []\nreports:\n  r: {by: [a, NO]}\n")
    shown = {row["key"]: row for row in csv.DictReader(io.StringIO(fine(shell("config", "show"))))}
    assert (shown["timezone"]["value"], shown["timezone"]["from"]) == ("Europe/Rome", "attrib.yaml:1")
    assert (shown["reports.r.by[1]"]["value"], shown["reports.r.by[1]"]["from"]) == ("NO", "attrib.yaml:5")
    assert (shown["week_starts_on"]["value"], shown["week_starts_on"]["from"]) == ("monday", "built in")
    assert shown["exclude.asset_types"]["from"] == "attrib.yaml:3"


def test_validate_says_all_at_once_and_what_leads_nowhere(inside: Shell, file: Path) -> None:
    file.write_text("timezon: UTC\nreports:\n  r: {modle: linear}\n  ../x: {by: a}\n")
    done = inside("config", "validate")
    assert done.returncode == 2
    for words in (
        "attrib.yaml:1: timezon",
        "Did you mean 'timezone'",
        "attrib.yaml:3: reports.r.modle",
        "attrib.yaml:4",
    ):
        assert words in done.stderr
    file.write_text(
        "reports:\n  r: {model: [linear, lineer], visibility: 'teams:sale'}\n"
        "  s: {model: w-shaped, type: contact-create}\n  t: {model: lineal, where: [region=EMEA, region]}\n"
        "dashboards:\n  d: {reports: [r, q]}\nteams: {sales: [bo]}\n"
    )
    done = inside("config", "validate")
    assert done.returncode == 2
    for words in (
        "attrib.yaml:2: reports.r.model[1]: there is no model 'lineer'",
        "no team 'sale'",
        "attrib.yaml:3: reports.s.model: the model 'w-shaped' does not fit a contact-create report",
        "attrib.yaml:4: reports.t.model: there is no model 'lineal'",
        "attrib.yaml:4: reports.t.where[1]: 'region' is not a filter",
        "attrib.yaml:6: dashboards.d.reports[1]: there is no report",
    ):
        assert words in done.stderr
    file.write_text("version: 1\n")
    assert "all is well" in inside("config", "validate").stderr


def test_schema_is_printed_and_installed(shell: Shell, file: Path) -> None:
    schema = json.loads(fine(shell("config", "schema")))
    assert {"reports", "dashboards", "teams", "notifications"} <= set(schema["properties"])
    assert "from" in schema["$defs"]["ReportEntry"]["properties"]
    file.write_text("version: 1 # v\n")
    fine(shell("config", "schema", "--install"))
    fine(shell("config", "schema", "--install"))
    assert file.read_text() == "# yaml-language-server: $schema=attrib.schema.json\nversion: 1 # v\n"
    assert json.loads(file.with_name("attrib.schema.json").read_text()) == schema


# --- several at once, and the end of the world ----------------------------------------------------------------------

SAVER = """
import sys
from pathlib import Path
from attrib_cli.config.schema.sections import ReportEntry
from attrib_cli.saved.library import Library, SavedReport
from attrib_cli.config.load import load_config
who, count = sys.argv[1], int(sys.argv[2])
path = Path("attrib.yaml")
for i in range(count):
    config = load_config(path) if path.exists() else None
    library = Library.open(config, user=who, environ={"XDG_CONFIG_HOME": sys.argv[3]}, folder=Path.cwd())
    print("saving", i, flush=True)
    library.save_report(SavedReport(name=f"{who}-{i}", definition=ReportEntry(by=("channel",))), force=True)
"""


def saver(folder: Path, who: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SAVER, who, str(count), str(folder / ".home")]
    return subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, text=True)


def test_processes_that_save_at_once_all_succeed(file: Path) -> None:
    file.write_text("# mine\nreports:\n  first: {by: x} # one\n# end\n")
    running = [saver(file.parent, who, 6) for who in ("a", "b", "c")]
    assert [process.wait() for process in running if process.communicate()] == [0, 0, 0]
    text = file.read_text()
    assert text.startswith("# mine\nreports:\n  first: {by: x} # one\n")
    assert text.endswith("# end\n")
    assert set(yaml.safe_load(text)["reports"]) == {"first", *(f"{who}-{i}" for who in "abc" for i in range(6))}
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == ["attrib.yaml"]


def test_two_commands_at_once_make_one_file(shell: Shell, tmp_path: Path, file: Path) -> None:
    commands = [[sys.executable, "-m", "attrib_cli", "save", name, "--by", "channel"] for name in ("x", "y")]
    running = [
        subprocess.Popen(command, cwd=file.parent, env=environment(tmp_path), stderr=subprocess.PIPE)
        for command in commands
    ]
    errors = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], errors
    assert set(yaml.safe_load(file.read_text())["reports"]) == {"x", "y"}


def test_a_killed_process_leaves_the_old_file_or_the_new_one(file: Path) -> None:
    file.write_text("# mine\nreports:\n  first: {by: x} # one\n# end\n")
    for turn in range(8):
        before = yaml.safe_load(file.read_text())["reports"]
        process = saver(file.parent, f"t{turn}", 1000)
        assert process.stdout is not None
        for _ in range(turn + 1):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        text = file.read_text()
        assert text.startswith("# mine\nreports:\n  first: {by: x} # one\n")
        assert text.endswith("# end\n")
        after = yaml.safe_load(text)["reports"]
        assert list(after)[: len(before)] == list(before)
        assert all(entry["by"] for entry in after.values())


def test_completion_offers_saved_names(
    shell: Shell, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from attrib_cli.cli import completion

    file.write_text(
        "reports:\n  Spring: {by: x}\n  summer: {visibility: 'users:zoe'}\ndashboards: {Sales: {reports: []}}\n"
    )
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".home"))
    monkeypatch.setenv("ATTRIB_USER", "ann")
    assert completion.saved_reports("s") == ["Spring"]
    assert completion.dashboards("") == ["Sales"]
    file.write_text("reports: [")
    assert completion.saved_reports("") == []


# --- names on several lines -----------------------------------------------------------------------------------------


def test_names_with_line_breaks_work_wherever_a_name_goes(inside: Shell, file: Path, tmp_path: Path) -> None:
    name, board, state = "Spring:\n\tsales", "Mon\nday", {"XDG_STATE_HOME": str(tmp_path / "state")}
    done = inside("save", name, "--demo", "--by", "channel", "--new-dashboard", board)
    assert fine(done) == ""
    assert done.stderr == "saved 'Spring:\\n\\tsales' at attrib.yaml:5\n"
    assert yaml.safe_load(file.read_text())["dashboards"][board]["reports"] == name
    assert "channel" in fine(inside("report", name))
    assert [row["report"] for row in json.loads(fine(inside("saved", "list", "-f", "json")))] == [name]
    assert [row["report"] for row in csv.DictReader(io.StringIO(fine(inside("saved", "list"))))] == [name]
    assert "Spring:\\n\\tsales " in fine(inside("saved", "list", "-f", "table"))
    assert yaml.safe_load(fine(inside("saved", "show", name))).keys() == {name}
    assert "Spring:\\n\\tsales" in fine(inside("dashboard", "show", board))
    assert json.loads(fine(inside("dashboard", "show", board, "-f", "json")))["reports"][0]["name"] == name
    refused(inside("report", "Spring:\n\tsale"), "no report 'Spring:\\n\\tsale'", "'Spring:\\n\\tsales'?")
    refused(inside("saved", "delete", name), "'Spring:\\n\\tsales' is on 'Mon\\nday'")
    fine(inside("edit", name, EDITOR=editor(tmp_path, "path.write_text(text.replace('# limit:', 'limit: 2'))")))
    assert yaml.safe_load(file.read_text())["reports"][name]["limit"] == 2
    fine(inside("export", name, "-f", "csv,xlsx", **state))
    assert {path.name for path in file.parent.glob("S*")} == {"Spring:␊␉sales.csv", "Spring:␊␉sales.xlsx"}
    fine(inside("save", "x", "--demo", "--dashboard", board))
    fine(inside("dashboard", "export", board, "-f", "xlsx", **state))
    fine(inside("dashboard", "remove", board, "x"))
    assert (file.parent / "Mon␊day.xlsx").exists()
    messages = json.loads(fine(inside("notifications", "list", "-f", "json", **state)))
    assert {message["what"] for message in messages} == {name, f"{name}, x"}
    refused(inside("schedule", name, "--cron", "@daily", **state), "'Spring:\\n\\tsales' cannot stand in a schedule")
    fine(inside("saved", "rename", name, "one\ttab"))
    assert "'one\ttab'" in fine(inside("schedule", "one\ttab", "--cron", "@daily", **state))
    assert yaml.safe_load(file.read_text())["dashboards"][board]["reports"] == ["one\ttab"]
    fine(inside("dashboard", "rename", board, "x\ny"))
    fine(inside("saved", "delete", "one\ttab", "--force"))
    assert yaml.safe_load(file.read_text())["dashboards"] == {"x\ny": {"reports": [], "owner": "ann"}}


# --- those who are not on the list -----------------------------------------------------------------------------------

SECRETS = """\
version: 1
teams: {sales: [bo]}
reports:
  topsecret: {by: channel, demo: true, owner: ann, visibility: 'users:bo'}
  brokensecret: {bi: channel, owner: ann, visibility: 'users:bo'}
  teamsecret: {model: lineer, owner: ann, visibility: 'teams:sales', access: view}
  open: {by: month, demo: true, owner: ann}
dashboards:
  hiddenboard: {reports: [topsecret], owner: ann, visibility: 'users:bo'}
"""


@pytest.mark.parametrize(
    "command",
    [
        *("saved list", "saved list -f json", "config show", "config validate", "dashboard list", "report topsecre"),
        *("saved show opensecret", "dashboard show hiddenboar", "export brokensecre", "saved delete teamsecre"),
        *("schedule topsecre --cron @daily", "edit topsecre", "save x --dashboard hiddenboar", "report x --demo"),
    ],
)
def test_names_of_what_one_may_not_see_are_nowhere(command: str, inside: Shell, file: Path) -> None:
    """Whoever is close to a name is not told it, and no list and no error has it."""
    file.write_text(SECRETS)
    done = inside(*command.split(), user="eve", XDG_STATE_HOME=str(file.parent / "state"))
    for name in ("topsecret", "brokensecret", "teamsecret", "hiddenboard"):
        assert name not in done.stdout + done.stderr
    assert file.read_text() == SECRETS
    if command == "config validate":
        refused(done, "attrib.yaml:5: something is wrong", "attrib.yaml:6: something is wrong")
        refused(inside("config", "validate", user="bo"), "reports.brokensecret.bi", "reports.teamsecret.model")


@pytest.mark.parametrize(
    "command",
    [
        *("report topsecret", "saved show topsecret", "saved rename topsecret x", "saved clone topsecret x"),
        *("saved delete topsecret", "edit topsecret", "export topsecret", "schedule topsecret --cron @daily"),
        *("dashboard create x topsecret", "dashboard add open topsecret", "saved rename open topsecret"),
        *("save topsecret --force", "dashboard show hiddenboard", "dashboard delete hiddenboard"),
        *("dashboard rename hiddenboard x", "dashboard clone hiddenboard x", "dashboard create hiddenboard --force"),
        *("export --dashboard hiddenboard", "save x --dashboard hiddenboard", "report brokensecret"),
    ],
)
def test_who_knows_a_name_has_nothing_of_it(command: str, inside: Shell, file: Path) -> None:
    """It is as if there were none, but that the name is taken."""
    file.write_text(SECRETS)
    done = inside(*command.split(), user="eve", EDITOR="true", XDG_STATE_HOME=str(file.parent / "state"))
    assert done.returncode == 2
    assert done.stderr.startswith(("error: there is no ", "error: the name "))
    assert "attrib.yaml" not in done.stderr
    assert file.read_text() == SECRETS


def test_a_report_is_seen_by_those_who_see_its_dashboard(inside: Shell, file: Path) -> None:
    file.write_text("teams: {sales: [bo]}\n")
    fine(inside("save", "r", "--demo", "--visibility", "users:cleo"))
    fine(inside("dashboard", "create", "b", "r", "--visibility", "teams:sales", "--access", "view"))
    for user, sees in (("ann", True), ("bo", True), ("cleo", False), ("eve", False)):
        assert (inside("saved", "show", "r", user=user).returncode == 0) == sees
    fine(inside("report", "r", user="bo"))
    refused(inside("save", "r", "--force", user="bo"), "may view")
    fine(inside("dashboard", "remove", "b", "r"))
    for user, sees in (("ann", True), ("bo", True), ("cleo", False)):  # it keeps what it had, and nobody more sees it
        assert (inside("saved", "show", "r", user=user).returncode == 0) == sees
