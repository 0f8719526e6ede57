"""Checks of the data that a report stands on: keys that must be unique, currencies, rows that cannot take part."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import known_types
from attrib_cli.engine.errors import AttribError, CheckError, SourceError, UsageError, together
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import paths_literal
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import TableName

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.conversions import ReportType
    from attrib_cli.engine.sources import Table, TableHead
    from attrib_cli.engine.sql.resolved import Request

SHOWN = 3
"""How many offenders of a kind an error names."""

KEYS = MappingProxyType({"contacts": "contact_id", "deals": "deal_id", "campaigns": "campaign_id"})
"""The tables of which each row is one of something, and the column that says which."""


def keys_of(settings: Settings) -> dict[TableName, str]:
    """Return `KEYS` with the tables of the configuration's own conversions."""
    return {**KEYS, **{kind.table: kind.key for kind in known_types(settings.conversions) if kind.configured}}


_AT_ONCE = 2_000_000
"""Keys that are compared at once to find one given twice: more of them are in several looks, for want of memory."""


@frozen
class RepeatedKeys:
    """Rows of a table without its `key`, the first keys given twice in order of text, and how many such there are."""

    missing: int
    first: tuple[str, ...]
    total: int


_SPREAD = 16
_MOST_BITS = 10**9 - 1
"""Whole numbers that lie so many times wider apart than there are of them are not marked in a list of bits."""


def known_and_distinct(con: duckdb.DuckDBPyConnection, relation: str, expression: str, type_: str) -> tuple[int, int]:
    """Return how many values of an SQL expression over a relation are there, and how many different ones.

    Whole numbers that lie near each other are marked in a list of bits, a fifth of the work of comparing them.
    """
    if type_ == "BIGINT":
        bounds = f"SELECT min({expression}), max({expression}), count({expression}) FROM {relation}"
        least, most, known = con.execute(bounds).fetchall()[0]
        if known and near(least, most, known):
            bits = marked(expression, least, most)
            return known, int(con.execute(f"SELECT bit_count({bits}) FROM {relation}").fetchall()[0][0])
    found = con.execute(f"SELECT count({expression}), count(DISTINCT {expression}) FROM {relation}").fetchall()[0]
    return int(found[0]), int(found[1])


def near(least: int, most: int, known: int) -> bool:
    """Whether so many whole numbers lie near enough to each other for a list of bits to mark them."""
    return most - least < min(_SPREAD * known, _MOST_BITS)


def marked(expression: str, least: int, most: int) -> str:
    """Return the SQL aggregate of the list of bits that marks whole numbers from `least` to `most`."""
    return f"bitstring_agg(CAST({expression} AS BIGINT), CAST({least} AS BIGINT), CAST({most} AS BIGINT))"


def repeated_keys(con: duckdb.DuckDBPyConnection, table: Table, key: str) -> RepeatedKeys:
    """Return what keeps `key` from telling the rows of `table` apart, of the table as a whole."""
    rows = count(con, table.relation) if table.rows is None else table.rows
    if table.columns[key].type == "BIGINT" and table.fetch is None:
        known, distinct = known_and_distinct(con, f"{table.relation} AS s", f"s.{key}", "BIGINT")
        if rows == known == distinct:
            return RepeatedKeys(missing=0, first=(), total=0)
    missing = total = 0
    doubles: list[str] = []
    parts = 1 + rows // _AT_ONCE
    for part in range(parts):
        some = f" WHERE coalesce(hash({key}), 0) % {parts} = {part}" if parts > 1 else ""
        offending = (
            f"SELECT {key}, count(*) AS n FROM {table.relation} AS s{some} GROUP BY {key}"
            f" HAVING count(*) > 1 OR {key} IS NULL"
        )
        if not con.execute(f"{offending} LIMIT 1").fetchall():  # planned in a third of the time of what follows
            continue
        found = con.execute(
            f"SELECT CAST({key} AS VARCHAR), n, count(*) OVER () FROM ({offending}) AS d"
            f" ORDER BY 1 NULLS FIRST LIMIT {SHOWN + 1}"
        ).fetchall()
        without = [n for value, n, _ in found if value is None]
        missing += sum(without)
        total += (found[0][2] if found else 0) - len(without)
        doubles += [value for value, _, _ in found if value is not None]
    return RepeatedKeys(missing=missing, first=tuple(sorted(doubles)[:SHOWN]), total=total)


