"""From reports to files that are announced and sent: what `attrib export` does once it knows what was asked.

All files are named and their locks taken before anything is computed, so that a run that cannot end well does not
begin. A report that fails leaves the others alone; each file that was or was not written becomes a message.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, CheckError, DeliveryError, ErrorGroup, UsageError
from attrib_cli.options import Asked, World

if TYPE_CHECKING:
    import pyarrow as pa

    from attrib_cli.config.load import Config
    from attrib_cli.console import Console
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.messages import Message
    from attrib_cli.output.about import About
    from attrib_cli.output.mail import Server, Table
    from attrib_cli.output.registry import Format, WriteOptions

STDOUT = "standard output"
_MAILED_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class Item:
    """One report to export, under the name that its file or sheet gets."""

    name: str
    asked: Asked
    world: World
    day: dt.date

    def spec(self) -> ReportSpec:
        """Return the request with its dates resolved."""
        return self.asked.spec(self.world.settings, self.day)


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was asked of the export itself; `name` is that of a workbook with several reports."""

    items: tuple[Item, ...]
    formats: tuple[Format, ...]
    name: str
    output: str | None
    day: dt.date
    ledger: bool = False
    excel_safe: bool = False
    wait: bool = True
    fail_on_empty: bool = False
    email: tuple[str, ...] = ()
    subject: str | None = None


@dataclass(kw_only=True)
class _File:
    """A file to be written: for which items, and what came of it."""

    path: str | None
    format: Format
    items: tuple[int, ...]
    rows: int = 0
    size: int = 0
    error: AttribError | None = None
    message: Message | None = None


@dataclass(kw_only=True)
class _Run:
    console: Console
    export: Export
    specs: tuple[ReportSpec, ...]
    files: tuple[_File, ...]
    server: Server | None
    reports: dict[int, Report] = field(default_factory=dict)
    tables: dict[int, Table] = field(default_factory=dict)
    empty: set[int] = field(default_factory=set)
    failed: dict[int, AttribError] = field(default_factory=dict)


def export_reports(console: Console, export: Export) -> None:
    """Write the files of `export`, keep a message of each, and send them where that is asked.

    Raises UsageError before anything is written; then what reports and files raise, CheckError for reports without
    rows where that counts as a failure, and DeliveryError.
    """
    from attrib_cli.engine.session import open_session
    from attrib_cli.state import lock_of, locked, state_folder

    specs = tuple(item.spec() for item in export.items)
    files = _plan(export, specs)
    server = mail_server(console, export.items[0].world.config) if export.email else None
    run = _Run(console=console, export=export, specs=specs, files=files, server=server)
    with contextlib.ExitStack() as held:
        for path in sorted(file.path for file in files if file.path is not None):
            lock = lock_of(state_folder(console.environ), path)

            def waiting(path: str = path) -> None:
                console.note(f"waiting for another export of {path}")

            if not held.enter_context(locked(lock, wait=export.wait, waiting=waiting)):
                hint = "Leave out --no-wait to wait for it."
                raise AttribError("another export of this file is running", hint=hint, place=path)
        with console.progress("starting") as doing:
            memory = console.environ.get("ATTRIB_MEMORY_LIMIT") or None
            worlds = {id(item.world): item.world for item in export.items}
            for key, world in worlds.items():
                mine = [i for i, item in enumerate(export.items) if id(item.world) == key]
                with open_session(
                    world.sources, world.settings, shared=len(mine) > 1, memory_limit=memory, progress=doing
                ) as session:
                    if export.ledger:
                        for file in files:
                            if file.items[0] in mine:
                                _write_one(run, file, session)
                    else:
                        _compute(run, session, mine)
            for file in files if not export.ledger else ():
                _write_one(run, file, None)
    problems = list({id(f.error): f.error for f in files if f.error is not None}.values())
    if problems:
        raise problems[0] if len(problems) == 1 else ErrorGroup(problems)
    if export.fail_on_empty and run.empty:
        names = ", ".join(export.items[i].name for i in sorted(run.empty))
        raise CheckError(f"nothing to report: {names}", hint="The files are written, and were not mailed.")
    if server is not None:
        _send(run, server)


def explain(export: Export) -> str:
    """Return the whole queries of an export, each of which runs as it stands in a DuckDB shell."""
    from attrib_cli.engine.ledger import explain_ledger
    from attrib_cli.engine.runner import explain as explain_report
    from attrib_cli.engine.session import open_session

    texts = []
    for item in export.items:
        spec, world = item.spec(), item.world
        if export.ledger:
            with open_session(world.sources, world.settings, shared=False, stage=False) as session:
                texts.append(explain_ledger(session, spec))
        else:
            texts.append(explain_report(spec, world.sources, world.settings))
    return "\n".join(texts)


