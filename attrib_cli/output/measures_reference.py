"""The measures as people read about them: the records of ``attrib measures`` and the table of docs/measures.md."""

from __future__ import annotations

from attrib_cli.engine.measure import DIFFERENCE, POINTS, RELATIVE
from attrib_cli.engine.measures import CATALOGUE

_CHANGES = {RELATIVE: "relative", POINTS: "in percentage points", DIFFERENCE: "difference"}


def records() -> list[dict[str, str | tuple[str, ...]]]:
    """Return a record for each measure: name, report types, unit, definition, what it is in totals, its change."""
    return [
        {
            "measure": measure.name,
            "report_types": measure.types,
            "unit": measure.unit,
            "definition": measure.definition,
            "in_totals": measure.total,
            "change": _CHANGES[measure.change],
        }
        for measure in CATALOGUE
    ]


def markdown() -> str:
    """Return the table of docs/measures.md."""
    lines = ["| measure | report types | unit | is | in totals and `(other)` | change |", "|---|---|---|---|---|---|"]
    for record in records():
        types = ", ".join(record["report_types"])
        rest = " | ".join(str(record[name]) for name in ("unit", "definition", "in_totals", "change"))
        lines.append(f"| `{record['measure']}` | {types} | {rest} |")
    return "\n".join(lines) + "\n"
