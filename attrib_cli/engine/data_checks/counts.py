"""What several checks count of contacts and touchpoints, each in one pass over the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.checks import marked, near
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.sql.id_joins import pair_type

if TYPE_CHECKING:
    from attrib_cli.engine.data_checks.data import CheckedData

RATE = 50
"""More touchpoints a day than this, over all days from a contact's first to its last, no person has."""

LEAST = 200
"""Contacts with fewer touchpoints than this are not judged by their rate."""


@frozen
class ContactCounts:
    """How touchpoints, contacts and the contacts of deals meet; all 0 for a table that is not there.

    `touchpoints` and `contacts` are rows that have a contact_id, `known_touchpoints` and `touched_contacts` those that
    the other table has too. `touched_of_deals` and `known_of_deals` are contacts of deals, each once, that touchpoints
    and contacts have. `many` contacts have as many touchpoints as rates are judged from.
    """

    touchpoints: int
    known_touchpoints: int
    contacts: int
    touched_contacts: int
    touched_of_deals: int
    known_of_deals: int
    many: int


def contact_counts(data: CheckedData) -> ContactCounts:
    """Count contacts in one pass over touchpoints and contacts."""
    types = {
        data.tables[table].columns["contact_id"].type
        for table in ("touchpoints", "contacts")
        if data.has(f"{table}.contact_id")
    }
    owned = data.has("deals") and (data.has("deal_contacts") or data.has("deals.contact_id"))
    types |= {pair_type(data.request)} if owned else set()
    type_ = types.pop() if len(types) == 1 else "VARCHAR"
    touched = (
        f"SELECT contact_id, count(*) AS n FROM {data.relation('touchpoints')}"
        " WHERE contact_id IS NOT NULL GROUP BY contact_id"
        if data.has("touchpoints")
        else "SELECT NULL AS contact_id, 0 AS n WHERE false"
    )
    known = "SELECT NULL AS contact_id, 0 AS n WHERE false"
    once = data.has("contacts") and not data.repeated("contacts").total
    if data.has("contacts"):
        known = (
            f"SELECT contact_id, {'1' if once else 'count(*)'} AS n FROM {data.relation('contacts')}"
            f" WHERE contact_id IS NOT NULL{'' if once else ' GROUP BY contact_id'}"
        )
    of_deals = f"SELECT DISTINCT contact_id FROM {data.native_pairs()}" if owned else "SELECT NULL AS contact_id"
    if type_ == "BIGINT" and once and data.has("touchpoints"):
        quick = _by_bits(data, touched, of_deals)
        if quick is not None:
            return quick
    found = data.counts(
        "SELECT sum(t.n), sum(t.n) FILTER (WHERE c.id IS NOT NULL), sum(c.n), sum(c.n) FILTER (WHERE t.id IS NOT NULL),"
        " count(d.id) FILTER (WHERE t.id IS NOT NULL), count(d.id) FILTER (WHERE c.id IS NOT NULL),"
        f" count(*) FILTER (WHERE t.n >= {LEAST})"
        f" FROM (SELECT CAST(contact_id AS {type_}) AS id, n FROM ({touched}) AS s) AS t"
        f" FULL JOIN (SELECT CAST(contact_id AS {type_}) AS id, n FROM ({known}) AS s) AS c ON c.id = t.id"
        f" LEFT JOIN (SELECT CAST(contact_id AS {type_}) AS id FROM ({of_deals}) AS s) AS d"
        " ON d.id = coalesce(t.id, c.id)"
    )
    return _counted(found)


def _counted(found: Sequence[int]) -> ContactCounts:
    return ContactCounts(
        touchpoints=found[0],
        known_touchpoints=found[1],
        contacts=found[2],
        touched_contacts=found[3],
        touched_of_deals=found[4],
        known_of_deals=found[5],
        many=found[6],
    )


