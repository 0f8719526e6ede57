"""What marks the type of a key: how its text is read, what an editor is told, and what is wrong with a value.

Values arrive as the text that stands in the file (or None, a list or a mapping), so nothing has been guessed before:
a campaign called `NO` is a campaign called NO.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from attrib_cli.terminal.console import printable


class WrongValue(ValueError):
    """A value that is none of its kind; `at` is the place below it that is to blame, `hint` says what to do."""

    def __init__(self, message: str, *, hint: str | None = None, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at


class Reads:
    """Marks the type of a key with the function that reads it and with what an editor is told about it."""

    __slots__ = ("read", "schema")

    def __init__(self, read: Callable[[object], object], schema: Mapping[str, object]) -> None:
        self.read = read
        self.schema = schema


@dataclass(frozen=True, eq=False, repr=False)
class Option:
    """Marks a key of a report that is an option of the command line too, and says how it is typed.

    `flag` and `short` are its names; `metavar` stands for its value in the help, and one without is a switch.
    `several` says how several values are typed: with commas between them, or by repeating the option, where values may
    hold commas. `completion` is the function of `cli.completion` that knows its values. In `help` and `panel`, names
    in braces, such as ``{formats}``, stand for those that there are (see `cli.options.filled_in`). One that `goes_with`
    another is said, merged and left out together with it, as the days are with the period.
    """

    flag: str
    short: str | None = None
    _: KW_ONLY
    panel: str
    help: str
    metavar: str | None = None
    several: Literal["commas", "repeated"] | None = None
    completion: str | None = None
    goes_with: str | None = None


class OrText:
    """Marks a mapping that may be written as a text alone, which is then the value of its key `key`."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key


def kind(value: object) -> str:
    """Name what was found, for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"'{printable(value if len(value) <= 60 else value[:57] + '...')}'"
    return "a list" if isinstance(value, list) else "a mapping"
