"""A report as a table of a page: every measure of every model, what changed below each, and the share as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.output.dashboard import markup
from attrib_cli.output.dashboard.bars import Bars
from attrib_cli.output.figures import is_share, tone
from attrib_cli.output.intervals import interval_name
from attrib_cli.output.text.layout import header_of
from attrib_cli.output.words import label

if TYPE_CHECKING:
    from attrib_cli.engine.report import Column
    from attrib_cli.output.wide import Wide

_MANY = 6
_NO_BAR = '<td class="bar"></td>'


def is_many(wide: Wide) -> bool:
    """Say whether the table needs the whole width of a page; a figure with its change takes twice the room."""
    compared = any(column.name.endswith("_change") for column in wide.measures)
    return len(_own(wide)) * len(wide.models) * (2 if compared else 1) > _MANY


def table(wide: Wide, *, caption: str, shared: str) -> str:
    """Return the table; the longest of all bars fills its cell, and stands below the name where there is no room.

    Bars are of the share, which is of the measure `shared`.
    """
    bars = Bars(wide, shared)
    shares = [measure for measure in wide.measures if is_share(measure)]
    one = bool(shares) and len(wide.models) == 1
    special = wide.special()
    rows = []
    for i, key in enumerate(wide.keys):
        under = bars.drawn(shares[0].name, wide.models[0], i, "share under") if one else ""
        cells = "".join(
            f'<th scope="row">{markup.name(text)}{under if place == 0 else ""}</th>' for place, text in enumerate(key)
        )
        for measure in _own(wide):
            for model in wide.models:
                cells += _figure(wide, measure, model, i)
                if is_share(measure):
                    cells += bars.cell(measure.name, model, i)
        rows.append(f'<tr class="rest">{cells}</tr>' if special[i] else f"<tr>{cells}</tr>")
    inside = f"<thead>{_heads(wide)}</thead><tbody>{''.join(rows)}</tbody>"
    if wide.has_totals():
        inside += f"<tfoot><tr>{_totals(wide)}</tr></tfoot>"
    kinds = ["many"] * is_many(wide) + ["one"] * one
    return markup.table(caption, inside, kinds=kinds)


def _own(wide: Wide) -> tuple[Column, ...]:
    """Return the measures that have a column; earlier figures and changes stand below those that they are of."""
    return tuple(column for column in wide.measures if column.of is None)


def _heads(wide: Wide) -> str:
    several = len(wide.models) > 1
    down = ' rowspan="2"' if several else ""
    first = "".join(
        f'<th class="name" scope="col"{down}>{markup.escaped(label(column.name))}</th>' for column in wide.dimensions
    )
    second = ""
    for measure in _own(wide):
        across = 2 if is_share(measure) else 1
        name = markup.escaped(header_of(wide, measure))
        if not several:
            first += f'<th class="n" scope="col">{name}</th>' + (_NO_BAR if across == 2 else "")
            continue
        first += f'<th class="group" scope="colgroup" colspan="{across * len(wide.models)}">{name}</th>'
        for model in wide.models:
            second += f'<th class="n" scope="col">{markup.escaped(model)}</th>' + (_NO_BAR if across == 2 else "")
    return f"<tr>{first}</tr>" + (f"<tr>{second}</tr>" if several else "")


def _figure(wide: Wide, measure: Column, model: str, row: int) -> str:
    text = markup.escaped(wide.series[measure.name, model].texts[row])
    interval = wide.series.get((interval_name(measure.name), model))
    if interval is not None and interval.texts[row]:
        text += f"<small>{markup.escaped(interval.texts[row])}</small>"
    earlier = wide.series.get((f"{measure.name}_previous", model))
    if earlier is None:
        return f'<td class="n">{text}</td>'
    name = f"{measure.name}_change"
    changed = wide.series[name, model].texts[row]
    sure = wide.series.get((interval_name(name), model))
    doubt = _change_interval(sure.texts[row] if sure is not None else "")
    return f'<td class="n">{text}{_since(wide, measure, changed, earlier.texts[row])}{doubt}</td>'


def _totals(wide: Wide) -> str:
    cells = "".join('<th scope="row">Total</th>' if i == 0 else "<td></td>" for i in range(len(wide.dimensions)))
    for measure in _own(wide):
        for model in wide.models:
            cells += f'<td class="n">{markup.escaped(wide.series[measure.name, model].total)}'
            earlier = wide.series.get((f"{measure.name}_previous", model))
            if earlier is not None and earlier.total:
                changed = wide.series[f"{measure.name}_change", model].total
                cells += _since(wide, measure, changed, earlier.total)
                sure = wide.series.get((interval_name(f"{measure.name}_change"), model))
                cells += _change_interval(sure.total if sure is not None else "")
            cells += "</td>" + (_NO_BAR if is_share(measure) else "")
    return cells


def _since(wide: Wide, measure: Column, change: str, before: str) -> str:
    """Return what changed and what it was, as a line below a figure."""
    column = next(column for column in wide.measures if column.name == f"{measure.name}_change")
    return f"<small>{markup.since(change, tone(column, change), before)}</small>"


def _change_interval(text: str) -> str:
    """Return the interval of a change as a line below it."""
    return f"<small>change {markup.escaped(' '.join(text.split()))}</small>" if text else ""
