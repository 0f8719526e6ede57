"""Filters as they are typed: ``COLUMN OP VALUE``."""

from __future__ import annotations

import re
from typing import cast

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.source_spec import Filter, FilterOp

_FORM = re.compile(r"\s*(?P<column>[^=!~<>]*?)\s*(?P<op>!=|!~|<=|>=|==|=|~|<|>)(?P<value>.*)", re.DOTALL)
_UNESCAPED = re.compile(r"(?<!\\)\|")


def parse_filter(text: str) -> Filter:
    r"""Return the filter that `text` says: ``channel=email|social``, ``amount>=1000``, ``asset_title!~draft``.

    Alternatives are separated by ``|``; ``\|`` stands for the character itself, and ``==`` is
    ``=``. Raises UsageError.
    """
    match = _FORM.fullmatch(text)
    if match is None or not match["column"]:
        raise UsageError(
            f"'{text}' is not a filter",
            hint="Write COLUMN=VALUE; the signs are = != ~ !~ < <= > >=, and a|b means either.",
        )
    op = cast(FilterOp, "=" if match["op"] == "==" else match["op"])
    value = match["value"].strip()
    several = op in ("=", "!=", "~", "!~")
    values = _UNESCAPED.split(value) if several else [value]
    return Filter(column=match["column"], op=op, values=tuple(part.strip().replace("\\|", "|") for part in values))
