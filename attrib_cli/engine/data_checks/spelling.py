"""Checks of names that differ in case or blanks alone: each has a row of its own."""

from __future__ import annotations

from collections.abc import Iterator

from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding
from attrib_cli.engine.data_checks.mending import rule
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.sources.catalogue import CATALOGUE
from attrib_cli.engine.spelling import MOST, SHOWN

LEFT_OUT = ("asset_title", "utm", "currency")
"""Text columns that are too many to be names, or that are compared without case anyway."""


def spelled_alike(data: CheckedData) -> Iterator[Finding]:
    """Yield columns some of whose values differ in nothing but case or blanks."""
    for table, known in CATALOGUE.items():
        for column, kind in known.kinds.items():
            if kind == "text" and column not in LEFT_OUT and data.has(f"{table}.{column}"):
                yield from _column(data, table, column)


def _column(data: CheckedData, table: str, column: str) -> Iterator[Finding]:
    text = f"CAST(s.{column} AS VARCHAR)"
    values = data.stage(
        "checked_values_" + f"{table}_{column}",
        f"SELECT {text} AS value, count(*) AS n FROM {data.relation(table)} WHERE s.{column} IS NOT NULL GROUP BY 1",
    )
    yield from alike(
        data,
        values,
        about=f"{table}.{column}",
        named=column,
        total=data.count_of(table),
        mend=rule(data, table, column, "trim: true, lower: true"),
        places=(table, text),
    )


def alike(
    data: CheckedData,
    values: str,
    *,
    about: str,
    named: str,
    total: int,
    mend: str | None,
    places: tuple[str, str] | None = None,
) -> Iterator[Finding]:
    """Yield which of `values`, (value, n) with how often each is there, differ in nothing but case or blanks.

    `places` are a table and the SQL of the value there, for examples.
    """
    if data.counts(f"SELECT count(*) FROM {values}")[0] > MOST:
        return
    form = r"regexp_replace(trim(lower(value)), '\s+', ' ', 'g')"
    groups = data.rows(
        f"SELECT list(value ORDER BY n DESC, value), list(n ORDER BY n DESC, value), sum(n) FROM {values}"
        f" GROUP BY {form} HAVING count(*) > 1 ORDER BY 3 DESC, 1"
    )
    if not groups:
        return
    told, concerned, rarer = [], 0, []
    for spellings, counts, _ in groups:
        names, numbers = _texts(spellings), _texts(counts)
        concerned += sum(map(int, numbers[1:]))
        rarer += names[1:]
        told.append(" and ".join(f"'{name}' ({int(n):,})" for name, n in zip(names, numbers, strict=True)))
    more = f"; and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    yield Finding(
        check="spelled-alike",
        about=about,
        text=f"{named} is spelled in several ways, each in a row of its own: {'; '.join(told[:SHOWN])}{more}",
        level="warning",
        count=concerned,
        total=total,
        examples=()
        if places is None
        else data.examples(places[0], f"{places[1]} IN ({', '.join(map(literal, rarer[:50]))})", places[1]),
        mend=mend,
    )


def _texts(cell: object) -> list[str]:
    return [str(one) for one in cell] if isinstance(cell, list) else []
