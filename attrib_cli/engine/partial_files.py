"""Partials as files: one Parquet file for each part of the journeys, to be written by one machine and read by another.

A file holds all tables of a partial, one below the other: ``partial_table`` says which table a row is of, and columns
are called ``<table>.<column>``. What it is a part of stands in its metadata, so that parts that do not belong together
are refused by name.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Level, Note
from attrib_cli.engine.partial import VERSION, Partial
from attrib_cli.engine.quoting import identifier, literal, path_literal
from attrib_cli.engine.relations import as_sql, portable, types_of
from attrib_cli.engine.sources.catalogue import Kind
from attrib_cli.engine.sources.table import SourceColumn, label
from attrib_cli.engine.sql.plan import Round
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.touchpoint_values import ASKED

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources.table import Table, TableHead
    from attrib_cli.engine.spec import DateRange

METADATA_KEY = "attrib"
_TABLE = "partial_table"


@frozen
class TouchpointsHead:
    """What is known of touchpoints without their files: what messages call these, their columns, rows and notes.

    `columns` are all that they have, `opened` those that the report reads, with the types that they were read as, and
    `asked` those whose values a file carries.
    """

    paths: tuple[str, ...]
    columns: tuple[SourceColumn, ...]
    opened: tuple[SourceColumn, ...]
    rows: int | None
    notes: tuple[Note, ...]
    asked: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return it as an object of JSON."""
        return dataclasses.asdict(self)


def touchpoints_head(head: TableHead, table: Table, asked: tuple[str, ...]) -> TouchpointsHead:
    """Return what a file says of touchpoints that were read."""
    return TouchpointsHead(
        paths=tuple(label(head.source, path) for path in head.source.paths),
        columns=tuple(head.columns.values()),
        opened=tuple(table.columns.values()),
        rows=table.rows,
        notes=table.notes,
        asked=asked,
    )


class _ColumnJson(TypedDict):
    name: str
    header: str
    kind: Kind
    type: str


class _NoteJson(TypedDict):
    code: str
    text: str
    level: Level
    counts: list[tuple[str, int]]
    hint: str | None


class _HeadJson(TypedDict):
    paths: list[str]
    columns: list[_ColumnJson]
    opened: list[_ColumnJson]
    rows: int | None
    notes: list[_NoteJson]
    asked: list[str]


class MemberJson(TypedDict):
    """One of the files that were computed in one run."""

    name: str
    digest: str
    round: Round


class TogetherJson(TypedDict):
    """See `Together`."""

    members: list[MemberJson]
    digest: str


def _head_of(about: _HeadJson) -> TouchpointsHead:
    return TouchpointsHead(
        paths=tuple(about["paths"]),
        columns=tuple(SourceColumn(**column) for column in about["columns"]),
        opened=tuple(SourceColumn(**column) for column in about["opened"]),
        rows=about["rows"],
        notes=tuple(
            Note(
                code=note["code"],
                text=note["text"],
                level=note["level"],
                counts=tuple((name, n) for name, n in note["counts"]),
                hint=note["hint"],
            )
            for note in about["notes"]
        ),
        asked=tuple(about["asked"]),
    )


@frozen
class Together:
    """Files that were computed in one run: their names by request (its digest) and round, a digest of all contents."""

    members: Mapping[tuple[str, Round], str]
    digest: str


@frozen
class PartFile:
    """A file of a partial: what it is a part of.

    `number` of `count`, from 1, is its shard of the journeys; `start` and `end` are the days of its conversions, None
    for an open side. `states` tells the states of data-driven models that it was computed with from all others,
    `together` the files that were computed in the same run, where it was not the only one.
    """

    path: str
    attrib: str
    duckdb: str
    round: Round
    digest: str
    number: int
    count: int
    start: dt.date | None
    end: dt.date | None
    states: str
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    touchpoints: TouchpointsHead
    together: Together | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return Path(self.path).name

    @property
    def days(self) -> tuple[dt.date | None, dt.date | None]:
        """The first and last day of its conversions."""
        return self.start, self.end

    def values(self, column: str, type_: str) -> str:
        """Return the SELECT of the values that it carries of a column of touchpoints: value, sampled, rows."""
        source = _selected(self.path, ASKED, dict(self.tables)[ASKED])
        return (
            f"SELECT CAST(value AS {type_}) AS value, sampled, rows FROM {source} AS v"
            f" WHERE of_column = {literal(column)}"
        )

    def partial(self) -> Partial:
        """Return the partial, whose rows are read where it is used."""
        return Partial(
            round=self.round,
            digest=self.digest,
            tables={name: _selected(self.path, name, columns) for name, columns in self.tables},
        )


