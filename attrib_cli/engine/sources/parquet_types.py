"""What the values of a Parquet column become: one expression for each pair of what it holds and its type."""

from __future__ import annotations

from dataclasses import dataclass

from attrib_cli.engine.quoting import literal
from attrib_cli.engine.sources.catalogue import Kind
from attrib_cli.engine.sources.parse import FALSE, NUMBER, TRUE, epoch_to_utc, local_to_utc, utc_to_local

TEXTS = frozenset({"VARCHAR", "BLOB"})
_SMALL = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_LARGE = frozenset({"UBIGINT", "HUGEINT", "UHUGEINT"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_LOCAL = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_ZONED = frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS WITH TIME ZONE"})
_BIGGEST = "1e31"
_BIGGEST_ID = "9.2e18"


def _numeric(kind: str) -> bool:
    return kind in _SMALL or kind in _LARGE or kind in _FLOATS or kind.startswith("DECIMAL")


def known_type(kind: Kind, type_: str) -> str | None:
    """Return the type that a known column of a kind has once read from a Parquet type; None where it cannot be."""
    text = type_ in TEXTS or type_ == '"NULL"'
    if kind == "id":
        return "BIGINT" if _numeric(type_) else "VARCHAR"
    if kind in ("timestamp", "date"):
        fits = text or type_ in _LOCAL or type_ in _ZONED or type_ == "DATE" or _numeric(type_)
        return {"timestamp": "TIMESTAMP", "date": "DATE"}[kind] if fits else None
    if kind == "decimal":
        return NUMBER if text or _numeric(type_) else None
    if kind == "boolean":
        return "BOOLEAN" if text or _numeric(type_) or type_ == "BOOLEAN" else None
    return "VARCHAR"


def own_type(type_: str) -> tuple[Kind, str]:
    """Return kind and type of a column that the program does not know: its own where it is a plain one, else text."""
    if _numeric(type_):
        return "number", type_
    if type_ in _LOCAL or type_ in _ZONED:
        return "timestamp", "TIMESTAMP"
    if type_ == "DATE":
        return "date", "DATE"
    if type_ == "BOOLEAN":
        return "boolean", "BOOLEAN"
    return "text", "VARCHAR"


def present(raw: str, type_: str, *, filled: bool = False) -> str:
    """Return SQL for text that is NULL where it is empty; `filled` says that it never is."""
    text = f"decode({raw})" if type_ == "BLOB" else raw
    return text if filled else f"nullif({text}, '')"


@dataclass(frozen=True, kw_only=True)
class Value:
    """A column of a file (`raw`, quoted, of Parquet type `type`) and what it is to become (`kind`, `result`)."""

    raw: str
    type: str
    kind: Kind
    result: str
    zone: str
    filled: bool = False

    def unreadable(self) -> str | None:
        """Return the SQL condition of values that cannot be read, or None where the type rules them out.

        NaN is asked for by name: the statistics of a file do not know it, and DuckDB 2.0 folds comparisons with them.
        """
        if self.kind == "id" and (self.type in _LARGE or self.type in _FLOATS or self.type.startswith("DECIMAL")):
            finite = f"isnan({self.raw}) OR " if self.type in _FLOATS else ""
            return f"{finite}NOT (abs({self.raw}) < {_BIGGEST_ID} AND trunc({self.raw}) = {self.raw})"
        if self.kind == "decimal" and self.type in _FLOATS:
            return f"isnan({self.raw}) OR NOT (abs({self.raw}) < {_BIGGEST})"
        if self.kind == "decimal" and (self.type in _LARGE or self.type.startswith("DECIMAL")):
            return f"{self.raw} IS NOT NULL AND TRY_CAST({self.raw} AS {NUMBER}) IS NULL"
        if self.kind == "boolean" and _numeric(self.type):
            return f"{self.raw} NOT IN (0, 1)"
        if self.kind in ("timestamp", "date") and _numeric(self.type):
            return f"{self.raw} IS NOT NULL AND ({self._epoch()}) IS NULL"
        return None

    def _epoch(self) -> str:
        number = self.raw if self.type in _SMALL else f"TRY_CAST({self.raw} AS BIGINT)"
        return epoch_to_utc(f"CAST({number} AS BIGINT)")


def value_of(value: Value) -> str:
    """Return SQL of type `value.result` for one column of a file."""
    raw, type_ = value.raw, value.type
    if value.kind == "timestamp":
        return _timestamp(value)
    if value.kind == "date":
        return _date(value)
    if value.kind == "boolean":
        return _boolean(value)
    if value.result == "VARCHAR":
        return present(raw, type_, filled=value.filled) if type_ in TEXTS else f"CAST({raw} AS VARCHAR)"
    return raw if type_ == value.result else f"CAST({raw} AS {value.result})"


def _timestamp(value: Value) -> str:
    raw, type_ = value.raw, value.type
    if type_ in _ZONED:
        return f"make_timestamp(epoch_us({raw}))"
    if _numeric(type_):
        return value._epoch()
    if type_ in _LOCAL or type_ == "DATE":
        return local_to_utc(raw if type_ == "TIMESTAMP" else f"CAST({raw} AS TIMESTAMP)", value.zone)
    return "CAST(NULL AS TIMESTAMP)"


def _date(value: Value) -> str:
    raw, type_ = value.raw, value.type
    if type_ == "DATE":
        return raw
    if type_ in _ZONED:
        return f"CAST({utc_to_local(f'make_timestamp(epoch_us({raw}))', value.zone)} AS DATE)"
    if _numeric(type_):
        return f"CAST({utc_to_local(f'({value._epoch()})', value.zone)} AS DATE)"
    return f"CAST({raw} AS DATE)"


def _boolean(value: Value) -> str:
    if value.type in TEXTS:
        words = {True: TRUE, False: FALSE}
        true, false = (", ".join(literal(word) for word in words[truth]) for truth in (True, False))
        text = f"lower(trim({present(value.raw, value.type)}))"
        return f"CASE WHEN {text} IN ({true}) THEN TRUE WHEN {text} IN ({false}) THEN FALSE END"
    return value.raw if value.type == "BOOLEAN" else f"CAST({value.raw} AS BOOLEAN)"
