"""The tables and the sources that they come from, as frozen data: which files, and what their rows and values mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, TypeAlias

from attrib_cli.engine.frozen import frozen

TABLES = ("touchpoints", "contacts", "deals", "deal_contacts", "campaigns", "campaign_assets", "campaign_spend")
TableName: TypeAlias = str
"""One of `TABLES`, or the `table` of a `ConversionTable`."""

PATHS: TableName = "paths"
"""Paths with counts, in place of touchpoints and deals."""

ALL_TABLES = (*TABLES, PATHS)
"""The tables that a source can be of, beside those of the configuration's own conversions."""

SEPARATOR = " > "
"""What stands between the steps of a path."""

TIMES = "times"
"""The column of touchpoints and deals of paths that says how many each row stands for."""


def in_order(tables: Iterable[TableName]) -> tuple[TableName, ...]:
    """Return tables in the order of the specification, those of the configuration's own conversions behind them."""
    return tuple(sorted(tables, key=lambda name: (TABLES.index(name) if name in TABLES else len(TABLES), name)))


FilterOp = Literal["=", "!=", "~", "!~", "<", "<=", ">", ">="]
Choice = Literal["latest", "earliest", "repeats"]
NumberForm = Literal["money", "percent"]
CurrencyScale = Literal["smallest unit", "stripe"]
"""Whose smallest units of the row's currency an amount counts: those of ISO 4217, or those of Stripe's API."""

CURRENCY_SCALES: tuple[CurrencyScale, ...] = ("smallest unit", "stripe")
Unmatched = Literal["keep", "empty"]
ShortRows = Literal["refuse", "fill"]
MissingColumns = Literal["refuse", "empty", "usual"]
"""What of columns that some files of a source lack: ``usual`` where files have no headers, such as lines of JSON."""

EMPTY: Mapping[str, str] = MappingProxyType({})

EXCEL = "excel"
SPREADSHEETS: Mapping[str, str] = MappingProxyType({EXCEL: "1899-12-30", f"{EXCEL} 1904": "1904-01-01"})
"""Formats of dates that are the number of days as spreadsheets count them, each with the day of the number 0."""


@frozen
class Filter:
    """``COLUMN OP VALUE``. Several `values` are alternatives (``=a|b``); an empty value means "is empty"."""

    column: str
    op: FilterOp
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.column}{self.op}{'|'.join(value.replace('|', chr(92) + '|') for value in self.values)}"


@frozen
class Lookup:
    """Where the value of a column is looked up: the row of `source` whose `key` it is, without case and blanks.

    `value` is the header there of what takes its place. `also` maps headers there onto those of the rows, which have to
    agree. With `at`, the header of the moment of a row, that has to be at or after `first` and before `last`, headers
    there, empty ones of which do not bound. Values that are not found stay, unless `unmatched` is ``empty``.
    """

    source: TableSource
    key: str
    value: str
    also: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    at: str | None = None
    first: str | None = None
    last: str | None = None
    unmatched: Unmatched = "keep"


@frozen
class ChannelRule:
    """The channel of touchpoints whose fields (`CHANNEL_FIELDS`) all are like one of the `patterns` of each."""

    channel: str
    patterns: Mapping[str, tuple[str, ...]]


CHANNEL_FIELDS = ("source", "medium", "referrer", "campaign")
"""What a rule of channels can look at."""


@frozen
class Channels:
    """Which channel a touchpoint came by: that of the first of the `rules` that holds.

    `fields` has the column of each of `CHANNEL_FIELDS` that is there; of a referrer only the host counts. Without
    `otherwise`, touchpoints that no rule holds for have no channel.
    """

    fields: Mapping[str, str]
    rules: tuple[ChannelRule, ...]
    otherwise: str | None = None


@frozen
class ColumnRule:
    """How the value of one column comes about: the steps are taken in the order of these fields.

    The text is that of the first of `headers` that is filled, or the number of the row with `row_number`; `split`
    makes a row of each item of a list in it. `join` makes one text of a list in brackets. `missing` are texts that
    mean nothing is there. Of a URL only a part counts: ``host``, ``path``, or the parameter of that name. `values`
    replaces one text by another (without case and blanks around it), `otherwise` all filled ones that `values` does
    not have. `value` stands where nothing else does. The time of day of the header `time` is put behind a date;
    with `end_of_day` a day without one, which reads as the midnight of the column's zone, is its last moment. What is
    found by `lookup` takes its place. `number` reads ``money`` ($, EUR, brackets for negative) or ``percent``;
    `scale` is what one unit of the file is worth, a number or by the row's currency; the numbers of the headers `minus`
    are taken off, where they are filled. With `channels` the value is a channel, by other columns of the table. The
    rest says how dates and numbers are written, where that differs from the source. `place` is where the rule is
    written.
    """

    headers: tuple[str, ...] = ()
    row_number: bool = False
    split: str | None = None
    join: str | None = None
    missing: tuple[str, ...] = ()
    url: str | None = None
    trim: bool = False
    lower: bool = False
    values: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    otherwise: str | None = None
    value: str | None = None
    time: str | None = None
    end_of_day: bool = False
    lookup: Lookup | None = None
    number: NumberForm | None = None
    scale: Decimal | CurrencyScale | None = None
    minus: tuple[str, ...] = ()
    date_format: str | None = None
    timezone: str | None = None
    zone_names: bool = False
    channels: Channels | None = None
    decimal: Literal[".", ","] | None = None
    place: str | None = None

    @property
    def by_currency(self) -> CurrencyScale | None:
        """Whose smallest units its amounts count, where these follow from the currency of each row."""
        return self.scale if isinstance(self.scale, str) else None


