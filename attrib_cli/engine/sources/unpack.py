"""Files that hold tables in other forms become plain ones: members of a zip, sheets of a workbook, lines of JSON.

What comes out is read as every CSV or Parquet file is, and errors name the member, the sheet's row and the line of what
the user has.
"""

from __future__ import annotations

import contextlib
import csv
import fnmatch
import itertools
import shutil
import zipfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from attrib_cli.engine.errors import SourceError, did_you_mean
from attrib_cli.engine.source_spec import Origin, SourceFormat, TableSource
from attrib_cli.engine.sources.bytestream import CHUNK, compression, open_plain, reading
from attrib_cli.engine.sources.discover import data_format, idle_key
from attrib_cli.engine.sources.sheets import sheet_rows
from attrib_cli.engine.sources.table import label
from attrib_cli.engine.temporary import temporary_file

_done: dict[tuple[object, ...], tuple[str, Origin]] = {}
"""What was converted in this process: the copy and what it is of, by the file's identity and what was asked."""


def unpacked(source: TableSource) -> TableSource:
    """Return a source of CSV or Parquet files with the same rows; one of these is returned as it is.

    Raises SourceError where a member or a sheet is not there, several could be meant, or a file is damaged.
    """
    if source.format == "zip":
        source = _members(source)
    if source.format not in ("jsonl", "workbook"):
        return source
    convert = _from_json if source.format == "jsonl" else _from_sheet
    origins = {}
    for path in source.paths:
        place = label(source, path)
        with reading(path, place):
            status = Path(path).stat()
        options = (source.sheet, source.bounds.header_line, source.bounds.ends_at_blank, tuple(source.columns.values()))
        key = (source.table, str(Path(path).resolve()), status.st_mtime_ns, status.st_size, *options)
        if key not in _done:
            _done[key] = convert(source, path, place)
        copy, origin = _done[key]
        origins[copy] = origin
    bounds = replace(source.bounds, header_line=None)
    return replace(
        source,
        paths=tuple(origins),
        format="csv",
        origins=origins,
        delimiter=",",
        encoding=None,
        bounds=bounds,
        missing_columns=source.missing_columns if source.format == "workbook" else "usual",
    )


def _members(source: TableSource) -> TableSource:
    """Return the members of zip files as files of their own."""
    origins: dict[str, Origin] = {}
    formats: dict[SourceFormat, str] = {}
    for path in source.paths:
        place = label(source, path)
        with open_zip(path, place) as archive:
            for member in _chosen(source, archive.namelist(), place):
                found = data_format(member)
                if found is None or found == "zip":
                    raise SourceError(f"'{member}' has a format that is not read", place=place)
                formats[found] = member
                target = temporary_file("." + Path(member).name.partition(".")[2])
                with archive.open(member) as packed, target.open("wb") as out:
                    shutil.copyfileobj(packed, out, CHUNK)
                origins[str(target)] = Origin(label=f"{place}/{member}")
    if len(formats) > 1:
        names = " and ".join(f"'{name}'" for name in formats.values())
        raise SourceError(f"{names} are of different formats", place=source.place, hint="Say which with `member`.")
    (format_,) = formats
    members = replace(source, paths=tuple(origins), format=format_, origins=origins, member=None)
    if (idle := idle_key(members)) is not None:
        key, why = idle
        said = f"`{key}` is of no use for '{formats[format_]}' in the zip: {why}"
        raise SourceError(said, place=source.place, hint=f"Delete `{key}`.")
    return members


@contextlib.contextmanager
def open_zip(path: str, place: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; raises SourceError where it, or a member read meanwhile, is damaged or has a password."""
    with reading(path, place):
        try:
            with zipfile.ZipFile(path) as archive:
                yield archive
        except zipfile.BadZipFile as error:
            raise SourceError(f"the zip file is damaged: {error}", place=place, hint="Export it again.") from None
        except (RuntimeError, NotImplementedError) as error:
            raise SourceError(f"the zip file cannot be opened: {error}", place=place) from None


def _chosen(source: TableSource, names: Sequence[str], place: str) -> list[str]:
    files = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/")]
    files = [name for name in files if not name.rpartition("/")[2].startswith((".", "_"))]
    wanted = source.member
    if wanted is not None:
        pattern = wanted.casefold()
        found = [
            name
            for name in files
            if fnmatch.fnmatchcase(name.casefold(), pattern)
            or fnmatch.fnmatchcase(name.rpartition("/")[2].casefold(), pattern)
        ]
        listed = ", ".join(f"'{name}'" for name in files[:8])
        if not found:
            hint = did_you_mean(wanted, files) or f"Its files: {listed or 'none'}."
            raise SourceError(f"no file in the zip matches '{wanted}'", place=place, hint=hint)
        return found
    found = [name for name in files if data_format(name) is not None]
    if not found:
        raise SourceError("a zip without data files", place=place, hint="It holds no CSV, JSON lines, Parquet or xlsx.")
    return found


def _from_json(source: TableSource, path: str, place: str) -> tuple[str, Origin]:
    """Write the objects of a file, one a line, as CSV: fields of objects in them as ``outer.inner``, lists as JSON."""
    header: dict[str, None] = {}
    for _, fields in _objects(path, place):
        header.update(dict.fromkeys(fields))
    names = tuple(header)
    if not names:
        raise SourceError("the file has no objects", place=place, hint='Each line is one: {"id": 1, ...}.')
    rows = ((line, [fields.get(name, "") for name in names]) for line, fields in _objects(path, place))
    return _written(itertools.chain([(0, list(names))], rows), place)


def _objects(path: str, place: str) -> Iterator[tuple[int, dict[str, str]]]:
    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        read = dict(found)
        if len(read) < len(found):
            double = next(name for i, (name, _) in enumerate(found) if name in {other for other, _ in found[:i]})
            raise ValueError(f"the key '{double}' is there twice")
        return read

    import json

    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
    packed = compression(path, place)
    with reading(path, place), open_plain(path, packed) as stream:
        for line, raw in enumerate(stream, 1):
            try:
                text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip()
                found = decoder.decode(text) if text else None
            except UnicodeDecodeError:
                raise SourceError("bytes that are not UTF-8", place=f"{place}:{line}") from None
            except (ValueError, RecursionError) as error:
                hint = "Each line is an object of JSON; `jq -c '.[]'` makes lines of a list."
                raise SourceError(f"this is no line of JSON: {error}", place=f"{place}:{line}", hint=hint) from None
            if not text:
                continue
            if not isinstance(found, dict):
                hint = "Each line is an object of JSON; `jq -c '.[]'` makes lines of a list."
                raise SourceError("a line that is no object", place=f"{place}:{line}", hint=hint)
            yield line, dict(_flat("", found))


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _flat(prefix: str, found: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    import json

    for name, value in found.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        elif isinstance(value, list):
            yield prefix + name, json.dumps(value, ensure_ascii=False)
        elif value is None:
            yield prefix + name, ""
        else:
            yield prefix + name, str(value).lower() if isinstance(value, bool) else str(value)


def _from_sheet(source: TableSource, path: str, place: str) -> tuple[str, Origin]:
    """Write the table of a sheet as CSV, from its header on."""
    sheet, rows = sheet_rows(source, path, place)
    return _written(rows, f"{place}/{sheet}")


def _written(rows: Iterable[tuple[int, Sequence[str]]], place: str) -> tuple[str, Origin]:
    """Write rows with their numbers; return the file and what it is of."""
    target = temporary_file(".csv")
    numbers = array("I")
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for number, fields in rows:
            numbers.append(number)
            writer.writerow(fields)
    return str(target), Origin(label=place, rows=numbers)
