"""The run of an export: reports are computed, files written, messages kept, and mail is sent.

All files are named and their locks taken before anything is computed. A report that fails leaves the others alone; each
file that was or was not written becomes a message.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, CheckError, UsageError, together
from attrib_cli.engine.notes import warnings_of
from attrib_cli.exports.delivery import Delivery, prepare
from attrib_cli.exports.job import ExportJob
from attrib_cli.exports.ledger_parts import in_parts, open_in_parts
from attrib_cli.exports.plan import File, check_template, plan
from attrib_cli.output.named_report import NamedReport
from attrib_cli.terminal.console import printable

if TYPE_CHECKING:
    import pyarrow as pa

    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.about import About
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.mail.letter import Section
    from attrib_cli.output.registry import WriteOptions
    from attrib_cli.reporting.workspace import Workspace
    from attrib_cli.terminal.console import Console

STDOUT = "standard output"


@dataclass(kw_only=True)
class _Run:
    console: Console
    export: ExportJob
    specs: tuple[ReportSpec, ...]
    files: tuple[File, ...]
    delivery: Delivery | None
    workspace: Workspace | None
    reports: dict[int, Report] = field(default_factory=dict)
    ledgers: dict[int, Section] = field(default_factory=dict)
    board: Board | None = None
    warnings: dict[int, tuple[Note, ...]] = field(default_factory=dict)
    empty: set[int] = field(default_factory=set)
    failed: dict[int, AttribError] = field(default_factory=dict)


def export_reports(console: Console, export: ExportJob) -> None:
    """Write the files of `export`, keep a message of each, and send them where that is asked.

    Raises UsageError before anything is written; then what reports and files raise, CheckError for reports without
    rows where that counts as a failure, and DeliveryError.
    """
    specs = tuple(item.spec(ledger=export.ledger) for item in export.items)
    files = plan(export, specs)
    check_template(export, [file.format for file in files])
    delivery = prepare(console, export, specs, files)
    with contextlib.ExitStack() as sessions:
        of_board = _is_of_board(export) and (delivery is not None or any(file.format.live for file in files))
        workspace = export.workspace.holding(sessions) if of_board else None
        run = _Run(console=console, export=export, specs=specs, files=files, delivery=delivery, workspace=workspace)
        with contextlib.ExitStack() as held:
            _take_turns(run, held)
            with console.progress("starting") as doing:
                _fill(run, doing)
        _end(run)


def _end(run: _Run) -> None:
    """Raise what went wrong, else send what was made where that is asked."""
    console, export, files, delivery = run.console, run.export, run.files, run.delivery
    problems = list({id(f.error): f.error for f in files if f.error is not None}.values())
    if problems:
        raise together(problems)
    if export.fail_on_empty and run.empty:
        names = ", ".join(printable(export.items[i].name) for i in sorted(run.empty))
        raise CheckError(f"nothing to report: {names}", hint="The files are written, and nothing was sent.")
    if delivery is not None:
        from attrib_cli.exports.sending import Outcome, send_if_met

        outcome = Outcome(
            files=run.files, reports=run.reports, ledgers=run.ledgers, board=lambda: _board(run, for_page=False)
        )
        send_if_met(console, export, delivery, outcome)


def _is_of_board(export: ExportJob) -> bool:
    """Say whether the reports are a dashboard's, which is computed on data that are there, and not put together."""
    return export.board is not None and not export.ledger and export.workspace.partials is None


def _board(run: _Run, *, for_page: bool) -> Board | None:
    """Return the dashboard that the reports are of, computed once, for a page with what that computes from."""
    if run.workspace is None or run.export.board is None:
        return None
    if run.board is None or (for_page and run.board.live is None):
        run.board = run.export.board(run.workspace, for_page)
    return run.board


def explain(export: ExportJob) -> str:
    """Return the whole queries of an export, each of which runs as it stands in a DuckDB shell."""
    from attrib_cli.engine.ledger import explain_ledger

    texts = []
    for item in export.items:
        spec = item.spec(ledger=export.ledger)
        if export.ledger:
            with export.workspace.open(item.data, shared=False, stage=False) as session:
                texts.append(explain_ledger(session, spec))
        else:
            texts.append(export.workspace.explain(item.data, spec))
    return "\n".join(texts)


def _take_turns(run: _Run, held: contextlib.ExitStack) -> None:
    """Wait until no other process writes one of the files, in one order of them for everybody."""
    from attrib_cli.system.folders import lock_of
    from attrib_cli.system.locks import turn

    for path in sorted(file.path for file in run.files if file.path is not None):

        def waiting(path: str = path) -> None:
            run.console.note(f"waiting for another export of {path}")

        lock = lock_of(run.console.environ, path)
        if not held.enter_context(turn(lock, wait=run.export.wait, waiting=waiting)):
            hint = "Leave out --no-wait to wait for it."
            raise AttribError("another export of this file is running", hint=hint, place=path)


