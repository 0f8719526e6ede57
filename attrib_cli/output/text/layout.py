"""What a table shows at a given width: which measures, bars, and whether models stand beside or below each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.report import Column
from attrib_cli.output.figures import is_change, is_share, tone
from attrib_cli.output.text import grid
from attrib_cli.output.text.glyphs import Glyphs, bar
from attrib_cli.output.text.grid import GridColumn, cells_of
from attrib_cli.output.wide import Series, Wide, is_interval
from attrib_cli.output.words import label

_COMFORTABLE, _NARROW = (18, 12), (10, 6)  # least cells of text: for one dimension, for each of several
_BAR_LEAST, _BAR_USUAL, _BAR_MOST = 6, 12, 24
_FEW_BLOCKS = 3
_LINES_AROUND = 5  # of a block: two of headers, two rules and the total
_TONES = {"better": grid.GREEN, "worse": grid.RED}


@frozen
class Layout:
    """The columns chosen, how many lines each combination of dimensions takes, and the measures left out.

    There are several `blocks` where models that do not fit beside each other stand in tables one below the other.
    """

    blocks: tuple[tuple[GridColumn, ...], ...]
    lines_per_key: int
    hidden: tuple[str, ...]


@frozen
class _Plan:
    measures: tuple[Column, ...]
    bars: bool = False
    broken_headers: bool = False
    stacked: bool = False
    blocks: int = 1
    narrow: bool = False


def choose(wide: Wide, *, width: int | None, glyphs: Glyphs, bars_first: bool = False) -> Layout:
    """Return the richest layout that fits `width` cells, or everything where `width` is None.

    Where not even the barest fits, that one, with its figures whole. With `bars_first` the lesser measures go before
    the bars do.
    """
    usual = _BAR_USUAL if len(wide.models) == 1 else _BAR_LEAST
    for plan in _plans(wide, bars_first):
        least = [replace(c, width=min(c.width, _floor(wide, plan))) for c in _texts(wide, plan)]
        blocks = [
            _figures(wide, plan, _BAR_LEAST if width else usual, glyphs, models)
            for models in _divided(wide.models, plan.blocks)
        ]
        if width is None or all(grid.total_width([*least, *figures]) <= width for figures in blocks):
            break
    texts = _texts(wide, plan)
    if plan.blocks > 1 and width is not None:
        room = width - max(grid.total_width([*texts, *figures]) - sum(c.width for c in texts) for figures in blocks)
        texts = _shrunk(texts, room, _floor(wide, plan))
    figures = blocks[0]
    if plan.blocks == 1 and width is not None:
        room = width - (grid.total_width([*texts, *figures]) - sum(c.width for c in texts))
        texts = _shrunk(texts, room, _floor(wide, plan))
        bars = len(wide.models) if plan.bars else 0
        spare = width - grid.total_width([*texts, *figures])
        if bars and spare >= bars:
            most = _BAR_MOST if bars == 1 else _BAR_USUAL
            figures = _figures(wide, plan, min(_BAR_LEAST + spare // bars, most), glyphs, wide.models)
    return Layout(
        blocks=tuple((*texts, *more) for more in (figures, *blocks[1:])),
        lines_per_key=len(wide.models) if plan.stacked else 1,
        hidden=tuple(column.name for column in wide.measures if column not in plan.measures),
    )


def _divided(models: Sequence[str], blocks: int) -> list[tuple[str, ...]]:
    """Return the models in so many blocks, in order, of as many each as can be."""
    size, longer = divmod(len(models), blocks)
    ends = [0]
    for block in range(blocks):
        ends.append(ends[-1] + size + (block < longer))
    return [tuple(models[first:last]) for first, last in pairwise(ends)]


def by_importance(measures: Sequence[Column], *, typed: bool = False) -> list[Column]:
    """Return the measures from the one that the report is about to the first to go.

    First the leading measure with its interval and its change, then the share, then the rest as asked; earlier periods
    come last, and the intervals of other measures before them. Measures that were `typed` go after all that was not:
    changes, intervals and earlier periods.
    """
    primary = next((column for column in measures if column.of is None), None)

    def rank(column: Column) -> int:
        if column == primary:
            return 0
        if primary is not None and is_interval(column) and column.of == primary.name:
            return 1
        if typed and column.of is None:
            return 2
        if primary is not None and column.of == primary.name and is_change(column):
            return 3
        if is_share(column):
            return 4
        if is_interval(column):
            return 8 if (column.of or "").endswith("_increase") else 6
        return 7 if column.of is not None and not is_change(column) else 5

    return sorted(measures, key=rank)


def _plans(wide: Wide, bars_first: bool) -> Iterator[_Plan]:
    """Yield the ways to show the report, the richest first."""
    important = by_importance(wide.measures, typed=wide.typed)
    several = len(wide.models) > 1

    def first(count: int) -> tuple[Column, ...]:
        return tuple(column for column in wide.measures if column in important[:count])

    sizes = range(len(important), 0, -1)
    if any(map(is_share, important)) and wide.keys:
        for size in sizes if bars_first else sizes[:1]:
            if any(map(is_share, important[:size])):
                yield _Plan(measures=first(size), bars=True)
    least = 2 if any(is_interval(column) for column in important[1:2]) else 1  # an interval goes with its figure
    if wide.typed:  # what was typed goes last of all
        least = max(least, 1 + max(i for i, column in enumerate(important) if column.of is None))
    for some in (sizes[: len(sizes) - least + 1], sizes[len(sizes) - least + 1 :]):
        for stacked in (False, True) if several else (False,):
            if stacked:
                yield from _in_blocks(wide, [first(size) for size in some])
            for size in some:
                for broken in (False, True):
                    yield _Plan(measures=first(size), stacked=stacked, broken_headers=broken)
    if not several:
        yield _Plan(measures=first(2), broken_headers=True, narrow=True)
    yield _Plan(measures=first(1), broken_headers=True, narrow=True, stacked=several)


def _in_blocks(wide: Wide, measures: Sequence[tuple[Column, ...]]) -> Iterator[_Plan]:
    """Yield the ways to show models in a few blocks, the fewest first, as long as that saves lines.

    Models that stand below each other instead take a line each for every combination of dimensions.
    """
    keys, models = len(wide.keys), len(wide.models)
    for blocks in range(2, models + 1):
        if blocks * (keys + _LINES_AROUND) >= models * keys:
            return
        for some in measures if blocks <= _FEW_BLOCKS else measures[-1:]:
            for broken in (False, True):
                yield _Plan(measures=some, blocks=blocks, broken_headers=broken)


def _floor(wide: Wide, plan: _Plan) -> int:
    """Return the cells that a text column is not shrunk below."""
    texts = len(wide.dimensions) + plan.stacked
    return (_NARROW if plan.narrow else _COMFORTABLE)[texts > 1]


def _figures(wide: Wide, plan: _Plan, bar_width: int, glyphs: Glyphs, shown: Sequence[str]) -> list[GridColumn]:
    """Return the columns of the measures under the models `shown`, with bars where the plan has them."""
    columns: list[GridColumn] = []
    grouped = len(wide.models) > 1 and not plan.stacked
    intervals = {measure.of: measure for measure in plan.measures if is_interval(measure)}
    for measure in plan.measures:
        if is_interval(measure):
            continue
        header = header_of(wide, measure)
        group = header if grouped else ""
        block: list[GridColumn] = []
        for models in (wide.models,) if plan.stacked else [(model,) for model in shown]:
            head = _broken(models[0] if grouped else header, plan.broken_headers)
            cells = _interleaved(wide, measure, models)
            toned = enumerate(cells) if is_change(measure) else ()
            tones = {i: _TONES[t] for i, cell in toned if (t := tone(measure, cell))}
            width = grid.widest((*cells, *head))
            block.append(GridColumn(header=head, cells=cells, width=width, right=True, group=group, styles=tones))
            interval = intervals.get(measure.name)
            if interval is not None and any((interval.name, model) in wide.series for model in models):
                block.append(_interval(wide, interval, models, group, broken=plan.broken_headers))
            if plan.bars and is_share(measure):
                drawn = _bars(wide, measure, models[0], bar_width, glyphs)
                block.append(GridColumn(header=("",), cells=drawn, width=bar_width, group=group, style=grid.CYAN))
        if grouped and block and (short := cells_of(header) - grid.total_width(block)) > 0:
            block[0] = replace(block[0], width=block[0].width + short)
        columns.extend(block)
    return columns


def header_of(wide: Wide, measure: Column) -> str:
    """Return a measure's name in words, with the currency's code where its figures don't carry a sign.

    An interval stands beside what it is of, and needs to say no more than how sure it is.
    """
    if is_interval(measure):
        return f"{wide.confidence} interval"
    text = label(measure.name)
    return f"{text} ({wide.code})" if measure.unit == "currency" and wide.code else text


def _broken(text: str, broken: bool) -> tuple[str, ...]:
    """Return a header's lines: one, or broken after blanks and hyphens."""
    return tuple(text.replace("-", "- ").split(" ")) if broken else (text,)