@frozen
class RowChoice:
    """One row of those that agree in the columns `of`: the ``latest`` or ``earliest`` by the column `by`.

    ``repeats`` are all but the earliest. Of rows with the same moment the one further down in the file is later.
    """

    which: Choice
    of: tuple[str, ...]
    by: str
    place: str | None = None


@frozen
class Query:
    """One SELECT over `files`, each under the name that the query has for it; `first_line` is that of its text."""

    text: str
    files: Mapping[str, TableSource]
    config: str
    first_line: int


@frozen
class Preparation:
    """What is done to rows between the files and the table, in this order.

    Rows come from `inputs`, one below the other, or from `query`; `where`, written at `where_place`, says which stay,
    `choice` leaves one of each; then `columns` has the rules of values, by the names of the table's columns.
    """

    inputs: tuple[TableSource, ...] = ()
    query: Query | None = None
    where: tuple[Filter, ...] = ()
    where_place: str | None = None
    choice: RowChoice | None = None
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)


@frozen
class Bounds:
    """Where the table in a file begins and ends.

    The header is on line `header_line` (0: the first line that has the table's columns). Rows whose first value of more
    than dashes begins with one of `total_rows` are left out; the table ends before one whose first filled value begins
    with one of `footer`, or, with `ends_at_blank`, before the first blank line. Rows with fewer values than the header
    are refused, or, with `short_rows` ``fill``, have nothing in the columns at the end.
    """

    header_line: int | None = None
    total_rows: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    ends_at_blank: bool = False
    short_rows: ShortRows = "refuse"

    @property
    def ends_early(self) -> bool:
        """Whether some of the rows behind the header are none of the table."""
        return bool(self.total_rows or self.footer or self.ends_at_blank)

    @property
    def of_rows(self) -> bool:
        """Whether rows are left out, or filled up, so that a copy of the file may have to stand in its place."""
        return self.ends_early or self.short_rows == "fill"


WHOLE = Bounds()
"""The bounds of a file that is all table, its header on the first line that has something in it."""

SourceFormat = Literal["csv", "parquet", "jsonl", "workbook", "zip", "prepared", "spark", "paths"]


@frozen
class Origin:
    """What a file is a copy of: its `label` in messages, and the number of each record there, the header's first."""

    label: str
    rows: Sequence[int] | None = None


UNUSABLE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "other": (
            "holds lists, records or numbers of too many digits: nothing can be cut or filtered by it",
            "Write the column of {table} as one text, number or date a row.",
        ),
        "twice": (
            "is the header of several columns: which of them is meant cannot be known",
            "Give the columns of {table} different headers; of the second one it is '{column}_1' till then.",
        ),
    }
)
"""The kinds of columns that no report can use: what is said of such a column, and what to do."""


@frozen
class TableSource:
    """Where a table's rows are: files of one format, read in the order of `paths`.

    `columns` maps canonical names onto the file's headers. The reading options are None where the file itself is
    to tell. `place` names the origin for messages (``attrib.yaml:12`` or the folder that was searched).

    `member` are the files of a zip, by name or glob, `sheet` is that of a workbook, `bounds` say where the table in
    them begins and ends. A ``paths`` source is made of the table `inner`, whose paths have their steps between
    `separator`. A ``prepared`` source has all that is done to rows in `preparation`. `origins` has what paths
    are copies of. Columns that the configuration names have to be in every file, unless `missing_columns` is
    ``empty``.
    """

    table: TableName
    paths: tuple[str, ...]
    format: SourceFormat
    columns: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    delimiter: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    decimal: Literal[".", ","] | None = None
    place: str | None = None
    member: str | None = None
    sheet: str | None = None
    bounds: Bounds = WHOLE
    timezone: str | None = None
    missing: tuple[str, ...] = ()
    preparation: Preparation | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)
    separator: str = SEPARATOR
    inner: TableSource | None = None
    missing_columns: MissingColumns = "refuse"

    @property
    def of_paths(self) -> bool:
        """Whether the rows come from paths with counts: each stands for many, and times are made up."""
        return self.format == "paths"


@frozen
class SourceMap:
    """The tables at hand, by canonical name."""

    tables: Mapping[str, TableSource]
    place: str | None = None
