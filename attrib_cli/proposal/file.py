"""A table of text that was found in a file, and files that were not read."""

from __future__ import annotations

from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.sources.catalogue import folded


@frozen
class File:
    """One table of text found in a file: where it is, and its rows in the temporary table `relation`.

    `path` is relative to the folder that was given; `member` of a zip and `sheet` of a workbook are set where there
    are several or it takes more than the file's name. `header_line` is the line, or row, with the headers. `encoding`
    is a guess, where the bytes are no UTF-8. The table may end before the first blank line. `short` has the first
    values of rows that have fewer than the header, `endings` the keys of a source that leave out totals and notes below
    the rows, which are not staged, `types` those of the columns of a Parquet file.
    """

    path: str
    member: str | None = None
    sheet: str | None = None
    header_line: int
    headers: tuple[str, ...]
    relation: str
    rows: int
    nested: bool = False
    encoding: str | None = None
    ends_at_blank: bool = False
    short: tuple[str, ...] = ()
    endings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    types: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How people know it: ``exports.zip: deals.csv``."""
        return ": ".join(filter(None, (self.path, self.member, self.sheet)))

    @property
    def in_queries(self) -> str:
        """How a query names it: ``exports.zip/deals.csv``, ``book.xlsx/Deals``."""
        return "/".join(filter(None, (self.path, self.member, self.sheet)))

    @property
    def in_reach_of_queries(self) -> bool:
        """Whether a query reads it by its name: nothing stands above its header, and it is UTF-8."""
        return self.header_line == 1 and self.encoding is None

    def header(self, wanted: str) -> str | None:
        """Return the header that is `wanted` but for case, blanks, ``_`` and ``-``; None for none."""
        if wanted in self.headers:
            return wanted
        return next((header for header in self.headers if folded(header) == folded(wanted)), None)


@frozen
class Unread:
    """A file that could not be looked at, and why."""

    path: str
    why: str


def unread(path: str, error: AttribError) -> Unread:
    """Return a file that an error is about, with what to do about it."""
    return Unread(path=path, why=f"{error.message}. {error.hint}" if error.hint else error.message)
