"""Reports made again from what a file of them carries, and what has changed in the data since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.output.about import about
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.words import counted

if TYPE_CHECKING:
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.settings import Settings
    from attrib_cli.output.about import About, SourceFile
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.origin import OfBoard, Origin
    from attrib_cli.output.registry import Format, WriteOptions
    from attrib_cli.reporting.workspace import Workspace

_NAMED = 10
"""So many conversions are named where some have changed."""


@frozen
class Rerun:
    """Reports made again: `about` is what a file of them says, `changes` what is not as it was, one sentence each.

    `board` has the reports of a board in their places; of a ledger there is no report, but `ledger`, whose rows are
    read once and while the session is open.
    """

    reports: tuple[NamedReport, ...]
    about: About
    changes: tuple[str, ...]
    board: Board | None = None
    ledger: Ledger | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """What there is to say of what was made again."""
        return (*(n for one in self.reports for n in one.report.notes), *(self.ledger.notes if self.ledger else ()))

    @property
    def omissions(self) -> tuple[str, ...]:
        """What the reports leave out, each as their last lines say it."""
        return tuple(text for one in self.reports for text in one.report.summary.omissions())


def made_again(found: Rerun, origin: Origin, format: Format, options: WriteOptions) -> Iterator[bytes]:
    """Return the file with what was made again; raises UsageError for a format that does not hold it."""
    first = origin.reports[0]
    options = replace(options, name=first.name, about=lambda: found.about, chart=first.chart, layout=first.layout)
    if found.ledger is not None:
        return format.load_ledger()(found.ledger, options)
    if found.board is not None and origin.board is not None and format.holds("board"):
        return format.load_board()(found.board, replace(options, rows=origin.board.rows))
    if len(found.reports) == 1:
        return format.load()(found.reports[0].report, options)
    if format.holds("reports"):
        return format.load_reports()(found.reports, options)
    raise UsageError(f"{format.name} holds one report, and the file has {len(found.reports)}", place="--format")


@contextmanager
def rerun(
    workspace: Workspace, origin: Origin, ledger: str | None, *, progress: Progress | None = None
) -> Iterator[Rerun]:
    """Yield the reports of a file, computed with its own requests and settings on the data that there are now.

    With a `ledger` of the same request, exported then as csv or parquet, the changes name the conversions. Raises
    UsageError for one of another request, SourceError, and what reports raise.
    """
    from attrib_cli import __version__
    from attrib_cli.engine.ledger import open_ledger
    from attrib_cli.output.ledger_rows import rows_of

    data = workspace.data_of()
    now = about(data.sources, day=origin.about.day, data=origin.about.data)
    changes = list(changes_since(origin.about, now))
    if ledger is not None and len(origin.reports) != 1:
        raise UsageError("the file has several reports, and a ledger is of one", place="--ledger")
    found: list[NamedReport] = []
    with ExitStack() as held:
        sessions: list[tuple[Settings, Session]] = []
        of_report: list[Session] = []
        for of in origin.reports:
            session = next((one for settings, one in sessions if settings == of.settings), None)
            if session is None:
                there = replace(data, settings=of.settings)
                session = held.enter_context(workspace.open(there, shared=False, progress=progress))
                sessions.append((of.settings, session))
            of_report.append(session)
            if not origin.ledger:
                answer = session.run(of.spec)
                found.append(NamedReport(name=of.name or "", report=answer, chart=of.chart, layout=of.layout))
            if ledger is not None:
                with open_ledger(session, replace(of.spec, compare=None, compare_dates=None)) as fresh:
                    changes += _conversions(ledger, rows_of(fresh), fresh)
        same = not changes and origin.about.version == __version__
        if origin.about.version != __version__:
            changes.append(f"the file was made by attrib {origin.about.version}, and this is {__version__}")
        board = None if origin.board is None else _board(origin.board, found, of_report)
        again = held.enter_context(open_ledger(of_report[0], origin.reports[0].spec)) if origin.ledger else None
        yield Rerun(
            reports=tuple(found),
            about=origin.about if same else now,
            changes=tuple(changes),
            board=board,
            ledger=again,
        )


def _board(of: OfBoard, reports: Sequence[NamedReport], sessions: Sequence[Session]) -> Board:
    """Return a board with its reports made again, and what a page computes them from, where it answered."""
    from attrib_cli.output.dashboard.board import Board, Tile
    from attrib_cli.reporting.live_boards import PageReport, carry

    tiles = tuple(
        Tile(
            name=tile.name,
            description=tile.description,
            display=tile.display,
            answer=one.report,
            chart=one.chart,
            layout=one.layout,
        )
        for tile, one in zip(of.tiles, reports, strict=True)
    )
    live = None
    if of.live:
        pages = [
            PageReport(session=session, report=one.report, chart=tile.page_chart)
            for tile, one, session in zip(of.tiles, reports, sessions, strict=True)
        ]
        live = carry(pages, sessions[0].settings, of.today, with_conversions=of.with_conversions)
    return Board(name=of.name, description=of.description, today=of.today, said=of.said, tiles=tiles, live=live)


def changes_since(then: About, now: About) -> Iterator[str]:
    """Yield what of the sources is not as it was, one sentence each."""
    tables = {file.table: None for file in (*then.sources, *now.sources)}
    for table in tables:
        before, after = _of(then, table), _of(now, table)
        if [file.sha256 for file in before] == [file.sha256 for file in after]:
            continue
        if not before or not after:
            yield f"{table}: {'there was no such table' if not before else 'the table is not there any more'}"
            continue
        kept = {file.sha256 for file in before} & {file.sha256 for file in after}
        files = [file for file in after if file.sha256 not in kept]
        sizes = f"{sum(f.size for f in before):,} bytes then, {sum(f.size for f in after):,} now"
        named = ", ".join(file.path for file in files) or f"{counted(len(before) - len(after), 'file')} fewer"
        yield f"{table}: {named} changed ({sizes})"
    if then.data is not None and now.data is not None and then.data.reading != now.data.reading:
        yield "the configuration reads the tables in another way than then"


def _of(one: About, table: str) -> list[SourceFile]:
    return [file for file in one.sources if file.table == table]


# --- conversions -----------------------------------------------------------------------------------------------------


def _conversions(path: str, fresh: Iterator[Mapping[str, str]], ledger: Ledger) -> Iterator[str]:
    """Yield which conversions are new, gone, or credited in another way than in the ledger at `path`."""
    old = _read(path, ledger)
    first = next(old, None)
    columns = [column.name for column in ledger.columns]
    if first is not None:
        missing = [name for name in columns if name not in first]
        if missing:
            raise UsageError(
                f"the ledger has no column {missing[0]}: it is of another request",
                hint="Give the ledger that was exported with the file.",
                place=path,
            )
    then = _prints(() if first is None else _with_first(first, old), columns)
    now = _prints(fresh, columns)
    for what, ids in (
        ("changed", [one for one in now if one in then and then[one] != now[one]]),
        ("new", [one for one in now if one not in then]),
        ("gone", [one for one in then if one not in now]),
    ):
        if ids:
            more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
            yield f"{counted(len(ids), 'conversion')} {what}: {', '.join(ids[:_NAMED])}{more}"


def _with_first(first: Mapping[str, str], others: Iterator[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    yield first
    yield from others


def _prints(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> dict[str, bytes]:
    """Return what tells the rows of each conversion from others."""
    found: dict[str, hashlib._Hash] = {}
    for row in rows:
        digest = found.setdefault(row["conversion_id"], hashlib.sha256())
        digest.update(repr([row[name] for name in columns]).encode())
    return {one: digest.digest() for one, digest in found.items()}


def _read(path: str, ledger: Ledger) -> Iterator[Mapping[str, str]]:
    """Return the rows of a ledger in a file, as its csv has them."""
    from attrib_cli.output.chosen_format import format_of_file
    from attrib_cli.output.registry import CATALOGUE, listing

    format = format_of_file(path)
    if format is None or format.ledger_rows is None:
        known = listing([entry.name for entry in CATALOGUE if entry.ledger_rows])
        hint = "Export it with `attrib export --ledger` as one of these."
        raise UsageError(f"an earlier ledger is read from {known}", hint=hint, place=path)
    try:
        yield from format.load_ledger_rows()(path, ledger)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", place=path) from error
