"""The way of a mail: to whom, through which server, and what is tried again.

The server's settings come from the configuration, its password from the environment, a file or the system's
keyring. What may pass, such as a server that is busy or away, is tried again after a while; what will not pass is said
at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.errors import ConfigError, DeliveryError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.terminal.console import printable

if TYPE_CHECKING:
    from email.message import EmailMessage

PASSWORD = "ATTRIB_SMTP_PASSWORD"  # noqa: S105
PASSWORD_FILE = "ATTRIB_SMTP_PASSWORD_FILE"  # noqa: S105
DELAYS = "ATTRIB_SMTP_RETRY_DELAYS"
_LONGEST = 1024
"""Bytes that a file with a password may have."""

_DELAYS = (2.0, 10.0, 30.0)
_TIMEOUT = 30.0
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
Security = Literal["starttls", "tls", "none"]


@frozen
class Server:
    """An SMTP server: how to reach it, and who sends."""

    host: str
    port: int
    security: Security
    user: str | None
    password: str | None
    sender: str
    place: str

    def __repr__(self) -> str:
        """Show everything but the password."""
        return f"Server({self.host}:{self.port}, {self.security}, user={self.user!r})"


def recipients(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses of ``a@b,c@d``, each once; raises UsageError for one that is none.

    Domains are in the form that every server knows (``xn--…``); the letters before the @ stay, which servers with
    SMTPUTF8 take.
    """
    found: dict[str, None] = {}
    for text in (part.strip() for typed in texts for part in typed.split(",")):
        if not text:
            continue
        address = _address(text)
        if address is None:
            hint = "Give addresses as a@example.com,b@example.com."
            raise UsageError(f"'{printable(text)}' is no mail address", hint=hint, place="--email")
        found.setdefault(address)
    if not found:
        raise UsageError("no address was given", hint="Give --email a@example.com.", place="--email")
    return tuple(found)


def _address(text: str) -> str | None:
    from email.errors import MessageError
    from email.headerregistry import Address

    local, _, domain = text.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
        plain = "".join(char if char.isascii() else "x" for char in local)
        parsed = Address(addr_spec=f"{plain}@{domain}")
    except (ValueError, IndexError, MessageError):
        return None
    return f"{local}@{domain}" if parsed.username and parsed.domain and text.isprintable() else None


def password_of(environ: Mapping[str, str], file: Path | None) -> str | None:
    """Return the password: of the environment, else of the file it or the configuration names, else None.

    The last line break of a file is none of the password. Raises ConfigError for a file that cannot be read, or that
    holds more than one short line: such a file is not a password's, and what is in it is not to be sent.
    """
    if PASSWORD in environ:
        return environ[PASSWORD]
    named = environ.get(PASSWORD_FILE)
    path = Path(named) if named else file
    if path is None:
        return None
    try:
        with path.open("rb") as stream:
            text = stream.read(_LONGEST + 1).decode("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"the password cannot be read: {reason}", hint="Check the file.", place=str(path)) from error
    if len(text) > _LONGEST - 2 or not text.isprintable():
        hint = "Write the password alone into a file of its own."
        raise ConfigError("a file with a password has one short line", hint=hint, place=str(path))
    return text


def default_port(security: Security) -> int:
    """Return the port that servers listen at for this kind of encryption."""
    return _PORTS[security]


def retry_delays(environ: Mapping[str, str]) -> tuple[float, ...]:
    """Return the seconds before each further attempt: ``ATTRIB_SMTP_RETRY_DELAYS=2,10,30``, which is the default."""
    text = environ.get(DELAYS)
    if text is None:
        return _DELAYS
    try:
        delays = tuple(float(part) for part in text.split(",") if part.strip())
        if any(not 0 <= delay <= 3600 for delay in delays):
            raise ValueError(text)
    except ValueError:
        raise UsageError(f"'{text}' are no delays", hint="Give seconds, such as 2,10,30.", place=DELAYS) from None
    return delays


class Undelivered(DeliveryError):
    """A mail that did not reach everybody; `reached` are those whom it did."""

    def __init__(self, message: str, *, hint: str, place: str, reached: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint, place=place)
        self.reached = reached


def send(
    message: EmailMessage,
    server: Server,
    to: Sequence[str],
    *,
    delays: Sequence[float],
    waiting: Callable[[str, float], None] = lambda reason, delay: None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Hand `message` to the server for all of `to`; what may pass is tried again after each of `delays` seconds.

    Whoever has been accepted is not sent to again. Raises Undelivered, with what the server said.
    """
    place = f"{server.host}:{server.port}"
    left = list(to)
    refused: dict[str, str] = {}
    for delay in (*delays, None):
        again = ""
        try:
            for address, (code, text) in _attempt(message, server, left).items():
                refused[address] = _said(code, text)
                again = again or (f"{address}: {refused[address]}" if _passes(code) else "")
            left = [address for address in left if _passes_later(refused.get(address))]
        except _Temporary as error:
            again = str(error)
            if delay is None:
                raise Undelivered(
                    f"the mail was not delivered after {len(delays) + 1} attempts: {error}",
                    hint="The file is kept. Is the server up, and reachable from here?",
                    place=place,
                    reached=tuple(address for address in to if address not in left and address not in refused),
                ) from error
        if not left or delay is None:
            break
        waiting(again, delay)
        sleep(delay)
        for address in left:
            refused.pop(address, None)
    if refused:
        raise Undelivered(
            f"the mail was refused for {'; '.join(f'{address}: {text}' for address, text in refused.items())}",
            hint="The file is kept. Check the addresses.",
            place=place,
            reached=tuple(address for address in to if address not in refused),
        )


class _Temporary(Exception):
    """What may pass by itself."""


def _attempt(message: EmailMessage, server: Server, to: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    """Try once; return who was refused and why."""
    import smtplib
    import ssl

    place = f"{server.host}:{server.port}"
    context = ssl.create_default_context()
    try:
        if server.security == "tls":
            connected: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT, context=context)
        else:
            connected = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT)
        with connected as smtp:
            if server.security == "starttls":
                smtp.starttls(context=context)
            if server.user is not None:
                smtp.login(server.user, server.password or "")
            try:
                return smtp.send_message(message, from_addr=server.sender, to_addrs=list(to))
            except smtplib.SMTPRecipientsRefused as error:
                return error.recipients
    except smtplib.SMTPResponseException as error:
        said = _said(error.smtp_code, error.smtp_error)
        if _passes(error.smtp_code):
            raise _Temporary(said) from error
        if isinstance(error, smtplib.SMTPAuthenticationError):
            hint = f"The file is kept. Check the user and {PASSWORD}."
            raise DeliveryError(
                f"the server refused the user or the password: {said}", hint=hint, place=place
            ) from None
        raise DeliveryError(f"the server refused the mail: {said}", hint="The file is kept.", place=place) from error
    except smtplib.SMTPServerDisconnected as error:
        raise _Temporary(f"the server broke off: {error}") from error
    except smtplib.SMTPException as error:
        raise DeliveryError(f"the mail was not delivered: {error}", hint="The file is kept.", place=place) from error
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
        hint = "The file is kept. Check host, port, tls and starttls; SSL_CERT_FILE names further certificates."
        raise DeliveryError(f"no safe connection: {reason}", hint=hint, place=place) from error
    except OSError as error:
        raise _Temporary(error.strerror or str(error)) from error


def _passes(code: int) -> bool:
    return 400 <= code < 500 or code == -1


def _passes_later(said: str | None) -> bool:
    return said is not None and _passes(int(said.split(" ", 1)[0]))


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return printable(f"{code} {words}".replace("\n", " "))
