"""Which files a table is made of: a searched folder, or a path, glob or folder of the configuration."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from attrib_cli.engine.errors import SourceError, did_you_mean
from attrib_cli.engine.source_spec import (
    EMPTY,
    PATHS,
    TABLES,
    WHOLE,
    Bounds,
    MissingColumns,
    SourceFormat,
    SourceMap,
    TableName,
    TableSource,
)
from attrib_cli.engine.sources.bytestream import PARQUET_MAGIC, reading, refuse_pipe
from attrib_cli.engine.sources.path_files import path_sources

LAKE = "spark:"
"""What the name of a table that Spark reads begins with, where files have a path."""

_LINES: Mapping[str, SourceFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
SUFFIXES: Mapping[str, SourceFormat] = {
    **{name + packed: format_ for packed in ("", ".gz", ".zst") for name, format_ in _LINES.items()},
    ".parquet": "parquet",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".zip": "zip",
}
"""The formats that are read, by how names of files end."""

_OF_LINES = ("delimiter", "encoding", "short_rows")
_OF_TABLES = ("header_line", "total_rows", "footer", "ends_at_blank")
_IDLE: Mapping[SourceFormat, tuple[tuple[str, ...], str]] = {
    "csv": (("member", "sheet"), "CSV files have no members and sheets"),
    "jsonl": (
        ("member", "sheet", *_OF_LINES, "header_line", "ends_at_blank", "missing_columns"),
        "lines of JSON have a name for each value",
    ),
    "workbook": (("member", *_OF_LINES), "a sheet has its cells in columns"),
    "parquet": (("member", "sheet", *_OF_LINES, *_OF_TABLES), "Parquet has its columns, and nothing around its rows"),
}
"""The keys of a source that are of no use for files of a format, and why."""

_FOREIGN = (".txt", ".xls", ".orc", ".avro", ".feather")
_PACKED = (".gz", ".zst", ".bz2", ".xz")
_FORMATS = ".csv, .tsv, .jsonl (also .gz, .zst), .parquet, .xlsx or .zip"


def discover(
    folder: Path | str, *, touchpoints: bool = True, needed: bool = True, conversions: Sequence[TableName] = ()
) -> SourceMap:
    """Find the tables in `folder`: files or folders of parts by the tables' names, in any case.

    `conversions` are tables of the configuration's own conversions. Without `touchpoints` those are not looked for, and
    unless `needed` they may be missing: they come from elsewhere. Raises SourceError where the folder is none, a table
    has two candidates, a folder of parts is empty or mixes formats, or there are no touchpoints.
    """
    root = Path(folder)
    place = str(folder)
    if not root.exists():
        near = did_you_mean(root.name, _names(root.parent)) if root.parent.is_dir() else None
        raise SourceError("no such folder", place=place, hint=near)
    if not root.is_dir():
        raise SourceError("a file, where a folder is needed", place=place, hint="give the folder that holds it")
    with reading(place, place):
        entries = sorted(root.iterdir(), key=_natural)
    tables: dict[str, TableSource] = {}
    for table in (*TABLES, *conversions):
        if table == "touchpoints" and not touchpoints:
            continue
        candidates = [entry for entry in entries if _is_table(entry, table)]
        if len(candidates) > 1:
            names = " and ".join(f"'{entry.name}{'/' if entry.is_dir() else ''}'" for entry in candidates)
            raise SourceError(f"both {names} could be the {table}", place=place, hint="move one of them away")
        if candidates:
            tables[table] = _source(table, candidates[0], place)
    paths = [entry for entry in entries if _is_table(entry, PATHS)]
    if paths and touchpoints and not {"touchpoints", "deals"} & tables.keys():
        tables |= path_sources(_source(PATHS, paths[0], place))
    if touchpoints and needed and "touchpoints" not in tables:
        found = ", ".join(f"'{entry.name}'" for entry in entries if not entry.name.startswith(".")) or "nothing"
        raise SourceError(
            f"no touchpoints here; found: {found}",
            place=place,
            hint=f"expected touchpoints as {_FORMATS}, or a folder 'touchpoints' of such files",
        )
    return SourceMap(tables=tables, place=place)


def expand(
    table: TableName,
    pattern: str,
    *,
    base: Path,
    columns: Mapping[str, str] = EMPTY,
    delimiter: str | None = None,
    encoding: str | None = None,
    date_format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    place: str | None = None,
    bounds: Bounds = WHOLE,
    missing_columns: MissingColumns = "refuse",
    member: str | None = None,
    sheet: str | None = None,
) -> TableSource:
    """Return the files that a path, glob or folder of the configuration means, in natural order.

    A relative `pattern` starts at `base`, ``~`` is the home folder. Behind ``spark:`` stands the name of a table that
    Spark reads. Raises SourceError at `place` where nothing matches or formats are mixed.
    """
    if pattern.startswith(LAKE):
        return TableSource(
            table=table, paths=(pattern.removeprefix(LAKE).strip(),), format="spark", columns=columns, place=place
        )
    path = base / Path(pattern).expanduser()
    if path.is_dir():
        paths = _parts(path, place or str(path))
    elif path.exists():
        paths = [path]
    else:
        matches = (Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207 - absolute patterns too
        paths = sorted((match for match in matches if not match.is_dir()), key=_natural)
    if not paths:
        near = did_you_mean(path.name, _names(path.parent)) if path.parent.is_dir() else None
        if near is None and not path.parent.is_dir() and not glob.has_magic(str(path.parent)):
            near = f"there is no folder {path.parent}"
        raise SourceError(f"no file matches '{pattern}' for {table}", place=place, hint=near or f"looked for {path}")
    return TableSource(
        table=table,
        paths=tuple(str(path) for path in paths),
        format=_one_format(paths, place or str(path)),
        columns=columns,
        delimiter=delimiter,
        encoding=encoding,
        date_format=date_format,
        decimal=decimal,
        place=place,
        bounds=bounds,
        missing_columns=missing_columns,
        member=member,
        sheet=sheet,
    )


def idle_key(source: TableSource) -> tuple[str, str] | None:
    """Return the first key of a source that is of no use for files of its format, and why; None for none.

    What is in a zip is known when it is opened: its members are asked about then.
    """
    written = {
        "member": source.member is not None,
        "sheet": source.sheet is not None,
        "delimiter": source.delimiter is not None,
        "encoding": source.encoding is not None,
        "short_rows": source.bounds.short_rows != WHOLE.short_rows,
        "header_line": source.bounds.header_line is not None,
        "total_rows": bool(source.bounds.total_rows),
        "footer": bool(source.bounds.footer),
        "ends_at_blank": source.bounds.ends_at_blank,
        "missing_columns": source.missing_columns == "empty",
    }
    keys, why = _IDLE.get(source.format, ((), ""))
    return next(((key, why) for key in keys if written[key]), None)


def _source(table: TableName, entry: Path, place: str) -> TableSource:
    paths = _parts(entry, str(entry)) if entry.is_dir() else [entry]
    return TableSource(
        table=table, paths=tuple(str(path) for path in paths), format=_one_format(paths, str(entry)), place=place
    )


def _is_table(entry: Path, table: str) -> bool:
    name = entry.name.casefold()
    if entry.is_dir():
        return name == table
    return any(name == table + suffix for suffix in SUFFIXES)


def _parts(folder: Path, place: str) -> list[Path]:
    """Return the data files in a folder; files of a format that is not read are refused rather than left out."""
    with reading(place, place):
        entries = sorted(folder.iterdir(), key=_natural)
    parts: list[Path] = []
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            _refuse_parts_below(entry, place)
            continue
        if data_format(entry.name) is not None:
            parts.append(entry)
        elif entry.name.casefold().endswith(_FOREIGN + _PACKED):
            raise SourceError(
                f"'{entry.name}' has a format that is not read", place=place, hint=f"parts are {_FORMATS}"
            )
    if not parts:
        raise SourceError("a folder without data files", place=place, hint=f"expected files as {_FORMATS}")
    return parts


def _refuse_parts_below(folder: Path, place: str) -> None:
    """Raise SourceError where a folder inside a folder of parts has data files, which would not be read."""
    with reading(place, place):
        inside = next((path for path in sorted(folder.rglob("*")) if data_format(path.name) and path.is_file()), None)
    if inside is not None:
        raise SourceError(
            f"'{inside.relative_to(folder.parent)}' is in a folder inside a folder of parts, which is not read",
            place=place,
            hint="move it up, or name all files in attrib.yaml, under sources: path: "
            f"{folder.parent.name}/**/*{inside.suffix}",
        )


def _one_format(paths: Iterable[Path], place: str) -> SourceFormat:
    first: dict[SourceFormat, Path] = {}
    for path in paths:
        first.setdefault(data_format(path.name) or _format_of_bytes(path), path)
    if len(first) > 1:
        names = " and ".join(f"'{path.name}'" for path in first.values())
        raise SourceError(f"{names} are of different formats", place=place, hint="keep one format for a table")
    return next(iter(first))


def data_format(name: str) -> SourceFormat | None:
    """Return the format that the name of a file tells; None where it is none that is read."""
    return next((kind for suffix, kind in SUFFIXES.items() if name.casefold().endswith(suffix)), None)


def _format_of_bytes(path: Path) -> SourceFormat:
    refuse_pipe(path, str(path))
    with reading(str(path), str(path)), path.open("rb") as file:
        start = file.read(4)
    return "parquet" if start == PARQUET_MAGIC else "zip" if start == b"PK\x03\x04" else "csv"


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def _natural(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which part-2 comes before part-10."""
    pieces = re.split(r"(\d+)", str(path))
    return tuple((1, int(piece), "") if piece.isdecimal() else (0, 0, piece) for piece in pieces)