def _fill(run: _Run, progress: Progress | None) -> None:
    """Compute the reports, those on the same data in one session, and write the files."""
    export = run.export
    wanted = {i for file in run.files if file.error is None for i in file.items}
    contexts = {id(item.data): item.data for item in export.items}
    ledgers = [_look_over, _write_ledgers] if export.strict else [_write_ledgers]
    for work in ledgers if export.ledger else [_compute_in]:
        for key, data in contexts.items():
            mine = [i for i, item in enumerate(export.items) if id(item.data) == key and i in wanted]
            if not mine:
                continue
            if run.workspace is not None:  # the board is computed in the same session, and asks for much of the same
                run.workspace.progress = progress
                _compute(run, partial(run.workspace.answer, data), mine)
                continue
            with export.workspace.open(data, shared=len(mine) > 1, progress=progress) as session:
                work(run, session, mine)
        if export.strict:
            _refuse_warnings(run)
    if not run.failed and len(wanted) == len(export.items):
        _refuse_unused(run)
    for file in run.files:
        if file.message is None:
            _write_one(run, file, None)


def _refuse_unused(run: _Run) -> None:
    """Let all files fail where there are partials of none of the reports."""
    try:
        run.export.workspace.check_partials()
    except AttribError as error:
        for file in run.files:
            file.error = file.error or error


def _look_over(run: _Run, session: Session, mine: Sequence[int]) -> None:
    """Find what ledgers warn of before any of them is written."""
    from attrib_cli.engine.ledger import open_ledger

    for i in mine:
        try:
            format = next(file.format for file in run.files if i in file.items)
            parts = in_parts(run.export)
            spec = run.specs[i]
            with open_in_parts(session, spec, format) if parts else open_ledger(session, spec) as ledger:
                run.warnings[i] = warnings_of(ledger.notes)
        except AttribError as error:
            run.failed[i] = error


def _write_ledgers(run: _Run, session: Session, mine: Sequence[int]) -> None:
    for file in run.files:
        if file.items[0] in mine:
            _write_one(run, file, session)


def _refuse_warnings(run: _Run) -> None:
    """Let all files fail where there are warnings, which then are errors."""
    several = len(run.export.items) > 1
    errors: list[AttribError] = []
    for i, notes in sorted(run.warnings.items()):
        name = printable(run.export.items[i].name) if several else None
        errors += [CheckError(note.text, hint=note.hint, place=name) for note in notes]
    if errors:
        found = together(errors)
        for file in run.files:
            file.error = file.error or found


def _compute_in(run: _Run, session: Session, mine: Sequence[int]) -> None:
    _compute(run, session.run, mine)


def _compute(run: _Run, answer: Callable[[ReportSpec], Report], mine: Sequence[int]) -> None:
    for i in mine:
        try:
            report = answer(run.specs[i])
        except AttribError as error:
            run.failed[i] = error
            continue
        run.warnings[i] = report.warnings
        if not run.export.strict:
            run.console.warn_of(report.warnings)
        run.reports[i] = report
        if not report.rows:
            run.empty.add(i)
            for reason in (note.text for note in report.notes if note.code == "empty"):
                run.console.note(f"note: {printable(run.export.items[i].name)} has no rows: {reason}")


def _write_one(run: _Run, file: File, session: Session | None) -> None:
    """Write a file and keep a message of it, whatever comes of it."""
    file.error = file.error or next((run.failed[i] for i in file.items if i in run.failed), None)
    try:
        if file.error is None:
            _write(run, file, session)
    except AttribError as error:
        file.error = error
    except BaseException as error:
        file.error = AttribError("stopped" if isinstance(error, KeyboardInterrupt) else "it broke off")
        raise
    finally:
        _announce(run, file)


