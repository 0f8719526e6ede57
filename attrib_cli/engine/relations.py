"""Tables that travel: what stands behind FROM, or an Arrow table, as one type that a session can stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb
    import pyarrow as pa

Relation = Union[str, "pa.Table"]
"""Rows by name: SQL that goes behind FROM (a staged table, ``read_parquet('...')``), or an Arrow table."""

_LENT = "lent_{}"


def as_sql(con: duckdb.DuckDBPyConnection, name: str, relation: Relation) -> str:
    """Return what stands behind FROM for `relation`; an Arrow table is lent to the connection under a `name`."""
    if isinstance(relation, str):
        return relation
    lent = _LENT.format(name)
    con.register(lent, relation)
    return lent


def types_of(con: duckdb.DuckDBPyConnection, source: str, values: Mapping[str, object] | None = None) -> dict[str, str]:
    """Return the columns of what stands behind FROM, with their DuckDB types; `values` are bound in it."""
    rows = con.execute(f"DESCRIBE SELECT * FROM {source}", values or {}).fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def portable(con: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return the SELECT of `source` with types that Arrow and Parquet have: HUGEINT travels as DECIMAL(38, 0)."""
    wide = [name for name, type_ in types_of(con, source).items() if type_ == "HUGEINT"]
    cast = ", ".join(f'CAST("{name}" AS DECIMAL(38, 0)) AS "{name}"' for name in wide)
    return f"SELECT * {f'REPLACE ({cast}) ' if wide else ''}FROM {source}"
