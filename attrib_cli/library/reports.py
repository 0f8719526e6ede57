"""attrib in a notebook or a script: ``import attrib_cli as attrib``, then `report` and `dashboard`.

Everything is said with strings, as on the command line and in `attrib.yaml`; errors speak of arguments.
"""

from __future__ import annotations

import base64
import datetime as dt
import html
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.engine.errors import AttribError, SourceError, UsageError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from attrib_cli.config.schema.report_sections import ReportEntry
    from attrib_cli.engine.report import Report, Row, Summary
    from attrib_cli.output.named_report import Layout
    from attrib_cli.reporting.data_context import DataContext
    from attrib_cli.reporting.request import ReportRequest
    from attrib_cli.reporting.workspace import Workspace

Texts: TypeAlias = str | Sequence[str]
Tables: TypeAlias = str | Path | Sequence[str | Path] | Mapping[str, object]
"""A folder with the tables, several, or each table by its name: a file, or one of pandas, polars, Arrow or DuckDB."""

_ARGUMENTS = {"model": "models", "measure": "measures", "campaign": "campaigns", "first": "start", "to": "end"}
"""What fields of a report are called as arguments, where that is not their own name."""
_BETWEEN = r"(?:and|or|is|was|are|were|to|for|with|without|beside|it|a|the|says|takes|DIR)\b"
"""Words that follow the name of an option and are no value of it."""
_SHOWN = 20


