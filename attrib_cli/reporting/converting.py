"""The tables of a command, written as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.source_spec import PATHS, in_order

if TYPE_CHECKING:
    from attrib_cli.engine.clock import Progress
    from attrib_cli.reporting.workspace import Workspace


def convert(
    workspace: Workspace, out: Path, *, force: bool = False, progress: Progress | None = None
) -> list[tuple[Path, int]]:
    """Write every table of a command's data into a folder; return the files with their rows.

    A file appears whole or not at all. Raises UsageError where one is there already, unless `force`, AttribError where
    the folder cannot be written, and what reading the tables raises.
    """
    from attrib_cli.engine.backends.duckdb import translated
    from attrib_cli.engine.sources import open_tables
    from attrib_cli.engine.sources.parquet_check import read_parquet
    from attrib_cli.engine.sources.path_files import as_files, with_usual_separator
    from attrib_cli.engine.sources.stored import store_rows

    data = workspace.data_of()
    sources = as_files(data.sources)
    names = in_order(sources.tables)
    targets = {name: out / f"{name}.parquet" for name in names}
    there = [path for path in targets.values() if path.exists()]
    if there and not force:
        raise UsageError("it is there already", hint="Give --force to replace it.", place=str(there[0]))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AttribError(f"this folder cannot be made: {error.strerror or error}", place=str(out)) from error
    written = []
    with workspace.open(data, progress=progress) as session, translated():
        opened = open_tables(session.con, sources, data.settings, needed=names, progress=progress)
        for name in names:
            table = with_usual_separator(opened[name]) if name == PATHS else opened[name]
            path = targets[name]
            part = path.with_name(f".{path.name}.part")
            try:
                store_rows(session.con, table, str(part), for_others=True)
                part.replace(path)
            except OSError as error:
                raise AttribError(f"cannot be written: {error.strerror or error}", place=str(path)) from error
            finally:
                part.unlink(missing_ok=True)
            rows = session.con.execute(f"SELECT count(*) FROM {read_parquet([str(path)])}").fetchall()[0][0]
            written.append((path, int(rows)))
    return written
