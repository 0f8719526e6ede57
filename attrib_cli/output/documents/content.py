"""What a page or a slide of a report says, whatever it is drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.output import scope, words
from attrib_cli.output.shared_notes import said_once
from attrib_cli.output.text.layout import by_importance, header_of
from attrib_cli.output.wide import is_interval, widen

if TYPE_CHECKING:
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.report import Column
    from attrib_cli.output.charts.catalogue import ChartType
    from attrib_cli.output.charts.data import ChartData
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.named_report import NamedReport
    from attrib_cli.output.registry import WriteOptions


@frozen
class Content:
    """One report on paper or on a slide.

    `asked` says what it is, `conditions` what it is of. The table has the texts of the dimensions (the first `names` of
    `headers`), then figures; `total` is its last line, empty without one. `refused` says why the chart is not the one
    asked for, empty if it is. `hidden` names the measures that there is no room for. `said` are what was counted, what
    was left out, and notes.
    """

    title: str
    asked: str
    conditions: tuple[str, ...]
    chart: ChartType
    data: ChartData
    names: int
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    hidden: tuple[str, ...]
    refused: str
    said: tuple[str, ...]


def contents_of(reports: Sequence[NamedReport], options: WriteOptions, *, columns: int) -> list[Content]:
    """Return what the reports of one document say, see `content_of`; a note of several is said by the first of them."""
    notes = said_once([(one.name, one.report) for one in reports])
    return [content_of(one, options, columns=columns, notes=own) for one, own in zip(reports, notes, strict=True)]


def contents_of_board(board: Board, options: WriteOptions, *, columns: int) -> list[Content | tuple[str, str]]:
    """Return what the reports of a dashboard say, and of what failed its name and why."""
    named = [tile.named(tile.answer) for tile in board.tiles if not isinstance(tile.answer, AttribError)]
    found = iter(contents_of(named, options, columns=columns))
    return [
        (tile.name, str(tile.answer)) if isinstance(tile.answer, AttribError) else next(found) for tile in board.tiles
    ]


def content_of(
    one: NamedReport, options: WriteOptions, *, columns: int, notes: Sequence[Note] | None = None
) -> Content:
    """Return what a report says, with at most `columns` columns of figures in its table.

    Its notes are its own where they are not given. Raises UsageError for a chart that cannot show the report.
    """
    report = one.report
    data, chart, refused = one.charted()
    wide = widen(report)
    every = list(wide.columns())
    ranked = by_importance([m for m in wide.measures if not is_interval(m)], typed=wide.typed)
    kept: list[str] = []
    for measure in ranked:
        needed = sum(measure_name(column) in (*kept, measure.name) for column, _ in every)
        if kept and needed > columns:
            break
        kept.append(measure.name)
    pairs = [pair for pair in every if measure_name(pair[0]) in kept][:columns]
    models = len(wide.models) > 1
    headers = [words.label(column.name) for column in wide.dimensions]
    headers += [
        header_of(wide, column) + (f", {model}" if models and not is_interval(column) else "")
        for column, model in pairs
    ]
    series = [wide.series[measure.name, model] for measure, model in pairs]
    rows = tuple((*key, *(one.texts[i] for one in series)) for i, key in enumerate(wide.keys))
    total: tuple[str, ...] = ()
    if wide.has_totals() and wide.dimensions:
        blank = [""] * (len(wide.dimensions) - 1)
        total = ("Total", *blank, *(one.total for one in series))
    title = words.title(report, wide.models)
    missing_models = len(wide.models) - len({model for _, model in pairs})
    cut = [f"{missing_models} of the models"] if missing_models else []
    return Content(
        title=one.name or title,
        asked=title,
        conditions=scope.words(scope.scope(report)),
        chart=chart,
        data=data,
        names=len(wide.dimensions),
        headers=tuple(headers),
        rows=rows,
        total=total,
        refused=refused,
        hidden=(*cut, *(words.in_sentence(measure.name) for measure in ranked if measure.name not in kept)),
        said=(
            *([f"note: {refused}"] if refused else []),
            words.summary_line(report.summary),
            *(words.note_line(note) for note in (report.notes if notes is None else notes)),
            *_source(options),
        ),
    )


def measure_name(column: Column) -> str:
    """Return the measure that a column of figures shows, or that it is the interval of."""
    return column.of or column.name if is_interval(column) else column.name


def _source(options: WriteOptions) -> tuple[str, ...]:
    """Return the line that says where figures come from, where that is known."""
    if options.about is None:
        return ()
    found = options.about()
    files = ", ".join(dict.fromkeys(PurePath(file.path).name for file in found.sources))
    return (f"Source: {files} · attrib {found.version}, for {found.day.isoformat()}",)


def missing(package: str, extra: str) -> UsageError:
    """Return the error of an optional dependency that is not installed."""
    return UsageError(
        f"{extra} files need the package {package}, which is not installed",
        hint=f"Install it with: pip install 'attrib-cli[{extra}]'",
        place="--format",
    )
