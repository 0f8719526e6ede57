"""Hold the sources of a configuration against the files: are they there, and do they have the headers it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrib_cli.config.load import Config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.config.yaml_text import dotted
from attrib_cli.engine.errors import AttribError, ConfigError, ErrorGroup, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.source_spec import SourceMap, TableSource

if TYPE_CHECKING:
    import duckdb


@frozen
class Looked:
    """What the files of each table told: how many files and columns it has by name, and all `problems`."""

    tables: Mapping[str, tuple[int, int]]
    problems: tuple[AttribError, ...]


def look_at_sources(config: Config) -> Looked:
    """Open the files of every table of a configuration, read their headers, and say what does not fit.

    No rows are read. Problems are ConfigErrors for headers that `columns:` names and no file has, each with its line,
    and SourceErrors for files that are missing or unreadable or lack a column that is required.
    """
    from attrib_cli.engine.backends.duckdb import connection
    from attrib_cli.engine.sources import inspect

    tables: dict[str, tuple[int, int]] = {}
    problems: list[AttribError] = []
    with connection() as con:
        for name, entry in config.sources.items():
            try:
                only = config_sources(replace(config, sources=MappingProxyType({name: entry})))
                source = only.tables[name]
                unknown = list(_unknown_headers(con, config, source))
                problems += unknown
                if not unknown:
                    found = inspect(con, SourceMap(tables={name: source}, place=only.place), config.settings)
                    tables[name] = (len(source.paths), len(found[name].columns))
            except ErrorGroup as group:
                problems += group.errors
            except AttribError as error:
                problems.append(error)
    return Looked(tables=MappingProxyType(tables), problems=tuple(problems))


def _unknown_headers(con: duckdb.DuckDBPyConnection, config: Config, source: TableSource) -> Iterator[ConfigError]:
    """Yield the headers of a mapping that none of the table's files has."""
    from attrib_cli.engine.sources import headers
    from attrib_cli.engine.sources.catalogue import folded

    if not source.columns:
        return
    known = headers(con, source)
    there = {folded(header) for header in known}
    for column, header in source.columns.items():
        if folded(header) not in there:
            key = dotted(("sources", source.table, "columns", column))
            hint = did_you_mean(header, known) or "Headers: " + ", ".join(f"'{one}'" for one in known) + "."
            files = "the file" if len(source.paths) == 1 else f"any of the {len(source.paths)} files"
            yield ConfigError(f"{key}: there is no header '{header}' in {files}", place=config.place(key), hint=hint)
