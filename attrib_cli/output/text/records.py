"""Short lists, such as those of models and periods, as a table, CSV or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

from attrib_cli.output.registry import Format, WriteOptions
from attrib_cli.output.text import grid
from attrib_cli.output.text.delimited import csv_field, tsv_field
from attrib_cli.output.text.glyphs import glyphs_for, shown
from attrib_cli.output.words import label

Record = Mapping[str, str | int | Sequence[str] | None]
_BREAKS = re.compile(r" |(?<=[/_.-])(?=[^/_. -])")
"""Where a line of the last column may be broken, if it must: at blanks, and within the names of files."""

_LAST = 12  # cells of the last column at least


def render_records(records: Sequence[Record], format: Format, options: WriteOptions | None = None) -> bytes:
    """Return `records` in a format that holds lists; the keys of the first one are the columns, in its order.

    Lists are joined by ``, `` where the format has none of its own. In a table the texts wrap to `options.width`.
    Raises UsageError for a format that holds no lists.
    """
    return format.load_list()(records, options or WriteOptions())


def write_json(records: Sequence[Record], options: WriteOptions) -> bytes:
    """Return a list as a JSON array of objects."""
    del options
    return (json.dumps([_plain(r) for r in records], ensure_ascii=False, indent=2) + "\n").encode()


def write_jsonl(records: Sequence[Record], options: WriteOptions) -> bytes:
    """Return a list as a JSON object a line."""
    del options
    return "".join(json.dumps(_plain(r), ensure_ascii=False) + "\n" for r in records).encode()


def write_csv(records: Sequence[Record], options: WriteOptions) -> bytes:
    """Return a list as CSV."""
    del options
    return _delimited(records, csv_field, ",")


def write_tsv(records: Sequence[Record], options: WriteOptions) -> bytes:
    """Return a list as TSV."""
    del options
    return _delimited(records, tsv_field, "\t")


def _delimited(records: Sequence[Record], field: Callable[[str], str], delimiter: str) -> bytes:
    names = _names(records)
    rows = [names, *([_text(r.get(name)) for name in names] for r in records)] if names else []
    return "".join(delimiter.join(map(field, row)) + "\n" for row in rows).encode()


def _names(records: Sequence[Record]) -> list[str]:
    return list(records[0]) if records else []


def _plain(record: Record) -> dict[str, str | int | list[str] | None]:
    return {
        key: value if value is None or isinstance(value, str | int) else list(value) for key, value in record.items()
    }


def _text(value: str | int | Sequence[str] | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ", ".join(value)


def write_table(records: Sequence[Record], options: WriteOptions) -> bytes:
    """Return a list as a table for reading; a record whose texts are too long takes several lines."""
    names = _names(records)
    if not names:
        return b""
    texts = [[shown(_text(record.get(name)), options.encoding) for name in names] for record in records]
    widths = _widths(names, texts, options.width)
    lines: list[list[str]] = []
    for row in texts:
        cells = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
        lines.extend(list(line) for line in zip_longest(*cells, fillvalue=""))
    columns = [
        grid.GridColumn(
            header=(label(name),),
            cells=[line[i] for line in lines],
            width=max(widths[i], *(grid.cells_of(line[i]) for line in lines)),
            right=all(isinstance(record.get(name), int) for record in records),
        )
        for i, name in enumerate(names)
    ]
    glyphs = glyphs_for(options.encoding)
    text = "".join(line + "\n" for line in grid.render(columns, glyphs=glyphs, color=options.color))
    return text.encode(options.encoding, "replace")


def _widths(names: list[str], texts: list[list[str]], room: int | None) -> list[int]:
    """Return the cells of each column: those of its texts, in `room` as far as their words allow."""
    columns = _columns(names, texts)
    widths = [max(grid.cells_of(t) for t in (label(name), *column)) for name, column in columns]
    if room is None:
        return widths
    words = [[label(name), *(word for text in column for word in text.split(" "))] for name, column in columns]
    least = [max(map(grid.cells_of, found)) for found in words]
    least[-1] = max(grid.cells_of(piece) for word in words[-1] for piece in _BREAKS.split(word))
    least[-1] = max(least[-1], min(_LAST, widths[-1]))
    while sum(widths) + grid.GAP * (len(widths) - 1) > room:
        widest = max(range(len(widths)), key=lambda i: widths[i] - least[i])
        if widths[widest] <= least[widest]:
            break
        widths[widest] -= 1
    return widths


def _wrapped(text: str, width: int) -> list[str]:
    """Return text in lines; the name of a file that is longer than a line is broken within."""
    lines: list[str] = []
    for line in grid.wrap(text, width):
        if grid.cells_of(line) <= width:
            lines.append(line)
            continue
        lines.append("")
        for piece in _BREAKS.split(line):
            if lines[-1] and grid.cells_of(lines[-1] + piece) > width:
                lines.append("")
            lines[-1] += piece
    return lines


def _columns(names: list[str], texts: list[list[str]]) -> list[tuple[str, list[str]]]:
    return [(name, [row[i] for row in texts]) for i, name in enumerate(names)]
