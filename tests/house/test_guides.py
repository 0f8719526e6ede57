"""The guides for users of other programs: every line runs, on the example data, and every link and name is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from in_process import attrib_here

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ("for-hubspot-users.md", "for-ga4-users.md", "for-channelattribution-users.md")
LINES = [
    (guide, line.removeprefix("$ attrib "))
    for guide in GUIDES
    for block in re.findall(r"^```console\n(.*?)^```", (DOCS / guide).read_text(encoding="utf-8"), re.M | re.S)
    for line in block.splitlines()
]


def test_each_guide_has_examples() -> None:
    assert {guide for guide, _ in LINES} == set(GUIDES)
    assert len(LINES) > 20


@pytest.mark.parametrize(("guide", "line"), LINES)
def test_the_lines_of_a_guide_run(guide: str, line: str) -> None:
    done = attrib_here(*shlex.split(line))
    assert done.returncode == 0, (guide, line, done.stderr)
    assert len(done.stdout.splitlines()) > 2, (guide, line)


@pytest.mark.parametrize("guide", GUIDES)
def test_options_in_the_tables_are_options(guide: str) -> None:
    commands = (DOCS / "commands.md").read_text(encoding="utf-8")
    for option in set(re.findall(r"`(?:[^`]*\s)?(--[a-z][a-z-]+)", (DOCS / guide).read_text(encoding="utf-8"))):
        assert re.search(rf"{re.escape(option)}\b", commands), option
