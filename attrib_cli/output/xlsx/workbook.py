"""Excel: a sheet for each report with a chart, further sheets where rows do not fit, and one that says what it is.

Texts are written as texts and nothing else, so that no name of a campaign becomes a formula or a link. The properties
of the file hold the day of the report and no clock, so that equal reports give equal bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.temporary import place, temporary_folder
from attrib_cli.output import words
from attrib_cli.output.matrix import matrix
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.origin import origin_of, origin_of_ledger
from attrib_cli.output.scope import models_of, scope, scope_of_ledger
from attrib_cli.output.scope import words as condition_words
from attrib_cli.output.shared_notes import said_once
from attrib_cli.output.side_by_side import headers_of, side_by_side
from attrib_cli.output.xlsx import about, transitions
from attrib_cli.output.xlsx.cells import Formats, SheetNames
from attrib_cli.output.xlsx.chart import Charts
from attrib_cli.output.xlsx.table import Drawing, Table, lines_of, write_table

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.engine.report import Report
    from attrib_cli.output.about import About
    from attrib_cli.output.registry import WriteOptions

LARGE = 100_000
"""A report with more rows than this is written row by row, without being held in memory."""

_PIECE = 256 * 1024
_UNDATED = dt.date(2000, 1, 1)


def write(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as a workbook of its own."""
    return write_reports([NamedReport.of(report, options)], options)


def write_reports(reports: Sequence[NamedReport], options: WriteOptions) -> Iterator[bytes]:
    """Yield a workbook with a sheet for each report, what their charts need, and the sheet "About".

    Raises UsageError for a chart that cannot show its report.
    """
    several = len(reports) > 1
    if options.template is not None:
        from attrib_cli.output.xlsx.template.fill import fill

        return fill(reports, options)

    def build(workbook: Workbook, found: About | None) -> None:
        names, formats = SheetNames(), Formats(workbook)
        charts = Charts(workbook=workbook, names=names, formats=formats)
        for one in reports:
            _add_report(workbook, names, formats, charts, one, several=several)
        charts.draw()
        notes = said_once([(one.name, one.report) for one in reports])
        blocks = [
            about.Block(
                name=one.name or "Report",
                spec=one.report.spec,
                conditions=scope(one.report),
                summary=one.report.summary,
                notes=own,
            )
            for one, own in zip(reports, notes, strict=True)
        ]
        origin = origin_of("xlsx", reports, options)
        about.add(workbook.add_worksheet(names.take("About")), blocks, found, formats, origin)

    return _made(build, options, large=any(len(one.report.rows) > LARGE for one in reports))


def write_stream(ledger: Ledger, options: WriteOptions) -> Iterator[bytes]:
    """Yield a ledger as a workbook, its rows written as they come."""

    def build(workbook: Workbook, found: About | None) -> None:
        names, formats, name = SheetNames(), Formats(workbook), options.name or "Ledger"
        conditions = condition_words(scope_of_ledger(ledger))
        table = Table(
            columns=ledger.columns,
            headers=tuple(words.label(column.name) for column in ledger.columns),
            rows=(row for b in ledger.batches for row in zip(*(c.to_pylist() for c in b.columns), strict=True)),
            currency=ledger.currency,
            title=name,
            said=(" · ".join(conditions),) if conditions else (),
        )
        written = write_table(workbook, names, name, table, formats, heading=", ".join((name, *conditions)))
        notes = (words.note_line(note) for note in ledger.notes)
        written.close((words.summary_line(ledger.summary()), *notes), formats)
        block = about.Block(
            name=name,
            spec=ledger.spec,
            conditions=scope_of_ledger(ledger),
            summary=ledger.summary(),
            notes=ledger.notes,
        )
        origin = origin_of_ledger("xlsx", ledger, options)
        about.add(workbook.add_worksheet(names.take("About")), [block], found, formats, origin)

    return _made(build, options, large=True)


def _add_report(
    workbook: Workbook, names: SheetNames, formats: Formats, charts: Charts, one: NamedReport, *, several: bool
) -> None:
    """Write a report with all that is said of it, and plan its chart."""
    report, sheet_name = one.report, one.name or "Report"
    wide = side_by_side(report) if one.layout == "wide" else None
    shown = report if wide is None else wide.report
    asked = words.title(report, [model.name for model in models_of(report.spec, report.settings)])
    conditions = condition_words(scope(report))
    table = Table(
        columns=shown.columns,
        headers=headers_of(report) if wide is None else wide.headers,
        rows=shown.rows,
        totals=shown.totals if report.dimensions() and shown.rows else (),
        currency=report.summary.currency,
        title=one.name or asked,
        said=tuple(filter(None, (asked if one.name else "", " · ".join(conditions)))),
    )
    heading = ", ".join((asked, *conditions))
    written = write_table(workbook, names, sheet_name, table, formats, heading=heading)
    below = [words.summary_line(report.summary), *(words.note_line(note) for note in report.notes)]
    row, column = written.place(len(lines_of(below)) + 1)
    chain, drawing = matrix(report), Drawing()
    if chain is not None:
        name = names.take(f"{sheet_name}, transitions" if several else "Transitions")
        transitions.add(workbook.add_worksheet(name), chain, formats, heading=heading)
        drawing = Drawing(said=f"the matrix of transitions is the sheet {name}")
    elif report.rows and not report.spec.transitions:
        drawing = charts.plan(one, written.first, row, column, title=heading, several=several)
    written.close([*below, *([f"note: {drawing.said}"] if drawing.said else [])], formats, drawing, row)


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