def unique(con: duckdb.DuckDBPyConnection, table: Table, key: str) -> None:
    """Raise CheckError where `table` as a whole has a `key` twice, or a row without one, naming the places.

    It is about all rows, those included that a report's period and filters leave out.
    """
    found = repeated_keys(con, table, key)
    if not found.missing and not found.first:
        return
    from attrib_cli.engine.sources.locate import locate
    from attrib_cli.engine.sources.table import named

    errors: list[AttribError] = []
    one = table.name[:-1].replace("_", " ")
    if found.missing:
        errors.append(
            CheckError(
                f"{found.missing:,} row{'s' if found.missing > 1 else ''} of {table.name} without {key}",
                place=locate(table, column=key, value=None),
                hint="Every row needs its id: without one nothing can be attributed to it.",
            )
        )
    for value in found.first:
        errors.append(
            CheckError(
                f"{key} '{value}' stands more than once in {table.name}"
                f" (first at {locate(table, column=key, value=value)})",
                place=locate(table, column=key, value=value, occurrence=2),
                hint=f"A row of {table.name} is one {one}; leave one row for each {key}.",
            )
        )
    if found.total > SHOWN:
        more = f"{found.total - SHOWN:,} more {key}s stand more than once in {table.name}"
        errors.append(CheckError(more, place=named(table.source)))
    raise together(errors)


def amounts_of_spend(request: Request) -> tuple[tuple[str, str], ...]:
    """Return what spend and budgets are summed of, as `report_currency` takes it.

    A row of spend without a currency has that of its campaign.
    """
    own = " AND s.currency IS NOT NULL" if request.has("campaigns", "currency") else ""
    return (("campaigns", "true"), ("campaign_spend", f"s.amount IS NOT NULL{own}"))


def report_currency(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    settings: Settings,
    amounts: tuple[tuple[str, str], ...],
) -> str | None:
    """Return the currency that figures are in.

    `amounts` names what is summed: (table, condition on its alias s) of tables with a currency. Raises UsageError
    where there are currencies without an exchange rate to the one reported in, naming them.
    """
    found: dict[str | None, int] = {}
    for name, condition in amounts:
        if name in tables and "currency" in tables[name].columns:
            source = f"{tables[name].relation} AS s WHERE {condition}"
            query = f"SELECT upper(trim(s.currency)), count(*) FROM {source} GROUP BY 1"
            for currency, count in con.execute(query).fetchall():
                found[currency] = found.get(currency, 0) + count
    named = sorted(currency for currency in found if currency)
    report = settings.currency.upper() if settings.currency else (named[0] if len(named) == 1 else None)
    rates = {code.upper() for code in settings.exchange_rates}
    if report is None and len(named) > 1:
        raise UsageError(
            f"amounts are in several currencies: {_listed(found)}",
            hint="Set currency: and exchange_rates: in attrib.yaml, e.g. currency: USD, exchange_rates: {EUR: 1.08} "
            "(1 EUR = 1.08 USD).",
        )
    without = [currency for currency in named if currency not in rates and currency != report]
    if without:
        raise UsageError(
            f"there is no exchange rate from {' and '.join(without)} to {report} (amounts are in {_listed(found)})",
            hint="Add to attrib.yaml: exchange_rates: {"
            + ", ".join(f"{code}: <{report} for 1 {code}>" for code in without)
            + "}.",
        )
    if None in found and named and settings.currency is None:
        raise UsageError(
            f"{found[None]} amounts have no currency, while others are in {' and '.join(named)}",
            hint=f"Set currency: {named[0]} in attrib.yaml if that is what they are in.",
        )
    return report


def _listed(found: Mapping[str | None, int]) -> str:
    return ", ".join(
        f"{currency or 'no currency'} ({count})" for currency, count in sorted(found.items(), key=lambda x: str(x[0]))
    )


_DEAL_REASONS = ("won deals without amount", "won deals without closed_at", "won deals without created_at")


def left_out_reasons(report_type: ReportType) -> tuple[str, ...]:
    """Return why something may not convert, in the order in which it is said."""
    return _DEAL_REASONS if report_type.won_only else (f"{report_type.table} without {report_type.moment}",)


