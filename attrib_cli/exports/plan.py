"""Which files an export makes: for which reports, in which formats, under which names.

All of it is known before anything is computed, so that a run that cannot end well does not begin.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.exports.file_names import Target, file_name
from attrib_cli.exports.ledger_parts import check_parts, in_parts, usual_part_format
from attrib_cli.output.chosen_format import is_stdout, may_hold, refuse_template, resolve_format, usual_format
from attrib_cli.output.registry import NOUNS, Content, Format
from attrib_cli.system.atomic_files import check_path, unwritable
from attrib_cli.system.part_folders import is_part_folder

if TYPE_CHECKING:
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.exports.job import ExportItem, ExportJob
    from attrib_cli.exports.messages import Message


@dataclass(kw_only=True)
class File:
    """A file to be written: for which items, and what came of it; `path` is None for standard output.

    One `in_parts` is a folder of files.
    """

    path: str | None
    format: Format
    items: tuple[int, ...]
    in_parts: bool = False
    rows: int = 0
    size: int = 0
    error: AttribError | None = None
    message: Message | None = None


@frozen
class _Wanted:
    """A file that has no path yet: `output` is the file, folder or pattern it goes to."""

    format: Format
    items: tuple[int, ...]
    name: str
    output: str | None


def plan(export: ExportJob, specs: Sequence[ReportSpec]) -> tuple[File, ...]:
    """Return the files of `export`, those that cannot be written with their error; raises UsageError."""
    parts = in_parts(export)
    wanted = tuple(_wanted(export))
    if export.output is not None and is_stdout(export.output):
        if len(wanted) > 1:
            raise UsageError("several files cannot go to standard output", hint="Give a folder.", place="--output")
        if parts:
            check_parts(export.output, wanted[0].format)
        return (File(path=None, format=wanted[0].format, items=wanted[0].items),)
    files: dict[str, File] = {}
    for one in wanted:
        spec = specs[one.items[0]]
        target = Target(
            name=one.name,
            format=one.format.name,
            ext=one.format.ending,
            type=spec.type,
            models=spec.models,
            start=spec.dates.start,
            end=spec.dates.end,
            period=spec.dates.label,
            today=export.day,
        )
        path = file_name(one.output, target, several=one.output == export.output and len(wanted) > 1)
        if parts and one.output is not None and is_part_folder(one.output):
            path = one.output.rstrip("/")
        place = os.path.realpath(path)
        if place in files:
            hint = "Put {name} and {ext} into the pattern, or give a folder."
            raise UsageError("two files would have the same name", hint=hint, place=path)
        if parts:
            check_parts(path, one.format)
        error = None if parts else _refused(path, one.output)
        files[place] = File(path=path, format=one.format, items=one.items, in_parts=parts, error=error)
    return tuple(files.values())


def formats_of(export: ExportJob) -> tuple[Format, ...]:
    """Return the formats of an export, each once; raises UsageError for one that cannot hold it."""
    return tuple(dict.fromkeys(one for item in export.items for one in _formats(export, item)))


def check_template(export: ExportJob, formats: Sequence[Format]) -> None:
    """Raise UsageError where a template is given that nothing of the export can fill."""
    if export.template is None:
        return
    if export.ledger:
        raise UsageError("a ledger has no template", hint="Leave it out.", place="--template")
    refuse_template(formats)


def _wanted(export: ExportJob) -> Iterator[_Wanted]:
    """Yield the files, one for each report and format; those without a file of their own share one if they can."""
    formats = [_formats(export, item) for item in export.items]
    for format in dict.fromkeys(one for several in formats for one in several):
        mine = [i for i, several in enumerate(formats) if format in several]
        own = {i: _own_output(export, export.items[i], format) for i in mine}
        free = tuple(i for i in mine if own[i] is None)
        if format.holds("reports") and len(free) > 1 and not export.ledger:
            yield _Wanted(format=format, items=free, name=export.name, output=export.output)
        else:
            for i in free:
                yield _Wanted(format=format, items=(i,), name=export.items[i].name, output=export.output)
        for i in mine:
            if own[i] is not None:
                yield _Wanted(format=format, items=(i,), name=export.items[i].name, output=own[i])


def _formats(export: ExportJob, item: ExportItem) -> tuple[Format, ...]:
    """Return a report's formats: as typed, else by the ending of --output, else as its definition says, else usual."""
    content: Content = "ledger" if export.ledger else "file"
    for format in export.formats:
        if not format.holds(content):
            raise UsageError(f"{NOUNS[content]} cannot be written as {format.name}", place="--format")
    if export.formats:
        return export.formats
    named = None if export.output is None else _file_of(export.output)
    if named is None and in_parts(export):
        return (usual_part_format(),)
    if export.output is not None:
        return (resolve_format(None, named, False, content=content),)
    if not export.ledger:
        if item.request.format is not None:
            found = resolve_format(item.request.format, None, False)
            if found.holds(content):
                return (found,)
        if item.output is not None and not is_stdout(item.output):
            return (resolve_format(None, _file_of(item.output), False, content=content),)
    return (usual_format("pipe"),)


def _file_of(output: str) -> str | None:
    """Return `output` where its ending says a format: a folder has none, nor a pattern that ends in a field."""
    if output.endswith(("/", os.sep)) or PurePath(output).name.endswith(("{ext}", "{format}")) or Path(output).is_dir():
        return None
    return output


def _own_output(export: ExportJob, item: ExportItem, format: Format) -> str | None:
    """Return where a report's definition says that it goes, unless something else was typed."""
    if export.output is not None or export.ledger or item.output is None or is_stdout(item.output):
        return None
    return item.output if not export.formats or may_hold(item.output, format) else None


def _refused(path: str, output: str | None) -> AttribError | None:
    try:
        _make_folders(path, output)
        check_path(path)
    except AttribError as error:
        return error
    return None


def _make_folders(path: str, output: str | None) -> None:
    """Make the folders that fields of the pattern `output` name, such as one a year; others might be mistyped."""
    named = [place for place, part in enumerate(PurePath(output or "").parts[:-1]) if "{" in part]
    if named and Path(*PurePath(path).parts[: named[0]]).is_dir():
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(error, path) from error
