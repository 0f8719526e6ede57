"""What the values of a Parquet column become: one expression for each pair of what it holds and its type."""

from __future__ import annotations

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.source_spec import EXCEL, SPREADSHEETS
from attrib_cli.engine.sources.catalogue import Kind
from attrib_cli.engine.sources.parse import (
    FALSE,
    NUMBER,
    TRUE,
    epoch_to_utc,
    fractional_epoch_to_utc,
    local_to_utc,
    serial_to_local,
    trimmed_id,
    utc_to_local,
)

TEXTS = frozenset({"VARCHAR", "BLOB"})
WIDE = " (over 38 digits)"
"""Ends the type of a decimal of so many digits, which DuckDB reads as a DOUBLE that loses some."""

_SMALL = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_LARGE = frozenset({"UBIGINT", "HUGEINT", "UHUGEINT"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_LOCAL = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_ZONED = frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS WITH TIME ZONE", "TIMESTAMPTZ_NS"})
_AS_TEXT = frozenset({"TIME", "TIME_NS", "TIME WITH TIME ZONE", "INTERVAL", "UUID", "JSON", '"NULL"'})
_BIGGEST = "1e31"
BIGGEST_ID = 9_200_000_000_000_000_000
_FIRST_DAY, _AFTER_LAST_DAY = "TIMESTAMP '1900-01-01'", "TIMESTAMP '2201-01-01'"
_EXACT = {"FLOAT": 2**24, "DOUBLE": 2**53}
"""From here on a floating-point type no longer tells every whole number from the next."""


def _decimal(type_: str) -> bool:
    return type_.startswith("DECIMAL") and not type_.endswith(WIDE)


def _numeric(type_: str) -> bool:
    return type_ in _SMALL or type_ in _LARGE or type_ in _FLOATS or _decimal(type_)


def _dated(type_: str) -> bool:
    return type_ in _LOCAL or type_ in _ZONED or type_ == "DATE"


def may_be_wide(type_: str) -> bool:
    """Tell whether a type holds whole numbers that may not fit into 64 bits with a sign."""
    return type_ in _LARGE or (_decimal(type_) and type_.endswith(",0)"))


def known_type(kind: Kind, type_: str, *, wide: bool = False) -> str | None:
    """Return the type that a known column of a kind has once read from a Parquet type; None where it cannot be.

    `wide` says of ids that some do not fit into 64 bits: those are kept as text.
    """
    text = type_ in TEXTS or type_ == '"NULL"'
    plain = text or type_ in _AS_TEXT or _numeric(type_) or _dated(type_)
    if kind == "id":
        return "BIGINT" if _numeric(type_) and not wide else "VARCHAR" if plain else None
    if kind in ("timestamp", "date"):
        return {"timestamp": "TIMESTAMP", "date": "DATE"}[kind] if text or _dated(type_) or _numeric(type_) else None
    if kind == "decimal":
        return NUMBER if text or _numeric(type_) else None
    if kind == "boolean":
        return "BOOLEAN" if text or _numeric(type_) or type_ == "BOOLEAN" else None
    return "VARCHAR" if plain or type_ == "BOOLEAN" else None


def own_type(type_: str) -> tuple[Kind, str]:
    """Return kind and type of a column that the program does not know: its own where it is a plain one, else text.

    Lists, records and decimals that cannot be read exactly are `other`, which nothing can be cut by.
    """
    if _numeric(type_):
        return "number", type_
    if type_ in _LOCAL or type_ in _ZONED:
        return "timestamp", "TIMESTAMP"
    if type_ == "DATE":
        return "date", "DATE"
    if type_ == "BOOLEAN":
        return "boolean", "BOOLEAN"
    return "text" if type_ in TEXTS or type_ in _AS_TEXT else "other", "VARCHAR"


def present(raw: str, type_: str, *, filled: bool = False) -> str:
    """Return SQL for text that is NULL where it is empty; `filled` says that it never is."""
    text = f"decode({raw})" if type_ == "BLOB" else raw
    return text if filled else f"nullif({text}, '')"


@frozen
class Value:
    """A column of a file (`raw`, quoted, of Parquet type `type`) and what it is to become (`kind`, `result`).

    Numbers are days where `date_format` is that of spreadsheets, else seconds since 1970 or thousandths of them.
    """

    raw: str
    type: str
    kind: Kind
    result: str
    zone: str
    filled: bool = False
    date_format: str | None = None

    def unreadable(self) -> str | None:
        """Return the SQL condition of values that cannot be read, or None where the type rules them out.

        NaN is asked for by name: the statistics of a file do not know it, and DuckDB 2.0 folds comparisons with them.
        """
        if self.kind == "id" and self.type in _FLOATS:
            return (
                f"isnan({self.raw}) OR NOT (abs({self.raw}) < {_EXACT[self.type]} AND trunc({self.raw}) = {self.raw})"
            )
        if self.kind == "id" and _decimal(self.type) and not may_be_wide(self.type):
            return f"NOT (abs({self.raw}) < {BIGGEST_ID} AND trunc({self.raw}) = {self.raw})"
        if self.kind in ("timestamp", "date") and _dated(self.type):
            return f"{self.raw} < {_FIRST_DAY} OR {self.raw} >= {_AFTER_LAST_DAY}"
        if self.kind in ("id", "text") and self.type == "BLOB":
            return f"{self.raw} IS NOT NULL AND TRY(decode({self.raw})) IS NULL"
        if self.kind == "decimal" and self.type in _FLOATS:
            return f"isnan({self.raw}) OR NOT (abs({self.raw}) < {_BIGGEST})"
        if self.kind == "decimal" and (self.type in _LARGE or _decimal(self.type)):
            return f"{self.raw} IS NOT NULL AND TRY_CAST({self.raw} AS {NUMBER}) IS NULL"
        if self.kind == "boolean" and _numeric(self.type):
            return f"{self.raw} NOT IN (0, 1)"
        if self.kind in ("timestamp", "date") and _numeric(self.type):
            return f"{self.raw} IS NOT NULL AND ({self._instant_of_number()}) IS NULL"
        return None

    @property
    def told_by_statistics(self) -> bool:
        """Whether a file's statistics may rule out what is unreadable: moments are in the years that are read."""
        return self.kind in ("timestamp", "date") and _dated(self.type)

    def _local_of_serial(self) -> str:
        first = SPREADSHEETS[self.date_format or EXCEL]
        return serial_to_local(f"TRY_CAST({self.raw} AS DOUBLE)", first)

    def _instant_of_number(self) -> str:
        if self.date_format in SPREADSHEETS:
            return local_to_utc(f"({self._local_of_serial()})", self.zone)
        if self.type in _FLOATS or _decimal(self.type):
            return fractional_epoch_to_utc(f"CAST({self.raw} AS DOUBLE)")
        return epoch_to_utc(f"{'TRY_' if self.type in _LARGE else ''}CAST({self.raw} AS BIGINT)")


def value_of(value: Value) -> str:
    """Return SQL of type `value.result` for one column of a file."""
    raw, type_ = value.raw, value.type
    if value.kind == "timestamp":
        return _timestamp(value)
    if value.kind == "date":
        return _date(value)
    if value.kind == "boolean":
        return _boolean(value)
    if value.kind == "id" and type_ in TEXTS:
        return trimmed_id(present(raw, type_, filled=value.filled))
    if value.kind == "decimal" and type_ in _FLOATS:
        # The shortest number that is this one in floating point: 0.1 and 700000000001, as they were written.
        return f"CAST(CAST({raw} AS VARCHAR) AS {value.result})"
    if value.result == "VARCHAR":
        if value.kind == "id" and _numeric(type_) and not may_be_wide(type_):
            raw = f"CAST({raw} AS BIGINT)"
        return present(raw, type_, filled=value.filled) if type_ in TEXTS else f"CAST({raw} AS VARCHAR)"
    return raw if type_ == value.result else f"CAST({raw} AS {value.result})"


def _timestamp(value: Value) -> str:
    raw, type_ = value.raw, value.type
    if type_ in _ZONED:
        return _instant(raw, type_)
    if _numeric(type_):
        return value._instant_of_number()
    if type_ in _LOCAL or type_ == "DATE":
        return local_to_utc(raw if type_ == "TIMESTAMP" else f"CAST({raw} AS TIMESTAMP)", value.zone)
    return "CAST(NULL AS TIMESTAMP)"


def _instant(raw: str, type_: str) -> str:
    known = raw if type_ == "TIMESTAMP WITH TIME ZONE" else f"CAST({raw} AS TIMESTAMP WITH TIME ZONE)"
    return f"make_timestamp(epoch_us({known}))"


def _date(value: Value) -> str:
    raw, type_ = value.raw, value.type
    if type_ == "DATE":
        return raw
    if type_ in _ZONED:
        return f"CAST({utc_to_local(_instant(raw, type_), value.zone)} AS DATE)"
    if _numeric(type_):
        if value.date_format in SPREADSHEETS:
            return f"CAST({value._local_of_serial()} AS DATE)"
        return f"CAST({utc_to_local(f'({value._instant_of_number()})', value.zone)} AS DATE)"
    return f"CAST({raw} AS DATE)"


def _boolean(value: Value) -> str:
    if value.type in TEXTS:
        words = {True: TRUE, False: FALSE}
        true, false = (", ".join(literal(word) for word in words[truth]) for truth in (True, False))
        text = f"lower(trim({present(value.raw, value.type)}))"
        return f"CASE WHEN {text} IN ({true}) THEN TRUE WHEN {text} IN ({false}) THEN FALSE END"
    return value.raw if value.type == "BOOLEAN" else f"CAST({value.raw} AS BOOLEAN)"
