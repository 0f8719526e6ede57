"""Locks: many real processes save at once, with the system's locks and without, and none is shut out by a dead one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCKS = {
    "folders": "",
    "no module": "sys.modules['fcntl'] = None",
    "no locks for folders": """
import errno, fcntl
def flock(*_):
    raise OSError(errno.ENOLCK, "No locks available")
fcntl.flock = flock
""",
}
SAVERS = """
import os, sys, tempfile
from pathlib import Path
from attrib_cli.saved import locking
from attrib_cli.config.schema.sections import ReportEntry
from attrib_cli.saved.library import Library, SavedReport

locking.PATIENCE = 600.0

def save(name, folder=Path.cwd()):
    library = Library.open(None, user="ann", environ={"XDG_CONFIG_HOME": "/nowhere"}, folder=folder)
    library.save_report(SavedReport(name=name, definition=ReportEntry(by=("channel",))), force=False)

with tempfile.TemporaryDirectory() as elsewhere:  # so that each child need not import everything anew
    save("first", Path(elsewhere))
children = []
for number in range(int(sys.argv[1])):
    child = os.fork()
    if not child:
        code = 1
        try:
            save(f"r{number}")
            code = 0
        finally:
            os._exit(code)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def run(folder: Path, locks: str, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{LOCKS[locks]}\n{code}", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("locks", LOCKS)
def test_twenty_processes_that_save_at_once_all_succeed(locks: str, tmp_path: Path) -> None:
    """Without an attrib.yaml at the beginning: they agree on who makes it, too."""
    done = run(tmp_path, locks, SAVERS, "20")
    assert done.returncode == 0, done.stderr
    written = yaml.safe_load((tmp_path / "attrib.yaml").read_text())
    assert set(written["reports"]) == {f"r{number}" for number in range(20)}
    assert {path.name for path in tmp_path.iterdir()} == {"attrib.yaml", "attrib.schema.json"}


def test_the_lock_file_of_a_process_that_was_killed_is_taken_away(tmp_path: Path) -> None:
    code = """
import os, signal
from pathlib import Path
from attrib_cli.system.locks import locked

with locked(Path.cwd()) as taken:
    print(taken, os.listdir())
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = run(tmp_path, "no module", code)
    assert killed.stdout == "True ['.attrib.lock']\n" and (tmp_path / ".attrib.lock").exists(), killed.stderr
    done = run(tmp_path, "no module", SAVERS, "1")
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load((tmp_path / "attrib.yaml").read_text())["reports"]) == {"r0"}
    assert {path.name for path in tmp_path.iterdir()} == {"attrib.yaml", "attrib.schema.json"}


@pytest.mark.parametrize("locks", ["folders", "no module"])
def test_who_waits_in_vain_is_told_so(locks: str, tmp_path: Path) -> None:
    code = """
from pathlib import Path
from attrib_cli.saved import locking
from attrib_cli.engine.errors import AttribError

locking.PATIENCE = 0.1
with locking.locked_folders([Path.cwd()]):
    try:
        with locking.locked_folders([Path.cwd()]):
            pass
    except AttribError as error:
        print(error)
"""
    done = run(tmp_path, locks, code)
    assert "another process is saving here and does not end" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []
