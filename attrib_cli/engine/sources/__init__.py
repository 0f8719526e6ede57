"""Files become tables: which files, how they are written, what their text means, and where a value stands."""

from attrib_cli.engine.sources.catalogue import CATALOGUE, ROW, Kind, KnownTable, known_table
from attrib_cli.engine.sources.discover import discover, expand
from attrib_cli.engine.sources.opening import headers, inspect, open_tables
from attrib_cli.engine.sources.stdin import spool_stdin
from attrib_cli.engine.sources.table import SourceColumn, Table, TableHead

__all__ = [
    "CATALOGUE",
    "ROW",
    "Kind",
    "KnownTable",
    "SourceColumn",
    "Table",
    "TableHead",
    "discover",
    "expand",
    "headers",
    "inspect",
    "known_table",
    "open_tables",
    "spool_stdin",
]
