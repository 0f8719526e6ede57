"""What tasks of another system do with a report: read a piece and share its rows out, count values, gather a shard.

Nothing here knows which system that is. It has to bring all blocks of a shard together, once, and to start the three
functions, `read_piece`, `count_values` and `gather_shards`, in processes that have this program. All answer with
blocks, errors among them, so that a mistake in the data is told as it is anywhere, and no system tries it again.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli import __version__
from attrib_cli.engine.backends.blocks import Block, as_bytes, error_block, from_bytes, unpacked
from attrib_cli.engine.backends.duckdb import connection, translated
from attrib_cli.engine.backends.pieces import CsvPiece, LakePiece, ParquetPiece, Piece
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.gathering import Gatherer
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.relations import portable
from attrib_cli.engine.resources import Resources, usable_memory, usable_threads
from attrib_cli.engine.sources.bytestream import forget_copies
from attrib_cli.engine.sources.catalogue import ROW
from attrib_cli.engine.sources.delimited import Unfit
from attrib_cli.engine.sql.id_joins import deal_id
from attrib_cli.engine.sql.plan import Round
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.shards import Shard, shard_of
from attrib_cli.engine.temporary import choose_place, temporary_folder

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    ShardWork = Callable[[duckdb.DuckDBPyConnection, Request], Iterator[tuple[str, bytes]]]

BEGIN = -1
"""The number of a piece that there is not: see `read_piece`."""

BLOCK = 250_000
"""Rows of a block at most."""

_BATCH = 50_000
_LEAST = 256 << 20
"""Bytes of memory that the engine of a task has at least."""


@frozen
class Reading:
    """What tasks that read have to know.

    `contacts` says to which shards the rows of a contact go because of its conversions and deals: contact (a hash of
    the id), shards; None for reports without either. With `owned` they go to the shard of the contact itself, too.
    `deals` says the same of deals that conversions name: deal, shards; None where none do.
    """

    pieces: tuple[Piece, ...]
    request: Request
    shards: int
    contacts: pa.Table | None
    deals: pa.Table | None
    owned: bool
    resources: Resources
    duckdb: str
    version: str = __version__


@frozen
class Gathering:
    """What tasks that gather have to know: the request of a round, and the tables that each of them has whole.

    Rows of `unordered` tables have no places: among interactions of one time and id, what was read of them decides.
    With `work` a task does this in place of the round, with the tables of its shard at hand: it yields blocks by name.
    """

    request: Request
    round: Round
    shards: int
    unordered: frozenset[str]
    whole: Mapping[str, pa.Table]
    resources: Resources
    work: ShardWork | None = None


@frozen
class Counting:
    """What tasks that count the values of a column have to know; sampled is every `step`th row."""

    pieces: tuple[Piece, ...]
    column: str
    step: int
    resources: Resources


def read_piece(packed: bytes, number: int, batches: Iterable[pa.RecordBatch] = ()) -> Iterator[Block]:
    """Read the piece with this number and yield its rows as blocks, shard by shard; `packed` is a `Reading`.

    Of a piece that the cluster reads, `batches` are rows. The number `BEGIN` makes all shards known.
    """
    import duckdb

    job: Reading = unpacked(packed)
    if number == BEGIN:
        yield from (Block(shard=shard, name="begin", data=b"") for shard in range(job.shards))
        return
    piece = job.pieces[number]
    name = piece.name
    try:
        if (job.version, job.duckdb) != (__version__, duckdb.__version__):
            raise AttribError(
                f"a worker has attrib {__version__} with DuckDB {duckdb.__version__}, and here is {job.version} with"
                f" {job.duckdb}",
                hint="Install the same versions of both on all workers.",
            )
        with _engine(job.resources) as con, _parquet_damage(con, piece):
            if job.contacts is not None:
                con.register("contact_shards", job.contacts)
            if job.deals is not None:
                con.register("deal_shards", job.deals)
            rows = piece.open(con, batches)
            if not rows:
                return
            for shard, table in _by_shard(con, _routed(job, name, rows)):
                yield Block(shard=shard, name=name, data=as_bytes(table))
            if isinstance(piece, CsvPiece | LakePiece):
                (count,) = con.execute(f"SELECT count(*) FROM ({rows}) AS s").fetchall()[0]
                yield Block(shard=0, name="read", data=json.dumps([name, count]).encode())
    except Unfit:
        yield Block(shard=0, name="unfit", data=name.encode())
    except AttribError as error:
        yield error_block(error, number)


def _routed(job: Reading, name: str, rows: str) -> str:
    """The SELECT of a table's rows with the shards that each goes to."""
    request, contact = job.request, f"[{shard_of('s.contact_id', job.shards)}]"
    kind = request.report_type
    own_table = kind.configured and name == kind.table
    source, to = f"({rows}) AS s", contact
    if name in ("touchpoints", "contacts") and job.contacts is not None:
        source += "\n  LEFT JOIN contact_shards AS p ON p.contact = hash(CAST(s.contact_id AS VARCHAR))"
        own = contact
        if not job.owned:  # those that can be in no journey are counted where their contact belongs
            unusable = "s.contact_id IS NULL OR s.occurred_at IS NULL" if name == "touchpoints" else "false"
            own = f"(CASE WHEN {unusable} THEN {contact} ELSE [] END)"
        to = f"list_distinct(list_concat(coalesce(p.shards, []), {own}))"
    elif own_table or name in ("deals", "deal_contacts"):
        deal = "s.deal_id" if own_table else deal_id(request, name)
        to = f"[{shard_of(f's.{kind.key}' if own_table else deal, job.shards)}]"
        if job.deals is not None:
            source += f"\n  LEFT JOIN deal_shards AS p ON p.deal = hash(CAST({deal} AS VARCHAR))"
            to = f"list_distinct(list_concat({to}, coalesce(p.shards, [])))"
        if job.owned and request.has(name, "contact_id"):
            to = f"list_distinct(list_concat({to}, {contact}))"
    return f"SELECT unnest({to}) AS shard, s.* FROM {source}"


