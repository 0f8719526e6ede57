"""Tables guessed by what files hold, where what they are called says nothing: ids of other files, days, money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.engine.source_spec import PATHS
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.proposal.columns import Looked, describe, unique_columns
from attrib_cli.proposal.file import File
from attrib_cli.proposal.headers import of_people, of_staff, scale_of, words_of
from attrib_cli.proposal.names import KEYS, add_currency, columns_called
from attrib_cli.proposal.overlap import CHANCE, mostly, values
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import dictionary, headers_of
from attrib_cli.proposal.stages import MOST_STAGES, has_won, stages_of

if TYPE_CHECKING:
    import duckdb

_MOSTLY = Decimal("0.9")
_DAYS = {"deals": ("closed_at", "created_at"), "touchpoints": ("occurred_at",)}
"""The columns with the day that rows of a table count on, the surest first."""

_SEVERAL = 5
"""So many people two files must have in common where no other file knows them."""


def guesses(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], unknown: Sequence[File]) -> list[Plan]:
    """Return files of which nothing is known as contacts, deals or touchpoints, where none are and rows look so."""
    found: list[Plan] = []
    for guessed in (_people, _sales, _touches):
        taken = {plan.file.name for plan in found}
        found += list(guessed(con, [*plans, *found], [file for file in unknown if file.name not in taken]))
    return found


def _people(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], unknown: Sequence[File]) -> Iterator[Plan]:
    """Yield files of which nothing is known as contacts, where each row has an e-mail address of its own and one date.

    It is a guess, made where no file has contacts, and only of what holds no money.
    """
    if any(plan.table == "contacts" for plan in plans):
        return
    for file in unknown:
        looked = Looked(con, file)
        addresses = [header for header in unique_columns(con, file) if looked[header].emails >= _MOSTLY]
        days = [header for header in file.headers if looked[header].dated and looked[header].filled]
        if addresses and len(days) == 1 and not any(_is_money(looked, header) for header in file.headers):
            columns: dict[str, dict[str, object]] = {
                KEYS["contacts"]: {"header": addresses[0]},
                "created_at": {"header": days[0]},
            }
            said = (f"each '{addresses[0]}' is an address that stands once", f"'{days[0]}' dates")
            yield Plan(table="contacts", file=file, columns=columns, doubtful=True, because=said)


def _sales(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], unknown: Sequence[File]) -> Iterator[Plan]:
    """Yield files of which nothing is known as deals, where each row has a known person, a day and an amount.

    It is a guess, made where no file has deals or other conversions, and only of what looks like money.
    """
    if any(plan.table == "deals" or plan.table.endswith(CONVERSIONS) for plan in plans):
        return
    for looked, person, day, because in _of_people_and_days(con, plans, unknown, "deals", ("contacts", "touchpoints")):
        others = [header for header in looked.file.headers if header not in (person, day)]
        named = columns_called(looked, "deals")
        keys = (one for one in unique_columns(con, looked.file) if one in others)
        key = next((one for one in keys if not (looked[one].numbers and looked[one].has_cents)), None)
        amounts = [header for header in others if header != key and _is_money(looked, header)]
        if not amounts:
            continue
        amount = min(amounts, key=lambda header: (not looked[header].signed, not looked[header].has_cents))
        amount = next((header for header in headers_of(named.get("amount", {})) if header in amounts), amount)
        columns: dict[str, dict[str, object]] = {
            KEYS["deals"]: {"row_number": True} if key is None else {"header": key},
            "contact_id": {"header": person},
            "created_at": {"header": day},
            "closed_at": {"header": day},
            "amount": {"header": amount},
        }
        columns |= _without(named, columns)
        stage = next((header for header in others if header != amount and _is_stage(looked, header)), None)
        if stage is not None and "stage" not in columns:
            columns["stage"] = {"header": stage}
        add_currency(looked, columns)
        said = (*because, f"'{amount}' amounts")
        yield Plan(table="deals", file=looked.file, columns=columns, doubtful=True, because=said)


def _touches(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], unknown: Sequence[File]) -> Iterator[Plan]:
    """Yield files of which nothing is known as touchpoints: rows have a known person, a day, a channel, and no money.

    It is a guess, made where no file has touchpoints. Channels are told by addresses of pages, else a column of a few
    texts is taken for them.
    """
    if any(plan.table in ("touchpoints", PATHS) for plan in plans):
        return
    if not any(plan.header("contact_id") for plan in plans):
        return
    for looked, person, day, found in _of_people_and_days(con, plans, unknown, "touchpoints", ("contacts", "deals")):
        because = found
        others = [header for header in looked.file.headers if header not in (person, day)]
        once = looked[person].unique == 1 and not of_people(person)
        if once or any(_is_money(looked, header) for header in others):
            continue
        columns: dict[str, dict[str, object]] = {"contact_id": {"header": person}, "occurred_at": {"header": day}}
        columns |= _without(columns_called(looked, "touchpoints"), columns)
        kind = next((header for header in others if _is_kind(looked, header)), None)
        if "channel" not in columns and kind is not None:
            columns["channel"] = {"header": kind}
            because = (*because, f"'{kind}' a few texts, taken for channels")
        if "channel" in columns:
            yield Plan(table="touchpoints", file=looked.file, columns=columns, doubtful=True, because=because)


def _of_people_and_days(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], unknown: Sequence[File], table: str, known: Sequence[str]
) -> Iterator[tuple[Looked, str, str, tuple[str, ...]]]:
    """Yield files with a column of people of the first of the `known` tables, and one of dates, and what is said.

    The columns are the first that are so, and others are said: a column that has a word for people comes before, and
    the day is the one that is called as `table` calls it, where there is one.
    Where none of the `known` tables is there, people are those whom another file has too.
    """
    of_table = ([plan for plan in plans if plan.table == one and plan.header("contact_id")] for one in known)
    people = next(filter(None, of_table), [])
    for file in unknown:
        looked = Looked(con, file)
        if people:
            likely = sorted(file.headers, key=lambda header: not of_people(header))
            persons = [header for header in likely if _is_person(looked, header, people)]
            person = persons[0] if persons else None
            said = f"'{person}' holds ids of {people[0].table}{_as_others(persons)}"
        else:
            person, said = _shared(looked, [other for other in unknown if other is not file])
        named = columns_called(looked, table)
        called_so = [header for name in _DAYS[table] for header in headers_of(named.get(name, {}))]
        dated = [one for one in file.headers if one != person and looked[one].filled and looked[one].dated]
        days = [header for header in called_so if header in dated][:1] or dated
        if person is not None and days:
            yield looked, person, days[0], (said, f"'{days[0]}' dates{_as_others(days)}")


def _as_others(headers: Sequence[str]) -> str:
    """Return what to say of the headers behind the first, any of which might be meant as well as it."""
    others = ", ".join(f"'{header}'" for header in headers[1:])
    return f" (as {others} {'does' if len(headers) == 2 else 'do'})" if others else ""


def _shared(looked: Looked, others: Sequence[File]) -> tuple[str | None, str]:
    """Return the column of which another file has most values, several times each, and what is said; None for none."""
    most = 0
    found: tuple[str | None, str] = (None, "")
    for header in filter(lambda one: looked[one].telling, looked.file.headers):
        ids = values(looked.file, header)
        for file in others:
            for other in file.headers:
                theirs = values(file, other)
                held = mostly(looked.con, ids, theirs, least=max(_SEVERAL, most + 1))
                if held is not None and (of_people(header) or describe(looked.con, file, other).unique < 1):
                    most, found = held[0], (header, f"'{header}' holds what '{other}' of {file.name} has too")
    return found


def _without(
    named: Mapping[str, dict[str, object]], taken: Mapping[str, dict[str, object]]
) -> dict[str, dict[str, object]]:
    """Return the columns that are known by what they are called, without those that are taken, nor of their headers."""
    headers = {header for rules in taken.values() for header in headers_of(rules)}
    return {name: rules for name, rules in named.items() if name not in taken and not headers & {*headers_of(rules)}}


def _is_person(looked: Looked, header: str, people: Sequence[Plan]) -> bool:
    """Whether a column holds ids of known people: short numbers, which match by chance, have to be called so too."""
    if looked[header].dated or not looked[header].filled or of_staff(header):
        return False
    telling = of_people(header) or looked[header].telling
    ids = values(looked.file, header)
    for plan in people:
        own = [*unique_columns(looked.con, plan.file)] if plan.table == "contacts" else [plan.header("contact_id")]
        for key in filter(None, own):
            alike = telling or folded(header) == folded(key)
            known = values(plan.file, key)
            # most people whom touchpoints are of never convert: half of those who do is enough
            ways = ((ids, known), (known, ids)) if plan.table == "deals" else ((ids, known),)
            if alike and any(mostly(looked.con, *way, least=CHANCE) for way in ways):
                return True
    return False


def _is_money(looked: Looked, header: str) -> bool:
    """Whether the numbers of a column are money: by signs, cents or what it is called; scores and counts are none."""
    held = looked[header]
    if not held.amounts or held.dated:
        return False
    called_so = folded(words_of(header)[-1]) in map(folded, ("amount", *dictionary().headers["deals"]["amount"]))
    return held.signed or held.has_cents or scale_of(header) is not None or called_so


def _is_kind(looked: Looked, header: str) -> bool:
    """Whether a column has a few texts, as channels are."""
    held = looked[header]
    return (
        not held.dated
        and not held.amounts
        and 1 < len(stages_of(looked.con, looked.file.relation, header)) <= MOST_STAGES
    )


def _is_stage(looked: Looked, header: str) -> bool:
    """Whether one of the few texts of a column says that a deal is won."""
    con, relation = looked.con, looked.file.relation
    return 1 < len(stages_of(con, relation, header)) <= MOST_STAGES and has_won(con, relation, header)
