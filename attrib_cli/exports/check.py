"""What can be said of an export before it runs, for one that runs later and unwatched."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.exports.delivery import check_sending
from attrib_cli.exports.plan import check_template, formats_of
from attrib_cli.exports.smtp import PASSWORD_FILE
from attrib_cli.exports.targets import unknown

if TYPE_CHECKING:
    from attrib_cli.exports.job import ExportJob
    from attrib_cli.output.registry import Format
    from attrib_cli.terminal.console import Console

_NEEDED = {
    "charts": ("vl_convert",),
    "pdf": ("vl_convert", "pypdf"),
    "pptx": ("pptx",),
    "notify": ("apprise", "keyring"),
    "template": ("lxml",),
}


def check_export(console: Console, export: ExportJob) -> None:
    """Raise UsageError and ConfigError for an export that cannot end well; warn of what it will not have by then."""
    specs = tuple(item.spec(ledger=export.ledger) for item in export.items)
    formats = formats_of(export)
    check_template(export, formats)
    check_sending(export, specs, formats)
    for warning in _missing(console, export, formats):
        console.warn(warning)


def _missing(console: Console, export: ExportJob, formats: tuple[Format, ...]) -> Iterator[str]:
    used = ("notify" if export.notify else None, "template" if export.template is not None else None)
    for extra in dict.fromkeys([*(one.extra for one in formats), *used]):
        if extra and any(importlib.util.find_spec(name) is None for name in _NEEDED.get(extra, ())):
            yield f"the export needs pip install 'attrib-cli[{extra}]', which is not installed here"
    config, environ = export.config, console.environ
    notifications = None if config is None else config.notifications
    smtp = None if notifications is None else notifications.smtp
    if export.email and smtp is None:
        raise UsageError(
            "nothing says which server mails go through",
            hint="Write notifications: smtp: host: … into attrib.yaml.",
            place="--email",
        )
    kept = smtp is not None and (smtp.password_file or smtp.password_keyring or PASSWORD_FILE in environ)
    if export.email and smtp is not None and smtp.user and not kept:
        yield "a run without you has no ATTRIB_SMTP_PASSWORD: write password_file: or password_keyring: below smtp:"
    known = dict(notifications.targets or {}) if notifications is not None else {}
    for name in export.notify:
        if name not in known:
            raise unknown(name, known)
        variable = known[name].env
        if variable is not None:
            yield f"the target '{name}' needs {variable}, which a run without you may not have; a keyring does"