@dataclass(frozen=True, kw_only=True, repr=False)
class Answer:
    """A report that was computed: its rows as tables of other libraries, and itself as a table and a chart.

    `report` is that of the engine, with exact decimals; `name` is what it is called, `chart` the kind asked for, and
    `layout` how models stand to each other in files of figures.
    """

    report: Report
    name: str = ""
    chart: str | None = None
    layout: Layout | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns: dimensions, ``model``, measures."""
        return tuple(column.name for column in self._shown.columns)

    @property
    def rows(self) -> Sequence[Row]:
        """The rows, with exact decimals."""
        return self._shown.rows

    @property
    def totals(self) -> Sequence[Row]:
        """A row for each model with the figures of all rows."""
        return self._shown.totals

    @property
    def summary(self) -> Summary:
        """What was counted, and the days."""
        return self.report.summary

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to know beside the figures, warnings among it."""
        from attrib_cli.output.words import note_line

        return tuple(map(note_line, self.report.notes))

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table: text as string, counts as int64, all else as decimal128(38, 6)."""
        return self._shown.to_arrow()

    def to_pandas(self, *, exact: bool = False) -> pd.DataFrame:
        """Return the rows as a data frame: figures as float64, or as Decimal where they are to be `exact`.

        Raises UsageError where pandas is not installed.
        """
        _installed("pandas")
        return self._table(exact).to_pandas()

    def to_polars(self, *, exact: bool = False) -> pl.DataFrame:
        """Return the rows as a data frame: figures as Float64, or as Decimal where they are to be `exact`.

        Raises UsageError where polars is not installed.
        """
        _installed("polars")
        import polars as pl

        frame = pl.from_arrow(self._table(exact))
        if not isinstance(frame, pl.DataFrame):
            raise TypeError("a table became a series")
        return frame

    @cached_property
    def _shown(self) -> Report:
        """Return the report with its models as they were asked for: side by side, or one below the other."""
        from attrib_cli.output.side_by_side import side_by_side

        if self.layout != "wide":
            return self.report
        with _of_arguments():
            return side_by_side(self.report).report

    def _table(self, exact: bool) -> pa.Table:
        import pyarrow as pa

        table = self.to_arrow()
        if exact:
            return table
        columns = [
            pa.array([None if cell is None else float(cell) for cell in column.to_pylist()], pa.float64())
            if pa.types.is_decimal(column.type)
            else column
            for column in table.columns
        ]
        return pa.table(columns, names=table.column_names)

    def to_chart(self, chart: str | None = None) -> dict[str, object]:
        """Return the chart as a Vega-Lite specification: of the kind `chart`, else as asked for, else what suits.

        Raises UsageError for a kind that cannot show the report.
        """
        from attrib_cli.output.charts.image import chart_of

        with _of_arguments():
            return dict(chart_of(self.report, chart or self.chart, name=self.name or None))

    def write(self, path: str | Path, *, format: str | None = None) -> None:
        """Write the report to a file, as its ending or `format` says; raises what `attrib report --output` does."""
        from attrib_cli.output.chosen_format import resolve_format
        from attrib_cli.output.registry import WriteOptions
        from attrib_cli.system.atomic_files import write_file

        with _of_arguments():
            chosen = resolve_format(format, str(path), False)
            options = WriteOptions(name=self.name or None, chart=self.chart, layout=self.layout)
            write_file(str(path), chosen.load()(self.report, options))

    def __repr__(self) -> str:
        from attrib_cli.output.registry import WriteOptions
        from attrib_cli.output.text.table import write

        return b"".join(write(self.report, WriteOptions(width=120))).decode("utf-8").rstrip("\n")

    def _repr_html_(self) -> str:
        """Return the first rows as a table, and the chart where the extra `charts` is installed."""
        from attrib_cli.output import words
        from attrib_cli.output.text.layout import header_of
        from attrib_cli.output.wide import widen

        wide = widen(self.report)
        pairs = list(wide.columns())
        heads = [words.label(column.name) for column in wide.dimensions]
        heads += [header_of(wide, column) + (f", {m}" if len(wide.models) > 1 else "") for column, m in pairs]
        series = [wide.series[column.name, model] for column, model in pairs]
        lines = ["".join(f"<th>{html.escape(head)}</th>" for head in heads)]
        for i, key in enumerate(wide.keys[:_SHOWN]):
            cells = (*key, *(one.texts[i] for one in series))
            lines.append("".join(f"<td>{html.escape(cell)}</td>" for cell in cells))
        if wide.has_totals() and wide.dimensions:
            blank = [""] * (len(wide.dimensions) - 1)
            totals = ("Total", *blank, *(one.total for one in series))
            lines.append("".join(f"<th>{html.escape(cell)}</th>" for cell in totals))
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        left = len(wide.keys) - _SHOWN
        more = [f"{left} more rows"] if left > 0 else []
        told = [*more, words.summary_line(self.report.summary), *self.notes]
        said = "".join(f"<p>{html.escape(line)}</p>" for line in told)
        title = html.escape(self.name or words.title(self.report, wide.models))
        return f"<div><p><b>{title}</b></p>{self._picture()}<table>{body}</table>{said}</div>"

    def _picture(self) -> str:
        from attrib_cli.output.charts.image import write_svg
        from attrib_cli.output.registry import WriteOptions

        try:
            drawn = b"".join(write_svg(self.report, WriteOptions(name=self.name or None, chart=self.chart)))
        except UsageError:  # nothing to draw, or nothing to draw with
            return ""
        return f'<img alt="" src="data:image/svg+xml;base64,{base64.b64encode(drawn).decode("ascii")}">'


def report(
    tables: Tables | None = None,
    *,
    name: str | None = None,
    type: str | None = None,
    models: Texts | None = None,
    weights: str | Mapping[str, float] | None = None,
    by: Texts | None = None,
    period: str | None = None,
    start: str | dt.date | None = None,
    end: str | dt.date | None = None,
    compare: str | None = None,
    campaigns: Texts | None = None,
    where: Texts | None = None,
    eligible: Texts | None = None,
    prefer: Texts | None = None,
    collapse: str | None = None,
    cycles: str | None = None,
    measures: Texts | None = None,
    lookback: str | None = None,
    half_life: str | None = None,
    sort: Texts | None = None,
    limit: int | None = None,
    states: Texts | None = None,
    order: int | None = None,
    game: str | None = None,
    non_converting: bool | None = None,
    confidence: str | None = None,
    seed: int | None = None,
    transitions: bool | None = None,
    chart: str | None = None,
    layout: str | None = None,
    allow_empty: bool | None = None,
    config: str | Path | None = None,
    today: str | dt.date | None = None,
) -> Answer:
    """Compute a report, as `attrib report` does with the options of the same names.

    `tables` is a folder, a list of folders, or a mapping from names of tables (``touchpoints``, ``deals``, ..., or
    ``paths`` in place of these) to files, data frames of pandas or polars, Arrow tables, or DuckDB relations; without
    it the sources of the configuration are read.
    `name` is a saved report, over which everything else goes. `config` names the configuration; else one is looked
    for as the command line does. `start` and `end` are the first and last day, in place of a `period`.

    Raises UsageError for arguments that make no sense, SourceError, CheckError and ConfigError.
    """
    given: dict[str, object] = {
        "type": type, "model": models, "weights": weights, "by": by, "period": period, "first": start, "to": end,
        "compare": compare, "campaign": campaigns, "where": where, "eligible": eligible, "prefer": prefer,
        "collapse": collapse, "cycles": cycles, "measure": measures,
        "lookback": lookback, "half_life": half_life, "sort": sort, "limit": limit, "states": states,
        "order": order, "game": game, "non_converting": non_converting, "confidence": confidence, "seed": seed,
        "transitions": transitions, "chart": chart, "layout": layout, "allow_empty": allow_empty,
    }  # fmt: skip
    with _of_arguments(tables), ExitStack() as held:
        workspace = _workspace(held, config, today, None if isinstance(tables, Mapping) else _folders(tables))
        typed = _request(given)
        saved = workspace.saved_report(name, typed)
        data = _lent(tables, workspace, held) if isinstance(tables, Mapping) else workspace.data_of(saved)
        own = typed if saved is None else typed.over(_said(saved))
        request = own.over(data.preferred)
        spec = request.spec(data.settings, workspace.day(saved) if not isinstance(tables, Mapping) else workspace.day())
        with workspace.open(data, shared=False) as session:
            return Answer(report=session.run(spec), name=name or "", chart=request.chart, layout=request.layout)


def dashboard(name: str, *, config: str | Path | None = None, today: str | dt.date | None = None) -> dict[str, Answer]:
    """Compute a dashboard and return its reports by name, with all their rows, in its order.

    Raises what `report` raises, for the first report that fails.
    """
    from attrib_cli.reporting import dashboards

    with _of_arguments(), ExitStack() as held:
        workspace = _workspace(held, config, today, ())
        library = workspace.library
        board = dashboards.compute(library.dashboard(name), library, workspace, _request({}), rows=None)
        for tile in board.tiles:
            if isinstance(tile.answer, AttribError):
                raise tile.answer
        return {
            tile.name: Answer(report=tile.answer, name=tile.name, chart=tile.chart, layout=tile.layout)
            for tile in board.tiles
            if not isinstance(tile.answer, AttribError)
        }


def _said(saved: ReportEntry) -> ReportRequest:
    from attrib_cli.reporting.request import ReportRequest

    return ReportRequest.of(saved)


def _folders(tables: object) -> Sequence[str]:
    """Return the folders that are named, none for None; raises UsageError for what is no folder and no mapping."""
    if tables is None:
        return ()
    found = [tables] if isinstance(tables, str | Path) else tables
    if isinstance(found, list | tuple) and found and all(isinstance(one, str | Path) for one in found):
        return [str(one) for one in found]
    kind = tables.__class__.__name__
    raise UsageError(
        f"{kind} does not say which tables it has",
        hint="Give a folder, or each table by its name: {'touchpoints': ..., 'deals': ...}.",
        place="tables",
    )


def _workspace(
    held: ExitStack, config: str | Path | None, today: str | dt.date | None, folders: Sequence[str] | None
) -> Workspace:
    from attrib_cli.reporting.workspace import Workspace
    from attrib_cli.terminal.console import Console

    return Workspace(
        console=Console.in_memory(environ=dict(os.environ), now=dt.datetime.now(dt.UTC)),
        data=list(folders) if folders else None,
        config=None if config is None else Path(config),
        today=None if today is None else str(today),
        held=held,
    )


def _request(given: Mapping[str, object]) -> ReportRequest:
    from attrib_cli.config.schema.report_options import report_options
    from attrib_cli.reporting.request import ReportRequest

    options = report_options()
    return ReportRequest.of_values(
        {name: options[name].read(_text(name, value)) for name, value in given.items() if value is not None}
    )


def _text(name: str, value: object) -> bool | str | Sequence[str]:
    """Return an argument as it would be typed; raises UsageError for what is neither a text nor a list of them."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return ",".join(f"{key}={number}" for key, number in value.items())
    if isinstance(value, int | dt.date):
        return str(value)
    if isinstance(value, Sequence) and all(isinstance(one, str) for one in value):
        return list(value)
    called = _ARGUMENTS.get(name, name)
    raise UsageError(f"{value!r} is neither a text nor a list of texts", place=called)


