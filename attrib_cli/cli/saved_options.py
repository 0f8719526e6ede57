"""The arguments and options of saved reports and dashboards that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli.options import report_option
from attrib_cli.config.schema.report_fields import SAVED

SavedReport = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A saved report.", autocompletion=completion.saved_reports, show_default=False),
]
SavedReports = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME...", help="Saved reports.", autocompletion=completion.saved_reports, show_default=False
    ),
]
NewName = Annotated[str, typer.Argument(metavar="NEW", help="The new name.", show_default=False)]
Description = Annotated[str | None, report_option("description")]
Visibility = Annotated[str | None, report_option("visibility")]
Access = Annotated[str | None, report_option("access")]
Force = Annotated[bool, typer.Option("--force", help="Save over one that has this name.", rich_help_panel=SAVED)]
