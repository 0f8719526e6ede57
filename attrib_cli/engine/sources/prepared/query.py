"""Rows that a query gives: one SELECT over the files that it names, in a database that can reach nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from attrib_cli.engine.errors import ConfigError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.source_spec import Query, TableSource
from attrib_cli.engine.sources.csv_reader import read_csv, usable_file
from attrib_cli.engine.sources.dialect import read_head
from attrib_cli.engine.sources.parquet_check import read_parquet
from attrib_cli.engine.sources.parquet_union import united
from attrib_cli.engine.sources.table import label
from attrib_cli.engine.sources.unpack import unpacked
from attrib_cli.engine.temporary import temporary_file

if TYPE_CHECKING:
    import duckdb

_RESULT = "attrib_query"
_BATCH = 100_000
_ONE = "A source has one SELECT over files named in quotes: SELECT ... FROM 'events.parquet'."


@frozen
class QueryResult:
    """The rows of a query before it runs: its headers, their DuckDB types, and notes on the files that it reads."""

    query: Query
    label: str
    own: tuple[str, ...]
    header: tuple[str, ...]
    types: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def files_named(text: str, place: str, first_line: int) -> tuple[str, ...]:
    """Return the names that a query has for what it reads, each once, but for those that it defines itself.

    The text is parsed and nothing is read. Raises ConfigError, with the line, for what is not one SELECT; `place` is
    the configuration file, `first_line` that of the text.
    """
    import duckdb

    with duckdb.connect(":memory:") as connection:
        try:
            statements = connection.extract_statements(text)
        except duckdb.Error as error:
            _raise(error, place, first_line)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            many = len(statements) != 1
            found = f"{len(statements)} statements" if many else f"the statement {statements[0].type.name}"
            raise ConfigError(f"expected one SELECT, found {found}", place=f"{place}:{first_line}", hint=_ONE)
        bare = statements[0].query.strip().rstrip(";")
        row = connection.execute(f"SELECT json_serialize_sql({literal(bare)})").fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error"):
        message = tree.get("error_message", "not a SELECT")
        raise ConfigError(f"the query is not one SELECT: {message}", place=f"{place}:{first_line}", hint=_ONE)
    tables: dict[str, None] = {}
    own: set[str] = set()
    _walk(tree, tables, own)
    return tuple(name for name in tables if name.casefold() not in own)


def look_at_query(query: Query) -> QueryResult:
    """Return the columns that a query gives; no rows are read. Raises ConfigError, with the line of what is wrong."""
    with _locked(query) as (connection, notes):
        rows = connection.execute(f"DESCRIBE {_RESULT}").fetchall()
    names = tuple(str(row[0]) for row in rows)
    header = tuple(name.strip() for name in names)
    place = f"{query.config}:{query.first_line}"
    types = tuple(str(row[1]) for row in rows)
    return QueryResult(query=query, label=place, own=names, header=header, types=types, notes=notes)


def run_query(result: QueryResult, items: str) -> Path:
    """Run a query and return a Parquet file with the select list `items` over its rows, in their order."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = temporary_file(".parquet")
    with _locked(result.query) as (connection, _):
        try:
            reader: pa.RecordBatchReader = connection.sql(f"SELECT {items} FROM {_RESULT}").to_arrow_reader(_BATCH)
            with pq.ParquetWriter(target, reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
        except duckdb.Error as error:
            _raise(error, result.query.config, result.query.first_line)
    return target


@contextmanager
def _locked(query: Query) -> Iterator[tuple[duckdb.DuckDBPyConnection, tuple[Note, ...]]]:
    """Yield a database that has the query as a view, and reads the files of the query and nothing else.

    Beside it stand notes of what files that are read as one table differ in.
    """
    import duckdb

    from attrib_cli.engine.resources import usable_threads, usual_memory
    from attrib_cli.engine.temporary import temporary_folder

    with temporary_folder() as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": usual_memory(),
            "temp_directory": str(folder),
            "threads": usable_threads(),
        }
        with duckdb.connect(":memory:", config=config) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            allowed: list[str] = []
            notes: list[Note] = []
            for name, source in query.files.items():
                select, paths = _select(connection, source, notes)
                connection.execute(f"CREATE TEMP VIEW {identifier(name)} AS {select}")
                allowed += paths
            listed = ", ".join(literal(path) for path in allowed)
            connection.execute(f"SET allowed_paths = [{listed}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            try:
                connection.execute(f"CREATE TEMP VIEW {_RESULT} AS {query.text}")
            except duckdb.Error as error:
                _raise(error, query.config, query.first_line)
            yield connection, tuple(notes)


def _select(connection: duckdb.DuckDBPyConnection, source: TableSource, notes: list[Note]) -> tuple[str, list[str]]:
    """Return the SELECT of files as a query reads them, text of CSV as it stands there, and the paths that it reads.

    What Parquet files differ in is added to `notes`.
    """
    plain = unpacked(source)
    if plain.format == "parquet":
        paths = [str(Path(path).resolve()) for path in plain.paths]
        told: tuple[Note, ...] = ()
        relation = read_parquet(paths)
        if len(paths) > 1:
            relation, told = united(connection, paths, [label(plain, path) for path in plain.paths])
        notes += told
        return f"SELECT * FROM {relation}", paths
    files = [usable_file(read_head(plain, path, named=False)) for path in plain.paths]
    paths = [str(Path(file.path).resolve()) for file in files]
    pieces = [
        f"SELECT * FROM {read_csv([path], file.part.header, file.delimiter, longest=file.longest)}"
        for path, file in zip(paths, files, strict=True)
    ]
    return " UNION ALL BY NAME ".join(pieces), paths


def _walk(node: object, tables: dict[str, None], own: set[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(item, tables, own)
    if not isinstance(node, dict):
        return
    if node.get("type") == "BASE_TABLE":
        tables[str(node.get("table_name"))] = None
    defined = node.get("cte_map")
    if isinstance(defined, dict):
        own.update(str(entry.get("key", "")).casefold() for entry in defined.get("map", []))
    for value in node.values():
        _walk(value, tables, own)


def _raise(error: Exception, config: str, first_line: int) -> NoReturn:
    """Raise what DuckDB says of a query as an error of the configuration, at the line of the query that it is about."""
    text = str(error)
    line = re.search(r"^LINE (\d+):", text, re.MULTILINE)
    message, *more = (part.strip() for part in text.partition("\n\nLINE ")[0].splitlines() if part.strip())
    message = re.sub(r"^[A-Z][A-Za-z -]*(?:Error|Exception): ", "", message)
    hint = " ".join(more) or _ONE
    unfit = re.search(r"Error when converting column .*", text)
    if unfit:
        message, hint = unfit[0].strip(), "TRY_CAST gives nothing where a value is none of the type."
    if "disabled by configuration" in message:
        message = f"the query may read the files that it names, and no others: {message.partition(' - ')[0]}"
        hint = _ONE
    number = first_line + int(line[1]) - 1 if line else first_line
    raise ConfigError(f"sql: {message}", place=f"{config}:{number}", hint=hint) from None
