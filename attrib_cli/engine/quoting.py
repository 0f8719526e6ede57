"""The one place where a name or a value of the user's becomes SQL text.

Queries bind their values; literals are for SQL that must run as it stands in a shell (``--show-sql``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

Literal = str | int | Decimal | dt.date | dt.datetime | bool | None


def identifier(name: str) -> str:
    """Return `name` as a quoted SQL identifier, whatever characters it has.

    Raises ValueError for an empty name or one with a NUL character: no SQL dialect can write those.
    """
    if not name or "\0" in name:
        raise ValueError(f"not a name that SQL can write: {name!r}")
    return '"' + name.replace('"', '""') + '"'


def literal(value: Literal) -> str:
    """Return `value` as a SQL literal that means exactly this value.

    Negative numbers stand in parentheses, so that ``x -{literal(-1)}`` cannot turn into a comment. A datetime with
    an offset is written as the UTC instant it stands for, a naive one as it is. Raises ValueError for a decimal
    that is no number and for text with a NUL character.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | Decimal):
        return _number(value)
    if isinstance(value, dt.datetime):
        naive = value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
        return f"TIMESTAMP '{naive.isoformat(sep=' ')}'"
    if isinstance(value, dt.date):
        return f"DATE '{value.isoformat()}'"
    if "\0" in value:
        raise ValueError("text with a NUL character cannot be written in SQL")
    return "'" + value.replace("'", "''") + "'"


def path_literal(path: str) -> str:
    """Return the path of a file to be read as a SQL literal in which ``*``, ``?`` and ``[`` mean themselves."""
    return literal("".join(f"[{character}]" if character in "*?[" else character for character in path))


def paths_literal(paths: Iterable[str]) -> str:
    """Return paths of files to be read as a SQL list; see `path_literal`."""
    return f"[{', '.join(map(path_literal, paths))}]"


def _number(value: int | Decimal) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"not a number: {value}")
        text = format(value, "f")
    else:
        text = str(value)
    return f"({text})" if text.startswith("-") else text
