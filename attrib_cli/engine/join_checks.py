"""How well the tables of a report join: what its conversions' contacts and campaigns find in the other tables.

A report whose ids do not match is not wrong in itself: everything is unattributed, or a part of it, which looks like a
fact about marketing. So the tables that are staged anyway are asked how much of them joined, and ids that nearly match
are looked for among those that do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.ids import SEPARATORS, difference, looks, normal_form
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.sources.table import label
from attrib_cli.engine.sql.id_joins import contact_pairs

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources import Table
    from attrib_cli.engine.sql.resolved import Request

SHOWN = 3
"""How many ids of each side a warning shows."""

SAMPLED = 200_000
"""Touchpoints up to which all of them are looked at; of more, a sample of about so many, and all where it shows cause."""

DOUBTFUL = Decimal("0.05")
"""The part of conversions without interactions from which ids of many touchpoints are looked at."""

FEW = 10
"""So few ids are no reason to warn as long as the others of the table match."""

_IDS = 40


@dataclass(frozen=True, kw_only=True)
class _Side:
    """The ids of one side of a join: a query of (id VARCHAR, n) with each id once, and the table that they are in."""

    table: str
    query: str


def join_notes(
    con: duckdb.DuckDBPyConnection, request: Request, *, conversions: str, members: str, unattributed: int | None
) -> tuple[Note, ...]:
    """Return warnings about ids of the request's tables that do not match, none where they do.

    `conversions` and `members` are relations with a row for each conversion, and for each contact of a conversion (of
    contacts the conversions themselves). `unattributed` conversions have no interactions; None where that is not known.
    Tables of any size are looked at whole only where there is cause: see `SAMPLED` and `DOUBTFUL`.
    """
    touchpoints = request.tables["touchpoints"]
    rows = _count(con, f"SELECT count(*) FROM {touchpoints.relation} AS s") if touchpoints.rows is None else touchpoints.rows
    if rows == 0:
        return (_no_touchpoints(touchpoints),)
    total = _count(con, f"SELECT count(*) FROM {conversions} AS s")
    if not total or unattributed == 0:
        return ()
    if request.report_type.pooled:
        found = _deals(con, request, conversions, members, total)
        if found is not None and not _count(con, f"SELECT count(*) FROM {members} AS s"):
            return (found,)
        notes = [found] if found is not None else []
    else:
        notes = []
    part = Decimal(total if unattributed is None else unattributed) / total
    if rows <= SAMPLED or part >= DOUBTFUL:
        notes += _contacts(con, request, members, rows, part)
    return tuple(notes)


def campaign_notes(con: duckdb.DuckDBPyConnection, request: Request) -> tuple[Note, ...]:
    """Return a warning where campaign ids of the interactions in the cube stand in no row of ``campaigns``."""
    if not request.needs_campaign or "campaigns" not in request.tables:
        return ()
    named = (
        "SELECT CAST(campaign_key AS VARCHAR) AS id, CAST(sum(interactions) AS BIGINT) AS n FROM cube"
        " WHERE cell = 'credit' AND campaign_key IS NOT NULL GROUP BY 1"
    )
    known = f"SELECT DISTINCT CAST(campaign_id AS VARCHAR) AS id, 1 AS n FROM {request.tables['campaigns'].relation} AS s"
    total, strange, unknown = con.execute(
        f"SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE k.id IS NULL), 0), count(*) FILTER (WHERE k.id IS NULL)"
        f" FROM ({named}) AS s LEFT JOIN ({known}) AS k USING (id)"
    ).fetchall()[0]
    if not strange:
        return ()
    left, right = _Side(table="touchpoints", query=named), _Side(table="campaigns", query=known)
    near = _near(con, left, right, known)
    said = (("interactions", int(total)), ("without_campaign", int(strange)), ("campaign_ids", int(unknown)))
    hint = "Rows show the ids themselves; add them to campaigns, or write them alike."
    text = f"{strange:,} of {total:,} interactions with a campaign name one that campaigns does not have"
    if near is not None:
        return (Note(code="campaigns-nearly-match", text=f"{text}: {near.words()}", counts=said, hint=hint),)
    if 1 - Decimal(strange) / Decimal(total) >= request.settings.warn_below.campaigns:
        return ()
    return (Note(code="campaigns-without-match", text=f"{text}: {_both(con, left, right)}", counts=said, hint=hint),)


def _no_touchpoints(table: Table) -> Note:
    place = label(table.source, table.source.paths[0])
    more = f" and {len(table.source.paths) - 1} more files" if len(table.source.paths) > 1 else ""
    return Note(
        code="no-touchpoints",
        text=f"touchpoints has no rows ({place}{more} only a header): nothing can be attributed",
        counts=(("touchpoints", 0),),
        hint="Was the export cut off?",
    )


def _deals(
    con: duckdb.DuckDBPyConnection, request: Request, conversions: str, members: str, total: int
) -> Note | None:
    """Return a warning where deals have no contacts because their ids do not match, or too few have any."""
    tables = [name for name in ("deal_contacts", "deals") if request.has(name, "contact_id")]
    if not tables:
        return None
    known = _count(con, f"SELECT count(DISTINCT conversion) FROM {members} AS s")
    if known == total:
        return None
    text = f"{known:,} of {total:,} deals have contacts"
    said = (("deals", total), ("deals_with_contacts", known))
    if "deal_contacts" not in tables:
        if _enough(request.settings.warn_below.deals, known, total):
            return None
        return Note(code="deals-without-contacts", text=f"{text} (deals has a contact_id, which is empty)", counts=said)
    named = _ids(request.tables["deal_contacts"].relation, "deal_id")
    every = _ids(request.tables["deals"].relation, "deal_id")
    own = f"SELECT CAST(conversion AS VARCHAR) AS id, 1 AS n FROM {conversions} AS s"
    left, right = _Side(table="deal_contacts", query=named), _Side(table="deals", query=own)
    hint = "Write deal ids alike in both tables; a configuration's columns: say which column holds them."
    near = _near(con, left, right, every)
    if near is not None:
        return Note(code="deals-nearly-match", text=f"{text}; {near.words()}", counts=said, hint=hint)
    if _enough(request.settings.warn_below.deals, known, total):
        return None
    if total < FEW:
        matched = _count(con, f"SELECT count(*) FROM ({every}) AS s SEMI JOIN ({named}) AS t USING (id)")
        if _enough(request.settings.warn_below.deals, matched, _count(con, f"SELECT count(*) FROM ({every}) AS s")):
            return None
    text = f"{text}: {_both(con, left, right)}"
    return Note(code="deals-without-contacts", text=text, counts=said, hint=hint)


def _contacts(
    con: duckdb.DuckDBPyConnection, request: Request, members: str, rows: int, unattributed: Decimal
) -> list[Note]:
    """Return a warning where contacts of conversions have no touchpoint, and touchpoints none of these contacts."""
    below = request.settings.warn_below
    pooled = request.report_type.pooled
    owner = "deal_contacts" if request.has("deal_contacts", "contact_id") and pooled else request.report_type.table
    own = _ids(members, "contact_id" if pooled else "conversion")
    every = _ids(f"({contact_pairs(request)})" if pooled else request.tables["contacts"].relation, "contact_id")
    step = -(-rows // SAMPLED)
    if step > 1 and unattributed >= 1 - below.contacts:
        step = 1
    while True:
        _stage_touched(con, request.tables["touchpoints"], step)
        touched = "SELECT id, n FROM touched_ids"
        left, right = _Side(table="touchpoints", query=touched), _Side(table=owner, query=own)
        near = _near(con, left, right, every)
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
    whose = "of the deals" if pooled else "reported"
    text = f"{known:,} of {total:,} contacts {whose} have a touchpoint"
    said = (("contacts", int(total)), ("contacts_with_touchpoints", int(known)))
    hint = f"Write contact ids alike in touchpoints and {owner}; a configuration's columns: say which column holds them."
    if near is not None:
        said = (*said, ("touchpoints_nearly_matching", near.rows))
        return [Note(code="contacts-nearly-match", text=f"{text}; {near.words()}", counts=said, hint=hint)]
    if not _enough(below.contacts, known, total):
        among, matched = con.execute(
            f"SELECT count(*), count(t.id) FROM ({every}) AS s LEFT JOIN ({touched}) AS t USING (id)"
        ).fetchall()[0]
        if total >= FEW or not _enough(below.contacts, matched, among):
            text = f"{text}: {_both(con, left, right)}"
            return [Note(code="contacts-without-touchpoints", text=text, counts=said, hint=hint)]
    if pooled:
        return []
    named, ours = con.execute(
        f"SELECT sum(t.n), coalesce(sum(t.n) FILTER (WHERE s.id IS NOT NULL), 0)"
        f" FROM ({touched}) AS t LEFT JOIN ({every}) AS s USING (id)"
    ).fetchall()[0]
    if not named or _enough(below.touchpoints, ours, named):
        return []
    text = f"{ours:,} of {named:,} touchpoints are of a contact that contacts has: {_both(con, left, right, every)}"
    said = (("touchpoints", int(named)), ("touchpoints_of_contacts", int(ours)))
    return [Note(code="touchpoints-without-contact", text=text, counts=said, hint=hint)]


def _enough(wanted: Decimal, known: int, total: int) -> bool:
    return total == 0 or Decimal(int(known)) / Decimal(int(total)) >= wanted


def _ids(relation: str, column: str) -> str:
    return f"SELECT CAST({column} AS VARCHAR) AS id, count(*) AS n FROM {relation} AS s WHERE {column} IS NOT NULL GROUP BY 1"


def _stage_touched(con: duckdb.DuckDBPyConnection, table: Table, step: int) -> None:
    """Stage the contact ids of every `step`th touchpoint as ``touched_ids``: (id, n)."""
    some = f" AND source_row % {step} = 0" if step > 1 else ""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE touched_ids AS SELECT CAST(contact_id AS VARCHAR) AS id, count(*) AS n"
        f" FROM {table.relation} AS s WHERE contact_id IS NOT NULL{some} GROUP BY 1"
    )


@dataclass(frozen=True, kw_only=True)
class _Near:
    """Ids of one side that are none of the other, but would be if written alike: pairs, how many, and their rows."""

    left: _Side
    right: _Side
    pairs: tuple[tuple[str, str], ...]
    ids: int
    rows: int

    def words(self) -> str:
        """Return what is said of them, with up to three pairs and how each of them differs."""
        shown = "; ".join(f"{_quoted(one)} for {_quoted(other)} ({difference(one, other)})" for one, other in self.pairs)
        more = f"; and {self.ids - len(self.pairs):,} more" if self.ids > len(self.pairs) else ""
        verb = "id matches" if self.ids == 1 else "ids match"
        return f"{self.ids:,} {verb} but for the way of writing, {self.left.table} having {shown}{more}"


def _near(con: duckdb.DuckDBPyConnection, left: _Side, right: _Side, every: str) -> _Near | None:
    """Return ids of `left` that are none of `every` id of the other table, but nearly one of `right`; None for none."""
    pieces = "unnest(list_distinct([id] || list_transform({0}, lambda x: trim(x)))) AS piece"
    separated = f"CASE WHEN regexp_matches(id, {literal(f'[{SEPARATORS}]')}) THEN regexp_split_to_array(id, {literal(f'[{SEPARATORS}]')}) ELSE [] END"
    spread = f"SELECT id, n, {pieces.format(separated)} FROM"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE near_ids AS SELECT a.id AS one, any_value(a.n) AS n, min(b.id) AS other FROM"
        f" (SELECT id, n, {normal_form('piece')} AS form FROM ({spread} ({left.query}) AS s ANTI JOIN ({every}) AS e USING (id)))"
        f" AS a JOIN (SELECT id, {normal_form('piece')} AS form FROM ({spread} ({right.query}) AS s)) AS b"
        " ON a.form = b.form WHERE a.form <> '' GROUP BY a.id"
    )
    ids, rows = con.execute("SELECT count(*), coalesce(sum(n), 0) FROM near_ids").fetchall()[0]
    if not ids:
        return None
    pairs = con.execute(f"SELECT one, other FROM near_ids ORDER BY n DESC, one LIMIT {SHOWN}").fetchall()
    return _Near(left=left, right=right, pairs=tuple(pairs), ids=int(ids), rows=int(rows))


def _both(con: duckdb.DuckDBPyConnection, left: _Side, right: _Side, every: str | None = None) -> str:
    """Return what the ids of both sides that match none look like, with examples."""
    return ", ".join(
        _said(con, side, other) for side, other in ((left, every or right.query), (right, left.query))
    )


def _said(con: duckdb.DuckDBPyConnection, side: _Side, other: str) -> str:
    query = f"SELECT id FROM ({side.query}) AS s ANTI JOIN ({other}) AS o USING (id) ORDER BY id LIMIT {_IDS}"
    ids = [str(id_) for (id_,) in con.execute(query).fetchall()]
    if not ids:
        return f"{side.table} has none that would be missing there"
    look = looks(ids)
    shown = ", ".join(map(_quoted, ids[:SHOWN]))
    return f"{side.table} has {look} ({shown})" if look else f"{side.table} has {shown}"


def _quoted(id_: str) -> str:
    shown = id_ if len(id_) <= 40 else id_[:39] + "…"
    return "'" + "".join(c if c.isprintable() else "␣" for c in shown) + "'"


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.execute(query).fetchall()[0][0])


__all__: Sequence[str] = ("campaign_notes", "join_notes")
