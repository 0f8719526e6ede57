"""A command reads each file once, and parses and checks one and the same text once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from opened_files import opened_yaml

from attrib_cli.app import run
from attrib_cli.config import validate
from attrib_cli.config.yaml_text import Tree
from attrib_cli.terminal.console import Console


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Counter[str]]]:
    found: dict[str, Counter[str]] = {"parse": Counter(), "compose": Counter(), "check": Counter()}
    parse, compose, checked = yaml.parse, yaml.compose, validate._validated

    def counted_parse(text: str, **more: object) -> object:
        found["parse"][text] += 1
        return parse(text, **more)

    def counted_compose(text: str, **more: object) -> object:
        found["compose"][text] += 1
        return compose(text, **more)

    def counted_check(tree: Tree) -> object:
        found["check"][str(tree)] += 1
        return checked(tree)

    monkeypatch.setattr(yaml, "parse", counted_parse)
    monkeypatch.setattr(yaml, "compose", counted_compose)
    monkeypatch.setattr(validate, "_validated", counted_check)
    yield found


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.chdir(tmp_path)
    console = Console.in_memory(environ={"XDG_CONFIG_HOME": str(tmp_path / "own"), "ATTRIB_TODAY": "2026-07-01"})
    assert run(["save", "first", "--demo", "--by", "channel", "--new-dashboard", "board"], console) == 0
    folder = Path(__file__).parents[2] / "examples" / "data"
    with Path("attrib.yaml").open("a") as file:
        file.write(f"sources:\n  touchpoints: {folder}/touchpoints.csv\n  contacts: {folder}/contacts.csv\n")
    return console


CHANGING = {
    ("save", "second", "--by", "month", "-t", "contact-create"): 3,
    ("saved", "rename", "first", "other"): 3,
    ("dashboard", "remove", "board", "first"): 3,
}
"""How often the project's file is opened: to look, under its lock, and to be compared right before it is replaced."""

READING = [
    ("report", "first", "-n", "1"),
    ("report", "-t", "contact-create", "-n", "1"),
    ("saved", "list"),
    ("saved", "show", "first"),
    ("dashboard", "show", "board"),
    ("models",),
    ("periods",),
    ("export", "first", "-f", "csv"),
]


@pytest.mark.parametrize("arguments", [*READING, *CHANGING])
def test_a_file_is_read_once_and_its_text_parsed_and_checked_once(
    arguments: tuple[str, ...], console: Console, counts: dict[str, Counter[str]]
) -> None:
    path = Path("attrib.yaml").absolute()
    text = path.read_text()
    with opened_yaml() as opened:
        assert run(list(arguments), console) == 0, console.messages()
    assert len([mode for name, mode in opened if name == path and "r" in mode]) <= CHANGING.get(arguments, 1)
    assert counts["parse"][text] == 1
    for what, texts in counts.items():
        assert max(texts.values(), default=1) == 1, (what, texts)
