"""What the finish of a report asks of touchpoints, to be carried in a partial: then it needs none of their files.

Values of single columns with how many rows have each: of ``campaign_id``, of columns that filters compare with text,
and of ``contact_id`` where ids may have to be compared with those of conversions.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.join_checks import DOUBTFUL, SAMPLE, WHOLE
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.sources.catalogue import ROW
from attrib_cli.engine.sql.cte import conjunction
from attrib_cli.engine.sql.cube import counted_cells
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.shards import owned

if TYPE_CHECKING:
    import duckdb

ASKED = "touchpoint_values"
"""The table of a partial: of_column, value, sampled | rows."""

_NEARLY_DOUBTFUL = DOUBTFUL * Decimal("0.8")
"""Shards are not alike: the whole may have this much more without interactions than one of them."""


def stage_asked(con: duckdb.DuckDBPyConnection, request: Request) -> tuple[str, ...]:
    """Stage `ASKED` for the rows that the shard of `request` counts; return the columns that it is of.

    Reads what was gathered: where hardly a conversion is without interactions, nobody will ask for contacts.
    """
    table = request.tables["touchpoints"]
    rows = table.rows
    if rows is None:
        rows = int(con.execute(f"SELECT count(*) FROM {table.relation} AS s").fetchall()[0][0])
    columns = {"campaign_id", *_filtered(request)} & table.columns.keys()
    if rows <= WHOLE or _part_unattributed(con, request) >= _NEARLY_DOUBTFUL:
        columns.add("contact_id")
    step = 1 if rows <= WHOLE else rows // SAMPLE
    where = conjunction(owned(request, "s.contact_id"))
    selects = [
        f"SELECT {literal(name)} AS of_column, CAST(s.{identifier(name)} AS VARCHAR) AS value,"
        f" {f's.{ROW} % {step} = 0' if name == 'contact_id' else 'true'} AS sampled, count(*) AS rows"
        f" FROM {table.relation} AS s WHERE {where} GROUP BY ALL"
        for name in sorted(columns)
    ]
    con.execute(f"CREATE OR REPLACE TEMP TABLE {ASKED} AS\n" + "\nUNION ALL ".join(selects))
    return tuple(sorted(columns))


def _filtered(request: Request) -> set[str]:
    """Return the columns of touchpoints whose values filters have to be among."""
    bounds = (*request.credit_filters, *request.conversion_filters, *request.eligible, *request.preferred)
    return {name for _, field in bounds for name in _columns(field)}


def _columns(field: Field) -> tuple[str, ...]:
    if field.level == "journey":
        return ("channel",)
    return (field.column,) if field.kind in ("text", "id") and field.level == "interaction" else ()


def _part_unattributed(con: duckdb.DuckDBPyConnection, request: Request) -> Decimal:
    """Return the part of the conversions gathered that has no interactions; all of it where none were gathered."""
    if request.spec.transitions:
        return Decimal(1)
    found = dict(con.execute(counted_cells()).fetchall())
    without, with_ = int(found.get("unattributed", 0)), int(found.get("credit", 0))
    return Decimal(without) / (without + with_) if without + with_ else Decimal(1)
