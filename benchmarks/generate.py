"""Makes the data of the benchmarks: Parquet files of any size, from a seed.

    python benchmarks/generate.py --journeys 1000000 --converting 100

All chance comes from DuckDB's `hash()`, so a version of DuckDB makes the same files each time. A data set stays under
`.data/` (ignored by git) and is made again only when it is missing.

Every journey is one contact. A contact's interactions, five on average and between one and thirty, fall into a window
of up to 120 days: a third of it passes before the contact is created, six tenths before the deal is, 19 of 20 parts
before the deal closes. Rows stand in the order of time, as an event log has them, so contacts are thoroughly shuffled.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

MEMORY = "4GB"
"""What making a data set takes; the rest of a large one goes to files."""

CACHE = Path(__file__).parent / ".data"
LENGTHS = (1,) * 9 + (2,) * 7 + (3,) * 6 + (4,) * 4 + (5,) * 3 + (6, 6, 7, 7, 9, 9, 11, 11, 14, 18, 30)  # mean: 5
CHANNELS = ("Organic search", "Paid search", "Email", "Social", "Webinar", "Event", "Referral", "Direct", "Display",
            "Affiliate", "Video", "Partner", "Podcast", "SMS", "Push", "Print", "TV", "Radio", "Retargeting",
            "Community")  # fmt: skip
INTERACTION_TYPES = ("Page view", "Form submission", "CTA click", "Ad click", "Email click")
ASSET_TYPES = ("landing_page", "blog_post", "marketing_email", "form", "ad", "website_page", "webinar", "case_study")
GIANT_CONTACTS = 200


@dataclass(frozen=True, kw_only=True)
class Size:
    """What a data set holds: contacts with a journey, percent of them that win a deal, interactions of a giant deal."""

    journeys: int
    converting: int = 10
    giant: int = 0
    seed: int = 1
    channels: int = len(CHANNELS)

    @property
    def named_channels(self) -> tuple[str, ...]:
        """The channels of the interactions, those past the ones that have names by number."""
        return (*CHANNELS, *(f"Channel {n}" for n in range(len(CHANNELS) + 1, self.channels + 1)))[: self.channels]

    @property
    def folder(self) -> Path:
        """Where this data set is kept."""
        name = f"journeys-{self.journeys}-converting-{self.converting}-giant-{self.giant}-seed-{self.seed}"
        return CACHE / (name if self.channels == len(CHANNELS) else f"{name}-channels-{self.channels}")

    @property
    def interactions(self) -> int:
        """How many rows `touchpoints` has, to within a few that the lengths' cycle leaves over."""
        return self.journeys * sum(LENGTHS) // len(LENGTHS) + self.giant


