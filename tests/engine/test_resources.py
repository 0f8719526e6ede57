"""What a run takes of the machine: found in containers, typed, from the environment or the configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attrib_cli.app import run
from attrib_cli.engine.resources import Resources, usable_memory, usable_threads, usual_memory
from attrib_cli.engine.temporary import choose_place, place
from attrib_cli.reporting.workspace import Workspace
from attrib_cli.terminal.console import Console

GIB = 1 << 30
PHYSICAL = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
MIB = PHYSICAL >> 22 << 20
"""Some whole MiB that are less than the machine has."""


def system(root: Path, groups: str, **files: str) -> Path:
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys" / "fs" / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "files", "memory"),
    [
        ("0::/\n", {"memory.max": f"{MIB}\n"}, MIB),
        ("0::/\n", {"memory.max": "max\n"}, PHYSICAL),
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": str(MIB), "memory.max": "max"}, MIB),
        ("0::/a/b\n", {"a/b/memory.max": str(MIB // 2), "a/memory.max": str(MIB)}, MIB // 2),
        ("4:memory:/docker/x\n0::/\n", {"memory/docker/x/memory.limit_in_bytes": str(MIB)}, MIB),
        ("4:memory:/docker/x\n", {"memory/memory.limit_in_bytes": str(MIB)}, MIB),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712"}, PHYSICAL),
        ("5:devices:/\n0::/\n", {}, PHYSICAL),
        ("0::/\n", {"memory.max": "nonsense"}, PHYSICAL),
    ],
)
def test_memory_is_that_of_the_machine_or_of_its_container(
    groups: str, files: dict[str, str], memory: int, tmp_path: Path
) -> None:
    assert usable_memory(system(tmp_path, groups, **files)) == memory


@pytest.mark.parametrize(
    ("groups", "files", "most"),
    [
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/a\n", {"a/cpu.max": "max 100000", "cpu.max": "100000 100000"}, 1),
        ("2:cpu,cpuacct:/\n", {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ("2:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 10**6),
        ("0::/\n", {"cpu.max": "99999999 100"}, 10**6),
    ],
)
def test_threads_are_the_processors_of_the_machine_or_of_its_container(
    groups: str, files: dict[str, str], most: int, tmp_path: Path
) -> None:
    assert usable_threads(system(tmp_path, groups, **files)) == min(most, len(os.sched_getaffinity(0)))


def limits(environ: dict[str, str], **typed: object) -> Resources:
    return Workspace(console=Console.in_memory(environ=environ), resources=Resources(**typed)).limits  # type: ignore[arg-type]


def test_typed_goes_over_the_environment_and_that_over_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"ATTRIB_MEMORY_LIMIT": "700MB"}
    try:
        assert limits({}) == Resources()
        Path("attrib.yaml").write_text("resources: {memory: 500 MB, threads: 3, temp_dir: scratch}\n")
        assert limits({}) == Resources(memory="500 MB", threads=3, temp_dir=str(tmp_path / "scratch"))
        assert place() == str(tmp_path / "scratch")
        assert limits(env).memory == "700MB"
        assert limits(env, memory="1GB", threads=2, temp_dir="/x") == Resources(memory="1GB", threads=2, temp_dir="/x")
    finally:
        choose_place(None)


@pytest.mark.parametrize(
    ("typed", "memory", "threads"), [({"memory": "300MiB", "threads": 1}, "300.0 MiB", 1), ({}, "", 0)]
)
def test_the_engine_has_what_was_given_or_half_of_the_machine(
    typed: dict[str, object], memory: str, threads: int
) -> None:
    workspace = Workspace(console=Console.in_memory(), demo=True, resources=Resources(**typed))  # type: ignore[arg-type]
    with workspace.open(workspace.data_of(), stage=False) as session:
        found = session.con.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone()
        session.con.execute(f"SET memory_limit = '{usual_memory()}'")
        usual = session.con.execute("SELECT current_setting('memory_limit')").fetchone()
    assert usual is not None
    assert found == (memory or usual[0], threads or usable_threads())
    assert abs(int(usual_memory().removesuffix("MiB")) - ((usable_memory() or 0) >> 21)) <= 1


def test_temporary_files_go_where_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr("tempfile.TemporaryDirectory", _noting(seen))
    for typed in (["--temp-dir", str(tmp_path)], []):
        assert run(["report", "--demo", "-n", "1", *typed], Console.in_memory()) == 0
    assert [Path(folder).parent == tmp_path for folder in seen] == [True, False]


def _noting(seen: list[str]) -> type:
    import tempfile

    class Noting(tempfile.TemporaryDirectory[str]):
        def __init__(self, **given: object) -> None:
            super().__init__(**given)  # type: ignore[arg-type]
            seen.append(self.name)

    return Noting


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["--memory", "3"], ("--memory: '3' is not a size", "2GB")),
        (["--threads", "0"], ("--threads: '0' is no number of threads",)),
        (["--temp-dir", "/nowhere/at/all"], ("--temp-dir: there is no folder '/nowhere/at/all'",)),
    ],
)
def test_what_cannot_be_given_is_said(typed: list[str], words: tuple[str, ...]) -> None:
    console = Console.in_memory()
    assert run(["report", "--demo", *typed], console) == 2
    assert all(word in console.messages() for word in words), console.messages()
