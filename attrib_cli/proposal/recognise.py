"""Which tables a file holds: by the headers of a known shape, else by what columns are called and hold."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError, UsageError, did_you_mean
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.source_spec import ALL_TABLES
from attrib_cli.engine.sources.catalogue import known_table
from attrib_cli.proposal.answers import Answers
from attrib_cli.proposal.columns import Looked
from attrib_cli.proposal.file import File, Unread
from attrib_cli.proposal.headers import scale_of
from attrib_cli.proposal.names import KEYS, add_currency, add_parts_of_urls, by_dictionary, typed
from attrib_cli.proposal.own_conversions import OWN
from attrib_cli.proposal.plan import Events, Plan
from attrib_cli.proposal.shapes import (
    Rules,
    Shape,
    ShapeEvents,
    ShapeTable,
    fitting,
    headers_of,
    otherwise,
    texts,
)
from attrib_cli.proposal.totals import leave_out_total_of_all

if TYPE_CHECKING:
    import duckdb

SKIP = "skip"

_HALF = Decimal("0.5")
_CONDITION = re.compile(r"!=|>=|<=|=|<|>")
"""What stands behind the header in a condition on rows."""

_OPTIONAL = re.compile(r"\{([^{}?]+)\?\}")


def recognised(con: duckdb.DuckDBPyConnection, file: File, answers: Answers) -> list[Plan]:
    """Return what a file is a source of, none where it is nothing that is known; raises UsageError for bad answers."""
    asked = table_answered(file, answers)
    if asked == SKIP:
        return []
    looked = Looked(con, file)
    plans = []
    for shape in fitting(file.headers):
        if not shape.tables and asked is None:
            raise SourceError(f"this is {shape.title}. {shape.about}", place=file.name)
        plans = [one for table in shape.tables if (one := _of_shape(looked, shape, table, answers)) is not None]
        if asked is not None:
            plans = [plan for plan in plans if plan.table == asked]
        else:
            plans = [plan for plan in plans if plan.certainty == "sure" or not _repeats(plan, looked)]
        if plans:
            break
    if not plans:
        plans = by_dictionary(looked, asked, answers)
    for plan in plans:
        complete(plan, looked)
    return plans


def complete(plan: Plan, looked: Looked) -> None:
    """Add to a plan what the values of its columns ask for, and what is to be said of rows at the end of its file."""
    _refine(plan, looked)
    if plan.sql is None:
        plan.options |= {key: list(beginnings) for key, beginnings in plan.file.endings}
        if totals := dict(plan.file.endings).get("total_rows"):
            plan.notes.append(f"rows at the end are totals: {', '.join(map(repr, totals))}")
    _fill_short(plan)
    leave_out_total_of_all(looked.con, plan)


def without_idle_guesses(plans: Sequence[Plan]) -> tuple[list[Plan], list[Unread]]:
    """Return plans without the guesses of tables that another file is more surely, and those files with the reason.

    Rows of a guess would be counted beside what is known: a file of refunds, each with an id and a day, as contacts.
    """
    known = {plan.table for plan in plans if not plan.doubtful}
    idle = [plan for plan in plans if plan.doubtful and plan.table in KEYS and plan.table in known]
    left_out = [
        Unread(
            path=plan.file.name,
            why=f"more {plan.table} would be a guess. `--table '{plan.file.name}={plan.table}'` takes it as that",
        )
        for plan in idle
    ]
    return [plan for plan in plans if plan not in idle], left_out


def _repeats(plan: Plan, looked: Looked) -> bool:
    """Whether what should stand once in a table repeats: spend by day is no table of the campaigns that it names."""
    header = plan.header(KEYS[plan.table]) if plan.table in KEYS and plan.sql is None else None
    return header in looked.file.headers and 0 < looked[str(header)].unique < 1


def _fill_short(plan: Plan) -> None:
    """Take rows that end early, but for totals and footers, as rows with nothing in the columns at the end."""
    totals, footer = (_beginnings(plan.options.get(key)) for key in ("total_rows", "footer"))
    inside = itertools.takewhile(
        lambda text: not text.startswith(footer), (text.strip().casefold() for text in plan.file.short)
    )
    short = [text for text in inside if not text.startswith(totals)]
    if short and plan.sql is None:
        plan.options["short_rows"] = "fill"
        plan.notes.append(f"{len(short):,} rows have fewer values than the header: what they lack counts as empty")


def _beginnings(value: object) -> tuple[str, ...]:
    return tuple(str(text).strip().casefold() for text in value) if isinstance(value, list) else ()


def skipped(file: File, answers: Answers) -> bool:
    """Whether somebody said that a file is to be left out."""
    return table_answered(file, answers) == SKIP


def check_answers(files: Sequence[File], unread: Sequence[Unread], answers: Answers) -> None:
    """Raise UsageError for an answer about a file or a header that is not there."""
    names = {name for file in files for name in (file.name, file.path, file.path.rpartition("/")[2])}
    names |= {name for one in unread for name in (one.path, one.path.rpartition("/")[2])}
    for name in answers.tables:
        if name not in names:
            hint = did_you_mean(name, sorted(names)) or f"Files: {', '.join(file.name for file in files[:8])}."
            raise UsageError(f"no file here is called '{name}'", hint=hint, place="--table")
    for column, wanted in answers.columns.items():
        if all(file.header(wanted) is None for file in files):
            known = list(dict.fromkeys(header for file in files for header in file.headers))
            hint = did_you_mean(wanted, known) or f"Headers: {', '.join(known[:12])}."
            raise UsageError(f"no file here has the header '{wanted}', for {column}", hint=hint, place="--column")


def table_answered(file: File, answers: Answers) -> str | None:
    """Return the table that a file was said to be, None where nobody said it; raises UsageError for no such table."""
    for name, table in answers.tables.items():
        if name in (file.name, file.path, file.path.rpartition("/")[2]):
            if table not in (*ALL_TABLES, OWN, SKIP):
                known = (*ALL_TABLES, OWN)
                hint = did_you_mean(table, known) or f"Tables: {', '.join(known)}, or {SKIP}."
                raise UsageError(f"there is no table '{table}'", hint=hint, place="--table")
            return table
    return None


def _of_shape(looked: Looked, shape: Shape, table: ShapeTable, answers: Answers) -> Plan | None:
    file = looked.file
    if any(file.header(header) is None for header in table.needs):
        return None
    sql = None if table.sql is None else _query(table.sql, file)
    if sql is not None:
        looked = Looked(looked.con, _asked_of(looked.con, file, sql, "asked"))
    columns = {name: rules for name, own in table.columns.items() if (rules := _present(own, looked)) is not None}
    columns |= typed(looked.file, table.table, answers)
    if "currency" in known_table(table.table).kinds and sql is None:
        add_currency(looked, columns)
    if table.table == "touchpoints" and sql is None:
        add_parts_of_urls(looked, columns)
    if any(name not in columns for name in known_table(table.table).required):
        return None
    options = _options(looked, table)
    events = None if table.events is None else _events_of(looked.con, file, table.events)
    return Plan(
        table=table.table,
        file=looked.file,
        columns=columns,
        options=options,
        shape=shape,
        known_by=shape.known_by(file.headers),
        sql=sql,
        events=events,
    )


def _events_of(con: duckdb.DuckDBPyConnection, file: File, events: ShapeEvents) -> Events:
    """Return the events of an export of a shape with the columns that they have as conversions."""
    sql = _query(events.sql, file)
    plan = Plan(
        table=OWN,
        file=_asked_of(con, file, sql, "events"),
        columns={name: dict(rules) for name, rules in events.columns.items()},
        options=dict(events.options),
        sql=sql,
    )
    return Events(plan=plan, column=events.kind)


def _query(sql: str, file: File) -> str:
    """Return the query of a shape with ``{header?}`` as the column of the file, or NULL where it has none."""

    def found(match: re.Match[str]) -> str:
        header = file.header(match[1])
        return "NULL" if header is None else identifier(header)

    return _OPTIONAL.sub(found, sql)


def _asked_of(con: duckdb.DuckDBPyConnection, file: File, sql: str, what: str) -> File:
    """Return a file as the rows that a query makes of it, staged as its own rows are."""
    relation = f"{file.relation}_{what}"
    query = sql.replace("'{file}'", file.relation)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({query})")
    headers = tuple(str(name) for name, *_ in con.execute(f"DESCRIBE {relation}").fetchall())
    return replace(file, relation=relation, headers=headers)


def _options(looked: Looked, table: ShapeTable) -> dict[str, object]:
    """Return the keys of a source that a shape asks for, without conditions on columns that the file lacks."""
    found: dict[str, object] = {}
    for key, value in table.options.items():
        if key == "where":
            conditions = [one for one in texts(value) if looked.file.header(_CONDITION.split(one)[0]) is not None]
            found |= {key: conditions} if conditions else {}
        else:
            found[key] = value
    return found


def _present(rules: Rules, looked: Looked) -> dict[str, object] | None:
    """Return the rules of a column with the headers that the file has, None where it has none and they are needed."""
    wanted = headers_of(rules)
    have = list(dict.fromkeys(header for one in wanted if (header := looked.file.header(one)) is not None))
    instead = otherwise(rules)
    if instead is not None and not any(looked[header].filled for header in have):
        return _present(instead, looked)
    if wanted and not have:
        return None
    own = {key: value for key, value in rules.items() if key not in ("header", "else", "minus")}
    off = [header for one in texts(rules.get("minus", [])) if (header := looked.file.header(one)) is not None]
    own |= {"minus": off} if off else {}
    return {"header": have[0] if len(have) == 1 else have, **own} if have else own


def _refine(plan: Plan, looked: Looked) -> None:
    """Add to the rules of columns what their values ask for: lists, currency signs; leave out what holds nothing."""
    kinds = known_table(plan.table).kinds
    for name in tuple(plan.columns):
        header = plan.header(name)
        if header is None or header not in looked.file.headers:
            continue
        held = plan.looked[header] = looked[header]
        rules = plan.columns[name]
        if kinds.get(name) == "decimal" and plan.shape is None and (scale := scale_of(header)) is not None:
            rules.setdefault("scale", scale)
        if not held.filled and name not in known_table(plan.table).required:
            del plan.columns[name]
        elif name == "is_won" and held.filled < 1 and "stage" in plan.columns:
            del plan.columns[name]  # what says nothing of some deals would hide what their stage says
        elif name == "contact_id" and held.emails >= _HALF:
            rules.setdefault("lower", True)
        elif kinds.get(name) == "decimal" and held.signed and "number" not in rules:
            rules["number"] = "money"
        elif kinds.get(name) == "id" and name == "contact_id" and held.lists and plan.table == "deal_contacts":
            rules.setdefault("split", ";" if any(";" in sample for sample in held.samples) or not held.samples else "|")
            rules |= {"lower": True} if any("@" in sample for sample in held.samples) else {}
