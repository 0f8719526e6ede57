"""The tutorials: their commands run in order in a folder with the exports, and print what stands below them.

Where this fails for a stated reason: ``ATTRIB_UPDATE_GOLDEN=1`` writes what is printed into the page.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from command import ROOT
from in_process import attrib_here

TUTORIALS = {"tutorial-hubspot.md": "hubspot", "tutorial-ga4-salesforce.md": "ga4-salesforce"}
STEP = re.compile(r"```console\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_tutorial_prints_what_it_says(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / "docs" / page
    text = path.read_text(encoding="utf-8")
    shutil.copytree(ROOT / "examples" / TUTORIALS[page], tmp_path / "exports")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ATTRIB_CONFIG", raising=False)
    environ = {"NO_COLOR": "1", "HOME": str(tmp_path / "home"), "ATTRIB_TODAY": "2026-11-24"}

    def run(step: re.Match[str]) -> str:
        printed = ""
        for line in step[1].splitlines():
            command = shlex.split(line.removeprefix("$ attrib "))
            done = attrib_here(*command, environ=environ, tty=True)
            assert done.returncode == 0, done.stderr
            printed = done.stdout
        block = f"\n```text\n{printed}```\n" if step[2] is not None else ""
        return f"```console\n{step[1]}```\n{block}"

    steps = len(STEP.findall(text))
    ran = STEP.sub(run, text)
    assert steps >= 3
    if os.environ.get("ATTRIB_UPDATE_GOLDEN"):
        path.write_text(ran, encoding="utf-8")
    assert ran == text or os.environ.get("ATTRIB_UPDATE_GOLDEN")
