"""What the machine refuses, and how a run ends: full streams, no temporary folder, few addresses, Ctrl-C, bad bytes."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from attrib_cli.engine.backends.duckdb import connection
from attrib_cli.engine.errors import UsageError

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "attrib_cli"]


def attrib(folder: Path, *arguments: str | bytes, **more: object) -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("ATTRIB_", "XDG_"))}
    environ |= {"PYTHONPATH": str(ROOT), "HOME": str(folder / "home")} | more.pop("env", {})
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.run([*PROGRAM, *arguments], cwd=folder, env=environ, text=True, timeout=60, **streams)


@pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"], ["--version"], ["report", "--demo"]])
def test_a_full_standard_output_is_said(arguments: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = attrib(tmp_path, *arguments, stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith("error: standard output: cannot be written: No space left on device\n")


def test_a_full_standard_error_changes_nothing(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = attrib(tmp_path, "report", "--demo", "-v", stderr=full)
        assert done.returncode == 0 and done.stdout.startswith("campaign,")
        assert attrib(tmp_path, "report", "--demo", "-m", "none", stderr=full).returncode == 2


@pytest.mark.parametrize("kind", ["report", "export", "dashboard"])
def test_no_usable_temporary_folder_is_said(kind: str, tmp_path: Path) -> None:
    more = {"report": [], "export": ["-f", "xlsx"], "dashboard": []}[kind]
    command = ["report", "--demo"] if kind == "report" else ["export", "--demo", *more]
    if kind == "dashboard":
        command = ["report", "--data", "-"]
    code = f"""
import sys, tempfile
tempfile._candidate_tempdir_list = lambda: ["/nowhere"]
from attrib_cli.app import run
sys.exit(run({command!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        input="contact_id,occurred_at\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "error: no folder for temporary files can be used: " in done.stderr and "TMPDIR" in done.stderr


def test_too_few_addresses_are_said_before_the_engine_falls(tmp_path: Path) -> None:
    few = 150_000 << 10
    done = attrib(tmp_path, "report", "--demo", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (few, few)))
    assert done.returncode == 1 and done.stderr.startswith("error: ") and "bug" not in done.stderr, done.stderr


@pytest.mark.parametrize("module", ["typer", "attrib_cli.commands.report", "duckdb"])
def test_ctrl_c_during_imports_is_an_ending_like_any_other(module: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"""
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
""")
    done = attrib(tmp_path, "report", "--demo", env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")


def test_ctrl_c_stays_ignored_where_the_shell_has_it_ignored(tmp_path: Path) -> None:
    done = attrib(tmp_path, "--version", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert done.returncode == 0


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    done = attrib(tmp_path, "report", "--demo", "--where", os.fsdecode(b"country=\xff"))
    assert done.returncode == 2 and "error: 'country=\\xff' is not UTF-8" in done.stderr


def test_a_memory_limit_that_is_no_size_is_a_mistake_in_the_request(tmp_path: Path) -> None:
    for text in ("foo", "-1", "0", "0GB", "2", "1e3MB", "GB", "-2GB", "\u0662GB", os.fsdecode(b"\xff")):
        with pytest.raises(UsageError, match="is not a size"), connection(memory_limit=text):
            pass
    for text in ("2GB", "1.5 gib", " 900MB "):
        with connection(memory_limit=text) as con:
            assert con.execute("SELECT 1").fetchone() == (1,)
    done = attrib(tmp_path, "report", "--demo", env={"ATTRIB_MEMORY_LIMIT": "-1"})
    assert done.returncode == 2 and "'-1' is not a size" in done.stderr and "ATTRIB_MEMORY_LIMIT" in done.stderr


def test_a_file_where_a_state_folder_should_be_is_said(tmp_path: Path) -> None:
    state = tmp_path / "state" / "attrib"
    state.mkdir(parents=True)
    (state / "locks").touch()
    (state / "logs").touch()
    where = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert attrib(tmp_path, "save", "weekly", "--demo").returncode == 0
    for arguments in (["export", "--demo"], ["schedule", "weekly", "--cron", "@daily"]):
        done = attrib(tmp_path, *arguments, env=where)
        assert done.returncode == 1 and "this folder cannot be made: a file has this name" in done.stderr, done.stderr
        assert "XDG_STATE_HOME" in done.stderr


def test_the_log_of_a_schedule_is_for_its_user_alone(tmp_path: Path) -> None:
    assert attrib(tmp_path, "save", "weekly", "--demo").returncode == 0
    arguments = ["schedule", "weekly", "--cron", "@daily"]
    done = attrib(tmp_path, *arguments, env={"XDG_STATE_HOME": str(tmp_path)}, preexec_fn=lambda: os.umask(0) and None)
    assert done.returncode == 0, done.stderr
    log = tmp_path / "attrib" / "logs" / "weekly.log"
    assert [oct(path.stat().st_mode & 0o777) for path in (log, log.parent)] == ["0o600", "0o700"]
