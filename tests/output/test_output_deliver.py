"""Delivery in real processes: pipes, locales, full disks, kills; and files that appear whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from output_reports import nasty

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.output.deliver import deliver
from attrib_cli.output.registry import FORMATS, WriteOptions
from attrib_cli.system import atomic_files
from attrib_cli.terminal.console import Console

TESTS = Path(__file__).parents[1] / "support"
NOBODY = 65534
GOLDEN = TESTS.parent / "golden"
PREFIX = """
import sys
from attrib_cli.terminal.console import Console
from attrib_cli.engine.errors import AttribError
from attrib_cli.output.deliver import deliver, deliver_bytes
from attrib_cli.output.registry import FORMATS
from output_reports import nasty
console = Console.system()
def guarded(run):
    try:
        run()
    except BrokenPipeError:
        sys.exit(0)
    except AttribError as error:
        console.error(error)
        sys.exit(1)
"""


def process(code: str, *, env: dict[str, str] | None = None, **options: object) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join((str(TESTS.parents[1]), str(TESTS)))
    clean = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    return subprocess.Popen(
        [sys.executable, "-c", PREFIX + code],
        env={**clean, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        stderr=subprocess.PIPE,
        **options,
    )


def run(code: str, **options: object) -> tuple[int, bytes, str]:
    running = process(code, stdout=options.pop("stdout", subprocess.PIPE), **options)
    out, err = running.communicate(timeout=60)
    return running.returncode, out, err.decode()


def save(name: str, path: Path | str, console: Console | None = None) -> None:
    deliver(FORMATS[name], nasty(), path=str(path), console=console or Console.in_memory())


def fresh(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "env",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"LC_ALL": "C"}],
)
@pytest.mark.parametrize("name", ["nasty.csv", "nasty.json", "nasty.txt"])
def test_a_pipe_gets_utf8_at_full_width_without_colours(env: dict[str, str], name: str) -> None:
    fmt = {"nasty.csv": "csv", "nasty.json": "json", "nasty.txt": "table"}[name]
    code = f"deliver(FORMATS['{fmt}'], nasty(), path=None, console=console)"
    assert run(code, env=env) == (0, (GOLDEN / name).read_bytes(), "")


def test_a_terminal_has_a_width_and_colours_and_its_encoding() -> None:
    console = Console.in_memory(tty=True, columns=80)
    deliver(FORMATS["table"], nasty(["linear"]), path="-", console=console)
    assert console.output() == (GOLDEN / "nasty-linear-color.txt").read_bytes()
    console = Console.in_memory(tty=True, columns=80, encoding="ascii", environ={"NO_COLOR": "1"})
    deliver(FORMATS["table"], nasty(["linear"]), path="/dev/stdout", console=console)
    assert console.output() == (GOLDEN / "nasty-linear-ascii.txt").read_bytes()


def test_colours_reach_a_pipe_on_demand_and_a_file_never(tmp_path: Path) -> None:
    console = Console.in_memory(environ={"FORCE_COLOR": "1"})
    deliver(FORMATS["table"], nasty(), path=None, console=console)
    assert b"\x1b[1m" in console.output()
    save("table", tmp_path / "x.txt", Console.in_memory(tty=True, environ={"FORCE_COLOR": "1"}))
    assert (tmp_path / "x.txt").read_bytes() == (GOLDEN / "nasty.txt").read_bytes()


def test_a_reader_that_leaves_is_no_error() -> None:
    code = "guarded(lambda: deliver_bytes((b'x' * 65536 for _ in range(1000)), path=None, console=console))"
    running = process(code, stdout=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.read(10) == b"x" * 10
    running.stdout.close()
    assert running.stderr is not None
    assert running.stderr.read() == b""
    assert running.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("path", ["None", "'/dev/full'"])
def test_a_full_disk_behind_stdout_or_a_device_is_one_error(path: str) -> None:
    with Path("/dev/full").open("wb") as full:
        code = f"guarded(lambda: deliver_bytes([b'x' * 100], path={path}, console=console))"
        status, _, err = run(code, stdout=full)
    place = "standard output" if path == "None" else "/dev/full"
    assert status == 1
    assert err.startswith(f"error: {place}: cannot be written: No space left on device\n  hint: Free some space")
    assert err.count("\n") == 2


def test_closed_stdout_is_one_error() -> None:
    status, _, err = run(
        "guarded(lambda: deliver_bytes([b'x'], path=None, console=console))", preexec_fn=lambda: os.close(1)
    )
    assert (status, err.splitlines()[0]) == (1, "error: standard output: it is closed")


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_gets_what_the_writer_makes(tmp_path: Path, name: str) -> None:
    save(name, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"".join(FORMATS[name].load()(nasty(), WriteOptions()))
    assert fresh(tmp_path) == ["out"]


@pytest.fixture(params=["nameless", "named"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to write: with a file without a name, and with a hidden one where the system has no such thing."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    return str(request.param)


def test_a_new_file_has_the_permissions_of_any_new_file_and_an_old_one_keeps_its_own(tmp_path: Path, kind: str) -> None:
    before = os.umask(0o027)
    try:
        save("csv", tmp_path / "new")
        (tmp_path / "old").write_text("old")
        (tmp_path / "old").chmod(0o604)
        save("csv", tmp_path / "old")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o604
    assert (tmp_path / "old").read_bytes() == (GOLDEN / "nasty.csv").read_bytes()
    assert fresh(tmp_path) == ["new", "old"]


def test_a_link_stays_and_its_target_is_written(tmp_path: Path, kind: str) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target"
    for link in (tmp_path / "first", tmp_path / "second"):  # the first time it dangles
        link.symlink_to(target)
        save("csv", link)
        assert link.is_symlink()
        assert target.read_bytes() == (GOLDEN / "nasty.csv").read_bytes()
        target.write_text("old")
    assert fresh(tmp_path / "folder") == ["target"]


def failing() -> Iterator[bytes]:
    yield b"half"
    raise KeyboardInterrupt


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        atomic_files.write_file(str(path), failing())
    assert path.read_text() == "old"
    with pytest.raises(KeyboardInterrupt):
        atomic_files.write_file(str(tmp_path / "new"), failing())
    assert fresh(tmp_path) == ["out"]


def test_a_file_that_may_not_grow_is_one_error_and_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    code = f"guarded(lambda: deliver_bytes([b'x' * 100_000] * 3, path={str(path)!r}, console=console))"
    limit = (150_000, 150_000)
    status, _, err = run(code, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    assert status == 1
    assert err.startswith(f"error: {path}: cannot be written: File too large\n  hint: ")
    assert path.read_text() == "old"
    assert fresh(tmp_path) == ["out"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("nameless", [True, False])
def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path: Path, number: signal.Signals, nameless: bool) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    code = "" if nameless else "import os; del os.O_TMPFILE\n"
    code += f"""
