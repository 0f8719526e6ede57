"""Excel: a sheet for each report with a chart, further sheets where rows do not fit, and one that says what it is.

Texts are written as texts and nothing else, so that no name of a campaign becomes a formula or a link. The properties
of the file hold the day of the report and no clock, so that equal reports give equal bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.temporary import place, temporary_folder
from attrib_cli.output.intervals import header, percent
from attrib_cli.output.matrix import matrix
from attrib_cli.output.origin import origin_of
from attrib_cli.output.scope import models_of, scope, scope_of_ledger, words
from attrib_cli.output.words import label, title
from attrib_cli.output.xlsx import about, chart, transitions
from attrib_cli.output.xlsx.cells import Formats, SheetNames, Widths, page, safe_text, write_cell

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.engine.report import Cell, Column, Report
    from attrib_cli.output.about import About
    from attrib_cli.output.registry import WriteOptions

ROWS = 1_048_576
"""The rows of a sheet, the header among them."""

LARGE = 100_000
"""A report with more rows than this is written row by row, without being held in memory."""

_PIECE = 256 * 1024
_UNDATED = dt.date(2000, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One report under the name that its sheet is to have."""

    name: str
    report: Report


def write(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as a workbook of its own."""
    return write_workbook([Sheet(name=options.name or "Report", report=report)], options)


def write_reports(reports: Sequence[tuple[str, Report]], options: WriteOptions) -> Iterator[bytes]:
    """Yield one workbook of several reports, each with its name."""
    return write_workbook([Sheet(name=name, report=report) for name, report in reports], options)


def write_workbook(sheets: Sequence[Sheet], options: WriteOptions) -> Iterator[bytes]:
    """Yield a workbook with a sheet for each report, what their charts need, and the sheet "About"."""

    def build(workbook: Workbook, found: About | None) -> None:
        names, formats, charts = SheetNames(), Formats(workbook), chart.Charts()
        for sheet in sheets:
            report = sheet.report
            headers = [header(column, percent(report.spec)) for column in report.columns]
            said = _heading(report)
            first = _table(
                workbook,
                names,
                sheet.name,
                report.columns,
                headers,
                report.rows,
                formats,
                report.summary.currency,
                heading=said,
            )
            chain = matrix(report)
            if chain is not None and len(chain.sources) < ROWS:
                several = f"{sheet.name}, transitions" if len(sheets) > 1 else "Transitions"
                transitions.add(workbook.add_worksheet(names.take(several)), chain, formats, heading=said)
            elif not report.spec.transitions:
                charts.plan(first, report, sheet.name)
        charts.draw(workbook, names)
        blocks = [
            about.Block(
                name=s.name,
                spec=s.report.spec,
                conditions=scope(s.report),
                summary=s.report.summary,
                notes=s.report.notes,
            )
            for s in sheets
        ]
        origin = origin_of("xlsx", made, options)
        about.add(workbook.add_worksheet(names.take("About")), blocks, found, formats, origin)

    made = [(sheet.name if len(sheets) > 1 else options.name, sheet.report) for sheet in sheets]
    large = any(len(sheet.report.rows) > LARGE for sheet in sheets)
    return _made(build, options, large=large)


def write_stream(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as a workbook, its rows written as they come."""

    def build(workbook: Workbook, found: About | None) -> None:
        names, formats, name = SheetNames(), Formats(workbook), options.name or "Ledger"
        rows = (row for batch in ledger.batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))
        headers = [label(column.name) for column in ledger.columns]
        heading = ", ".join((name, *words(scope_of_ledger(ledger))))
        _table(workbook, names, name, ledger.columns, headers, rows, formats, ledger.currency, heading=heading)
        block = about.Block(
            name=name,
            spec=ledger.spec,
            conditions=scope_of_ledger(ledger),
            summary=ledger.summary(),
            notes=ledger.notes,
        )
        about.add(workbook.add_worksheet(names.take("About")), [block], found, formats)

    return _made(build, options, large=True)


def _heading(report: Report) -> str:
    """Return what a report is and what it is of, as the heading of a page."""
    models = [model.name for model in models_of(report.spec, report.settings)]
    return ", ".join((title(report, models), *words(scope(report))))


def _table(
    workbook: Workbook,
    names: SheetNames,
    name: str,
    columns: Sequence[Column],
    headers: Sequence[str],
    rows: Iterable[Sequence[Cell | dt.datetime]],
    formats: Formats,
    currency: str | None,
    *,
    heading: str,
) -> Worksheet:
    """Write a header and rows, on as many sheets as they need; return the first sheet. `heading` is for paper."""
    styles = [formats.of(column, currency) for column in columns]
    first = sheet = _begin(workbook, names.take(name), columns, headers, formats, heading)
    widths, at = Widths(columns, headers), 1
    for row in rows:
        if at == ROWS:
            _end(sheet, at, widths)
            sheet = _begin(workbook, names.take(name), columns, headers, formats, heading)
            widths, at = Widths(columns, headers), 1
        for spot, cell in enumerate(row):
            write_cell(sheet, at, spot, cell, styles[spot], formats)
        widths.see(row)
        at += 1
    _end(sheet, at, widths)
    return first


def _begin(
    workbook: Workbook, name: str, columns: Sequence[Column], headers: Sequence[str], formats: Formats, heading: str
) -> Worksheet:
    sheet = workbook.add_worksheet(name)
    for spot, (column, text) in enumerate(zip(columns, headers, strict=True)):
        style = formats.figure_header if column.role == "measure" else formats.header
        sheet.write_string(0, spot, safe_text(text), style)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    page(sheet, heading)
    return sheet


def _end(sheet: Worksheet, rows: int, widths: Widths) -> None:
    for spot, width in enumerate(widths.found()):
        sheet.set_column(spot, spot, width)
    sheet.autofilter(0, 0, rows - 1, len(widths.found()) - 1)


def _made(build: Callable[[Workbook, About | None], None], options: WriteOptions, *, large: bool) -> Iterator[bytes]:
    """Yield the bytes of the workbook that `build` fills; it is made in a temporary folder."""
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    found = options.about() if options.about is not None else None
    with temporary_folder() as folder:
        path = folder / "book.xlsx"
        settings = {
            "constant_memory": large,
            "tmpdir": str(folder),
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        try:
            workbook = xlsxwriter.Workbook(str(path), settings)
            day = found.day if found is not None else _UNDATED
            workbook.set_properties({"created": dt.datetime.combine(day, dt.time()), "comments": "Made by attrib"})
            build(workbook, found)
            workbook.close()
        except XlsxWriterException as error:
            hint = f"Is there room in {place()}? --temp-dir and TMPDIR choose another place."
            raise AttribError(f"the workbook could not be made: {error}", hint=hint) from error
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                yield piece
