"""Lines of the configuration that mend what was found, with the headers that the files have."""

from __future__ import annotations

import json
import re

from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.id_comparison import Near, Side
from attrib_cli.engine.ids import difference, looks

_LOOKED_AT = 40
_EMAILS = "e-mail addresses"


def rule(data: CheckedData, table: str, column: str, rules: str) -> str:
    """Return the line that gives a column of a table `rules` beside its header: ``lower: true``."""
    return f"sources: {{{table}: {{columns: {{{column}: {{header: {header(data, table, column)}, {rules}}}}}}}}}"


def header(data: CheckedData, table: str, column: str) -> str:
    """Return the header of a column as YAML has it; ``<header>`` where there is none."""
    if not data.has(f"{table}.{column}"):
        return "<header>"
    text = data.tables[table].columns[column].header
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9_ ]*[A-Za-z0-9_]", text) else json.dumps(text, ensure_ascii=False)


def one_of_each(data: CheckedData, table: str, which: str, columns: tuple[str, ...], by: str) -> str:
    """Return the line that leaves the ``latest`` or ``earliest`` row of those that agree in columns."""
    named = [header(data, table, column) for column in columns]
    of = named[0] if len(named) == 1 else f"[{', '.join(named)}]"
    return f"sources: {{{table}: {{{which}: {{of: {of}, by: {by}}}}}}}"


def of_near_ids(data: CheckedData, near: Near, shown: tuple[str, str]) -> str | None:
    """Return what makes ids match that differ in how they are written; None where no rule does."""
    kinds = {difference(one, other) for one, other in near.pairs}
    table, column = shown
    if kinds == {"differ in case only"}:
        other = near.right.table
        lines = [rule(data, table, column, "lower: true")]
        if data.has(f"{other}.{column}") and other != table:
            lines.append(rule(data, other, column, "lower: true"))
        return "\n".join(lines)
    lists = {kind[-2] for kind in kinds if kind.startswith("a list with '")}
    if len(kinds) == 1 and len(lists) == 1:
        separator = json.dumps(lists.pop())
        return rule(data, table, column, f"split: {separator}")
    return None


def of_other_ids(data: CheckedData, left: Side, right: Side, shown: tuple[str, str]) -> str | None:
    """Return the line that looks ids up, where one side has e-mail addresses and the other has not."""
    table, column = shown
    if column != "contact_id" or table not in ("touchpoints", "deal_contacts", "deals"):
        return None
    seen = [
        looks([str(id_) for (id_,) in data.rows(f"SELECT id FROM ({side.query}) AS s LIMIT {_LOOKED_AT}")])
        for side in (left, right)
    ]
    if seen[0] == seen[1] or _EMAILS not in seen:
        return None
    own, wanted = ("address", "id") if seen[0] == _EMAILS else ("id", "address")
    return rule(
        data,
        table,
        column,
        f"lookup: {{path: <the contacts' file>, key: <header of the {own}>, value: <header of the {wanted}>}}",
    )
