"""A mail as one message: text, the same as HTML with its pictures inside, and the files attached or named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.output.chosen_format import format_of_file
from attrib_cli.output.mail.html import html_of
from attrib_cli.output.mail.letter import text_of
from attrib_cli.terminal.console import printable

if TYPE_CHECKING:
    from email.message import EmailMessage

    from attrib_cli.exports.attachments import Attachments
    from attrib_cli.output.mail.letter import Letter


def compose(letter: Letter, *, subject: str, enclosed: Attachments, sender: str, to: Sequence[str]) -> EmailMessage:
    """Return the message with the files that go along; those that there is no room for are named."""
    import mimetypes
    from email.message import EmailMessage
    from email.utils import formatdate, make_msgid

    lines = [printable(line) for line in enclosed.lines()]
    domain = sender.rpartition("@")[2] or "localhost"
    message = EmailMessage()
    message["Subject"] = printable(subject)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=domain)
    pictures = {i: f"chart-{i + 1}@{domain}" for i, section in enumerate(letter.sections) if section.picture}
    message.set_content(text_of(letter) + "".join(["\n", *(f"{line}\n" for line in lines)] if lines else []))
    message.add_alternative(html_of(letter, pictures=pictures, files=lines), subtype="html")
    parts = message.get_payload()
    page = parts[1] if isinstance(parts, list) else None
    for i, content_id in pictures.items():
        picture = letter.sections[i].picture
        if picture is not None and isinstance(page, EmailMessage):
            page.add_related(
                picture.data,
                maintype="image",
                subtype="png",
                cid=f"<{content_id}>",
                filename=f"chart-{i + 1}.png",
                disposition="inline",
            )
    for path, data in enclosed.attached:
        format = format_of_file(path.name)
        kind = format.mime if format else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=printable(path.name))
    return message
