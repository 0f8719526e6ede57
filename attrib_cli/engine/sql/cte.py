"""The SQL of a report as named parts with bound values, printable as one statement."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import literal

Value = str | int | Decimal | dt.date | dt.datetime | bool | None
_PARAMETER = re.compile(r"\$(attrib_\d+)\b")


@dataclass
class Binder:
    """Collects the values of a query; `bind` hands out the placeholder that stands for one."""

    values: dict[str, Value] = field(default_factory=dict)

    def bind(self, value: Value) -> str:
        """Return the placeholder of `value`; equal values of one type share theirs."""
        for name, known in self.values.items():
            if type(known) is type(value) and known == value:
                return f"${name}"
        name = f"attrib_{len(self.values) + 1}"
        self.values[name] = value
        return f"${name}"


@frozen
class Cte:
    """A common table expression: its name, its SELECT, and a line that says its grain.

    A `materialized` part is read several times and computed once.
    """

    name: str
    sql: str
    grain: str
    materialized: bool = False


def used_values(sql: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values whose placeholders stand in `sql`: DuckDB refuses a statement given others."""
    return {name: values[name] for name in _PARAMETER.findall(sql)}


def with_literals(sql: str, values: Mapping[str, Value]) -> str:
    """Return `sql` with every placeholder replaced by its value, so that it runs in a DuckDB shell as it stands."""
    return _PARAMETER.sub(lambda match: literal(values[match.group(1)]), sql)


def with_clause(parts: Iterable[Cte]) -> str:
    """Return ``WITH a AS (...), b AS (...)``, each part under a comment with its grain; empty without parts."""
    blocks = [
        f"-- {part.grain}\n{part.name} AS {'MATERIALIZED' if part.materialized else 'NOT MATERIALIZED'} (\n"
        f"{textwrap.indent(part.sql.strip(), '  ')}\n)"
        for part in parts
    ]
    return "WITH\n" + ",\n".join(blocks) + "\n" if blocks else ""


def each_once(parts: Iterable[Cte]) -> tuple[Cte, ...]:
    """Return the parts without those that are there already, by name."""
    found: dict[str, Cte] = {}
    for part in parts:
        found.setdefault(part.name, part)
    return tuple(found.values())


def comma(items: Iterable[str]) -> str:
    """Return the non-empty items joined by commas, one a line."""
    return ",\n  ".join(item for item in items if item)


def more(items: Iterable[str]) -> str:
    """Return the items to stand after others, each after a comma on a line of its own; empty without any."""
    return "".join(f",\n  {item}" for item in items)


def conjunction(conditions: Iterable[str]) -> str:
    """Return the conditions joined by AND, ``true`` without any."""
    return "\n  AND ".join(conditions) or "true"