def _selected(path: str, table: str, columns: Sequence[str]) -> str:
    shown = ", ".join(f"{identifier(f'{table}.{column}')} AS {identifier(column)}" for column in columns)
    return f"(SELECT {shown} FROM read_parquet({path_literal(path)}) WHERE {_TABLE} = {literal(table)})"


def write_part(
    con: duckdb.DuckDBPyConnection,
    partial: Partial,
    request: Request,
    path: str,
    *,
    number: int,
    count: int,
    dates: DateRange,
    version: str,
    touchpoints: TouchpointsHead,
) -> None:
    """Write a partial of shard `number` of `count`, from 1, into a Parquet file; it is no atomic replacement."""
    import duckdb

    selects, tables = [], {}
    for name, relation in partial.tables.items():
        source = f"({portable(con, as_sql(con, name, relation))})"
        columns = list(types_of(con, source))
        tables[name] = columns
        shown = ", ".join(f"{identifier(column)} AS {identifier(f'{name}.{column}')}" for column in columns)
        selects.append(f"SELECT {literal(name)} AS {_TABLE}, {shown} FROM {source} AS p")
    about = {
        "version": VERSION,
        "attrib": version,
        "duckdb": duckdb.__version__,
        "round": partial.round,
        "digest": partial.digest,
        "shard": [number, count],
        "start": dates.start and dates.start.isoformat(),
        "end": dates.end and dates.end.isoformat(),
        "states": states_digest(con) if request.data_driven is not None and partial.round != "values" else "",
        "tables": tables,
        "touchpoints": touchpoints.as_json(),
    }
    union = "\nUNION ALL BY NAME\n".join(selects)
    con.execute(
        f"COPY ({union}\nORDER BY ALL) TO {literal(path)}"
        f" (FORMAT parquet, KV_METADATA {{{METADATA_KEY}: {literal(json.dumps(about))}}})"
    )


def states_digest(con: duckdb.DuckDBPyConnection) -> str:
    """Return what tells the known states that are staged from others."""
    text = "CAST(s AS VARCHAR)"
    row = con.execute(
        f"SELECT md5(coalesce(string_agg({text}, chr(10) ORDER BY {text}), '')) FROM known_states AS s"
    ).fetchone()
    return str(row[0]) if row else ""


def read_parts(con: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> tuple[PartFile, ...]:
    """Return what each file is a part of; raises SourceError for one that is no partial."""
    return tuple(_read(con, path) for path in paths)


def metadata_of(con: duckdb.DuckDBPyConnection, path: str) -> str | None:
    """Return what a Parquet file says of the partial in it, None where it is none; raises DuckDB's errors."""
    rows = con.execute(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata({path_literal(path)})").fetchall()
    found = dict(rows).get(METADATA_KEY)
    return None if found is None else str(found)


def _read(con: duckdb.DuckDBPyConnection, path: str) -> PartFile:
    import duckdb

    try:
        text = metadata_of(con, path)
    except duckdb.Error as error:
        raise SourceError("this is no Parquet file of a partial", place=path, hint="Write it again.") from error
    if text is None:
        raise SourceError(
            "this Parquet file is no partial of a report", place=path, hint="`attrib partial` writes such files."
        )
    try:
        about = json.loads(text)
        if about["version"] != VERSION:
            raise ValueError
        number, count = about["shard"]
        return PartFile(
            path=path,
            attrib=about["attrib"],
            duckdb=about["duckdb"],
            round=about["round"],
            digest=about["digest"],
            number=number,
            count=count,
            start=about["start"] and dt.date.fromisoformat(about["start"]),
            end=about["end"] and dt.date.fromisoformat(about["end"]),
            states=about["states"],
            tables=tuple((name, tuple(columns)) for name, columns in about["tables"].items()),
            touchpoints=_head_of(about["touchpoints"]),
            together=_together_of(about["together"]) if "together" in about else None,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            "this partial is of another version of attrib", place=path, hint="Write it again with this one."
        ) from error


def _together_of(about: TogetherJson) -> Together:
    members = {(member["digest"], member["round"]): member["name"] for member in about["members"]}
    return Together(members=members, digest=about["digest"])
