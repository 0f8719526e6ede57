"""The command line, run in this process with a console in memory: for many short runs, where no real pipe matters."""

from __future__ import annotations

import subprocess
from pathlib import Path

from attrib_cli.app import run
from attrib_cli.terminal.console import Console


def attrib_here(
    *arguments: str | Path, environ: dict[str, str] | None = None, tty: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run one command line and return its exit code and what it wrote. HOME is a folder that does not exist."""
    console = Console.in_memory(environ={"HOME": "/nonexistent", **(environ or {})}, tty=tty)
    code = run(list(map(str, arguments)), console)
    return subprocess.CompletedProcess(arguments, code, console.output().decode(), console.messages())
