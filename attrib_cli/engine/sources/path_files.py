"""Files of paths with counts, ``path, conversions, value, null``, as touchpoints and deals that stand for many each.

A row is at most two journeys, whatever its counts: one that converted, and one that did not. Their touchpoints and
their deal say in `TIMES` how many they stand for, and the deal has the value of all. Times of interactions are made up
from the order of the steps: nothing may look at them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, SourceError, together
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.source_spec import PATHS, SEPARATOR, TIMES, SourceMap, TableName, TableSource
from attrib_cli.engine.sources.catalogue import ROW, Kind
from attrib_cli.engine.sources.table import SourceColumn, Table, TableHead

if TYPE_CHECKING:
    import duckdb

_START, _END = "TIMESTAMP '2000-01-01'", "TIMESTAMP '2100-01-01'"
"""Between these all made-up times are: an interaction each second, and the conversion in the end."""

_SHOWN = 10
_OTHER_SEPARATORS = (">", "|", ";", ",")
_MOST = 10**9
"""What a row may stand for: more is a mistake, and would be too much for whole-number sums."""

_COLUMNS: dict[str, dict[str, tuple[Kind, str]]] = {
    "touchpoints": {
        "contact_id": ("id", "BIGINT"),
        "occurred_at": ("timestamp", "TIMESTAMP"),
        "channel": ("text", "VARCHAR"),
        TIMES: ("other", "BIGINT"),
    },
    "deals": {
        "deal_id": ("id", "BIGINT"),
        "contact_id": ("id", "BIGINT"),
        "created_at": ("timestamp", "TIMESTAMP"),
        "closed_at": ("timestamp", "TIMESTAMP"),
        "is_won": ("boolean", "BOOLEAN"),
        "amount": ("decimal", "DECIMAL(38,6)"),
        TIMES: ("other", "BIGINT"),
    },
}


def path_sources(inner: TableSource) -> dict[TableName, TableSource]:
    """Return the tables that the rows of a file of paths make up."""
    return {
        table: TableSource(table=table, paths=inner.paths, format="paths", place=inner.place, inner=inner)
        for table in _COLUMNS
    }


def as_files(sources: SourceMap) -> SourceMap:
    """Return sources in which a file of paths is a table of its own, in place of those that it makes up."""
    inner = next((source.inner for source in sources.tables.values() if source.inner is not None), None)
    if inner is None:
        return sources
    others = {name: source for name, source in sources.tables.items() if source.inner is None}
    return replace(sources, tables={**others, PATHS: inner})


def with_usual_separator(paths: Table) -> Table:
    """Return a table of paths whose steps stand between the separator that needs no configuration."""
    own, usual = literal(paths.source.separator), literal(SEPARATOR)
    relation = f"(SELECT * REPLACE (replace(s.path, {own}, {usual}) AS path) FROM {paths.relation} AS s)"
    return replace(paths, relation=relation)


def head_of_paths(source: TableSource, inner: TableHead) -> TableHead:
    """Return the columns of touchpoints or deals; deals have an amount where paths have a value."""
    if not {"conversions", "null"} & inner.columns.keys():
        raise SourceError(
            "nothing says how often a path was taken",
            place=source.place or inner.source.paths[0],
            hint="Map conversions (and null, of journeys without one) under sources: paths: columns:.",
        )
    columns = {
        name: SourceColumn(name=name, header=name, kind=kind, type=type_)
        for name, (kind, type_) in _COLUMNS[source.table].items()
        if name != "amount" or "value" in inner.columns
    }
    return TableHead(name=source.table, source=source, columns=MappingProxyType(columns), of_paths=inner)


def open_paths(
    connection: duckdb.DuckDBPyConnection,
    head: TableHead,
    names: Collection[str],
    read: Callable[[TableHead], Table],
    *,
    stage: bool,
) -> Table:
    """Return the columns `names`, and `TIMES`, of touchpoints or deals of a file of paths, which `read` reads.

    Raises SourceError with file and line for counts that are none, a value without a conversion, and where the
    separator is not that of the paths.
    """
    inner = head.of_paths
    if inner is None:
        raise TypeError("the head of a file of paths")
    paths = read(inner)
    _check(connection, paths, inner.source.separator)
    query = _touchpoints if head.name == "touchpoints" else _deals
    definition = query(paths, f"({paths.definition})")
    relation = f"({definition})"
    if stage:
        table = identifier(f"paths_as_{head.name}")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query(paths, paths.relation)}")
        relation = table
    return Table(
        name=head.name,
        source=replace(head.source, inner=None),
        columns={name: column for name, column in head.columns.items() if name in names or name == TIMES},
        relation=relation,
        definition=definition,
        rows=None,
        notes=paths.notes if head.name == "touchpoints" else (),
        places=PathPlaces(connection=connection, relation=relation, paths=paths),
    )


@frozen
class PathPlaces:
    """Where the rows of touchpoints or deals come from: the rows of `paths` that their contacts are numbered after."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    paths: Table

    def locate(self, column: str, value: str | None, occurrence: int) -> str | None:
        """Return the place of the `occurrence`-th row whose `column` is `value`, None where there is no such row."""
        found = self.connection.execute(
            f"SELECT {ROW} FROM {self.relation} AS s"
            f" WHERE CAST(s.{identifier(column)} AS VARCHAR) IS NOT DISTINCT FROM ? ORDER BY {ROW} LIMIT 1 OFFSET ?",
            [value, occurrence - 1],
        ).fetchone()
        return None if found is None else self.of_row(found[0])

    def of_row(self, row: int) -> str:
        """Return the place of a row by its ``source_row``."""
        query = f"SELECT contact_id // 2 FROM {self.relation} AS s WHERE {ROW} = ?"
        found = self.connection.execute(query, [row]).fetchone()
        number = 0 if found is None else int(found[0])
        from attrib_cli.engine.sources.locate import places_of_rows

        return places_of_rows(self.paths, (number,))[number]


