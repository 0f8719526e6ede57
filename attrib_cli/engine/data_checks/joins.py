"""Checks of joins, in both directions: which ids of a table the other has, and what those that match none look like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding, Level
from attrib_cli.engine.data_checks.mending import of_near_ids, of_other_ids
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.id_comparison import Near, Side, both_sides, ids_of, nearly_matching
from attrib_cli.engine.sql.campaigns import campaign_parts
from attrib_cli.engine.sql.cte import with_clause

MANY = 100_000
"""More ids without a match than this are looked at in a part first, to say whether they nearly match."""


@frozen
class _Join:
    """One direction of a join: rows of `left` count as matched where their id is one of `right`'s.

    `wanted` is the part that must match, None where rows without a match are nothing bad. `text` says what matches,
    with {known} and {total}; `by_id` counts ids in place of rows. `deals` says what ties a deal to the join, where the
    amount of those without a match is told: its ``deal_id``, or its ``contact``s. `shown` is the table and column in
    which examples of ids without a match stand. The sides are made where some match none. `counted` are how many there
    are and how many match, where that is known. Ids that are `whole` numbers on both sides cannot nearly match.
    """

    check: str
    left: Callable[[], Side]
    right: Callable[[], Side]
    text: str
    shown: tuple[str, str]
    wanted: Decimal | None
    by_id: bool = False
    mend: str | None = None
    deals: str | None = None
    counted: tuple[int, int] | None = None
    whole: bool = False


def deals_and_contacts(data: CheckedData) -> Iterator[Finding]:
    """Yield how many deals have contacts, and how many rows of `deal_contacts` have their deal and contact."""
    if not data.has("deals"):
        return
    deals = Side(table="deals", query=ids_of(data.tables["deals"].relation, "deal_id"))
    owned = f"(SELECT deal_id FROM {data.pairs()})"
    pairs = Side(table="deal_contacts", query=ids_of(owned, "deal_id"))
    if data.has("deal_contacts") or data.has("deals.contact_id"):
        yield from _joined(
            data,
            _Join(
                check="deals-without-contacts",
                left=lambda: deals,
                right=lambda: pairs,
                text="{known} of {total} deals have contacts; others are unattributed",
                shown=("deals", "deal_id"),
                wanted=data.settings.warn_below.deals,
                mend="sources: {deal_contacts: {columns: {deal_id: <header>, contact_id: <header>}}}",
                deals="deal_id",
                counted=data.matched("deals", "deal_id", data.native_pairs()),
                whole=data.whole("deals.deal_id"),
            ),
        )
    else:
        yield Finding(
            check="deals-without-contacts",
            about="deals",
            text="nothing says whose deals these are (no deal_contacts, no contact_id in deals): all are unattributed",
            level="error",
            count=data.count_of("deals"),
            total=data.count_of("deals"),
            value=Decimal(1) if data.won_amount else None,
            mend="sources: {deals: {columns: {contact_id: <header>}}}",
        )
    if data.has("deal_contacts"):
        named = Side(table="deal_contacts", query=ids_of(data.tables["deal_contacts"].relation, "deal_id"))
        yield from _joined(
            data,
            _Join(
                check="unknown-deals",
                left=lambda: named,
                right=lambda: deals,
                text="{known} of {total} rows of deal_contacts name a deal that deals has",
                shown=("deal_contacts", "deal_id"),
                wanted=Decimal("0.5"),
                counted=data.matched("deal_contacts", "deal_id", "deals"),
                whole=data.whole("deal_contacts.deal_id", "deals.deal_id"),
            ),
        )
    if data.has("contacts") and (data.has("deal_contacts") or data.has("deals.contact_id")):
        contacts = Side(table="contacts", query=ids_of(data.tables["contacts"].relation, "contact_id"))
        table = "deal_contacts" if data.has("deal_contacts") else "deals"
        owners = [f"{name}.contact_id" for name in ("deal_contacts", "deals") if data.has(f"{name}.contact_id")]
        yield from _joined(
            data,
            _Join(
                check="unknown-contacts-of-deals",
                left=lambda: Side(table=table, query=f"SELECT id, count(*) AS n FROM {data.pairs()} GROUP BY id"),
                right=lambda: contacts,
                text="{known} of {total} contacts of the deals are in contacts; of others no creation date is known",
                shown=(table, "contact_id"),
                wanted=Decimal("0.5"),
                by_id=True,
                counted=(data.contacts_of_deals, data.contact_counts.known_of_deals),
                whole=data.whole("contacts.contact_id", *owners),
            ),
        )


def contacts_and_touchpoints(data: CheckedData) -> Iterator[Finding]:
    """Yield how many contacts have touchpoints, and of how many touchpoints the contact is known."""

    def touched() -> Side:
        return Side(table="touchpoints", query=f"SELECT id, n FROM {data.touched()}")

    mend = "sources: {touchpoints: {columns: {contact_id: <header of the id that the other tables have>}}}"
    if data.has("deals") and (data.has("deal_contacts") or data.has("deals.contact_id")):
        table = "deal_contacts" if data.has("deal_contacts") else "deals"
        owners = [f"{name}.contact_id" for name in ("deal_contacts", "deals") if data.has(f"{name}.contact_id")]
        yield from _joined(
            data,
            _Join(
                check="contacts-without-touchpoints",
                left=lambda: Side(table=table, query=f"SELECT id, count(*) AS n FROM {data.pairs()} GROUP BY id"),
                right=touched,
                text="{known} of {total} contacts of the deals have a touchpoint; deals without any are unattributed",
                shown=(table, "contact_id"),
                wanted=data.settings.warn_below.contacts,
                by_id=True,
                mend=mend,
                deals="contact",
                counted=(data.contacts_of_deals, data.contact_counts.touched_of_deals),
                whole=data.whole("touchpoints.contact_id", *owners),
            ),
        )
    if not data.has("contacts"):
        return
    contacts = Side(table="contacts", query=ids_of(data.tables["contacts"].relation, "contact_id"))
    yield from _joined(
        data,
        _Join(
            check="untouched-contacts",
            left=lambda: contacts,
            right=touched,
            text="{known} of {total} contacts have a touchpoint",
            shown=("contacts", "contact_id"),
            wanted=None if data.has("deals") else data.settings.warn_below.contacts,
            mend=mend,
            counted=(data.contact_counts.contacts, data.contact_counts.touched_contacts),
            whole=data.whole("touchpoints.contact_id", "contacts.contact_id"),
        ),
    )
    yield from _joined(
        data,
        _Join(
            check="touchpoints-without-contact",
            left=touched,
            right=lambda: contacts,
            text="{known} of {total} touchpoints are of a contact that contacts has",
            shown=("touchpoints", "contact_id"),
            wanted=data.settings.warn_below.touchpoints,
            mend=mend,
            counted=(data.contact_counts.touchpoints, data.contact_counts.known_touchpoints),
            whole=data.whole("touchpoints.contact_id", "contacts.contact_id"),
        ),
    )


def campaigns_and_touchpoints(data: CheckedData) -> Iterator[Finding]:
    """Yield how many touchpoints name a campaign that is known, and how many campaigns have touchpoints."""
    if not data.has("campaigns") or not data.request.needs_campaign:
        return
    named = Side(table="touchpoints", query=f"SELECT id, n FROM {data.touched_campaigns()}")
    keys = with_clause(campaign_parts(data.request))
    known = Side(table="campaigns", query=f"{keys}SELECT campaign_key AS id, 1 AS n FROM campaign_keys")
    yield from _joined(
        data,
        _Join(
            check="unknown-campaigns",
            left=lambda: named,
            right=lambda: known,
            text="{known} of {total} touchpoints with a campaign name one that campaigns has; others show their text"
            if data.request.campaign_rules is None
            else "{known} of {total} times that a touchpoint belongs to a campaign, campaigns has it; others show text",
            shown=("touchpoints", "campaign_id"),
            wanted=data.settings.warn_below.campaigns,
            mend="sources: {touchpoints: {columns: {campaign_id: <header of the campaign's id or name>}}}",
        ),
    )
    whole = data.relation("campaigns")
    touched = (
        f"{keys}SELECT DISTINCT k.campaign_id FROM campaign_keys AS k JOIN {data.touched_campaigns()} AS t"
        " ON t.id = k.campaign_key"
    )
    idle = f"s.campaign_id NOT IN ({touched})"
    count, total = data.counts(f"SELECT count(*) FILTER (WHERE {idle}), count(*) FROM {whole}")
    if count:
        yield Finding(
            check="campaigns-without-touchpoints",
            about="campaigns.campaign_id",
            text=f"{count:,} of {total:,} campaigns have no touchpoint: they get no credit",
            level="info" if count < total else "warning",
            count=count,
            total=total,
            examples=data.examples("campaigns", idle, "coalesce(s.name, CAST(s.campaign_id AS VARCHAR))"),
            mend="export their interactions, or leave these campaigns out",
        )


def _joined(data: CheckedData, join: _Join) -> Iterator[Finding]:
    """Yield what one direction of a join comes to; nothing where the table on the left has no ids."""
    total, known = join.counted or _counted(data, join)
    if not total:
        return
    text = join.text.format(known=f"{known:,}", total=f"{total:,}")
    about = ".".join(join.shown)
    if known == total:
        yield Finding(check=join.check, about=about, text=text, level="info", count=0, total=total)
        return
    ids, others = join.left(), join.right()
    near = None
    if not join.whole:
        right = data.stage(f"checked_right_{join.check.replace('-', '_')}", f"SELECT id, n FROM ({others.query}) AS r")
        unmatched = f"SELECT id, n FROM ({ids.query}) AS s ANTI JOIN {right} AS r USING (id)"
        near = _near(data, Side(table=ids.table, query=unmatched), others.table, right)
    level: Level = "info"
    mend = join.mend
    if near is not None:
        level = "warning"
        text = f"{text}; {near.words()}"
        mend = of_near_ids(data, near, join.shown) or mend
    if join.wanted is not None and Decimal(known) / Decimal(total) < join.wanted:
        level = "error" if not known else "warning"
        if near is None and (not known or _has_strays(data, ids, others)):
            text = f"{text}: {both_sides(data.con, ids, others)}"
            mend = of_other_ids(data, ids, others, join.shown) or mend
        elif near is None:
            mend = None
    table, column = join.shown
    strange = f"CAST(s.{column} AS VARCHAR) NOT IN (SELECT id FROM ({others.query}) AS r WHERE id IS NOT NULL)"
    yield Finding(
        check=join.check,
        about=about,
        text=text,
        level=level,
        count=total - known,
        total=total,
        value=_value(data, join),
        examples=data.examples(table, strange, f"s.{column}") if data.has(f"{table}.{column}") else (),
        mend=None if level == "info" else mend,
    )


def _has_strays(data: CheckedData, ids: Side, others: Side) -> bool:
    """Whether some of the other ids match none either, as where the two are not written alike, or are different ids."""
    stray = (
        f"SELECT 1 FROM ({others.query}) AS r ANTI JOIN ({ids.query}) AS s USING (id) WHERE r.id IS NOT NULL LIMIT 1"
    )
    return bool(data.con.execute(stray).fetchall())


def _counted(data: CheckedData, join: _Join) -> tuple[int, ...]:
    """Return how many rows, or ids, a join has on its left, and how many of them match."""
    n = "1" if join.by_id else "n"
    return data.counts(
        f"SELECT sum({n}), sum({n}) FILTER (WHERE o.id IS NOT NULL) FROM ({join.left().query}) AS s"
        f" LEFT JOIN (SELECT DISTINCT id FROM ({join.right().query}) AS r) AS o USING (id)"
    )


def _near(data: CheckedData, left: Side, table: str, right: str) -> Near | None:
    """Return which ids of `left` nearly match: of very many a part is looked at first, and all where it shows cause."""
    others, every = Side(table=table, query=f"SELECT id, n FROM {right}"), f"SELECT id FROM {right}"
    (count,) = data.counts(f"SELECT count(*) FROM ({left.query}) AS s")
    if count > MANY:
        some = f"SELECT id, n FROM ({left.query}) AS s WHERE hash(id) % {count // (MANY // 4)} = 0"
        if nearly_matching(data.con, Side(table=left.table, query=some), others, every) is None:
            return None
    return nearly_matching(data.con, left, others, every)


def _value(data: CheckedData, join: _Join) -> Decimal | None:
    """Return the part of the won amount that is of deals left without a match."""
    if join.deals is None:
        return None
    matched = f"SELECT deal_id FROM {data.pairs()}"
    if join.deals == "contact":
        matched += f" SEMI JOIN ({join.right().query}) AS r USING (id)"
    return data.part_of_value(f"CAST(s.deal_id AS VARCHAR) NOT IN ({matched})")