def _by_shard(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows of a query as tables of one shard each, without its column ``shard``."""
    import numpy
    import pyarrow as pa

    reader = con.sql(f"{portable(con, f'({query})')} ORDER BY shard").to_arrow_reader(_BATCH)
    held: list[pa.RecordBatch] = []
    current = -1
    for batch in reader:
        shards = batch.column(0).to_numpy(zero_copy_only=False)
        edges = [0, *(numpy.flatnonzero(numpy.diff(shards)) + 1).tolist(), len(shards)]
        rest = batch.select(batch.schema.names[1:])
        for start, end in itertools.pairwise(edges):
            if start == end:
                continue
            shard = int(shards[start])
            if held and (shard != current or sum(piece.num_rows for piece in held) >= BLOCK):
                yield current, pa.Table.from_batches(held)
                held = []
            current = shard
            held.append(rest.slice(start, end - start))
    if held:
        yield current, pa.Table.from_batches(held)


def gather_shards(packed: bytes, blocks: Iterable[Block]) -> Iterator[Block]:
    """Gather each shard whose blocks are given, all of them, and yield the tables of its partial as blocks.

    `packed` is a `Gathering`. What is told of pieces is passed on; where one could not be read nothing is gathered.
    """
    job: Gathering = unpacked(packed)
    told: list[Block] = []
    seen: dict[int, set[str]] = {}
    with _engine(job.resources) as con:
        for block in blocks:
            if block.name in ("error", "unfit", "read"):
                told.append(block)
                continue
            tables = seen.setdefault(block.shard, set())
            if block.name != "begin":
                _keep(con, job.request, block, new=block.name not in tables)
                tables.add(block.name)
        yield from told
        if any(block.name in ("error", "unfit") for block in told):
            return
        try:
            for name, table in job.whole.items():
                con.register("whole", table)
                con.execute(f"CREATE TEMP TABLE {name} AS FROM whole")
            for shard in sorted(seen):
                yield from _gathered(con, job, shard, seen[shard])
        except AttribError as error:
            yield error_block(error, 0)


def _gathered(con: duckdb.DuckDBPyConnection, job: Gathering, shard: int, held: set[str]) -> Iterator[Block]:
    """Yield the partial of one shard, or what the job's own work makes of it, and let its rows go."""
    tables = {}
    for name, table in job.request.tables.items():
        relation = name if name in job.whole else _table(name, shard)
        if name not in job.whole and name not in held:
            con.execute(f"CREATE TEMP TABLE {relation} ({_columns(job.request, name)})")
        if name in job.unordered:
            order = ", ".join(identifier(column) for column in table.columns)
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT * REPLACE"
                f" (row_number() OVER (ORDER BY {order}) AS {ROW}) FROM {relation}"
            )
        tables[name] = replace(table, relation=relation, fetch=None)
    request = replace(job.request, tables=tables, shard=Shard(number=shard, count=job.shards))
    if job.work is not None:
        for name, data in job.work(con, request):
            yield Block(shard=shard, name=name, data=data)
    else:
        partial = Gatherer(con=con, request=request, clock=Clock(None)).gather(job.round).to_arrow(con)
        for name, rows in partial.tables.items():
            if not isinstance(rows, str):
                yield Block(shard=shard, name=name, data=as_bytes(rows))
    for name in job.request.tables:
        if name not in job.whole:
            con.execute(f"DROP TABLE {_table(name, shard)}")