def mail_server(console: Console, config: Config | None) -> Server:
    """Return the server of the configuration with its password; raises ConfigError where it cannot be used."""
    from attrib_cli.engine.errors import ConfigError
    from attrib_cli.output.mail import PASSWORD, Security, Server, default_port, password_of

    smtp = config.notifications.smtp if config is not None else None
    if config is None or smtp is None:
        hint = "Write notifications: smtp: host: … into attrib.yaml."
        place = None if config is None else config.place("notifications")
        raise ConfigError("nothing says which server mails go through", hint=hint, place=place)
    security: Security = "tls" if smtp.tls else "none" if smtp.starttls is False else "starttls"
    place = config.place("notifications.smtp")
    file = None if smtp.password_file is None else config.path.parent / smtp.password_file
    password = password_of(console.environ, file) if smtp.user else None
    if smtp.user and password is None:
        raise ConfigError(f"there is no password for {smtp.user}", hint=f"Set {PASSWORD}.", place=place)
    if smtp.user and security == "none" and smtp.host not in ("localhost", "127.0.0.1", "::1"):
        hint = "Write starttls: true or tls: true."
        raise ConfigError("the password would go over the network in the clear", hint=hint, place=place)
    sender = smtp.sender or (smtp.user if smtp.user and "@" in smtp.user else None)
    if sender is None:
        raise ConfigError("nothing says who mails come from", hint="Write from: reports@example.com.", place=place)
    return Server(
        host=smtp.host,
        port=smtp.port or default_port(security),
        security=security,
        user=smtp.user,
        password=password,
        sender=sender,
        max_attachment=config.notifications.max_attachment or 10_000_000,
        place=place,
    )


def _plan(export: Export, specs: Sequence[ReportSpec]) -> tuple[_File, ...]:
    from attrib_cli.output.ledger import LEDGER_FORMATS
    from attrib_cli.output.naming import Target, file_name
    from attrib_cli.output.registry import is_stdout

    planned: list[tuple[Format, tuple[int, ...], str]] = []
    for format in export.formats:
        if export.ledger and format.name not in LEDGER_FORMATS:
            hint = f"Formats of a ledger: {', '.join(LEDGER_FORMATS)}."
            raise UsageError(f"a ledger cannot be written as {format.name}", hint=hint, place="--format")
        if format.name == "xlsx" and len(export.items) > 1 and not export.ledger:
            planned.append((format, tuple(range(len(export.items))), export.name))
        else:
            planned += [(format, (i,), item.name) for i, item in enumerate(export.items)]
    if export.output is not None and is_stdout(export.output):
        if len(planned) > 1:
            raise UsageError("several files cannot go to standard output", hint="Give a folder.", place="--output")
        return (_File(path=None, format=planned[0][0], items=planned[0][1]),)
    files: dict[str, _File] = {}
    for format, items, name in planned:
        spec = specs[items[0]]
        target = Target(
            name=name,
            format=format.name,
            ext=format.suffixes[0].lstrip("."),
            type=spec.type,
            models=spec.models,
            start=spec.dates.start,
            end=spec.dates.end,
            period=spec.dates.label,
            today=export.day,
        )
        path = file_name(export.output, target, several=len(planned) > 1)
        if path in files:
            hint = "Put {name} and {ext} into the pattern."
            raise UsageError("two files would have the same name", hint=hint, place=path)
        files[path] = _File(path=path, format=format, items=items)
    return tuple(files.values())


def _compute(run: _Run, session: Session, mine: Sequence[int]) -> None:
    for i in mine:
        try:
            report = session.run(run.specs[i])
        except AttribError as error:
            run.failed[i] = error
            continue
        for warning in report.warnings:
            run.console.warn(warning)
        run.reports[i] = report
        if not report.rows:
            run.empty.add(i)
        if run.server is not None:
            run.tables[i] = mail_table(report)


def _write_one(run: _Run, file: _File, session: Session | None) -> None:
    """Write a file and keep a message of it, whatever comes of it."""
    file.error = next((run.failed[i] for i in file.items if i in run.failed), None)
    try:
        if file.error is None:
            _write(run, file, session)
    except AttribError as error:
        file.error = error
    except KeyboardInterrupt:
        file.error = AttribError("stopped")
        raise
    finally:
        _announce(run, file)


