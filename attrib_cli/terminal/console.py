"""The outside world in one object: streams, terminals, environment, clock and user.

Everything that differs from one machine or run to the next comes in here, so that tests put another world in its
place. It is the only writer of stdout and stderr: data goes to stdout as UTF-8 whatever the locale, all else to stderr.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import sys
import threading
import traceback
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, ErrorGroup, UsageError, hints_once
from attrib_cli.terminal.progress_line import PROGRESS_DELAY, LiveLine, terminal_progress
from attrib_cli.terminal.streams import abandon, disk_hint, is_tty, login_name, terminal_columns, written

if TYPE_CHECKING:
    from attrib_cli.engine.notes import Note

STDOUT = "standard output"
_RED, _YELLOW, _CYAN, _DIM = "1;31", "1;33", "36", "2"
_JOINERS = frozenset("\u200c\u200d")


def printable(text: str, *, newlines: bool = False) -> str:
    r"""Return `text` with control characters written as escapes (``\x1b``, ``\n``, ``\u202e``).

    A name from a file can then neither move the cursor nor colour the screen nor turn the direction of a line. With
    `newlines`, line breaks stay. Joiners inside emoji and scripts stay, since names need them.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or (newlines and char == "\n") or not _dangerous(char) else _escape(char)
        for char in text
    )


