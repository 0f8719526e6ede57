"""Checks of paths with counts: what they are of, which rows lead nowhere, and what models can tell from them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding
from attrib_cli.engine.data_checks.mending import rule
from attrib_cli.engine.data_checks.spelling import alike
from attrib_cli.engine.source_spec import PATHS
from attrib_cli.engine.sources.path_files import count_of, steps_of


def of_paths(data: CheckedData) -> Iterator[Finding]:
    """Yield what paths with counts are of, and what about them makes figures wrong or says little."""
    walked = _walked(data)
    rows, different, longest, converted, not_converted, steps = data.counts(
        "SELECT count(*), count(DISTINCT steps) FILTER (len(steps) > 0), max(len(steps)), sum(converted),"
        f" sum(not_converted), (SELECT count(DISTINCT step) FROM (SELECT unnest(steps) AS step FROM {walked}))"
        f" FROM {walked}"
    )
    journeys = converted + not_converted
    share = f"{100 * converted / journeys:.1f} %" if journeys else "none"
    yield Finding(
        check="paths",
        about=PATHS,
        text=f"{different:,} different paths of {steps:,} channels and at most {longest:,} steps, "
        f"taken by {journeys:,} journeys, of which {converted:,} converted ({share})",
        level="info" if converted else "error",
        count=converted,
        total=journeys,
        mend=None if converted else "map the column with how often a path converted: columns: {conversions: <header>}",
    )
    if rows and longest <= 1:
        yield Finding(
            check="paths-of-one-step",
            about=f"{PATHS}.path",
            text="no path has more than one step: all models give the same figures",
            level="warning",
            count=rows,
            total=rows,
            mend="say what stands between steps, if anything does: separator: '<->>'",
        )
    if converted and not not_converted:
        yield Finding(
            check="only-converting-paths",
            about=f"{PATHS}.null",
            text="every path converted: data-driven models cannot tell what is frequent from what makes a difference",
            level="info",
            count=converted,
            total=journeys,
            mend='columns: {"null": <header of how often a path did not convert>}',
        )
    yield from _without_value(data, walked, converted)
    yield from _empty(data, walked, converted)
    yield from _repeated(data, walked, rows)
    yield from _spelled_alike(data, walked)


def _spelled_alike(data: CheckedData, walked: str) -> Iterator[Finding]:
    values = data.stage(
        "checked_values_steps",
        "SELECT step AS value, sum(times) AS n FROM"
        f" (SELECT unnest(steps) AS step, converted + not_converted AS times FROM {walked}) AS s GROUP BY 1",
    )
    total = data.counts(f"SELECT sum(n) FROM {values}")[0]
    yield from alike(
        data, values, about=f"{PATHS}.path", named="channel", total=total, mend=rule(data, PATHS, "path", "lower: true")
    )


def _walked(data: CheckedData) -> str:
    """Stage a row for each row of paths: (source_row, steps, converted, not_converted, value)."""
    paths = data.tables[PATHS]
    value = "coalesce(s.value, 0)" if "value" in paths.columns else "0"
    return data.stage(
        "checked_paths",
        f"SELECT s.source_row, coalesce({steps_of(paths.source.separator)}, []) AS steps,"
        f" {count_of(paths, 'conversions')} AS converted, {count_of(paths, 'null')} AS not_converted,"
        f" CAST({value} AS DECIMAL(38, 6)) AS value FROM {data.relation(PATHS)}",
    )


def _without_value(data: CheckedData, walked: str, converted: int) -> Iterator[Finding]:
    if not data.has(f"{PATHS}.value"):
        yield Finding(
            check="paths-without-value",
            about=PATHS,
            text="paths have no value: reports of revenue are refused, and `--type deal-create` attributes conversions",
            level="info",
            count=converted,
            total=converted,
            mend="columns: {value: <header>}",
        )
        return
    count = data.counts(f"SELECT sum(converted) FROM {walked} WHERE value = 0")[0]
    if count:
        yield Finding(
            check="paths-without-value",
            about=f"{PATHS}.value",
            text=f"{count:,} of {converted:,} conversions are of paths whose value is 0 or empty",
            level="info",
            count=count,
            total=converted,
            examples=data.examples(PATHS, _rows(walked, "converted > 0 AND value = 0"), "s.path"),
        )


def _empty(data: CheckedData, walked: str, converted: int) -> Iterator[Finding]:
    count, others = data.counts(
        f"SELECT sum(converted) FILTER (len(steps) = 0), sum(converted) FILTER (len(steps) > 0) FROM {walked}"
    )
    if not count:
        return
    part_of_all = "sum(value) FILTER (len(steps) = 0) / nullif(sum(value), 0)"
    (part,) = data.row(f"SELECT CAST({part_of_all} AS DECIMAL(18, 9)) FROM {walked}")
    total_row = ", which is the sum of all others: a row of totals" if count == others else ""
    yield Finding(
        check="empty-paths",
        about=f"{PATHS}.path",
        text=f"{count:,} of {converted:,} conversions have an empty path and are unattributed{total_row}",
        level="warning",
        count=count,
        total=converted,
        value=part if isinstance(part, Decimal) else None,
        examples=data.examples(PATHS, _rows(walked, "len(steps) = 0 AND converted > 0"), "s.path"),
        mend=f"sources: {{{PATHS}: {{where: ['{data.tables[PATHS].columns['path'].header}!=']}}}}",
    )


def _repeated(data: CheckedData, walked: str, rows: int) -> Iterator[Finding]:
    again = "row_number() OVER (PARTITION BY steps, converted, not_converted, value ORDER BY source_row) > 1"
    repeated = f"(SELECT *, {again} AS again FROM {walked} WHERE len(steps) > 0)"
    count = data.counts(f"SELECT count(*) FROM {repeated} AS r WHERE again")[0]
    if count:
        yield Finding(
            check="repeated-paths",
            about=PATHS,
            text=f"{count:,} of {rows:,} rows are equal to an earlier one, path, counts and value: both count",
            level="warning",
            count=count,
            total=rows,
            examples=data.examples(PATHS, _rows(repeated, "again"), "s.path"),
            mend="remove them, if they were exported twice",
        )


def _rows(relation: str, condition: str) -> str:
    """Return the SQL condition of the rows s of paths for whose row in a relation a condition holds."""
    return f"s.source_row IN (SELECT source_row FROM {relation} AS w WHERE {condition})"
