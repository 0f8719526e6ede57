"""Values of Parquet files that cannot be read, found before a report reads them: by statistics, else by one look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, SourceError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import identifier, literal, paths_literal
from attrib_cli.engine.sources.catalogue import known_table
from attrib_cli.engine.sources.decide import Hit, hint_of_serial
from attrib_cli.engine.sources.parquet_types import BIGGEST_ID, TEXTS, Value, may_be_wide
from attrib_cli.engine.sources.records import MOST_ERRORS, raise_all
from attrib_cli.engine.sources.table import ParquetPart, SourceColumn, TableHead, label

if TYPE_CHECKING:
    import duckdb

YEARS = "dates are read from 1900 to 2200"
_EPOCHS = "whole numbers of 10 digits are seconds since 1970, of 13, 16 and 19 digits milli-, micro- and nanoseconds"


@frozen
class Statistics:
    """The headers of a part whose values need no look: texts that are never empty, moments from 1900 to 2200."""

    filled: frozenset[str]
    dated: frozenset[str]


def statistics(
    connection: duckdb.DuckDBPyConnection, part: ParquetPart, columns: Mapping[str, SourceColumn]
) -> Statistics:
    """Return what the metadata of a part's files tell about the values of `columns`."""
    headers = [part.header[part.positions[name]] for name in columns if name in part.positions]
    moments = "coalesce({0}_value, {0})"
    least, most = (moments.format(f"stats_{end}") for end in ("min", "max"))
    inside = (
        f"TRY_CAST({least} AS TIMESTAMP) >= TIMESTAMP '1900-01-01' "
        f"AND TRY_CAST({most} AS TIMESTAMP) < TIMESTAMP '2201-01-01'"
    )
    rows = connection.execute(
        f"SELECT path_in_schema, bool_and(coalesce({least} > '', stats_null_count = num_values, false)), "
        f"bool_and(coalesce({inside}, stats_null_count = num_values, false)) "
        f"FROM parquet_metadata({paths_literal(part.paths)}) "
        f"WHERE path_in_schema IN ({', '.join(literal(header) for header in headers)}) GROUP BY path_in_schema"
    ).fetchall()
    return Statistics(
        filled=frozenset(str(header) for header, filled, _ in rows if filled and _type(part, header) in TEXTS),
        dated=frozenset(str(header) for header, _, dated in rows if dated),
    )


def wide_ids(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], headers: Mapping[str, str]) -> frozenset[str]:
    """Return those of `headers` (header to type) whose whole numbers may not fit into 64 bits, by their statistics."""
    doubtful = [header for header, type_ in headers.items() if may_be_wide(type_)]
    if not doubtful:
        return frozenset()
    ends = [f"abs(TRY_CAST(coalesce(stats_{end}_value, stats_{end}) AS HUGEINT))" for end in ("min", "max")]
    rows = connection.execute(
        f"SELECT path_in_schema FROM parquet_metadata({paths_literal(paths)}) "
        f"WHERE path_in_schema IN ({', '.join(literal(header) for header in doubtful)}) GROUP BY path_in_schema "
        f"HAVING bool_and(coalesce(greatest({', '.join(ends)}) < {BIGGEST_ID}, stats_null_count = num_values, false))"
    ).fetchall()
    return frozenset(doubtful) - {str(row[0]) for row in rows}


def check_values(
    connection: duckdb.DuckDBPyConnection,
    table: TableHead,
    columns: Mapping[str, SourceColumn],
    known: Sequence[Statistics],
    zone: str,
) -> None:
    """Refuse values that their type allows and their column doesn't: 1.5 as an id, NaN as an amount, 7 as a date.

    Raises SourceError, or an ErrorGroup of up to ten and how many more, with the row of each.
    """
    hits: list[tuple[Hit, SourceColumn, str]] = []
    total = 0
    for part, told in zip(table.parquet, known, strict=True):
        doubtful = _doubtful(part, table, columns, told, zone)
        if not doubtful:
            continue
        counted = ", ".join(f"count(*) FILTER ({condition})" for condition in doubtful.values())
        found = connection.execute(f"SELECT {counted} FROM {read_parquet(part.paths)}").fetchone() or ()
        for (name, condition), count in zip(doubtful.items(), found, strict=True):
            if count:
                type_ = part.types[part.positions[name]]
                hits += [(hit, columns[name], type_) for hit in _find(connection, table, part, name, condition)]
                total += count
    hits.sort(key=lambda hit: hit[0].order)
    errors: list[AttribError] = [_unreadable(column, type_, hit) for hit, column, type_ in hits[:MOST_ERRORS]]
    raise_all(errors, total - len(errors), "values", label(table.source, table.source.paths[0]))


