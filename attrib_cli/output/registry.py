"""The formats that a report can be written in, as data.

A format is one entry here and one function that turns a report into bytes. Nothing else in the program lists formats,
so that a new one needs no other edit.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from attrib_cli.engine.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report
    from attrib_cli.output.about import About

STDOUT_PATHS = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """How to write: `excel_safe` concerns csv and tsv, the rest the formats for people.

    `width` is the number of terminal columns to stay within, None for as wide as it gets. `encoding` is what the
    reader shows; a character that it lacks is replaced before the layout is made. `name` is what a report is called,
    `about` finds out what a file says of its sources, and `chart` is the kind of chart asked for; all are for formats
    that have a place for it.
    """

    excel_safe: bool = False
    width: int | None = None
    color: bool = False
    encoding: str = "utf-8"
    name: str | None = None
    about: Callable[[], About] | None = None
    chart: str | None = None


Writer = Callable[["Report", WriteOptions], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way to write a report.

    `suffixes` are the endings of files that mean it, `binary` that a terminal cannot show it, `for_people` that it is
    laid out and rounded for reading, and `writer` is ``module:function`` in this package, loaded when it is used.
    """

    name: str
    suffixes: tuple[str, ...]
    writer: str
    binary: bool = False
    for_people: bool = False
    description: str

    def load(self) -> Writer:
        """Return the function that writes a report as chunks of bytes."""
        module, _, function = self.writer.partition(":")
        return cast(Writer, getattr(importlib.import_module(f"attrib_cli.output.{module}"), function))


_ENTRIES = (
    Format(
        name="table",
        suffixes=(".txt",),
        writer="text.table:write",
        for_people=True,
        description="for reading, models side by side",
    ),
    Format(name="csv", suffixes=(".csv",), writer="text.delimited:write_csv", description="comma-separated values"),
    Format(name="tsv", suffixes=(".tsv",), writer="text.delimited:write_tsv", description="tab-separated values"),
    Format(name="json", suffixes=(".json",), writer="text.jsontext:write_json", description="an array of objects"),
    Format(
        name="json-about",
        suffixes=(".about.json",),
        writer="text.jsontext:write_json_about",
        description="an object: what the report is of, its rows and totals",
    ),
    Format(
        name="jsonl",
        suffixes=(".jsonl", ".ndjson"),
        writer="text.jsontext:write_jsonl",
        description="one JSON object a line",
    ),
    Format(
        name="markdown",
        suffixes=(".md",),
        writer="text.markdown:write",
        for_people=True,
        description="a table for GitHub, wikis and chats",
    ),
    Format(
        name="parquet",
        suffixes=(".parquet",),
        writer="parquet:write",
        binary=True,
        description="Apache Parquet, with exact decimals",
    ),
    Format(
        name="svg",
        suffixes=(".svg",),
        writer="charts.image:write_svg",
        description="the chart as a picture that scales",
    ),
    Format(
        name="png",
        suffixes=(".png",),
        writer="charts.image:write_png",
        binary=True,
        description="the chart as a picture for slides and chats",
    ),
    Format(
        name="xlsx",
        suffixes=(".xlsx",),
        writer="xlsx.workbook:write",
        binary=True,
        description="an Excel workbook with a chart and its sources",
    ),
)
FORMATS = {entry.name: entry for entry in _ENTRIES}
EXPORTED = {name: entry for name, entry in FORMATS.items() if name != "table"}
"""What files are exported as: a table is laid out for the screen that it is seen on."""


def is_stdout(path: str | None) -> bool:
    """Say whether `path` means standard output: None, ``-`` or one of the system's names for it."""
    return path is None or path in STDOUT_PATHS


def may_hold(path: str, format: Format) -> bool:
    """Say whether a file called `path` can be in `format`: its ending says so, or says no format at all."""
    ending = PurePath(path).suffix.casefold()
    return ending in format.suffixes or all(ending not in entry.suffixes for entry in FORMATS.values())


def resolve_format(
    option: str | None, output_path: str | None, stdout_is_tty: bool, *, among: Mapping[str, Format] = FORMATS
) -> Format:
    """Return the format asked for: by `option`, else by the suffix of `output_path`, else by where it goes.

    Without either it is ``table`` on a terminal and ``csv`` in a pipe or a file. Raises UsageError for a format or a
    suffix that is not `among` those that the command has, and for a binary format on a terminal.
    """
    to_terminal = is_stdout(output_path) and stdout_is_tty
    if option is not None:
        chosen = _by_name(option, among)
    elif output_path is not None and not is_stdout(output_path) and PurePath(output_path).suffix:
        chosen = _by_suffix(output_path, among)
    else:
        chosen = FORMATS["table" if to_terminal else "csv"]
    if chosen.binary and to_terminal:
        hint = f"Give --output report{chosen.suffixes[0]}, or redirect standard output."
        raise UsageError(f"{chosen.name} is binary and not for a terminal", hint=hint, place="--format")
    return chosen


def _by_name(name: str, among: Mapping[str, Format]) -> Format:
    wanted = name.strip().casefold()
    for entry in among.values():
        if wanted in (entry.name, *(suffix.lstrip(".") for suffix in entry.suffixes)):
            return entry
    hint = " ".join(filter(None, (did_you_mean(name, among), f"Formats: {', '.join(among)}.")))
    raise UsageError(f"unknown format '{name}'", hint=hint, place="--format")


def _by_suffix(path: str, among: Mapping[str, Format]) -> Format:
    found = PurePath(path).suffix
    by_suffix = {suffix: entry for entry in among.values() for suffix in entry.suffixes}
    if entry := by_suffix.get(found.casefold()):
        return entry
    guess = did_you_mean(found, by_suffix)
    hint = " ".join(filter(None, (guess, f"Known: {', '.join(by_suffix)}; or give --format.")))
    raise UsageError(f"the ending '{found}' names no format", hint=hint, place=path)
