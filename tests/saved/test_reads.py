"""How often a command reads the files of a project: once, and a change again under its lock and before it writes.

Another process may have written between the first reading and the lock, and an editor, which knows no lock, at any
time: a change that did not look again could undo theirs. One and the same text is parsed and checked once all the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from program import ROOT, clean_environment

COUNTING = r"""
import atexit, collections, json, os, sys
from attrib_cli.config import validate
opened, checked = collections.Counter(), collections.Counter()
own = validate.check_entries

def counted(document, **more):
    checked[document.name] += 1
    return own(document, **more)

def hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and os.fspath(args[0]).endswith(SUFFIX[type(args[0])]):
        opened[os.path.basename(os.fsdecode(args[0]))] += 1

SUFFIX = {str: ".yaml", bytes: b".yaml"}
validate.check_entries = counted
sys.addaudithook(hook)
@atexit.register
def tell():
    print(json.dumps({"opened": opened, "checked": checked}), file=sys.stderr)

from attrib_cli.__main__ import main
main()
"""
YAML = """version: 1
timezone: Europe/Berlin
sources: {touchpoints: DATA/touchpoints.csv, deals: DATA/deals.csv, contacts: DATA/contacts.csv}
reports:
  a: {by: channel, owner: ann}
  b: {by: month, owner: ann}
dashboards:
  D: {reports: [a], owner: ann}
"""
READING = ("report a", "export a -f csv", "dashboard show D -f json", "saved list", "dashboard list", "config show")
CHANGING = (
    "save a --by channel,month --force",
    "save c --by channel --new-dashboard E",
    "edit a",
    "saved rename b c",
    "saved delete b",
    "dashboard add D b",
    "dashboard reorder D a",
    "dashboard rename D E",
    "dashboard delete D",
)


def counts(folder: Path, command: str) -> dict[str, dict[str, int]]:
    data = ROOT / "examples" / "data"
    (folder / "attrib.yaml").write_text(YAML.replace("DATA", str(data)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, *command.split()],
        cwd=folder,
        env=clean_environment(
            PYTHONPATH=str(ROOT), ATTRIB_USER="ann", HOME=str(folder), EDITOR="sed -i s/channel/asset_type/"
        ),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, int]] = json.loads(done.stderr.splitlines()[-1])
    return found


@pytest.mark.parametrize("command", READING)
def test_what_only_reads_opens_and_checks_each_file_once(tmp_path: Path, command: str) -> None:
    found = counts(tmp_path, command)
    assert found["opened"] == {"attrib.yaml": 1}
    assert found["checked"] == {"attrib.yaml": 1}


@pytest.mark.parametrize("command", CHANGING)
def test_a_change_looks_again_under_its_lock_and_before_it_writes(tmp_path: Path, command: str) -> None:
    found = counts(tmp_path, command)
    again = 1 if command.startswith("edit") else 0  # what others wrote while the editor was open
    assert found["opened"]["attrib.yaml"] <= 3 + again, found
    assert found["checked"]["attrib.yaml"] <= 2, found  # the text as it was, and as it is written