import time
from attrib_cli.app import _unwound_by_signals
def slow():
    yield b'half' * 10000
    print('ready', flush=True)
    time.sleep(60)
    yield b'rest'
with _unwound_by_signals():
    deliver_bytes(slow(), path={str(path)!r}, console=console)
"""
    running = process(code, stdout=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.readline() == b"ready\n"
    running.send_signal(number)
    _, err = running.communicate(timeout=30)
    assert running.returncode == -number
    assert err == b""
    assert path.read_text() == "old"
    if nameless or number != signal.SIGKILL:
        assert fresh(tmp_path) == ["out"]


def test_readers_see_the_old_or_the_new_file_and_never_a_half(tmp_path: Path) -> None:
    path = tmp_path / "out"
    wholes = [b"a" * 300_000, b"b" * 200_000]
    path.write_bytes(wholes[0])
    seen: list[bytes] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(30):
        whole = wholes[(i + 1) % 2]
        atomic_files.write_file(str(path), [whole[:1000], whole[1000:]])
    done.set()
    reader.join()
    assert set(seen) <= set(wholes)


def test_a_pipe_is_written_straight_through(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    save("csv", fifo)
    reader.join(10)
    assert got == [(GOLDEN / "nasty.csv").read_bytes()]
    assert fifo.is_fifo()
    save("csv", "/dev/null")
    assert Path("/dev/null").is_char_device()


def test_process_substitution_and_stdout_by_its_path(tmp_path: Path) -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader:
        save("jsonl", f"/dev/fd/{write}")
        os.close(write)
        assert reader.read() == (GOLDEN / "nasty.jsonl").read_bytes()
    with (tmp_path / "appended").open("wb") as out:
        out.write(b"before\n")
        out.flush()
        run("deliver_bytes([b'x\\n'], path='/dev/stdout', console=console)", stdout=out)
        out.seek(0, os.SEEK_END)
        out.write(b"after\n")
    assert (tmp_path / "appended").read_bytes() == b"before\nx\nafter\n"


def test_what_can_be_no_file_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, words in (
        (tmp_path, "this is a folder"),
        (tmp_path / "none" / "x.csv", "there is no folder"),
        (tmp_path / "file" / "x.csv", "there is no folder"),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            save("csv", path)
        assert caught.value.place == str(path)
        assert caught.value.hint


def test_what_may_not_be_written_is_an_error(tmp_path: Path) -> None:
    """Root, whom permissions do not hold for, is nobody meanwhile."""
    (tmp_path / "locked").mkdir(mode=0o555)
    (tmp_path / "read-only").touch(mode=0o444)
    above = [folder for folder in (tmp_path, *tmp_path.parents) if folder.stat().st_mode & 0o011 != 0o011]
    modes = {folder: folder.stat().st_mode & 0o7777 for folder in above}
    as_nobody = os.geteuid() == 0
    try:
        if as_nobody:
            for folder in above:
                folder.chmod(modes[folder] | 0o055)
            os.seteuid(NOBODY)
        for path in (tmp_path / "locked" / "x.csv", tmp_path / "read-only"):
            with pytest.raises(AttribError, match="cannot be written: Permission denied"):
                save("csv", path)
    finally:
        if as_nobody:
            os.seteuid(0)
            for folder, mode in modes.items():
                folder.chmod(mode)


def test_refusals_of_the_system_are_errors_with_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(AttribError, match="cannot be written: Permission denied") as caught:
        save("csv", tmp_path / "x.csv")
    assert caught.value.hint
    assert fresh(tmp_path) == []


def test_files_are_written_from_other_threads_too(tmp_path: Path) -> None:
    thread = threading.Thread(target=save, args=("csv", tmp_path / "y"))
    thread.start()
    thread.join()
    assert (tmp_path / "y").exists()


def test_a_large_report_is_written_whole(tmp_path: Path) -> None:
    import dataclasses

    report = nasty()
    many = dataclasses.replace(report, rows=[*report.rows] * 1_000)  # 13,000 rows
    for name in ("csv", "tsv", "json", "jsonl"):
        few = tmp_path / f"few.{name}"
        deliver(FORMATS[name], report, path=str(few), console=Console.in_memory())
        deliver(FORMATS[name], many, path=str(tmp_path / name), console=Console.in_memory())
        [*lines] = few.read_bytes().splitlines(keepends=True)
        assert (tmp_path / name).stat().st_size > 990 * sum(map(len, lines[1:-1]))


def test_documents_do_not_know_when_they_were_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import time
    import zipfile

    for name in ("pdf", "pptx"):
        first = b"".join(FORMATS[name].load()(nasty(), WriteOptions()))
        with monkeypatch.context() as later:
            later.setattr(time, "time", lambda: 2_000_000_000.0)
            later.setattr(time, "localtime", lambda *_: time.gmtime(2_000_000_000))
            assert b"".join(FORMATS[name].load()(nasty(), WriteOptions())) == first
    with zipfile.ZipFile(io.BytesIO(first)) as package:
        assert {part.date_time for part in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
