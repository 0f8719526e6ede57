"""Checks of ids: given twice, missing, and rows that repeat others."""

from __future__ import annotations

from collections.abc import Iterator

from attrib_cli.engine.checks import keys_of, known_and_distinct
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Example, Finding
from attrib_cli.engine.data_checks.mending import header, one_of_each
from attrib_cli.engine.source_spec import UNUSABLE
from attrib_cli.engine.sources.locate import locate


def repeated_ids(data: CheckedData) -> Iterator[Finding]:
    """Yield ids of contacts, deals and campaigns that stand twice or are missing: reports refuse such a table."""
    for name, key in keys_of(data.settings).items():
        if name not in data.tables:
            continue
        table = data.tables[name]
        found = data.repeated(name)
        total = data.count_of(name)
        if found.missing:
            yield Finding(
                check="repeated-ids",
                about=f"{name}.{key}",
                text=f"{found.missing:,} of {total:,} rows of {name} have no {key}",
                level="error",
                count=found.missing,
                total=total,
                examples=data.examples(name, f"s.{key} IS NULL", "NULL"),
                mend=f"sources: {{{name}: {{columns: {{{key}: <header of the id>}}}}}}",
            )
        if found.total:
            places = [
                Example(place=f"{locate(table, column=key, value=id_)}", value=id_)
                if occurrence == 1
                else Example(place=locate(table, column=key, value=id_, occurrence=2), value=id_)
                for id_ in found.first[:2]
                for occurrence in (1, 2)
            ]
            yield Finding(
                check="repeated-ids",
                about=f"{name}.{key}",
                text=f"{found.total:,} {key}s stand more than once in {name}",
                level="error",
                count=found.total,
                total=total,
                examples=tuple(places),
                mend=one_of_each(data, name, "latest", (key,), "<header of the last change>"),
            )


def repeated_touchpoints(data: CheckedData) -> Iterator[Finding]:
    """Yield touchpoints whose id stands twice, or, without ids, that repeat another in every column that counts."""
    table, total = data.relation("touchpoints"), data.count_of("touchpoints")
    if data.has("touchpoints.touchpoint_id"):
        key, what = "s.touchpoint_id", "have the touchpoint_id of another"
        type_ = data.tables["touchpoints"].columns["touchpoint_id"].type
    else:
        own = [name for name, column in data.tables["touchpoints"].columns.items() if column.kind not in UNUSABLE]
        quoted = ", ".join('s."' + name.replace('"', '""') + '"' for name in sorted(own))
        key, what, type_ = f"hash({quoted})", "are equal to another in every column", "UBIGINT"
    known, distinct = known_and_distinct(data.con, table, key, type_)
    if known == distinct:
        return
    first = data.rows(
        f"SELECT min(s.source_row) FROM {table} WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1"
        " ORDER BY 1 LIMIT 3"
    )
    mend = "leave out what was exported twice"
    if data.has("touchpoints.touchpoint_id"):
        by = header(data, "touchpoints", "occurred_at")
        mend = one_of_each(data, "touchpoints", "earliest", ("touchpoint_id",), by)
    listed = ", ".join(str(row[0]) for row in first)
    yield Finding(
        check="repeated-touchpoints",
        about="touchpoints",
        text=f"{known - distinct:,} of {total:,} touchpoints {what}: each counts as an interaction of its own",
        level="warning",
        count=known - distinct,
        total=total,
        examples=data.examples("touchpoints", f"s.source_row IN ({listed})", "s.contact_id"),
        mend=mend,
    )