def _by_bits(data: CheckedData, touched: str, of_deals: str) -> ContactCounts | None:
    """Count contacts whose ids are whole numbers near each other, each once in contacts, by a list of bits for a table.

    That takes a quarter less than joining the tables. None where ids lie too far from each other.
    """
    contacts = data.relation("contacts")
    ends = "min(contact_id) AS least, max(contact_id) AS most, count(contact_id) AS n"
    rows = [data.relation("touchpoints"), contacts, f"({of_deals}) AS d"]
    every = " UNION ALL ".join(f"SELECT {ends} FROM {one}" for one in rows)
    least, most, known = data.counts(f"SELECT min(least), max(most), max(n) FROM ({every}) AS s")
    if not known or not near(least, most, known):
        return None
    bits, of_touched = marked("contact_id", least, most), marked("s.contact_id", least, most)
    place = f"s.contact_id - CAST({least} AS BIGINT)"
    found = data.counts(
        f"WITH s AS MATERIALIZED ({touched}),"
        f" c AS MATERIALIZED (SELECT count(contact_id) AS n, {bits} AS ids FROM {contacts}),"
        f" d AS (SELECT {bits} AS ids FROM ({of_deals}) AS o),"
        f" t AS (SELECT sum(s.n) AS n, count(*) FILTER (WHERE s.n >= {LEAST}) AS many, {of_touched} AS ids,"
        f" sum(s.n) FILTER (WHERE get_bit(c.ids, CAST({place} AS INTEGER)) = 1) AS known"
        " FROM s, c)"
        " SELECT t.n, t.known, c.n, bit_count(t.ids & c.ids), bit_count(t.ids & d.ids), bit_count(c.ids & d.ids),"
        " t.many FROM t, c, d"
    )
    return _counted(found)


def busy(data: CheckedData) -> str:
    """Return the query of contacts with more touchpoints than a person has: (id VARCHAR, n), one row for each."""
    touchpoints = data.relation("touchpoints")
    many = f"SELECT contact_id FROM {touchpoints} GROUP BY contact_id HAVING count(*) >= {LEAST}"
    # Times are read of these few alone: the first and the last of every contact cost as much as all other counts.
    return (
        f"SELECT CAST(contact_id AS VARCHAR) AS id, count(*) AS n FROM {touchpoints}"
        f" WHERE contact_id IN ({many}) GROUP BY contact_id"
        f" HAVING count(*) / (date_diff('day', min(occurred_at), max(occurred_at)) + 1) > {RATE}"
    )


def days(data: CheckedData) -> str:
    """Return the query of the days of touchpoints in UTC: one row for each, and one without a day for those of no time.

    It has (day DATE, n, with_contact, converted, late): touchpoints, those that have a contact, those of a contact that
    converted, and of these the ones that come after its last conversion.
    """
    last = _last_conversions(data)
    converted, join = "0 AS converted, 0 AS late", ""
    if last is not None:
        query, type_ = last
        own = data.tables["touchpoints"].columns["contact_id"].type
        common = own if own == type_ else "VARCHAR"
        converted = "count(l.last_at) AS converted, count(*) FILTER (WHERE s.occurred_at > l.last_at) AS late"
        join = (
            f" LEFT JOIN (SELECT CAST(contact_id AS {common}) AS id, last_at FROM ({query}) AS c) AS l"
            f" ON l.id = CAST(s.contact_id AS {common})"
        )
    return (
        f"SELECT CAST(s.occurred_at AS DATE) AS day, count(*) AS n, count(s.contact_id) AS with_contact, {converted}"
        f" FROM {data.relation('touchpoints')}{join} GROUP BY 1"
    )


def _last_conversions(data: CheckedData) -> tuple[str, str] | None:
    """Return a query of (contact_id, last_at), the last conversion of each contact, and the type of its ids.

    None where no conversion has a time.
    """
    if data.has("deals"):
        if not data.says_won or not data.has("deals.closed_at"):
            return None
        query = (
            f"SELECT p.contact_id, max(s.closed_at) AS last_at FROM {data.native_pairs()} AS p"
            f" JOIN {data.relation('deals')} ON s.deal_id = p.deal_id"
            f" WHERE {data.won} AND s.closed_at IS NOT NULL GROUP BY p.contact_id"
        )
        return query, pair_type(data.request)
    if not data.has("contacts"):
        return None
    query = (
        f"SELECT s.contact_id, max(s.created_at) AS last_at FROM {data.relation('contacts')}"
        " WHERE s.created_at IS NOT NULL GROUP BY s.contact_id"
    )
    return query, data.tables["contacts"].columns["contact_id"].type
