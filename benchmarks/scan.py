"""The yardstick: a whole Python process in which DuckDB reads the columns that a report needs, and does nothing else.

    python benchmarks/scan.py DIRECTORY revenue|contact-create

Every value has to be decoded and looked at once. `count`, and `min` and `max` on their own, would not do: DuckDB
answers them from the statistics in the footer of a Parquet file. So numbers and times are summed, and text, which
cannot be, is compared (`max`) in the same query; `EXPLAIN` shows that all of these columns are projected.
"""

from __future__ import annotations

import sys

import duckdb

TOUCHPOINTS = "sum(touchpoint_id), sum(contact_id), sum(epoch_us(occurred_at)), max(channel), max(asset_type)"
CONTACTS = "sum(contact_id), sum(epoch_us(created_at))"
DEALS = "sum(deal_id), sum(epoch_us(created_at)), sum(epoch_us(closed_at)), sum(amount), sum(is_won::INTEGER)"
READS = {
    "contact-create": {"touchpoints": TOUCHPOINTS, "contacts": CONTACTS},
    "revenue": {
        "touchpoints": TOUCHPOINTS,
        "contacts": CONTACTS,
        "deals": DEALS,
        "deal_contacts": "sum(deal_id), sum(contact_id)",
    },
}

if __name__ == "__main__":
    folder, kind = sys.argv[1:]
    connection = duckdb.connect()
    for table, aggregates in READS[kind].items():
        print(connection.execute(f"SELECT {aggregates} FROM read_parquet('{folder}/{table}.parquet')").fetchone())
