"""Checks of the conversions of the configuration: what they lack, and whether their contacts have touchpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from attrib_cli.engine.conversions import ReportType, known_types
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding, Level
from attrib_cli.engine.sql.id_joins import contact_pairs


def incomplete(data: CheckedData) -> Iterator[Finding]:
    """Yield the conversions that cannot convert, are of nobody, or are worth nothing."""
    for kind in _read(data):
        owner = f"{kind.whose}_id"
        lacks: list[tuple[str, str, Level]] = [
            (kind.moment, "no report has them", "warning"),
            (owner, "they are unattributed", "warning"),
        ]
        lacks += [(kind.value, "they count as conversions worth 0", "warning")] if kind.value is not None else []
        total = data.count_of(kind.table)
        for column, means, level in lacks:
            condition = f"s.{column} IS NULL"
            (count,) = data.counts(f"SELECT count(*) FROM {data.relation(kind.table)} WHERE {condition}")
            if count:
                yield Finding(
                    check="incomplete-conversions",
                    about=f"{kind.table}.{column}",
                    text=f"{count:,} of {total:,} rows of {kind.table} have no {column}: {means}",
                    level=level,
                    count=count,
                    total=total,
                    examples=data.examples(kind.table, condition, f"s.{kind.key}"),
                    mend=f"conversions: {{{kind.name}: ...}}, which names the header, or fill it at the source",
                )


def without_touchpoints(data: CheckedData) -> Iterator[Finding]:
    """Yield how many conversions have a contact with a touchpoint."""
    for kind in _read(data):
        pairs = contact_pairs(replace(data.request, report_type=kind))
        total = data.count_of(kind.table)
        (known,) = data.counts(
            f"SELECT count(DISTINCT p.{kind.key}) FROM ({pairs}) AS p"
            f" JOIN {data.touched()} AS t ON t.id = CAST(p.contact_id AS VARCHAR)"
        )
        if not total:
            yield Finding(
                check="conversions-without-touchpoints",
                about=kind.table,
                text=f"{kind.table} has no rows: a {kind.name} report is empty",
                level="warning",
                count=0,
                mend="was the export cut off?",
            )
            continue
        few = known < data.settings.warn_below.contacts * total
        yield Finding(
            check="conversions-without-touchpoints",
            about=kind.table,
            text=f"{known:,} of {total:,} rows of {kind.table} have a contact with a touchpoint, the others none",
            level="warning" if few else "info",
            count=total - known,
            total=total,
            mend="write contact ids alike in all files" if few else None,
        )


def _read(data: CheckedData) -> list[ReportType]:
    """The kinds of conversions of the configuration whose tables could be read."""
    return [kind for kind in known_types(data.settings.conversions) if kind.configured and kind.table in data.tables]
