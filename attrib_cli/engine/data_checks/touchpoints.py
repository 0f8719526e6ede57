"""Checks of touchpoints: none at all, too many of one contact, those that come too late to earn anything."""

from __future__ import annotations

import json
from collections.abc import Iterator

from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Example, Finding
from attrib_cli.engine.sources.locate import locate

RATE = 50
"""More touchpoints a day than this, over all days from a contact's first to its last, no person has."""

LEAST = 200
"""Contacts with fewer touchpoints than this are not judged by their rate."""


def no_touchpoints(data: CheckedData) -> Iterator[Finding]:
    """Yield that there are no touchpoints: then nothing can be attributed."""
    if data.count_of("touchpoints") == 0:
        yield Finding(
            check="no-touchpoints",
            about="touchpoints",
            text="touchpoints has no rows: nothing can be attributed",
            level="error",
            count=0,
            total=0,
            mend="export them again: was the export cut off?",
        )


def absurd_rates(data: CheckedData) -> Iterator[Finding]:
    """Yield contacts with more touchpoints than a person can have: machines, or one id for many people."""
    rate = "n / (date_diff('day', first_at, last_at) + 1)"
    busy = f"FROM {data.touched()} WHERE n >= {LEAST} AND {rate} > {RATE}"
    contacts, count = data.counts(f"SELECT count(*), sum(n) {busy}")
    if not contacts:
        return
    total = data.count_of("touchpoints")
    worst = [(str(id_), int(str(n))) for id_, n in data.rows(f"SELECT id, n {busy} ORDER BY n DESC, id LIMIT 3")]
    named = data.tables["touchpoints"].columns["contact_id"].header
    machines = json.dumps(f"{named}!={'|'.join(id_ for id_, _ in worst)}", ensure_ascii=False)
    value = None
    if data.has("deals") and (data.has("deal_contacts") or data.has("deals.contact_id")):
        deals = f"SELECT deal_id FROM {data.pairs()} SEMI JOIN (SELECT id {busy}) AS b USING (id)"
        value = data.part_of_value(f"CAST(s.deal_id AS VARCHAR) IN ({deals})")
    yield Finding(
        check="absurd-rates",
        about="touchpoints.contact_id",
        text=f"{contacts:,} contacts have more than {RATE} touchpoints a day, {count:,} of {total:,} in all: "
        "machines, or one id for many people",
        level="warning",
        count=count,
        total=total,
        value=value,
        examples=tuple(
            Example(
                place=locate(data.tables["touchpoints"], column="contact_id", value=id_),
                value=f"{id_} ({n:,} touchpoints)",
            )
            for id_, n in worst
        ),
        mend=f"sources: {{touchpoints: {{where: [{machines}]}}}}",
    )


def after_conversion(data: CheckedData) -> Iterator[Finding]:
    """Yield how many touchpoints of converted contacts come after the last conversion, and so earn nothing."""
    if data.has("deals"):
        if not data.says_won or not data.has("deals.closed_at"):
            return
        last = (
            f"SELECT p.id, max(s.closed_at) AS last_conversion FROM {data.pairs()} AS p"
            f" JOIN {data.relation('deals')} ON CAST(s.deal_id AS VARCHAR) = p.deal_id"
            f" WHERE {data.won} AND s.closed_at IS NOT NULL GROUP BY p.id"
        )
    elif data.has("contacts"):
        last = (
            "SELECT CAST(s.contact_id AS VARCHAR) AS id, max(s.created_at) AS last_conversion"
            f" FROM {data.relation('contacts')} WHERE s.created_at IS NOT NULL GROUP BY ALL"
        )
    else:
        return
    late = data.stage(
        "checked_late",
        f"SELECT t.id, c.last_conversion, t.n, t.first_at > c.last_conversion AS whole FROM {data.touched()} AS t"
        f" JOIN ({last}) AS c USING (id)",
    )
    # Only contacts that have some before and some after must be looked at touchpoint by touchpoint.
    whole, total = data.counts(f"SELECT sum(n) FILTER (WHERE whole), sum(n) FROM {late}")
    some = data.counts(
        f"SELECT count(*) FROM {data.relation('touchpoints')} JOIN (SELECT l.* FROM {late} AS l"
        f" JOIN {data.touched()} AS t USING (id) WHERE NOT l.whole AND t.last_at > l.last_conversion) AS l"
        " ON l.id = CAST(s.contact_id AS VARCHAR) WHERE s.occurred_at > l.last_conversion"
    )[0]
    if whole + some:
        what = "won deal" if data.has("deals") else "creation"
        yield Finding(
            check="touchpoints-after-conversion",
            about="touchpoints.occurred_at",
            text=f"{whole + some:,} of {total:,} touchpoints of contacts that converted come after their last {what}: "
            "they earn nothing",
            level="info" if whole + some < total else "warning",
            count=whole + some,
            total=total,
        )
