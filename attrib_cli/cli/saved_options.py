"""The arguments and options of saved reports and dashboards that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from attrib_cli.cli import completion

SAVED = "What is saved"

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
Description = Annotated[
    str | None,
    typer.Option("--description", metavar="TEXT", help="What it is for, in a line.", rich_help_panel=SAVED),
]
Visibility = Annotated[
    str | None,
    typer.Option(
        "--visibility",
        metavar="WHO",
        help="Who sees it: private, everyone (the default), users:a,b or teams:x.",
        rich_help_panel=SAVED,
    ),
]
Access = Annotated[
    str | None,
    typer.Option(
        "--access", metavar="ACCESS", help="What others may do: edit (the default) or view.", rich_help_panel=SAVED
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Save over one that has this name.", rich_help_panel=SAVED)]
