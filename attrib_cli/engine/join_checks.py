"""How well the tables of a report join: what its conversions' contacts and campaigns find in the other tables.

A report whose ids do not match is not wrong in itself: everything is unattributed, or a part of it, which looks like a
fact about marketing. So the tables that are staged anyway are asked how much of them joined, and ids that nearly match
are looked for among those that do not.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.id_comparison import Side, as_text, both_sides, counted, ids_of, nearly_matching, own_ids_of
from attrib_cli.engine.notes import Note
from attrib_cli.engine.source_spec import TABLES
from attrib_cli.engine.sources.table import label
from attrib_cli.engine.sql.campaigns import campaign_parts, each_campaign
from attrib_cli.engine.sql.cte import with_clause
from attrib_cli.engine.sql.id_joins import contact_pairs, deal_pairs
from attrib_cli.engine.won_checks import won_notes

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources import Table
    from attrib_cli.engine.sql.resolved import Request

WHOLE = 200_000
"""Touchpoints up to which all are looked at; of more a sample, and all only where that shows cause."""

SAMPLE = 50_000
"""About how many touchpoints a sample has."""

MARGIN = Decimal("0.05")
"""By how much more than it has to the sample of a table must join to stand for all of it: ten standard errors."""

ENOUGH = 4
"""A sample of less than one part in so many of `SAMPLE`, where most rows have no id, stands for nothing."""

DOUBTFUL = Decimal("0.05")
"""The part of conversions without interactions from which ids of many touchpoints are looked at."""

FEW = 10
"""So few ids are no reason to warn as long as the others of the table match."""


def join_notes(
    con: duckdb.DuckDBPyConnection, request: Request, *, conversions: str, members: str, unattributed: int | None
) -> list[Note]:
    """Return warnings about ids of the request's tables that do not match, none where they do.

    `conversions` and `members` are relations with a row for each conversion, and for each contact of a conversion (of
    contacts the conversions themselves). `unattributed` conversions have no interactions; None where that is not known.
    Tables of any size are looked at whole only where there is cause: see `WHOLE`, `DOUBTFUL` and `MARGIN`.
    """
    if request.of_paths:
        return []
    notes = won_notes(con, request)
    touchpoints = request.tables["touchpoints"]
    rows = touchpoints.rows
    if rows is None:
        touchpoints.bring("contact_id")
        rows = counted(con, f"SELECT {touchpoints.counted} FROM {touchpoints.relation} AS s")
    if rows == 0:
        return [*notes, _no_touchpoints(touchpoints)]
    total = counted(con, f"SELECT count(*) FROM {conversions} AS s")
    if not total or unattributed == 0:
        return notes
    if request.report_type.through_deals:
        notes += _deals(con, request, conversions, members, total)
    part = DOUBTFUL if unattributed is None else Decimal(unattributed) / total
    if rows <= WHOLE or part >= DOUBTFUL:
        notes += _contacts(con, request, members, rows, part)
    return notes


def staged_join_notes(con: duckdb.DuckDBPyConnection, request: Request, unattributed: int) -> list[Note]:
    """Return `join_notes` by the conversions of the period reported among those that are staged, and their members."""
    conversions, members = "conversions", "members"
    if request.compared:
        conversions = "(SELECT conversion FROM conversions WHERE period = 0)"
        members = f"(SELECT * FROM members SEMI JOIN {conversions} AS c USING (conversion))"
    if not request.report_type.pooled:
        members = conversions
    return join_notes(con, request, conversions=conversions, members=members, unattributed=unattributed)


def ledger_join_notes(con: duckdb.DuckDBPyConnection, request: Request, conversions: str) -> list[Note]:
    """Return `join_notes` for a ledger, whose `conversions` are a relation and whose members are not staged."""
    members = conversions
    if request.report_type.pooled:
        pairs = contact_pairs(request, among=f"SELECT conversion FROM {conversions} AS s")
        members = f"(SELECT {request.report_type.key} AS conversion, contact_id FROM ({pairs}) AS s)"
    return join_notes(con, request, conversions=conversions, members=members, unattributed=None)


def campaign_join_notes(con: duckdb.DuckDBPyConnection, request: Request) -> list[Note]:
    """Return a warning where the campaigns that interactions in the cube name are not in ``campaigns``.

    There is nothing to say where `interactions_name_others` says no.
    """
    cells = "FROM cube WHERE cell = 'credit' AND campaign_key IS NOT NULL"
    named = f"SELECT {each_campaign(request)} AS id, CAST(sum(interactions) AS BIGINT) AS n {cells} GROUP BY 1"
    known = f"{with_clause(campaign_parts(request))}SELECT campaign_key AS id, 1 AS n FROM campaign_keys"
    total, strange, unknown = con.execute(
        "SELECT coalesce(sum(s.n), 0), coalesce(sum(s.n) FILTER (WHERE k.id IS NULL), 0),"
        f" count(*) FILTER (WHERE k.id IS NULL) FROM ({named}) AS s LEFT JOIN ({known}) AS k USING (id)"
    ).fetchall()[0]
    if not strange:
        return []
    if request.splits:  # an interaction of several campaigns counts once
        total, strange = con.execute(
            "SELECT sum(n), sum(n) FILTER (unknown) FROM (SELECT any_value(s.n) AS n, bool_or(k.id IS NULL) AS unknown"
            f" FROM (SELECT campaign_key, {each_campaign(request)} AS id, interactions AS n,"
            " row_number() OVER () AS cell FROM cube WHERE cell = 'credit' AND campaign_key IS NOT NULL) AS s"
            f" LEFT JOIN ({known}) AS k USING (id) GROUP BY s.cell) AS c"
        ).fetchall()[0]
    left, right = Side(table="touchpoints", query=named), Side(table="campaigns", query=known)
    near = nearly_matching(con, left, right, known)
    said = (("interactions", int(total)), ("without_campaign", int(strange)), ("campaign_ids", int(unknown)))
    hint = "Rows show the ids themselves; add them to campaigns, or write them alike."
    text = f"{strange:,} of {total:,} interactions with a campaign name one that campaigns does not have"
    if near is not None:
        return [Note(code="campaigns-nearly-match", text=f"{text}; {near.words()}", counts=said, hint=hint)]
    if _enough(request.settings.warn_below.campaigns, total - strange, total):
        return []
    return [
        Note(code="campaigns-without-match", text=f"{text}: {both_sides(con, left, right)}", counts=said, hint=hint)
    ]


def _no_touchpoints(table: Table) -> Note:
    place = label(table.source, table.source.paths[0])
    more = f" and {len(table.source.paths) - 1} more files" if len(table.source.paths) > 1 else ""
    return Note(
        code="no-touchpoints",
        text=f"touchpoints has no rows ({place}{more} only a header): nothing can be attributed",
        counts=(("touchpoints", 0),),
        hint="Was the export cut off?",
    )


def _deals(con: duckdb.DuckDBPyConnection, request: Request, conversions: str, members: str, total: int) -> list[Note]:
    """Return a warning where deals have no contacts because their ids do not match, or too few have any."""
    tables = [name for name in ("deal_contacts", "deals") if request.has(name, "contact_id")]
    if not tables:
        return []
    if request.report_type.configured:
        return _of_conversions(con, request, members, total)
    known = counted(con, f"SELECT count(DISTINCT conversion) FROM {members} AS s")
    if known == total:
        return []
    text = f"{known:,} of {total:,} deals have contacts"
    said = (("deals", total), ("deals_with_contacts", known))
    if "deal_contacts" not in tables:
        if _enough(request.settings.warn_below.deals, known, total):
            return []
        return [Note(code="deals-without-contacts", text=f"{text}: contact_id is empty in the others", counts=said)]
    named = ids_of(request.tables["deal_contacts"].relation, "deal_id")
    every = ids_of(request.tables["deals"].relation, "deal_id")
    own = f"SELECT CAST(conversion AS VARCHAR) AS id, 1 AS n FROM {conversions} AS s"
    left, right = Side(table="deal_contacts", query=named), Side(table="deals", query=own)
    hint = _hint("deal", "deal_contacts")
    near = nearly_matching(con, left, right, every)
    if near is not None:
        return [Note(code="deals-nearly-match", text=f"{text}; {near.words()}", counts=said, hint=hint)]
    if _enough(request.settings.warn_below.deals, known, total):
        return []
    if total < FEW:
        matched = counted(con, f"SELECT count(*) FROM ({every}) AS s SEMI JOIN ({named}) AS t USING (id)")
        if _enough(request.settings.warn_below.deals, matched, counted(con, f"SELECT count(*) FROM ({every}) AS s")):
            return []
    text = f"{text}: {both_sides(con, left, right)}"
    return [Note(code="deals-without-contacts", text=text, counts=said, hint=hint)]


def _of_conversions(con: duckdb.DuckDBPyConnection, request: Request, members: str, total: int) -> list[Note]:
    """Return a warning where the deals that conversions of the configuration name are not among those with contacts."""
    known = counted(con, f"SELECT count(DISTINCT conversion) FROM {members} AS s")
    if _enough(request.settings.warn_below.deals, known, total):
        return []
    own = request.tables[request.report_type.table]
    left = Side(table=own.name, query=ids_of(own.relation, "deal_id"))
    right = Side(table="deals", query=ids_of(f"({deal_pairs(request)})", "deal_id"))
    text = f"{known:,} of {total:,} conversions are of a deal with contacts: {both_sides(con, left, right)}"
    said = (("conversions", total), ("conversions_with_contacts", known))
    return [Note(code="deals-without-contacts", text=text, counts=said, hint=_hint("deal", own.name))]


def _contacts(
    con: duckdb.DuckDBPyConnection, request: Request, members: str, rows: int, unattributed: Decimal
) -> list[Note]:
    """Return a warning where contacts of conversions have no touchpoint, and touchpoints none of these contacts."""
    below = request.settings.warn_below
    pooled = request.report_type.pooled
    kind = request.report_type
    owner = "deal_contacts" if request.has("deal_contacts", "contact_id") and kind.through_deals else kind.table
    of_conversions = (members, "contact_id" if pooled else "conversion")
    of_all = (f"({contact_pairs(request)})" if pooled else request.tables["contacts"].relation, "contact_id")
    own, every = own_ids_of(*of_conversions), own_ids_of(*of_all)
    touched = "SELECT id, n FROM touched_ids"
    numbers = _are_numbers(request, "contact_id")
    texts = [as_text(ids) for ids in (touched, own, every)]
    left, right = Side(table="touchpoints", query=texts[0]), Side(table=owner, query=texts[1])
    if not numbers:
        touched, own, every = texts
    step = 1 if rows <= WHOLE else rows // SAMPLE
    if step > 1 and unattributed >= 1 - below.contacts:
        step = 1
    if rows > WHOLE and numbers and (step > 1 or _plainly_join(con, request, of_conversions, of_all, rows)):
        return []
    while True:
        _stage_touched(con, request.tables["touchpoints"], step)
        near = None if numbers else nearly_matching(con, left, right, every)
        if step == 1 or near is None:
            break
        step = 1
    if step > 1:
        return []
    total, known = con.execute(
        f"SELECT count(*), count(t.id) FROM ({own}) AS s LEFT JOIN ({touched}) AS t USING (id)"
    ).fetchall()[0]
    if not total:
        return []
    whose = f"of the {kind.thing}s" if pooled else "reported"
    text = f"{known:,} of {total:,} contacts {whose} have a touchpoint"
    said = (("contacts", int(total)), ("contacts_with_touchpoints", int(known)))
    hint = _hint("contact", "touchpoints")
    if near is not None:
        counts = (*said, ("touchpoints_nearly_matching", near.rows))
        return [Note(code="contacts-nearly-match", text=f"{text}; {near.words()}", counts=counts, hint=hint)]
    if not _enough(below.contacts, known, total):
        among, matched = con.execute(
            f"SELECT count(*), count(t.id) FROM ({every}) AS s LEFT JOIN ({touched}) AS t USING (id)"
        ).fetchall()[0]
        stray = counted(con, f"SELECT count(*) FROM ({touched}) AS t ANTI JOIN ({every}) AS s USING (id)")
        if stray and (total >= FEW or not _enough(below.contacts, matched, among)):
            text = f"{text}: {both_sides(con, left, right)}"
            return [Note(code="contacts-without-touchpoints", text=text, counts=said, hint=hint)]
    if pooled:
        return []
    named, ours = con.execute(
        f"SELECT sum(t.n), coalesce(sum(t.n) FILTER (WHERE s.id IS NOT NULL), 0)"
        f" FROM ({touched}) AS t LEFT JOIN ({every}) AS s USING (id)"
    ).fetchall()[0]
    if not named or _enough(below.touchpoints, ours, named):
        return []
    sides = both_sides(con, left, right, texts[2])
    text = f"{ours:,} of {named:,} touchpoints are of a contact that contacts has: {sides}"
    said = (("touchpoints", int(named)), ("touchpoints_of_contacts", int(ours)))
    return [Note(code="touchpoints-without-contact", text=text, counts=said, hint=hint)]


def _plainly_join(
    con: duckdb.DuckDBPyConnection, request: Request, own: tuple[str, str], every: tuple[str, str], rows: int
) -> bool:
    """Whether samples of both tables say that enough of them joins, and by so much that looking at all is no use.

    A part of the conversions' contacts, `own`, is looked for in all touchpoints; and in reports of contacts a part of
    the touchpoints among `every` contact: both a relation and its column. What is said of tables that do not join is
    counted in all rows.
    """
    below, touchpoints = request.settings.warn_below, request.tables["touchpoints"]
    if any(part > 0 and part + MARGIN > 1 for part in (below.contacts, below.touchpoints)):
        return False
    touchpoints.bring("contact_id")
    total = counted(con, f"SELECT count(*) FROM {own[0]} AS s")
    steps = (max(total // SAMPLE, 1), max(rows // SAMPLE, 1))
    some = f"hash({own[1]}) % {steps[0]} = 0"
    of_conversions = f"SELECT DISTINCT {own[1]} AS id FROM {own[0]} AS s WHERE {own[1]} IS NOT NULL AND {some}"
    some = f"source_row % {steps[1]} = 0"
    of_touchpoints = f"SELECT contact_id AS id FROM {touchpoints.relation} AS s WHERE contact_id IS NOT NULL AND {some}"
    looks = [(steps[0], of_conversions, (touchpoints.relation, "contact_id"), below.contacts)]
    if not request.report_type.pooled:
        looks.append((steps[1], of_touchpoints, every, below.touchpoints))
    for step, sample, (relation, column), wanted in looks:
        found = f"SELECT {column} AS id FROM {relation} AS s WHERE {column} IN (SELECT id FROM sampled_ids)"
        con.execute(f"CREATE OR REPLACE TEMP TABLE sampled_ids AS {sample}")
        total = counted(con, "SELECT count(*) FROM sampled_ids")
        if step > 1 and total < SAMPLE // ENOUGH:
            return False
        known = counted(con, f"SELECT count(*) FROM sampled_ids SEMI JOIN ({found}) AS f USING (id)")
        if not _enough(wanted and wanted + MARGIN, known, total):
            return False
    return True


def _are_numbers(request: Request, column: str) -> bool:
    """Whether the ids of all tables are whole numbers, which are written in one way: none nearly matches another."""
    return all(table.columns[column].type == "BIGINT" for table in request.tables.values() if column in table.columns)


def _hint(what: str, table: str) -> str:
    where = f"sources: {table}: columns: {what}_id" if table in TABLES else "conversions:"
    return f"Write {what} ids alike in all files; which column holds them is said in attrib.yaml, {where}."


def _enough(wanted: Decimal, known: int, total: int) -> bool:
    return total == 0 or Decimal(int(known)) / Decimal(int(total)) >= wanted


def _stage_touched(con: duckdb.DuckDBPyConnection, table: Table, step: int) -> None:
    """Stage the contact ids of every `step`th touchpoint as ``touched_ids``, in their own type: (id, n)."""
    some = f" AND source_row % {step} = 0" if step > 1 else ""
    table.bring("contact_id", step)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE touched_ids AS SELECT contact_id AS id, {table.counted} AS n"
        f" FROM {table.relation} AS s WHERE contact_id IS NOT NULL{some} GROUP BY 1"
    )
