"""The program as a process, and the rows of the CSV that it prints."""

from __future__ import annotations

import csv
import io
import subprocess

from program import ROOT, run_text

DATA = ROOT / "examples" / "data"


def attrib(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program and return what came of it, its streams as texts."""
    return run_text(arguments)


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    """The rows of a report that went well."""
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout, newline="")))