def count_of(paths: Table, name: str) -> str:
    """Return the SQL of how many journeys a row s of paths says in a column, 0 where there is no such column."""
    return f"CAST(coalesce(s.{identifier(name)}, 0) AS BIGINT)" if name in paths.columns else "0"


def steps_of(separator: str) -> str:
    """Return the SQL of the steps of the path of a row s, blanks around them cut off; those that are empty are none."""
    split = f"string_split(s.path, {literal(separator)})"
    return f"list_filter(list_transform({split}, lambda x: trim(x)), lambda x: x <> '')"


def _touchpoints(paths: Table, relation: str) -> str:
    """The SELECT of an interaction for each step of each journey, of which a row has one of each kind."""
    rows = ", ".join(f"({of}, {count_of(paths, name)})" for of, name in enumerate(("conversions", "null")))
    return f"""SELECT row_number() OVER (ORDER BY contact_id, step) - 1 AS {ROW},
  contact_id,
  {_START} + to_seconds(step) AS occurred_at,
  channel,
  {TIMES}
FROM (
  SELECT 2 * s.{ROW} + w.kind AS contact_id, w.times AS {TIMES}, unnest(s.steps) AS channel,
    unnest(range(1, len(s.steps) + 1)) AS step
  FROM (SELECT s.*, {steps_of(paths.source.separator)} AS steps FROM {relation} AS s) AS s,
    LATERAL (VALUES {rows}) AS w(kind, times)
  WHERE w.times > 0
) AS t"""


def _deals(paths: Table, relation: str) -> str:
    """The SELECT of a deal for each path that led to conversions."""
    amount = "coalesce(s.value, 0) AS amount," if "value" in paths.columns else ""
    return f"""SELECT s.{ROW},
  s.{ROW} + 1 AS deal_id,
  2 * s.{ROW} AS contact_id,
  {_END} AS created_at,
  {_END} AS closed_at,
  true AS is_won,
  {amount}
  {count_of(paths, "conversions")} AS {TIMES}
FROM {relation} AS s
WHERE {count_of(paths, "conversions")} > 0"""


def _check(connection: duckdb.DuckDBPyConnection, paths: Table, separator: str) -> None:
    """Raise SourceError, or an ErrorGroup, with the places of the rows that cannot be."""
    wrong: list[tuple[str, str, str]] = []
    for name in ("conversions", "null"):
        if name in paths.columns:
            own = f"s.{identifier(name)}"
            odd = f"{own} < 0 OR {own} > {_MOST} OR {own} <> floor({own})"
            wrong.append((odd, own, f"in column '{name}' is not a number of journeys"))
    if "value" in paths.columns:
        none = f"coalesce(s.value, 0) <> 0 AND {count_of(paths, 'conversions')} = 0"
        wrong.append((none, "s.value", "in column 'value' is of no conversion"))
    errors: list[AttribError] = []
    for condition, value, what in wrong:
        found = connection.execute(
            f"SELECT s.{ROW}, regexp_replace(CAST({value} AS VARCHAR), '[.]?0+$', '') FROM {paths.relation} AS s"
            f" WHERE {condition} ORDER BY 1 LIMIT {_SHOWN}"
        ).fetchall()
        from attrib_cli.engine.sources.locate import places_of_rows

        places = places_of_rows(paths, tuple(row for row, _ in found))
        errors += [SourceError(f"'{text}' {what}", place=places[row]) for row, text in found]
    if errors:
        raise together(errors)
    others = ", ".join(f"count(*) FILTER (contains(s.path, {literal(one)}))" for one in _OTHER_SEPARATORS)
    split, rows, *counts = connection.execute(
        f"SELECT count(*) FILTER (contains(s.path, {literal(separator)})), count(s.path), {others}"
        f" FROM {paths.relation} AS s"
    ).fetchall()[0]
    likely = next((one for one, n in zip(_OTHER_SEPARATORS, counts, strict=True) if 2 * n > rows), None)
    if not split and likely is not None:
        raise SourceError(
            f"no path has the separator '{separator}', and most have '{likely}'",
            place=paths.source.place or paths.source.paths[0],
            hint=f"Say it in attrib.yaml: sources: {{{PATHS}: {{path: ..., separator: '{likely}'}}}}.",
        )
