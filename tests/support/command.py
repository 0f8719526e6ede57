"""The command line, and the rows of the CSV that it prints."""

from __future__ import annotations

import contextlib
import csv
import io
import subprocess

from in_process import attrib_here
from program import ROOT

DATA = ROOT / "examples" / "data"


def attrib(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program in the tree's folder, within this process, and return what came of it."""
    with contextlib.chdir(ROOT):
        return attrib_here(*map(str, arguments))


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    """The rows of a report that went well."""
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout, newline="")))
