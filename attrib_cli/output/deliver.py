"""Where output goes: stdout, or a file that appears whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.output.chosen_format import is_stdout
from attrib_cli.output.registry import Format, WriteOptions

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report
    from attrib_cli.output.about import About
    from attrib_cli.output.dashboard.live import LiveBoard
    from attrib_cli.output.named_report import Layout
    from attrib_cli.terminal.console import Console


def deliver(
    format: Format,
    report: Report,
    *,
    path: str | None,
    console: Console,
    excel_safe: bool = False,
    name: str | None = None,
    about: Callable[[], About] | None = None,
    chart: str | None = None,
    layout: Layout | None = None,
    template: str | None = None,
    live: LiveBoard | None = None,
) -> None:
    """Write `report` as `format` to `path`, or to stdout where that is None or ``-``.

    `name`, `about`, `chart`, `layout`, `template` and `live` are those of `WriteOptions`. Raises what
    `deliver_bytes` raises.
    """
    options = replace(write_options(path=path, console=console, excel_safe=excel_safe), name=name, about=about)
    options = replace(options, chart=chart, layout=layout, template=template, live=live)
    deliver_bytes(format.load()(report, options), path=path, console=console)


def write_options(*, path: str | None, console: Console, excel_safe: bool = False) -> WriteOptions:
    """Return how to write to `path`: a terminal has a width, colours and an encoding; all else is plain UTF-8.

    Colours reach a pipe where the environment insists on them.
    """
    if not is_stdout(path):
        return WriteOptions(excel_safe=excel_safe, tell=console.note)
    return WriteOptions(
        excel_safe=excel_safe,
        tell=console.note,
        width=console.width if console.stdout_is_tty else None,
        color=console.stdout_color,
        encoding=console.stdout_encoding if console.stdout_is_tty else "utf-8",
    )


def deliver_bytes(chunks: Iterable[bytes], *, path: str | None, console: Console) -> None:
    """Write `chunks` to `path`, or to stdout where that is None or ``-``; they are made while they are written.

    Raises UsageError for a path that can be no file, AttribError where it cannot be written, and BrokenPipeError
    when nobody reads stdout any more.
    """
    if path is None or is_stdout(path):
        for chunk in chunks:
            console.write_bytes(chunk)
        return
    from attrib_cli.system.atomic_files import write_file

    write_file(path, chunks)
