"""The two steps from a map of sources to tables: look at the heads, then open what a request needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, ErrorGroup, SourceError, together
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import UNUSABLE, SourceMap, TableName, TableSource, in_order
from attrib_cli.engine.sources import delimited
from attrib_cli.engine.sources.bytestream import refuse_pipe
from attrib_cli.engine.sources.catalogue import known_table
from attrib_cli.engine.sources.decide import check_format
from attrib_cli.engine.sources.dialect import read_head
from attrib_cli.engine.sources.path_files import head_of_paths, open_paths
from attrib_cli.engine.sources.table import Table, TableHead, label
from attrib_cli.engine.sources.uneven import uneven_notes
from attrib_cli.engine.sources.unpack import unpacked

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources.stored import TableStore


def inspect(
    connection: duckdb.DuckDBPyConnection,
    sources: SourceMap,
    settings: Settings,
    *,
    tables: Collection[TableName] | None = None,
) -> dict[str, TableHead]:
    """Return the columns of each table from headers and metadata; no rows are converted.

    `tables` limits the look to some. Raises SourceError, or an ErrorGroup with one error a table, where a file cannot
    be read or lacks a required column.
    """
    del settings
    heads: dict[str, TableHead] = {}
    errors: list[AttribError] = []
    for name, source in sources.tables.items():
        if tables is not None and name not in tables:
            continue
        try:
            for path in source.paths:
                refuse_pipe(Path(path), label(source, path))
            heads[name] = _head(connection, source)
        except AttribError as error:
            errors.append(error)
    _raise(errors)
    return heads


def open_tables(
    connection: duckdb.DuckDBPyConnection,
    sources: SourceMap,
    settings: Settings,
    *,
    needed: Collection[TableName],
    optional: Collection[TableName] = (),
    columns: Mapping[str, Collection[str]] | None = None,
    stage: bool = True,
    progress: Callable[[str], None] | None = None,
    heads: Mapping[str, TableHead] | None = None,
    store: TableStore | None = None,
) -> dict[str, Table]:
    """Return the needed tables, and those of the optional ones that are there, ready to be queried.

    CSV is read into temporary tables of `connection` (`stage` False leaves that to the query), Parquet is read by the
    query itself. `columns` limits a table to these names plus its required ones; a table that it does not mention
    keeps all. `heads` are those of an earlier `inspect` of the same sources. A `store` keeps what was
    read. Raises SourceError where a needed table
    is absent or anything cannot be read right; an ErrorGroup for several problems.
    """
    absent = [name for name in needed if name not in sources.tables]
    if absent:
        raise _absent(sources, absent)
    wanted = in_order({*needed, *(name for name in optional if name in sources.tables)})
    known = {name: heads[name] for name in wanted if name in heads} if heads is not None else {}
    fresh = SourceMap(tables={name: sources.tables[name] for name in wanted if name not in known}, place=sources.place)
    known |= inspect(connection, fresh, settings)
    opened: dict[str, Table] = {}
    errors: list[AttribError] = []
    for name in wanted:
        head = known[name]
        names = {column for column, found in head.columns.items() if found.kind not in UNUSABLE}
        if columns is not None and name in columns:
            names &= {*columns[name], *known_table(name).required}
        try:
            check_format(connection, head.source)
            read = partial(_read, connection, head, settings.timezone, stage, progress)
            kept = sources.tables[name].format not in ("parquet", "paths") and stage
            table = (
                store.table(connection, head, sources.tables[name], names, settings.timezone, read)
                if store and kept
                else read(names)
            )
            opened[name] = replace(table, notes=(*uneven_notes(head, names), *table.notes))
        except ErrorGroup as group:
            errors += group.errors
        except AttribError as error:
            errors.append(error)
    _raise(errors)
    return opened


def _raise(errors: Iterable[AttribError]) -> None:
    """Raise errors, if there are any, each once: two tables may be of one file."""
    found = list({str(error): error for error in errors}.values())
    if found:
        raise together(found)


def _read(
    connection: duckdb.DuckDBPyConnection,
    head: TableHead,
    zone: str,
    stage: bool,
    progress: Callable[[str], None] | None,
    names: Collection[str],
    *,
    into: str | None = None,
) -> Table:
    """Return the columns `names` of a table from its files; see `Reader`."""
    if head.source.of_paths:

        def whole(inner: TableHead) -> Table:
            return _read(connection, inner, zone, stage, progress, tuple(inner.columns))

        return open_paths(connection, head, names, whole, stage=stage)
    if head.source.format == "csv":
        return delimited.open_csv(connection, head, names, zone, stage=stage, progress=progress, into=into)
    if head.source.format == "prepared":
        from attrib_cli.engine.sources.prepared import open_prepared

        return open_prepared(connection, head, names, zone, progress=progress)
    from attrib_cli.engine.sources import parquet

    return parquet.open_parquet(connection, head, names, zone)


def _head(connection: duckdb.DuckDBPyConnection, source: TableSource) -> TableHead:
    if source.inner is not None:
        return head_of_paths(source, _head(connection, source.inner))
    source = unpacked(source)
    if source.format == "spark":
        raise SourceError(
            f"'{source.paths[0]}' is a table that Spark reads", place=source.place, hint="Add --engine spark."
        )
    if source.format == "csv":
        return delimited.head(source)
    if source.format == "prepared":
        from attrib_cli.engine.sources.prepared import prepared_head

        return prepared_head(connection, source)
    from attrib_cli.engine.sources import parquet

    return parquet.head(connection, source)


def headers(connection: duckdb.DuckDBPyConnection, source: TableSource) -> tuple[str, ...]:
    """Return the headers of all files of a table, each once, whatever columns they are; raises SourceError."""
    if source.inner is not None:
        return headers(connection, source.inner)
    source = unpacked(source)
    if source.format == "csv":
        found = [header for path in source.paths for header in read_head(source, path).header]
    elif source.format in ("prepared", "spark"):
        found = list(_head(connection, source).headers)
    else:
        from attrib_cli.engine.sources import parquet

        found = [header for path in source.paths for header in parquet.headers(connection, source, path)]
    return tuple(dict.fromkeys(found))


def _absent(sources: SourceMap, names: list[TableName]) -> SourceError:
    listed = " and ".join(f"'{name}'" for name in names)
    found = ", ".join(f"'{name}'" for name in sources.tables) or "none"
    noun = "table" if len(names) == 1 else "tables"
    return SourceError(
        f"this needs the {noun} {listed}; found: {found}",
        place=sources.place,
        hint=f"add {names[0]}.csv or {names[0]}.parquet to the data folder, or an entry under `sources:`",
    )
