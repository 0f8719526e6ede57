"""A transition matrix on a page: a table whose cells are the darker the likelier a step is."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrib_cli.output.text.matrix_table import note, percent

if TYPE_CHECKING:
    from decimal import Decimal

    from attrib_cli.output.matrix import Matrix

_SHADES = 8
STYLE = """
section.whole{grid-column:1/-1}
.matrix{max-height:640px;overflow:auto}.matrix td{text-align:right}.matrix th{vertical-align:bottom}
.matrix thead th{position:sticky;top:0;background:var(--card);text-align:right}
.matrix tbody th{font-weight:400;white-space:nowrap}.matrix thead th:first-child{text-align:left}
""" + "".join(
    f".matrix .h{shade}{{background:color-mix(in srgb,var(--s0) {shade * 45 // _SHADES}%,transparent)}}"
    for shade in range(1, _SHADES + 1)
)


def table(found: Matrix) -> Iterator[str]:
    """Yield the matrix, all of its rows and columns; what is large scrolls within its place."""
    heads = ["From", "Steps", *(["Begin"] if found.begins is not None else []), *found.targets]
    yield '<div class="matrix"><table><thead><tr>'
    yield "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    yield "</tr></thead><tbody>"
    for row, source in enumerate(found.sources):
        cells = f"<td>{found.steps[row]:,}</td>"
        if found.begins is not None:
            cells += f"<td>{html.escape(percent(found.begins[row])) if found.begins[row] else ''}</td>"
        for column, _ in enumerate(found.targets):
            cells += _cell(found.cells.get((row, column)), found.highest)
        yield f"<tr><th>{html.escape(source)}</th>{cells}</tr>"
    yield f'</tbody></table></div><div class="small">{html.escape(note(found))}</div>'


def _cell(value: Decimal | None, highest: Decimal) -> str:
    if value is None:
        return "<td></td>"
    shade = int(value * _SHADES / highest) if highest else 0
    return f"<td{f' class=h{shade}' if shade else ''}>{html.escape(percent(value))}</td>"
