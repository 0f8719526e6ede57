"""Checks whether rows of spend are of several days, which count on the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.parse import alternatives, blank_to_null, expression
from attrib_cli.engine.spend_periods import last_day

_OF_TIME = ("DATE", "TIMESTAMP")


def of_several_days(data: CheckedData) -> Iterator[Finding]:
    """Yield rows of spend that end on a later day than the one they count on."""
    if not data.has("campaign_spend.spent_on", "campaign_spend.amount"):
        return
    table = data.tables["campaign_spend"]
    starts = (table.columns["spent_on"].header, *_headers(table.source, "spent_on"))
    ends = last_day(starts, tuple(name for name in table.columns if name != "spent_on"))
    if ends is None:
        return
    until = _as_day(data, ends)
    several = f"s.spent_on IS NOT NULL AND {until} > s.spent_on"
    count, total, spread, spent, first, last, days = data.row(
        f"SELECT count(*) FILTER (WHERE {several}), count(*), coalesce(sum(abs(s.amount)) FILTER (WHERE {several}), 0),"
        f" coalesce(sum(abs(s.amount)), 0), min(s.spent_on) FILTER (WHERE {several}),"
        f" max({until}) FILTER (WHERE {several}), max({until} - s.spent_on) FILTER (WHERE {several})"
        f" FROM {data.relation('campaign_spend')}"
    )
    if not isinstance(count, int) or not count:
        return
    part = f"{100 * Decimal(str(spread)) / Decimal(str(spent)):.1f} % of the amount" if spent else "without an amount"
    longest = int(str(days)) + 1
    yield Finding(
        check="spend-of-several-days",
        about="campaign_spend.spent_on",
        text=f"{count:,} of {total:,} rows of spend, {part}, are of several days, up to {longest:,}, from {first} to"
        f" {last} by '{ends}': each counts on its first",
        level="warning",
        count=count,
        total=int(str(total)),
        examples=data.examples("campaign_spend", several, f"concat(s.spent_on, ' to ', {until})"),
        mend="export it by day, a row for each day and campaign (in Meta: Breakdown > By time > Day)",
    )


def _headers(source: TableSource, column: str) -> tuple[str, ...]:
    """Return the headers that a column of a table comes from, in all parts of its source."""
    if source.preparation is None:
        return (source.columns[column],) if column in source.columns else ()
    rule = source.preparation.columns.get(column)
    own = () if rule is None else rule.headers
    return (*own, *(header for one in source.preparation.inputs for header in _headers(one, column)))


def _formats(source: TableSource, column: str) -> tuple[str, ...]:
    """Return the formats of dates that the parts of a source say for a column, or for whole files."""
    done = source.preparation
    rule = None if done is None else done.columns.get(column)
    own = (source.date_format, None if rule is None else rule.date_format)
    inner = (one for part in (done.inputs if done is not None else ()) for one in _formats(part, column))
    return tuple(dict.fromkeys(one for one in (*own, *inner) if one is not None))


def _as_day(data: CheckedData, name: str) -> str:
    """Return SQL for the day of a column s that no rule reads: as days are written where the first of them stands."""
    table = data.tables["campaign_spend"]
    value = f"s.{identifier(name)}"
    if table.columns[name].type.startswith(_OF_TIME):
        return f"CAST({value} AS DATE)"
    zone, text = data.settings.timezone, blank_to_null(f"CAST({value} AS VARCHAR)")
    readings = [expression("date", text, reading, zone=zone) for reading in alternatives("date")]
    counted = ", ".join(f"count(*) FILTER (WHERE {one} >= s.spent_on)" for one in readings)
    first, second = data.counts(f"SELECT {counted} FROM {data.relation('campaign_spend')}")
    formats = _formats(table.source, "spent_on")
    written = [expression("date", text, "text", zone=zone, date_format=one) for one in formats]
    return f"coalesce({', '.join((*written, readings[0 if first >= second else 1]))})"
