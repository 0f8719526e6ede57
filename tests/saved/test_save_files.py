"""Saving where the system refuses: permissions, full disks and links, each as a process without privileges sees it."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEFORE = b"# mine\nversion: 1\nreports:\n  r: {by: x} # one\n"
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith(("ATTRIB_", "XDG_"))}


def without_privileges() -> list[str]:
    """The beginning of a command that permissions hold for, as they do for everybody but root."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("permissions mean nothing to root, and setpriv is missing")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def attrib(folder: Path, *arguments: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program in `folder` without privileges, with no file larger than `limit`."""

    def prepare() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [*without_privileges(), sys.executable, "-B", "-m", "attrib_cli", *arguments],
        cwd=folder,
        env=ENVIRON | {"PYTHONPATH": str(ROOT), "ATTRIB_USER": "ann", "XDG_CONFIG_HOME": str(folder)},
        preexec_fn=prepare,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with an attrib.yaml."""
    found = tmp_path / "project"
    found.mkdir()
    (found / "attrib.yaml").write_bytes(BEFORE)
    yield found
    found.chmod(0o755)


def refused(done: subprocess.CompletedProcess[str], folder: Path, *words: str, code: int = 1) -> None:
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stderr.startswith("error: ")
    assert "hint: " in done.stderr
    for word in words:
        assert word in done.stderr
    assert (folder / "attrib.yaml").read_bytes() == BEFORE
    assert [path.name for path in folder.iterdir()] == ["attrib.yaml"]


def test_a_file_that_must_not_be_read(folder: Path) -> None:
    (folder / "attrib.yaml").chmod(0)
    for command in (["save", "x"], ["saved", "list"], ["report", "r"], ["config", "validate"]):
        refused(attrib(folder, *command), folder, "attrib.yaml: the configuration cannot be read: permission", code=2)


def test_a_file_that_must_not_be_written(folder: Path) -> None:
    (folder / "attrib.yaml").chmod(0o444)
    for command in (["save", "x"], ["saved", "rename", "r", "x"], ["saved", "delete", "r"]):
        refused(attrib(folder, *command), folder, "attrib.yaml: cannot be written: Permission denied", "Nothing was")


def test_a_folder_that_must_not_be_written(folder: Path) -> None:
    folder.chmod(0o555)
    refused(attrib(folder, "save", "x"), folder, "attrib.yaml: cannot be written: Permission denied", "Nothing was")
    folder.chmod(0o755)
    (folder / "attrib.yaml").unlink()
    folder.chmod(0o555)
    done = attrib(folder, "save", "x")
    assert done.returncode == 1
    assert "attrib.yaml: cannot be written: Permission denied" in done.stderr


def test_a_limit_on_the_size_of_files(folder: Path) -> None:
    done = attrib(folder, "save", "x", limit=10)
    refused(done, folder, "attrib.yaml: cannot be written: File too large", "Nothing was changed")


def test_a_full_disk(tmp_path: Path) -> None:
    """On a file system of some pages, which is full."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k,mode=777", "none", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this system lets us mount nothing")
    try:
        (tmp_path / "attrib.yaml").write_bytes(BEFORE)
        with pytest.raises(OSError, match="No space"), (tmp_path / "rest").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 512)
        done = attrib(tmp_path, "save", "x")
        (tmp_path / "rest").unlink()
        refused(done, tmp_path, "attrib.yaml: cannot be written: No space left on device", "Nothing was changed")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_link_stays_one_and_the_file_keeps_its_mode_and_owner(folder: Path) -> None:
    real = folder / "shared"
    real.mkdir(mode=0o777)
    (folder / "attrib.yaml").rename(real / "team.yaml")
    (folder / "attrib.yaml").symlink_to(Path("shared") / "team.yaml")
    (real / "team.yaml").chmod(0o666)
    if os.geteuid() == 0:
        os.chown(real / "team.yaml", 65534, 65533)  # somebody else's, so that the folders must be trusted
        (folder / "attrib").mkdir(exist_ok=True)
        (folder / "attrib" / "trusted").write_text(f"{folder}\n{real}\n")
    before = (real / "team.yaml").stat()
    assert attrib(folder, "save", "x").returncode == 0
    assert (folder / "attrib.yaml").readlink() == Path("shared") / "team.yaml"
    after = (real / "team.yaml").stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert (real / "team.yaml").read_bytes().startswith(BEFORE)


def test_a_link_to_nowhere_and_a_folder_of_that_name_are_said(folder: Path) -> None:
    (folder / "attrib.yaml").unlink()
    (folder / "attrib.yaml").symlink_to("nowhere.yaml")
    assert "cannot be read" in attrib(folder, "save", "x").stderr
    assert not (folder / "nowhere.yaml").exists()
    (folder / "attrib.yaml").unlink()
    (folder / "attrib.yaml").mkdir()
    done = attrib(folder, "save", "x", "--config", "attrib.yaml")
    assert (done.returncode, "is a directory" in done.stderr) == (2, True)
