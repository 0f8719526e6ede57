"""Requests and settings as plain data that JSON has, and back: by the types of their fields, nothing by name."""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Plain: TypeAlias = "str | int | bool | Sequence[Plain] | Mapping[str, Plain] | None"
_Kind = TypeVar("_Kind")


class NotPlainError(ValueError):
    """Plain data that are none of the type wanted."""


def to_plain(value: object) -> Plain:
    """Return a frozen dataclass, or what stands in its fields, as plain data; raises TypeError for anything else."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dt.timedelta):
        return value // dt.timedelta(microseconds=1)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_plain(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [to_plain(one) for one in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def from_plain(kind: type[_Kind], value: Plain) -> _Kind:
    """Return what `to_plain` made `value` of; raises NotPlainError where it cannot have been a `kind`.

    Fields that `value` does not have keep their defaults, so that data of an earlier version can be read.
    """
    return cast(_Kind, _read(kind, value))


def _read(kind: object, value: Plain) -> object:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _read(next(one for one in arguments if one is not type(None)), value)
    if origin is Literal:
        if value in arguments:
            return value
    elif origin is tuple and isinstance(value, list):
        return tuple(_read(arguments[0], one) for one in value)
    elif origin in (Mapping, dict) and isinstance(value, Mapping):
        return {key: _read(arguments[1], one) for key, one in value.items()}
    elif isinstance(kind, type) and is_dataclass(kind) and isinstance(value, Mapping):
        hints = get_type_hints(kind)
        known = {field.name for field in fields(kind)}
        if set(value) <= known:
            return kind(**{name: _read(hints[name], one) for name, one in value.items()})
    elif kind in (str, int, bool) and type(value) is kind:
        return value
    else:
        found = _scalar(kind, value)
        if found is not None:
            return found
    raise NotPlainError(f"{value!r} is no {kind}")


def _scalar(kind: object, value: Plain) -> Decimal | dt.date | dt.timedelta | None:
    try:
        if kind is Decimal and isinstance(value, str):
            return Decimal(value)
        if kind is dt.date and isinstance(value, str):
            return dt.date.fromisoformat(value)
        if kind is dt.timedelta and isinstance(value, int):
            return dt.timedelta(microseconds=value)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise NotPlainError(str(error)) from error
    return None
