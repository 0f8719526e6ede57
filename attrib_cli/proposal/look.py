"""The files of a folder, opened far enough to say what they are: headers, rows as text, and questions about columns."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, SourceError
from attrib_cli.engine.quoting import identifier, literal, path_literal
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.bytestream import (
    PARQUET_MAGIC,
    compression,
    detect_encoding,
    head_bytes,
    no_parquet,
    utf8_file,
)
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.engine.sources.header import distinct, trimmed
from attrib_cli.engine.sources.scan import scan
from attrib_cli.engine.sources.sheets import cells, open_workbook
from attrib_cli.engine.sources.unpack import open_zip, unpacked
from attrib_cli.engine.temporary import temporary_file
from attrib_cli.proposal.columns import is_value
from attrib_cli.proposal.endings import take_off_endings
from attrib_cli.proposal.file import File, Unread, unread
from attrib_cli.proposal.folders import LINES, shown
from attrib_cli.proposal.shapes import known_headers

if TYPE_CHECKING:
    import duckdb

_MEMBERS = (".csv", ".tsv", ".txt", *LINES, ".parquet", ".xlsx")
"""How members of zips end that are read."""

MOST_ROWS = 2_000_000
"""So many rows of a file are looked at."""

_HEAD = 1 << 18
_BLOCK = 1 << 20
_MOST_NOTES = 1 << 14
_LEAD = 40
"""Lines in which a header is looked for."""

_SURELY = 2
"""So many known headers in a line are no accident; one may be the value of a row, such as the channel ``email``."""


def look(con: duckdb.DuckDBPyConnection, paths: Collection[Path], base: Path) -> tuple[list[File], list[Unread]]:
    """Return the tables of text in files, each staged on the connection, and the files that have none."""
    import duckdb

    files: list[File] = []
    left: list[Unread] = []
    for path in paths:
        name = shown(path, base)
        try:
            found = list(_tables(con, path, name, len(files)))
        except AttribError as error:
            left.append(unread(name, error))
            continue
        except (duckdb.Error, OSError) as error:
            left.append(Unread(path=name, why=f"it cannot be read: {str(error).splitlines()[0]}"))
            continue
        files += found
        if not found:
            left.append(Unread(path=name, why=f"no table in it{_inside(path)}"))
    return files, left


def _inside(path: Path) -> str:
    """Return what to say of the files in a zip none of which is read, such as zips in it."""
    if not zipfile.is_zipfile(path):
        return ""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    if not names:
        return ": it is empty"
    listed = f": it holds {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}"
    return f"{listed}. Unpack it first" if any(name.casefold().endswith(".zip") for name in names) else listed


def _tables(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, number: int, *, member: str | None = None
) -> Iterator[File]:
    """Yield the tables of a file, or of the copy of a `member` of a zip; those of zips in zips are none."""
    with path.open("rb") as stream:
        first = stream.read(4)
    ending = (member or path.name).casefold()
    if first == PARQUET_MAGIC:
        yield replace(_typed(con, f"read_parquet({path_literal(str(path))})", name, number), member=member)
    elif ending.endswith((".parquet", ".pq")):
        raise no_parquet(path, member or name)
    elif first[:2] == b"PK":
        with open_zip(str(path), name) as archive:
            members = archive.namelist()
            if "xl/workbook.xml" in members:
                yield from _sheets(con, path, name, number, member=member)
            elif member is None:
                for one in filter(_is_read, members):
                    for file in _tables(con, _copied(archive, one), name, number, member=one):
                        yield file
                        number += 1
    elif ending.endswith(LINES):
        yield _lines(con, path, name, number, member=member)
    else:
        yield _text_file(con, path, name, number, member=member)


def _lines(con: duckdb.DuckDBPyConnection, path: Path, name: str, number: int, *, member: str | None = None) -> File:
    """Return the table of a file with an object of JSON on each line."""
    source = unpacked(TableSource(table="touchpoints", paths=(str(path),), format="jsonl"))
    return _text_file(con, Path(source.paths[0]), name, number, member=member)


def _copied(archive: zipfile.ZipFile, member: str) -> Path:
    copy = temporary_file(Path(member).suffix)
    copy.write_bytes(archive.read(member))
    return copy


def _sheets(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, number: int, *, member: str | None = None
) -> Iterator[File]:
    """Yield the sheets of a workbook, alone or in a zip, that can be seen and hold something."""
    book = open_workbook(str(path), name)
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            copy = temporary_file(".csv")
            with copy.open("w", newline="", encoding="utf-8") as out:
                writer = csv.writer(out)
                writer.writerows(itertools.islice(cells(sheet, name), MOST_ROWS))
            if copy.stat().st_size:
                yield _text_file(con, copy, name, number, member=member, sheet=sheet.title)
                number += 1
    finally:
        book.close()


def _is_read(member: str) -> bool:
    """Whether a member of a zip is data that somebody put there, and not what macOS adds, or Excel while it is open."""
    ours = not member.casefold().startswith(("__macosx", ".")) and "/." not in member
    return ours and not Path(member).name.startswith("~$") and member.casefold().endswith(_MEMBERS)


def _typed(con: duckdb.DuckDBPyConnection, source: str, name: str, number: int) -> File:
    import duckdb

    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except duckdb.Error as error:
        raise SourceError(f"cannot be read: {str(error).splitlines()[0]}", place=name) from None
    nested = any(kind.endswith("]") or kind.startswith("STRUCT") for _, kind, *_ in described)
    items = ", ".join(
        (f"CAST(to_json({identifier(header)}) AS VARCHAR)" if kind.endswith("]") or kind.startswith("STRUCT")
         else f"CAST({identifier(header)} AS VARCHAR)") + f" AS {identifier(header)}"
        for header, kind, *_ in described
    )  # fmt: skip
    relation = f"looked_{number}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT {items} FROM {source} LIMIT {MOST_ROWS}")
    headers = tuple(header for header, *_ in described)
    return File(
        path=name,
        header_line=1,
        headers=headers,
        relation=relation,
        rows=_count(con, relation),
        nested=nested,
        types=tuple(kind for _, kind, *_ in described),
    )


def _text_file(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    number: int,
    *,
    member: str | None = None,
    sheet: str | None = None,
) -> File:
    packed = compression(str(path), name)
    data = head_bytes(str(path), packed, name, _HEAD)
    encoding = detect_encoding(data, None, name, None)
    guessed = None if encoding != "utf-8" or _is_utf8(utf8_file(str(path), packed, encoding, name)) else "cp1252"
    encoding = guessed or encoding
    text = data.decode(encoding, "replace").lstrip("\ufeff")
    line, delimiter, headers = _header(text)
    if not headers:
        raise SourceError("the file is empty", place=name)
    plain = utf8_file(str(path), packed, encoding, name)
    end = _end(plain, line, delimiter, len(headers)) if sheet is None else None
    if end is not None:
        plain = _beginning(plain, end)
    short = _short(plain, line, delimiter, len(headers)) if sheet is None else ()
    columns = ", ".join(f"{literal(header)}: 'VARCHAR'" for header in headers)
    relation = f"looked_{number}"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT * FROM read_csv({path_literal(str(plain))},"
        f" auto_detect = false, columns = {{{columns}}}, header = true, skip = {line - 1},"
        f" delim = {literal(delimiter)},"
        " quote = '\"', escape = '\"', null_padding = true, ignore_errors = true, strict_mode = false,"
        f" parallel = false, nullstr = '') LIMIT {MOST_ROWS}"
    )
    endings = tuple(take_off_endings(con, relation, headers).items())
    return File(
        path=name,
        member=member,
        sheet=sheet,
        header_line=line,
        headers=headers,
        relation=relation,
        rows=_count(con, relation),
        encoding=guessed,
        ends_at_blank=end is not None,
        short=short,
        endings=endings,
    )


def _short(plain: Path, header_line: int, delimiter: str, width: int) -> tuple[str, ...]:
    """Return the first values of rows with fewer values than the header; none where the last alone is cut off."""
    if header_line == 1 and not scan(plain, delimiter, width).odd:
        return ()
    found: list[str] = []
    last: list[str] = []
    with plain.open(encoding="utf-8", errors="replace", newline="") as stream:
        reader = csv.reader(itertools.islice(stream, header_line, header_line + MOST_ROWS), delimiter=delimiter)
        try:
            for last in filter(None, reader):
                if len(last) < width:
                    found.append(last[0])
        except csv.Error:
            return ()
    cut_off = len(found) == 1 and len(last) < width and not _ends_a_line(plain)
    return () if cut_off else tuple(found)


def _ends_a_line(plain: Path) -> bool:
    with plain.open("rb") as stream:
        stream.seek(-1, io.SEEK_END)
        return stream.read(1) in b"\r\n"


def _end(plain: Path, header_line: int, delimiter: str, width: int) -> int | None:
    """Return how many bytes stand before the blank line behind which there are notes and no rows; None for none.

    Notes have fewer values than the header. A report of Salesforce ends so: its name, copyright, who made it.
    """
    with plain.open("rb") as stream:
        for _ in range(header_line):
            stream.readline()
        while line := stream.readline():
            if line.strip():
                continue
            end = stream.tell() - len(line)
            rest = stream.read(_MOST_NOTES + 1)
            if len(rest) > _MOST_NOTES:
                return None
            notes = [
                one for one in csv.reader(io.StringIO(rest.decode("utf-8", "replace")), delimiter=delimiter) if one
            ]
            return end if notes and all(len(one) < width for one in notes) else None
    return None


def _beginning(plain: Path, size: int) -> Path:
    copy = temporary_file(".csv")
    with plain.open("rb") as stream, copy.open("wb") as out:
        for _ in range(0, size, _BLOCK):
            out.write(stream.read(min(_BLOCK, size - out.tell())))
    return copy


def _is_utf8(path: Path) -> bool:
    """Whether all bytes of a file are UTF-8; what is not is mostly Windows' encoding of Western Europe."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return False
    return True


def _header(text: str) -> tuple[int, str, tuple[str, ...]]:
    """Return the line of the header, from 1, what separates its columns, and the headers.

    It is the line with most headers that are known, if they are several, else the first that has most columns; one with
    numbers, dates or addresses is a row, though it may hold words that headers are.
    """
    best: tuple[tuple[bool, int, int, int], int, str, tuple[str, ...]] | None = None
    for number, line in enumerate(text.splitlines()[:_LEAD], 1):
        if not line.strip() or line.casefold().startswith("sep="):
            continue
        for delimiter in (",", ";", "\t", "|"):
            fields = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
            headers = tuple(field.strip() for field in fields)
            known = len({folded(header) for header in headers} & known_headers())
            score = (not any(map(is_value, headers)), known if known >= _SURELY else 0, len(headers), -number)
            if len(headers) > 1 and (best is None or score > best[0]):
                best = (score, number, delimiter, headers)
    if best is None:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        return 1, ",", tuple(next(csv.reader([first]), []))[:1]
    return best[1], best[2], distinct(trimmed(best[3]))[0]


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])
