"""Broken files, each with the message that it must lead to: one vocabulary of messages, in one table.

A case is a table's file as bytes, how the source is described, and where and how the first error must speak.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from damaged import damaged_sheet


@dataclass(frozen=True, kw_only=True)
class Bad:
    """One broken file: `place` is how the place of the first error ends, `says` stands in its text or hint."""

    name: str
    data: bytes
    says: str
    place: str
    table: str = "touchpoints"
    ending: str = "csv"
    options: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


def touches(*rows: str, header: str = "contact_id,occurred_at") -> bytes:
    return "\n".join((header, *rows, "")).encode()


def deals(*rows: str) -> bytes:
    return touches(*rows, header="deal_id,created_at,amount,is_won")


def parquet(**columns: pa.Array | list[object]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


GOOD = "c1,2026-01-05"

NO_DATES = (
    *("soon", "yesterday", "n/a", "N/A", "NULL", "None", "NaT", "#N/A", "-", "?", "0", "x2026-01-05"),
    *("2026-13-01", "2026-00-10", "2026-01-00", "2026-02-30", "2026-06-31", "2025-02-29", "0000-00-00", "2026-1-32"),
    *("1.13.2026", "32.01.2026", "31.04.2026", "29 Feb 2025", "31 Foo 2026", "Smarch 13 2026", "Jan 2026", "2026-01"),
    *("26-01-05", "05.01.26", "1899-12-31", "2201-01-01", "9999-12-31", "2026", "2026-W05", "45000", "12345"),
    *("99999999999999999999", "2026-01-05 25:00", "2026-01-05 10:61", "2026-01-05 10:00:99", "2026-01-05 13:00 PM"),
    *("2026-01-05 10", "2026-01-05 10:00 EST", "2026-01-05 10:00 Europe/Berlin", "2026-01-05T10:00:00+25:00"),
    *("2026-01-05 at noon", "Monday", "=TODAY()", "1e9", "2026–01–05"),
)
NO_NUMBERS = (
    *("abc", "n/a", "-", "--", "?", "$100", "100 EUR", "€5", "(100)", "10%", "1/2", "1_000", "0x10", "inf", "NaN"),
    *("1.2.3", "12,34,56", "1'000", "12 34", "1,23,456.00", "=A1", "1e5e5", "TRUE", "٣"),
)
NO_BOOLEANS = ("maybe", "2", "ja", "x", "10", "open", "Closed won", "-1")
DATE = "is not a date that can be read"
NUMBER = "is not a number"


def _values() -> list[Bad]:
    found = [
        Bad(name=f"date {value}", data=touches(GOOD, f'c2,"{value}"'), says=f"'{value}' in column 'occurred_at' {DATE}", place="touchpoints.csv:3")
        for value in NO_DATES
    ]  # fmt: skip
    found += [
        Bad(name=f"number {value}", data=deals("d1,2026-01-05,5,true", f'd2,2026-01-05,"{value}",true'), table="deals", says=f"'{value}' in column 'amount' {NUMBER}", place="deals.csv:3")
        for value in NO_NUMBERS
    ]  # fmt: skip
    found += [
        Bad(name=f"boolean {value}", data=deals("d1,2026-01-05,5,true", f"d2,2026-01-05,5,{value}"), table="deals", says=f"'{value}' in column 'is_won' is neither yes nor no", place="deals.csv:3")
        for value in NO_BOOLEANS
    ]  # fmt: skip
    return found


_GOOD_PARQUET = parquet(contact_id=["c1"], occurred_at=["2026-01-05"])

BAD: tuple[Bad, ...] = (
    # --- what is no table -------------------------------------------------------------------------------------------
    Bad(name="empty", data=b"", says="the file is empty", place="touchpoints.csv"),
    Bad(name="blank lines", data=b"\n\n\n", says="the file is empty", place="touchpoints.csv"),
    Bad(name="only a byte order mark", data=b"\xef\xbb\xbf", says="the file is empty", place="touchpoints.csv"),
    Bad(name="a page of HTML", data=b"<!doctype html>\n<html><body>Log in</body></html>\n", says="this looks like a web page", place="touchpoints.csv"),
    Bad(name="JSON", data=b'[{"contact_id": 1, "occurred_at": "2026-01-05"}]\n', says="JSON", place="touchpoints.csv"),
    Bad(name="a workbook under another name", data=workbook(s=[["contact_id"]]), says="workbook", place="touchpoints.csv"),
    Bad(name="an old workbook", data=b"\xd0\xcf\x11\xe0" + b"\0" * 600, says="workbook", place="touchpoints.csv"),
    Bad(name="Parquet under another name", data=_GOOD_PARQUET, says="a Parquet file, where a CSV file was expected", place="touchpoints.csv"),
    Bad(name="a PDF", data=b"%PDF-1.7\n1 0 obj\n", says="a PDF document, where a CSV file was expected", place="touchpoints.csv"),
    Bad(name="an Arrow file", data=b"ARROW1\0\0\xff\xff\xff\xff", says="an Arrow (Feather) file, where a CSV file was expected", place="touchpoints.csv"),
    Bad(name="gzip cut off", data=gzip.compress(touches(*[GOOD] * 500))[:60], says="gzip data is damaged or cut off", place="touchpoints.csv.gz", ending="csv.gz"),
    Bad(name="gzip damaged", data=b"\x1f\x8b\x08\x00" + b"\xff" * 40, says="gzip data is damaged or cut off", place="touchpoints.csv.gz", ending="csv.gz"),
    Bad(name="zstd damaged", data=b"\x28\xb5\x2f\xfd" + b"\xff" * 40, says="ZSTD", place="touchpoints.csv.zst", ending="csv.zst"),
    # --- the header -------------------------------------------------------------------------------------------------
    Bad(name="no header line", data=b"c1,2026-01-05\nc2,2026-01-06\n", says="required columns 'contact_id' and 'occurred_at'", place="touchpoints.csv"),
    Bad(name="a column missing", data=b"contact_id,when\nc1,2026-01-05\n", says="required column 'occurred_at' of touchpoints missing", place="touchpoints.csv"),
    Bad(name="other names", data=b"Person,Moment\nc1,2026-01-05\n", says="required columns", place="touchpoints.csv"),
    Bad(name="a header twice", data=b"contact_id,occurred_at,contact_id\nc1,2026-01-05,c1\n", says="the header 'contact_id' is there twice, as columns 1 and 3", place="touchpoints.csv:1"),
    Bad(name="a header twice in another case", data=b"contact_id,occurred_at,note,Note\nc1,2026-01-05,,\n", says="is there twice, as columns 3 and 4", place="touchpoints.csv:1", columns={"channel": "note"}),
    Bad(name="a filter on a header that is there twice", data=b"contact_id,occurred_at,note,Note\nc1,2026-01-05,,\n", says="the header 'note' is there twice in touchpoints.csv:1, as columns 3 and 4", place="attrib.yaml:7", options={"where": "note=a"}),
    # --- keys of a source that its format makes no use of --------------------------------------------------------------
    Bad(name="short rows of Parquet", data=_GOOD_PARQUET, says="`short_rows` is of no use here: Parquet has its columns", place="attrib.yaml:9", ending="parquet", options={"short_rows": "fill"}),
    Bad(name="an encoding of Parquet", data=_GOOD_PARQUET, says="`encoding` is of no use here", place="attrib.yaml:9", ending="parquet", options={"encoding": "latin-1"}),
    Bad(name="a header line of Parquet", data=_GOOD_PARQUET, says="`header_line` is of no use here", place="attrib.yaml:9", ending="parquet", options={"header_line": "2"}),
    Bad(name="a delimiter of a sheet", data=workbook(A=[["contact_id", "occurred_at"], ["c1", "2026-01-05"]]), says="`delimiter` is of no use here: a sheet has its cells in columns", place="attrib.yaml:9", ending="xlsx", options={"delimiter": ";"}),
    Bad(name="short rows of JSON", data=b'{"contact_id": "c1", "occurred_at": "2026-01-05"}\n', says="`short_rows` is of no use here: lines of JSON", place="attrib.yaml:9", ending="jsonl", options={"short_rows": "fill"}),
    Bad(name="a sheet of CSV", data=touches(GOOD), says="`sheet` is of no use here: CSV files", place="attrib.yaml:9", options={"sheet": "A"}),
    Bad(name="short rows of Parquet in a zip", data=packed(touchpoints__parquet=_GOOD_PARQUET), says="`short_rows` is of no use for 'touchpoints.parquet' in the zip", place="attrib.yaml:7", ending="zip", options={"short_rows": "fill"}),
    Bad(name="two candidates", data=b"Contact ID,contact-id,occurred_at\nc1,c1,2026-01-05\n", says="both 'Contact ID' and 'contact-id' could be 'contact_id'", place="touchpoints.csv:1"),
    Bad(name="title lines", data=b"My report\nJanuary 2026\ncontact_id,occurred_at\nc1,2026-01-05\n", says="line 3 looks like the header", place="touchpoints.csv"),
    Bad(name="a quote in the header", data=b'"contact_id,occurred_at\nc1,2026-01-05\n', says="quote", place="touchpoints.csv:1"),
    Bad(name="a mapped header that is not there", data=touches(GOOD), columns={"channel": "Medium"}, says="touchpoints has no header 'Medium', to which `columns:` maps 'channel'", place="attrib.yaml:7"),
    Bad(name="a mapped header nearly there", data=touches("c1,2026-01-05,x", header="contact_id,occurred_at,Media"), columns={"channel": "Medai"}, says="Did you mean 'Media'?", place="attrib.yaml:7"),
    # --- rows -------------------------------------------------------------------------------------------------------
    Bad(name="a row too short", data=touches(GOOD, "c2"), says="1 value, where the header has 2 columns", place="touchpoints.csv:3"),
    Bad(name="a row too long", data=touches(GOOD, "c2,2026-01-06,x"), says="3 values, where the header has 2 columns", place="touchpoints.csv:3"),
    Bad(name="a comma at the end", data=touches(GOOD, "c2,2026-01-06,"), says="the line ends in a separator too many", place="touchpoints.csv:3"),
    Bad(name="a line of blanks", data=touches(GOOD, "   "), says="1 value, where the header has 2 columns", place="touchpoints.csv:3"),
    Bad(name="a total below", data=touches(GOOD, "Total: 1"), says="totals and notes below a table: `total_rows`", place="touchpoints.csv:3"),
    Bad(name="a footer", data=touches(GOOD, "", "Generated by Reports"), says="1 value, where the header has 2 columns", place="touchpoints.csv:4"),
    Bad(name="a quote that is not closed", data=touches(GOOD, 'c2,"2026-01-06'), says="quote", place="touchpoints.csv:3"),
    Bad(name="text behind a closing quote", data=touches(GOOD, 'c2,"2026-01-06"x'), says="quote", place="touchpoints.csv:3"),
    Bad(name="an address with a comma", data=touches("c1,2026-01-05,Main St, 5", header="contact_id,occurred_at,address"), says="4 values, where the header has 3 columns", place="touchpoints.csv:2"),
    Bad(name="a row too short behind a value over two lines", data=touches('c1,"2026-01-05",', "c2", header='contact_id,occurred_at,"note\nof"'), says="1 value, where the header has 3 columns", place="touchpoints.csv:4"),
    # --- text -------------------------------------------------------------------------------------------------------
    Bad(name="NUL", data=touches(GOOD, "c\0,2026-01-06"), says="NUL", place="touchpoints.csv:3"),
    Bad(name="UTF-16 without a mark", data="contact_id,occurred_at\nc1,2026-01-05\n".encode("utf-16-le"), says="UTF-16", place="touchpoints.csv:1"),
    Bad(name="Latin-1", data="contact_id,occurred_at,name\nc1,2026-01-05,Müller\n".encode("latin-1"), says="UTF-8", place="touchpoints.csv:2"),
    Bad(name="half a character", data=touches(GOOD, "c2,2026-01-06").replace(b"c2", b"c\xc3"), says="UTF-8", place="touchpoints.csv:3"),
    Bad(name="a byte that the encoding does not have", data=touches(GOOD, "c2,2026-01-06").replace(b"c2", b"c\x81"), options={"encoding": "cp1252"}, says="the bytes 81 are not cp1252 text", place="touchpoints.csv:3"),
    # --- values that can be read in two ways ------------------------------------------------------------------------
    Bad(name="day or month", data=touches("c1,01/02/2026", "c2,03/04/2026"), says="can be day/month or month/day, and none of its 2 values decides", place="touchpoints.csv:2"),
    Bad(name="both orders", data=touches("c1,13/01/2026", "c2,01/13/2026"), says="has the month first, but '13/01/2026'", place="touchpoints.csv:3"),
    Bad(name="a year of two digits", data=touches("c1,05/01/26"), says=DATE, place="touchpoints.csv:2"),
    Bad(name="not in the format that is set", data=touches("c1,20260105", "c2,05.01.2026"), options={"date_format": "%Y%m%d"}, says=DATE, place="touchpoints.csv:3"),
    Bad(name="a format that is none", data=touches(GOOD), options={"date_format": "%Q"}, says="'%Q' is not a date format", place="attrib.yaml:7"),
    Bad(name="a thousand or a little more than one", data=deals('d1,2026-01-05,"1,234",true'), table="deals", says="the comma can be a decimal sign or group thousands", place="deals.csv:2"),
    Bad(name="both decimal signs", data=deals('d1,2026-01-05,"1,5",true', "d2,2026-01-05,1.5,true"), table="deals", says="has a decimal comma, but", place="deals.csv:2"),
    Bad(name="too many digits", data=deals(f"d1,2026-01-05,{'9' * 33},true"), table="deals", says="is too large: amounts have up to 31 digits", place="deals.csv:2"),
    Bad(name="a comma where a point is set", data=deals('d1,2026-01-05,"1,5",true'), table="deals", options={"decimal": "."}, says=NUMBER, place="deals.csv:2"),
    # --- Parquet ----------------------------------------------------------------------------------------------------
    Bad(name="no Parquet at all", data=b"contact_id,occurred_at\n", says="not a Parquet file", place="touchpoints.parquet", ending="parquet"),
    Bad(name="Parquet cut off", data=_GOOD_PARQUET[:-20], says="the Parquet file is cut off", place="touchpoints.parquet", ending="parquet"),
    Bad(name="Parquet of nothing", data=b"", says="the file is empty", place="touchpoints.parquet", ending="parquet"),
    Bad(name="a column missing in Parquet", data=parquet(contact_id=["c1"]), says="required column 'occurred_at' of touchpoints missing", place="touchpoints.parquet", ending="parquet"),
    Bad(name="a date in Parquet", data=parquet(contact_id=["c1", "c2"], occurred_at=["2026-01-05", "soon"]), says=f"'soon' in column 'occurred_at' {DATE}", place="touchpoints.parquet: row 2", ending="parquet"),
    Bad(name="a list as id", data=parquet(contact_id=[["c1"]], occurred_at=["2026-01-05"]), says="contact_id", place="touchpoints.parquet", ending="parquet"),
    Bad(name="a fraction as id", data=parquet(contact_id=[1.5], occurred_at=["2026-01-05"]), says="1.5", place="touchpoints.parquet: row 1", ending="parquet"),
    Bad(name="an id that floats cannot tell", data=parquet(contact_id=[2.0**60], occurred_at=["2026-01-05"]), says="contact_id", place="touchpoints.parquet: row 1", ending="parquet"),
    Bad(name="true as a date", data=parquet(contact_id=["c1"], occurred_at=[True]), says="occurred_at", place="touchpoints.parquet", ending="parquet"),
    Bad(name="an infinite amount", data=parquet(deal_id=["d"], created_at=["2026-01-05"], amount=[float("inf")]), table="deals", says="amount", place="deals.parquet: row 1", ending="parquet"),
    Bad(name="an amount that is none", data=parquet(deal_id=["d"], created_at=["2026-01-05"], amount=["x"]), table="deals", says=f"'x' in column 'amount' {NUMBER}", place="deals.parquet: row 1", ending="parquet"),
    Bad(name="a decimal too wide", data=parquet(deal_id=["d"], created_at=["2026-01-05"], amount=pa.array([Decimal(10) ** 50], pa.decimal256(60, 0))), table="deals", says="amount", place="deals.parquet", ending="parquet"),
    # --- lines of JSON, workbooks, zip files ------------------------------------------------------------------------
    Bad(name="a line that is no JSON", data=b'{"contact_id": "c1", "occurred_at": "2026-01-05"}\n{oops\n', says="this is no line of JSON", place="touchpoints.jsonl:2", ending="jsonl"),
    Bad(name="a key twice", data=b'{"contact_id": "c1", "contact_id": "c2", "occurred_at": "2026-01-05"}\n', says="the key 'contact_id' is there twice", place="touchpoints.jsonl:1", ending="jsonl"),
    Bad(name="no objects", data=b"\n", says="no objects", place="touchpoints.jsonl", ending="jsonl"),
    Bad(name="a date in JSON", data=(json.dumps({"contact_id": "c1", "occurred_at": "soon"}) + "\n").encode(), says=DATE, place="touchpoints.jsonl:1", ending="jsonl"),
    Bad(name="a column missing in JSON", data=b'{"contact_id": "c1"}\n', says="required column 'occurred_at' of touchpoints missing", place="touchpoints.jsonl", ending="jsonl"),
    Bad(name="a zip cut off", data=packed(a__csv=touches(GOOD))[:40], says="zip", place="touchpoints.zip", ending="zip"),
    Bad(name="an empty zip", data=packed(), says="a zip without data files", place="touchpoints.zip", ending="zip"),
    Bad(name="two forms in a zip", data=packed(a__csv=touches(GOOD), b__parquet=_GOOD_PARQUET), says="different formats", place="", ending="zip"),
    Bad(name="a bad row in a zip", data=packed(a__csv=touches(GOOD, "c2")), says="1 value, where the header has 2 columns", place="touchpoints.zip/a.csv:3", ending="zip"),
    Bad(name="no workbook at all", data=b"contact_id,occurred_at\n", says="not a workbook that can be read", place="touchpoints.xlsx", ending="xlsx"),
    Bad(name="two sheets", data=workbook(a=[["contact_id", "occurred_at"], ["c1", "2026-01-05"]], b=[["contact_id", "occurred_at"], ["c1", "2026-01-05"]]), says="sheet", place="touchpoints.xlsx", ending="xlsx"),
    Bad(name="a sheet that is cut off", data=damaged_sheet(), says="the sheet 'a' is damaged", place="touchpoints.xlsx", ending="xlsx"),
    Bad(name="a sheet that is not there", data=workbook(a=[["contact_id", "occurred_at"], ["c1", "2026-01-05"]]), options={"sheet": "b"}, says="'b'", place="touchpoints.xlsx", ending="xlsx"),
    Bad(name="a date in a workbook", data=workbook(a=[["contact_id", "occurred_at"], ["c1", "2026-01-05"], ["c2", "soon"]]), says=DATE, place="touchpoints.xlsx/a:3", ending="xlsx"),
    *_values(),
)  # fmt: skip
