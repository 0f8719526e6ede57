"""The formats that reports, ledgers, lists, explanations and dashboards can be written in, as data.

A format is one entry here, and one function for each thing that it can hold, which turns that into bytes. Help,
completion, documentation, mails, exports and boards ask the entry; none of them knows a format by its name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    from attrib_cli.engine.data_checks import Checked
    from attrib_cli.engine.ledger import Ledger
    from attrib_cli.engine.report import Report
    from attrib_cli.output.about import About
    from attrib_cli.output.dashboard.board import Board
    from attrib_cli.output.dashboard.live import LiveBoard
    from attrib_cli.output.explained.account import Account
    from attrib_cli.output.named_report import Layout, NamedReport
    from attrib_cli.output.text.records import Record


@frozen
class WriteOptions:
    """How to write: `excel_safe` concerns formats whose texts a spreadsheet reads, the rest those for people.

    `width` is the number of terminal columns to stay within, None for as wide as it gets. `encoding` is what the
    reader shows; a character that it lacks is replaced before the layout is made. `name` is what a report is called,
    `about` finds out what a file says of its sources, `chart` is the kind of chart asked for, and `layout` how the
    models stand to each other; all are for formats that have a place for it. `rows` is how many rows a tile of a
    dashboard shows, None for what is usual. `live` is what a format that is `live` computes its reports from.
    `template` is the file that one with `templates` fills, and `tell` takes what is said of it to who runs the program.
    """

    excel_safe: bool = False
    width: int | None = None
    color: bool = False
    encoding: str = "utf-8"
    name: str | None = None
    about: Callable[[], About] | None = None
    chart: str | None = None
    layout: Layout | None = None
    rows: int | None = None
    live: LiveBoard | None = None
    template: str | None = None
    tell: Callable[[str], None] | None = None


Content = Literal["report", "file", "reports", "ledger", "account", "findings", "list", "board"]
"""What can be written: a report, an exported one, several in one file, what checks found, a dashboard, and so on."""

Place = Literal["terminal", "pipe", "browser"]


@frozen
class Format:
    """One format: what it is called, what it can hold, and what readers do with it.

    `suffixes` are the endings of files that mean it, `mime` is its type in a mail, `description` what the documentation
    says of it. What it holds is written by functions of this package, ``module:function``, loaded when they are used:
    `report`, `reports` (several in one file), `ledger`, `account` (an explanation), `findings` (of the
    checks), `list`, `board`; None for what it
    does not hold.

    `binary` means that a terminal cannot show it, `for_people` that it is laid out and rounded for reading, and
    `usual_in` where it is taken if nobody says a format. `conditions` says whether a report's conditions, notes and
    what was left out stand in it, `bare` that it holds rows and nothing beside them, `picture` that it is a chart and
    nothing else, and `formulas` that spreadsheets run texts in it as formulas. `live` says that it computes reports
    anew for who reads it, from the credit cubes that it is given, `origin` that it carries what its reports were made
    of, for `--rerun`, `layouts` that its models stand one below the other unless asked side by side, `templates` that
    it can fill a file of the user's own, `ledger_parts` that a cluster writes a ledger as a folder of such files.
    `report_rows` is the function that reads the rows of an earlier report from it, with their exact figures,
    `ledger_rows` the one that reads an earlier ledger, and `columns` says which columns a file has, of formats that
    both can be read from. `extra` names the optional dependencies that it needs.
    """

    name: str
    suffixes: tuple[str, ...]
    mime: str
    description: str
    report: str | None = None
    reports: str | None = None
    ledger: str | None = None
    account: str | None = None
    findings: str | None = None
    list: str | None = None
    board: str | None = None
    binary: bool = False
    for_people: bool = False
    usual_in: Place | None = None
    conditions: bool = False
    picture: bool = False
    formulas: bool = False
    live: bool = False
    bare: bool = False
    origin: bool = False
    layouts: bool = False
    templates: bool = False
    ledger_parts: bool = False
    report_rows: str | None = None
    ledger_rows: str | None = None
    columns: str | None = None
    extra: str | None = None

    @property
    def on_screen(self) -> bool:
        """Whether it is laid out for the terminal that it is seen on, and not for files."""
        return self.usual_in == "terminal"

    @property
    def ending(self) -> str:
        """The usual ending of its files, without the point."""
        return self.suffixes[0].lstrip(".")

    def holds(self, content: Content) -> bool:
        """Say whether it can hold such a thing."""
        return self._writer(content) is not None

    def load(self) -> Callable[[Report, WriteOptions], Iterator[bytes]]:
        """Return the function that writes a report as chunks of bytes."""
        return cast("Callable[[Report, WriteOptions], Iterator[bytes]]", self._load("report"))

    def load_reports(self) -> Callable[[Sequence[NamedReport], WriteOptions], Iterator[bytes]]:
        """Return the function that writes several reports as chunks of one file."""
        return cast("Callable[[Sequence[NamedReport], WriteOptions], Iterator[bytes]]", self._load("reports"))

    def load_ledger(self) -> Callable[[Ledger, WriteOptions], Iterator[bytes]]:
        """Return the function that writes a ledger as chunks of bytes, batch by batch."""
        return cast("Callable[[Ledger, WriteOptions], Iterator[bytes]]", self._load("ledger"))

    def load_ledger_rows(self) -> Callable[[str, Ledger], Iterator[Mapping[str, str]]]:
        """Return the function that reads the rows of an earlier ledger from a file, as csv has them."""
        if self.ledger_rows is None:
            known = listing([entry.name for entry in CATALOGUE if entry.ledger_rows])
            raise UsageError(f"an earlier ledger is read from {known}, and not from {self.name}", place="--format")
        return cast("Callable[[str, Ledger], Iterator[Mapping[str, str]]]", _function(self.ledger_rows))

    def load_report_rows(self) -> Callable[[str], Iterator[Mapping[str, object]]]:
        """Return the function that reads the rows of an earlier report from a file."""
        if self.report_rows is None:
            known = listing(entry.name for entry in CATALOGUE if entry.report_rows and entry.origin)
            hint = f"Export the report as {known}, which say what they were made of."
            raise UsageError(f"{self.name} has no exact figures in rows", hint=hint)
        return cast("Callable[[str], Iterator[Mapping[str, object]]]", _function(self.report_rows))

    def columns_of(self, path: str) -> Sequence[str]:
        """Return the columns of a file in it; none of a format that has one kind of rows only."""
        return () if self.columns is None else cast("Callable[[str], list[str]]", _function(self.columns))(path)

    def load_account(self) -> Callable[[Account, WriteOptions], Iterator[bytes]]:
        """Return the function that writes an explanation as chunks of bytes."""
        return cast("Callable[[Account, WriteOptions], Iterator[bytes]]", self._load("account"))

    def load_findings(self) -> Callable[[Checked, WriteOptions], Iterator[bytes]]:
        """Return the function that writes what the checks found as chunks of bytes."""
        return cast("Callable[[Checked, WriteOptions], Iterator[bytes]]", self._load("findings"))

    def load_list(self) -> Callable[[Sequence[Record], WriteOptions], bytes]:
        """Return the function that writes a list."""
        return cast("Callable[[Sequence[Record], WriteOptions], bytes]", self._load("list"))

    def load_board(self) -> Callable[[Board, WriteOptions], Iterator[bytes]]:
        """Return the function that writes a computed dashboard as chunks of bytes."""
        return cast("Callable[[Board, WriteOptions], Iterator[bytes]]", self._load("board"))

    def _writer(self, content: Content) -> str | None:
        if content == "file":
            return None if self.on_screen else self.report
        found: str | None = getattr(self, content)
        return found

    def _load(self, content: Content) -> object:
        writer = self._writer(content)
        if writer is None:
            raise UsageError(f"{NOUNS[content]} cannot be written as {self.name}", place="--format")
        return _function(writer)


def _function(path: str) -> object:
    module, _, function = path.partition(":")
    return getattr(importlib.import_module(f"attrib_cli.output.{module}"), function)


NOUNS: Mapping[Content, str] = MappingProxyType(
    {
        "report": "a report",
        "file": "an export",
        "reports": "several reports in one file",
        "ledger": "a ledger",
        "account": "an explanation",
        "findings": "findings",
        "list": "a list",
        "board": "a dashboard",
    }
)

CATALOGUE: tuple[Format, ...] = (
    Format(
        name="table",
        suffixes=(".txt",),
        mime="text/plain",
        description="models side by side, rounded, with totals",
        report="text.table:write",
        account="explained.account:write_table",
        findings="findings:write_table",
        list="text.records:write_table",
        board="dashboard.terminal:write",
        for_people=True,
        usual_in="terminal",
        conditions=True,
    ),
    Format(
        name="csv",
        suffixes=(".csv",),
        mime="text/csv",
        report_rows="report_rows:read_csv",
        ledger_rows="ledger_rows:read_csv",
        columns="report_rows:columns_of_csv",
        bare=True,
        layouts=True,
        description="RFC 4180, `\\n` at line ends",
        report="text.delimited:write_csv",
        ledger="ledger:write_csv",
        account="explained.account:write_csv",
        findings="findings:write_csv",
        list="text.records:write_csv",
        usual_in="pipe",
        formulas=True,
    ),
    Format(
        name="tsv",
        suffixes=(".tsv",),
        mime="text/tab-separated-values",
        bare=True,
        layouts=True,
        report_rows="report_rows:read_tsv",
        description="tab-separated, no quotes",
        report="text.delimited:write_tsv",
        ledger="ledger:write_tsv",
        list="text.records:write_tsv",
        formulas=True,
    ),
    Format(
        name="json",
        suffixes=(".json",),
        mime="application/json",
        layouts=True,
        description="an array of objects",
        report="text.jsontext:write_json",
        account="explained.account:write_json",
        findings="findings:write_json",
        list="text.records:write_json",
        board="dashboard.board_json:write",
    ),
    Format(
        name="json-about",
        suffixes=(".about.json",),
        mime="application/json",
        origin=True,
        layouts=True,
        report_rows="report_rows:read_json_about",
        description="an object: what the report is of, then rows and totals",
        report="text.jsontext:write_json_about",
        conditions=True,
    ),
    Format(
        name="jsonl",
        suffixes=(".jsonl", ".ndjson"),
        mime="application/x-ndjson",
        bare=True,
        layouts=True,
        report_rows="report_rows:read_jsonl",
        description="an object a line",
        report="text.jsontext:write_jsonl",
        ledger="ledger:write_jsonl",
        findings="findings:write_jsonl",
        list="text.records:write_jsonl",
    ),
    Format(
        name="markdown",
        suffixes=(".md",),
        mime="text/markdown",
        description="the same figures as a table for GitHub, wikis and chats",
        report="text.markdown:write",
        for_people=True,
        conditions=True,
    ),
    Format(
        name="parquet",
        suffixes=(".parquet",),
        mime="application/vnd.apache.parquet",
        ledger_parts=True,
        report_rows="report_rows:read_parquet",
        ledger_rows="ledger_rows:read_parquet",
        columns="report_rows:columns_of_parquet",
        origin=True,
        layouts=True,
        description="exact decimals, with metadata",
        report="parquet:write",
        ledger="ledger:write_parquet",
        binary=True,
        conditions=True,
    ),
    Format(
        name="svg",
        suffixes=(".svg",),
        mime="image/svg+xml",
        origin=True,
        description="the [chart](#charts) as a picture that scales",
        report="charts.image:write_svg",
        conditions=True,
        picture=True,
        extra="charts",
    ),
    Format(
        name="png",
        suffixes=(".png",),
        mime="image/png",
        origin=True,
        description="the chart as a picture",
        report="charts.image:write_png",
        binary=True,
        conditions=True,
        picture=True,
        extra="charts",
    ),
    Format(
        name="xlsx",
        suffixes=(".xlsx",),
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        origin=True,
        layouts=True,
        description="an Excel workbook with number formats, a chart and an About sheet",
        report="xlsx.workbook:write",
        reports="xlsx.workbook:write_reports",
        templates=True,
        ledger="xlsx.workbook:write_stream",
        binary=True,
        conditions=True,
    ),
    Format(
        name="pdf",
        suffixes=(".pdf",),
        mime="application/pdf",
        origin=True,
        description="a page of A4 for each report, with its chart and table",
        report="documents.paper:write",
        reports="documents.paper:write_reports",
        board="documents.paper:write_board",
        binary=True,
        conditions=True,
        extra="pdf",
    ),
    Format(
        name="pptx",
        suffixes=(".pptx",),
        mime="application/vnd.openxmlformats-officedocument.presentationml.presentation",
        description="a PowerPoint slide for each report, with a chart that can be edited",
        report="documents.slides:write",
        reports="documents.slides:write_reports",
        board="documents.slides:write_board",
        binary=True,
        conditions=True,
        extra="pptx",
    ),
    Format(
        name="html",
        suffixes=(".html", ".htm"),
        mime="text/html",
        origin=True,
        description="a [page](dashboards.md#in-the-browser) for the browser, that answers",
        report="dashboard.page:write_report",
        reports="dashboard.page:write_reports",
        account="explained.account:write_html",
        usual_in="browser",
        board="dashboard.page:write",
        for_people=True,
        conditions=True,
        live=True,
    ),
)


def holding(content: Content) -> Mapping[str, Format]:
    """Return the formats that can hold such a thing, by name."""
    return MappingProxyType({entry.name: entry for entry in CATALOGUE if entry.holds(content)})


FORMATS = holding("report")
LEDGER_FORMATS = holding("ledger")
ACCOUNT_FORMATS = holding("account")
FINDINGS_FORMATS = holding("findings")
LIST_FORMATS = holding("list")
BOARD_FORMATS = holding("board")
EXPORTED = holding("file")
"""What files are exported as: what is laid out for a screen is only seen there."""
PART_FORMATS = MappingProxyType({name: entry for name, entry in LEDGER_FORMATS.items() if entry.ledger_parts})
"""What a cluster writes ledgers as, the usual one first."""
PICTURES = MappingProxyType({name: entry for name, entry in FORMATS.items() if entry.picture})
LAYOUT_FORMATS = MappingProxyType({name: entry for name, entry in FORMATS.items() if entry.layouts})
FORMULA_FORMATS = MappingProxyType({name: entry for name, entry in FORMATS.items() if entry.formulas})


def listing(formats: Iterable[str], word: str = "or") -> str:
    """Return names, such as those of formats, as a sentence has them: ``table, csv or json``."""
    *names, last = formats
    return f"{', '.join(names)} {word} {last}" if names else last
