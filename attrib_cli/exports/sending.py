"""The sending of an export whose files are there: if its condition holds, and with a message of who got it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.frozen import frozen
from attrib_cli.exports.delivery import Undelivered, deliver, ledger_letter, reports_board
from attrib_cli.exports.messages import MessageCentre

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report
    from attrib_cli.exports.delivery import Delivery
    from attrib_cli.exports.job import ExportJob
    from attrib_cli.exports.messages import Message
    from attrib_cli.exports.plan import File
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.mail.letter import Letter, Section
    from attrib_cli.terminal.console import Console


@frozen
class Outcome:
    """What an export has made: its files, its reports and what is said of its ledgers by their places.

    `board` gives the dashboard that the reports are of, None where there is none.
    """

    files: Sequence[File]
    reports: Mapping[int, Report]
    ledgers: Mapping[int, Section]
    board: Callable[[], Board | None]


def send_if_met(console: Console, export: ExportJob, delivery: Delivery, made: Outcome) -> None:
    """Send what was made, unless there is a condition that the reports do not meet, which is said in one line.

    Raises DeliveryError where it did not reach everybody.
    """
    why = ""
    if export.condition is not None:
        from attrib_cli.exports.verdict import judge

        verdict = judge(export.condition, {item.name: made.reports[i] for i, item in enumerate(export.items)})
        if not verdict.met:
            console.note(f"not sent: {verdict.reason}")
            return
        why = f"Sent because {verdict.reason}"
        console.note(why[0].lower() + why[1:])
    _send(console, export, delivery, made, why)


def _send(console: Console, export: ExportJob, delivery: Delivery, made: Outcome, why: str) -> None:
    """Send the files, and write into their messages who got them, or why nobody did; the mail says `why` it is sent."""
    problem: AttribError | None = None
    files = [file for file in made.files if file.path is not None]
    try:
        reached = deliver(console, export, delivery, _letter(export, made, why), files, why=why)
    except Undelivered as error:
        problem, reached = error.problem, error.reached
    said = None if problem is None else str(problem)
    ours = [file.message for file in made.files if file.message is not None]

    def marked(messages: list[Message]) -> list[Message]:
        return [replace(m, sent_to=reached, error=said) if m in ours else m for m in messages]

    try:
        MessageCentre(console.environ).change(marked)
    except AttribError as error:
        console.warn(str(error), hint=error.hint)
    if problem is not None:
        raise problem


def _letter(export: ExportJob, made: Outcome, why: str) -> Letter:
    """Return what is sent: the dashboard as it is shown, or the reports and ledgers."""
    from attrib_cli.output.mail.letter import letter_of

    if export.ledger:
        dates = {item.spec(ledger=True).dates for item in export.items}
        return ledger_letter(export.name, [made.ledgers[i] for i in sorted(made.ledgers)], dates)
    board = made.board() or reports_board(export, [made.reports[i] for i in range(len(export.items))])
    return letter_of(board, why=why)
