"""The table for people: as much as the width of the terminal allows, and what it allows never cut in a figure.

Widest first: all measures with a bar of the share. As it gets narrower, the bar goes, then the headers break, then the
lesser measures go, then models stand below each other. What isn't shown is named below the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.output import scope, words
from attrib_cli.output.matrix import matrix
from attrib_cli.output.text import grid, matrix_table
from attrib_cli.output.text.glyphs import Glyphs, glyphs_for, shown
from attrib_cli.output.text.layout import Layout, choose
from attrib_cli.output.wide import Wide, widen

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report
    from attrib_cli.output.registry import WriteOptions


def write(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as a title, a table with a total, and a line that says what was counted.

    With `options.width` the lines stay within it as long as figures fit at all; without, nothing is cut.
    """
    yield "".join(line + "\n" for line in lines(report, options)).encode(options.encoding, "replace")


def lines(report: Report, options: WriteOptions) -> Iterator[str]:
    """Yield the lines of the table, coloured if `options` say so."""
    glyphs = glyphs_for(options.encoding)
    wide = widen(report, encoding=options.encoding)
    yield from _prose(words.title(report, wide.models), options, grid.BOLD, ", ")
    if conditions := scope.words(scope.scope(report)):
        yield from _prose(glyphs.dot.join(conditions), options, "", glyphs.dot)
    yield ""
    if options.chart is not None:
        drawn_chart = chart_lines(report, options)
        yield from (*drawn_chart, "") if drawn_chart else ()
    hidden: tuple[str, ...] = ()
    if (found := matrix(report)) is not None and (drawn := matrix_table.lines(found, options)) is not None:
        yield from drawn
        yield from _prose(matrix_table.note(found), options, grid.DIM)
    else:
        layout = choose(wide, width=options.width, glyphs=glyphs)
        hidden = layout.hidden
        if wide.keys:
            yield from body(wide, layout, glyphs, options.color)
        else:
            empty = [replace(column, cells=()) for column in layout.blocks[0]]
            yield from grid.render(empty, glyphs=glyphs, color=options.color)
            yield from _prose(words.nothing_line(report.summary), options, "")
    yield ""
    if hidden:
        names = ", ".join(map(words.in_sentence, hidden))
        yield from _prose(f"not shown at this width: {names}", options, grid.DIM)
    for note in report.notes:
        yield from _prose(words.note_line(note), options, grid.YELLOW if note.level == "warning" else "")
    yield from _prose(words.summary_line(report.summary, dot=glyphs.dot), options, grid.DIM, glyphs.dot)


def chart_lines(report: Report, options: WriteOptions) -> list[str]:
    """Return the lines of the chart asked for; none of a table. Raises UsageError for one that cannot show it."""
    from attrib_cli.output.charts.catalogue import choose_chart
    from attrib_cli.output.charts.data import chart_data
    from attrib_cli.output.charts.terminal import lines as drawn

    data = chart_data(report, encoding=options.encoding)
    return list(drawn(data, choose_chart(options.chart, data), options))


def _prose(text: str, options: WriteOptions, style: str, separator: str = " ") -> Iterator[str]:
    for line in grid.wrap(shown(text, options.encoding), options.width, separator):
        yield grid.paint(line, style, options.color)


def body(wide: Wide, layout: Layout, glyphs: Glyphs, color: bool) -> Iterator[str]:
    """Yield the grid, or several, an empty line between: rests dimmed, totals bold below a rule of their own."""
    each, height = layout.lines_per_key, len(layout.blocks[0][0].cells)
    rows = len(wide.keys) * each
    styles = {i * each + line: grid.DIM for i, rest in enumerate(wide.special()) if rest for line in range(each)}
    styles.update(dict.fromkeys(range(rows, height), grid.BOLD))
    rules = (rows,) if height > rows else ()
    for place, columns in enumerate(layout.blocks):
        if place:
            yield ""
        yield from grid.render(columns, glyphs=glyphs, color=color, rules=rules, row_styles=styles)
