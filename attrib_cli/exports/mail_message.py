"""Exports by mail: one message with a summary as text and HTML, and the files attached or named."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.console import printable
from attrib_cli.engine.errors import DeliveryError
from attrib_cli.output.registry import format_of_file

if TYPE_CHECKING:
    from email.message import EmailMessage

    from attrib_cli.engine.notes import Note


@dataclass(frozen=True, kw_only=True)
class Table:
    """A summary for reading: title, the conditions of its figures, headers, rows, what was counted, what to know.

    `more` is how many more rows there are.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str
    more: int = 0
    conditions: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What is sent: the tables to show and the files that were written."""

    subject: str
    tables: tuple[Table, ...]
    files: tuple[Path, ...]


def compose(mail: Mail, *, sender: str, to: Sequence[str], max_attachment: int) -> EmailMessage:
    """Return the message: text, the same as HTML, and every file of no more than `max_attachment` bytes.

    Raises DeliveryError for a file that cannot be read any more.
    """
    import mimetypes
    from email.message import EmailMessage
    from email.utils import formatdate, make_msgid

    attached: list[tuple[Path, bytes]] = []
    named: list[str] = []
    for path in mail.files:
        try:
            size = path.stat().st_size
            if size <= max_attachment:
                attached.append((path, path.read_bytes()))
            else:
                named.append(f"{path.absolute()} ({size:,} bytes, too large to attach)")
        except OSError as error:
            raise DeliveryError(f"cannot be attached: {error.strerror}", place=str(path)) from error
    message = EmailMessage()
    message["Subject"] = printable(mail.subject)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    message.set_content(_text(mail, attached, named))
    message.add_alternative(_html(mail, attached, named), subtype="html")
    for path, data in attached:
        format = format_of_file(path.name)
        kind = format.mime if format else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=printable(path.name))
    return message


def _text(mail: Mail, attached: Sequence[tuple[Path, bytes]], named: Sequence[str]) -> str:
    lines: list[str] = []
    for table in mail.tables:
        cells = [table.headers, *table.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(table.headers))]
        lines += [table.title, *([" · ".join(table.conditions)] if table.conditions else []), ""]
        for row in cells if table.headers else ():
            first, *figures = [
                text.rjust(w) if i else text.ljust(w) for i, (text, w) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  ".join([first, *figures]).rstrip())
        if table.more:
            lines.append(f"and {table.more:,} more rows")
        lines += ["", *(f"{note.level.capitalize()}: {note}" for note in table.notes), table.note, ""]
    lines += [f"Attached: {path.name} ({len(data):,} bytes)" for path, data in attached]
    lines += [f"File: {text}" for text in named]
    return "\n".join(lines) + "\n"


def _html(mail: Mail, attached: Sequence[tuple[Path, bytes]], named: Sequence[str]) -> str:
    def cell(text: str, tag: str, number: bool) -> str:
        side = "right" if number else "left"
        return f'<{tag} style="text-align:{side};padding:2px 8px">{html.escape(text)}</{tag}>'

    parts = ['<html><body style="font-family:sans-serif">']
    for table in mail.tables:
        parts.append(f"<h3>{html.escape(table.title)}</h3>")
        if table.conditions:
            parts.append(f"<p>{html.escape(' · '.join(table.conditions))}</p>")
        if table.headers:
            parts.append('<table style="border-collapse:collapse">')
            parts.append("<tr>" + "".join(cell(t, "th", i > 0) for i, t in enumerate(table.headers)) + "</tr>")
            parts += ["<tr>" + "".join(cell(t, "td", i > 0) for i, t in enumerate(r)) + "</tr>" for r in table.rows]
            parts.append("</table>")
        if table.more:
            parts.append(f"<p>and {table.more:,} more rows</p>")
        parts += [f"<p>{note.level.capitalize()}: {html.escape(str(note))}</p>" for note in table.notes]
        parts.append(f"<p>{html.escape(table.note)}</p>")
    parts += [f"<p>Attached: {html.escape(path.name)} ({len(data):,} bytes)</p>" for path, data in attached]
    parts += [f"<p>File: {html.escape(text)}</p>" for text in named]
    return "\n".join([*parts, "</body></html>"]) + "\n"
