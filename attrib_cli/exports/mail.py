"""The mail of an export: through which server it goes, what it is called, and how it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.errors import ConfigError
from attrib_cli.exports.targets import from_keyring

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from attrib_cli.config.load import Config
    from attrib_cli.exports.attachments import Attachments
    from attrib_cli.exports.smtp import Server
    from attrib_cli.output.mail.letter import Letter
    from attrib_cli.terminal.console import Console

_LONG = 200
"""Characters of a subject that say what its reports are of, at most; the mail itself says all."""


def mail_server(console: Console, config: Config | None) -> Server:
    """Return the server of the configuration with its password; raises ConfigError where it cannot be used."""
    from attrib_cli.exports.smtp import PASSWORD, Security, Server, default_port, password_of

    smtp = config.notifications.smtp if config is not None else None
    if config is None or smtp is None:
        hint = "Write notifications: smtp: host: … into attrib.yaml."
        place = None if config is None else config.place("notifications")
        raise ConfigError("nothing says which server mails go through", hint=hint, place=place)
    security: Security = "tls" if smtp.tls else "none" if smtp.starttls is False else "starttls"
    place = config.place("notifications.smtp")
    file = None if smtp.password_file is None else config.path.parent / smtp.password_file
    password = password_of(console.environ, file) if smtp.user else None
    if smtp.user and password is None and smtp.password_keyring is not None:
        password = from_keyring(smtp.password_keyring, smtp.user, place)
    if smtp.user and password is None:
        raise ConfigError(f"there is no password for {smtp.user}", hint=f"Set {PASSWORD}.", place=place)
    if smtp.user and security == "none" and smtp.host not in ("localhost", "127.0.0.1", "::1"):
        hint = "Write starttls: true or tls: true."
        raise ConfigError("the password would go over the network in the clear", hint=hint, place=place)
    sender = smtp.sender or (smtp.user if smtp.user and "@" in smtp.user else None)
    if sender is None:
        raise ConfigError("nothing says who mails come from", hint="Write from: reports@example.com.", place=place)
    return Server(
        host=smtp.host,
        port=smtp.port or default_port(security),
        security=security,
        user=smtp.user,
        password=password,
        sender=sender,
        place=place,
    )


def subject_of(letter: Letter, day: dt.date) -> str:
    """Return what a mail is called: the name, the period, and what all its reports are of.

    Where that is all time, or reports are of several periods, it has the day that these count from.
    """
    of = f" ({', '.join(letter.about)})" if letter.about else ""
    of = of if len(of) <= _LONG else f"{of[: _LONG - 2]}…)"
    when = letter.period if letter.bounded else ", ".join(filter(None, (letter.period, day.isoformat())))
    return f"{letter.name}: {when}{of}"


def post(
    console: Console,
    server: Server,
    to: Sequence[str],
    *,
    subject: str,
    letter: Letter,
    enclosed: Attachments,
) -> None:
    """Send a letter and the files that go along; raises DeliveryError."""
    from attrib_cli.exports.mail_message import compose
    from attrib_cli.exports.smtp import retry_delays, send

    message = compose(letter, subject=subject, enclosed=enclosed, sender=server.sender, to=to)

    def waiting(reason: str, delay: float) -> None:
        console.warn(f"the mail was not delivered yet: {reason}; trying again in {delay:g} s")

    with console.progress("sending the mail"):
        send(message, server, to, delays=retry_delays(console.environ), waiting=waiting)
    console.note(f"sent to {', '.join(to)}")
