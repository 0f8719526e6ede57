"""The line on a terminal that says what goes on, while it goes on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import io

    from rich.progress import Progress

PROGRESS_DELAY = 0.3
"""Seconds that work takes before it is worth a line."""


class LiveLine:
    """The progress line of a console: starts late, steps aside for messages, leaves nothing behind."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.message = ""
        self.open = False
        self.shown: Progress | None = None

    def step(self, message: str) -> None:
        """Change the message, of a text that is safe to print."""
        with self.lock:
            self.message = message
            if self.shown is not None:
                self.shown.update(self.shown.task_ids[0], description=message)

    def show(self, make: Callable[[], Progress]) -> None:
        """Show the line that `make` makes, unless the work is done meanwhile."""
        made = make()  # imports rich: outside the lock, so that the work never waits for it
        with self.lock:
            if self.open and self.shown is None:
                made.add_task(self.message, total=None)
                self.shown = made
                made.start()

    def close(self) -> None:
        """Take the line away; it leaves nothing behind."""
        with self.lock:
            self.open = False
            if self.shown is not None:
                self.shown.stop()
                self.shown = None

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away while something else is said."""
        with self.lock:
            if self.shown is not None:
                self.shown.stop()
            try:
                yield
            finally:
                if self.shown is not None:
                    self.shown.start()


def terminal_progress(stderr: io.TextIOWrapper | None, *, color: bool, width: int) -> Progress:
    """Return a spinner with a text and the time on a terminal, which leaves nothing behind."""
    from rich.console import Console as RichConsole
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    terminal = RichConsole(
        file=stderr,
        force_terminal=True,
        no_color=not color,
        width=max(width, 20),
        legacy_windows=False,
    )
    spinner = SpinnerColumn("dots" if _encodes("⠋", terminal.encoding) else "line")
    text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True))
    return Progress(
        spinner,
        text,
        TimeElapsedColumn(),
        console=terminal,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
