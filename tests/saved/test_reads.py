"""How often a command reads the files of a project: once, and a change again under its lock and before it writes.

Another process may have written between the first reading and the lock, and an editor, which knows no lock, at any
time: a change that did not look again could undo theirs. One and the same text is parsed and checked once all the same.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from opened_files import opened_yaml
from program import ROOT, clean_environment

from attrib_cli.app import run
from attrib_cli.config import validate
from attrib_cli.terminal.console import Console

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


def counts(folder: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Counter[str]]:
    """How often each YAML file is opened and checked."""
    (folder / "attrib.yaml").write_text(YAML.replace("DATA", str(ROOT / "examples" / "data")), encoding="utf-8")
    checked: Counter[str] = Counter()
    own = validate.check_entries

    def counted(document: object, **more: object) -> object:
        checked[document.name] += 1  # type: ignore[attr-defined]
        return own(document, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(validate, "check_entries", counted)
    monkeypatch.chdir(folder)
    environ = clean_environment(ATTRIB_USER="ann", HOME=str(folder), EDITOR="sed -i s/channel/asset_type/")
    console = Console.in_memory(environ=environ)
    with opened_yaml() as opened:
        assert run(command.split(), console) == 0, console.messages()
    return {"opened": Counter(path.name for path, _ in opened), "checked": checked}


@pytest.mark.parametrize("command", READING)
def test_what_only_reads_opens_and_checks_each_file_once(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = counts(tmp_path, command, monkeypatch)
    assert found["opened"] == {"attrib.yaml": 1}
    assert found["checked"] == {"attrib.yaml": 1}


@pytest.mark.parametrize("command", CHANGING)
def test_a_change_looks_again_under_its_lock_and_before_it_writes(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = counts(tmp_path, command, monkeypatch)
    again = 1 if command.startswith("edit") else 0  # what others wrote while the editor was open
    assert found["opened"]["attrib.yaml"] <= 3 + again, found
    assert found["checked"]["attrib.yaml"] <= 2, found  # the text as it was, and as it is written
