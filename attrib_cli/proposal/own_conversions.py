"""Conversions that are no deals: files of sign-ups and the like, and events of which some are conversions."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import CATALOGUE
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.engine.source_spec import PATHS
from attrib_cli.proposal.answers import Answers, Doubt, parts_of
from attrib_cli.proposal.columns import currency_header, describe
from attrib_cli.proposal.headers import called
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import dictionary

if TYPE_CHECKING:
    import duckdb

OWN = "conversions"
"""What a file, or the events, of conversions that are no deals is called until their kinds are known."""

_NONE = "none"
"""What is typed where none of the choices is meant."""


MOST_KINDS = 30
_LIKELY = re.compile(
    r"(?i)(purchas|checkout.?complet|order.?(complet|plac|paid|creat)|plac(e|ed).?order|sign(ed)?.?up|register|registration"
    r"|demo.?(book|request)|book(ed)?.?demo|meeting.?booked|trial.?(start|sign)|start.?trial|subscri(be|ption)"
    r"|generate.?lead|lead.?(creat|submit)|^lead$|conver(t|sion)|contact.?sales|quote.?request|install)"
)
_UNLIKELY = re.compile(
    r"(?i)unsub|begin|view|abandon|cancel|page|refund|returned|uninstall|deregist|unregist|fail|expir|declin|reject|error"
)
_REFUND = re.compile(r"(?i)refund|chargeback|erstatt|rembours|reembolso|rimbors")


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
        plan.kind = PurePath(plan.file.member or plan.file.path).name.partition(".")[0]
        plan.table = table_of(kind_name(plan.kind))
        return [plan]
    found = [_of_values(con, plan, plan.columns, type_header, name, values) for name, values in kinds.items()]
    text = f"trim({identifier(type_header)})"
    query = f"SELECT count(*) FROM {plan.file.relation} WHERE coalesce({text}, '') = ''"
    empty = int(con.execute(query).fetchall()[0][0])
    if empty:
        rows = "1 row has" if empty == 1 else f"{empty:,} rows have"
        found[0].notes.append(f"{rows} no {type_header}: {'it is' if empty == 1 else 'they are'} of no kind")
    return found


def of_events(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], answers: Answers
) -> tuple[list[Plan], list[Doubt]]:
    """Return the kinds of conversions that stand among the events of touchpoints, and what of that is in doubt.

    They are looked for where nothing else says what converts, or where they are asked for, and are no touchpoints then.
    Where something else does, the plans of exports of events say how they are asked for.
    Raises UsageError for an event that there is none of.
    """
    wanted = answers.conversions
    others = any(plan.table in ("deals", "contacts", PATHS) or plan.table.endswith(CONVERSIONS) for plan in plans)
    if others and wanted is None:
        _offer(con, plans)
        return [], []
    events = [
        (of.plan, of.column, _counted(con, of.plan, of.column)) for plan in plans if (of := plan.events) is not None
    ]
    events += [
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
    chosen = _likely(ordered) if wanted is None else wanted
    folded = {value.casefold() for value in chosen}
    made: dict[str, Plan] = {}
    for plan, header, counts in events:
        converting = {value: count for value, count in counts.items() if value.casefold() in folded}
        for name, values in _kinds(converting).items():
            own = _free(name, made)
            columns = _columns_of_event(con, plan) if plan.table != OWN else plan.columns
            made[own] = _of_values(con, plan, columns, header, own, values)
            _tell_of_repeats(con, made[own], header, values)
            if "conversion_value" in made[own].columns and (back := [one for one in counts if _REFUND.search(one)]):
                listed = ", ".join(f"{value} ({counts[value]:,})" for value in back)
                made[own].notes.append(f"what was refunded is not taken off, of which events tell: {listed}")
        if converting and plan.table != OWN:
            plan.options["where"] = [f"{header}!={_alternatives(tuple(converting))}"]
            plan.notes.append(f"{', '.join(converting)}: conversions, which are no touchpoints")
    if wanted is not None:
        return list(made.values()), []
    listed = ", ".join(f"'{value}' ({seen[value]:,})" for value in ordered)
    doubt = Doubt(
        question=f"no file has deals or contacts: which events are conversions? {listed}",
        taken=", ".join(chosen) or _NONE,
        option="--conversions 'EVENT,EVENT'",
        answered=_answered,
        choices=ordered,
    )
    return list(made.values()), [doubt]


def _tell_of_repeats(con: duckdb.DuckDBPyConnection, plan: Plan, header: str, values: Sequence[str]) -> None:
    """Note on conversions that are the earliest of those with an id how many others there are."""
    key = plan.header("conversion_id")
    if "earliest" not in plan.options or key is None:
        return
    listed = ", ".join(map(literal, values))
    query = f"SELECT count(*), count(DISTINCT {identifier(key)}) FROM {plan.file.relation}"
    rows, ids = con.execute(f"{query} WHERE trim({identifier(header)}) IN ({listed})").fetchall()[0]
    if rows > ids:
        plan.notes.append(f"{rows - ids:,} of {rows:,} events repeat the id of an earlier one, and do not count")


def _offer(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
    """Note on exports of events which of them may be conversions, where deals or contacts are what converts."""
    for plan in plans:
        if plan.events is not None:
            counts = _counted(con, plan.events.plan, plan.events.column)
            if likely := _likely(counts):
                listed = ", ".join(f"{value} ({counts[value]:,})" for value in likely)
                said = f"events that may be conversions too, by --conversions '{','.join(likely)}': {listed}"
                plan.notes.append(said)


def _likely(values: Iterable[str]) -> tuple[str, ...]:
    """Return those of the names of events that are mostly conversions."""
    return tuple(value for value in values if _LIKELY.search(value) and not _UNLIKELY.search(value))


def tell_kinds_apart(plans: Iterable[Plan]) -> None:
    """Number the kinds of conversions of several files whose names agree without the letters that names cannot have."""
    taken: dict[str, str] = {}
    for plan in plans:
        if plan.table.endswith(CONVERSIONS) and plan.kind:
            spelled = _spelled(plan.kind)
            name = kind_of(plan.table)
            others = [one for one, of in taken.items() if of != spelled]
            own = next((one for one, of in taken.items() if of == spelled), None) or _free(name, others)
            taken[own] = spelled
            if own != name:
                plan.table = table_of(own)
                plan.notes.append(f"'{plan.kind}' is called {own}: '{name}' is what another kind is called")


def _kinds(values: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the values that make a kind of conversion, by its name: those that differ in how they are written.

    Names have a to z and digits alone; others whose names agree without their other letters are numbered.
    """
    alike: dict[str, tuple[str, ...]] = {}
    for value in values:
        key = _spelled(value)
        alike[key] = (*alike.get(key, ()), value)
    found: dict[str, tuple[str, ...]] = {}
    for same in alike.values():
        found[_free(kind_name(same[0]), found)] = same
    return found


