"""The console: who may speak where, in what colours, and what the world is taken to be."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import io
import time

import pytest

from attrib_cli.engine.errors import AttribError, ConfigError, ErrorGroup, UsageError
from attrib_cli.terminal.console import Console, printable

MOMENT = dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC)


def test_errors_have_place_message_and_hint() -> None:
    console = Console.in_memory()
    console.error(AttribError("bad value", place="attrib.yaml:3", hint="Say 1.\nOr 2."))
    console.error(ErrorGroup([ConfigError("one\nmore"), ErrorGroup([UsageError("two", hint="h")])]))
    assert console.messages() == (
        "error: attrib.yaml:3: bad value\n  hint: Say 1.\n  Or 2.\nerror: one\n  more\nerror: two\n  hint: h\n"
    )
    assert console.output() == b""


def test_words_are_coloured_on_a_terminal_and_names_cannot_colour() -> None:
    console = Console.in_memory(tty=True)
    console.error(AttribError("no campaign '\x1b[31mx\r'", hint="y"))
    assert console.messages() == "\x1b[1;31merror:\x1b[0m no campaign '\\x1b[31mx\\r'\n  \x1b[36mhint:\x1b[0m y\n"


def test_quiet_leaves_errors_and_verbose_adds_details() -> None:
    def said(console: Console) -> str:
        console.note("note")
        console.detail("detail")
        console.warn("warn", hint="why")
        console.error(AttribError("error"))
        return console.messages()

    assert said(Console.in_memory()) == "note\nwarning: warn\n  hint: why\nerror: error\n"
    assert said(Console.in_memory().adjusted(quiet=True, verbose=True)) == "error: error\n"
    assert said(Console.in_memory().adjusted(verbose=True)).startswith("note\ndetail\n")


@pytest.mark.parametrize(
    ("environ", "tty", "color"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, True, False),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm"}, True, True),
        ({"CLICOLOR": "0"}, True, False),
    ],
)
def test_colour(environ: dict[str, str], tty: bool, color: bool) -> None:
    console = Console.in_memory(environ=environ, tty=tty)
    assert (console.stdout_color, console.stderr_color) == (color, color)


def test_width() -> None:
    assert Console.in_memory(columns=132).width == 132
    assert Console.in_memory(columns=132, environ={"COLUMNS": "50"}).width == 50
    assert [Console.in_memory(environ={"COLUMNS": c}).width for c in ("", "0", "-3", "x", "²")] == [80] * 5


def test_today_is_the_date_in_the_zone_unless_it_is_fixed() -> None:
    console = Console.in_memory(now=MOMENT)
    assert console.today() == dt.date(2026, 3, 31)
    assert console.today("Europe/Berlin") == dt.date(2026, 4, 1)
    assert console.today("America/New_York") == dt.date(2026, 3, 31)
    assert Console.in_memory(environ={"ATTRIB_TODAY": "2024-02-29"}).today("Asia/Tokyo") == dt.date(2024, 2, 29)
    with pytest.raises(UsageError, match=r"ATTRIB_TODAY: '31\.3\.' is not a day"):
        Console.in_memory(environ={"ATTRIB_TODAY": "31.3."}).today()
    for zone in ("Mars/Olympus", "../etc/passwd", "", "/etc/localtime"):
        with pytest.raises(ConfigError, match="time zone"):
            console.today(zone)


def test_user() -> None:
    assert Console.in_memory().user() == "nobody"
    assert Console.in_memory(environ={"ATTRIB_USER": "ana"}).user() == "ana"
    assert Console.system().user()


def test_data_is_utf8_whatever_the_locale() -> None:
    console = Console.in_memory(encoding="ascii")
    console.write_text("é €\n")
    console.write_bytes(b"x\n")
    console.note("é")
    assert console.output() == "é €\nx\n".encode()
    assert console.messages() == "\\xe9\n"


class _Refusing(io.BytesIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, data: object) -> int:
        raise self.error


def refusing(error: OSError) -> Console:
    return dataclasses.replace(Console.in_memory(), stdout=io.TextIOWrapper(_Refusing(error)))


def test_what_cannot_be_written_is_an_error_with_a_place_and_a_broken_pipe_is_itself() -> None:
    with pytest.raises(AttribError) as caught:
        refusing(OSError(errno.ENOSPC, "No space left on device")).write_text("x")
    assert str(caught.value) == "standard output: cannot be written: No space left on device"
    assert "space" in (caught.value.hint or "")
    with pytest.raises(BrokenPipeError):
        refusing(BrokenPipeError(errno.EPIPE, "Broken pipe")).write_text("x")
    with pytest.raises(AttribError, match="standard output: it is closed"):
        dataclasses.replace(Console.in_memory(), stdout=None).write_text("x")
    dataclasses.replace(Console.in_memory(), stderr=None).note("goes nowhere")
    dataclasses.replace(Console.in_memory(), stderr=io.TextIOWrapper(_Refusing(OSError()))).note("goes nowhere")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain é 日本", "plain é 日本"),
        ("a\tb\r\n", "a\\tb\\r\\n"),
        ("\x1b[0m\x07\x9b", "\\x1b[0m\\x07\\x9b"),
        ("\u202e\u2028\ufeff\ud800", "\\u202e\\u2028\\ufeff\\ud800"),
        ("👨\u200d👩\u200d👧 🏴\U000e0067\U000e007f", "👨\u200d👩\u200d👧 🏴\U000e0067\U000e007f"),
        ("no\u00a0break", "no\u00a0break"),
    ],
)
def test_printable(text: str, safe: str) -> None:
    assert printable(text) == safe


def test_printable_can_keep_line_breaks() -> None:
    assert printable("a\n\tb", newlines=True) == "a\n\\tb"


def test_progress_says_nothing_in_a_pipe_or_when_it_is_quick_or_quiet() -> None:
    for console in (
        Console.in_memory(),
        Console.in_memory(tty=True).adjusted(quiet=True),
        Console.in_memory(tty=True, environ={"TERM": "dumb"}),
    ):
        with console.progress("working") as step:
            assert step is None, "nothing is computed to be told to nobody"
        assert console.messages() == ""
        assert console.output() == b""
    quick = Console.in_memory(tty=True)
    with quick.progress("working") as step:
        assert step is not None
        step("still working")
    assert quick.messages() == ""


def test_progress_shows_on_stderr_steps_aside_for_messages_and_clears_itself() -> None:
    console = Console.in_memory(tty=True, columns=80)
    with pytest.raises(KeyError), console.progress("reading [red]x[/red]\x1b[2J") as step:
        deadline = time.monotonic() + 10
        while "reading" not in console.messages() and time.monotonic() < deadline:
            time.sleep(0.05)
        console.note("by the way")
        assert step is not None
        step("computing")
        with console.progress("inner"):
            time.sleep(0.2)
        time.sleep(0.2)
        raise KeyError
    text = console.messages()
    assert "reading [red]x[/red]\\x1b[2J" in text
    assert "computing" in text
    assert "inner" in text
    assert "\x1b[2Kby the way\n" in text, "the line is cleared before the message"
    assert text.rstrip().endswith("\x1b[2K"), "and at the end"
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h"), "the cursor is back"
    assert console.output() == b""


def test_importing_the_console_and_the_formats_is_cheap() -> None:
    import subprocess
    import sys
    from pathlib import Path

    code = (
        "import sys, attrib_cli.terminal.console;"
        "from attrib_cli.output import deliver, parquet;"
        "from attrib_cli.output.text import delimited, jsontext, markdown, records, table;"
        "print([m for m in ('rich', 'pyarrow', 'duckdb', 'yaml') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
