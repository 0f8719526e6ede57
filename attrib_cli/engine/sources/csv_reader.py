"""CSV files as DuckDB reads them: as they are where they are plainly regular, else copies; every option said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import literal, paths_literal
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.bytestream import reading
from attrib_cli.engine.sources.records import normalise, plain_file
from attrib_cli.engine.sources.scan import scan
from attrib_cli.engine.sources.table import CsvPart

_LONGEST = 2_000_000
"""Bytes of a row up to which DuckDB needs not be told."""


@frozen
class UsableFile:
    """A part as DuckDB gets it: `records` rows behind the header, as the scan or the normalising counted them.

    `filled` of them had fewer values than the header, the first on line `first_filled`.
    """

    part: CsvPart
    path: str
    delimiter: str
    records: int
    normalised: bool = False
    left_out: int = 0
    filled: int = 0
    first_filled: int | None = None
    longest: int = _LONGEST


def usable_file(part: CsvPart) -> UsableFile:
    """Return a part as it is, with its records counted, or a copy where it is not plainly regular."""
    if part.dialect.skip or part.bounds.ends_early:
        return normalised_file(part)
    path = plain_file(part)
    with reading(str(path), part.label):
        seen = scan(path, part.dialect.delimiter, len(part.header))
    if seen.odd:
        return normalised_file(part)
    return UsableFile(part=part, path=str(path), delimiter=part.dialect.delimiter, records=seen.records - 1)


def normalised_file(part: CsvPart) -> UsableFile:
    """Return a copy of a part that leaves DuckDB nothing to interpret; raises what `normalise` raises."""
    copy = normalise(part)
    return UsableFile(
        part=part,
        path=str(copy.path),
        delimiter=",",
        records=copy.records,
        normalised=True,
        left_out=copy.left_out,
        filled=copy.filled,
        first_filled=copy.first_filled,
        longest=max(_LONGEST, copy.longest),
    )


def notes_about(source: TableSource, file: UsableFile) -> Iterator[Note]:
    """Yield notes of how many rows of a file are left out because they are not the table's, and filled up."""
    if file.left_out:
        total = file.records + file.left_out
        text = (
            f"{source.table}: {file.left_out:,} of {total:,} rows of {file.part.label} are left out as totals or footer"
        )
        counts = (("rows", total), ("left_out", file.left_out))
        yield Note(code="rows-left-out", level="note", text=text, counts=counts)
    if file.filled:
        text = (
            f"{source.table}: {file.filled:,} of {file.records:,} rows of {file.part.label} have fewer values than the "
            f"header (line {file.first_filled:,}): what they lack is empty"
        )
        counts = (("rows", file.records), ("filled", file.filled))
        yield Note(code="rows-filled", level="note", text=text, counts=counts)


def read_csv(
    paths: Sequence[str],
    header: Sequence[str],
    delimiter: str,
    *,
    skip: int = 0,
    compression: str = "none",
    encoding: str = "utf-8",
    longest: int = _LONGEST,
) -> str:
    """Return the table function that reads files of one header, all columns as text, with every option explicit."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    options = {
        "auto_detect": "false",
        "columns": "{" + columns + "}",
        "header": "true",
        "skip": str(skip),
        "delim": literal(delimiter),
        "quote": literal('"'),
        "escape": literal('"'),
        "comment": literal(""),
        "nullstr": literal(""),
        "allow_quoted_nulls": "true",
        "strict_mode": "true",
        "null_padding": "false",
        "ignore_errors": "false",
        "hive_partitioning": "false",
        "compression": literal(compression),
        "encoding": literal(encoding),
    }
    if longest > _LONGEST:
        options["max_line_size"] = str(longest + 1024)
    return f"read_csv({paths_literal(paths)}, {', '.join(f'{key} = {value}' for key, value in options.items())})"
