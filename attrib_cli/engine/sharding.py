"""What a worker has to hold of the tables to gather its shard of the journeys.

Touchpoints go to every shard that has a deal of their contact, since a journey is never cut; what is counted where is
said by `Shard.owns`.
"""

from __future__ import annotations

from dataclasses import replace

from attrib_cli.engine.sql.id_joins import contact_pairs, deal_id, deal_pair_type, deal_pairs, equal_ids, pair_type
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.shards import Shard


def restricted(request: Request) -> dict[str, str]:
    """What a worker has to hold to gather its shard: table name -> a SELECT of these rows of the request's relation.

    Of touchpoints, contacts and deal_contacts: those of contacts that have a deal of the shard, or belong to it
    themselves. Of deals: those of the shard, and those whose own contact belongs to it. Conversions of the
    configuration are there whole, since they say which contacts are without one, and so are the deals that they name.
    Campaigns and their spend are needed whole wherever something is labelled.
    """
    shard = request.shard
    if shard is None:
        return {name: f"SELECT * FROM {table.relation} AS s" for name, table in request.tables.items()}
    found: dict[str, str] = {}
    kind = request.report_type
    pairs = []
    if "deals" in request.tables:
        pairs.append((deal_pairs(request), "deal_id", deal_pair_type(request)))
    if kind.configured:
        pairs.append((contact_pairs(request), kind.key, pair_type(request)))
    for name, table in request.tables.items():
        source = f"SELECT * FROM {table.relation} AS s"
        conditions: list[str] = []
        if name in ("touchpoints", "contacts"):
            conditions = [shard.owns("s.contact_id")]
            for query, key, type_ in pairs:
                same = equal_ids("q.contact_id", type_, "s.contact_id", table.columns["contact_id"].type)
                conditions.append(f"EXISTS (SELECT 1 FROM ({query}) AS q WHERE {same} AND {shard.owns(f'q.{key}')})")
        elif name in ("deals", "deal_contacts") and kind.whose != "deal":
            conditions = [shard.owns(deal_id(request, name))]
            conditions += [shard.owns("s.contact_id")] if request.has(name, "contact_id") else []
        found[name] = source + (f"\nWHERE {' OR '.join(conditions)}" if conditions else "")
    return found


def sharded(request: Request, number: int, count: int) -> Request:
    """Return the request for the conversions, contacts and rows of one shard."""
    return replace(request, shard=Shard(number=number, count=count))
