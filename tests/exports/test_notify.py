"""``--notify``: messages to a real web server, and addresses that nothing shows, wherever the secret stands in them."""

from __future__ import annotations

import base64
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from in_process import attrib_here
from output_reports import NASTY, compared, doubtful, nasty

from attrib_cli.config.load import load_config
from attrib_cli.engine.errors import ConfigError, DeliveryError, UsageError
from attrib_cli.exports.attachments import gather
from attrib_cli.exports.chat import check_targets, message_of, send_message
from attrib_cli.exports.mail import mail_server
from attrib_cli.exports.targets import Target, typed_targets
from attrib_cli.output.dashboard.board import Board, tile_of
from attrib_cli.output.mail.letter import letter_of
from attrib_cli.terminal.console import Console

pytest.importorskip("apprise")
keyring = pytest.importorskip("keyring")
SECRET = "s3cr3tw0rd"


class Service:
    """A web server that keeps what it gets, and refuses it where the path says so."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.got.append((self.path, json.loads(body)))
                self.send_response(403 if "deny" in self.path else 200)
                self.end_headers()
                self.wfile.write(b"ok" if "/slack/" in self.path else f"not {self.path}".encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.at = f"localhost:{self.server.server_port}"


@pytest.fixture(scope="module")
def running() -> Iterator[Service]:
    service = Service()
    threading.Thread(target=service.server.serve_forever, daemon=True).start()
    yield service
    service.server.shutdown()
    service.server.server_close()


@pytest.fixture
def service(running: Service) -> Service:
    running.got.clear()
    return running


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "touchpoints.csv").write_text("contact_id,occurred_at,channel\n1,2026-01-01,@everyone\n")
    (tmp_path / "data" / "deals.csv").write_text(
        "deal_id,contact_id,created_at,closed_at,amount,is_won\n1,1,2026-02-01,2026-03-01,70,true\n"
    )
    (tmp_path / "attrib.yaml").write_text(
        "version: 1\nnotifications:\n  targets:\n    team: TEAM_CHAT\n    ops: {env: OPS}\n"
        "    ring: {keyring: attrib}\n    other: {keyring: attrib, entry: chat of ops}\n"
    )
    return tmp_path


def export(place: Path, *arguments: str, **environ: str):
    asked = ("export", "--data", "data", "--by", "channel", "--measure", "revenue", "--period", "2026-Q1")
    return attrib_here(*asked, *arguments, environ={"XDG_STATE_HOME": str(place / "state"), **environ})


def test_a_message_has_name_period_figures_and_the_file(place: Path, service: Service) -> None:
    asked = ("--name", "Quarter", "--compare", "previous-period", "--notify", "team")
    done = export(place, *asked, TEAM_CHAT=f"json://user:{SECRET}@{service.at}/{SECRET}")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    [(_, message)] = service.got
    assert message["title"] == "Quarter: 2026-01-01 to 2026-03-31"
    assert "Revenue 70.00" in message["message"] and "Attached: Quarter.csv" in message["message"]
    [attached] = message["attachments"]
    assert attached["filename"] == "Quarter.csv"
    assert base64.b64decode(attached["base64"]) == (place / "Quarter.csv").read_bytes()
    [kept] = (place / "state" / "attrib" / "messages.jsonl").read_text().splitlines()
    assert json.loads(kept)["sent_to"] == ["team"]
    everything = done.stderr + "".join(p.read_text() for p in place.rglob("*") if p.is_file())
    assert SECRET not in everything


def test_several_targets_each_get_it_and_one_that_fails_is_said(place: Path, service: Service) -> None:
    environ = {"TEAM_CHAT": f"json://{service.at}/{SECRET}/deny", "OPS": f"json://{service.at}/ops"}
    done = export(place, "--notify", "team,ops", "--attach", "none", "--debug", "-v", **environ)
    assert done.returncode == 5 and "'team' was not delivered: the service answered 403" in done.stderr
    assert SECRET not in done.stderr and len(service.got) == 2
    assert service.got[1][1]["attachments"] == [] and (place / "report.csv").exists()
    kept = json.loads((place / "state" / "attrib" / "messages.jsonl").read_text())
    assert kept["sent_to"] == ["ops"] and "403" in kept["error"] and SECRET not in str(kept)


def test_slack_gets_the_message_and_no_part_of_its_address_is_told(
    place: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack's own plugin, with its host in place of Slack's; a refusal is said without what Slack was sent."""
    slack = pytest.importorskip("apprise.plugins.slack")
    token = f"T1JJ3T3L2/A1BRTD4JD/{SECRET.ljust(24, 'x')}"
    for path, code, said in (
        ("/slack", 0, ""),
        ("/other", 5, "'team' was not delivered: the service did not take it"),
        ("/deny", 5, "'team' was not delivered: the service answered 403"),
    ):
        monkeypatch.setattr(slack.NotifySlack, "webhook_url", f"http://{service.at}{path}")
        done = export(
            place, "--name", "Quarter", "--notify", "team", "--debug", "-v", TEAM_CHAT=f"slack://{token}/#general"
        )
        assert done.returncode == code and said in done.stderr, done.stderr
        where, message = service.got.pop()
        assert where == f"{path}/{token}" and SECRET not in done.stdout + done.stderr
        everything = json.dumps(message)
        assert "Quarter: 2026-01-01 to 2026-03-31" in everything and "Revenue 70.00" in everything
        assert "Quarter.csv" in everything
    kept = (place / "state" / "attrib" / "messages.jsonl").read_text()
    assert SECRET not in kept and "403" in kept and "200" not in kept


