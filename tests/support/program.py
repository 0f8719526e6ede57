"""The program as processes: each a fork of one that has imported it, so that a test does not wait for that again.

What runs is `attrib_cli.__main__.main` with a folder, an environment and streams of its own, as from a shell. A test of
starting and stopping (signals, pipes, closed streams, limits, what Python itself is told) starts Python itself.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]
SECONDS = 100
"""How long a command may take."""


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what tells attrib or Python anything, and `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("ATTRIB_", "PYTHON"))} | more


def run_bytes(
    arguments: Sequence[object], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the program and return what came of it; what is to be told to Python itself needs a start of its own."""
    environment = {"PYTHONPATH": str(ROOT), **(clean_environment() if env is None else env)}
    if any(name.startswith("PYTHON") and name not in ("PYTHONPATH", "PYTHONUTF8") for name in environment):
        command = [sys.executable, "-m", "attrib_cli", *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, env=environment, input=stdin, capture_output=True, timeout=SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("in", "out", "err")]
        streams[0].write_bytes(stdin or b"")
        for one in streams[1:]:
            one.touch()
        request = {
            "arguments": [str(one) for one in arguments],
            "cwd": str(cwd),
            "env": environment,
            "streams": [str(one) for one in streams],
        }
        code = _parent.ask(request)
        out, err = (one.read_bytes() for one in streams[1:])
    return subprocess.CompletedProcess(request["arguments"], code, out, err)


def run_text(
    arguments: Sequence[object], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program and return what came of it, its streams as texts."""
    done = run_bytes(arguments, cwd=cwd, env=env)
    texts = (io.TextIOWrapper(io.BytesIO(one), encoding="utf-8").read() for one in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, *texts)


_LATE = (
    "duckdb",
    "lxml.etree",
    "pandas",
    "PIL.Image",
    "pptx",
    "pyarrow.parquet",
    "pypdf",
    "rich.table",
    "rich.markdown",
    "xlsxwriter",
    "yaml",
)
"""What the program imports only once it computes or writes."""


class _Parent:
    """The process that the program's processes are forks of; started when it is first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, request: object) -> int:
        """Run what is asked for and return its exit code, negative where a signal ended it."""
        with self._lock:
            if self._process is None:
                environment = clean_environment(PYTHONPATH=str(ROOT), PYTHONUTF8="1")
                self._process = subprocess.Popen(
                    [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
                )
                atexit.register(self._process.kill)
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


_parent = _Parent()


def _serve() -> None:
    """Import the program, and run what standard input asks for, a line each, until it ends."""
    import attrib_cli
    from attrib_cli.app import COMMANDS

    own = (module.name for module in pkgutil.walk_packages(attrib_cli.__path__, "attrib_cli."))
    for name in (*_LATE, *own):
        if not name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(name)
    kept_commands = importlib.import_module("kept_commands")
    kept_commands.keep_commands()
    for name in COMMANDS:
        kept_commands.kept(name)
    importlib.import_module("kept_engines").keep_engines()
    gc.freeze()  # what is imported stays shared between the processes
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


def _run(request: dict[str, object]) -> NoReturn:
    """Become what is asked for: its folder, environment, streams and arguments; then run the program."""
    from attrib_cli.__main__ import main

    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    for number, path in enumerate(request["streams"]):
        opened = os.open(path, os.O_WRONLY if number else os.O_RDONLY | os.O_CLOEXEC)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    sys.argv = ["attrib", *request["arguments"]]
    signal.alarm(SECONDS)
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve()
