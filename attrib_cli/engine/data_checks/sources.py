"""What the rules of sources did to rows on the way: left out, filled up, not found where it was looked up."""

from __future__ import annotations

from collections.abc import Iterator

from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding


def source_rules(data: CheckedData) -> Iterator[Finding]:
    """Yield what reading noted of each table, as reports do; most is meant, but figures are of what is left."""
    for name, table in data.tables.items():
        for note in table.notes:
            counts = [count for _, count in note.counts]
            yield Finding(
                check="source-rules",
                about=name,
                text=note.text,
                level="warning" if note.level == "warning" else "info",
                count=counts[-1] if counts else 0,
                total=counts[0] if counts else None,
                mend=note.hint,
            )
