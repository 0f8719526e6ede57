"""All checks on one set of tables: each table read once, each check run once, what is to be ignored left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.backends.duckdb import connection, translated
from attrib_cli.engine.clock import Clock, Progress
from attrib_cli.engine.data_checks.catalogue import CHECKS
from attrib_cli.engine.data_checks.data import SHOWN, CheckedData
from attrib_cli.engine.data_checks.finding import LEVELS, Example, Finding
from attrib_cli.engine.errors import AttribError, ErrorGroup, SourceError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import PATHS, SourceMap, in_order
from attrib_cli.engine.sources.loading import telling_how_far

if TYPE_CHECKING:
    from attrib_cli.engine.sources.stored import TableStore


@frozen
class Checked:
    """What the checks found, the worst first; `rows` of each table that was read, None where nobody counted.

    `ignored` are the findings that the configuration passes over, `idle` its entries that passed over nothing.
    """

    findings: tuple[Finding, ...]
    rows: Mapping[str, int]
    ignored: tuple[Finding, ...] = ()
    idle: tuple[str, ...] = ()


def check_data(
    sources: SourceMap,
    settings: Settings,
    *,
    day: dt.date,
    ignore: Sequence[str] = (),
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
    store: TableStore | None = None,
) -> Checked:
    """Read every table once and return what all checks find; `day` is today.

    `ignore` has names of checks, or a name and what it is about: ``spelled-alike touchpoints.channel``. A table that
    cannot be read is a finding, not an error; a `store` keeps tables that were read. Raises what `translated` raises.
    """
    clock = Clock(progress)
    with connection(threads=threads, memory_limit=memory_limit) as con, translated():
        from attrib_cli.engine.sources import Table, open_tables
        from attrib_cli.engine.sources.path_files import as_files

        tables: dict[str, Table] = {}
        findings: list[Finding] = []
        of_paths = any(source.of_paths for source in sources.tables.values())
        for name in in_order(sources.tables):
            try:
                with clock.step(f"reading {name}"):
                    tables |= open_tables(con, sources, settings, needed=[name], progress=progress, store=store)
            except AttribError as error:
                findings.append(_unreadable(name, error))
        if "touchpoints" not in sources.tables:
            findings.append(_unreadable("touchpoints", SourceError("there are no touchpoints", place=sources.place)))
        if of_paths:
            tables = open_tables(con, as_files(sources), settings, needed=[PATHS], store=store) if tables else {}
        data = CheckedData(con=con, tables=tables, settings=settings, day=day)
        done: set[object] = set()
        for check in CHECKS:
            if check.run is None or check.run in done or not all(table in tables for table in check.tables):
                continue
            if of_paths and not check.of_paths:
                continue
            done.add(check.run)
            doing = f"checking: {check.about[0].lower()}{check.about[1:]}"
            with clock.step(doing), telling_how_far(con, doing, progress):
                findings += check.run(data)
        rows = {name: data.count_of(name) for name in tables}
    return _without_ignored(findings, rows, ignore)


def _without_ignored(findings: Iterable[Finding], rows: Mapping[str, int], ignore: Sequence[str]) -> Checked:
    names = [check.name for check in CHECKS]
    order = sorted(findings, key=lambda one: (LEVELS.index(one.level), names.index(one.check), one.about))
    entries = {entry: entry.split() for entry in ignore}
    kept: list[Finding] = []
    ignored: list[Finding] = []
    used: set[str] = set()
    for one in order:
        hits = [entry for entry, words in entries.items() if words in ([one.check], [one.check, one.about])]
        used.update(hits)
        (ignored if hits else kept).append(one)
    idle = tuple(entry for entry in entries if entry not in used)
    return Checked(findings=tuple(kept), rows=rows, ignored=tuple(ignored), idle=idle)


def _unreadable(table: str, error: AttribError) -> Finding:
    """Return the finding that a table cannot be read, with the first places that show why."""
    errors = _flat(error)
    first = errors[0]
    return Finding(
        check="unreadable",
        about=table,
        text=f"{table} cannot be read: {first.message}",
        level="error",
        count=len(errors),
        examples=tuple(Example(place=one.place or table, value=one.message) for one in errors[:SHOWN]),
        mend=next((one.hint for one in errors if one.hint), None),
    )


def _flat(error: AttribError) -> list[AttribError]:
    return [one for inner in error.errors for one in _flat(inner)] if isinstance(error, ErrorGroup) else [error]