def test_nothing_is_sent_unless_the_condition_holds(place: Path, service: Service) -> None:
    done = export(place, "--notify", "ops", "--notify-when", "revenue > 70", OPS=f"json://{service.at}")
    assert done.returncode == 0 and not service.got and "not sent: revenue is 70, not > 70" in done.stderr
    done = export(place, "--notify", "ops", "--notify-when", "revenue >= 70", OPS=f"json://{service.at}")
    assert done.returncode == 0 and "Sent because revenue is 70, >= 70" in service.got[0][1]["message"]


def test_what_cannot_be_sent_is_refused_before_anything_is_written(place: Path) -> None:
    for arguments, said in (
        (["--notify", "tem"], "Did you mean 'team'?"),
        (["--notify", "team"], "the environment variable TEAM_CHAT is not set"),
        (["--notify", ","], "no target was given"),
        (["--notify", f"json://{SECRET}@h"], "an address was typed"),
        (["--notify", f"team,slack:/{SECRET}"], "there is no target of this name"),
        (["--attach", "csv"], "nothing is sent"),
    ):
        done = (
            export(place, *arguments, OPS="x")
            if "slack" not in arguments[-1]
            else export(place, *arguments, TEAM_CHAT="json://h")
        )
        assert done.returncode == 2 and said in done.stderr and SECRET not in done.stderr, done.stderr
    for wrong in (
        f"{SECRET}",
        f"{SECRET}://h",
        f"slack://{SECRET}",
        f"json://:{SECRET}@",
        f"nosuch://u:{SECRET}@h/{SECRET}",
    ):
        done = export(place, "--notify", "ops", "--debug", OPS=wrong)
        assert done.returncode == 2 and "none that Apprise knows" in done.stderr and SECRET not in done.stderr
    assert not list(place.glob("*.csv"))


