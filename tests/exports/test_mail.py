"""Exports by mail, against a real SMTP server in a process of its own, with TLS and log-in."""

from __future__ import annotations

import base64
import csv
import email
import email.policy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

import pytest
from in_process import attrib_here
from program import run_text

from attrib_cli.engine.errors import ConfigError, UsageError
from attrib_cli.exports.smtp import password_of, recipients, retry_delays

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
CONFIG = """\
sources: {{touchpoints: {data}/touchpoints.csv, deals: {data}/deals.csv, deal_contacts: {data}/deal_contacts.csv,
  contacts: {data}/contacts.csv, campaigns: {data}/campaigns.csv}}
notifications:
  smtp: {{host: localhost, port: {port}, {security}, user: robot@example.com, password_file: password}}
{more}
"""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost and its key, as cert.pem and key.pem in the folder returned."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


@contextmanager
def server(folder: Path, certificate: Path, security: str, replies: str = "") -> Iterator[int]:
    """Run the server and yield its port."""
    command = [sys.executable, str(ROOT / "tests" / "support" / "smtp_server.py"), str(folder), security]
    command += [str(certificate / "cert.pem"), str(certificate / "key.pem"), replies]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Place:
    """A folder with a configuration, in which exports run."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        self.folder, self.certificate = folder, certificate
        self.mails = folder / "mails"
        self.mails.mkdir()

    def export(self, port: int, *arguments: str, **more: str):
        """Export a report that has no picture to draw."""
        return self.run(port, "export", "--by", "channel", "--chart", "table", *arguments, **more)

    def mail_board(self, port: int, *arguments: str):
        return self.run(port, "dashboard", "export", "Management", *arguments, more=BOARD)

    def run(self, port: int, *arguments: str, security: str = "starttls: true", more: str = "", **environ: str):
        self.configure(port, security=security, more=more)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ATTRIB_")}
        own = {
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "SSL_CERT_FILE": str(self.certificate / "cert.pem"),
            "ATTRIB_SMTP_RETRY_DELAYS": "0,0",
            "ATTRIB_TODAY": "2026-10-01",
        }
        return run_text(arguments, cwd=self.folder, env=kept | own | environ)

    def configure(self, port: int, *, security: str = "starttls: true", more: str = "") -> None:
        text = CONFIG.format(data=DATA, port=port, security=security, more=more)
        (self.folder / "attrib.yaml").write_text(text)
        (self.folder / "password").write_text("s3cret pass\n")

    def messages(self) -> list[dict[str, object]]:
        lines = (self.folder / "state" / "attrib" / "messages.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def received(self) -> list[tuple[dict, EmailMessage]]:
        found = []
        for path in sorted(self.mails.glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.append((json.loads(path.with_suffix(".json").read_text()), message))
        return found


@pytest.fixture
def place(tmp_path: Path, certificate: Path) -> Place:
    return Place(tmp_path, certificate)


@pytest.mark.parametrize(("security", "key"), [("starttls", "starttls: true"), ("tls", "tls: true")])
def test_the_file_and_a_summary_arrive_through_tls(place: Place, security: str, key: str) -> None:
    with server(place.mails, place.certificate, security) as port:
        done = place.export(
            port, "--by", "channel", "--name", "weekly", "--email", "a@b.example,c@d.example", "-q", security=key
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    [(about, message)] = place.received()
    assert about == {"from": "robot@example.com", "to": ["a@b.example", "c@d.example"], "tls": True}
    assert message["Subject"] == "weekly: all time, 2026-10-01"
    [attachment] = message.iter_attachments()
    assert attachment.get_filename() == "weekly.csv"
    assert attachment.get_content_type() == "text/csv"
    assert attachment.get_payload(decode=True) == (place.folder / "weekly.csv").read_bytes()
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    for text in (plain.get_content(), html.get_content()):
        assert "Paid search" in text and "$" in text and "41 conversions" in text
    assert "<table" in html.get_content()
    [kept] = place.messages()
    assert kept["sent_to"] == ["a@b.example", "c@d.example"] and kept["error"] is None
    assert "s3cret" not in done.stderr + json.dumps(kept)


def test_a_large_file_is_named_and_not_attached(place: Place) -> None:
    with server(place.mails, place.certificate, "starttls") as port:
        done = place.export(port, "--email", "a@b.example", more="  max_attachment: 100 B")
    assert done.returncode == 0, done.stderr
    [(_, message)] = place.received()
    assert not list(message.iter_attachments())
    body = message.get_body(("plain",))
    assert body is not None and str(place.folder / "report.csv") in body.get_content()


def test_what_may_pass_is_tried_again(place: Place) -> None:
    with server(place.mails, place.certificate, "starttls", "451,421") as port:
        done = place.export(port, "--email", "a@b.example")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("trying again") == 2
    assert len(place.received()) == 1


@pytest.mark.parametrize(
    ("replies", "said", "attempts"), [("550", "550 not now", 0), ("451,451,451", "after 3 attempts: 451", 2)]
)
def test_a_failed_delivery_keeps_the_file_and_ends_with_5(place: Place, replies: str, said: str, attempts: int) -> None:
    with server(place.mails, place.certificate, "starttls", replies) as port:
        done = place.export(port, "--email", "a@b.example")
    assert done.returncode == 5
    assert said in done.stderr and done.stderr.count("trying again") == attempts
    assert (place.folder / "report.csv").stat().st_size > 20
    [kept] = place.messages()
    assert said in str(kept["error"]) and kept["sent_to"] == []


def test_a_wrong_password_a_strange_certificate_and_no_server_end_with_5(place: Place) -> None:
    with server(place.mails, place.certificate, "starttls") as port:
        done = place.export(port, "--email", "a@b.example", ATTRIB_SMTP_PASSWORD="wrong")
        assert done.returncode == 5 and "refused the user or the password" in done.stderr
        assert "wrong" not in done.stderr
        done = place.export(port, "--email", "a@b.example", SSL_CERT_FILE="/dev/null")
        assert done.returncode == 5 and "no safe connection" in done.stderr
        done = place.export(port, "--email", "a@b.example,nobody@b.example")
        assert done.returncode == 5 and "nobody@b.example: 550" in done.stderr
        assert place.messages()[-1]["sent_to"] == ["a@b.example"]
        assert len(place.received()) == 1
    done = place.export(port, "--email", "a@b.example")
    assert done.returncode == 5 and "after 3 attempts" in done.stderr
    assert (place.folder / "report.csv").exists()


def test_subjects_and_names_are_one_header_each_and_addresses_may_have_any_letters(place: Place) -> None:
    with server(place.mails, place.certificate, "starttls") as port:
        words = [
            "--subject",
            "Grüße 🎉\nBcc: eve@evil.example",
            "--name",
            "Umsatz 🎉 ä",
            "--email",
            "jörg@bücher.example",
        ]
        done = place.export(port, *words)
    assert done.returncode == 0, done.stderr
    [(about, message)] = place.received()
    assert about["to"] == ["jörg@xn--bcher-kva.example"]
    assert message["Subject"] == "Grüße 🎉\\nBcc: eve@evil.example" and message["Bcc"] is None
    assert message["To"] == "jörg@xn--bcher-kva.example"
    assert message["Date"].datetime.tzinfo and str(message["Message-ID"]).endswith("@example.com>")
    [attachment] = message.iter_attachments()
    assert attachment.get_filename() == "Umsatz 🎉 ä.csv"


def test_the_password_is_in_no_output(place: Place) -> None:
    with server(place.mails, place.certificate, "starttls") as port:
        for password in ("wr0ng secret", "s3cret pass"):
            done = place.export(port, "--email", "a@b.example", "-v", "--debug", ATTRIB_SMTP_PASSWORD=password)
            said = done.stdout + done.stderr + json.dumps(place.messages())
            assert done.returncode == (5 if password.startswith("wr") else 0), done.stderr
            for text in (password, base64.b64encode(b"\0robot@example.com\0" + password.encode()).decode()):
                assert text not in said
        command = [sys.executable, "-m", "attrib_cli", "config", "show"]
        shown = subprocess.run(command, cwd=place.folder, capture_output=True, text=True, env={
            **os.environ, "PYTHONPATH": str(ROOT), "ATTRIB_SMTP_PASSWORD": "s3cret pass",
        })  # fmt: skip
        assert shown.returncode == 0 and "password_file" in shown.stdout
        assert "s3cret" not in shown.stdout + shown.stderr
    done = place.export(25, "--smtp-password", "x", "--email", "a@b.example")
    assert done.returncode == 2 and "No such option" in done.stderr


def test_who_is_refused_for_now_is_tried_again_and_nobody_gets_it_twice(place: Place) -> None:
    with server(place.mails, place.certificate, "starttls") as port:
        done = place.export(port, "--email", "a@b.example,later1@b.example,nobody@b.example")
    assert done.returncode == 5 and done.stderr.count("trying again") == 1
    assert "nobody@b.example: 550" in done.stderr
    assert [about["to"] for about, _ in place.received()] == [["a@b.example"], ["later1@b.example"]]
    assert place.messages()[-1]["sent_to"] == ["a@b.example", "later1@b.example"]


def test_mail_that_cannot_be_sent_is_refused_before_anything_is_written(place: Place) -> None:
    done = place.export(25, "--email", "a@b.example", security="host: localhost")
    assert done.returncode == 2
    (place.folder / "attrib.yaml").unlink(missing_ok=True)
    for text, said in (("", "which server"), ("notifications: {smtp: {host: h, user: a@b.c}}", "no password")):
        (place.folder / "x.yaml").write_text(f"version: 1\n{text}\n")
        command = [sys.executable, "-m", "attrib_cli", "export", "--data", str(DATA), "--email", "a@b.example"]
        done = subprocess.run(
            [*command, "--config", "x.yaml"], cwd=place.folder, capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(place.folder)},
        )  # fmt: skip
        assert done.returncode == 2 and said in done.stderr
    assert not list(place.folder.glob("*.csv"))


def test_a_password_file_is_one_short_line(tmp_path: Path) -> None:
    """So that no other file of the user is sent as a password."""
    file = tmp_path / "password"
    for text, password in ((b"s3cret pass\n", "s3cret pass"), (b"one\r\n", "one"), ("ä".encode(), "ä"), (b"", "")):
        file.write_bytes(text)
        assert password_of({}, file) == password
        assert password_of({"ATTRIB_SMTP_PASSWORD_FILE": str(file)}, None) == password
    for text in (b"root:x:0:0\nann:x:1:1\n", b"x" * 1025, b"one\n\n", b"a\0b", b"\xff"):
        file.write_bytes(text)
        with pytest.raises(ConfigError) as caught:
            password_of({}, file)
        assert "ann:x" not in str(caught.value) and "xxx" not in str(caught.value)
    with pytest.raises(ConfigError):
        password_of({}, Path("/dev/zero"))


def test_addresses_and_delays_are_read() -> None:
    assert recipients(["a@b.c, d@e.f", "a@b.c"]) == ("a@b.c", "d@e.f")
    for wrong in ("a", "a@", "a@b\r\nBcc: x@y.z", "a b@c.d", "a@b c.d", "ä", "ä@", "@b", ","):
        with pytest.raises(UsageError):
            recipients([wrong])
    assert retry_delays({}) == (2.0, 10.0, 30.0)
    with pytest.raises(UsageError):
        retry_delays({"ATTRIB_SMTP_RETRY_DELAYS": "soon"})


BOARD = """\
reports:
  Total: {by: campaign, display: figure, period: last-quarter, compare: previous-period}
  "Channels <script> & 'co'": {by: channel, period: last-quarter}
