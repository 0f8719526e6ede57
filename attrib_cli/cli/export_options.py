"""The options of an export: which files it makes, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import OptionGroup
from attrib_cli.output.registry import EXPORTED

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
        help="The credit of every single interaction, under each model: csv, tsv, jsonl, parquet or xlsx.",
        rich_help_panel=_FILES,
    ),
]
ExcelSafe = Annotated[
    bool,
    typer.Option(
        "--excel-safe",
        help="Neutralise text in csv and tsv that a spreadsheet would run as a formula.",
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
Subject = Annotated[
    str | None, typer.Option("--subject", metavar="TEXT", help="The subject of the mail.", rich_help_panel=_SEND)
]


@dataclass(frozen=True, kw_only=True)
class ExportOptions(OptionGroup):
    """What files are made of reports, where they go, and who gets them."""

    name: Name = None
    format: Formats = None
    output: Output = None
    ledger: LedgerOption = False
    excel_safe: ExcelSafe = False
    show_sql: o.ShowSql = False
    email: Email = None
    subject: Subject = None
    fail_on_empty: o.FailOnEmpty = False
    no_wait: NoWait = False
