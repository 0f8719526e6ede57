"""Reports made again from what a file of them carries, and what has changed in the data since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.output.about import about
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.words import counted

if TYPE_CHECKING:
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.output.about import About, SourceFile
    from attrib_cli.output.origin import Origin
    from attrib_cli.reporting.workspace import Workspace

_NAMED = 10
"""So many conversions are named where some have changed."""


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """Reports made again: `about` is what a file of them says, `changes` what is not as it was, one sentence each."""

    reports: tuple[NamedReport, ...]
    about: About
    changes: tuple[str, ...]


def rerun(workspace: Workspace, origin: Origin, ledger: str | None, *, progress: Progress | None = None) -> Rerun:
    """Return the reports of a file, computed with its own requests and settings on the data that there are now.

    With a `ledger` of the same request, exported then as csv or parquet, the changes name the conversions. Raises
    UsageError for one of another request, SourceError, and what reports raise.
    """
    from attrib_cli import __version__

    data = workspace.data_of()
    now = about(data.sources, day=origin.about.day, data=origin.about.data)
    changes = tuple(_changes(origin.about, now))
    if ledger is not None and len(origin.reports) != 1:
        raise UsageError("the file has several reports, and a ledger is of one", place="--ledger")
    found = []
    for of in origin.reports:
        with workspace.open(replace(data, settings=of.settings), shared=False, progress=progress) as session:
            answer = session.run(of.spec)
            found.append(NamedReport(name=of.name or "", report=answer, chart=of.chart, layout=of.layout))
            if ledger is not None:
                from attrib_cli.engine.ledger import open_ledger
                from attrib_cli.output.ledger_rows import rows_of

                with open_ledger(session, replace(of.spec, compare=None, compare_dates=None)) as fresh:
                    changes = (*changes, *_conversions(ledger, rows_of(fresh), fresh))
    same = not changes and origin.about.version == __version__
    if origin.about.version != __version__:
        changes = (*changes, f"the file was made by attrib {origin.about.version}, and this is {__version__}")
    return Rerun(reports=tuple(found), about=origin.about if same else now, changes=changes)


def _changes(then: About, now: About) -> Iterator[str]:
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
    from attrib_cli.output.registry import CATALOGUE, format_of_file, listing

    format = format_of_file(path)
    if format is None or format.ledger_rows is None:
        known = listing([entry.name for entry in CATALOGUE if entry.ledger_rows])
        hint = "Export it with `attrib export --ledger` as one of these."
        raise UsageError(f"an earlier ledger is read from {known}", hint=hint, place=path)
    try:
        yield from format.load_ledger_rows()(path, ledger)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", place=path) from error
