"""The sheet "About" of a workbook: what was asked, what was counted, and of which files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.about import definition
from attrib_cli.output.origin import in_cells
from attrib_cli.output.xlsx.cells import Formats, page, safe_text

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.report import Summary
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.about import About
    from attrib_cli.output.scope import Condition


@frozen
class Block:
    """One report of the workbook: its name, what was asked, what was counted, and what to know about it."""

    name: str
    spec: ReportSpec
    conditions: tuple[Condition, ...]
    summary: Summary
    notes: tuple[Note, ...] = ()


def add(
    sheet: Worksheet, blocks: Sequence[Block], found: About | None, formats: Formats, origin: str | None = None
) -> None:
    """Fill the sheet: the program and the day, each report's definition, the files with size and hash.

    `origin` is what `attrib report --rerun` reads.
    """
    row = 0

    def line(name: str, *values: str | int) -> None:
        nonlocal row
        sheet.write_string(row, 0, safe_text(name), formats.bold)
        for spot, value in enumerate(values, start=1):
            if isinstance(value, int):
                sheet.write_number(row, spot, value)
            else:
                sheet.write_string(row, spot, safe_text(value), formats.wrapped)
        row += 1

    if found is not None:
        line("Made by", f"attrib {found.version}")
        line("As of", found.day.isoformat())
    for block in blocks:
        row += 1
        line("Report", block.name)
        for name, value in definition(block.spec, block.summary, block.conditions):
            line(name, value)
        for note in block.notes:
            line(note.level.capitalize(), str(note))
    if found is not None:
        row += 1
        line("Source", "File", "Bytes", "SHA-256")
        for file in found.sources:
            line(file.table, file.path, file.size, file.sha256)
    row += 1
    line("Note", "Figures are kept in binary here; csv and parquet have every digit.")
    sheet.print_area(0, 0, row - 1, 3)  # one long line of what follows would make all else too small to read
    for piece in in_cells(origin or ""):
        sheet.write_string(row, 0, "For --rerun", formats.bold)
        sheet.write_string(row, 1, piece, formats.clipped)
        row += 1
    page(sheet)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 60)
    sheet.set_column(2, 2, 14)
    sheet.set_column(3, 3, 68)
