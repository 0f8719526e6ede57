"""The parts of the documentation that are printed from the program: its commands, keys of `attrib.yaml`, and lists.

A list stands between ``<!-- printed: NAME -->`` and ``<!-- end of NAME -->`` in a page; `LISTS` has the names.

``python -m tools.reference`` writes them anew; a test compares them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from typer.core import TyperGroup
from typer.main import get_command

from attrib_cli.app import COMMANDS, build
from attrib_cli.cli.plain import help_sections, paragraphs
from attrib_cli.config.schema import reference
from attrib_cli.engine.buckets import CATALOGUE
from attrib_cli.engine.data_checks import CHECKS
from attrib_cli.output.registry import FORMATS
from attrib_cli.proposal.shapes import Rules, Shape, headers_of, otherwise, shapes
from attrib_cli.proposal.text import scalar

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


def formats() -> str:
    """Return the table of the formats that a report can be written in."""
    rows = []
    for entry in FORMATS.values():
        said = [entry.description, "never to a terminal" if entry.binary else ""]
        said.append(f"needs `pip install 'attrib-cli[{entry.extra}]'`" if entry.extra else "")
        rows.append(
            (
                f"`{entry.name}`",
                ", ".join(f"`{suffix}`" for suffix in entry.suffixes),
                "yes" if entry.for_people else "",
                "yes" if entry.conditions else "",
                "; ".join(filter(None, said)),
            )
        )
    return _table(("format", "endings", "rounded for reading", "says what it is of", "what it is"), rows)


def checks() -> str:
    """Return the table of what `attrib check` looks for."""
    rows = [(f"`{one.name}`", _cell(one.about), _cell(one.means)) for one in CHECKS]
    return _table(("check", "looked for", "what it means"), rows)


def time_buckets() -> str:
    """Return the table of the dimensions of time."""
    rows = [
        (
            f"`{bucket.name.replace('_', '-')}`",
            _cell(bucket.description),
            "a line" if bucket.over_time else "bars",
            ", ".join(f"`{setting}`" for setting in bucket.depends_on),
        )
        for bucket in CATALOGUE
    ]
    return _table(("dimension", "what a row is", "drawn as", "depends on"), rows)


LISTS: dict[str, Callable[[], str]] = {"formats": formats, "checks": checks, "time buckets": time_buckets}
"""The printed lists of the documentation, by name."""


def with_lists(text: str) -> str:
    """Return a page with its printed lists as they are; raises KeyError for one that there is none of."""

    def printed(match: re.Match[str]) -> str:
        return f"{match[1]}\n\n{LISTS[match[2]]()}\n{match[3]}"

    return re.sub(r"(<!-- printed: ([a-z ]+) -->).*?(<!-- end of \2 -->)", printed, text, flags=re.DOTALL)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def systems() -> dict[str, str]:
    """Return the pages of docs/systems by file name: one for each system whose exports are known, and their list."""
    pages: dict[str, str] = {}
    by_system: dict[str, list[Shape]] = {}
    for shape in sorted(shapes(), key=lambda one: (one.system, one.name)):
        by_system.setdefault(shape.system, []).append(shape)
    for system, known in by_system.items():
        slug = system.casefold().replace(" ", "-")
        blocks = [f"# {system}\n\n{_PRINTED}\n", "Put the files into a folder and run `attrib init FOLDER`.\n"]
        for shape in known:
            blocks += _of_shape(shape)
        pages[f"{slug}.md"] = "\n".join(blocks)
    listed = "\n".join(
        f"- [{system}]({system.casefold().replace(' ', '-')}.md): {', '.join(one.title for one in known)}"
        for system, known in by_system.items()
    )
    head = f"# Systems whose exports are known\n\n{_PRINTED}\n"
    rest = "Other files are known by what their columns are called and hold; see [init](../init.md)."
    pages["README.md"] = f"{head}\n{listed}\n\n{rest}\n"
    return pages


_PRINTED = (
    "This page is printed from the files in `attrib_cli/shapes` by `python -m tools.reference`; a test compares it."
)


def _of_shape(shape: Shape) -> Iterator[str]:
    yield f"## {shape.title[0].upper()}{shape.title[1:]}\n"
    yield f"Get it: {shape.get}.\n"
    known_by = ", ".join(" or ".join(f"`{name}`" for name in names) for names in shape.headers)
    yield f"Known by: {known_by}. Looked up: {shape.seen}.\n"
    if shape.about:
        yield f"{shape.about}\n"
    rows = [
        f"| `{table.table}` | `{column}` | {_rule(rules)} |"
        for table in shape.tables
        for column, rules in table.columns.items()
    ]
    if rows:
        yield "| table | column | from |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    for table in shape.tables:
        if "where" in table.options:
            yield f"Rows of `{table.table}`: `{scalar(table.options['where'])}`.\n"


def _rule(rules: Rules) -> str:
    named = headers_of(rules)
    rest = {key: value for key, value in rules.items() if key not in ("header", "else")}
    text = " or ".join(f"`{_cell(one)}`" for one in named) or f"always `{rest.pop('value')}`"
    text = f"{text}, `{_cell(scalar(rest))}`" if rest else text
    instead = otherwise(rules)
    return text if instead is None else f"{text}, else {_rule(instead)}"


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
    (DOCS / "systems").mkdir(exist_ok=True)
    for name, text in systems().items():
        (DOCS / "systems" / name).write_text(text, encoding="utf-8")
    for page in DOCS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        if with_lists(text) != text:
            page.write_text(with_lists(text), encoding="utf-8")


if __name__ == "__main__":
    os.environ.pop("ATTRIB_CONFIG", None)
    main()