def test_addresses_come_from_the_keyring(place: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {("attrib", "ring"): f"json://{service.at}/ring", ("attrib", "chat of ops"): f"json://{service.at}/other"}
    monkeypatch.setattr(keyring, "get_password", lambda service, user: there.get((service, user)))
    done = export(place, "--notify", "ring,other")
    assert done.returncode == 0, done.stderr
    assert [path for path, _ in service.got] == ["/ring", "/other"]
    for nothing in ({}, {("attrib", "ring"): "  "}):
        there.clear()
        there.update(nothing)
        done = export(place, "--notify", "ring")
        assert done.returncode == 2 and "the keyring has nothing for 'attrib', 'ring'" in done.stderr

    def locked(service: str, user: str) -> str:
        raise RuntimeError(f"cannot unlock {SECRET}")

    monkeypatch.setattr(keyring, "get_password", locked)
    done = export(place, "--notify", "ring", "--debug")
    assert done.returncode == 2 and "cannot be read (RuntimeError)" in done.stderr and SECRET not in done.stderr


@pytest.mark.parametrize(("package", "target"), [("apprise", "team"), ("keyring", "ring")])
def test_without_the_extra_one_line_says_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch, package: str, target: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    done = export(place, "--notify", target, TEAM_CHAT="json://h")
    assert done.returncode == 2 and not list(place.glob("*.csv"))
    assert f"need the package {package}" in done.stderr and "pip install 'attrib-cli[notify]'" in done.stderr


def test_the_configuration_shows_no_secret_that_was_written_into_it(place: Path) -> None:
    for wrong in (
        f"team: slack://{SECRET}", f"team: {{env: 'slack://{SECRET}'}}", f"team: {{keyring: 'slack://{SECRET}'}}",
        f"team: {{url: 'slack://{SECRET}'}}", f"team: [slack://{SECRET}]", f"team: {{keyring: a, entry: 'x://{SECRET}'}}",
    ):  # fmt: skip
        (place / "attrib.yaml").write_text(f"version: 1\nnotifications:\n  targets:\n    {wrong}\n")
        done = attrib_here("config", "validate")
        assert done.returncode == 2 and SECRET not in done.stderr, (wrong, done.stderr)
        assert "attrib.yaml:4" in done.stderr


@pytest.mark.parametrize("address", [
    "json://{s}:x@{at}/deny", "json://u:{s}@{at}/deny", "json://{at}/{s}/deny", "json://{at}/deny?{s}=1",
    "json://{at}/deny?x={s}", "json://{at}/deny?+X-Key={s}", "json://{at}/deny?-p={s}", "json://{at}/deny#{s}",
    "json://u:p%40{s}@{at}/deny", "json://{s}.invalid/", "json://{s}:1/", "jsons://{at}/{s}", "slack://{s}",
    "json://{at}:{s}/", "{s}", "{s}:/x",
])  # fmt: skip
def test_no_part_of_an_address_is_shown(
    service: Service, capfd: pytest.CaptureFixture[str], tmp_path: Path, address: str
) -> None:
    target = Target(name="team", place="attrib.yaml:4", address=address.format(s=SECRET, at=service.at))
    assert SECRET not in repr(target)
    with pytest.raises((ConfigError, DeliveryError)) as caught:
        check_targets([target])
        send_message(target, title="t", text="x", files=gather([], 1))
    shown = str(caught.value) + str(caught.value.hint) + repr(caught.value.__cause__)
    assert SECRET not in shown + "".join(capfd.readouterr())
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_message_is_bounded_and_its_names_call_nobody() -> None:
    tiles = tuple(tile_of(f"{name}".strip(), compared()) for name in (*NASTY, "@everyone", "<!channel>"))
    letter = letter_of(Board(name="B", today=compared().summary.dates.end, tiles=tiles), pictures=False)
    text = message_of(letter, why="")
    assert "Revenue" in text and "@everyone" not in text and "<!channel>" not in text and "\x1b" not in text
    assert len(text.splitlines()) >= len(tiles)
    many = tuple(tile_of(f"Report {i} {'x' * 90}", nasty()) for i in range(30))
    letter = letter_of(Board(name="B", today=compared().summary.dates.end, tiles=many), pictures=False)
    text = message_of(letter, why="Sent because so")
    assert len(text) < 3100 and text.endswith("The rest is in the files.") and text.startswith("Sent because so\n")
    doubted = Board(name="B", today=compared().summary.dates.end, tiles=(tile_of("D", doubtful()),))
    warned = message_of(letter_of(doubted, pictures=False), why="")
    assert all(f"{note.level}: {note}" in warned for note in doubtful().notes)


def test_names_of_targets_are_read() -> None:
    assert typed_targets(["a, b", "a"]) == ("a", "b")
    with pytest.raises(UsageError):
        typed_targets(["a", "b://c"])


def test_the_password_of_mail_comes_from_the_keyring(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {("attrib", "a@b.example"): SECRET}
    monkeypatch.setattr(keyring, "get_password", lambda service, user: there.get((service, user)))
    smtp = "{host: localhost, port: 9, user: a@b.example, password_keyring: attrib}"
    (place / "attrib.yaml").write_text(f"version: 1\nnotifications: {{smtp: {smtp}}}\n")
    config = load_config(place / "attrib.yaml")
    console = Console.in_memory()
    assert mail_server(console, config).password == SECRET
    assert mail_server(Console.in_memory(environ={"ATTRIB_SMTP_PASSWORD": "x"}), config).password == "x"
    there.clear()
    with pytest.raises(ConfigError, match="the keyring has nothing for 'attrib'"):
        mail_server(console, config)
