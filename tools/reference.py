"""The parts of the documentation that are printed from the program: its commands, the checks, and the keys of
`attrib.yaml`.

``python -m tools.reference`` writes them anew; a test compares them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from typer.core import TyperGroup
from typer.main import get_command

from attrib_cli.app import COMMANDS, build
from attrib_cli.cli.plain import help_sections, paragraphs
from attrib_cli.config.schema import reference
from attrib_cli.engine.data_checks import CHECKS

if TYPE_CHECKING:
    from typer._click import Context
    from typer._click.core import Command

DOCS = Path(__file__).parents[1] / "docs"
HEADING = """# Commands

Every command with its arguments and options, as `--help` shows them. This page is printed from the program by
`python -m tools.reference`; a test compares it.
"""


def commands() -> str:
    """Return docs/commands.md: each command under its name, its options in tables."""
    whole = get_command(build())
    if not isinstance(whole, TyperGroup):
        raise TypeError("the program has commands")
    context = whole.make_context("attrib", [], resilient_parsing=True)
    blocks = [HEADING, *_described(whole, context, level=2)]
    for name in COMMANDS:
        blocks += _with_its_own(whole.commands[name], context, name)
    return "\n".join(blocks)


def configuration(text: str) -> str:
    """Return docs/configuration.md with the reference of keys as they are."""
    start = text.index("\n", text.index("<!-- The tables below")) + 2
    return text[:start] + reference.markdown()


def checks(text: str) -> str:
    """Return docs/check.md with the table of checks as they are."""
    start = text.index("\n", text.index("<!-- The table below")) + 2
    rows = "\n".join(f"| `{one.name}` | {_cell(one.about)} | {_cell(one.means)} |" for one in CHECKS)
    return f"{text[:start]}| check | looked for | what it means |\n|---|---|---|\n{rows}\n"


def _with_its_own(command: Command, above: Context, name: str) -> Iterator[str]:
    context = type(above)(command, info_name=name, parent=above, resilient_parsing=True)
    yield from _described(command, context, level=2)
    if isinstance(command, TyperGroup):
        for inner in command.list_commands(context):
            found = command.commands[inner]
            yield from _described(found, type(above)(found, info_name=inner, parent=context), level=3)


def _described(command: Command, context: Context, *, level: int) -> Iterator[str]:
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    yield f"{'#' * level} {context.command_path}\n"
    yield f"```text\n{usage.replace('[[', '[').replace(']]', ']')}\n```\n"
    for text, as_it_stands in paragraphs(command.help or ""):
        yield f"```text\n{text}\n```\n" if as_it_stands else f"{text}\n"
    for title, rows in help_sections(command, context):
        listed = "\n".join(f"| `{_cell(name)}` | {_cell(about)} |" for name, about in rows)
        yield f"| {title.lower()} | |\n|---|---|\n{listed}\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write the printed parts of the documentation."""
    (DOCS / "commands.md").write_text(commands(), encoding="utf-8")
    page = DOCS / "configuration.md"
    page.write_text(configuration(page.read_text(encoding="utf-8")), encoding="utf-8")
    page = DOCS / "check.md"
    page.write_text(checks(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    os.environ.pop("ATTRIB_CONFIG", None)
    main()
