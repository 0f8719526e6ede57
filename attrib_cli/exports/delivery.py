"""What is sent once the files of an export are there: to whom, under which condition, and what is said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, DeliveryError, UsageError, together
from attrib_cli.engine.frozen import frozen
from attrib_cli.exports.attachments import ROOM, check_attached, gather
from attrib_cli.exports.conditions import check_condition
from attrib_cli.exports.job import DESCRIBED
from attrib_cli.exports.mail import mail_server, post, subject_of
from attrib_cli.exports.targets import find_targets

if TYPE_CHECKING:
    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.spec import DateRange, ReportSpec
    from attrib_cli.exports.attachments import Attachments
    from attrib_cli.exports.job import ExportJob
    from attrib_cli.exports.plan import File
    from attrib_cli.exports.smtp import Server
    from attrib_cli.exports.targets import Target
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.mail.letter import Letter, Section
    from attrib_cli.output.registry import Format
    from attrib_cli.terminal.console import Console


@frozen
class Delivery:
    """How an export is sent.

    `server` is None where it is not mailed; `targets` are the services that get a message; attached files have at most
    `room` bytes together.
    """

    server: Server | None
    targets: tuple[Target, ...]
    room: int


class Undelivered(Exception):
    """What could not be sent to everybody: `problem` says why, `reached` are those who got it."""

    def __init__(self, problem: AttribError, reached: tuple[str, ...]) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.reached = reached


def check_sending(export: ExportJob, specs: Sequence[ReportSpec], formats: Sequence[Format]) -> None:
    """Raise UsageError for what is said of sending and cannot be: of files that are not written, of figures unknown."""
    if not export.email and not export.notify:
        _refuse_alone(export)
        return
    if export.condition is not None:
        if export.ledger:
            raise UsageError("a ledger has no figures to compare", hint="Leave out --ledger.", place="--notify-when")
        reports = zip(export.items, specs, strict=True)
        check_condition(export.condition, [(item.name, spec, item.data.settings) for item, spec in reports])
    check_attached(export.attached, (format.name for format in formats))


def prepare(console: Console, export: ExportJob, specs: Sequence[ReportSpec], files: Sequence[File]) -> Delivery | None:
    """Return how `export` is sent, None where it is not; raises ConfigError and UsageError where that cannot be."""
    check_sending(export, specs, [file.format for file in files])
    if not export.email and not export.notify:
        return None
    config = export.config
    room = config.notifications.max_attachment if config is not None else None
    targets: tuple[Target, ...] = ()
    if export.notify:
        from attrib_cli.exports.chat import check_targets

        targets = find_targets(export.notify, config, console.environ)
        check_targets(targets)
    server = mail_server(console, config) if export.email else None
    return Delivery(server=server, targets=targets, room=room or ROOM)


def _refuse_alone(export: ExportJob) -> None:
    """Raise UsageError for what says how to send where nothing is sent."""
    told = (("--attach", export.attached), ("--subject", export.subject), ("--notify-when", export.condition))
    for option, given in told:
        if given is not None:
            raise UsageError("nothing is sent", hint="Give --email A@B or --notify NAME too.", place=option)


def deliver(
    console: Console, export: ExportJob, delivery: Delivery, letter: Letter, files: Sequence[File], *, why: str
) -> tuple[str, ...]:
    """Send a letter, and a message with its headline, with the files that go along, because of `why`.

    Returns who got it; raises Undelivered where anybody did not.
    """
    from attrib_cli.exports import smtp

    wanted = [f for f in files if export.attached is None or f.format.name in export.attached]
    try:
        enclosed = gather([Path(file.path) for file in wanted if file.path is not None], delivery.room)
    except DeliveryError as error:
        raise Undelivered(error, ()) from error
    subject = export.subject or subject_of(letter, export.day)
    reached: list[str] = []
    problems: list[DeliveryError] = []
    if delivery.server is not None:
        try:
            post(console, delivery.server, export.email, subject=subject, letter=letter, enclosed=enclosed)
            reached += export.email
        except DeliveryError as error:
            problems.append(error)
            reached += error.reached if isinstance(error, smtp.Undelivered) else ()
    if delivery.targets:
        got, failed = _send_messages(console, delivery, letter, subject, enclosed, why=why)
        reached += got
        problems += failed
    if problems:
        raise Undelivered(together(problems), tuple(reached))
    return tuple(reached)


def _send_messages(
    console: Console, delivery: Delivery, letter: Letter, subject: str, enclosed: Attachments, *, why: str
) -> tuple[list[str], list[DeliveryError]]:
    """Send a message to each target, and return the names of those that took it, and what went wrong."""
    from attrib_cli.exports.chat import message_of, send_message

    reached: list[str] = []
    problems: list[DeliveryError] = []
    text = message_of(letter, why=why)
    for target in delivery.targets:
        try:
            with console.progress(f"sending to {target.name}"):
                send_message(target, title=subject, text=text, files=enclosed)
        except DeliveryError as error:
            problems.append(error)
        else:
            reached.append(target.name)
    if reached:
        console.note(f"sent to {', '.join(reached)}")
    return reached, problems


def reports_board(export: ExportJob, reports: Sequence[Report]) -> Board:
    """Return the reports of an export as a board that is drawn as what they are cut by suggests."""
    from attrib_cli.output import words
    from attrib_cli.output.dashboard.board import Board, tile_of
    from attrib_cli.output.wide import widen

    names = [
        words.title(report, widen(report).models, dates=False) if item.name == DESCRIBED else item.name
        for item, report in zip(export.items, reports, strict=True)
    ]
    tiles = [
        tile_of(name, report, description=item.description, chart=item.request.chart)
        for name, item, report in zip(names, export.items, reports, strict=True)
    ]
    return Board(name=names[0] if len(names) == 1 else export.name, today=export.day, tiles=tuple(tiles))


def ledger_section(name: str, ledger: Ledger, *, rows: int) -> Section:
    """Return what a mail says of a ledger of `rows` credits, which it does not show."""
    from attrib_cli.output import words
    from attrib_cli.output.mail.letter import Said, Section
    from attrib_cli.output.scope import scope_of_ledger
    from attrib_cli.output.scope import words as words_of

    conditions = words_of(scope_of_ledger(ledger))
    said = (Said(text=words.summary_line(ledger.summary())), *map(Said.of, ledger.notes))
    asked = f"{rows:,} credits of single interactions"
    text = (name, asked, *([" · ".join(conditions)] if conditions else []), *(one.text for one in said))
    return Section(name=name, text=text, asked=asked, conditions=conditions, said=said)


def ledger_letter(name: str, sections: Sequence[Section], dates: Collection[DateRange]) -> Letter:
    """Return the mail of ledgers, of the days that all of them have."""
    from attrib_cli.output import words
    from attrib_cli.output.mail.letter import Letter

    common = next(iter(dates)) if len(dates) == 1 else None
    return Letter(
        name=name,
        period="" if common is None else words.named_range(common),
        bounded=common is not None and common.bounded,
        sections=tuple(sections),
    )