@contextmanager
def _of_arguments(tables: Tables | None = None) -> Iterator[None]:
    """Let errors speak of arguments where they would speak of options, or of the files that `tables` are written to."""
    lent = (
        [name for name, one in tables.items() if not isinstance(one, str | Path)] if isinstance(tables, Mapping) else []
    )

    def said(text: str) -> str:
        for name in lent:
            text = text.replace(f"{name}.parquet", f"tables[{name!r}]")
        return _as_arguments(text)

    try:
        yield
    except AttribError as error:
        error.message = said(error.message)
        if error.hint is not None:
            to_map = lent and re.search(r"\bmap(?:ped)?\b.*attrib\.yaml", error.hint)
            error.hint = "Rename the columns of the table that is given." if to_map else said(error.hint)
        error.place = None if error.place is None else said(error.place)
        raise


def _as_arguments(text: str) -> str:
    def named(match: re.Match[str]) -> str:
        field = {"from": "first", "data": "tables"}.get(match[1], match[1].replace("-", "_"))
        return _ARGUMENTS.get(field, field) + ("=" if match[2] else "")

    return re.sub(rf"--([a-z][a-z-]*)( (?!{_BETWEEN})(?=[A-Za-z0-9'\"]))?", named, text)


def _lent(tables: Mapping[str, object], workspace: Workspace, held: ExitStack) -> DataContext:
    """Return data of which each table is at hand: a file, or what is written to one for as long as it is read."""
    import pyarrow.parquet as pq

    from attrib_cli.engine.source_spec import ALL_TABLES, PATHS, SourceMap
    from attrib_cli.engine.sources.discover import expand
    from attrib_cli.engine.sources.path_files import path_sources
    from attrib_cli.engine.temporary import temporary_folder
    from attrib_cli.library.lent_tables import arrow_table
    from attrib_cli.reporting.data_context import DataContext, settings_of
    from attrib_cli.reporting.request import ReportRequest

    folder = Path(held.enter_context(temporary_folder()))
    config = workspace.project
    settings = settings_of(config)
    names = {name: name for name in (*ALL_TABLES, *(one.table for one in settings.conversions))}
    found = {}
    for given, table in tables.items():
        name = names.get(given)
        if name is None:
            hint = did_you_mean(given, names) or f"Tables: {', '.join(names)}."
            raise UsageError(f"there is no table '{given}'", hint=hint, place="tables")
        if isinstance(table, str | Path):
            found[name] = expand(name, str(table), base=Path.cwd(), place="tables")
            continue
        file = folder / f"{name}.parquet"
        pq.write_table(arrow_table(name, table), file)
        found[name] = replace(expand(name, str(file), base=folder), place=f"tables[{name!r}]")
    if PATHS in found:
        made = path_sources(found.pop(PATHS))
        both = found.keys() & made.keys()
        if both:
            raise UsageError(f"{min(both)} come from paths already", hint="Leave one out.", place="tables")
        found |= made
    if "touchpoints" not in found:
        raise SourceError("there are no touchpoints among the tables", place="tables")
    preferred = ReportRequest() if config is None else ReportRequest.of(config.defaults)
    sources = SourceMap(tables=found, place="tables")
    return DataContext(sources=sources, settings=settings, preferred=preferred, config=config)


def _installed(package: str) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise UsageError(f"{package} is not installed", hint=f"Install it with: pip install {package}")