def _interval(wide: Wide, measure: Column, models: Sequence[str], group: str, *, broken: bool) -> GridColumn:
    """Return the column of intervals beside a measure."""
    head = _broken(header_of(wide, measure), broken)
    cells = _interleaved(wide, measure, models)
    width = grid.widest((*cells, *head))
    return GridColumn(header=head, cells=cells, width=width, right=True, group=group, style=grid.DIM)


def _interleaved(wide: Wide, measure: Column, models: Sequence[str]) -> tuple[str, ...]:
    """Return the texts of `models`, row by row and in turn, then their totals; empty ones for a model without."""
    nothing = Series(values=(), texts=("",) * len(wide.keys), total="")
    series = [wide.series.get((measure.name, model), nothing) for model in models]
    body = tuple(text for texts in zip(*(s.texts for s in series), strict=True) for text in texts)
    return (*body, *(s.total for s in series)) if wide.has_totals() else body


def _bars(wide: Wide, measure: Column, model: str, width: int, glyphs: Glyphs) -> tuple[str, ...]:
    """Return the bars of a share, the longest one of the whole table filling its cells."""
    every = [v for m in wide.models for v in wide.series[measure.name, m].values if isinstance(v, Decimal | int)]
    longest = max((float(v) for v in every), default=0.0)
    values = wide.series[measure.name, model].values
    parts = [float(v) / longest if isinstance(v, Decimal | int) and longest > 0 else 0.0 for v in values]
    drawn = tuple(bar(part, width, glyphs) for part in parts)
    return (*drawn, "") if wide.has_totals() else drawn


