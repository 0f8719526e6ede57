"""Identical hints are given once, and flags do not read as if they took a value."""

from __future__ import annotations

import pytest

from attrib_cli.app import run
from attrib_cli.engine.errors import ErrorGroup, UsageError
from attrib_cli.engine.notes import Note, hints_once
from attrib_cli.terminal.console import Console


def test_a_hint_that_several_errors_of_a_group_have_is_said_once() -> None:
    console = Console.in_memory()
    same = [UsageError(f"there is no '{name}'", hint="Give a date.") for name in "ab"]
    console.error(ErrorGroup([*same, UsageError("there is no c", hint="Another."), ErrorGroup(same[:1])]))
    assert console.messages() == (
        "error: there is no 'a'\nerror: there is no 'b'\n"
        "error: there is no c\n  hint: Another.\nerror: there is no 'a'\n  hint: Give a date.\n"
    )


def test_a_hint_that_several_notes_have_is_on_the_last() -> None:
    notes = [
        Note(code="a", text="one", hint="Do."),
        Note(code="b", text="two"),
        Note(code="c", text="three", hint="Do."),
    ]
    assert [note.hint for note in hints_once(notes)] == [None, None, "Do."]


@pytest.mark.parametrize("command", [["report"], ["save"], ["edit"], ["export"], ["dashboard", "show"], ["models"]])
def test_no_flag_reads_as_if_it_took_a_value(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    console = Console.in_memory(environ={"COLUMNS": "100"})
    run([*command, "--help"], console)
    text = console.output().decode() + capsys.readouterr().out
    assert "--" in text
    assert "<bool" not in text.casefold() and " boolean" not in text.casefold()


@pytest.mark.parametrize(("command", "refused"), [("paths", "--half-life=7d"), ("explain", "--sort=revenue")])
def test_help_is_silent_about_options_that_the_command_refuses(
    command: str, refused: str, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console.in_memory(environ={"COLUMNS": "100"})
    run([command, "--help"], console)
    text = console.output().decode() + capsys.readouterr().out
    assert "--collapse" in text and refused.partition("=")[0] not in text
    console = Console.in_memory()
    assert run([command, *({"explain": ["deal", "1"]}.get(command, [])), "--demo", refused], console) == 2
    assert "makes no use of it" in console.messages()