def _write(run: _Run, file: _File, session: Session | None) -> None:
    from attrib_cli.output.deliver import deliver_bytes, write_options

    options = write_options(path=file.path or "-", console=run.console, excel_safe=run.export.excel_safe)
    options = replace(options, name=run.export.items[file.items[0]].name, about=_about(run, file))

    def counted(chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            file.size += len(chunk)
            yield chunk

    if file.format.binary and file.path is None and run.console.stdout_is_tty:
        raise UsageError(f"{file.format.name} is binary and not for a terminal", hint="Give --output FILE.")
    if session is not None:
        _write_ledger(run, session, file, options, counted)
        return
    reports = [run.reports[i] for i in file.items]
    file.rows = sum(len(report.rows) for report in reports)
    if len(reports) == 1:
        chunks = file.format.load()(reports[0], options)
    else:
        from attrib_cli.output.xlsx import Sheet, write_workbook

        sheets = [Sheet(name=run.export.items[i].name, report=run.reports[i]) for i in file.items]
        chunks = write_workbook(sheets, options)
    deliver_bytes(counted(chunks), path=file.path, console=run.console)


def _write_ledger(
    run: _Run,
    session: Session,
    file: _File,
    options: WriteOptions,
    counted: Callable[[Iterable[bytes]], Iterator[bytes]],
) -> None:
    from attrib_cli.engine.ledger import open_ledger
    from attrib_cli.output.deliver import deliver_bytes
    from attrib_cli.output.ledger import write_ledger
    from attrib_cli.output.mail import Table
    from attrib_cli.output.words import summary_line

    (item,) = file.items
    with open_ledger(session, run.specs[item]) as ledger:
        for warning in ledger.warnings:
            run.console.warn(warning)
        batches = ledger.batches

        def rows() -> Iterator[pa.RecordBatch]:
            for batch in batches:
                file.rows += batch.num_rows
                yield batch

        chunks = write_ledger(replace(ledger, batches=rows()), file.format.name, options)
        deliver_bytes(counted(chunks), path=file.path, console=run.console)
        if not file.rows:
            run.empty.add(item)
        name = run.export.items[item].name
        run.tables[item] = Table(
            title=f"{name}: {file.rows:,} credits of single interactions",
            headers=(),
            rows=(),
            note=summary_line(ledger.summary()),
        )


def _about(run: _Run, file: _File) -> Callable[[], About]:
    from attrib_cli.output.about import about

    item = run.export.items[file.items[0]]
    return cache(lambda: about(item.world.sources, day=item.day))


def _announce(run: _Run, file: _File) -> None:
    from attrib_cli.messages import Message, MessageCentre, moment

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


def mail_table(report: Report) -> Table:
    """Return the first rows of a report as a mail shows them, figures as in tables for people."""
    from attrib_cli.output.mail import Table
    from attrib_cli.output.wide import widen
    from attrib_cli.output.words import label, summary_line, title

    wide = widen(report)
    several = len(wide.models) > 1
    headers = [label(column.name) for column in wide.dimensions]
    series = [(measure, model) for measure in wide.measures for model in wide.models]
    headers += [f"{label(m.name)} ({model})" if several else label(m.name) for m, model in series]
    texts = [wide.series[measure.name, model].texts for measure, model in series]
    keys = wide.keys[:_MAILED_ROWS]
    return Table(
        title=title(report, wide.models),
        headers=tuple(headers),
        rows=tuple((*key, *(column[i] for column in texts)) for i, key in enumerate(keys)),
        note=summary_line(report.summary),
        more=len(wide.keys) - len(keys),
    )


def _send(run: _Run, server: Server) -> None:
    from attrib_cli.messages import MessageCentre
    from attrib_cli.output.mail import Mail, compose, retry_delays, send

    export = run.export
    names = ", ".join(item.name for item in export.items)
    mail = Mail(
        subject=export.subject or f"attrib: {names}, {export.day.isoformat()}",
        tables=tuple(run.tables[i] for i in sorted(run.tables)),
        files=tuple(Path(file.path) for file in run.files if file.path is not None),
    )
    delays = retry_delays(run.console.environ)

    def waiting(reason: str, delay: float) -> None:
        run.console.warn(f"the mail was not delivered yet: {reason}; trying again in {delay:g} s")

    problem: DeliveryError | None = None
    try:
        with run.console.progress("sending the mail"):
            send(compose(mail, server, export.email), server, export.email, delays=delays, waiting=waiting)
    except DeliveryError as error:
        problem = error
    sent = {"sent_to": export.email} if problem is None else {"error": str(problem)}
    ours = [file.message for file in run.files if file.message is not None]

    def marked(messages: list[Message]) -> list[Message]:
        return [replace(m, **sent) if m in ours else m for m in messages]

    try:
        MessageCentre(run.console.environ).change(marked)
    except AttribError as error:
        run.console.warn(str(error), hint=error.hint)
    if problem is not None:
        raise problem
    run.console.note(f"sent to {', '.join(export.email)}")
