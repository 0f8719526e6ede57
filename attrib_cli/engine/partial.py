"""Partials: what one part of the journeys contributes to a report, as tables of keys and whole-number sums.

Rows with the same keys add up over shards, to exactly what one run over all journeys has. Every whole number is exact;
nothing is rounded before `finish`. A partial can be written to a folder of Parquet files, or be taken as Arrow tables.

The rounds and their tables, keys before the bar and sums behind it (``..._value`` and ``..._label`` are the dimensions
of the request, as they stand in the data and as rows show them):

``values``, for data-driven models
    - ``value_counts``: columns that make a state | interactions
``paths``, for data-driven models, once the states are known
    - ``steps`` (Markov): period, code (packed states), last | n, converted, worth
    - ``coalitions`` (Shapley): period, states (list) | n, converted, worth
    - ``journey_counts``: period | n, converted, worth
    - ``state_journeys``: period, state | n: exact where few journeys hold the state, else so many at least
    - ``replicates_...`` (of shards, for intervals): what a model counts in journeys drawn again, a batch of replicates
      each; see `data_driven.replicates`
``credit``, once what states weigh is known
    - ``cube``: cell, period, ..._value, campaign_key, state, shown, positions_held, pattern, length |
      interactions, amount, <kernel>_conversions, <kernel>_amount, ...: see `sql.cube.cube`
    - ``sampled`` (intervals of rules): period, ..._label, shown, model_number, sample_group | conversions, amount
    - ``touched``: period, ..._label, model_number | conversions, amount: a conversion is in one shard
    - ``performed``: period, ..._label | the measures of campaign performance: contacts and deals are in one shard
    - ``touchpoint_values`` (in files, of the last round): of_column, value, sampled | rows: see `touchpoint_values`
every round
    - ``counts``: kind, name | n: what was left out, could not be used, and how many rows were staged
    - ``moments``: (one row) first and last conversion of the period reported, as UTC instants: least and greatest

Amounts and `worth` are whole millionths of the currency unit, `<kernel>_...` and what is ``sampled`` whole 10^-12
parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import literal, path_literal
from attrib_cli.engine.relations import Relation, as_sql, portable, types_of
from attrib_cli.engine.spec import DateRange
from attrib_cli.engine.sql.cte import Binder
from attrib_cli.engine.sql.plan import Round
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    import duckdb

VERSION = 2
"""Of the tables: partials of another one are refused."""

_ABOUT = "partial.json"


@frozen
class Shape:
    """How rows of several partials become one: what is summed, and of what the least or greatest is taken.

    A partial of all journeys in one place has no tables `of_shards`.
    """

    sums: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    greatest: tuple[str, ...] = ()
    of_shards: bool = False


@frozen
class Partial:
    """What one part of the journeys contributes in a `round` to the request that `digest` tells from all others.

    `tables` are those of the module's description. Where they are names of staged tables, they stand in the session
    that gathered them until it gathers again; `to_arrow` and `write` take them along.
    """

    round: Round
    digest: str
    tables: Mapping[str, Relation] = field(default_factory=dict)

    def to_arrow(self, con: duckdb.DuckDBPyConnection) -> Partial:
        """Return the partial with Arrow tables, which any session can finish."""
        tables: dict[str, Relation] = {}
        for name, relation in self.tables.items():
            source = as_sql(con, name, relation)
            tables[name] = con.sql(portable(con, source)).to_arrow_table()
        return replace(self, tables=tables)

    def write(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Write the partial into `folder`, which must exist: ``<table>.parquet``, and ``partial.json`` last."""
        import json

        for name, relation in self.tables.items():
            source = portable(con, as_sql(con, name, relation))
            con.execute(f"COPY ({source}) TO {literal(str(folder / f'{name}.parquet'))} (FORMAT parquet)")
        about = {"version": VERSION, "round": self.round, "digest": self.digest, "tables": sorted(self.tables)}
        (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")


def read_partial(folder: Path) -> Partial:
    """Return the partial in `folder`, whose Parquet files are read when it is finished.

    Raises SourceError where there is none, or one of another version.
    """
    import json

    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        version, round_, digest, names = (about[key] for key in ("version", "round", "digest", "tables"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            "there is no partial here", place=str(folder), hint="Write it again: it is complete once partial.json is."
        ) from error
    if version != VERSION or round_ not in get_args(Round):
        raise SourceError(
            "the partial is of another version", place=str(folder), hint="Write it again with this version of attrib."
        )
    tables = {name: f"read_parquet({path_literal(str(folder / f'{name}.parquet'))})" for name in names}
    return Partial(round=round_, digest=digest, tables=tables)


def digest(request: Request) -> str:
    """Return what tells a request from every other that leads to other partials: a digest of `identity`."""
    return hashlib.sha256(identity(request).encode()).hexdigest()


def identity(request: Request) -> str:
    """Return the text that tells a request from others, the same in every process.

    Where the tables lie, and how rows are sorted and limited, makes no difference; nor do the dates of a request that
    compares nothing, since partials of several days add up to those of all of them.
    """
    columns = {name: sorted((c.name, c.type) for c in table.columns.values()) for name, table in request.tables.items()}
    plain = replace(
        request,
        tables={},
        binder=Binder(),
        sort=(),
        limit=None,
        periods=request.periods if request.compared else (),
        spec=replace(request.spec, sort=(), limit=None, dates=request.spec.dates if request.compared else DateRange()),
        order_key="full",
        shard=None,
        notes=(),
        known_states="",
        estimates=(),
        estimation_notes=(),
        drawn=(),
    )
    return repr((plain, sorted(columns.items())))


def shapes(request: Request, round_: Round) -> dict[str, Shape]:
    """Return the tables of the partials of a round, each with what adds up; all other columns are keys."""
    found = {"counts": Shape(sums=("n",)), "moments": Shape(least=("first",), greatest=("last",))}
    journeys = Shape(sums=("n", "converted", "worth"))
    if round_ == "values":
        found["value_counts"] = Shape(sums=("interactions",))
    if round_ == "paths":
        if request.needs_steps:
            found["steps"] = replace(journeys, greatest=("twice",))
        if "coalitions" in request.counted:
            found["coalitions"] = journeys
        found |= {"journey_counts": journeys, "state_journeys": Shape(sums=("n",))}
        if request.states_drawn:
            from attrib_cli.engine.data_driven.replicates import SUMS, replicate_tables

            found |= dict.fromkeys(replicate_tables(request), Shape(sums=SUMS, of_shards=True))
    if round_ == "credit":
        earned = (name for n, _ in enumerate(request.kernels) for name in request.earned_columns(n))
        found["cube"] = Shape(sums=("interactions", "amount", *earned))
        if request.groups_drawn:
            found["sampled"] = Shape(sums=("conversions", "amount"))
        if request.counts_touched:
            found["touched"] = Shape(sums=("conversions", "amount"))
        if request.performed:
            found["performed"] = Shape(sums=request.performed)
    return found


def combine(con: duckdb.DuckDBPyConnection, request: Request, round_: Round, partials: Sequence[Partial]) -> None:
    """Stage the tables of a round, added up over `partials`, under their own names.

    Raises UsageError where there is none, or one of another request or round.
    """
    if not partials:
        raise UsageError("there are no partials to put together", hint="Gather at least one.")
    wanted = digest(request)
    if any(partial.digest != wanted for partial in partials):
        raise UsageError(
            "the partials are not of this report", hint="Gather them all with the options that they are finished with."
        )
    if any(partial.round != round_ for partial in partials):
        raise UsageError(f"the partials are not of the round '{round_}'", hint="Each round is finished on its own.")
    for name, shape in shapes(request, round_).items():
        if shape.of_shards and not any(name in partial.tables for partial in partials):
            continue
        if [partial.tables[name] for partial in partials] == [name]:
            continue  # all of it, and staged here already
        sources = [as_sql(con, f"{name}_{i}", partial.tables[name]) for i, partial in enumerate(partials)]
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS\n{_added(con, sources, shape)}")


def _added(con: duckdb.DuckDBPyConnection, sources: Sequence[str], shape: Shape) -> str:
    """The SELECT of the rows of all `sources`, those with the same keys as one."""
    columns = types_of(con, sources[0])
    how = dict.fromkeys(shape.sums, "sum") | dict.fromkeys(shape.least, "min") | dict.fromkeys(shape.greatest, "max")
    keys = [f'"{name}"' for name in columns if name not in how]
    selected = [
        f'CAST({how[name]}("{name}") AS {_whole(type_)}) AS "{name}"' if name in how else f'"{name}"'
        for name, type_ in columns.items()
    ]
    union = "\n  UNION ALL BY NAME\n  ".join(f"SELECT * FROM {source}" for source in sources)
    groups = f"\nGROUP BY {', '.join(keys)}" if keys else ""
    return f"SELECT {', '.join(selected)}\nFROM (\n  {union}\n) AS p{groups}"


def _whole(type_: str) -> str:
    return "HUGEINT" if type_ == "DECIMAL(38,0)" else type_
