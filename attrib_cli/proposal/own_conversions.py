"""Conversions that are no deals: files of sign-ups and the like, and events of which some are conversions."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import CATALOGUE
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.spec import CONVERSIONS, PATHS
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.plan import Answers, Doubt, Plan
from attrib_cli.proposal.shapes import dictionary

if TYPE_CHECKING:
    import duckdb

MOST_KINDS = 30
_LIKELY = re.compile(
    r"(?i)(purchas|checkout.?complet|order.?(complet|plac|paid|creat)|sign(ed)?.?up|register|registration"
    r"|demo.?(book|request)|book(ed)?.?demo|meeting.?booked|trial.?(start|sign)|start.?trial|subscri(be|ption)"
    r"|generate.?lead|lead.?(creat|submit)|^lead$|conver(t|sion)|contact.?sales|quote.?request|install)"
)
_UNLIKELY = re.compile(r"(?i)unsub|begin|view|abandon|cancel|page")


def kind_name(text: str) -> str:
    """Return the name of a kind of conversion, for ``--type``, that is made of a text; ``conversion`` of none."""
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text).lower()).strip("-")
    words = words if words[:1].isalpha() else f"event-{words}".strip("-") if words else "conversion"
    taken = {name for own in CATALOGUE for name in (own.name, *own.aliases)} | {"campaign", "report", "all"}
    return f"own-{words}" if words in taken else words


def table_of(kind: str) -> str:
    """Return the table of a kind of conversion, by its name."""
    return f"{kind.replace('-', '_')}{CONVERSIONS}"


def kind_of(table: str) -> str:
    """Return the name of the kind of conversion that a table is of."""
    return table.removesuffix(CONVERSIONS).replace("_", "-")


def kinds_of_file(con: duckdb.DuckDBPyConnection, plan: Plan, type_header: str | None) -> list[Plan]:
    """Return a plan for each kind of conversion that stands in a file of conversions: by its types, else one."""
    kinds = _kinds(_counted(con, plan, type_header)) if type_header is not None else {}
    if type_header is None or not 1 < len(kinds) <= MOST_KINDS:
        plan.table = table_of(kind_name(PurePath(plan.file.member or plan.file.path).name.partition(".")[0]))
        return [plan]
    return [_of_values(con, plan, plan.columns, type_header, name, values) for name, values in kinds.items()]


def of_events(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], answers: Answers
) -> tuple[list[Plan], list[Doubt]]:
    """Return the kinds of conversions that stand among the events of touchpoints, and what of that is in doubt.

    They are looked for where nothing else says what converts, or where they are asked for, and are no touchpoints then.
    Raises UsageError for an event that there is none of.
    """
    wanted = answers.conversions
    others = any(plan.table in ("deals", "contacts", PATHS) or plan.table.endswith(CONVERSIONS) for plan in plans)
    if others and wanted is None:
        return [], []
    events = [
        (plan, header, _counted(con, plan, header))
        for plan in plans
        if plan.table == "touchpoints" and plan.sql is None and "where" not in plan.options
        if plan.columns.get("interaction_type") == {"header": (header := plan.header("interaction_type"))} and header
    ]
    seen: Counter[str] = Counter()
    for _, _, counts in events:
        seen.update(counts)
    ordered = tuple(value for value, _ in seen.most_common(MOST_KINDS))
    for value in wanted or ():
        if value.casefold() not in {one.casefold() for one in seen}:
            hint = did_you_mean(value, seen) or f"Types: {', '.join(ordered) or 'none'}."
            raise UsageError(f"no touchpoint is of the type '{value}'", hint=hint, place="--conversions")
    if not seen:
        return [], []
    likely = (value for value in ordered if _LIKELY.search(value) and not _UNLIKELY.search(value))
    chosen = tuple(likely) if wanted is None else wanted
    folded = {value.casefold() for value in chosen}
    made: dict[str, Plan] = {}
    for plan, header, counts in events:
        converting = {value: count for value, count in counts.items() if value.casefold() in folded}
        for name, values in _kinds(converting).items():
            own = next(one for n in itertools.count(1) if (one := name if n == 1 else f"{name}-{n}") not in made)
            made[own] = _of_values(con, plan, _columns_of_event(con, plan), header, own, values)
        if converting:
            plan.options["where"] = [f"{header}!={_alternatives(tuple(converting))}"]
            plan.notes.append(f"{', '.join(converting)}: conversions, which are no touchpoints")
    if wanted is not None:
        return list(made.values()), []
    listed = ", ".join(f"'{value}' ({seen[value]:,})" for value in ordered)
    doubt = Doubt(
        key="conversions",
        question=f"no file has deals or contacts: which events are conversions? {listed}",
        taken=", ".join(chosen) or "none",
        option="--conversions 'EVENT,EVENT'",
        choices=ordered,
    )
    return list(made.values()), [doubt]


def _kinds(values: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the values that make a kind of conversion, by its name: those that differ in how they are written."""
    found: dict[str, tuple[str, ...]] = {}
    for value in values:
        found[kind_name(value)] = (*found.get(kind_name(value), ()), value)
    return found


def _counted(con: duckdb.DuckDBPyConnection, plan: Plan, header: str) -> dict[str, int]:
    text = f"trim({identifier(header)})"
    query = f"SELECT {text}, count(*) FROM {plan.file.relation} WHERE {text} <> '' GROUP BY 1 ORDER BY 2 DESC, 1"
    return {str(value): int(count) for value, count in con.execute(query).fetchall()}


def _columns_of_event(con: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, dict[str, object]]:
    """Return the columns of a conversion that stands among touchpoints: its key, moment, contact and, if any, value."""
    key = plan.header("touchpoint_id")
    unique = key is not None and describe(con, plan.file, key).unique == 1
    columns: dict[str, dict[str, object]] = {
        "conversion_id": {"header": key} if unique else {"row_number": True},
        "converted_at": plan.columns["occurred_at"],
        "contact_id": plan.columns["contact_id"],
    }
    headers = (plan.file.header(name) for name in ("amount", *dictionary().headers["deals"]["amount"]))
    for header in filter(None, headers):
        held = plan.looked.setdefault(header, describe(con, plan.file, header))
        if held.amounts:
            columns["conversion_value"] = {"header": header, **({"number": "money"} if held.signed else {})}
            break
    return columns


def _of_values(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    columns: Mapping[str, Mapping[str, object]],
    header: str,
    name: str,
    values: tuple[str, ...],
) -> Plan:
    """Return the rows of a file with some values in a column as a kind of conversion; of value where one has any."""
    worth = columns.get("conversion_value", {}).get("header")
    if isinstance(worth, str):
        listed = ", ".join(map(literal, values))
        of_them = f"trim({identifier(header)}) IN ({listed})"
        query = f"SELECT count({identifier(worth)}) FROM {plan.file.relation} WHERE {of_them}"
        if not con.execute(query).fetchall()[0][0]:
            columns = {column: rules for column, rules in columns.items() if column != "conversion_value"}
    options = {key: one for key, one in plan.options.items() if key != "where"}
    return Plan(
        table=table_of(name),
        file=plan.file,
        columns={column: dict(rules) for column, rules in columns.items()},
        options={**options, "where": [f"{header}={_alternatives(values)}"]},
        looked=plan.looked,
        because=(f"{' and '.join(map(repr, values))} in '{header}'",),
    )


def _alternatives(values: Sequence[str]) -> str:
    return "|".join(value.replace("|", "\\|") for value in values)
