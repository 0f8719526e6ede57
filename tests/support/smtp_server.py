"""A real SMTP server in a process of its own, for the tests of mail: TLS or STARTTLS, log-in, and bad days.

    python smtp_server.py FOLDER SECURITY CERTIFICATE KEY REPLIES

Prints its port, keeps each mail as a file in FOLDER, and answers the first mails with REPLIES (``451,451``).
"""

from __future__ import annotations

import json
import signal
import ssl
import sys
from itertools import count
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Keeper:
    """Keeps mails, after the replies that it is to give first."""

    def __init__(self, folder: Path, replies: list[str], *, implicit: bool) -> None:
        self.folder, self.replies, self.implicit, self.numbers = folder, replies, implicit, count()
        self.seen: set[str] = set()

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address.startswith("nobody"):
            return "550 no such user"
        if address.startswith("later") and address not in self.seen:
            self.seen.add(address)
            return "450 not yet"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        number = next(self.numbers)
        if number < len(self.replies):
            return f"{self.replies[number]} not now"
        about = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": self.implicit or bool(session.ssl)}
        (self.folder / f"{number}.eml").write_bytes(envelope.content)
        (self.folder / f"{number}.json").write_text(json.dumps(about))
        return "250 OK"


def authenticator(server, session, envelope, mechanism, data) -> AuthResult:
    ok = isinstance(data, LoginPassword) and (data.login, data.password) == (b"robot@example.com", b"s3cret pass")
    return AuthResult(success=ok, handled=not ok and False)


def main() -> None:
    folder, security, certificate, key, replies = Path(sys.argv[1]), *sys.argv[2:6]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Server(Controller):
        def factory(self) -> SMTP:
            return SMTP(
                self.handler,
                enable_SMTPUTF8=True,
                authenticator=authenticator,
                auth_required=security != "none",
                auth_require_tls=security == "starttls",
                require_starttls=security == "starttls",
                tls_context=context if security == "starttls" else None,
            )

    keeper = Keeper(folder, [reply for reply in replies.split(",") if reply], implicit=security == "tls")
    server = Server(keeper, hostname="127.0.0.1", port=0, ssl_context=context if security == "tls" else None)
    server.port = free_port()
    server.start()
    print(server.port, flush=True)
    signal.pause()


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    main()