def left_out(con: duckdb.DuckDBPyConnection, request: Request) -> tuple[tuple[str, int], ...]:
    """Count what cannot convert for want of a date or an amount: (reason, count)."""
    from attrib_cli.engine.sql.cte import conjunction, used_values
    from attrib_cli.engine.sql.shards import owned
    from attrib_cli.engine.sql.won_deals import won

    report_type = request.report_type
    mine = conjunction(owned(request, f"s.{report_type.key}"))
    relation = f"{request.tables[report_type.table].relation} AS s"
    if not report_type.won_only:
        query = f"SELECT count(*) - count(s.{report_type.moment}) FROM {relation} WHERE {mine}"
        return ((left_out_reasons(report_type)[0], con.execute(query).fetchall()[0][0]),)
    period = request.periods[0]
    start = "" if period.start is None else f" AND s.closed_at >= {request.binder.bind(period.start)}"
    end = "" if period.end is None else f" AND s.closed_at < {request.binder.bind(period.end)}"
    inside = f"(s.closed_at IS NULL OR (true{start}{end}))"
    query = (
        "SELECT count(*) FILTER (WHERE s.amount IS NULL),"
        " count(*) FILTER (WHERE s.amount IS NOT NULL AND s.closed_at IS NULL),"
        " count(*) FILTER (WHERE s.amount IS NOT NULL AND s.closed_at IS NOT NULL AND s.created_at IS NULL)"
        f" FROM {relation} WHERE {won(request, 's')} AND {inside} AND {mine}"
    )
    counts = con.execute(query, used_values(query, request.binder.values)).fetchall()[0]
    return tuple(zip(left_out_reasons(report_type), counts, strict=True))


def incomplete_conversions(con: duckdb.DuckDBPyConnection, table: Table, report_type: ReportType) -> list[Note]:
    """Return notes of conversions of the configuration, of the whole table, that name nobody, or have no value."""
    owner = f"{report_type.whose}_id"
    value = report_type.value or "conversion_id"
    total, nobody, worthless = con.execute(
        f"SELECT count(*), count(*) - count(s.{owner}), count(*) - count(s.{value}) FROM {table.relation} AS s"
    ).fetchall()[0]
    notes = []
    if nobody:
        text = f"{nobody:,} of {total:,} rows of {table.name} name no {report_type.whose}: they are unattributed"
        counts = (("conversions", int(total)), ("without", int(nobody)))
        notes.append(Note(code="conversions-of-nobody", text=text, counts=counts))
    if worthless:
        text = f"{worthless:,} of {total:,} rows of {table.name} have no value: they count as conversions worth 0"
        counts = (("conversions", int(total)), ("without", int(worthless)))
        notes.append(Note(code="conversions-without-value", text=text, counts=counts))
    return notes


def count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return the number of rows of a staged table."""
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def unusable_touchpoints(con: duckdb.DuckDBPyConnection, request: Request) -> int:
    """Count touchpoints without contact or time: they can be in no journey."""
    from attrib_cli.engine.sql.cte import conjunction
    from attrib_cli.engine.sql.shards import owned

    table = request.tables["touchpoints"]
    if table.source.format == "parquet" and table.from_files:
        headers = [table.columns["contact_id"].header, table.columns["occurred_at"].header]
        metadata = con.execute(
            "SELECT path_in_schema, count(*), count(stats_null_count), sum(stats_null_count)"
            f" FROM parquet_metadata({paths_literal(table.source.paths)})"
            " WHERE list_contains($headers, path_in_schema) GROUP BY 1",
            {"headers": headers},
        ).fetchall()
        if len(metadata) == len(headers) and all(
            known == groups and nulls == 0 for _, groups, known, nulls in metadata
        ):
            return 0
    conditions = ["(s.contact_id IS NULL OR s.occurred_at IS NULL)", *owned(request, "s.contact_id")]
    query = f"SELECT count(*) FROM {table.relation} AS s WHERE {conjunction(conditions)}"
    return int(con.execute(query).fetchall()[0][0])


def require_columns(
    tables: Mapping[str, Table], table: str, columns: tuple[str, ...], purpose: str, head: TableHead, more: str = ""
) -> None:
    """Raise SourceError where `table` lacks all of `columns`, of which `purpose` needs one; `head` has all its headers.

    `more` is what else can be done about it.
    """
    if any(column in tables[table].columns for column in columns):
        return
    from attrib_cli.engine.sources.table import named

    found = ", ".join(f"'{header}'" for header in head.headers)
    mapping = f"Map another in attrib.yaml: sources: {table}: columns: {{{columns[0]}: <header>}}."
    raise SourceError(
        f"{purpose} needs a column {' or '.join(columns)} in {table}",
        place=named(tables[table].source),
        hint=f"Found: {found}. {mapping}{more}",
    )
