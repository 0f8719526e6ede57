"""Databases in memory that share an engine: DuckDB takes a seventh of a report to make the catalogue of one.

`duckdb.connect` gives each session a database of its own, attached to one engine of this process. Files, a source's own
query, which reads nothing else, limits of memory that somebody asked for, and other settings than those here get an
engine of their own.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from itertools import count

import duckdb

from attrib_cli.engine.resources import usual_memory

Config = dict[str, str | bool | int | float | list[str]]
_connect = duckdb.connect
_numbers = count()
_SESSION: Config = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": True,
    "memory_limit": usual_memory(),
    "preserve_insertion_order": False,
    "temp_directory": "",
    "threads": 1,
}
"""The settings of `engine.backends.duckdb.connection`; a session with others shares no engine."""

_EACH = {"memory_limit", "temp_directory", "threads"}
"""Those that each session sets anew."""


@dataclass(kw_only=True, eq=False)
class _Engine:
    """One engine and the databases that are attached to it, with the connections whose they are."""

    own: duckdb.DuckDBPyConnection
    lent: dict[str, weakref.ref[duckdb.DuckDBPyConnection]] = field(default_factory=dict)

    def database(self) -> duckdb.DuckDBPyConnection:
        """Return a connection to a new database, after those whose connections are closed are gone."""
        for name, held in list(self.lent.items()):
            connection = held()
            if connection is None or _closed(connection):
                del connection
                self.own.execute(f"DETACH {name}")
                del self.lent[name]
        name = f"session_{next(_numbers)}"
        connection = self.own.cursor()
        connection.execute(f"ATTACH ':memory:' AS {name}")
        connection.execute(f"USE {name}")
        self.lent[name] = weakref.ref(connection)
        return connection


_engines: dict[bool, _Engine] = {}


def _closed(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.query_progress()
    except duckdb.ConnectionException:
        return True
    return False


def _engine(*, sessions: bool, config: Config) -> _Engine:
    if sessions not in _engines:
        _engines[sessions] = _Engine(own=_connect(":memory:", config=config))
    return _engines[sessions]


def _lent(
    database: str = ":memory:", read_only: bool = False, config: Config | None = None
) -> duckdb.DuckDBPyConnection:
    """Stand for `duckdb.connect`."""
    config = config or {}
    alike = all(config.get(name) == value for name, value in _SESSION.items() if name not in _EACH)
    usual = not config or (config.keys() == _SESSION.keys() and alike and config["memory_limit"] == usual_memory())
    if database != ":memory:" or read_only or not usual:
        return _connect(database, read_only=read_only, config=config)
    connection = _engine(sessions=bool(config), config=config and _SESSION).database()
    try:
        for name in config.keys() & _EACH:
            connection.execute(f"SET {name} = '{config[name]}'")
    except duckdb.Error:  # overflow of an earlier session went to its folder
        connection.close()
        del _engines[bool(config)]
        return _lent(database, read_only, config)
    return connection


def keep_engines() -> None:
    """Let the sessions of this process share engines; one without threads is made, so that forks can take it over."""
    duckdb.connect = _lent
    _engine(sessions=True, config=_SESSION)
