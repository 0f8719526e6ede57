"""Folders of one user, and files that killed processes leave: where they are, who can open them, and when they go."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import platformdirs
import pytest

from attrib_cli.engine.errors import AttribError
from attrib_cli.system import folders
from attrib_cli.system.atomic_files import write_file
from attrib_cli.system.folders import config_folder, lock_of, make_private, state_folder

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere both ask the library")
@pytest.mark.parametrize("named", [True, False])
def test_folders_are_those_of_platformdirs(named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable) if named else "relative/does/not/count")
    assert config_folder(os.environ) == platformdirs.user_config_path("attrib")
    assert state_folder(os.environ) == platformdirs.user_state_path("attrib")


def test_elsewhere_the_folder_that_a_user_has_had_stays_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS and Windows definitions were below ~/.config before; nobody is to lose them."""
    monkeypatch.setattr(folders.sys, "platform", "darwin")
    monkeypatch.setattr(platformdirs.PlatformDirs, "user_config_path", tmp_path / "Library")
    assert config_folder({"HOME": str(tmp_path)}) == tmp_path / "Library"
    (tmp_path / ".config" / "attrib").mkdir(parents=True)
    assert config_folder({"HOME": str(tmp_path)}) == tmp_path / ".config" / "attrib"


def test_folders_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "a" / "b" / "c", variable="X")
        lock_of({"XDG_STATE_HOME": str(tmp_path / "state")}, "report.csv")
    finally:
        os.umask(before)
    made = [tmp_path / name for name in ("a", "a/b", "a/b/c", "state", "state/attrib", "state/attrib/locks")]
    assert [oct(folder.stat().st_mode & 0o777) for folder in made] == [oct(0o700)] * len(made)


def test_a_file_where_a_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(AttribError, match="this folder cannot be made") as caught:
            make_private(folder, variable="XDG_STATE_HOME")
        assert "XDG_STATE_HOME" in str(caught.value.hint)


KILLED = """
import os, signal, sys
from pathlib import Path
from attrib_cli.system.atomic_files import write_file
if sys.argv[1] == "named":
    os.O_TMPFILE = 0
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write_file("report.csv", [b"half"])
"""


@pytest.mark.parametrize("way", ["nameless", "named"])
def test_what_a_killed_process_left_goes_with_the_next_file(way: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, way], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    settled = time.time() - 10
    os.utime(left, (settled, settled))
    others = [tmp_path / name for name in (".report.csv.0123abcd.tmp", ".x.attrib-0123abcd.tmp", ".y.attrib-1.tmp")]
    for other in others:
        other.touch()
    os.utime(others[0], (1, 1))
    os.utime(others[1], (settled, settled))
    with others[1].open() as at_work:
        fcntl.flock(at_work, fcntl.LOCK_EX)
        write_file(str(tmp_path / "other.csv"), [b"whole"])
    assert sorted(tmp_path.iterdir()) == sorted([*others, tmp_path / "other.csv"])
