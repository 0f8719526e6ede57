r"""CSV and TSV.

CSV follows RFC 4180 with minimal quotes and ``\n`` at line ends. TSV has no quotes: backslash, tab and line breaks in
text are written ``\\``, ``\t``, ``\n``, ``\r``, so that a line is always a row and a tab always a column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.output.side_by_side import laid_out
from attrib_cli.output.values import chunks, plain, text_flags

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell, Report
    from attrib_cli.output.registry import WriteOptions

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NEEDS_QUOTES = re.compile('[",\r\n]').search
_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def csv_field(text: str) -> str:
    """Return `text` as a CSV field, quoted only where it must be."""
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES(text) else text


def tsv_field(text: str) -> str:
    """Return `text` as a TSV field, with tabs and line breaks escaped."""
    return text.translate(_TSV_ESCAPES)


def excel_safe(text: str) -> str:
    """Return `text` so that a spreadsheet takes it for text: a leading ``'`` before what would start a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def write_csv(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as CSV: a header, then a line for each row."""
    return _write(report, options, csv_field, ",")


def write_tsv(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as TSV: a header, then a line for each row."""
    return _write(report, options, tsv_field, "\t")


def _write(report: Report, options: WriteOptions, field: Callable[[str], str], delimiter: str) -> Iterator[bytes]:
    def finish(text: str) -> str:
        return field(excel_safe(text) if options.excel_safe else text)

    report = laid_out(report, options)
    yield (delimiter.join(finish(column.name) for column in report.columns) + "\n").encode("utf-8")
    known: dict[Cell, str] = {}
    is_text = text_flags(report)
    for columns in chunks(report.rows):
        written = [
            _texts(cells, known, finish) if text else [plain(cell) for cell in cells]
            for cells, text in zip(columns, is_text, strict=True)
        ]
        lines = map(delimiter.join, zip(*written, strict=True))
        yield ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _texts(cells: Sequence[Cell], known: dict[Cell, str], finish: Callable[[str], str]) -> list[str]:
    """Return the fields of a text column; dimensions repeat, so each text is finished once."""
    found = []
    for cell in cells:
        text = known.get(cell)
        if text is None:
            text = known[cell] = finish(plain(cell))
        found.append(text)
    return found
