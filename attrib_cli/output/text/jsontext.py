"""JSON and JSON lines: an object for each row, as an array or a line each.

Numbers are written with their exact decimal digits, never through a binary float, so that they equal those of the
other formats; a program that reads them as decimals loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.output.described import columns_of, described
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.origin import as_json, origin_of
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.side_by_side import laid_out
from attrib_cli.output.values import chunks, plain, plain_number, text_flags

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell, Report

ExactJson: TypeAlias = "str | int | bool | Decimal | Iterable[ExactJson] | Mapping[str, ExactJson] | None"
"""What becomes JSON; a long array may be an iterator, which is written as it comes, once."""


def exact_json(value: ExactJson, indent: int = 0) -> str:
    """Return a JSON text, two blanks a level, whose numbers have their exact decimal digits."""
    inner, outer = " " * (indent + 2), " " * indent
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, Mapping):
        items = [f"{inner}{json.dumps(k, ensure_ascii=False)}: {exact_json(v, indent + 2)}" for k, v in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{outer}}}" if items else "{}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        items = [f"{inner}{exact_json(item, indent + 2)}" for item in value]
        return "[\n" + ",\n".join(items) + f"\n{outer}]" if items else "[]"
    return json.dumps(value, ensure_ascii=False)


def json_chunks(value: ExactJson) -> Iterator[str]:
    """Yield the text of `exact_json` in pieces: of an object each member, of an array in it each item."""
    if not isinstance(value, Mapping) or not value:
        yield exact_json(value)
        return
    begin = "{\n"
    for key, member in value.items():
        yield f"{begin}  {json.dumps(key, ensure_ascii=False)}: "
        if isinstance(member, Iterator):
            first = "[\n"
            for item in member:
                yield f"{first}    {exact_json(item, 4)}"
                first = ",\n"
            yield "[]" if first == "[\n" else "\n  ]"
        else:
            yield exact_json(member, 2)
        begin = ",\n"
    yield "\n}"


def write_json(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as one array of row objects, an object a line, so that ``jq '.[]'`` reads it."""
    first = True
    for lines in _objects(laid_out(report, options)):
        yield (("[\n" if first else ",\n") + ",\n".join(lines)).encode("utf-8", "backslashreplace")
        first = False
    yield b"[]\n" if first else b"\n]\n"


def write_json_about(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as one object: ``about`` says what it is of, ``rows`` and ``totals`` are as in `write_json`."""
    made = as_json(origin_of("json-about", [NamedReport.of(report, options)], options))
    shown = laid_out(report, options)
    about = json.dumps({**described(report), "columns": columns_of(shown), **made}, ensure_ascii=False, indent=1)
    yield b'{"about": ' + about.encode("utf-8", "backslashreplace") + b',\n"rows": '
    yield from rows_and_totals(shown)
    yield b"}\n"


def rows_and_totals(report: Report) -> Iterator[bytes]:
    """Yield the rows as an array, and after ``"totals":`` the totals as another, for an object that has both."""
    yield from _array(report)
    yield b',\n"totals": '
    yield from _array(replace(report, rows=report.totals))


def _array(report: Report) -> Iterator[bytes]:
    """Yield the rows as an array without a line's end behind it."""
    held = b""
    for chunk in write_json(report, WriteOptions()):
        if held:
            yield held
        held = chunk
    yield held.rstrip(b"\n")


def write_jsonl(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as JSON lines: an object a line and nothing else."""
    for lines in _objects(laid_out(report, options)):
        yield ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _objects(report: Report) -> Iterator[list[str]]:
    keys = [json.dumps(column.name, ensure_ascii=False) + ": " for column in report.columns]
    is_text = text_flags(report)
    for columns in chunks(report.rows):
        written = [_members(key, cells, text) for key, cells, text in zip(keys, columns, is_text, strict=True)]
        yield ["{" + ", ".join(members) + "}" for members in zip(*written, strict=True)]


def _members(key: str, cells: Sequence[Cell], is_text: bool) -> list[str]:
    """Return ``"key": value`` for the cells of a column; texts repeat, so each is written once."""
    if not is_text:
        return [key + _value(cell) for cell in cells]
    known: dict[Cell, str] = {None: key + "null"}
    found = []
    for cell in cells:
        member = known.get(cell)
        if member is None:
            member = known[cell] = key + json.dumps(plain(cell), ensure_ascii=False)
        found.append(member)
    return found


def _value(cell: Cell) -> str:
    if cell is None:
        return "null"
    if isinstance(cell, int | Decimal):
        return plain_number(cell)
    return json.dumps(plain(cell), ensure_ascii=False)