dashboards:
  Management: {reports: [Total, "Channels <script> & 'co'"], description: For Monday}
"""


def test_a_board_arrives_with_its_picture_totals_and_page(place: Place) -> None:
    pytest.importorskip("vl_convert")
    with server(place.mails, place.certificate, "starttls") as port:
        done = place.mail_board(port, "-f", "html,csv", "--attach", "html", "--email", "a@b.example")
    assert done.returncode == 0, done.stderr
    [(_, message)] = place.received()
    assert message["Subject"] == "Management: last-quarter, 2026-07-01 to 2026-09-30"
    [attached] = message.iter_attachments()
    assert attached.get_filename() == "Management.html"
    assert attached.get_payload(decode=True) == (place.folder / "Management.html").read_bytes()
    rows = list(csv.DictReader((place.folder / "Channels <script> & 'co'.csv").open()))
    total = f"${sum(Decimal(row['revenue']) for row in rows):,.2f}"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    text, page = plain.get_content(), html.get_content()
    assert text.count(total) == page.count(total) == 2
    assert "For Monday" in text and "▲ +" in text and "Channels <script> & 'co'" in text
    assert "<script" not in page and "Channels &lt;script&gt; &amp; &#x27;co&#x27;" in page
    [picture] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in page and 'alt="Channels' in page


def test_a_board_is_read_and_computed_once_for_files_and_mail(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The reports of files, page and mail come out of one session, each request answered once."""
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec

    asked: list[tuple[int, ReportSpec]] = []
    run = Session.run

    def counted(session: Session, spec: ReportSpec) -> object:
        asked.append((id(session), spec))
        return run(session, spec)

    monkeypatch.setattr(Session, "run", counted)
    monkeypatch.setattr("attrib_cli.exports.delivery.post", lambda *_, letter, **__: sent.append(letter))
    sent: list[object] = []
    place.configure(1, more=BOARD)
    where = ("--config", place.folder / "attrib.yaml", "-o", tmp_path / "{name}.{ext}")
    environ = {"ATTRIB_TODAY": "2026-10-01", "XDG_STATE_HOME": str(tmp_path)}
    done = attrib_here(
        "dashboard", "export", "Management", *where, "-f", "html,csv", "--email", "a@b.example", environ=environ
    )
    assert done.returncode == 0, done.stderr
    assert len(sent) == 1 and len({session for session, _ in asked}) == 1
    specs = [spec for _, spec in asked]
    assert len(specs) == len(set(specs)) <= 4
