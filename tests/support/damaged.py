"""Files that are damaged inside, which shows only when they are read."""

from __future__ import annotations

import io
import zipfile

import openpyxl


def damaged_sheet() -> bytes:
    """Return a workbook whose only sheet, `a`, is cut off in its second row."""
    book = openpyxl.Workbook()
    book.worksheets[0].title = "a"
    for row in (["contact_id", "occurred_at"], ["c1", "2026-01-05"]):
        book.worksheets[0].append(row)
    whole, out = io.BytesIO(), io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as found, zipfile.ZipFile(out, "w") as made:
        for name in found.namelist():
            data = found.read(name)
            made.writestr(name, data.partition(b'<c r="B2"')[0] if "sheets/sheet" in name else data)
    return out.getvalue()
