"""The message centre: what exports have ended, where their files are, and what went wrong.

One line of JSON for each message, in a file that only its user can read. Processes take turns by a lock beside it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path

from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.frozen import frozen
from attrib_cli.system.atomic_files import write_file
from attrib_cli.system.folders import state_folder
from attrib_cli.system.locks import turn

KEPT = 1000
"""The newest messages, which are all that is kept."""


@frozen
class Message:
    """One export that has ended.

    `when` is an aware moment in ISO form, `what` the names of the reports, `where` the path of the file or ``standard
    output``, `size` its bytes, `rows` its rows, `sent_to` who got it by mail; `error` says what went wrong.
    """

    when: str
    what: str
    format: str
    where: str
    size: int | None = None
    rows: int | None = None
    sent_to: tuple[str, ...] = ()
    error: str | None = None


class MessageCentre:
    """The messages of one user."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def add(self, message: Message) -> None:
        """Keep a message; raises AttribError where it cannot be written."""
        self.change(lambda messages: [*messages, message][-KEPT:])

    def messages(self) -> tuple[Message, ...]:
        """Return the messages, oldest first; lines that are none are passed over."""
        try:
            text = self._file().read_text("utf-8", "replace")
        except FileNotFoundError:
            return ()
        except OSError as error:
            hint = "XDG_STATE_HOME chooses another place."
            message = f"the messages cannot be read: {error.strerror}"
            raise AttribError(message, hint=hint, place=str(self._file())) from error
        return tuple(message for message in map(_read, text.splitlines()) if message is not None)

    def clear(self) -> int:
        """Forget all messages and return how many there were."""
        count = 0

        def none(messages: list[Message]) -> list[Message]:
            nonlocal count
            count = len(messages)
            return []

        self.change(none)
        return count

    def change(self, how: Callable[[list[Message]], list[Message]]) -> None:
        """Replace the messages in one step by what `how` makes of them, while no other process does."""
        file = self._file()
        with turn(file.with_suffix(".lock")):
            lines = [json.dumps(asdict(m), ensure_ascii=False) + "\n" for m in how(list(self.messages()))]
            try:
                write_file(str(file), (line.encode("utf-8", "backslashreplace") for line in lines), mode=0o600)
            except AttribError as error:
                hint = "XDG_STATE_HOME chooses another place."
                raise AttribError(f"the messages {error.message}", hint=hint, place=str(file)) from error

    def _file(self) -> Path:
        return state_folder(self._environ) / "messages.jsonl"


def moment(now: dt.datetime) -> str:
    """Return a moment as messages have it: to the second, with its offset."""
    return now.isoformat(timespec="seconds")


def _read(line: str) -> Message | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    known = {f.name for f in fields(Message)}
    if not isinstance(found, dict) or not {"when", "what", "format", "where"} <= found.keys():
        return None
    kept = {name: value for name, value in found.items() if name in known}
    return Message(**{**kept, "sent_to": tuple(kept.get("sent_to") or ())})
