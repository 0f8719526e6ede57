"""Which rows count: filters, and one row of those about the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrib_cli.engine.errors import SourceError, did_you_mean
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.source_spec import Filter, RowChoice
from attrib_cli.engine.sources.header import find_header
from attrib_cli.engine.sources.prepared.files import ITEM, PART, RECORD

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


def column(name: str, known: Sequence[str], *, place: str | None, what: str) -> str:
    """Return the header that `name` is; raises SourceError where none is, naming `what` asks for it."""
    found = find_header(known, name, place or what)
    if found is None:
        listed = ", ".join(f"'{header}'" for header in known)
        raise SourceError(
            f"there is no header '{name}', which {what} names",
            place=place,
            hint=did_you_mean(name, known) or f"found: {listed}",
        )
    return known[found]


def condition(filter_: Filter, known: Sequence[str], place: str | None) -> str:
    """Return the SQL condition of a filter on text, true or false for every row; raises SourceError for its header.

    Text compares without case and blanks around it, an empty value means "has none", `!=` and `!~` keep what has none.
    Values behind ``<`` and ``>`` compare as numbers where they are some, else as text, as ISO dates do.
    """
    text = f"nullif(trim({identifier(column(filter_.column, known, place=place, what='`where`'))}), '')"
    negated = filter_.op in ("!=", "!~")
    op = filter_.op.removeprefix("!") if negated else filter_.op
    either = " OR ".join(f"coalesce({_comparison(text, op, value)}, false)" for value in filter_.values)
    return f"NOT ({either})" if negated else f"({either})"


def _comparison(text: str, op: str, value: str) -> str:
    if value == "" and op == "=":
        return f"{text} IS NULL"
    if op == "~":
        return f"contains(lower({text}), lower({literal(value)}))"
    if op == "=":
        return f"lower({text}) = lower({literal(value)})"
    if _NUMBER.fullmatch(value):
        return f"TRY_CAST({text} AS DECIMAL(38, 9)) {op} CAST({literal(value)} AS DECIMAL(38, 9))"
    return f"lower({text}) {op} lower({literal(value)})"


def chosen(choice: RowChoice, known: Sequence[str], moment: str, relation: str) -> str:
    """Return the SELECT of those rows of `relation` that a choice leaves, `moment` being the SQL that orders them.

    Rows without anything in the columns that tell what a row is about are about nothing else, and stay.
    """
    of = [identifier(column(name, known, place=choice.place, what=f"`{choice.which}: of`")) for name in choice.of]
    none = " AND ".join(f"nullif(trim({name}), '') IS NULL" for name in of)
    alone = f"CASE WHEN {none} THEN struct_pack(p := {PART}, r := {RECORD}, i := {ITEM}) END"
    order = "DESC" if choice.which == "latest" else "ASC"
    same = ", ".join([*(f"nullif(trim({name}), '')" for name in of), alone])
    ranked = f"{moment} {order} NULLS LAST, {PART} {order}, {RECORD} {order}, {ITEM} {order}"
    rank = f"row_number() OVER (PARTITION BY {same} ORDER BY {ranked})"
    kept = "> 1" if choice.which == "repeats" else "= 1"
    return f"SELECT * FROM {relation} QUALIFY {rank} {kept}"
