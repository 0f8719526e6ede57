"""README's commands do what it says they do."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(?:sh|bash)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SESSION = re.search(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LINES = [line[2:] for line in SESSION[1].splitlines() if line.startswith("$ attrib")] if SESSION else []


def test_there_are_two_commands_of_one_line() -> None:
    assert len(BLOCKS) == 2
    assert all(block.count("\n") == 1 for block in BLOCKS)


def test_the_first_command_installs_and_runs_the_main_job(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, files):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("ATTRIB_", "VIRTUAL_ENV", "PYTHON"))}
    done = subprocess.run(["bash", "-c", BLOCKS[0]], cwd=clone, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("campaign,model,revenue,deals,interactions,share\nSpring Launch,linear,")
    shutil.rmtree(clone / "examples")
    shutil.rmtree(clone / "attrib_cli")
    elsewhere = subprocess.run(
        [clone / ".venv/bin/attrib", "report", "--demo"], cwd=tmp_path, capture_output=True, text=True, env=environ
    )
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert "Spring Launch" in elsewhere.stdout


@pytest.mark.parametrize("line", LINES)
def test_the_session_runs(line: str) -> None:
    command = shlex.split(line.split("|")[0].strip() if "|" in line and "zcat" not in line else line)
    if "--data" in command:
        command[command.index("--data") + 1] = "examples/data"
    else:
        command += ["--data", "examples/data"]
    done = subprocess.run([sys.executable, "-m", "attrib_cli", *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_library_example_runs() -> None:
    code = re.search(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert code is not None
    done = subprocess.run([sys.executable, "-c", code[1]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "linear" in done.stdout


def test_the_picture_of_a_table_is_what_is_shown() -> None:
    picture = re.search(r"^```text\n\$ attrib ([^\n]*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert picture is not None
    command = [sys.executable, "-m", "attrib_cli", *shlex.split(picture[1]), "--format", "table"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == picture[2]


def test_the_session_of_saving_runs_in_a_project_of_its_own(tmp_path: Path) -> None:
    sessions = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    shutil.copytree(ROOT / "examples", tmp_path / "project")
    (tmp_path / "project" / "out").mkdir()
    homes = {name: str(tmp_path / name) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    environ = os.environ | homes | {"PYTHONPATH": str(ROOT), "ATTRIB_TODAY": "2026-08-15"}
    for line in sessions[1].splitlines():
        command = [part for part in shlex.split(line.removeprefix("$ attrib ")) if part != "--install"]
        done = subprocess.run(
            [sys.executable, "-m", "attrib_cli", *command],
            cwd=tmp_path / "project",
            capture_output=True,
            text=True,
            env=environ,
        )
        assert done.returncode == 0, (line, done.stderr)
    assert (tmp_path / "project" / "ledger.parquet").is_file()
    assert sorted(path.suffix for path in (tmp_path / "project" / "out").iterdir()) == [".csv", ".xlsx"]
