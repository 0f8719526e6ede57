"""What an export is of: its reports, and what was typed for all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.reporting.data_context import DataContext
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.config.load import Config
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.exports.conditions import Condition
    from attrib_cli.output.about import DataNames
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.registry import Format
    from attrib_cli.reporting.workspace import Workspace


DESCRIBED = "report"
"""What a report that options describe is called, and so is its file."""


@frozen
class ExportItem:
    """One report to export, under the name that its file or sheet gets.

    `description` is what its definition says of it, and `named` how its data were named. `output`, `excel_safe` and
    `template` are what its definition says; so is the format that `request` has.
    """

    name: str
    request: ReportRequest
    data: DataContext
    day: dt.date
    description: str = ""
    named: DataNames | None = None
    output: str | None = None
    excel_safe: bool = False
    template: str | None = None

    def spec(self, *, ledger: bool = False) -> ReportSpec:
        """Return the request with its dates resolved; that of a `ledger` compares nothing."""
        request = replace(self.request, compare=None) if ledger else self.request
        return request.spec(self.data.settings, self.day)


@frozen
class ExportJob:
    """What was asked of the export itself; `name` is that of a workbook with several reports.

    `formats` are those typed, none where each report has its own; `config` is the project's, which says how mail goes.
    `board` computes the dashboard that the reports are of, for mail, or (True) for a page with what that computes its
    reports from; `conversions` says that pages may show single conversions. Of the files those
    in the formats `attached` go along with what is sent, all if None; nothing is sent unless the `condition` is met.
    """

    items: tuple[ExportItem, ...]
    workspace: Workspace
    formats: tuple[Format, ...]
    name: str
    output: str | None
    day: dt.date
    config: Config | None = None
    ledger: bool = False
    excel_safe: bool = False
    template: str | None = None
    wait: bool = True
    fail_on_empty: bool = False
    strict: bool = False
    email: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    condition: Condition | None = None
    subject: str | None = None
    attached: tuple[str, ...] | None = None
    board: Callable[[Workspace, bool], Board] | None = None
    conversions: bool = False
