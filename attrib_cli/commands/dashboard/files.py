"""``attrib dashboard export``: the reports of a dashboard as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from attrib_cli import boards
from attrib_cli import options as o
from attrib_cli.commands import export as single
from attrib_cli.commands.dashboard import common
from attrib_cli.engine.errors import UsageError
from attrib_cli.report_options import flattened

if TYPE_CHECKING:
    from attrib_cli.config.library import SavedReport
    from attrib_cli.exporting import Item
    from attrib_cli.worlds import Worlds


@flattened
def export(
    context: typer.Context,
    dashboard: common.Name,
    view: common.ViewOptions,
    name: single.Name = None,
    format: single.Formats = None,
    output: single.Output = None,
    excel_safe: o.ExcelSafe = False,
    email: single.Email = None,
    subject: single.Subject = None,
    fail_on_empty: single.FailOnEmpty = False,
    no_wait: single.NoWait = False,
) -> None:
    """Write the reports of a dashboard to files, in xlsx to one workbook, as `attrib export` does.

    What is typed for the whole dashboard goes over what its reports say.
    """
    from attrib_cli.config.names import quoted
    from attrib_cli.exporting import Export, export_reports
    from attrib_cli.output.mail import recipients
    from attrib_cli.output.naming import check_name

    console = view.console(context.obj)
    to = recipients(email) if email else ()
    formats = single.formats_of(format, output)
    typed = view.asked()
    worlds = view.worlds(console, view.today)
    library = worlds.library()
    saved = library.dashboard(dashboard)
    if not saved.reports:
        raise UsageError(
            f"the dashboard {quoted(saved.name)} has no reports", hint="`attrib dashboard add` puts some on it."
        )
    called = saved.name if name is None else check_name(name, place="--name")
    items = tuple(_item(library.report(report), worlds, typed) for report in saved.reports)
    wanted = Export(
        items=items,
        formats=formats,
        name=called,
        output=output,
        day=worlds.day(),
        excel_safe=excel_safe,
        wait=not no_wait,
        fail_on_empty=fail_on_empty,
        email=to,
        subject=subject,
    )
    export_reports(console, wanted)


def _item(saved: SavedReport, worlds: Worlds, typed: o.Asked) -> Item:
    from attrib_cli.exporting import Item

    entry = saved.definition
    world = worlds.world(entry)
    asked = boards.over_board(o.Asked.of(entry).over(world.preferred), typed)
    return Item(name=saved.name, asked=asked, world=world, day=worlds.day(entry))
