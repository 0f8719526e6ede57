"""Filters as SQL: ``COLUMN OP VALUE`` on a column of known kind.

Text compares without case, an empty value and ``(no …)`` mean null, ``!=`` and ``!~`` keep rows that have no value.
Columns of dates compare by their day in the configured time zone.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.row_names import unquoted
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.sql.cte import Binder

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TRUE = {"true", "yes", "1", "t", "y", "won"}
_FALSE = {"false", "no", "0", "f", "n", "lost"}


def local_time(expression: str, timezone: str, binder: Binder) -> str:
    """Return the local timestamp of a UTC instant; the instant itself where the zone is UTC."""
    if timezone == "UTC":
        return expression
    return f"timezone({binder.bind(timezone)}, timezone('UTC', {expression}))"


def _number(value: str) -> Decimal | None:
    if not _NUMBER.fullmatch(value.strip()):
        return None
    try:
        return Decimal(value.strip())
    except InvalidOperation:
        return None


def _day(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value.strip())
    except ValueError:
        return None


def _typed(filter_: Filter, field: Field, value: str) -> Decimal | dt.date | bool:
    """Return `value` as the kind of the column has it; raises UsageError where it is none."""
    typed: Decimal | dt.date | bool | None = None
    wanted = "a number"
    if field.kind in ("decimal", "number"):
        typed = _number(value)
    elif field.kind in ("timestamp", "date"):
        wanted, typed = "a day such as 2026-03-05", _day(value)
    elif field.kind == "boolean":
        wanted = "true or false"
        folded = value.strip().casefold()
        typed = True if folded in _TRUE else False if folded in _FALSE else None
    if typed is None:
        raise UsageError(
            f"'{filter_}' compares {field.name} with '{value}', which is not {wanted}",
            hint=f"{field.name} holds {'days' if field.kind in ('timestamp', 'date') else field.kind + 's'}.",
        )
    return typed


def predicate(filter_: Filter, field: Field, expression: str, timezone: str, binder: Binder) -> str:
    """Return the condition of `filter_` on `expression`, never null: true or false for every row.

    `expression` is the column as the relation has it: DECIMAL, TIMESTAMP in UTC, BOOLEAN, BIGINT or VARCHAR.
    """
    negated = filter_.op in ("!=", "!~")
    op = filter_.op.removeprefix("!") if negated else filter_.op
    empty = [value for value in filter_.values if value == "" or value.casefold() == field.missing_label.casefold()]
    values = [value for value in filter_.values if value not in empty]
    if field.quoted:
        values = [unquoted(value, field.name) for value in values]
    if empty and op not in ("=",):
        raise UsageError(f"'{filter_}' compares with nothing", hint="Give a value after the sign.")
    conditions = [f"{expression} IS NULL"] if empty else []
    conditions += [_comparison(filter_, field, expression, op, value, timezone, binder) for value in values]
    either = " OR ".join(f"coalesce({condition}, false)" for condition in conditions)
    return f"NOT ({either})" if negated else f"({either})"


def _comparison(
    filter_: Filter, field: Field, expression: str, op: str, value: str, timezone: str, binder: Binder
) -> str:
    if op == "~":
        return f"contains(lower(CAST({expression} AS VARCHAR)), lower({binder.bind(value)}))"
    if field.kind in ("decimal", "number", "timestamp", "date", "boolean"):
        typed = _typed(filter_, field, value)
        if isinstance(typed, bool) and op != "=":
            raise UsageError(f"'{filter_}': {field.name} is true or false", hint=f"Use {field.name}=true or =false.")
        if field.kind == "timestamp":
            expression = f"CAST({local_time(expression, timezone, binder)} AS DATE)"
        return f"{expression} {op} {binder.bind(typed)}"
    if op == "=":
        return f"lower(CAST({expression} AS VARCHAR)) = lower({binder.bind(value)})"
    number = _number(value)
    if number is not None:
        return f"TRY_CAST({expression} AS DOUBLE) {op} {binder.bind(number)}"
    return f"lower(CAST({expression} AS VARCHAR)) {op} lower({binder.bind(value)})"
