"""Messages to chats, webhooks and what else Apprise knows: the headline figures, notes, and a file where that is taken.

Apprise logs addresses, and services answer with what they were sent. So nothing that either says is passed on: of a
failure only the status of the answer is told, or that there was no connection.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import ConfigError, DeliveryError
from attrib_cli.exports.targets import missing
from attrib_cli.terminal.console import printable

if TYPE_CHECKING:
    from types import ModuleType

    import apprise

    from attrib_cli.exports.attachments import Attachments
    from attrib_cli.exports.targets import Target
    from attrib_cli.output.mail.letter import Letter

_LONGEST = 3000
"""Characters of a message; what services take beyond that differs, and nobody reads it in a chat."""

_STATUS = re.compile(r"error=(\d{3})\b")
_TITLE = 200


def check_targets(targets: Sequence[Target]) -> None:
    """Raise UsageError without the package that sends, and ConfigError for an address that it does not know."""
    for target in targets:
        with _silent():
            known = _service(target) is not None
        if not known:
            hint = "See Apprise's list of services for how theirs is written: slack://…, msteams://…, jsons://…."
            raise ConfigError(
                f"the address of {printable(target.name)!r} is none that Apprise knows; it is not shown",
                hint=hint,
                place=target.place,
            )


def message_of(letter: Letter, *, why: str) -> str:
    """Return what a message says below its title: the headline of each report, then what readers must know."""
    lines = [why] if why else []
    for section in letter.sections:
        several = len(letter.sections) > 1
        figures = "; ".join(section.headline) or (section.said[0].text if section.said else section.asked)
        name = ", ".join(filter(None, (section.name, section.period)))
        lines.append(f"{name}: {figures}" if several else figures)
    told = [one.text for one in letter.said if one.level != "why"]
    told += [one.text for section in letter.sections for one in section.said if one.level is not None]
    text = "\n".join(printable(line) for line in (*lines, *dict.fromkeys(told)))
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…\nThe rest is in the files."
    return _harmless(text)


def send_message(target: Target, *, title: str, text: str, files: Attachments) -> None:
    """Send a message, with its files where the service takes files, else with their places; raises DeliveryError."""
    said: list[str] = []
    with _silent(said):
        try:
            sent = _send(target, title, text, files)
        except Exception:  # a plugin may raise anything, and quote anything
            sent = False
    if sent:
        return
    status = next((found[1] for line in said if (found := _STATUS.search(line))), None)
    lost = any("connection error" in line.casefold() for line in said)
    answered = f"the service answered {status}" if status else "it was refused"
    if status and status.startswith("2"):  # such as Slack's, which says what is wrong in words
        answered = "the service did not take it"
    reason = "there was no connection" if lost else answered
    raise DeliveryError(
        f"the message to {printable(target.name)!r} was not delivered: {reason}",
        hint="The file is kept. Check the address, which is not shown here.",
        place=target.place,
    )


def _send(target: Target, title: str, text: str, files: Attachments) -> bool:
    from apprise import Apprise, AppriseAttachment
    from apprise.attachment.file import AttachFile

    service = _service(target)
    if service is None:
        return False
    takes = bool(getattr(service, "attachment_support", False))
    attached = AppriseAttachment()
    if takes:
        for path, _ in files.attached:
            attached.add(AttachFile(path=str(path.absolute()), name=printable(path.name)))
    lines = [text, *map(printable, files.lines() if takes else files.places())]
    one = Apprise(asset=_asset())
    one.add(service)
    return bool(
        one.notify(
            title=_harmless(printable(title))[:_TITLE],
            body="\n".join(lines),
            body_format="text",
            attach=attached if takes and files.attached else None,
            interpret_escapes=False,
        )
    )


def _service(target: Target) -> apprise.NotifyBase | None:
    return _apprise().Apprise.instantiate(target.address, asset=_asset())


def _asset() -> apprise.AppriseAsset:
    return _apprise().AppriseAsset(async_mode=False, secure_logging=True, app_id="attrib", app_desc="attrib")


def _apprise() -> ModuleType:
    try:
        return importlib.import_module("apprise")
    except ImportError:
        raise missing("apprise") from None


def _harmless(text: str) -> str:
    """Return a text in which a name calls nobody: ``@everyone`` and ``<!channel>`` are only read."""
    return re.sub(r"(@|<(?=[!@#]))", "\\1\u200b", text)


class _Listener(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


@contextlib.contextmanager
def _silent(said: list[str] | None = None) -> Iterator[None]:
    """Keep whatever libraries log or warn of away from standard error, and add what they log to `said`."""
    listener = _Listener([] if said is None else said)
    loggers = [logging.getLogger(name) for name in (None, "apprise")]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.handlers = [listener]
                logger.propagate = False
            yield
        finally:
            for logger, handlers, propagate in before:
                logger.handlers, logger.propagate = handlers, propagate
