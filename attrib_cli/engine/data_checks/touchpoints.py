"""Checks of touchpoints: none at all, too many of one contact, those that come too late to earn anything."""

from __future__ import annotations

import json
from collections.abc import Iterator

from attrib_cli.engine.data_checks.counts import RATE, busy
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Example, Finding
from attrib_cli.engine.sources.locate import locate


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
    if not data.contact_counts.many:
        return
    machines = data.stage("checked_busy", busy(data))
    contacts, count = data.counts(f"SELECT count(*), sum(n) FROM {machines}")
    if not contacts:
        return
    total = data.count_of("touchpoints")
    worst = [
        (str(id_), int(str(n))) for id_, n in data.rows(f"SELECT id, n FROM {machines} ORDER BY n DESC, id LIMIT 3")
    ]
    named = data.tables["touchpoints"].columns["contact_id"].header
    without = json.dumps(f"{named}!={'|'.join(id_ for id_, _ in worst)}", ensure_ascii=False)
    value = None
    if data.has("deals") and (data.has("deal_contacts") or data.has("deals.contact_id")):
        deals = f"SELECT deal_id FROM {data.pairs()} SEMI JOIN {machines} AS b USING (id)"
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
        mend=f"sources: {{touchpoints: {{where: [{without}]}}}}",
    )


def after_conversion(data: CheckedData) -> Iterator[Finding]:
    """Yield how many touchpoints of converted contacts come after the last conversion, and so earn nothing."""
    late, total = data.counts(f"SELECT sum(late), sum(converted) FROM {data.days()}")
    if late:
        what = "won deal" if data.has("deals") else "creation"
        yield Finding(
            check="touchpoints-after-conversion",
            about="touchpoints.occurred_at",
            text=f"{late:,} of {total:,} touchpoints of contacts that converted come after their last {what}: "
            "they earn nothing",
            level="info" if late < total else "warning",
            count=late,
            total=total,
        )
