"""The options of an export: which files it makes, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import ComputingOptions, DataOptions, OptionGroup, RequestOptions, listed
from attrib_cli.engine.frozen import frozen
from attrib_cli.output.registry import EXPORTED, FORMULA_FORMATS, LEDGER_FORMATS, listing

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from attrib_cli.config.load import Config
    from attrib_cli.exports import ExportItem, ExportJob
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.reporting.request import ReportRequest
    from attrib_cli.reporting.workspace import Workspace
    from attrib_cli.terminal.console import Console

_FILES, _SEND = "Files", "Delivery"

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
        help=f"{', '.join(EXPORTED)}; several separated by commas. By default the suffix of "
        "--output, else what a saved report says, else csv.",
        autocompletion=completion.exported_formats,
        rich_help_panel=_FILES,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="File, folder, - or a pattern such as 'out/{name}-{to:%Y-%m-%d}.{ext}'; by default where a saved report "
        "says, else NAME.EXT here.",
        rich_help_panel=_FILES,
    ),
]
LedgerOption = Annotated[
    bool,
    typer.Option(
        "--ledger",
        help=f"The credit of every single interaction, under each model: {listing(LEDGER_FORMATS)}.",
        rich_help_panel=_FILES,
    ),
]
ExcelSafe = Annotated[
    bool,
    typer.Option(
        "--excel-safe",
        help=f"Neutralise text in {listing(FORMULA_FORMATS, 'and')} that a spreadsheet would run as a formula.",
        rich_help_panel=_FILES,
    ),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Give up where another export of the same file is running.", rich_help_panel=_SEND),
]
Log = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="FILE",
        help="Keep there when each run began and ended, with its exit code and what it wrote and sent.",
        rich_help_panel=_SEND,
    ),
]
Email = Annotated[
    list[str] | None,
    typer.Option("--email", metavar="A@B,C@D", help="Send the files to these addresses.", rich_help_panel=_SEND),
]
Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        metavar="TARGET",
        help="Send a message to these targets of the configuration: Slack, Teams, webhooks, all that Apprise knows.",
        autocompletion=completion.targets,
        rich_help_panel=_SEND,
    ),
]
Attach = Annotated[
    list[str] | None,
    typer.Option(
        "--attach",
        metavar="FORMAT",
        help="Which of the files go along with the mail, by format, or none; by default all of them.",
        autocompletion=completion.exported_formats,
        rich_help_panel=_SEND,
    ),
]
NotifyWhen = Annotated[
    str | None,
    typer.Option(
        "--notify-when",
        metavar="CONDITION",
        help="Send only if this holds, such as 'revenue change < -20%'; the files are written at any rate.",
        rich_help_panel=_SEND,
    ),
]
Subject = Annotated[
    str | None, typer.Option("--subject", metavar="TEXT", help="The subject of the mail.", rich_help_panel=_SEND)
]


_ROWS = 100
"""Of a table on a page that is exported, as `attrib dashboard open` has them."""

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
        rich_help_panel=_FILES,
    ),
]


@frozen
class ExportOptions(OptionGroup):
    """What files are made of reports, where they go, and who gets them."""

    name: Name = None
    format: Formats = None
    output: Output = None
    ledger: LedgerOption = False
    excel_safe: ExcelSafe = False
    template: o.Template = None
    show_sql: o.ShowSql = False
    log: Log = None
    email: Email = None
    notify: Notify = None
    attach: Attach = None
    subject: Subject = None
    notify_when: NotifyWhen = None
    fail_on_empty: o.FailOnEmpty = False
    no_wait: NoWait = False
    with_conversions: o.WithConversions = False

    def deliver(self, job: ExportJob) -> None:
        """Write the files of a job and send them, or print their queries."""
        from attrib_cli.exports import explain, export_reports

        if self.show_sql:
            job.workspace.console.write_text(explain(job))
        else:
            export_reports(job.workspace.console, job)

    def logged(self, console: Console, *asked: str) -> AbstractContextManager[Console]:
        """Return the console of a run of what was `asked`, which is logged with --log."""
        from attrib_cli.exports.run_log import logged

        given = [*asked, *(self.format or ()), *filter(None, (self.name, self.output)), *(self.email or ())]
        return logged(console, self.log, ", ".join((*given, *(self.notify or ()))) or "report")

    def job(
        self,
        workspace: Workspace,
        items: tuple[ExportItem, ...],
        config: Config | None,
        *,
        board: str | None = None,
        typed: ReportRequest | None = None,
        strict: bool = False,
    ) -> ExportJob:
        """Return what is asked of the export of `items`; raises UsageError.

        `config` says how mail goes, and `board` is the dashboard that they are of, for all of which `typed` holds;
        `strict` takes warnings for errors.
        """
        from attrib_cli.exports import ExportJob
        from attrib_cli.exports.attachments import attached_formats
        from attrib_cli.exports.conditions import read_condition
        from attrib_cli.exports.file_names import check_name
        from attrib_cli.exports.smtp import recipients
        from attrib_cli.exports.targets import typed_targets
        from attrib_cli.output.chosen_format import resolve_format

        if self.name is not None:
            check_name(self.name, place="--name")
            items = (replace(items[0], name=self.name),) if len(items) == 1 else items
        found = [resolve_format(one, None, False, content="file") for one in listed(self.format) or ()]
        return ExportJob(
            items=items,
            workspace=workspace,
            formats=tuple({format.name: format for format in found}.values()),
            name=self.name or board or ("report" if len(items) != 1 else items[0].name),
            output=self.output,
            day=items[0].day,
            config=config,
            ledger=self.ledger,
            excel_safe=self.excel_safe,
            template=self.template,
            wait=not self.no_wait,
            fail_on_empty=self.fail_on_empty,
            strict=strict,
            email=recipients(self.email) if self.email else (),
            notify=() if self.notify is None else typed_targets(self.notify),
            attached=attached_formats(listed(self.attach)),
            condition=None if self.notify_when is None else read_condition(self.notify_when),
            subject=self.subject,
            board=None if board is None else partial(self._board, board, typed),
            conversions=self.with_conversions,
        )

    def _board(self, name: str, typed: ReportRequest | None, workspace: Workspace, page: bool) -> Board:
        """Compute a dashboard, for a `page` with what that computes its reports from, for mail with few rows."""
        from attrib_cli.reporting import dashboards
        from attrib_cli.reporting.request import ReportRequest

        library, asked = workspace.library, typed or ReportRequest()
        carries = dashboards.Carries(conversions=self.with_conversions) if page else None
        return dashboards.compute(library.dashboard(name), library, workspace, asked, rows=_ROWS, carries=carries)


@frozen
class ExportArguments(OptionGroup):
    """Everything that `attrib export` takes, which a schedule of it takes too."""

    where: DataOptions
    what: RequestOptions
    files: ExportOptions
    how: ComputingOptions
    names: Names = None
    dashboard: Dashboard = None

    def job(self, console: Console) -> ExportJob:
        """Return what is asked of an export: of saved reports, a dashboard's, or one described; raises UsageError."""
        from attrib_cli.engine.errors import UsageError
        from attrib_cli.exports import dashboard_items, described_item, refuse_in_ledger, saved_items

        typed, strict = self.what.request(), self.how.strict
        if self.files.ledger:
            refuse_in_ledger(typed)
        if self.names and self.dashboard is not None:
            raise UsageError("reports and --dashboard were both given", hint="Give one or the other.")
        workspace = self.where.workspace(console, self.how)
        if self.dashboard is not None:
            items = dashboard_items(self.dashboard, workspace, typed)
        elif self.names:
            items = saved_items(self.names, workspace, typed)
        else:
            item = described_item(workspace, typed)
            return self.files.job(workspace, (item,), item.data.config, strict=strict)
        return self.files.job(workspace, items, workspace.project, board=self.dashboard, typed=typed, strict=strict)
