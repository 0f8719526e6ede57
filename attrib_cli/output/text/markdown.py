"""Markdown: a table for GitHub, wikis and chats, with the figures of the table for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.output import scope, words
from attrib_cli.output.matrix import matrix
from attrib_cli.output.text.glyphs import glyphs_for, shown
from attrib_cli.output.text.grid import cells_of, pad
from attrib_cli.output.text.layout import header_of
from attrib_cli.output.text.matrix_table import note, percent
from attrib_cli.output.wide import is_interval, widen

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report
    from attrib_cli.output.matrix import Matrix
    from attrib_cli.output.registry import WriteOptions
    from attrib_cli.output.wide import Wide

_Column: TypeAlias = "tuple[list[str], bool]"  # header and cells, and whether they are figures
_MOST_COLUMNS = 30
_ACTIVE = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")


def escape(text: str) -> str:
    """Return `text` so that Markdown shows it literally, inside a cell of a table."""
    return _ACTIVE.sub(r"\\\g<0>", text)


def write(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as a title, a table and the line that says what was counted."""
    wide = widen(report, encoding=options.encoding)
    found = matrix(report)
    is_matrix = found is not None and len(found.targets) <= _MOST_COLUMNS
    columns = _matrix(found, options) if found is not None and is_matrix else _columns(wide)
    widths = [max(3, *map(cells_of, cells)) for cells, _ in columns]
    lines = [f"**{escape(shown(words.title(report, wide.models), options.encoding))}**", ""]
    dot = glyphs_for(options.encoding).dot
    if conditions := scope.words(scope.scope(report)):
        lines += [escape(shown(dot.join(conditions), options.encoding)), ""]
    for row in range(len(columns[0][0])):
        padded = (pad(cells[row], width, right=f) for (cells, f), width in zip(columns, widths, strict=True))
        lines.append(f"| {' | '.join(padded)} |")
        if row == 0:
            marks = ("-" * (w - f) + ":" * f for (_, f), w in zip(columns, widths, strict=True))
            lines.append(f"| {' | '.join(marks)} |")
    if not wide.keys:
        lines += ["", words.nothing_line(report.summary)]
    if found is not None and is_matrix:
        lines += ["", note(found)]
    for one in report.notes:
        lines += ["", f"**{one.level.capitalize()}:** {escape(shown(str(one), options.encoding))}"]
    lines += ["", escape(words.summary_line(report.summary, dot=dot))]
    yield ("\n".join(lines) + "\n").encode(options.encoding, "replace")


def _columns(wide: Wide) -> list[_Column]:
    several = len(wide.models) > 1
    columns: list[_Column] = []
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
    return columns


def _matrix(found: Matrix, options: WriteOptions) -> list[_Column]:
    """Return a transition matrix: each state, how many steps leave it, and where these lead in percent."""

    def named(text: str) -> str:
        return escape(shown(text, options.encoding))

    rows = range(len(found.sources))
    columns: list[_Column] = [
        (["From", *map(named, found.sources)], False),
        (["Steps", *(f"{steps:,}" for steps in found.steps)], True),
    ]
    if found.begins is not None:
        columns.append((["Begin", *(escape(percent(value)) if value else "" for value in found.begins)], True))
    for place, target in enumerate(found.targets):
        columns.append(([named(target), *(escape(percent(found.cells.get((row, place)))) for row in rows)], True))
    return columns
