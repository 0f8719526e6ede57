"""The options of an export: which files it makes, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import ComputingOptions, DataOptions, OptionGroup, RequestOptions, listed
from attrib_cli.output.registry import EXPORTED, FORMULA_FORMATS, LEDGER_FORMATS, listing

if TYPE_CHECKING:
    from attrib_cli.config.load import Config
    from attrib_cli.exports import ExportItem
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.reporting.request import ReportRequest
    from attrib_cli.reporting.workspace import Workspace

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
        rich_help_panel=_SEND,
    ),
]
Attach = Annotated[
    list[str] | None,
    typer.Option(
        "--attach",
        metavar="FORMAT",
        help="Which of the files go along with the mail, by format, or none; by default all of them.",
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


@dataclass(frozen=True, kw_only=True)
class ExportOptions(OptionGroup):
    """What files are made of reports, where they go, and who gets them."""

    name: Name = None
    format: Formats = None
    output: Output = None
    ledger: LedgerOption = False
    excel_safe: ExcelSafe = False
    template: o.Template = None
    show_sql: o.ShowSql = False
    email: Email = None
    notify: Notify = None
    attach: Attach = None
    subject: Subject = None
    notify_when: NotifyWhen = None
    fail_on_empty: o.FailOnEmpty = False
    no_wait: NoWait = False
    with_conversions: o.WithConversions = False

    def deliver(
        self,
        workspace: Workspace,
        items: tuple[ExportItem, ...],
        config: Config | None,
        *,
        board: str | None = None,
        typed: ReportRequest | None = None,
        strict: bool = False,
    ) -> None:
        """Write `items` and send them, or print their queries.

        `config` says how mail goes, and `board` is the dashboard that they are of, for all of which `typed` holds;
        `strict` takes warnings for errors.
        """
        from attrib_cli.exports import ExportJob, explain, export_reports
        from attrib_cli.exports.attachments import attached_formats
        from attrib_cli.exports.conditions import read_condition
        from attrib_cli.exports.file_names import check_name
        from attrib_cli.exports.smtp import recipients
        from attrib_cli.exports.targets import typed_targets
        from attrib_cli.output.registry import resolve_format

        if self.name is not None:
            check_name(self.name, place="--name")
            items = (replace(items[0], name=self.name),) if len(items) == 1 else items
        found = [resolve_format(one, None, False, content="file") for one in listed(self.format) or ()]
        job = ExportJob(
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
        if self.show_sql:
            workspace.console.write_text(explain(job))
            return
        export_reports(workspace.console, job)

    def _board(self, name: str, typed: ReportRequest | None, workspace: Workspace, page: bool) -> Board:
        """Compute a dashboard, for a `page` with what that computes its reports from, for mail with few rows."""
        from attrib_cli.reporting import dashboards
        from attrib_cli.reporting.request import ReportRequest

        library, asked = workspace.library, typed or ReportRequest()
        carries = dashboards.Carries(conversions=self.with_conversions) if page else None
        return dashboards.compute(library.dashboard(name), library, workspace, asked, rows=_ROWS, carries=carries)


@dataclass(frozen=True, kw_only=True)
class ExportArguments(OptionGroup):
    """Everything that `attrib export` takes, which a schedule of it takes too."""

    where: DataOptions
    what: RequestOptions
    files: ExportOptions
    how: ComputingOptions
    names: Names = None
    dashboard: Dashboard = None
