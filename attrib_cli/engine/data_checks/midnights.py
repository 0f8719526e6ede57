"""Checks whether days without a time of day, which are midnights, lose what happened on the day of a conversion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from attrib_cli.engine.conversions import known_types
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding
from attrib_cli.engine.data_checks.mending import rule
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.sources.parse import utc_to_local
from attrib_cli.engine.sql.id_joins import contact_pairs

MOSTLY = 0.9
"""The part of all conversions that are at midnight from which on they are taken for days."""


@frozen
class _Conversions:
    """Conversions of a table s: their key, moment and condition, and their contacts: a relation (key, contact_id)."""

    table: str
    key: str
    moment: str
    condition: str
    pairs: str
    named: str


def closings_at_midnight(data: CheckedData) -> Iterator[Finding]:
    """Yield that conversions are at midnight, where their contacts did something later that day."""
    if not data.has("touchpoints"):
        return
    for of in _conversions(data):
        yield from _at_midnight(data, of)


def _conversions(data: CheckedData) -> Iterator[_Conversions]:
    """Yield won deals, and the conversions of the configuration, as far as they have moments and contacts."""
    if data.says_won and data.has("deals.closed_at") and (data.has("deal_contacts") or data.has("deals.contact_id")):
        yield _Conversions(
            table="deals",
            key="deal_id",
            moment="closed_at",
            condition=data.won,
            pairs=data.native_pairs(),
            named="won deals close",
        )
    for kind in known_types(data.settings.conversions):
        if kind.configured and data.has(f"{kind.table}.{kind.moment}"):
            pairs = contact_pairs(replace(data.request, report_type=kind))
            yield _Conversions(
                table=kind.table,
                key=kind.key,
                moment=kind.moment,
                condition="true",
                pairs=f"({pairs})",
                named=f"{kind.thing}s are",
            )


def _at_midnight(data: CheckedData, of: _Conversions) -> Iterator[Finding]:
    moment = f"s.{of.moment}"
    local = utc_to_local(moment, data.settings.timezone)
    midnight = f"{of.condition} AND {local} = date_trunc('day', {local})"
    count, total = data.counts(
        f"SELECT count(*) FILTER (WHERE {midnight}), count(*) FROM {data.relation(of.table)}"
        f" WHERE {of.condition} AND {moment} IS NOT NULL"
    )
    if not count or count < total * MOSTLY:
        return
    later = data.stage(
        f"checked_later_that_day_{of.table}",
        f"SELECT DISTINCT d.id, t.source_row FROM (SELECT s.{of.key} AS id, {moment} AS moment"
        f" FROM {data.relation(of.table)} WHERE {midnight}) AS d JOIN {of.pairs} AS p ON p.{of.key} = d.id"
        f" JOIN (SELECT s.contact_id, s.occurred_at, s.source_row FROM {data.relation('touchpoints')}) AS t"
        " ON CAST(t.contact_id AS VARCHAR) = CAST(p.contact_id AS VARCHAR)"
        " WHERE t.occurred_at > d.moment AND t.occurred_at < d.moment + INTERVAL 1 DAY",
    )
    touched, concerned = data.counts(f"SELECT count(DISTINCT source_row), count(DISTINCT id) FROM {later}")
    if touched:
        holds = f"s.{of.key} IN (SELECT id FROM {later})"
        yield Finding(
            check="closings-at-midnight",
            about=f"{of.table}.{of.moment}",
            text=f"{count:,} of {total:,} {of.named} at midnight, as days without a time of day are:"
            f" {touched:,} touchpoints later on that day earn nothing of them",
            level="warning",
            count=concerned,
            total=total,
            value=data.part_of_value(holds) if of.table == "deals" else None,
            examples=data.examples(of.table, f"{midnight} AND {holds}", moment),
            mend=rule(data, of.table, of.moment, "end_of_day: true"),
        )
