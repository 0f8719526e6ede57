"""``attrib export``: write reports to files, keep a message of it and mail them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.export_options import ExportOptions
from attrib_cli.cli.report_options import ComputingOptions, DataOptions, RequestOptions, flattened
from attrib_cli.reporting import dashboards
from attrib_cli.reporting.data_context import reference_date
from attrib_cli.reporting.request import ReportRequest, listed

if TYPE_CHECKING:
    from attrib_cli.config.load import Config
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.console import Console
    from attrib_cli.exports import ExportItem
    from attrib_cli.reporting.workspace import Workspace

Cut: TypeAlias = "Callable[[ReportEntry], ReportEntry]"

HELP = """Write saved reports, a dashboard's, or the one that options describe, to files.

[bold]Examples[/bold]

\b
attrib export weekly-revenue --output out/
attrib export weekly-revenue channels -f xlsx --name Board
attrib export --dashboard Management -f xlsx --email boss@example.com
attrib export --by channel -m all -f csv,parquet -o 'out/{name}-{to:%Y-%m-%d}.{ext}'
attrib export --ledger -m linear,u-shaped -f parquet --name credits
"""

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...", help="Saved reports.", autocompletion=completion.saved_reports, show_default=False
    ),
]
Dashboard = Annotated[
    str | None,
    typer.Option(
        "--dashboard",
        metavar="NAME",
        help="All reports of a dashboard.",
        autocompletion=completion.dashboards,
        rich_help_panel="Files",
    ),
]


def _whole(entry: ReportEntry) -> ReportEntry:
    """Return a saved report as it is."""
    return entry


@flattened
def export(
    context: typer.Context,
    where: DataOptions,
    what: RequestOptions,
    files: ExportOptions,
    how: ComputingOptions,
    names: Names = None,
    dashboard: Dashboard = None,
) -> None:
    """Write saved reports, a dashboard's, or the one that options describe, to files."""
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.exports import ExportItem

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = what.request()
    if files.ledger:
        refuse_in_ledger(typed)
    if names and dashboard is not None:
        raise UsageError("reports and --dashboard were both given", hint="Give one or the other.")
    if not names and dashboard is None:
        world = where.world(console, None)
        day = reference_date(console, how.today, world.settings)
        item = ExportItem(name="report", asked=typed.over(world.preferred), world=world, day=day)
        deliver(console, (item,), files, world.config, strict=how.strict)
        return
    worlds = where.worlds(console, how.today)
    if dashboard is not None:
        items = board_items(dashboard, worlds, typed, typed.cut)
    else:
        items = saved_items(tuple(names or ()), worlds, typed.over, typed.cut)
    deliver(console, items, files, worlds.project, board=dashboard, strict=how.strict)


def board_items(name: str, worlds: Workspace, typed: ReportRequest, cut: Cut = _whole) -> tuple[ExportItem, ...]:
    """Return the reports of a dashboard, with what was typed for the whole of it over what they say."""
    from attrib_cli.config.schema.names import quoted
    from attrib_cli.engine.errors import UsageError

    reports = worlds.library().dashboard(name).reports
    if not reports:
        raise UsageError(f"the dashboard {quoted(name)} has no reports", hint="`attrib dashboard add` puts some on.")
    return saved_items(reports, worlds, lambda own: dashboards.over_board(own, typed), cut)


def saved_items(
    names: tuple[str, ...], worlds: Workspace, over: Callable[[ReportRequest], ReportRequest], cut: Cut
) -> tuple[ExportItem, ...]:
    """Return saved reports, each `cut` of what is to be left out, with what was typed laid over it by `over`.

    Reports on the same data share a world, and so one load of it.
    """
    from attrib_cli.exports import ExportItem

    library = worlds.library()
    items = []
    for one in [library.report(name) for name in dict.fromkeys(names)]:
        entry = cut(one.definition)
        world = worlds.world(entry)
        items.append(
            ExportItem(
                name=one.name,
                asked=over(ReportRequest.of(entry).over(world.preferred)),
                world=world,
                day=worlds.day(entry),
                output=entry.output,
                excel_safe=bool(entry.excel_safe),
            )
        )
    return tuple(items)


def deliver(
    console: Console,
    items: tuple[ExportItem, ...],
    files: ExportOptions,
    config: Config | None,
    *,
    board: str | None = None,
    strict: bool = False,
) -> None:
    """Write `items` as `files` says and send them, or print their queries.

    `config` says how mail goes, and `board` is the dashboard that they are of; `strict` takes warnings for errors.
    """
    from attrib_cli.exports import ExportJob, explain, export_reports
    from attrib_cli.exports.file_names import check_name
    from attrib_cli.exports.smtp import recipients
    from attrib_cli.output.registry import EXPORTED, resolve_format

    if files.name is not None:
        check_name(files.name, place="--name")
        items = (replace(items[0], name=files.name),) if len(items) == 1 else items
    found = [resolve_format(one, None, False, among=EXPORTED) for one in listed(files.format) or ()]
    wanted = ExportJob(
        items=items,
        formats=tuple({format.name: format for format in found}.values()),
        name=files.name or board or ("report" if len(items) != 1 else items[0].name),
        output=files.output,
        day=items[0].day,
        config=config,
        ledger=files.ledger,
        excel_safe=files.excel_safe,
        wait=not files.no_wait,
        fail_on_empty=files.fail_on_empty,
        strict=strict,
        email=recipients(files.email) if files.email else (),
        subject=files.subject,
    )
    if files.show_sql:
        console.write_text(explain(wanted))
        return
    export_reports(console, wanted)


def refuse_in_ledger(typed: ReportRequest) -> None:
    """Raise UsageError for what was typed and no ledger has: it has all its credits, in order of time."""
    from attrib_cli.engine.errors import UsageError

    for option, given in (("--sort", typed.sort), ("--limit", typed.limit), ("--measure", typed.measure)):
        if given is not None:
            hint = "A ledger has all its credits, in order of time."
            raise UsageError("a ledger does not take this option", hint=hint, place=option)
    if typed.compare is not None:
        hint = "Leave it out, or export one ledger for each period."
        raise UsageError("a ledger compares no periods", hint=hint, place="--compare")