def _dangerous(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cf":
        return char not in _JOINERS and not 0xE0020 <= ord(char) <= 0xE007F  # the tags that spell out flags
    return category in {"Cc", "Cs", "Zl", "Zp"}


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Console:
    """One run's view of the world; make it with `Console.system` or, without touching the process, `in_memory`.

    Streams are text over bytes (``stream.buffer``) and None where the process was started with them closed. `now`
    returns an aware moment, `columns` the width of the terminal if there is one, `login` the name of the user.
    `record` gets the notes and warnings that a quiet run does not say.
    """

    stdin: io.TextIOWrapper | None
    stdout: io.TextIOWrapper | None
    stderr: io.TextIOWrapper | None
    stdin_is_tty: bool = False
    stdout_is_tty: bool = False
    stderr_is_tty: bool = False
    environ: Mapping[str, str]
    now: Callable[[], dt.datetime]
    columns: Callable[[], int | None]
    login: Callable[[], str]
    quiet: bool = False
    verbose: bool = False
    record: Callable[[str], None] | None = None
    _line: LiveLine = field(default_factory=LiveLine, init=False, repr=False)

    @classmethod
    def system(cls) -> Console:
        """Return the console of this process."""
        streams = [s if isinstance(s, io.TextIOWrapper) else None for s in (sys.stdin, sys.stdout, sys.stderr)]
        return cls(
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            stdin_is_tty=is_tty(streams[0]),
            stdout_is_tty=is_tty(streams[1]),
            stderr_is_tty=is_tty(streams[2]),
            environ=os.environ,
            now=lambda: dt.datetime.now(dt.UTC),
            columns=lambda: terminal_columns(streams[1], streams[2], streams[0]),
            login=lambda: login_name(os.environ),
        )

    @classmethod
    def in_memory(
        cls,
        *,
        stdin: bytes = b"",
        environ: Mapping[str, str] | None = None,
        now: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        tty: bool = False,
        encoding: str = "utf-8",
        columns: int | None = None,
    ) -> Console:
        """Return a console that touches nothing of the process; `output` and `messages` tell what was written."""
        return cls(
            stdin=io.TextIOWrapper(io.BytesIO(stdin), encoding=encoding),
            stdout=io.TextIOWrapper(io.BytesIO(), encoding=encoding),
            stderr=io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace", newline="\n"),
            stdin_is_tty=tty,
            stdout_is_tty=tty,
            stderr_is_tty=tty,
            environ=environ or {},
            now=lambda: now,
            columns=lambda: columns,
            login=lambda: "nobody",
        )

    def adjusted(self, *, quiet: bool = False, verbose: bool = False) -> Console:
        """Return this console with another volume: `quiet` leaves only errors, `verbose` adds details."""
        return replace(self, quiet=quiet, verbose=verbose)

    # --- the world -----------------------------------------------------------------------------------------------

    def today(self, timezone: str = "UTC") -> dt.date:
        """Return the day that reports count from: ``ATTRIB_TODAY``, else the date in `timezone`.

        Raises UsageError for a value that is none, and ConfigError for such a zone.
        """
        fixed = self.environ.get("ATTRIB_TODAY", "").strip()
        if fixed:
            try:
                return dt.date.fromisoformat(fixed)
            except ValueError:
                hint = "Give a day such as ATTRIB_TODAY=2026-03-31."
                raise UsageError(f"'{fixed}' is not a day", hint=hint, place="ATTRIB_TODAY") from None
        from attrib_cli.engine.zones import time_zone

        return self.now().astimezone(time_zone(timezone)).date()

    def user(self) -> str:
        """Return who runs this: ``ATTRIB_USER``, else the login name."""
        return self.environ.get("ATTRIB_USER", "").strip() or self.login()

    @property
    def width(self) -> int:
        """The columns of the terminal: ``COLUMNS``, else what the terminal says, else 80."""
        asked = self.environ.get("COLUMNS", "")
        if asked.isascii() and asked.isdigit() and int(asked) > 0:
            return int(asked)
        return self.columns() or 80

    @property
    def stdout_color(self) -> bool:
        """Whether data for people on stdout may be coloured."""
        return self._color(self.stdout_is_tty)

    @property
    def stderr_color(self) -> bool:
        """Whether messages may be coloured."""
        return self._color(self.stderr_is_tty)

    def _color(self, is_tty: bool) -> bool:
        """Decide by the customs: NO_COLOR above FORCE_COLOR and CLICOLOR_FORCE above TERM=dumb above the terminal."""
        if self.environ.get("NO_COLOR"):
            return False
        for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
            value = self.environ.get(name)
            if value:
                return value != "0"
        return is_tty and self.environ.get("TERM") != "dumb" and self.environ.get("CLICOLOR") != "0"

    @property
    def stdout_encoding(self) -> str:
        """What a terminal on stdout shows; data in a pipe is UTF-8 regardless."""
        return (self.stdout.encoding if self.stdout is not None else None) or "utf-8"

    # --- stdout --------------------------------------------------------------------------------------------------

    def write_text(self, text: str) -> None:
        """Write `text` to stdout as UTF-8; errors as in `write_bytes`."""
        self.write_bytes(text.encode("utf-8", "backslashreplace"))

    def write_bytes(self, data: bytes) -> None:
        """Write `data` to stdout, now.

        Raises BrokenPipeError when nobody reads any more, for the error boundary to end quietly, and AttribError when
        it cannot be written. After either, stdout is bent to nowhere, so that the interpreter's own flush at the end
        says nothing.
        """
        if self.stdout is None:
            raise AttribError("it is closed", hint="Give --output FILE to write to a file.", place=STDOUT)
        try:
            self.stdout.flush()
            self.stdout.buffer.write(data)
            self.stdout.buffer.flush()
        except BrokenPipeError:
            abandon(self.stdout)
            raise
        except OSError as error:
            raise self.unwritten(error) from error

    def unwritten(self, error: OSError) -> AttribError:
        """Return what to say where stdout cannot be written, and bend it to nowhere."""
        if self.stdout is not None:
            abandon(self.stdout)
        return AttribError(f"cannot be written: {error.strerror}", hint=disk_hint(error), place=STDOUT)

    def flush(self) -> None:
        """Write what others, such as the help, have left for stdout to write; raises as `write_bytes` does."""
        if self.stdout is not None:
            self.write_bytes(b"")

    # --- stderr --------------------------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Say something worth knowing; silent when quiet."""
        if self.quiet:
            self._record(text)
        else:
            self._say(printable(text, newlines=True))

    def detail(self, text: str) -> None:
        """Say something for those who asked for more with ``--verbose``."""
        if self.verbose and not self.quiet:
            self._say(self._paint(printable(text, newlines=True), _DIM))

    def warn(self, text: str, *, hint: str | None = None) -> None:
        """Say what may be wrong though the work goes on; silent when quiet."""
        if self.quiet:
            self._record(f"warning: {text}")
        else:
            self._say(self._message("warning:", _YELLOW, text, hint))

    def warn_of(self, notes: Iterable[Note]) -> None:
        """Say the warnings among the notes of reports, each once, a hint that several have with the last of them."""
        from attrib_cli.engine.notes import hints_once, warnings_of

        for note in hints_once(dict.fromkeys(warnings_of(notes))):
            self.warn(note.text, hint=note.hint)

    def _record(self, text: str) -> None:
        if self.record is not None:
            self.record(text)

    def error(self, error: AttribError) -> None:
        """Say what went wrong as ``error: place: message`` and the hint below it, each error of a group for itself.

        A hint that several of a group have is said once, below the last of them.
        """
        if isinstance(error, ErrorGroup):
            for one in hints_once(error):
                self._say(self._message("error:", _RED, *one))
        else:
            self._say(self._message("error:", _RED, str(error), error.hint))

    def trace(self, error: BaseException) -> None:
        """Show where in the program `error` came from, for ``--debug`` and bugs."""
        self._say("".join(traceback.format_exception(error)).rstrip("\n"))

    @contextlib.contextmanager
    def progress(self, message: str) -> Iterator[Callable[[str], None] | None]:
        """Show that work is going on, on a terminal's stderr only and only once it has taken a moment.

        Yields a function that changes the message, None where nobody sees it. The line is gone at the end, whatever the
        end is. Within another one, it is that line's message that changes.
        """
        line = self._line
        if self.quiet or not self.stderr_is_tty or self.environ.get("TERM") == "dumb":
            yield None
        elif line.open:
            before = line.message
            line.step(printable(message))
            try:
                yield lambda text: line.step(printable(text))
            finally:
                line.step(before)
        else:
            line.message, line.open = printable(message), True
            make = partial(terminal_progress, self.stderr, color=self.stderr_color, width=self.width)
            timer = threading.Timer(PROGRESS_DELAY, line.show, [make])
            timer.daemon = True
            timer.start()
            try:
                yield lambda text: line.step(printable(text))
            finally:
                timer.cancel()
                line.close()

    def _message(self, word: str, color: str, text: str, hint: str | None) -> str:
        lines = [f"{self._paint(word, color)} {_indented(text)}"]
        if hint:
            lines.append(f"  {self._paint('hint:', _CYAN)} {_indented(hint)}")
        return "\n".join(lines)

    def _paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.stderr_color else text

    def _say(self, text: str) -> None:
        if self.stderr is None:
            return
        encoding = self.stderr.encoding or "utf-8"
        safe = text.encode(encoding, "backslashreplace").decode(encoding)
        with self._line.aside():
            try:
                self.stderr.write(safe + "\n")
                self.stderr.flush()
            except (OSError, ValueError):  # nowhere left to complain
                abandon(self.stderr)

    # --- what was written, in memory -----------------------------------------------------------------------------

    def output(self) -> bytes:
        """Return what an `in_memory` console has had on stdout."""
        return written(self.stdout)

    def messages(self) -> str:
        """Return what an `in_memory` console has had on stderr."""
        return written(self.stderr).decode(self.stderr.encoding if self.stderr else "utf-8")


def _indented(text: str) -> str:
    return printable(text, newlines=True).replace("\n", "\n  ")
