"""Parquet files that a query reads as one table, of which some lack columns that others have, or have other types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import identifier, paths_literal
from attrib_cli.engine.sources.parquet_check import read_parquet
from attrib_cli.engine.sources.uneven import columns_missing

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_SHOWN = 3
_EXACT = 2**53
"""From here on floating point no longer tells every whole number from the next."""


def united(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[str], labels: Sequence[str]
) -> tuple[str, tuple[Note, ...]]:
    """Return the SQL that reads files as one table, and notes of what they differ in; columns go by their names.

    A column that a file lacks is empty there, whole numbers and decimals are read as the wider of their types. Raises
    SourceError, with both files, for types that have nothing in common, such as text and a number.
    """
    schemas = [_schema(path) for path in paths]
    if all(schema == schemas[0] for schema in schemas):
        return read_parquet(paths), ()
    common = _common(schemas, labels)
    notes = [*_lacking(schemas, labels, common), *_widened(connection, schemas, paths, labels, common)]
    return f"read_parquet({paths_literal(paths)}, union_by_name = true, hive_partitioning = false)", tuple(notes)


def agree(paths: Sequence[str]) -> bool:
    """Whether files can be read as one table."""
    try:
        _common([_schema(path) for path in paths], paths)
    except SourceError:
        return False
    return True


def _common(schemas: Sequence[Mapping[str, pa.Field]], labels: Sequence[str]) -> dict[str, tuple[pa.Field, str]]:
    """Return the column that can hold those of all files by name, with the first file that has it; else SourceError."""
    common: dict[str, tuple[pa.Field, str]] = {}
    for schema, label in zip(schemas, labels, strict=True):
        for name, field in schema.items():
            before, first = common.get(name, (field, label))
            common[name] = (_agreed(before, field, first, label), first)
    return common


def _schema(path: str) -> dict[str, pa.Field]:
    """Return the columns of a file by their names in lower case, dictionaries as what they hold."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields: dict[str, pa.Field] = {}
    for field in pq.read_schema(path):
        type_ = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        fields[field.name.casefold()] = pa.field(field.name.casefold(), type_)
    return fields


def _agreed(one: pa.Field, other: pa.Field, first: str, label: str) -> pa.Field:
    import pyarrow as pa

    if one.equals(other):
        return one
    try:
        return pa.unify_schemas([pa.schema([one]), pa.schema([other])], promote_options="permissive").field(0)
    except pa.ArrowException:
        raise SourceError(
            f"column '{other.name}' is {other.type}, and {one.type} in {first}: they cannot be read as one column",
            place=label,
            hint="Export the files alike, or make a source of each (`union`).",
        ) from None


def _lacking(
    schemas: Sequence[Mapping[str, pa.Field]], labels: Sequence[str], common: Mapping[str, tuple[pa.Field, str]]
) -> list[Note]:
    lacks = [
        (label, [name for name in common if name not in schema]) for schema, label in zip(schemas, labels, strict=True)
    ]
    return [columns_missing("", lacks)] if any(names for _, names in lacks) else []


def _widened(
    connection: duckdb.DuckDBPyConnection,
    schemas: Sequence[Mapping[str, pa.Field]],
    paths: Sequence[str],
    labels: Sequence[str],
    common: Mapping[str, tuple[pa.Field, str]],
) -> list[Note]:
    import pyarrow as pa

    found: list[str] = []
    for name, (field, _) in common.items():
        if pa.types.is_floating(field.type):
            for schema, path, label in zip(schemas, paths, labels, strict=True):
                if name in schema and pa.types.is_integer(schema[name].type):
                    _check_exact(connection, name, path, label)
        different = {str(schema[name].type) for schema in schemas if name in schema}
        if len(different) > 1 and not pa.types.is_nested(field.type):
            found.append(f"'{name}' ({' and '.join(sorted(different))})")
    if not found:
        return []
    listed = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
    differ = "the type of a column differs" if len(found) == 1 else f"the types of {len(found):,} columns differ"
    text = f"{differ} between Parquet files, and the widest is read: {listed}"
    return [Note(code="types-differ", text=text, level="note", counts=(("columns", len(found)),))]


def _check_exact(connection: duckdb.DuckDBPyConnection, name: str, path: str, label: str) -> None:
    """Raise SourceError where whole numbers of a file are too large for the floating point that other files have."""
    query = f"SELECT 1 FROM {read_parquet([path])} WHERE abs(CAST({identifier(name)} AS HUGEINT)) > {_EXACT} LIMIT 1"
    if connection.execute(query).fetchall():
        raise SourceError(
            f"column '{name}' has whole numbers that the floating point of other files cannot hold",
            place=label,
            hint="Export the column as whole numbers, or as text, in all files.",
        )
