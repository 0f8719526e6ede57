"""The tables that checks look at, and the questions that several checks ask of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from attrib_cli.engine.campaign_rules import campaign_rules
from attrib_cli.engine.checks import RepeatedKeys, keys_of, repeated_keys
from attrib_cli.engine.conversions import ReportType, choose_type
from attrib_cli.engine.data_checks.counts import ContactCounts, contact_counts, days
from attrib_cli.engine.data_checks.finding import Example
from attrib_cli.engine.dimensions import resolve_dimensions
from attrib_cli.engine.measures import choose_measures
from attrib_cli.engine.resolve import periods
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.sources.locate import places_of_rows
from attrib_cli.engine.spec import DateRange, ReportSpec
from attrib_cli.engine.sql.campaigns import each_campaign
from attrib_cli.engine.sql.cte import Binder
from attrib_cli.engine.sql.id_joins import deal_pairs
from attrib_cli.engine.sql.memberships import touchpoints
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.won_deals import won

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources import Table

SHOWN = 3
"""How many examples a finding has."""

Cell = str | int | Decimal | dt.datetime | dt.date | None


@dataclass(kw_only=True)
class CheckedData:
    """The tables that could be read, on a connection, and the settings that hold for them.

    `day` is what counts as today. What several checks need is staged once, when the first of them asks.
    """

    con: duckdb.DuckDBPyConnection
    tables: Mapping[str, Table]
    settings: Settings
    day: dt.date
    _staged: set[str] = field(default_factory=set)
    _repeated: dict[str, RepeatedKeys] = field(default_factory=dict)

    def has(self, *columns: str) -> bool:
        """Whether each of `columns`, such as ``deals.amount``, is there; a name without a point is a table."""
        for column in columns:
            table, _, name = column.partition(".")
            if table not in self.tables or (name and name not in self.tables[table].columns):
                return False
        return True

    def whole(self, *columns: str) -> bool:
        """Whether all of `columns`, such as ``deals.deal_id``, hold whole numbers, which have one way of writing."""
        found = (column.partition(".") for column in columns)
        return all(self.tables[table].columns[name].type == "BIGINT" for table, _, name in found)

    def relation(self, table: str) -> str:
        """The rows of a table, behind FROM, under the alias s."""
        return f"{self.tables[table].relation} AS s"

    def row(self, query: str) -> tuple[Cell, ...]:
        """Return the one row of a query."""
        found: tuple[Cell, ...] = self.con.execute(query).fetchall()[0]
        return found

    def rows(self, query: str) -> list[tuple[Cell, ...]]:
        """Return the rows of a query."""
        found: list[tuple[Cell, ...]] = self.con.execute(query).fetchall()
        return found

    def counts(self, query: str) -> tuple[int, ...]:
        """Return the one row of a query as whole numbers, 0 for none."""
        return tuple(int(value or 0) for value in self.con.execute(query).fetchall()[0])

    def count_of(self, table: str) -> int:
        """How many rows a table has."""
        rows = self.tables[table].rows
        return self.counts(f"SELECT count(*) FROM {self.relation(table)}")[0] if rows is None else rows

    def examples(self, table: str, condition: str, value: str) -> tuple[Example, ...]:
        """Return the first rows of a table for which an SQL condition holds: where they stand, and the SQL `value`."""
        query = (
            f"SELECT source_row, CAST({value} AS VARCHAR) FROM {self.relation(table)}"
            f" WHERE {condition} ORDER BY source_row LIMIT {SHOWN}"
        )
        found = {int(row): "" if text is None else str(text) for row, text in self.con.execute(query).fetchall()}
        places = places_of_rows(self.tables[table], tuple(found))
        return tuple(Example(place=places[row], value=text) for row, text in found.items())

    @cached_property
    def report_type(self) -> ReportType:
        """The report whose rules decide what converts: revenue, or contacts where there are no deals."""
        return choose_type("revenue" if "deals" in self.tables else "contact-create")

    @cached_property
    def request(self) -> Request:
        """A request for everything, through which the rules of reports are asked: what is won, whose a deal is."""
        kinds = {name: {c.name: c.kind for c in table.columns.values()} for name, table in self.tables.items()}
        rules = campaign_rules(kinds, self.settings)
        if rules is not None:
            kinds["touchpoints"]["campaign_id"] = "id"
        spend = ("spend",) if self.has("campaign_spend") else ()
        return Request(
            spec=ReportSpec(),
            report_type=self.report_type,
            models=(),
            half_life=ReportSpec().half_life,
            dimensions=resolve_dimensions(("campaign",), self.report_type, kinds)
            if self.has("touchpoints.campaign_id") or rules is not None
            else (),
            measures=choose_measures(spend, self.report_type) if spend else (),
            periods=periods(DateRange(), None, self.settings),
            lookback=None,
            credit_filters=(),
            conversion_filters=(),
            eligible=(),
            sort=(),
            limit=None,
            settings=self.settings,
            currency=self.settings.currency,
            tables=self.tables,
            order_key="full",
            binder=Binder(),
            campaign_rules=rules,
            splits=rules is not None,
        )

    @property
    def says_won(self) -> bool:
        """Whether there are deals of which something says which are won."""
        flagged = self.settings.all_won or self.has("deals.stage") or self.has("deals.is_won")
        return self.has("deals") and flagged and (not self.settings.won_stages or self.has("deals.stage"))

    @cached_property
    def won(self) -> str:
        """The SQL condition of a won deal s."""
        return won(self.request, "s")

    @cached_property
    def won_amount(self) -> Decimal:
        """What all won deals come to, as their amounts stand, whatever the currency."""
        if not self.says_won or not self.has("deals.amount"):
            return Decimal(0)
        (total,) = self.row(f"SELECT coalesce(sum(s.amount), 0) FROM {self.relation('deals')} WHERE {self.won}")
        return total if isinstance(total, Decimal) else Decimal(0)

    def part_of_value(self, condition: str) -> Decimal | None:
        """Return which part of the amount of won deals is that of the deals s for which a condition holds."""
        if not self.won_amount:
            return None
        query = f"SELECT sum(s.amount) FROM {self.relation('deals')} WHERE {self.won} AND ({condition})"
        (amount,) = self.row(query)
        return (amount if isinstance(amount, Decimal) else Decimal(0)) / self.won_amount

    def stage(self, name: str, query: str) -> str:
        """Return the temporary table `name`, made of a query once."""
        if name not in self._staged:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
            self._staged.add(name)
        return name

    def touched(self) -> str:
        """Stage the contacts of touchpoints: (id VARCHAR, n), one row for each."""
        return self.stage(
            "checked_touched",
            "SELECT CAST(contact_id AS VARCHAR) AS id, n FROM (SELECT contact_id, count(*) AS n"
            f" FROM {self.relation('touchpoints')} WHERE contact_id IS NOT NULL GROUP BY contact_id) AS c",
        )

    def touched_campaigns(self) -> str:
        """Stage the campaigns that touchpoints belong to: (id VARCHAR, n), one row for each text.

        A touchpoint of several campaigns counts for each.
        """
        return self.stage(
            "checked_touched_campaigns",
            f"SELECT id, count(*) AS n FROM (\n  SELECT {each_campaign(self.request)} AS id FROM (\n"
            f"    SELECT campaign_id AS campaign_key FROM {touchpoints(self.request)} AS s\n"
            "    WHERE campaign_id IS NOT NULL\n  ) AS t\n) AS c GROUP BY ALL",
        )

    def days(self) -> str:
        """Stage the `days` of touchpoints."""
        return self.stage("checked_days", days(self))

    def dated(self) -> str:
        """Return the `days` of touchpoints without the row of those that have no time."""
        return f"(SELECT * FROM {self.days()} WHERE day IS NOT NULL)"

    @cached_property
    def contact_counts(self) -> ContactCounts:
        """How touchpoints, contacts and the contacts of deals meet."""
        return contact_counts(self)

    def repeated(self, table: str) -> RepeatedKeys:
        """Return which ids of a table of `keys_of` stand twice or are missing."""
        if table not in self._repeated:
            self._repeated[table] = repeated_keys(self.con, self.tables[table], keys_of(self.settings)[table])
        return self._repeated[table]

    def native_pairs(self) -> str:
        """Stage the contacts of deals: (deal_id, contact_id), one row for each contact of each deal.

        `deal_id` has the type that it has in deals, `contact_id` the `pair_type`.
        """
        return self.stage("checked_pairs", deal_pairs(self.request))

    @cached_property
    def contacts_of_deals(self) -> int:
        """How many contacts deals have, each counted once."""
        return self.counts(f"SELECT count(DISTINCT contact_id) FROM {self.native_pairs()}")[0]

    def matched(self, table: str, column: str, other: str) -> tuple[int, int]:
        """Return how many rows of a table have an id, and how many of these ids `other` has in a column of that name.

        `other` is a table, or the `native_pairs`.
        """
        types = [self.tables[table].columns[column].type]
        types.append(self.tables[other if other in self.tables else "deals"].columns[column].type)
        left, right = (column if types[0] == types[1] else f"CAST({column} AS VARCHAR)" for _ in types)
        source = self.relation(other) if other in self.tables else other
        return (
            self.counts(f"SELECT count({column}) FROM {self.relation(table)}")[0],
            self.counts(
                f"SELECT count(*) FROM (SELECT {left} AS id FROM {self.relation(table)}) AS l"
                f" SEMI JOIN (SELECT {right} AS id FROM {source}) AS r USING (id)"
            )[0],
        )

    def pairs(self) -> str:
        """Return the `native_pairs` as text: (deal_id VARCHAR, id VARCHAR)."""
        return (
            "(SELECT CAST(deal_id AS VARCHAR) AS deal_id, CAST(contact_id AS VARCHAR) AS id"
            f" FROM {self.native_pairs()} AS p)"
        )