def _texts(wide: Wide, plan: _Plan) -> list[GridColumn]:
    """Return the columns of the dimensions at their full width, and of the models where these stand below each other.

    In a stack a combination is named once, in the line of its first model.
    """
    times = len(wide.models) if plan.stacked else 1
    footer = ["Total", *[""] * (times - 1)] if wide.has_totals() else []
    columns = []
    for i, dimension in enumerate(wide.dimensions):
        body = [text for key in wide.keys for text in (key[i], *[""] * (times - 1))]
        cells = (*body, *(footer if i == 0 else [""] * len(footer)))
        columns.append(_text_column(label(dimension.name), cells))
    if plan.stacked or not columns:
        names = list(wide.models) * (len(wide.keys) + (1 if footer else 0))
        columns.append(_text_column("Model", tuple(names)))
    return columns


def _text_column(name: str, cells: tuple[str, ...]) -> GridColumn:
    return GridColumn(header=(name,), cells=cells, width=grid.widest((name, *cells)))


def _shrunk(columns: list[GridColumn], room: int, floor: int) -> list[GridColumn]:
    """Return text columns that take `room` cells together if they can, the widest giving way first."""
    widths = [column.width for column in columns]
    while sum(widths) > room and max(widths) > floor:
        widths[widths.index(max(widths))] -= 1
    return [
        replace(column, width=width, header=tuple(grid.wrap(column.header[0], width)))
        for column, width in zip(columns, widths, strict=True)
    ]
