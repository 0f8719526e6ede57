"""The program as a process, and the rows of the CSV that it prints."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"


def attrib(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program and return what came of it, its streams as texts."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ATTRIB_")}
    command = [sys.executable, "-m", "attrib_cli", *map(str, arguments)]
    return subprocess.run(command, env=env | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    """The rows of a report that went well."""
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout, newline="")))
