"""README's commands do what it says they do."""

import gzip
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from program import run_text

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(?:sh|bash)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SESSIONS = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LINES = [line.removeprefix("$ ") for session in SESSIONS for line in session.splitlines()]


def test_there_are_two_commands_of_one_line() -> None:
    assert len(BLOCKS) == 2
    assert all(block.count("\n") == 1 for block in BLOCKS)


LARGE = ("duckdb", "numpy", "openpyxl", "pyarrow", "pyyaml", "rich", "scipy", "typer", "tzdata", "xlsxwriter")
"""Packages that we ask for and that take long to unpack; they are here already."""

BROUGHT = ("markdown-it-py", "pydantic", "pydantic-core", "pygments")
"""The same of those that these ask for."""


def linked(folder: Path) -> Path:
    """A folder with the large packages alone, as pip finds them installed; they are those that this test runs with."""
    folder.mkdir()
    for name in (*LARGE, *BROUGHT):
        for file in metadata.distribution(name).files or ():
            top = file.parts[0]
            if top != ".." and not (folder / top).exists():
                (folder / top).symlink_to(file.locate().parents[len(file.parts) - 1].resolve() / top)
    return folder


def test_the_first_command_installs_and_runs_the_main_job(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, files):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("ATTRIB_", "VIRTUAL_ENV", "PYTHON"))}
    environ |= {"PIP_NO_COMPILE": "1", "PYTHONPATH": str(linked(tmp_path / "large"))}  # what runs is compiled then
    done = subprocess.run(["bash", "-c", BLOCKS[0]], cwd=clone, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("campaign,model,revenue,deals,interactions,share\nSpring Launch,linear,")
    code = "from importlib.metadata import requires; print(*requires('attrib-cli'), sep='\\n')"
    needed = subprocess.run(
        [clone / ".venv/bin/python", "-c", code], cwd=tmp_path, capture_output=True, text=True, env=environ
    )
    assert {*LARGE} <= {re.split(r"\W", line)[0] for line in needed.stdout.splitlines() if "extra ==" not in line}
    shutil.rmtree(clone / "examples")
    shutil.rmtree(clone / "attrib_cli")
    elsewhere = subprocess.run(
        [clone / ".venv/bin/attrib", "report", "--demo"], cwd=tmp_path, capture_output=True, text=True, env=environ
    )
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert "Spring Launch" in elsewhere.stdout


def test_every_line_runs_as_it_stands_in_a_folder_that_holds_only_exports(tmp_path: Path) -> None:
    """One after the other, pipes by a shell; programs of others are stood in for by ones that let all through."""
    project, programs = tmp_path / "project", tmp_path / "programs"
    shutil.copytree(ROOT / "examples" / "data", project / "exports")
    with gzip.open(project / "touchpoints.csv.gz", "wb") as packed:
        packed.write((project / "exports" / "touchpoints.csv").read_bytes())
    programs.mkdir()
    for name, body in {
        "attrib": f'exec {sys.executable} -m attrib_cli "$@"',
        "xan": "exec cat",
        "crontab": 'if [ "$1" = -l ]; then echo "no crontab" >&2; exit 1; else exec cat; fi',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    homes = {name: str(tmp_path / name) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    own = {"PYTHONPATH": str(ROOT), "ATTRIB_TODAY": "2026-08-15", "PATH": path}
    environ = {k: v for k, v in os.environ.items() if not k.startswith("ATTRIB_")} | homes | own
    assert len(LINES) >= 13
    for line in LINES:
        if "|" in line:
            command = ["bash", "-o", "pipefail", "-c", line]
            done = subprocess.run(command, cwd=project, capture_output=True, text=True, env=environ)
        else:
            name, *arguments = shlex.split(line)
            assert name == "attrib" and not {*"$`;&<>"} & {*line}, (line, "means more to a shell than words")
            done = run_text(arguments, cwd=project, env=environ)
        assert done.returncode == 0, (line, done.stderr)
        assert "warning" not in done.stderr or "--confidence" in line, (line, done.stderr)
        said = done.stdout or done.stderr
        assert said, line
        if "report" in line and done.stdout:
            assert len(done.stdout.splitlines()) > 2, (line, done.stdout)
    made = {path.suffix for path in project.iterdir() if path.is_file()}
    assert made == {".gz", ".yaml", ".json", ".xlsx", ".csv", ".parquet"}


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