def statements(size: Size, out: Path) -> list[str]:
    """The SQL that writes the four tables into `out`."""
    n, salt = size.journeys, size.seed * 100 % 65000
    won = n * size.converting // 100
    lost = min(won // 5, n - won)

    def h(column: str, use: int) -> str:
        """A random number that depends on a column, what it is for and the seed (hash() of two columns mixes badly)."""
        return f"hash({column} * 65536 + {salt + use})"

    def u(column: str, use: int) -> str:
        """The same, uniform in [0, 1)."""
        return f"(({h(column, use)} >> 11)::DOUBLE / 9007199254740992.0)"

    def pick(values: tuple[str, ...], column: str, use: int) -> str:
        """The same, as one of the values."""
        listed = ", ".join(f"'{value}'" for value in values)
        return f"([{listed}])[1 + ({h(column, use)} % {len(values)})::INTEGER]"

    lengths = ", ".join(str(length) for length in LENGTHS)
    second = "to_microseconds(({} * 1000000)::BIGINT)"
    return [
        # grain: one row a contact; `place` scatters the lengths of the journeys over the ids
        f"""CREATE TEMP TABLE person AS
        SELECT i AS contact_id, (i * 982451653) % {n} AS place,
               TIMESTAMP '2024-01-01' + {second.format(f"floor(610 * 86400 * {u('i', 1)})")} AS starts,
               86400.0 * (2 + 118 * {u("i", 2)}) AS seconds
        FROM range({n}) AS r(i)""",
        # grain: one row an interaction, in the order of time
        f"""CREATE TEMP TABLE event AS
        SELECT contact_id, starts + {second.format(f"floor(seconds * {u('(contact_id * 64 + k)', 3)})")} AS occurred_at,
               contact_id * 64 + k AS nr
        FROM (SELECT *, unnest(range(([{lengths}])[1 + (place % {len(LENGTHS)})::INTEGER])) AS k FROM person)
        UNION ALL
        SELECT {n} + i % {GIANT_CONTACTS},
               TIMESTAMP '2024-03-01' + {second.format(f"floor(500 * 86400 * {u('i', 4)})")}, {n} * 64 + i
        FROM range({size.giant}) AS r(i)""",
        f"""COPY (
            SELECT row_number() OVER (ORDER BY occurred_at, nr) AS touchpoint_id, contact_id, occurred_at,
                   CASE WHEN {h("nr", 5)} % 10 < 7
                        THEN 'CMP-' || lpad(({h("nr", 6)} % 40)::VARCHAR, 3, '0') END AS campaign_id,
                   {pick(size.named_channels, "nr", 7)} AS channel,
                   {pick(INTERACTION_TYPES, "nr", 8)} AS interaction_type,
                   CASE {h("nr", 9)} % 50 WHEN 0 THEN 'static_list' WHEN 1 THEN 'WORKFLOW'
                        ELSE {pick(ASSET_TYPES, "nr", 10)} END AS asset_type
            FROM event ORDER BY occurred_at, nr
        ) TO '{out}/touchpoints.parquet' (FORMAT parquet, COMPRESSION zstd)""",
        f"""COPY (
            SELECT contact_id, starts + {second.format("floor(seconds / 3)")} AS created_at FROM person
            UNION ALL
            SELECT {n} + i, TIMESTAMP '2024-04-01' + to_hours(i::INTEGER)
            FROM range({GIANT_CONTACTS if size.giant else 0}) AS r(i)
            ORDER BY contact_id
        ) TO '{out}/contacts.parquet' (FORMAT parquet, COMPRESSION zstd)""",
        # grain: one row a deal; the order of the contacts is drawn anew, so that the ids of deals tell nothing
        f"""CREATE TEMP TABLE deal AS
        SELECT row_number() OVER (ORDER BY {h("contact_id", 11)}, contact_id) AS deal_id, contact_id,
               starts + {second.format("floor(seconds * 0.6)")} AS created_at,
               starts + {second.format("floor(seconds * 0.95)")} AS closed_at,
               (500 + floor(9950000 * pow({u("contact_id", 12)}, 3)) / 100)::DECIMAL(18, 2) AS amount
        FROM person""",
        f"""CREATE TEMP TABLE sale AS
        SELECT deal_id, contact_id, created_at, closed_at, amount, rank <= {won} AS is_won
        FROM (SELECT *, row_number() OVER (ORDER BY {h("contact_id", 13)}, contact_id) AS rank FROM deal)
        WHERE rank <= {won + lost}""",
        f"""COPY (
            SELECT deal_id, created_at, closed_at, amount, is_won FROM sale
            UNION ALL
            SELECT {n + 1}, TIMESTAMP '2025-05-01', TIMESTAMP '2025-09-01', 1000000.00::DECIMAL(18, 2), true
            WHERE {size.giant} > 0
            ORDER BY deal_id
        ) TO '{out}/deals.parquet' (FORMAT parquet, COMPRESSION zstd)""",
        f"""COPY (
            SELECT deal_id, contact_id FROM sale
            UNION ALL
            SELECT {n + 1}, {n} + i FROM range({GIANT_CONTACTS if size.giant else 0}) AS r(i)
            ORDER BY deal_id, contact_id
        ) TO '{out}/deal_contacts.parquet' (FORMAT parquet, COMPRESSION zstd)""",
    ]


def make(size: Size) -> Path:
    """The folder of a data set, made now if it is not there yet; it appears whole or not at all."""
    if size.folder.exists():
        return size.folder
    import duckdb

    half = size.folder.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(half / "overflow")}) as connection:
        for statement in statements(size, half):
            connection.execute(statement)
    shutil.rmtree(half / "overflow", ignore_errors=True)
    return half.rename(size.folder)


def main() -> None:
    """Makes the data set that the options describe and prints where it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--journeys", type=int, default=1_000_000, help="contacts with a journey of five on average")
    parser.add_argument("--converting", type=int, default=10, help="percent of the journeys that end in a won deal")
    parser.add_argument("--giant", type=int, default=0, help="interactions of one more deal, e.g. 1000000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--channels", type=int, default=len(CHANNELS), help="how many channels there are")
    print(make(Size(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