def _keep(con: duckdb.DuckDBPyConnection, request: Request, block: Block, *, new: bool) -> None:
    table = _table(block.name, block.shard)
    if new:
        con.execute(f"CREATE TEMP TABLE {table} ({_columns(request, block.name)})")
    con.register("block", from_bytes(block.data))
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM block")
    con.unregister("block")


def _table(name: str, shard: int) -> str:
    return f"{name}_{shard}"


def _columns(request: Request, name: str) -> str:
    columns = request.tables[name].columns.values()
    return ", ".join([f"{ROW} BIGINT", *(f"{identifier(column.name)} {column.type}" for column in columns)])


def count_values(packed: bytes, number: int, batches: Iterable[pa.RecordBatch] = ()) -> Iterator[Block]:
    """Yield a block ``values`` of the values of a column in a piece: value, sampled, rows; `packed` is a `Counting`."""
    job: Counting = unpacked(packed)
    piece = job.pieces[number]
    try:
        with _engine(job.resources) as con, _parquet_damage(con, piece):
            rows = piece.open(con, batches)
            if not rows:
                return
            query = (
                f"SELECT {identifier(job.column)} AS value, {ROW} % {job.step} = 0 AS sampled, count(*) AS rows"
                f" FROM ({rows}) AS s GROUP BY 1, 2"
            )
            yield Block(shard=0, name="values", data=as_bytes(con.sql(portable(con, f"({query})")).to_arrow_table()))
    except Unfit:
        yield Block(shard=0, name="unfit", data=piece.name.encode())
    except AttribError as error:
        yield error_block(error, number)


@contextmanager
def _engine(resources: Resources) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with what a task may take, whose temporary files go when it ends."""
    threads = resources.threads or 1
    memory = resources.memory
    if memory is None:
        share = (usable_memory() or (4 << 30)) // 2 // max(usable_threads() // threads, 1)
        memory = f"{max(share, _LEAST) >> 20}MiB"
    choose_place(resources.temp_dir)
    with temporary_folder() as folder:
        choose_place(str(folder))
        try:
            with translated(), connection(threads=threads, memory_limit=memory) as con:
                yield con
        finally:
            choose_place(resources.temp_dir)
            forget_copies()


@contextmanager
def _parquet_damage(con: duckdb.DuckDBPyConnection, piece: Piece) -> Iterator[None]:
    """Name the file and column where a query fails because a Parquet file cannot be read."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        from attrib_cli.engine.sources.parquet import known_columns
        from attrib_cli.engine.sources.parquet_damage import unreadable_file

        found = None
        if isinstance(piece, ParquetPiece):
            found = unreadable_file(con, piece.head, known_columns(piece.head, piece.names), error)
        if found is not None and found is not error:
            raise found from error
        raise
