"""Files that are one export in pieces, days or shards: its sessions and browsers go on from file to file."""

from __future__ import annotations

import glob
import os.path
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from attrib_cli.engine.sources.parquet_union import agree
from attrib_cli.proposal.file import File
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import FILE, Shape, fitting

if TYPE_CHECKING:
    import duckdb

_APART = (
    "what goes on in another of these files, such as a session or a browser whose person is known there alone, is not"
    " joined: give them names that one pattern fits, and no other file, such as events_*.csv; with the same headers,"
    " and in Parquet with types that go together"
)


def together(con: duckdb.DuckDBPyConnection, files: Sequence[File], base: Path, asked: Collection[str]) -> list[File]:
    """Return the files with those of one export as one file, whose path is a pattern that they alone match.

    Only shapes with questions to the whole export need it, such as which person a browser is. `base` is where relative
    paths begin, `asked` has files that something was said about: these stay alone.
    """
    groups: dict[object, list[File]] = {}
    for file in files:
        groups.setdefault(_export(file, asked), []).append(file)
    made: list[File] = []
    for export, pieces in groups.items():
        pattern = _pattern([file.path for file in pieces], base) if export != _alone(pieces[0]) else None
        apart = pattern is None or (pieces[0].types and not agree([str(base / file.path) for file in pieces]))
        made += pieces if apart or pattern is None else [_one(con, pattern, pieces)]
    return made


def tell_of_pieces(plans: Sequence[Plan]) -> None:
    """Note on files of one export that could not be taken together what is not joined, and how it would be."""
    for plan in plans:
        same = [one for one in plans if one.shape is plan.shape and one.table == plan.table]
        alone = plan.sql is not None or FILE in str(plan.columns.get("contact_id", {}).get("lookup", ""))
        if len(same) > 1 and plan.shape is not None and plan.shape.whole and alone:
            plan.notes.append(_APART)


def _alone(file: File) -> object:
    return file.name


def _export(file: File, asked: Collection[str]) -> object:
    """Return what files of one export have in common; for files that are none, their name."""
    shape: Shape | None = next(iter(fitting(file.headers)), None)
    said = {file.name, file.path, file.path.rpartition("/")[2]} & {*asked}
    if shape is None or not shape.whole or said or file.member or file.sheet or glob.escape(file.path) != file.path:
        return _alone(file)
    # A query has the columns of all files; those without a query are of one form.
    queried = all(table.sql is not None for table in shape.tables)
    form = () if queried else (file.headers, file.types)
    return (shape.name, form, bool(file.types), file.header_line, file.encoding, file.ends_at_blank)


def _pattern(paths: Sequence[str], base: Path) -> str | None:
    """Return a pattern that these files match and no others, with room for other numbers; None for none."""
    start = _common(paths)
    end = _common([path[len(start) :][::-1] for path in paths])[::-1]
    pattern = f"{start}*{end}"
    found = {Path(path).as_posix() for path in glob.glob(pattern, root_dir=base)}  # noqa: PTH207 - absolute ones too
    return pattern if len(paths) > 1 and "." in end and found == {*paths} else None


def _common(texts: Sequence[str]) -> str:
    """Return what texts begin with, up to a number or a word of which they have different ones."""
    start = os.path.commonprefix(texts).rstrip(digits)  # noqa: RUF071 - characters are meant
    inside = any(text[len(start) : len(start) + 1].isalpha() for text in texts)
    return start.rstrip(ascii_letters) if inside else start


def _one(con: duckdb.DuckDBPyConnection, pattern: str, pieces: Sequence[File]) -> File:
    relation = f"{pieces[0].relation}_together"
    rows = " UNION ALL BY NAME ".join(f"SELECT * FROM {file.relation}" for file in pieces)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {rows}")
    for file in pieces:
        con.execute(f"DROP TABLE {file.relation}")
    return replace(
        pieces[0],
        path=pattern,
        headers=tuple(dict.fromkeys(header for file in pieces for header in file.headers)),
        relation=relation,
        rows=sum(file.rows for file in pieces),
        short=tuple(text for file in pieces for text in file.short),
    )
