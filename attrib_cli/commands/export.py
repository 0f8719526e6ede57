"""``attrib export``: write reports, or the ledger of every credit, to files, keep a message of it and mail them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli import completion
from attrib_cli import options as o
from attrib_cli.report_options import DataOptions, RequestOptions, RunOptions, flattened

if TYPE_CHECKING:
    from attrib_cli.console import Console
    from attrib_cli.exporting import Item
    from attrib_cli.output.registry import Format

HELP = """Write saved reports, a dashboard's, or the one that options describe, to files.

[bold]Examples[/bold]

\b
attrib export weekly-revenue --output out/
attrib export weekly-revenue channels -f xlsx --name Board
attrib export --dashboard Management -f xlsx --email boss@example.com
attrib export --by channel -m all -f csv,parquet -o 'out/{name}-{to:%Y-%m-%d}.{ext}'
attrib export --ledger -m linear,u-shaped -f parquet --name credits
"""

_FILES, _SEND = "Files", "Delivery"

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Saved reports.", show_default=False)]
Dashboard = Annotated[
    str | None,
    typer.Option("--dashboard", metavar="NAME", help="All reports of a dashboard.", rich_help_panel=_FILES),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="NAME", help="What the file of one report, or a workbook, is called.", rich_help_panel=_FILES
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="csv, tsv, json, jsonl, parquet, xlsx, markdown; several separated by commas. By default the suffix of "
        "--output, else csv.",
        autocompletion=completion.formats,
        rich_help_panel=_FILES,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="File, folder, - or a pattern such as 'out/{name}-{to:%Y-%m-%d}.{ext}'; by default NAME.EXT here.",
        rich_help_panel=_FILES,
    ),
]
LedgerOption = Annotated[
    bool,
    typer.Option("--ledger", help="The credit of every single interaction, under each model.", rich_help_panel=_FILES),
]
FailOnEmpty = Annotated[
    bool, typer.Option("--fail-on-empty", help="End with exit code 4 where there are no rows.", rich_help_panel=_SEND)
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Give up where another export of the same file is running.", rich_help_panel=_SEND),
]
Email = Annotated[
    list[str] | None,
    typer.Option("--email", metavar="A@B,C@D", help="Send the files to these addresses.", rich_help_panel=_SEND),
]
Subject = Annotated[
    str | None, typer.Option("--subject", metavar="TEXT", help="The subject of the mail.", rich_help_panel=_SEND)
]


@flattened
def export(
    context: typer.Context,
    where: DataOptions,
    what: RequestOptions,
    how: RunOptions,
    names: Names = None,
    dashboard: Dashboard = None,
    name: Name = None,
    format: Formats = None,
    output: Output = None,
    ledger: LedgerOption = False,
    show_sql: o.ShowSql = False,
    excel_safe: o.ExcelSafe = False,
    email: Email = None,
    subject: Subject = None,
    fail_on_empty: FailOnEmpty = False,
    no_wait: NoWait = False,
) -> None:
    """Write saved reports, a dashboard's, or the one that options describe, to files."""
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.exporting import Export, explain, export_reports
    from attrib_cli.output.mail import recipients
    from attrib_cli.output.naming import check_name

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = what.asked()
    if ledger:
        for option, given in (("--sort", typed.sort), ("--limit", typed.limit), ("--measure", typed.measure)):
            if given is not None:
                hint = "A ledger has all its credits, in order of time."
                raise UsageError("a ledger does not take this option", hint=hint, place=option)
    if name is not None:
        check_name(name, place="--name")
    to = recipients(email) if email else ()
    formats = formats_of(format, output)
    items = _items(console, where, what, how.today, tuple(names or ()), dashboard)
    if name is not None and len(items) == 1:
        items = (_renamed(items[0], name),)
    wanted = Export(
        items=items,
        formats=formats,
        name=name or dashboard or ("report" if len(items) != 1 else items[0].name),
        output=output,
        day=items[0].day,
        ledger=ledger,
        excel_safe=excel_safe,
        wait=not no_wait,
        fail_on_empty=fail_on_empty,
        email=to,
        subject=subject,
    )
    if show_sql:
        console.write_text(explain(wanted))
        return
    export_reports(console, wanted)


def _renamed(item: Item, name: str) -> Item:
    from dataclasses import replace

    return replace(item, name=name)


def formats_of(typed: list[str] | None, output: str | None) -> tuple[Format, ...]:
    """Return the formats asked for, each once: as typed, else by the suffix of `output`, else csv."""
    from attrib_cli.output.registry import resolve_format

    wanted = o.listed(typed)
    if not wanted:
        plain = None if output is None or output.endswith("{ext}") or output.endswith("/") else output
        if plain is not None and Path(plain).is_dir():
            plain = None
        return (resolve_format(None, plain, False),)
    found = [resolve_format(one, None, False) for one in wanted]
    return tuple({format.name: format for format in found}.values())


def _items(
    console: Console,
    where: DataOptions,
    what: RequestOptions,
    today: str | None,
    names: tuple[str, ...],
    dashboard: str | None,
) -> tuple[Item, ...]:
    """Return the reports asked for by name, each with what was typed over its definition; else the typed one.

    Reports on the same data share a world, and so one load of it.
    """
    from attrib_cli.boards import over_board
    from attrib_cli.config.names import quoted
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.exporting import Item

    typed = what.asked()
    if not names and dashboard is None:
        world = where.world(console, None)
        day = o.the_day(console, today, world.settings)
        return (Item(name="report", asked=typed.over(world.preferred), world=world, day=day),)
    if names and dashboard is not None:
        raise UsageError("reports and --dashboard were both given", hint="Give one or the other.")
    library = o.open_library(console, where.config)
    if dashboard is not None:
        names = library.dashboard(dashboard).reports
        if not names:
            raise UsageError(
                f"the dashboard {quoted(dashboard)} has no reports", hint="`attrib dashboard add` puts some on."
            )
    worlds: dict[tuple[str | None, bool | None], o.World] = {}
    items = []
    for one in [library.report(name) for name in dict.fromkeys(names)]:
        saved = what.over(one.definition)
        world = worlds.get((saved.data, saved.demo)) or where.world(console, saved)
        worlds[saved.data, saved.demo] = world
        day = o.the_day(console, today or saved.today, world.settings)
        own = o.Asked.of(saved).over(world.preferred)
        asked = typed.over(own) if dashboard is None else over_board(own, typed)
        items.append(Item(name=one.name, asked=asked, world=world, day=day))
    return tuple(items)