def _write(run: _Run, file: File, session: Session | None) -> None:
    from attrib_cli.output.chosen_format import refuse_on_terminal
    from attrib_cli.output.deliver import deliver_bytes, write_options

    safe = run.export.excel_safe or any(run.export.items[i].excel_safe for i in file.items)
    options = write_options(path=file.path or "-", console=run.console, excel_safe=safe)
    first = run.export.items[file.items[0]]
    asked = first.request
    options = replace(options, name=first.name, about=_about(run, file), chart=asked.chart, layout=asked.layout)
    if file.format.templates:
        options = replace(options, template=_template(run, file))

    def counted(chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            file.size += len(chunk)
            yield chunk

    if file.path is None and run.console.stdout_is_tty:
        refuse_on_terminal(file.format)
    if session is not None and file.in_parts:
        _write_parts(run, session, file)
        return
    if session is not None:
        _write_ledger(run, session, file, options, counted)
        return
    reports = [run.reports[i] for i in file.items]
    file.rows = sum(len(report.rows) for report in reports)
    if file.format.live and run.export.workspace.partials is None:
        chunks = _page(run, file, options)
    elif len(reports) == 1:
        chunks = file.format.load()(reports[0], options)
    else:
        chunks = file.format.load_reports()(_named(run, file), options)
    deliver_bytes(counted(chunks), path=file.path, console=run.console)


def _page(run: _Run, file: File, options: WriteOptions) -> Iterator[bytes]:
    """Return the file of a format that computes its reports for who reads it: the dashboard's, or those of `file`."""
    from attrib_cli.reporting.live_boards import PageReport, carry

    export = run.export
    reports = [run.reports[i] for i in file.items]
    board = _board(run, for_page=True) if len(file.items) == len(export.items) else None
    if board is not None:
        return file.format.load_board()(board, options)
    with contextlib.ExitStack() as held:
        workspace = run.workspace or export.workspace.holding(held)
        items = [export.items[i] for i in file.items]
        pages = [
            PageReport(session=workspace.session_on(item.data), report=report, chart=item.request.chart)
            for item, report in zip(items, reports, strict=True)
        ]
        settings = items[0].data.settings
        live = carry(pages, settings, items[0].day, with_conversions=export.conversions)
    return file.format.load_reports()(_named(run, file), replace(options, live=live, name=export.name))


def _template(run: _Run, file: File) -> str | None:
    """Return the workbook that a file is filled into: as typed, else as all its reports were saved."""
    if run.export.template is not None:
        return run.export.template
    found = list(dict.fromkeys(run.export.items[i].template for i in file.items))
    if len(found) > 1:
        hint = "Give --template, or write them to files of their own."
        raise UsageError("its reports have different templates", hint=hint, place=file.path)
    return found[0]


def _named(run: _Run, file: File) -> list[NamedReport]:
    """Return the reports of a file that holds several."""
    items = [(run.export.items[i], run.reports[i]) for i in file.items]
    return [
        NamedReport(name=item.name, report=report, chart=item.request.chart, layout=item.request.layout)
        for item, report in items
    ]


def _write_ledger(
    run: _Run,
    session: Session,
    file: File,
    options: WriteOptions,
    counted: Callable[[Iterable[bytes]], Iterator[bytes]],
) -> None:
    from attrib_cli.engine.ledger import open_ledger
    from attrib_cli.exports.delivery import ledger_section
    from attrib_cli.output.deliver import deliver_bytes

    (item,) = file.items
    with open_ledger(session, run.specs[item]) as ledger:
        run.console.warn_of(ledger.notes)
        batches = ledger.batches

        def rows() -> Iterator[pa.RecordBatch]:
            for batch in batches:
                file.rows += batch.num_rows
                yield batch

        chunks = file.format.load_ledger()(replace(ledger, batches=rows()), options)
        deliver_bytes(counted(chunks), path=file.path, console=run.console)
        if not file.rows:
            run.empty.add(item)
        run.ledgers[item] = ledger_section(run.export.items[item].name, ledger, rows=file.rows)


def _write_parts(run: _Run, session: Session, file: File) -> None:
    from attrib_cli.system.part_folders import write_parts

    (item,) = file.items
    with open_in_parts(session, run.specs[item], file.format) as ledger:
        run.console.warn_of(ledger.notes)
        file.size = write_parts(str(file.path), ledger.count, ledger.pieces)
        file.rows = ledger.rows()
    if not file.rows:
        run.empty.add(item)


def _about(run: _Run, file: File) -> Callable[[], About]:
    from attrib_cli.output.about import about

    items = [run.export.items[i] for i in file.items]
    contexts = {id(item.data): item.data for item in items}
    found = (data.sources for data in contexts.values())
    return cache(lambda: about(*found, day=items[0].day, data=items[0].named))


def _announce(run: _Run, file: File) -> None:
    from attrib_cli.exports.messages import Message, MessageCentre, moment

    where = STDOUT if file.path is None else str(Path(file.path).absolute())
    written = file.error is None
    file.message = Message(
        when=moment(run.console.now()),
        what=", ".join(run.export.items[i].name for i in file.items),
        format=file.format.name,
        where=where,
        size=file.size if written else None,
        rows=file.rows if written else None,
        error=None if file.error is None else str(file.error),
    )
    try:
        MessageCentre(run.console.environ).add(file.message)
    except AttribError as error:
        run.console.warn(str(error), hint=error.hint)
    if written and file.path is not None:
        run.console.note(f"wrote {file.path} ({file.rows:,} rows, {file.size:,} bytes)")
