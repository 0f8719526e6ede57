"""Files of one table of which some lack columns that others have: refused, or empty there and told."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.notes import Level, Note
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.table import TableHead, label

_SHOWN = 3

OfFiles: TypeAlias = Sequence[tuple[str, Sequence[str]]]
"""The label of each file of a table, with its headers, or with the columns that it lacks and others have."""


def refuse_uneven(
    source: TableSource,
    headers: OfFiles,
    asked: Iterable[tuple[str, Sequence[str]]],
    key: Callable[[str], str] = str.casefold,
) -> None:
    """Raise SourceError for a file that lacks a header which the configuration names and another file has.

    `headers` are those of each file. `asked` has what names a header, as messages say it, and the headers
    of which one is enough; headers with the same `key` are one.
    """
    if source.missing_columns != "refuse" or len(headers) < 2:
        return
    folded = [{key(name) for name in found} for _, found in headers]
    for what, wanted in asked:
        any_of = {key(name) for name in wanted}
        having = [number for number, found in enumerate(folded) if found & any_of]
        short = [number for number, found in enumerate(folded) if not found & any_of]
        if having and short and wanted:
            (place, header), (other, _) = headers[short[0]], headers[having[0]]
            listed = " or ".join(f"'{name}'" for name in wanted)
            more = f"; so lack {len(short) - 1:,} more files" if len(short) > 1 else ""
            free = [name for name in header if key(name) not in folded[having[0]]]
            others = difflib.get_close_matches(wanted[0], free, n=1, cutoff=0.4)
            rename = f"name each header that files have for it, `header: [{', '.join([*wanted, *others])}]`; "
            raise SourceError(
                f"there is no header {listed}, which {what} names, and which {other} has{more}",
                place=place,
                hint=f"{rename if others else ''}where what a file lacks is to be empty, write `missing_columns: empty`"
                " for the source",
            )


def mapped(source: TableSource) -> list[tuple[str, Sequence[str]]]:
    """Return the headers that a source without rules maps columns onto, as `refuse_uneven` wants them."""
    return [(f"the rule of '{name}'", (header,)) for name, header in source.columns.items()]


def uneven_notes(head: TableHead, names: Iterable[str]) -> tuple[Note, ...]:
    """Return what to tell of files of a table that lack some of the columns `names`."""
    if head.source.of_paths and head.of_paths is not None:
        return uneven_notes(head.of_paths, head.of_paths.columns) if head.name == "touchpoints" else ()
    asked = {*names}
    if head.prepared is None:
        return _told(head.source, _lacking(head, asked))
    found = head.prepared.lacking([name for name in head.prepared.rules if name in asked])
    return tuple(note for source, files in found for note in _told(source, files))


def _lacking(head: TableHead, names: Collection[str]) -> OfFiles:
    """Return what each file of a table without rules lacks of the columns `names`."""
    files = [(part.label, part.positions) for part in head.csv]
    files += [(label(head.source, path), part.positions) for part in head.parquet for path in part.paths]
    asked = [name for name in head.columns if name in names]
    return [(file, [name for name in asked if name not in found]) for file, found in files]


def _told(source: TableSource, found: OfFiles) -> tuple[Note, ...]:
    """Return the note of what files lack, a warning unless the source says that they may.

    Files that have no headers, such as lines of JSON, lack nothing: what no line has is empty as in any other line.
    """
    if source.missing_columns == "usual" or not any(columns for _, columns in found):
        return ()
    if source.missing_columns == "empty":
        return (columns_missing(f"{source.table}: ", found),)
    hint = "Where that is meant, write `missing_columns: empty` for the source."
    return (columns_missing(f"{source.table}: ", found, level="warning", hint=hint),)


def columns_missing(lead: str, found: OfFiles, *, level: Level = "note", hint: str | None = None) -> Note:
    """Return the note of the files that lack columns, of which there is at least one."""
    short = [(file, columns) for file, columns in found if columns]
    files = [f"{file} lacks {_listed(columns)}" for file, columns in short[:_SHOWN]]
    text = f"{lead}{len(short):,} of {len(found):,} files lack columns that others have, which are empty there"
    return Note(
        code="columns-missing",
        text=f"{text}: {'; '.join(files)}{'; ...' if len(short) > _SHOWN else ''}",
        level=level,
        counts=(("files", len(found)), ("lacking", len(short))),
        hint=hint,
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
