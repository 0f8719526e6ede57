"""Help and values of options without rich and type adapters: Typer would load them, for longer than most commands run.

Typer's own way stays for what is not plain: a number, a choice that was typed.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer
import typer.core

from attrib_cli.terminal.console import Console

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter, Parameter
    from typer._click.core import Command

WIDEST = 100
WIDEST_NAME = 30
_BOLD, _NAME = "1", "36"
_MARKUP = re.compile(r"\[bold\](.*?)\[/bold\]", re.DOTALL)
_AS_IT_STANDS = "\b"


def without_markup(text: str) -> str:
    """Return a help text without the marks of what is bold in it."""
    return _MARKUP.sub(r"\1", text)


class PlainCommand(typer.core.TyperCommand):
    """A command whose help is plain text in groups, and whose texts and flags are taken as they are typed."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help of the command."""
        _write_help(self, ctx, formatter)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the command line."""
        _take_plain_values(self.get_params(ctx))
        return super().parse_args(ctx, args)


class PlainGroup(typer.core.TyperGroup):
    """A command with commands of its own, like `PlainCommand`."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help of the group, its commands listed."""
        _write_help(self, ctx, formatter)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the part of the command line before the name of a command."""
        _take_plain_values(self.get_params(ctx))
        return super().parse_args(ctx, args)


def make_plain(app: typer.Typer) -> None:
    """Let the commands and groups of `app`, at any depth, be plain ones."""
    app.info.cls = PlainGroup
    for command in app.registered_commands:
        command.cls = PlainCommand
    for group in app.registered_groups:
        group.cls = PlainGroup
        if group.typer_instance is not None:
            make_plain(group.typer_instance)


# --- values ----------------------------------------------------------------------------------------------------------


def _take_plain_values(parameters: list[Parameter]) -> None:
    for parameter in parameters:
        if "process_value" not in vars(parameter):
            vars(parameter)["process_value"] = _processed(parameter)


def _processed(parameter: Parameter) -> Callable[[Context, object], object]:
    """Return how a value of the parameter is taken: at once where it is nothing, a text or a path, else Typer's way.

    Whether there is something at a path is said by what reads it.
    """
    typers_own: Callable[[Context, object], object] = parameter.process_value
    kind = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)

    def process(ctx: Context, value: object) -> object:
        plain = value is None or (kind in (str, Path) and isinstance(value, str))
        if kind == list[str] and isinstance(value, (list, tuple)):
            plain = all(isinstance(item, str) for item in value)
        if not plain or (parameter.required and not value):
            return typers_own(ctx, value)
        if kind is Path and value is not None:
            value = Path(str(value))
        if kind == list[str]:
            value = () if value is None else list(cast(list[str], value))
        return value if parameter.callback is None else parameter.callback(ctx, parameter, value)

    return process


# --- help ------------------------------------------------------------------------------------------------------------


def _write_help(command: Command, ctx: Context, formatter: HelpFormatter) -> None:
    console = ctx.obj if isinstance(ctx.obj, Console) else Console.system()
    ctx.color = console.stdout_color
    width = min(console.width, WIDEST)

    def paint(text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if ctx.color and text else text

    pieces = " ".join(command.collect_usage_pieces(ctx)).replace("[[", "[").replace("]]", "]")
    blocks = [f"{paint('Usage:', _BOLD)} {ctx.command_path} {pieces}"]
    blocks += _laid_out(command.help or "", width, paint)
    for title, rows in help_sections(command, ctx):
        blocks.append("\n".join([paint(title, _BOLD), *_table(rows, width, paint)]))
    blocks += _laid_out(command.epilog or "", width, paint)
    formatter.write("\n\n".join(blocks) + "\n")


def _laid_out(text: str, width: int, paint: Callable[[str, str], str]) -> Iterator[str]:
    """Yield each paragraph, wrapped but where it stands as written; a heading stands on what follows it."""
    heading = ""
    for paragraph, as_it_stands in paragraphs(text):
        if as_it_stands:
            yield heading + "\n".join(f"  {line}" for line in paragraph.splitlines())
            heading = ""
        elif f"[bold]{paragraph}[/bold]" in text.split("\n"):
            heading = paint(paragraph, _BOLD) + "\n"
        else:
            yield heading + textwrap.fill(paragraph, width, break_on_hyphens=False)
            heading = ""


def paragraphs(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the paragraphs of a help text without markup, and whether the lines of each are to stay as they are."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.startswith(_AS_IT_STANDS):
            yield paragraph.removeprefix(_AS_IT_STANDS).strip("\n"), True
        elif paragraph:
            yield " ".join(without_markup(paragraph).split()), False


def help_sections(command: Command, ctx: Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the arguments, then each group of options in the order of their first, then the commands."""
    groups: dict[str, list[tuple[str, str]]] = {"Arguments": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
            name, about = record
            title = getattr(parameter, "rich_help_panel", None) or usual
            groups.setdefault(title, []).append((name, without_markup(about)))
    usual_last = groups.pop("Options", None)
    if usual_last:
        groups["Options"] = usual_last
    if isinstance(command, typer.core.TyperGroup):
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            if found is not None and not found.hidden:
                line = found.short_help or (found.help or "").strip().partition("\n\n")[0]
                groups.setdefault("Commands", []).append((name, without_markup(line)))
    yield from ((title, rows) for title, rows in groups.items() if rows)


def _table(rows: list[tuple[str, str]], width: int, paint: Callable[[str, str], str]) -> Iterator[str]:
    """Yield the lines of two columns, names and what they mean; a long name has a line of its own."""
    column = min(max(len(name) for name, _ in rows), WIDEST_NAME)
    margin = " " * (column + 4)
    for name, text in rows:
        wrapped = textwrap.wrap(" ".join(text.split()), max(width - len(margin), 20), break_on_hyphens=False)
        first = wrapped[0] if len(name) <= column and wrapped else ""
        yield f"  {paint(name, _NAME)}{' ' * (column - len(name))}  {first}".rstrip()
        yield from (margin + line for line in (wrapped[1:] if first else wrapped))