def _doubtful(
    part: ParquetPart, table: TableHead, columns: Mapping[str, SourceColumn], known: Statistics, zone: str
) -> dict[str, str]:
    """Return, by name of the column, the SQL condition of values that nothing yet rules out."""
    doubtful: dict[str, str] = {}
    for name, column in columns.items():
        if name not in part.positions or name not in known_table(table.source.table).kinds:
            continue
        header = part.header[part.positions[name]]
        value = Value(
            raw=identifier(header),
            type=part.types[part.positions[name]],
            kind=column.kind,
            result=column.type,
            zone=zone,
            date_format=table.source.date_format,
        )
        condition = value.unreadable()
        if condition is not None and not (value.told_by_statistics and header in known.dated):
            doubtful[name] = condition
    return doubtful


def _unreadable(column: SourceColumn, type_: str, hit: Hit) -> SourceError:
    hint = None
    number = _number(hit.value)
    if type_ == "BLOB":
        return SourceError(
            f"{hit.value} in column '{column.header}' is not UTF-8 text", place=hit.place, hint="export it as text"
        )
    if column.kind == "id" and number is not None and number == number.to_integral_value():
        what = f"is too large to be told from its neighbours in a column of the type {type_}"
        hint = "write the column as whole numbers (int64) or as text"
    elif column.kind == "id":
        what, hint = "is not a whole number, as an id must be", "map another column, or write ids as text"
    elif column.kind == "decimal" and number is not None:
        what = "is too large: amounts have up to 31 digits before the decimal sign"
    elif column.kind == "decimal":
        what, hint = "is not an amount", "leave amounts empty that are not known"
    elif column.kind == "boolean":
        what = "is neither 0 nor 1"
    elif number is not None:
        what, hint = f"is not a date: {_EPOCHS}", hint_of_serial(hit.value)
    else:
        what, hint = "is not a date that can be read", f"{YEARS}; leave dates empty that are not known"
    return SourceError(f"{hit.value} in column '{column.header}' {what}", place=hit.place, hint=hint)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _find(
    connection: duckdb.DuckDBPyConnection, table: TableHead, part: ParquetPart, name: str, condition: str
) -> list[Hit]:
    raw = identifier(part.header[part.positions[name]])
    hits: list[Hit] = []
    for number, path in enumerate(part.paths, part.first):
        # The row number keeps the condition out of the scan, where statistics that do not know NaN would skip rows.
        query = (
            f"SELECT file_row_number + 1 AS n, CAST({raw} AS VARCHAR) FROM {read_parquet([path])} "
            f"WHERE CASE WHEN file_row_number >= 0 THEN {condition} END ORDER BY n LIMIT {MOST_ERRORS - len(hits)}"
        )
        hits += hits_of(connection, query, label(table.source, path), number)
    return hits


def hits_of(connection: duckdb.DuckDBPyConnection, query: str, place: str, number: int) -> list[Hit]:
    """Return the rows (row number, value) of a query over the file called `place`, the `number`-th of its table."""
    rows = connection.execute(query).fetchall()
    return [Hit(place=f"{place}: row {n}", value=value, order=(number, n)) for n, value in rows]


def read_parquet(paths: Sequence[str]) -> str:
    """Return the SQL that reads the files `paths`."""
    return f"read_parquet({paths_literal(paths)}, hive_partitioning = false)"


def _type(part: ParquetPart, header: str) -> str:
    return part.types[part.header.index(header)]
