"""The mail of an export: through which server, with which summary, and to whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import ConfigError

if TYPE_CHECKING:
    from attrib_cli.config.load import Config
    from attrib_cli.console import Console
    from attrib_cli.engine.report import Report
    from attrib_cli.exports.job import ExportJob
    from attrib_cli.exports.mail_message import Table
    from attrib_cli.exports.smtp import Server

_LONG = 200
"""Characters of a subject that say what its reports are of, at most; the mail itself says all."""

_ROWS = 20
"""Rows of a report that the mail itself shows."""


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
        max_attachment=config.notifications.max_attachment or 10_000_000,
        place=place,
    )


def mail_table(report: Report) -> Table:
    """Return the first rows of a report as a mail shows them, figures as in tables for people."""
    from attrib_cli.exports.mail_message import Table
    from attrib_cli.output.scope import scope, words
    from attrib_cli.output.text.layout import header_of
    from attrib_cli.output.wide import is_interval, widen
    from attrib_cli.output.words import label, summary_line, title

    wide = widen(report)
    several = len(wide.models) > 1
    headers = [label(column.name) for column in wide.dimensions]
    series = list(wide.columns())
    headers += [
        f"{header_of(wide, m)} ({model})" if several and not is_interval(m) else header_of(wide, m)
        for m, model in series
    ]
    texts = [wide.series[measure.name, model].texts for measure, model in series]
    keys = wide.keys[:_ROWS]
    return Table(
        title=title(report, wide.models),
        headers=tuple(headers),
        rows=tuple((*key, *(column[i] for column in texts)) for i, key in enumerate(keys)),
        note=summary_line(report.summary),
        notes=report.notes,
        more=len(wide.keys) - len(keys),
        conditions=words(scope(report)),
    )


def _subject(names: Sequence[str], day: dt.date, tables: Sequence[Table]) -> str:
    """Return what a mail is about: its reports, what all of them are of, and the day."""
    shared = [
        words
        for words in (tables[0].conditions if tables else ())
        if all(words in table.conditions for table in tables)
    ]
    of = f" ({', '.join(shared)})" if shared else ""
    return f"attrib: {', '.join(names)}{_shortened(of)}, {day.isoformat()}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 2]}…)"


def post(
    console: Console, export: ExportJob, server: Server, *, tables: Sequence[Table], files: Sequence[Path]
) -> None:
    """Send the files of `export` with a summary to those it is for; raises DeliveryError."""
    from attrib_cli.exports.mail_message import Mail, compose
    from attrib_cli.exports.smtp import retry_delays, send

    subject = export.subject or _subject([item.name for item in export.items], export.day, tables)
    mail = Mail(subject=subject, tables=tuple(tables), files=tuple(files))
    message = compose(mail, sender=server.sender, to=export.email, max_attachment=server.max_attachment)

    def waiting(reason: str, delay: float) -> None:
        console.warn(f"the mail was not delivered yet: {reason}; trying again in {delay:g} s")

    with console.progress("sending the mail"):
        send(message, server, export.email, delays=retry_delays(console.environ), waiting=waiting)
    console.note(f"sent to {', '.join(export.email)}")
