"""What the checks of data found, as text for people, as CSV, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.data_checks import CHECKS, LEVELS
from attrib_cli.output.text import grid, records
from attrib_cli.output.text.glyphs import shown

if TYPE_CHECKING:
    from attrib_cli.engine.data_checks import Checked, Finding
    from attrib_cli.output.registry import WriteOptions
    from attrib_cli.output.text.records import Record

_COLORS = {"error": grid.RED, "warning": grid.YELLOW, "info": grid.CYAN}
_INDENT = "  "


def write_table(checked: Checked, options: WriteOptions) -> Iterator[bytes]:
    """Yield findings as text for people."""
    return (f"{line}\n".encode(options.encoding, "replace") for line in _lines(checked, options))


def write_json(checked: Checked, options: WriteOptions) -> Iterator[bytes]:
    """Yield findings as one JSON object: tables, counts of each level, findings, what is ignored."""
    del options
    document = {
        "tables": dict(checked.rows),
        "counts": {level: sum(one.level == level for one in checked.findings) for level in LEVELS},
        "findings": [one.as_json() for one in checked.findings],
        "ignored": [one.as_json() for one in checked.ignored],
    }
    yield (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def write_csv(checked: Checked, options: WriteOptions) -> Iterator[bytes]:
    """Yield findings as CSV, one a line."""
    yield records.write_csv([_record(one) for one in checked.findings], options)


def write_jsonl(checked: Checked, options: WriteOptions) -> Iterator[bytes]:
    """Yield findings as a JSON object each."""
    yield records.write_jsonl([_record(one) for one in checked.findings], options)


def percent(part: Decimal) -> str:
    """Return a part of a whole in per cent: ``12.5 %``, and ``< 0.1 %`` for what would be shown as none."""
    hundredths = (part * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return "< 0.1 %" if part and not hundredths else f"{hundredths} %"


def _record(one: Finding) -> Record:
    return {
        "level": one.level,
        "check": one.check,
        "about": one.about,
        "text": one.text,
        "count": one.count,
        "total": one.total,
        "value_share": None if one.value is None else f"{one.value:.6f}",
        "examples": [f"{example.place}: {example.value}" for example in one.examples],
        "mend": one.mend,
    }


def _lines(checked: Checked, options: WriteOptions) -> Iterator[str]:
    tables = ", ".join(f"{name} ({rows:,} row{'' if rows == 1 else 's'})" for name, rows in checked.rows.items())
    yield from _say(f"Checked {tables or 'no table'}", options, style=grid.BOLD)
    meanings = {check.name: check.means for check in CHECKS}
    for level in LEVELS:
        for one in (one for one in checked.findings if one.level == level):
            yield ""
            head = grid.paint(level, _COLORS[level], options.color)
            yield from _say(f"{head} {one.check}: {one.text}", options)
            if level != "info":
                yield from _say(_affected(one, meanings[one.check]), options, indent=_INDENT)
            for example in one.examples if level != "info" or one.count else ():
                yield from _say(f"{example.place}: {example.value}", options, indent=_INDENT, style=grid.DIM)
            for line in (one.mend or "").splitlines():
                yield from _say(line, options, indent=f"{_INDENT}mend: ")
    yield ""
    counts = {level: sum(one.level == level for one in checked.findings) for level in LEVELS}
    said = ", ".join(
        f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts.items() if count or level != "info"
    )
    if checked.ignored:
        said += f", {len(checked.ignored)} ignored ({', '.join(dict.fromkeys(one.check for one in checked.ignored))})"
    yield from _say(said, options, style=grid.BOLD)


def _affected(one: Finding, means: str) -> str:
    """Return what a finding means, after how much of the rows and of the revenue it is about."""
    parts = []
    if one.total and one.count:
        parts.append(percent(Decimal(one.count) / Decimal(one.total)))
    if one.value is not None:
        parts.append(f"{percent(one.value)} of the amount won")
    return f"{', '.join(parts)}. {means}" if parts else means


def _say(text: str, options: WriteOptions, *, indent: str = "", style: str = "") -> Iterator[str]:
    width = None if options.width is None else max(options.width - len(indent), 20)
    for number, line in enumerate(grid.wrap(shown(text, options.encoding), width)):
        lead = indent if not number else " " * len(indent)
        yield lead + (grid.paint(line, style, options.color) if style else line)
