"""What a worker has to hold of the tables to gather its shard of the journeys.

Touchpoints go to every shard that has a deal of their contact, since a journey is never cut; what is counted where is
said by `Shard.owns`.
"""

from __future__ import annotations

from dataclasses import replace

from attrib_cli.engine.sql.id_joins import contact_pairs, deal_id, equal_ids, pair_type
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.shards import Shard


def restricted(request: Request) -> dict[str, str]:
    """What a worker has to hold to gather its shard: table name -> a SELECT of these rows of the request's relation.

    Of touchpoints, contacts and deal_contacts: those of contacts that have a deal of the shard, or belong to it
    themselves. Of deals: those of the shard, and those whose own contact belongs to it. Campaigns and their spend are
    needed whole wherever something is labelled.
    """
    shard = request.shard
    if shard is None:
        return {name: f"SELECT * FROM {table.relation} AS s" for name, table in request.tables.items()}
    found: dict[str, str] = {}
    pairs = contact_pairs(request) if "deals" in request.tables else None
    for name, table in request.tables.items():
        source = f"SELECT * FROM {table.relation} AS s"
        conditions: list[str] = []
        if name in ("touchpoints", "contacts"):
            conditions = [shard.owns("s.contact_id")]
            if pairs is not None:
                same = equal_ids("q.contact_id", pair_type(request), "s.contact_id", table.columns["contact_id"].type)
                conditions.append(f"EXISTS (SELECT 1 FROM ({pairs}) AS q WHERE {same} AND {shard.owns('q.deal_id')})")
        elif name in ("deals", "deal_contacts"):
            conditions = [shard.owns(deal_id(request, name))]
            conditions += [shard.owns("s.contact_id")] if request.has(name, "contact_id") else []
        found[name] = source + (f"\nWHERE {' OR '.join(conditions)}" if conditions else "")
    return found


def sharded(request: Request, number: int, count: int) -> Request:
    """Return the request for the conversions, contacts and rows of one shard."""
    return replace(request, shard=Shard(number=number, count=count))
