"""A report over time as a picture of a page, and in words and tables for whoever cannot see it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.output import words
from attrib_cli.output.dashboard import markup
from attrib_cli.output.dashboard.style import SHADES

if TYPE_CHECKING:
    from attrib_cli.output.dashboard.timeline import Line, Timeline

_WIDTH, _HEIGHT, _MARGIN = 1000, 100, 3
_MOST_DOTS = 120


def lines(found: Timeline, *, rows: int) -> str:
    """Return the picture of the first lines, the totals of at most `rows`, and the figures of the first, bucket by
    bucket.
    """
    if not found.lines:
        return "<p>–</p>"
    below = _sentence(found) if len(found.lines) == 1 else _legend(found, rows)
    return f"{_picture(found)}{below}<details><summary>All figures</summary>{_figures(found)}</details>"


def _measure(found: Timeline) -> str:
    code = f" ({found.code})" if found.code and found.measure.unit == "currency" else ""
    return words.label(found.measure.name) + code


def _highest(found: Timeline, line: Line) -> str:
    """Return the bucket and the figure of the highest point, empty where nothing is known."""
    known = [(value, -i) for i, value in enumerate(line.values) if value is not None]
    return f"{found.labels[-max(known)[1]]} {line.texts[-max(known)[1]]}" if known else ""


def _sentence(found: Timeline) -> str:
    """Return what stands out of the only line."""
    line = found.lines[0]
    parts = [f"{_measure(found)}: {found.labels[-1]} {line.texts[-1]}"]
    highest = _highest(found, line)
    parts += [f"highest {highest}"] if highest else []
    parts += [f"total {line.total}"] if line.total else []
    said = markup.prose(" · ".join(parts))
    before = f", {markup.since(line.change, line.tone, line.before)}" if line.before else ""
    return f"<p>{said}{before}</p>"


def _legend(found: Timeline, rows: int) -> str:
    """Return a table of the lines: which is which, the last bucket, the highest, and the total with what changed."""
    heads = "<td></td>" + "".join(
        f'<th class="name" scope="col">{markup.escaped(words.label(header))}</th>' for header in found.headers
    )
    totals = any(line.total for line in found.lines)
    shown = [found.labels[-1], "Highest", *(["Total"] if totals else [])]
    heads += "".join(f'<th class="n" scope="col">{markup.prose(text)}</th>' for text in shown)
    body = ""
    for i, line in enumerate(found.lines[:rows]):
        key = f'<svg class="key" viewBox="0 0 22 10" aria-hidden="true"><path class="line s{i}" d="M0,5H22"/></svg>'
        names = "".join(f'<th scope="row">{markup.name(text)}</th>' for text in line.name)
        since = f"<small>{markup.since(line.change, line.tone, line.before)}</small>" if line.before else ""
        cells = [markup.escaped(line.texts[-1]), markup.escaped(_highest(found, line))]
        cells += [markup.escaped(line.total) + since] if totals else []
        body += f"<tr><td>{key if i < SHADES else ''}</td>{names}"
        body += "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>"
    more = len(found.lines) - rows
    rest = f'<p class="small">{words.counted(more, "line")} more not shown</p>' if more > 0 else ""
    return markup.table(_measure(found), f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>") + rest


def _figures(found: Timeline) -> str:
    """Return every bucket of the lines of the picture."""
    drawn = found.lines[:SHADES]
    names = [" · ".join(line.name) or _measure(found) for line in drawn]
    heads = f'<th class="name" scope="col">{markup.escaped(words.label(found.bucket))}</th>'
    heads += "".join(f'<th class="n" scope="col">{markup.name(text)}</th>' for text in names)
    body = "".join(
        f'<tr><th scope="row">{markup.prose(label)}</th>'
        + "".join(f'<td class="n">{markup.escaped(line.texts[i])}</td>' for line in drawn)
        + "</tr>"
        for i, label in enumerate(found.labels)
    )
    return markup.table(f"{_measure(found)}, all figures", f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>")


def _picture(found: Timeline) -> str:
    """Return the first lines as one `<svg>` on one scale from zero, with its greatest figure and its ends in words."""
    drawn = found.lines[:SHADES]
    known = [(value, text) for line in drawn for value, text in zip(line.values, line.texts, strict=True) if value]
    low, high = min([Decimal(0), *(v for v, _ in known)]), max([Decimal(0), *(v for v, _ in known)])
    top = next((text for value, text in known if value == high), "0")
    bottom = next((text for value, text in known if value == low), "0")
    first, last = markup.prose(found.labels[0]), markup.prose(found.labels[-1])
    name = markup.escaped(f"{_measure(found)}, {found.labels[0]} to {found.labels[-1]}, from {bottom} to {top}")
    zero, edge = _y(Decimal(0), low, high), _y(high, low, high)
    inside = f'<path class="top" d="M0,{edge}H{_WIDTH}"/><path class="edge" d="M0,{zero}H{_WIDTH}"/>'
    inside += "".join(_line(line, i, low, high) for i, line in enumerate(drawn))
    inside += "".join(_dots(found, line, i, low, high) for i, line in enumerate(drawn))
    return (
        f'<div class="axis small"><span>{markup.escaped(top)}</span></div>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{name}">'
        f'{inside}</svg><div class="axis small"><span>{first}</span>'
        + (f"<span>lowest {markup.escaped(bottom)}</span>" if low < 0 else "")
        + f"<span>{last}</span></div>"
    )


def _x(i: int, count: int) -> str:
    """Return where the point `i` of `count` stands across."""
    room = _WIDTH - 2 * _MARGIN
    return f"{_MARGIN + (room * i / (count - 1) if count > 1 else room / 2):.1f}"


def _y(value: Decimal, low: Decimal, high: Decimal) -> str:
    """Return where a value stands, the greatest at the top."""
    span = float(high - low) or 1.0
    return f"{_HEIGHT - _MARGIN - float(value - low) / span * (_HEIGHT - 2 * _MARGIN):.1f}"


def _line(line: Line, shade: int, low: Decimal, high: Decimal) -> str:
    """Return the line, broken where a value is unknown."""
    parts: list[list[str]] = [[]]
    for i, value in enumerate(line.values):
        if value is None:
            parts.append([])
        else:
            parts[-1].append(f"{_x(i, len(line.values))},{_y(value, low, high)}")
    return "".join(f'<polyline class="line s{shade}" points="{" ".join(part)}"/>' for part in parts if part)


def _dots(found: Timeline, line: Line, shade: int, low: Decimal, high: Decimal) -> str:
    """Return a point for each value, which says its bucket and figure when pointed at; none where they would touch."""
    if len(found.labels) > _MOST_DOTS:
        return ""
    name = " ".join((*line.name, "")).lstrip()
    return "".join(
        f'<path class="dot s{shade}" d="M{_x(i, len(found.labels))},{_y(value, low, high)}h0">'
        f"<title>{markup.escaped(f'{name}{found.labels[i]}: {line.texts[i]}')}</title></path>"
        for i, value in enumerate(line.values)
        if value is not None
    )
