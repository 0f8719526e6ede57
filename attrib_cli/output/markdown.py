"""Markdown: a table for GitHub, wikis and chats, with the figures of the table for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrib_cli.output import words
from attrib_cli.output.glyphs import glyphs_for, shown
from attrib_cli.output.grid import cells_of, pad
from attrib_cli.output.layout import header_of
from attrib_cli.output.wide import is_interval, widen

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report
    from attrib_cli.output.registry import WriteOptions

_ACTIVE = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")


def escape(text: str) -> str:
    """Return `text` so that Markdown shows it literally, inside a cell of a table."""
    return _ACTIVE.sub(r"\\\g<0>", text)


def write(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as a title, a table and the line that says what was counted."""
    wide = widen(report, encoding=options.encoding)
    several = len(wide.models) > 1
    columns: list[tuple[list[str], bool]] = []  # header and cells, whether they are figures
    total = wide.has_totals()
    for i, dimension in enumerate(wide.dimensions):
        body = [escape(key[i]) for key in wide.keys]
        columns.append(([escape(words.label(dimension.name)), *body, *["**Total**" if i == 0 else ""] * total], False))
    for measure, model in wide.columns():
        series = wide.series[measure.name, model]
        name = header_of(wide, measure)
        header = escape(f"{name}, {model}" if several and not is_interval(measure) else name)
        last = [f"**{escape(series.total)}**" if series.total else ""] * total
        columns.append(([header, *map(escape, series.texts), *last], True))

    widths = [max(3, *map(cells_of, cells)) for cells, _ in columns]
    lines = [f"**{escape(shown(words.title(report, wide.models), options.encoding))}**", ""]
    for row in range(1 + len(wide.keys) + total):
        padded = (pad(cells[row], width, right=f) for (cells, f), width in zip(columns, widths, strict=True))
        lines.append(f"| {' | '.join(padded)} |")
        if row == 0:
            marks = ("-" * (w - f) + ":" * f for (_, f), w in zip(columns, widths, strict=True))
            lines.append(f"| {' | '.join(marks)} |")
    if not wide.keys:
        lines += ["", words.nothing_line(report.summary)]
    for warning in report.warnings:
        lines += ["", f"**Warning:** {escape(shown(warning, options.encoding))}"]
    lines += ["", escape(words.summary_line(report.summary, dot=glyphs_for(options.encoding).dot))]
    yield ("\n".join(lines) + "\n").encode(options.encoding, "replace")