def _spelled(text: str) -> str:
    """Return a text without case, blanks and signs, with the letters of every script."""
    return re.sub(r"[\W_]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text).casefold()).strip("-") or text


def _free(name: str, taken: Container[str]) -> str:
    """Return a name, numbered where it is taken."""
    return next(one for n in itertools.count(1) if (one := name if n == 1 else f"{name}-{n}") not in taken)


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
    names = ("amount", *dictionary().headers["deals"]["amount"])
    for header in called(plan.file, "touchpoints", names):
        held = plan.looked.setdefault(header, describe(con, plan.file, header))
        if held.amounts:
            columns["conversion_value"] = {"header": header, **({"number": "money"} if held.signed else {})}
            if (currency := currency_header(con, plan.file, header)) is not None:
                columns["currency"] = {"header": currency}
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
            without = ("conversion_value", "currency")
            columns = {column: rules for column, rules in columns.items() if column not in without}
    options = {key: one for key, one in plan.options.items() if key != "where"}
    return Plan(
        table=table_of(name),
        file=plan.file,
        columns={column: dict(rules) for column, rules in columns.items()},
        options={**options, "where": [f"{header}={_alternatives(values)}"]},
        looked=plan.looked,
        sql=plan.sql,
        kind=values[0],
        because=(f"{' and '.join(map(repr, values))} in '{header}'",),
    )


def _alternatives(values: Sequence[str]) -> str:
    return "|".join(value.replace("|", "\\|") for value in values)


def _answered(answers: Answers, typed: str) -> Answers:
    return replace(answers, conversions=() if typed == _NONE else parts_of(typed))
