"""Journeys out of their interactions in order: where each ends, which states it goes through, how long it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from attrib_cli.engine.relations import types_of
from attrib_cli.engine.sql import whole_paths as sql
from attrib_cli.engine.sql.cte import used_values
from attrib_cli.engine.sql.non_converting import non_converting_tables
from attrib_cli.engine.sql.paths import JourneySource, journey_sources

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from attrib_cli.engine.sql.resolved import Request

_PIECE = 4_000_000
"""Interactions that are walked at once: what is known of their journeys is held in memory."""

_BATCH = 500_000
"""Interactions that are cut into journeys at once."""

_WALKED, _UNSURE = "walked_journeys", "journeys_of_unsure_order"


def stage_paths(con: duckdb.DuckDBPyConnection, request: Request, *, listed: bool) -> None:
    """Stage ``whole_paths``: every journey of the period, with its path where they are `listed`, else its steps.

    Reads the staged ``conversions``, ``interactions``, ``states`` and the journeys without conversion.
    """
    if not listed:
        _run(con, request, sql.counted_journeys(request))
        return
    con.execute(sql.no_paths(request))
    tables = ("interactions", *non_converting_tables(request))
    ((interactions,),) = con.execute(f"SELECT {' + '.join(f'(SELECT count(*) FROM {t})' for t in tables)}").fetchall()
    pieces = 1 + int(interactions) // _PIECE
    for source in journey_sources(request):
        for piece in range(pieces):
            _stage_walked(con, request, source, sql.piece_of(piece, pieces))


def _run(con: duckdb.DuckDBPyConnection, request: Request, statement: str) -> None:
    con.execute(statement, used_values(statement, request.binder.values))


def _stage_walked(con: duckdb.DuckDBPyConnection, request: Request, source: JourneySource, piece: str) -> None:
    """Add the journeys of a `piece` of one kind to ``whole_paths``."""
    walked, unordered = _walked(con, request, source, piece)
    if len(unordered):
        import pyarrow as pa
        import pyarrow.compute as pc

        con.register(_UNSURE, pa.table({"journey": unordered}))
        again, _ = _walked(con, request, source, f"{piece} AND w.journey IN (SELECT journey FROM {_UNSURE})", full=True)
        con.unregister(_UNSURE)
        known = walked.filter(pc.invert(pc.is_in(walked["journey"], value_set=unordered)))
        walked = pa.concat_tables([known, again])
    con.register(_WALKED, walked)
    _run(con, request, sql.with_conversions(request, source, _WALKED, piece))
    con.unregister(_WALKED)


def _walked(
    con: duckdb.DuckDBPyConnection, request: Request, source: JourneySource, piece: str, *, full: bool = False
) -> tuple[pa.Table, pa.Array]:
    """Return the journeys of a piece, and the ids of those of which the order is not sure unless it is `full`."""
    import pyarrow as pa

    bound = used_values(source.subquery, request.binder.values)
    text = types_of(con, source.subquery, bound)["journey"] == "VARCHAR"
    query = sql.steps_in_order(request, source, piece, text=text, full=full)
    reader = con.sql(query, params=used_values(query, request.binder.values)).to_arrow_reader(_BATCH)
    key = reader.schema.field("journey").type
    found: list[pa.RecordBatch] = []
    unordered: list[pa.Array] = [pa.array([], key)]
    for journeys, alike in _cut(reader, converted=source.converted):
        found.append(journeys)
        unordered.append(alike)
    schema = pa.schema([("journey", key), ("path", pa.list_(pa.uint8())), ("lag", pa.int64()), ("times", pa.int64())])
    return pa.Table.from_batches(found, schema), unordered[0] if full else pa.concat_arrays(unordered).unique()


def _cut(batches: Iterable[pa.RecordBatch], *, converted: bool) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """Yield the journeys that interactions in order make, some at a time: journey | path, lag, times.

    Beside them the ids of those that have two interactions of one moment and of different states.
    """
    import numpy as np
    import pyarrow as pa

    rest: list[pa.RecordBatch] = []  # the interactions of the last journey, which may go on
    for batch in batches:
        rows = pa.concat_batches([*rest, batch])
        begins = np.append(0, np.flatnonzero(_unlike_the_one_before(rows["journey"])) + 1)
        yield _journeys(rows, begins, converted=converted)
        rest = [rows.slice(int(begins[-1]))]
    if rest and rest[0].num_rows:
        yield _journeys(rest[0], np.array([0, rest[0].num_rows]), converted=converted)


def _unlike_the_one_before(ids: pa.Array) -> npt.NDArray[np.bool_]:
    """Return for each id but the first whether it is another than the one before it."""
    import pyarrow as pa

    unlike: npt.NDArray[np.bool_]
    if pa.types.is_integer(ids.type):
        numbers = ids.to_numpy()
        unlike = numbers[1:] != numbers[:-1]
    else:
        import pyarrow.compute as pc

        unlike = pc.not_equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)
    return unlike


def _journeys(
    rows: pa.RecordBatch, begins: npt.NDArray[np.int64], *, converted: bool
) -> tuple[pa.RecordBatch, pa.Array]:
    """Return the journeys that begin in these rows, each up to where the next begins, and those without an order."""
    import numpy as np
    import pyarrow as pa

    ages, states = (rows[name].to_numpy() for name in ("age", "state"))
    first, after = begins[:-1], begins[1:]
    lag = ages[first] if converted else ages[first] - ages[after - 1]
    own = [
        rows["journey"].take(pa.array(first)),
        pa.ListArray.from_arrays(pa.array(begins, pa.int32()), pa.array(states[: begins[-1]])),
        pa.array(lag, pa.int64()),
        rows["times"].take(pa.array(first)),
    ]
    alike = (ages[1:] == ages[:-1]) & (states[1:] != states[:-1])
    alike[after[after < len(ages)] - 1] = False  # neighbours of two journeys
    held = np.flatnonzero(alike[: max(int(begins[-1]) - 1, 0)]) + 1
    return pa.RecordBatch.from_arrays(own, ["journey", "path", "lag", "times"]), rows["journey"].take(pa.array(held))
