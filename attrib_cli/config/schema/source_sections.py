"""The keys of a table's source: its files, where the table stands in them, which rows count, and what values mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from attrib_cli.config.schema.markers import OrText, WrongValue
from attrib_cli.config.schema.types import (
    DateFormat,
    DecimalSign,
    Delimiter,
    Encoding,
    Filters,
    HeaderLine,
    Keys,
    Name,
    NumberForm,
    Scale,
    Separator,
    SqlText,
    Text,
    Texts,
    TimeZone,
    YesNo,
)


@dataclass(frozen=True, kw_only=True)
class ColumnEntry(Keys, heading="sources.TABLE.columns.COLUMN", any_of=("header", "value")):
    """The value of a column: its steps are taken in the order of these keys; a text alone is its `header`."""

    header: Texts | None = None
    """The header in the file; of several, `[Work Email, Email]`, the first that is filled counts."""

    split: Separator | None = None
    """The character between the items of a list, `;`: each item has a row of its own. JSON lists are understood too."""

    missing: Texts | None = None
    """Texts that mean nothing is there, beside those of the source: `[--, n/a]`; case and blanks do not matter."""

    url: Name | None = None
    """The part of a URL that counts: `host`, `path`, or the name of a parameter, such as `utm_source`."""

    trim: YesNo | None = None
    """`true` to cut off blanks at both ends."""

    lower: YesNo | None = None
    """`true` for lower case."""

    map: Mapping[Text, Text] | None = None
    """What stands for what: `{cpc: Paid Search, ppc: Paid Search}`; case and blanks do not matter, others stay."""

    otherwise: Text | None = None
    """What takes the place of all filled values that `map` does not have."""

    value: Text | None = None
    """What stands where nothing else does; alone it is a constant: `{value: email}`."""

    number: NumberForm | None = None
    """`money` for amounts with currency signs or codes, and `(250.00)` for -250; `percent` for `12.5%` as 0.125."""

    scale: Scale | None = None
    """What one unit of the file is: `cents`, `micros`, `thousands`, or a number such as `0.01`."""

    minus: Texts | None = None
    """Headers whose numbers are taken off where they are filled: `Refunded`, for what was paid and kept."""

    date_format: DateFormat | None = None
    """How dates of this column are written, in place of the source's `date_format`."""

    timezone: TimeZone | None = None
    """The IANA time zone of times without one in this column, in place of the source's."""

    zone_names: YesNo | None = None
    """`true` where times end in the name of a zone: `2026-01-31 10:00 EST`, `... Europe/Berlin`."""

    decimal: DecimalSign | None = None
    """The decimal sign of this column, in place of the source's."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        if self.header is None and self.value is None:
            raise WrongValue("nothing says what the column holds", hint="Give it a `header`, or a constant `value`.")
        if self.header is None and (self.url or self.map or self.split or self.number):
            raise WrongValue("a constant needs no rules", hint="Write the `value` as it is meant, or give a `header`.")
        if self.otherwise is not None and self.map is None:
            raise WrongValue("`otherwise` goes with `map`", hint="Write `value` for a constant.", at=("otherwise",))
        if self.number == "percent" and self.scale is not None:
            raise WrongValue("`percent` is a scale itself", hint="Leave `scale` out.", at=("scale",))


@dataclass(frozen=True, kw_only=True)
class OneRow(Keys, heading="sources.TABLE.latest"):
    """Which rows are one of several, and what orders them."""

    of: Texts
    """The headers that tell what a row is about: `Deal ID`, or `[List, Contact ID]`."""

    by: Name
    """The header with the moment, or a whole number, that orders them."""


@dataclass(frozen=True, kw_only=True)
class SourcePart(Keys, heading="sources.TABLE.union[]", any_of=("path", "sql")):
    """One of several sources of a table: all keys of a source but `union`."""

    path: Name | None = None
    """A file, a folder or a glob, relative to the folder of attrib.yaml: `data/touchpoints-*.csv.gz`."""

    sql: SqlText | None = None
    """In place of `path`: one SELECT over files named in quotes, `FROM 'events.parquet'`; it can read no others."""

    member: Name | None = None
    """The files of a zip that count, by name or glob: `deals*.csv`; all of one format if not written."""

    sheet: Name | None = None
    """The sheet of a workbook, by name; the only one if not written."""

    header_line: HeaderLine | None = None
    """The line, or row of a sheet, with the headers: `4`; `auto` for the first that has the headers looked for."""

    total_rows: Texts | None = None
    """How rows begin that are totals and left out: `[Total, Grand total]`."""

    footer: Texts | None = None
    """How the line begins before which the table ends: `[Generated By, Copyright]`."""

    ends_at_blank: YesNo | None = None
    """`true` where the table ends before the first blank line."""

    where: Filters | None = None
    """The rows that count, by headers of the file, all of which must hold: `[Status=Sent|Opened, Test!=yes]`."""

    latest: OneRow | None = None
    """The latest row alone of those about the same, for tables of history: `{of: Deal ID, by: Changed}`."""

    earliest: OneRow | None = None
    """The earliest row alone of those about the same: first orders."""

    repeats: OneRow | None = None
    """All rows but the earliest of those about the same: repeat orders."""

    columns: Mapping[Name, Annotated[ColumnEntry, OrText("header")]] | None = None
    """What our columns are: the file's header, `contact_id: Contact ID`, or rules for their values."""

    missing: Texts | None = None
    """Texts that mean nothing is there, in all columns: `[--, n/a]`; case and blanks do not matter."""

    delimiter: Delimiter | None = None
    """The character between columns of a CSV file, `tab` for tabs; found out if not written."""

    encoding: Encoding | None = None
    """The encoding of a CSV file: `utf-8`, `latin-1`, `cp1252`; found out if not written."""

    date_format: DateFormat | None = None
    """How dates are written: `'%d/%m/%Y'` (in quotes, for the %); ISO dates need none."""

    timezone: TimeZone | None = None
    """The IANA time zone of times without one in these files; that of all tables if not written."""

    decimal: DecimalSign | None = None
    """The decimal sign of the numbers: `'.'` or `','`; a point if not written."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        self.check_inputs()
        chosen = [key for key in ("latest", "earliest", "repeats") if getattr(self, key) is not None]
        if len(chosen) > 1:
            raise WrongValue(f"`{chosen[0]}` and `{chosen[1]}` are both written", hint="Choose one.", at=(chosen[1],))
        lists = [name for name, column in (self.columns or {}).items() if column.split is not None]
        if len(lists) > 1:
            raise WrongValue(
                f"'{lists[0]}' and '{lists[1]}' both hold lists",
                hint="Rows can be made of the items of one column; make a table of each.",
                at=("columns", lists[1]),
            )

    def check_inputs(self) -> None:
        """Refuse none and several of what rows can come from, and reading options without a file."""
        inputs = [key for key in ("path", "sql", "union") if getattr(self, key, None)]
        if not inputs:
            raise WrongValue("nothing says where its rows are", hint="Write a `path`, or `sql`.")
        if len(inputs) > 1:
            raise WrongValue(f"`{inputs[0]}` and `{inputs[1]}` are both written", hint="Choose one.", at=(inputs[1],))
        of_files = ("member", "sheet", "header_line", "total_rows", "footer", "ends_at_blank", "delimiter", "encoding")
        written = next((key for key in of_files if getattr(self, key) is not None), None)
        if self.path is None and written is not None:
            raise WrongValue(f"`{written}` is about a file, and there is no `path`", hint="Delete it.", at=(written,))


@dataclass(frozen=True, kw_only=True)
class SourceEntry(SourcePart, heading="sources.TABLE", any_of=("path", "sql", "union")):
    """Where the rows of a table are and what they mean; a text alone is its `path`.

    Rows are read from the files, filtered (`where`, `latest`), and get their values by the rules of `columns`.
    """

    union: tuple[Annotated[SourcePart, OrText("path")], ...] | None = None
    """In place of `path`: several sources whose rows are one table; `where`, `columns` and so on are then about all."""


Source: TypeAlias = Annotated[SourceEntry, OrText("path")]
